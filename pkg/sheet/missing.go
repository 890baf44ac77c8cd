package sheet

import (
	"bytes"
	"fmt"
	"maps"
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
	if err := s.noHeader(opt); err != nil {
		return err
	}
	msg := "the sheet has no column for " + strings.Join(fields, ", ")
	var hints []string
	column := s.wholeNames(fields)
	if column >= 0 {
		fields = slices.DeleteFunc(fields, func(name string) bool { return slices.Contains(halves, name) })
		msg += fmt.Sprintf("; column %d '%s' seems to hold whole names, and no rule can tell where each last name begins", column+1, short(partner.Clean(s.Header[column])))
		hints = append(hints, s.splitNames(column))
	}
	if len(fields) > 0 {
		note, hint := s.another(fields, column)
		msg += note
		hints = append(hints, hint)
	}
	return s.headerError(msg, strings.Join(hints, "; then "))
}

// another says which headers come nearest to the fields that have no column, and how
// to give all of them one. names is a column of whole names, or -1.
func (s *Sheet) another(fields []string, names int) (note, hint string) {
	used := append(slices.Clone(s.columns[:]), names)
	var nears, maps, renames, rest []string
	for _, name := range fields {
		f, _ := partner.FieldByName(name)
		i := nearest(f, s.Header, used)
		if i < 0 {
			rest = append(rest, name)
			continue
		}
		used = append(used, i)
		near := partner.Clean(s.Header[i])
		nears = append(nears, fmt.Sprintf("to %s is '%s'", f, short(near)))
		if _, single := s.unlike([]int{i}); !single || utf8.RuneCountInString(near) > quoteLimit {
			renames = append(renames, fmt.Sprintf("call column %d %s", i+1, f))
		} else if len(maps) < mostMaps {
			maps = append(maps, fmt.Sprintf("--map '%s=%s'", near, f))
		}
	}
	if len(nears) > 0 {
		note = " (the nearest header " + strings.Join(nears[:min(len(nears), mostMaps)], ", ") + ")"
	} else if others := s.others(used); others != "" {
		note = " (its other columns are " + others + ")"
	}
	shared := []string{partner.DataCenter.String(), partner.Country.String()} // by all rows, often
	if i := slices.IndexFunc(rest, func(name string) bool { return !slices.Contains(shared, name) }); i >= 0 && len(nears) == 0 {
		maps = append(maps, fmt.Sprintf("--map 'Your Column=%s'", rest[i]))
	}
	hints := slices.Concat(renames, mapHint(maps))
	if len(fields) <= mostMaps {
		hints = append(hints, s.defaultHints(rest)...)
	}
	return note, strings.Join(hints, "; ")
}

// mostMaps bounds how many columns one message says more of than their names.
const mostMaps = 3

func mapHint(maps []string) []string {
	if len(maps) == 0 {
		return nil
	}
	return []string{"rename the column, or say which one it is with " + strings.Join(maps, " "), "'onboard fields' lists the accepted spellings"}
}

// defaultHints say how to give the codes that a whole list often shares.
func (s *Sheet) defaultHints(fields []string) (hints []string) {
	if slices.Contains(fields, partner.DataCenter.String()) {
		hint := "data_center is one of " + strings.Join(partner.Specs[partner.DataCenter].Values, " ") + ": add the column, or "
		switch centers := s.centers(); {
		case len(centers) == 0:
			hint += "give one for all rows with --default data_center=XX and its code for XX"
		case !strings.Contains(centers, ","):
			hint += "give one for all rows with --default data_center=" + centers
		default:
			hint += "give one for each country with --default data_center=country:" + centers
		}
		hints = append(hints, hint)
	}
	if slices.Contains(fields, partner.Country.String()) {
		hints = append(hints, "or one country for all rows with --default country=XX and its code for XX")
	}
	return hints
}

// mostCenters bounds the countries in a hint.
const mostCenters = 8

// centers are the data centers of the countries in the first rows: one that they have
// in common, or pairs such as DE=EU,US=US; "" when nothing is known of them.
func (s *Sheet) centers() string {
	centers, pairs := map[string]bool{}, map[string]bool{}
	for _, country := range s.firstCells(partner.Country) {
		code, center := partner.CenterOf(country)
		if code != "" {
			centers[center] = true
		}
		if center != "" && len(pairs) < mostCenters {
			pairs[code+"="+center] = true
		}
	}
	list := strings.Join(slices.Sorted(maps.Keys(pairs)), ",")
	if _, center, _ := strings.Cut(list, "="); len(centers) == 1 && len(pairs) > 0 {
		return center[:2]
	}
	if len(pairs) == 1 { // and countries of which nothing is known
		return ""
	}
	return list
}

// firstCells are the cells of a field in the first rows.
func (s *Sheet) firstCells(f partner.Field) (cells []string) {
	column, body := s.columns[f], bytes.Clone(s.ahead[:min(len(s.ahead), blockSize)])
	for len(cells) < sampled && column >= 0 && len(body) > 0 {
		end, _, _ := nextRecord(body, s.Delimiter, true)
		if end == 0 {
			break
		}
		if record := cellTexts(body[:end], s.Delimiter); column < len(record) && !partner.Blank(record[column]) {
			cells = append(cells, partner.Clean(record[column]))
		}
		body = body[end:]
	}
	return cells
}

// othersLimit bounds a list of headers in a message, in code points.
const othersLimit = 90

// others lists columns that hold no field.
func (s *Sheet) others(used []int) string {
	list := ""
	for i, h := range s.Header {
		h = partner.Clean(h)
		if h == "" || s.ours[i] || slices.Contains(used, i) {
			continue
		}
		if utf8.RuneCountInString(list) > othersLimit/2 {
			return strings.TrimPrefix(list+", …", ", ")
		}
		list += ", '" + short(h) + "'"
	}
	return strings.TrimPrefix(list, ", ")
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
// of the field, if it is near at all; -1 when none is.
func nearest(f partner.Field, header []string, used []int) int {
	best, bestDistance := -1, 3
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
				best, bestDistance = i, d
			}
		}
	}
	return best
}

// distance is how many characters to change, add, drop or swap with their neighbor
// (optimal string alignment).
func distance(a, b string) int {
	x, y := []rune(a), []rune(b)
	before, last, row := make([]int, len(y)+1), make([]int, len(y)+1), make([]int, len(y)+1)
	for j := range last {
		last[j] = j
	}
	for i := range x {
		row[0] = i + 1
		for j := range y {
			cost := 1
			if x[i] == y[j] {
				cost = 0
			}
			row[j+1] = min(last[j+1]+1, row[j]+1, last[j]+cost)
			if i > 0 && j > 0 && x[i] == y[j-1] && x[i-1] == y[j] {
				row[j+1] = min(row[j+1], before[j-1]+1)
			}
		}
		before, last, row = last, row, before
	}
	return last[len(y)]
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
