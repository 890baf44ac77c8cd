package sheet

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"onboard/pkg/partner"
)

// TestSpectrum reads the files of csv-spectrum and compares each cell with
// what their JSON says.
func TestSpectrum(t *testing.T) {
	paths, _ := filepath.Glob("testdata/csv-spectrum/*.csv")
	if len(paths) != 12 {
		t.Fatalf("%d files", len(paths))
	}
	for _, path := range paths {
		name := strings.TrimSuffix(path, ".csv")
		text, err := os.ReadFile(name + ".json")
		if err != nil {
			t.Fatal(err)
		}
		if text[0] == '{' { // location_coordinates: one object, not a list
			text = []byte("[" + string(text) + "]")
		}
		var want []map[string]string
		if err := json.Unmarshal(text, &want); err != nil {
			t.Fatal(path, err)
		}
		got := cellsOf(t, path)
		if strings.HasSuffix(name, "location_coordinates") { // its JSON shows another telephone number than its CSV
			want[0]["Contact Phone Number"] = "2095257564"
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s (-want +got)\n%s", path, diff)
		}
	}
}

// cellsOf reads a sheet with columns of any name.
func cellsOf(t testing.TB, path string) (rows []map[string]string) {
	t.Helper()
	s, err := Open(path, nil, Options{Optional: func(partner.Field) bool { return true }})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	read, _, err := readAll(t, s)
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range read {
		row := map[string]string{}
		for i, text := range cellTexts(r.Raw, s.Delimiter) {
			row[s.Header[i]] = text
		}
		rows = append(rows, row)
	}
	return rows
}
