package sheet

import (
	"encoding/xml"
	"path"
	"strings"
)

// Uncomputed counts the cells of a sheet that hold a formula without a result,
// as programs write them that do not calculate. They are read as empty.
type Uncomputed struct {
	Cells int
	Row   int    // of the first one
	First string // the first one, such as B7; "" where the file does not say
}

// formulas finds uncomputed cells while the parts are inspected: by part, and
// which part is which sheet.
type formulas struct {
	found   map[string]Uncomputed // by part
	ids     map[string]string     // sheet: relationship
	targets map[string]string     // relationship: part

	formula, result bool // what the cell that is being read has
}

func newFormulas() *formulas {
	return &formulas{found: map[string]Uncomputed{}, ids: map[string]string{}, targets: map[string]string{}}
}

// start looks at the beginning of an element.
func (x *formulas) start(part string, t xml.StartElement) {
	switch t.Name.Local {
	case "c":
		x.formula, x.result = false, false
	case "f":
		x.formula = true
	case "v", "is":
		x.result = true
	case "sheet":
		for _, a := range t.Attr {
			if a.Name.Local == "id" && a.Name.Space != "" { // r:id, not the sheet's own
				x.ids[attribute(t, "name")] = a.Value
			}
		}
	case "Relationship":
		if part == "xl/_rels/workbook.xml.rels" {
			x.targets[attribute(t, "Id")] = attribute(t, "Target")
		}
	}
}

// endCell looks at a cell as a whole.
func (x *formulas) endCell(part string, row int, ref string) {
	if !x.formula || x.result {
		return
	}
	u := x.found[part]
	if u.Cells++; u.Cells == 1 {
		u.Row, u.First = row, ref
	}
	x.found[part] = u
}

// of are the uncomputed cells of a sheet.
func (x *formulas) of(sheet string) Uncomputed {
	target := x.targets[x.ids[sheet]]
	if !strings.HasPrefix(target, "/") {
		target = "/xl/" + target
	}
	return x.found[strings.ToLower(path.Clean(target)[1:])]
}
