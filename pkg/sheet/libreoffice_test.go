package sheet

import (
	"encoding/csv"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"onboard/pkg/partner"
)

// TestLibreOffice reads one small workbook as LibreOffice Calc 7.4 saved it: as
// .xlsx, and as text in eight encodings with three separators each. All hold
// the rows of list.csv, from which the workbook was made.
func TestLibreOffice(t *testing.T) {
	dir := filepath.Join("testdata", "libreoffice")
	f, err := os.Open(filepath.Join(dir, "list.csv"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	want, err := csv.NewReader(f).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	files, err := os.ReadDir(dir)
	if err != nil || len(files) != 8*3+2 {
		t.Fatal(len(files), err)
	}
	for _, file := range files {
		t.Run(file.Name(), func(t *testing.T) {
			opt := Options{Optional: func(f partner.Field) bool { return f == partner.Type }}
			if label, _, ok := strings.Cut(file.Name(), "."); ok && label != "list" && !strings.HasPrefix(label, "utf-") {
				opt.Encoding = label // the UTF ones say it themselves
			}
			s, err := Open(filepath.Join(dir, file.Name()), nil, opt)
			if err != nil {
				t.Fatal(err)
			}
			defer s.Close()
			rows, _, err := readAll(t, s)
			if err != nil {
				t.Fatal(err)
			}
			got := [][]string{s.Header}
			for _, r := range rows {
				got = append(got, []string{r.Text.CompanyName, r.Text.Country, r.Text.DataCenter, r.Text.FirstName, r.Text.LastName,
					r.Text.Email, r.Text.City, r.Text.Address, r.Text.PostalCode})
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("(-want +got)\n%s", diff)
			}
		})
	}
}
