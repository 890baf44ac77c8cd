package sheet

import (
	"archive/zip"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"strconv"
)

// The parts of a workbook are inspected before excelize reads them, because it
// ends a sheet silently at the first fault of its XML, ignores check sums,
// moves cells that are out of order, and gathers a row in memory however often
// it repeats a long text.

const (
	maxTexts    = 4 << 20   // distinct texts; excelize keeps 40 bytes for each
	maxElements = 1 << 20   // XML elements of a part that is read into memory whole
	maxRowXML   = 8 << 20   // bytes of one row: a record's 1 MiB, escaped, with a full row of cells
	maxRowTexts = 128 << 20 // bytes that a row's texts could have together
	maxDepth    = 100       // of elements; a sheet needs six
	maxRows     = 1 << 20   // of a sheet, by the format
	maxFormat   = 1024      // bytes of a number format; Excel allows 255 characters
)

// inspector reads parts to their end, which also compares the check sums.
type inspector struct {
	longest int // bytes of the longest shared text
	most    int // shared texts in one row, at most
	*formulas

	name     string // of the part
	depth    int
	small    bool // the part is read into memory whole
	elements int
	texts    int
	text     int    // bytes of the text that is being read
	row      int    // number of the row that is being read
	rowStart int64  // its offset; 0 between rows
	cells    int    // its cells so far
	shared   int    // those of them that refer to a shared text
	cell     string // the last one's reference, such as B7
}

// inspect also finds the formulas without a result, which it meets on its way.
func inspect(parts []*zip.File) (*formulas, error) {
	in := inspector{formulas: newFormulas()}
	for _, p := range parts {
		if err := in.part(p); err != nil {
			var file *FileError
			if errors.As(err, &file) {
				return nil, err
			}
			return nil, fmt.Errorf("%s: %w", p.Name, err)
		}
	}
	if in.longest > MaxRecord || in.longest*in.most > maxRowTexts {
		return nil, tooLong("a row")
	}
	return in.formulas, nil
}

func tooLong(row string) error {
	return &FileError{Msg: row + " of this workbook holds more text than a row may, which is 1 MiB", Hint: "this is no list of partners"}
}

func (in *inspector) part(p *zip.File) error {
	*in = inspector{longest: in.longest, most: in.most, formulas: in.formulas, name: partName(p), small: !streams(partName(p))}
	if in.small && p.UncompressedSize64 > maxSmall {
		return errors.New("it is larger than 16 MB")
	}
	r, err := p.Open()
	if err != nil {
		return err
	}
	defer r.Close()
	m := &meter{r: r}
	d := xml.NewDecoder(m)
	for {
		token, err := d.Token()
		if errors.Is(err, io.EOF) {
			return nil
		} else if err != nil {
			return err
		}
		if err := in.token(token, d.InputOffset()); err != nil {
			return err
		}
		m.n = 0
	}
}

// meter refuses a token of more than 1 MiB before the decoder has gathered it.
type meter struct {
	r io.Reader
	n int // bytes since the last token
}

func (m *meter) Read(p []byte) (int, error) {
	if m.n > MaxRecord {
		return 0, tooLong("a cell")
	}
	n, err := m.r.Read(p)
	m.n += n
	return n, err
}

func (in *inspector) token(token xml.Token, offset int64) error {
	switch t := token.(type) {
	case xml.CharData:
		in.text += len(t)
	case xml.EndElement:
		in.depth--
		switch t.Name.Local {
		case "si":
			in.longest = max(in.longest, in.text)
		case "row":
			in.rowStart = 0
		case "c":
			in.endCell(in.name, in.row, in.cell)
		}
	case xml.StartElement:
		if in.depth++; in.depth > maxDepth {
			return errors.New("its elements are nested too deeply")
		}
		if in.elements++; in.small && in.elements > maxElements {
			return errors.New("it has more than a million elements")
		}
		if in.rowStart > 0 && offset-in.rowStart > maxRowXML {
			return tooLong(fmt.Sprintf("row %d", in.row))
		}
		in.formulas.start(in.name, t)
		return in.start(t, offset)
	}
	return nil
}

func (in *inspector) start(t xml.StartElement, offset int64) error {
	switch t.Name.Local {
	case "si":
		in.text = 0
		if in.texts++; in.texts > maxTexts {
			return errors.New("it has more than 4 million different texts")
		}
	case "row":
		return in.startRow(attribute(t, "r"), offset)
	case "c":
		return in.startCell(attribute(t, "r"), attribute(t, "t"))
	case "numFmt":
		if len(attribute(t, "formatCode")) > maxFormat {
			return errors.New("a number format is longer than any")
		}
	}
	return nil
}

func (in *inspector) startRow(number string, offset int64) error {
	n := in.row + 1 // a row may do without its number
	if number != "" {
		var err error
		if n, err = strconv.Atoi(number); err != nil {
			return fmt.Errorf("a row has the number %.20q", number)
		}
	}
	if n > maxRows {
		return fmt.Errorf("it has more than %d rows", maxRows)
	}
	if n <= in.row {
		return fmt.Errorf("row %d comes after row %d", n, in.row)
	}
	in.row, in.rowStart, in.cells, in.shared, in.cell = n, offset, 0, 0, ""
	return nil
}

func (in *inspector) startCell(ref, kind string) error {
	if in.cells++; in.cells > MaxColumns {
		return &FileError{Msg: fmt.Sprintf("row %d has more than %d cells", in.row, MaxColumns), Hint: "this is no list of partners"}
	}
	if kind == "s" {
		in.shared++
		in.most = max(in.most, in.shared)
	}
	if ref == "" { // it stands to the right of the one before
		return nil
	}
	if len(ref) < len(in.cell) || len(ref) == len(in.cell) && ref <= in.cell {
		return fmt.Errorf("cell %.20q comes after cell %.20q", ref, in.cell)
	}
	in.cell = ref
	return nil
}

func attribute(t xml.StartElement, name string) string {
	for _, a := range t.Attr {
		if a.Name.Local == name && a.Name.Space == "" {
			return a.Value
		}
	}
	return ""
}
