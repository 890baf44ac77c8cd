package sheet

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/xuri/excelize/v2"

	"onboard/pkg/partner"
)

// missing names every required field without a column, and what to do about it.
func (s *Sheet) missing(opt Options) error {
	var fields []string
	for f, spec := range partner.Specs {
		if s.columns[f] < 0 && spec.Required && (opt.Optional == nil || !opt.Optional(partner.Field(f))) {
			fields = append(fields, spec.Name)
		}
	}
	if len(fields) == 0 {
		return nil
	}
	msg := "the sheet has no column for " + strings.Join(fields, ", ")
	if opt.Delimiter != 0 && len(s.Header) == 1 {
		return s.headerError(msg, fmt.Sprintf("with %q between cells the header is one cell; leave out --delimiter, and it is found from the header", string(opt.Delimiter)))
	}
	var hints []string
	if column := s.wholeNames(fields); column >= 0 {
		fields = slices.DeleteFunc(fields, func(name string) bool { return slices.Contains(halves, name) })
		msg += fmt.Sprintf("; column %d '%s' seems to hold whole names, and no rule can tell where each last name begins", column+1, partner.Clean(s.Header[column]))
		hints = append(hints, s.splitNames(column))
	}
	if len(fields) > 0 {
		note, hint := s.another(fields)
		msg += note
		hints = append(hints, hint)
	}
	return s.headerError(msg, strings.Join(hints, "; then "))
}

// another says which header comes nearest to the first of the fields that have
// no column, and how to give all of them one.
func (s *Sheet) another(fields []string) (note, hint string) {
	f, _ := partner.FieldByName(fields[0])
	example := "Your Column"
	if near := nearest(f, s.Header, s.columns[:]); near != "" {
		example = near
		note = fmt.Sprintf(" (the nearest header to %s is '%s')", f, near)
	}
	hint = fmt.Sprintf("rename the column, or say which one it is with --map '%s=%s'", example, f)
	for _, name := range fields { // the codes that a whole list often shares
		if name == partner.DataCenter.String() || name == partner.Country.String() {
			hint += fmt.Sprintf(", or give one value for all rows with --default %s=US", name)
		}
	}
	return note, hint + "; 'onboard fields' lists the accepted spellings"
}

// halves are the fields that a whole name would have to be split into.
var halves = []string{partner.FirstName.String(), partner.LastName.String()}

// personNames are headers, folded, of columns that hold first and last name
// together. 'Name' is one only where the company has another column.
var personNames = strings.Fields("fullname contactname contactfullname contactpersonname contactperson contact primarycontact primarycontactname " +
	"ansprechpartner kontakt kontaktperson nomcomplet nombrecompleto nomecompleto nomecognome contactpersoon 氏名 担当者 担当者名")

// wholeNames is the first column that holds whole names, where both halves are
// among the missing fields; else -1.
func (s *Sheet) wholeNames(missing []string) int {
	for _, half := range halves {
		if !slices.Contains(missing, half) {
			return -1
		}
	}
	for i, h := range s.Header {
		folded := Fold(bare(h))
		person := slices.Contains(personNames, folded) || folded == "name" && s.columns[partner.CompanyName] >= 0
		if person && !slices.Contains(s.columns[:], i) {
			return i
		}
	}
	return -1
}

// splitNames says how to make two columns of whole names.
func (s *Sheet) splitNames(column int) string {
	cell, err := excelize.CoordinatesToCellName(column+1, s.HeaderLine+1)
	if err != nil {
		cell = "A2"
	}
	return fmt.Sprintf(`make two columns first_name and last_name of it: in Excel =TEXTBEFORE(%[1]s," ",-1) and =TEXTAFTER(%[1]s," ",-1), copied down and looked over`, cell)
}

// nearest is the unused header with the smallest edit distance to a spelling
// of the field, if it is near at all.
func nearest(f partner.Field, header []string, used []int) string {
	best, bestDistance := "", 3
	for i, h := range header {
		folded := Fold(h)
		if slices.Contains(used, i) || folded == "" {
			continue
		}
		for _, s := range Spellings(f) {
			d := distance(folded, Fold(s))
			if strings.Contains(folded, Fold(f.String())) {
				d = min(d, 2)
			}
			if d < bestDistance && d*3 <= utf8.RuneCountInString(folded) { // ID is not near DC
				best, bestDistance = partner.Clean(h), d
			}
		}
	}
	return best
}

// distance is Levenshtein's: how many characters to change, add or drop.
func distance(a, b string) int {
	x, y := []rune(a), []rune(b)
	row := make([]int, len(y)+1)
	for j := range row {
		row[j] = j
	}
	for i := range x {
		diagonal := row[0]
		row[0] = i + 1
		for j := range y {
			cost := 1
			if x[i] == y[j] {
				cost = 0
			}
			diagonal, row[j+1] = row[j+1], min(row[j+1]+1, row[j]+1, diagonal+cost)
		}
	}
	return row[len(y)]
}

// nearFile is what to do about a file that is not there: the one of its folder
// that was probably meant, if any.
func nearFile(path string) string {
	files, _ := os.ReadDir(filepath.Dir(path))
	name := strings.ToLower(filepath.Base(path))
	best, bestDistance := "", 3
	for _, f := range files {
		other := strings.ToLower(f.Name())
		stem, ending := base(other), filepath.Ext(other)
		if !slices.Contains([]string{".csv", ".tsv", ".txt", ".xlsx"}, ending) {
			continue
		}
		d := distance(name, other)
		if stem == name || stem == base(name) {
			d = min(d, 1)
		}
		if d < bestDistance && d*3 <= len(name) {
			best, bestDistance = f.Name(), d
		}
	}
	if best == "" {
		return "check the spelling and the folder"
	}
	return "did you mean " + filepath.Join(filepath.Dir(path), best) + "?"
}
