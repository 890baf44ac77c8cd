package sheet

import "encoding/csv"

// List is a file of rows that come from no sheet, with commas.
type List struct {
	*File
	w      *csv.Writer
	record []string
}

// CreateList starts the file. Programs that people open lists with need the byte
// order mark to know UTF-8, and scripts are better off without it.
func CreateList(path string, bom bool, columns ...string) (*List, error) {
	f, err := CreateFile(path)
	if err != nil {
		return nil, err
	}
	if bom {
		_, _ = f.Write([]byte("\xef\xbb\xbf")) // a buffered write: Commit reports its error
	}
	l := &List{File: f, w: csv.NewWriter(f)}
	l.w.UseCRLF = true
	return l, l.w.Write(columns)
}

// Add writes one row. All cells but literal ones are guarded.
func (l *List) Add(cells ...Cell) error {
	l.record = l.record[:0]
	for _, c := range cells {
		text := c.Text
		if !c.Literal {
			text = guard(text)
		}
		l.record = append(l.record, text)
	}
	return l.w.Write(l.record)
}

// Commit puts the file in its place.
func (l *List) Commit() error {
	l.w.Flush()
	return l.File.Commit()
}
