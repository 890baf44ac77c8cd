package workbook

import (
	"bufio"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
)

// shown is how a value looks in a format, as Rows shows it.
func shown(code, value string) string {
	f := formatOf(164, map[int]string{164: code})
	r := Rows{book: &Book{formats: []*format{f}}}
	if _, err := strconv.ParseFloat(value, 64); err != nil || value == "007" {
		_ = r.setText(value, 0)
	} else {
		_ = r.show([]byte(value), 0)
	}
	return strings.Join(r.row.Cells, "")
}

func TestFormatsAsLibreOffice(t *testing.T) {
	f, err := os.Open(filepath.Join("testdata", "formats.tsv"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	cells, different := 0, map[string]int{}
	for lines := bufio.NewScanner(f); lines.Scan(); cells++ {
		parts := strings.Split(lines.Text(), "\t")
		code, value, want := parts[0], parts[1], parts[2]
		if got := shown(code, value); strings.TrimSpace(got) != strings.TrimSpace(want) && explained(code, value, got, want) == "" {
			different[code]++
			t.Errorf("%s\t%s\tours %q\ttheirs %q", code, value, got, want)
		}
	}
	t.Log(cells, len(different))
}

// explained says why a value looks different in LibreOffice.
func explained(code, value, ours, theirs string) string {
	v, err := strconv.ParseFloat(value, 64)
	switch {
	case strings.TrimSpace(theirs) == "":
		return "what a format hides is there all the same"
	case err != nil:
		return ""
	case !strings.Contains(ours, "E") && strings.Contains(theirs, "E+"):
		return "a long number has its digits"
	case strings.HasSuffix(code, ".") || strings.Contains(code, ".#"):
		if ours == strings.Replace(theirs, "E", ".E", 1) || ours == theirs+"." {
			return "Excel leaves the decimal point where no decimal follows"
		}
	case compile(code).isDate(v) && v < 61:
		return "Excel counts days from 1900 and has a February 29th in it; before that LibreOffice is a day behind"
	case compile(code).isDate(v) && !compile(code).sections[0].timeless && (value == "46214.123456" || value == "45657.999999"):
		return "Excel rounds to the second, or the part of it that is shown"
	case v < 0 && strings.Contains(code, "[") && ours == "-"+theirs, v < 0 && code == `"text"`:
		return "Excel shows the sign of a number for which no section for negative ones is"
	}
	return different[code]
}

var different = map[string]string{
	"[>0]0.0;0":                   "Excel takes the condition as it stands, LibreOffice as if it included 0",
	"[<0]\"n\"0;[<=999]000;0":     "Excel shows no sign in a section for negative numbers alone",
	"# ??/100":                    "half a hundredth is rounded up by Excel",
	`#\ 0/0`:                      "LibreOffice leaves out the space behind a whole that is 0",
	"##":                          "LibreOffice takes it for #,###",
	"0%%":                         "each % is a hundredfold in Excel",
	"[$-407]0.00":                 "in Excel the decimal separator is the reader's, whatever the format; here always a point",
	"[$-F400]0":                   "no time, whatever it says of itself",
	"yyy":                         "Excel takes it for yyyy",
	"y":                           "Excel takes it for yy",
	"e":                           "a year outside Japan",
	"h:mm A/P":                    "Excel keeps the case",
	"[h]:mm":                      "LibreOffice ends at some number of hours",
	"[h]:mm:ss":                   "as [h]:mm",
	"[hh]:mm":                     "as [h]:mm",
	"[h]":                         "as [h]:mm",
	"[mm]:ss":                     "as [h]:mm",
	"[m]":                         "as [h]:mm",
	"[s]":                         "as [h]:mm",
	"[ss].00":                     "LibreOffice does not read it",
	"[$-407]mmm":                  "Excel has Mrz",
	"[$-40A]mmmm":                 "LibreOffice has no traditional Spanish",
	"[$-411]ge.m.d":               "the last day of Excel has a four-digit year of an era",
	"[$-F800]dddd, mmmm dd, yyyy": "the long date of the reader's system; as the format says here",
	"[$-F400]h:mm:ss AM/PM":       "the time of the reader's system; as the format says here",
	`[$-411]ggge"年"m"月"d"日"`:      "as [$-411]ge.m.d",
	`m\.d\.`:                      "days before 1900-03-01, as above",
	"bbbb":                        "LibreOffice knows the Buddhist year only with a language",
}
