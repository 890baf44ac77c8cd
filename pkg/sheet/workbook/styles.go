package workbook

import (
	"fmt"
	"strconv"
)

// builtin are the formats that a workbook names by their number. What depends on
// the country of the reader, such as the short date, is shown so that everybody
// reads it alike.
var builtin = map[int]string{
	1: "0", 2: "0.00", 3: "#,##0", 4: "#,##0.00", 5: `"$"#,##0_);\("$"#,##0\)`, 6: `"$"#,##0_);\("$"#,##0\)`, 7: `"$"#,##0.00_);\("$"#,##0.00\)`, 8: `"$"#,##0.00_);\("$"#,##0.00\)`,
	9: "0%", 10: "0.00%", 11: "0.00E+00", 12: "# ?/?", 13: "# ??/??", 14: "yyyy-mm-dd", 15: "d-mmm-yy", 16: "d-mmm", 17: "mmm-yy",
	18: "h:mm AM/PM", 19: "h:mm:ss AM/PM", 20: "h:mm", 21: "h:mm:ss", 22: "yyyy-mm-dd h:mm",
	27: "yyyy-mm-dd", 28: "yyyy-mm-dd", 29: "yyyy-mm-dd", 30: "yyyy-mm-dd", 31: "yyyy-mm-dd", 32: "h:mm", 33: "h:mm:ss", 34: "h:mm", 35: "h:mm:ss", 36: "yyyy-mm-dd",
	37: `#,##0_);\(#,##0\)`, 38: `#,##0_);\(#,##0\)`, 39: `#,##0.00_);\(#,##0.00\)`, 40: `#,##0.00_);\(#,##0.00\)`,
	41: `_(* #,##0_);_(* \(#,##0\);_(* "-"_);_(@_)`, 42: `_("$"* #,##0_);_("$"* \(#,##0\);_("$"* "-"_);_(@_)`,
	43: `_(* #,##0.00_);_(* \(#,##0.00\);_(* "-"??_);_(@_)`, 44: `_("$"* #,##0.00_);_("$"* \(#,##0.00\);_("$"* "-"??_);_(@_)`,
	45: "mm:ss", 46: "[h]:mm:ss", 47: "mm:ss.0", 48: "##0.0E+0", 49: "@",
	50: "yyyy-mm-dd", 51: "yyyy-mm-dd", 52: "yyyy-mm-dd", 53: "yyyy-mm-dd", 54: "yyyy-mm-dd", 55: "h:mm", 56: "h:mm:ss", 57: "yyyy-mm-dd", 58: "yyyy-mm-dd",
}

// readStyles reads the number format of each style.
func (b *Book) readStyles() error {
	if b.styled || b.styles == "" {
		return nil
	}
	codes, compiled := map[int]string{}, map[int]*format{}
	err := b.small(b.styles, func(x *scanner, path []string) error {
		switch {
		case len(path) == 3 && path[1] == "numFmts" && path[2] == "numFmt":
			id, err := number32(x, "numFmtId")
			if err != nil {
				return err
			}
			if codes[id], err = x.attr("formatCode"); len(codes[id]) > maxFormat {
				return fmt.Errorf("a number format is longer than any")
			}
			return err
		case len(path) == 3 && path[1] == "cellXfs" && path[2] == "xf":
			id, err := number32(x, "numFmtId")
			if err != nil {
				return err
			}
			if _, ok := compiled[id]; !ok {
				compiled[id] = formatOf(id, codes)
			}
			b.formats = append(b.formats, compiled[id])
		}
		return nil
	})
	b.styled = err == nil
	return err
}

// formatOf is the format with a number, nil for General.
func formatOf(id int, codes map[int]string) *format {
	code, ok := codes[id]
	if !ok {
		code, ok = builtin[id]
	}
	if !ok || code == "" || code == "General" || code == "@" {
		return nil
	}
	return compile(code)
}

// number32 is an attribute that is a number, 0 where it is missing.
func number32(x *scanner, name string) (int, error) {
	text, err := x.attr(name)
	if text == "" || err != nil {
		return 0, err
	}
	n, err := strconv.ParseInt(text, 10, 32)
	if err != nil {
		return 0, fmt.Errorf("%s is %.20q, which is no number", name, text)
	}
	return int(n), nil
}
