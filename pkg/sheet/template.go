package sheet

import (
	"fmt"
	"io"
	"strings"

	"github.com/xuri/excelize/v2"

	"onboard/pkg/partner"
)

const (
	partnersSheet = "Partners"
	codesSheet    = "Codes" // hidden: it only feeds the list of countries
	lastRow       = excelize.TotalRows
)

// widths of the template's columns, in characters of the default font; other
// columns are as wide as their header needs.
var widths = map[partner.Field]float64{partner.CompanyName: 36, partner.Email: 36, partner.Address: 36, partner.City: 20, partner.State: 20}

// WriteTemplate writes an empty sheet to fill in, as CSV.
func WriteTemplate(w io.Writer) error {
	_, err := fmt.Fprintf(w, "%s\r\n", strings.Join(templateHeader(), ","))
	return err
}

func templateHeader() []string {
	var names []string
	for f := range partner.NumFields {
		names = append(names, f.String())
	}
	return names
}

// WriteTemplateXLSX writes an empty workbook to fill in: the header stays in
// view and carries each column's rule as a comment, all cells are text, so that
// leading zeros stay, and codes can be picked from lists.
func WriteTemplateXLSX(w io.Writer) error {
	book := excelize.NewFile()
	defer book.Close()
	t := template{book: book}
	t.do(book.SetDocProps(&excelize.DocProperties{Creator: "onboard"})) // else the library's author
	t.do(book.SetSheetName("Sheet1", partnersSheet))
	names := templateHeader()
	t.do(book.SetSheetRow(partnersSheet, "A1", &names))
	t.look()
	t.codes()
	for f := range partner.NumFields {
		t.column(f)
	}
	if t.err != nil {
		return t.err
	}
	return book.Write(w)
}

// template keeps the first error while a workbook is built.
type template struct {
	book *excelize.File
	err  error
}

func (t *template) do(err error) {
	if t.err == nil {
		t.err = err
	}
}

// look makes every cell text and the header bold and always visible.
func (t *template) look() {
	const asText = 49 // number format "@"
	text, err := t.book.NewStyle(&excelize.Style{NumFmt: asText})
	t.do(err)
	header, err := t.book.NewStyle(&excelize.Style{NumFmt: asText, Font: &excelize.Font{Bold: true}})
	t.do(err)
	last := columnName(partner.NumFields - 1)
	t.do(t.book.SetColStyle(partnersSheet, "A:"+last, text))
	t.do(t.book.SetCellStyle(partnersSheet, "A1", last+"1", header))
	t.do(t.book.SetPanes(partnersSheet, &excelize.Panes{Freeze: true, YSplit: 1, TopLeftCell: "A2", ActivePane: "bottomLeft"}))
}

// codes lists the country codes on a sheet of their own: a list inside a
// validation has at most 255 characters.
func (t *template) codes() {
	_, err := t.book.NewSheet(codesSheet)
	t.do(err)
	codes := partner.Countries()
	t.do(t.book.SetSheetCol(codesSheet, "A1", &codes))
	t.do(t.book.SetSheetVisible(codesSheet, false))
}

// column sets a column's width, comment and list.
func (t *template) column(f partner.Field) {
	col, spec := columnName(f), partner.Specs[f]
	t.do(t.book.SetColWidth(partnersSheet, col, col, max(widths[f], float64(len(spec.Name)+4))))
	t.do(t.book.AddComment(partnersSheet, excelize.Comment{Cell: col + "1", Author: "onboard", Text: need(spec) + ": " + spec.Rule, Width: 260, Height: 80}))
	list := excelize.NewDataValidation(true)
	list.SetSqref(fmt.Sprintf("%s2:%s%d", col, col, lastRow))
	switch {
	case f == partner.Country:
		list.SetSqrefDropList(fmt.Sprintf("%s!$A$1:$A$%d", codesSheet, len(partner.Countries())))
	case len(spec.Values) > 0:
		t.do(list.SetDropList(spec.Values))
	default:
		return
	}
	// A warning, not a stop: --allow can extend a list.
	list.SetError(excelize.DataValidationErrorStyleWarning, spec.Name, "It should be "+spec.Rule+".")
	t.do(t.book.AddDataValidation(partnersSheet, list))
}

func need(spec partner.Spec) string {
	switch {
	case spec.Default != "":
		return "May be empty"
	case spec.Required:
		return "Required"
	}
	return "Optional"
}

// columnName is the letter of a field's column.
func columnName(f partner.Field) string { return string(rune('A' + int(f))) }
