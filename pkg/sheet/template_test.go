package sheet

import (
	"bytes"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/xuri/excelize/v2"

	"onboard/pkg/partner"
)

const templateNames = "company_name,country,data_center,type,first_name,last_name,email,industry,size,state,city,address,postal_code"

func TestWriteTemplate(t *testing.T) {
	var b bytes.Buffer
	if err := WriteTemplate(&b); err != nil || b.String() != templateNames+"\r\n" {
		t.Errorf("got %q, %v", b.String(), err)
	}
}

func template13(t *testing.T) *excelize.File {
	t.Helper()
	var b bytes.Buffer
	if err := WriteTemplateXLSX(&b); err != nil {
		t.Fatal(err)
	}
	f, err := excelize.OpenReader(&b)
	if err != nil {
		t.Fatal(err)
	}
	return f
}

// TestTemplateFilled fills a template in and reads it back.
func TestTemplateFilled(t *testing.T) {
	f := template13(t)
	defer f.Close()
	if err := f.SetSheetRow("Partners", "A2", &[]any{"Acme, Ltd", "GB", "UK", nil, "Ann", "Lee", "ann@example.com", "007", "01", nil, nil, nil, "00123"}); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "partners.xlsx")
	if err := f.SaveAs(path); err != nil {
		t.Fatal(err)
	}
	text, info, err := convert(t, path, Options{})
	want := templateNames + "\n\"Acme, Ltd\",GB,UK,,Ann,Lee,ann@example.com,007,01,,,,00123\n"
	if diff := cmp.Diff(want, text); diff != "" || err != nil {
		t.Errorf("%v (-want +got)\n%s", err, diff)
	}
	if diff := cmp.Diff(Workbook{Sheet: "Partners", Sheets: []string{"Partners"}}, info); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
}

func TestTemplateHelps(t *testing.T) {
	f := template13(t)
	defer f.Close()
	comments, err := f.GetComments("Partners")
	if err != nil || len(comments) != int(partner.NumFields) {
		t.Fatalf("%d comments, %v", len(comments), err)
	}
	for i, c := range comments {
		if spec := partner.Specs[i]; c.Cell != columnName(partner.Field(i))+"1" || !strings.Contains(c.Text, need(spec)+": "+spec.Rule) {
			t.Errorf("the comment of %s in %s is %q", spec.Name, c.Cell, c.Text)
		}
	}
	lists, err := f.GetDataValidations("Partners")
	if err != nil {
		t.Fatal(err)
	}
	got := map[string]string{}
	for _, l := range lists {
		got[l.Sqref] = l.Formula1
	}
	want := map[string]string{"B2:B1048576": "Codes!$A$1:$A$249", "C2:C1048576": `"US,CA,UK,EU,SG,JP,AU,IN"`, "D2:D1048576": `"MSP"`}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("lists (-want +got)\n%s", diff)
	}
	codes, err := f.GetCols("Codes")
	if err != nil || len(codes) != 1 || len(codes[0]) != 249 || !slices.Contains(codes[0], "CH") || slices.Contains(codes[0], "UK") {
		t.Errorf("codes %v, %v", codes, err)
	}
	for _, cell := range []string{"A1", "A2", "M2", "H5000"} {
		id, _ := f.GetCellStyle("Partners", cell)
		if style, err := f.GetStyle(id); err != nil || style.NumFmt != 49 || cell == "A1" && !style.Font.Bold {
			t.Errorf("the style of %s is %+v, %v", cell, style, err)
		}
	}
	if panes, err := f.GetPanes("Partners"); err != nil || !panes.Freeze || panes.YSplit != 1 {
		t.Errorf("panes %+v, %v", panes, err)
	}
}

// TestTemplateFails tells of a disk that is full.
func TestTemplateFails(t *testing.T) {
	f, err := os.Open(os.DevNull)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if WriteTemplate(f) == nil || WriteTemplateXLSX(f) == nil {
		t.Error("writing to a file that takes nothing is no error")
	}
}
