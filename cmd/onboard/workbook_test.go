package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/xuri/excelize/v2"
)

// saveBook saves a workbook with a header and rows, after change has changed it.
func saveBook(t *testing.T, path string, rows [][]any, change func(b *excelize.File) error) {
	t.Helper()
	b := excelize.NewFile()
	defer b.Close()
	rows = append([][]any{{"company_name", "country", "data_center", "first_name", "last_name", "email", "note"}}, rows...)
	for i, cells := range rows {
		at, _ := excelize.CoordinatesToCellName(1, i+1)
		if err := b.SetSheetRow("Sheet1", at, &cells); err != nil {
			t.Fatal(err)
		}
	}
	if err := change(b); err != nil {
		t.Fatal(err)
	}
	if err := b.SaveAs(path); err != nil {
		t.Fatal(err)
	}
}

// TestWorkbookSubmit: what a workbook shows in another way than it is read is said,
// and hidden rows are not created before somebody has said that they are meant.
func TestWorkbookSubmit(t *testing.T) {
	t.Parallel()
	partner := func(name string) []any { return []any{name, "DE", "EU", "Ann", "Lee", "ann@example.com"} }
	hide := func(b *excelize.File) error {
		if err := b.SetRowVisible("Sheet1", 3, false); err != nil {
			return err
		}
		return b.SetRowVisible("Sheet1", 4, false)
	}
	three := [][]any{partner("Adler"), partner("Bussard"), partner("Falke"), partner("Habicht")}
	for _, tt := range []struct {
		name   string
		rows   [][]any
		change func(b *excelize.File) error
		flags  string
		code   int
		says   []string
	}{
		{"hidden rows are warned of", three, hide, "validate", 0, []string{"4 valid", "2 rows are hidden in the workbook, and are read like the others", "(lines 3, 4)"}},
		{"hidden rows are not submitted", three, hide, "submit --target sandbox --yes", 2,
			[]string{"book.xlsx:3: 2 rows with text are hidden", "--hidden-rows include; to leave them out: onboard submit book.xlsx --target sandbox", "--hidden-rows skip"}},
		{"but when they are meant", three, hide, "submit --target sandbox --yes --hidden-rows include", 0, []string{"4 created"}},
		{"and left out when they are not", three, hide, "submit --target sandbox --yes --hidden-rows skip", 0,
			[]string{"2 created", "2 rows, workbook", "2 rows that are hidden in the workbook are left out"}},
		{"another answer", three, hide, "validate --hidden-rows no", 2, []string{"--hidden-rows include or --hidden-rows skip"}},
		{"no hidden rows, no question", three, func(*excelize.File) error { return nil }, "submit --target sandbox --yes", 0, []string{"4 created"}},
		{"a hidden column", three, func(b *excelize.File) error { return b.SetColVisible("Sheet1", "F", false) }, "validate", 0,
			[]string{"a hidden column is read like the others: 'email'"}},
		{"merged cells", [][]any{partner("Adler"), {"Bussard", "", "EU", "Ann", "Lee", "ann@example.com"}}, func(b *excelize.File) error { return b.MergeCell("Sheet1", "B2", "B3") },
			"validate", 0, []string{"2 valid", "B2: a cell is merged over several rows, and the value stands for each of them"}},
		{"a company that is a date", [][]any{partner("Adler"), partner("")}, func(b *excelize.File) error {
			style, err := b.NewStyle(&excelize.Style{NumFmt: 16})
			if err != nil {
				return err
			}
			if err := b.SetCellFloat("Sheet1", "A3", 46214, 0, 64); err != nil {
				return err
			}
			return b.SetCellStyle("Sheet1", "A3", "A3", style)
		}, "validate", 1, []string{"1 valid, 1 invalid", "the company name is a date or a time, 11-Jul"}},
		{"a NUL", [][]any{partner("Adler"), partner("Bus_x0000_sard")}, func(*excelize.File) error { return nil }, "validate", 1, []string{"control character U+0000"}},
		{"remarks beside the table", [][]any{append(partner("Adler"), "", "", "call first"), partner("Bussard")}, func(*excelize.File) error { return nil }, "validate", 0, []string{"2 valid"}},
		{"the text of a CSV file in column A", nil, func(b *excelize.File) error {
			return b.SetSheetRow("Sheet1", "A1", &[]any{"company_name;country;email", "", "", "", "", "", ""})
		}, "validate", 2, []string{"each line of it stands as a whole in column A"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			saveBook(t, filepath.Join(dir, "book.xlsx"), tt.rows, tt.change)
			flags := strings.Fields(tt.flags)
			cmd := onboardCommand(dir, append([]string{flags[0], "book.xlsx"}, flags[1:]...)...)
			cmd.Env = append(cmd.Env, "COLUMNS=500")
			out, _ := cmd.CombinedOutput()
			text := strings.Join(strings.Fields(string(out)), " ")
			if code := cmd.ProcessState.ExitCode(); code != tt.code {
				t.Errorf("exit %d, want %d", code, tt.code)
			}
			for _, says := range tt.says {
				if !strings.Contains(text, says) {
					t.Errorf("it does not say %q", says)
				}
			}
			if strings.Contains(tt.name, "a date") { // the errors file says the same of it while it is unchanged
				again := onboardCommand(dir, "validate", "book.errors.csv")
				if out, _ := again.CombinedOutput(); again.ProcessState.ExitCode() != 1 || !strings.Contains(string(out), "is a date or a time") {
					t.Errorf("unchanged it is valid\n%s", out)
				}
			}
			if t.Failed() {
				t.Logf("%s", out)
			}
		})
	}
}

// TestWorkbookLock: the file that Excel keeps beside an open workbook is named.
func TestWorkbookLock(t *testing.T) {
	dir := t.TempDir()
	lock := make([]byte, 165)
	copy(lock, "\x07Ann Lee")
	copy(lock[55:], "\x07\x00A\x00n\x00n\x00 \x00L\x00e\x00e\x00")
	if err := os.WriteFile(filepath.Join(dir, "~$book.xlsx"), lock, 0o600); err != nil {
		t.Fatal(err)
	}
	cmd := onboardCommand(dir, "validate", "~$book.xlsx")
	if out, _ := cmd.CombinedOutput(); cmd.ProcessState.ExitCode() != 2 || !strings.Contains(string(out), "this is the lock file") {
		t.Errorf("%s", out)
	}
}
