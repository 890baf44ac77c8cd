package sheet

import (
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	"onboard/pkg/partner"
)

// added are the columns that the outputs add. They are ignored on reading.
var added = map[string]bool{
	"onboard_line": true, "onboard_status": true, "onboard_token": true, "onboard_link": true, "onboard_trace_id": true,
	"onboard_at": true, "onboard_problems": true, "onboard_hint": true, "onboard_decision": true,
	"onboard_state": true, "onboard_partner_id": true, "onboard_user_id": true, "onboard_checked_at": true,
}

// recognised counts the cells that would be a header of ours.
func recognised(cells []string, maps map[string]partner.Field) int {
	n := 0
	for _, c := range cells[:min(len(cells), MaxColumns)] {
		if h := partner.Clean(c); h != "" && known(h, maps) {
			n++
		}
	}
	return n
}

func known(header string, maps map[string]partner.Field) bool {
	if _, ok := maps[header]; ok || added[header] {
		return true
	}
	switch folded := Fold(bare(header)); folded { // what meaningOf leaves open
	case "type", "industry", "contactname":
		return true
	default:
		if _, ok := otherHalf[folded]; ok {
			return true
		}
	}
	_, ok := meaningOf(header)
	return ok
}

// mapColumns decides which column holds which field. A field with two columns
// and a required field with none are refused, all in one message.
func (s *Sheet) mapColumns(opt Options) error {
	if len(s.Header) > MaxColumns {
		return s.headerError(fmt.Sprintf("the header has %d columns, and %d is the most", len(s.Header), MaxColumns), "")
	}
	s.ours = make([]bool, len(s.Header))
	for i, h := range s.Header {
		s.ours[i] = added[partner.Clean(h)]
	}
	if err := s.unknownMaps(opt.Map); err != nil {
		return err
	}
	columns, doubled := mapping(s.Header, opt.Map)
	s.columns = columns
	if err := s.doubled(doubled); err != nil {
		return err
	}
	if err := s.missing(opt); err != nil {
		return err
	}
	s.bind()
	return nil
}

func (s *Sheet) unknownMaps(maps map[string]partner.Field) error {
	for from, f := range maps {
		if !slices.ContainsFunc(s.Header, func(h string) bool { return partner.Clean(h) == from }) {
			return s.headerError(fmt.Sprintf("--map '%s=%s' names a column that the sheet does not have", from, f),
				"its columns are "+s.listHeader())
		}
	}
	return nil
}

// bind makes the header for the binding: canonical names for the columns
// that hold a field, and what matches none for the others.
func (s *Sheet) bind() {
	names := make([]string, len(s.Header))
	for i := range names {
		names[i] = fmt.Sprintf("-%d", i)
	}
	for f, i := range s.columns {
		if i >= 0 {
			names[i] = partner.Field(f).String()
		}
	}
	s.bound = names
}

// doubled names all the fields that several columns could hold, and how to
// choose.
func (s *Sheet) doubled(doubled [partner.NumFields][]int) error {
	var problems, maps, renames []string
	for f, columns := range doubled {
		if len(columns) == 0 {
			continue
		}
		problems = append(problems, fmt.Sprintf("columns %s mean %s", s.nameColumns(columns), partner.Field(f)))
		if name, ok := s.unlike(columns); ok {
			maps = append(maps, fmt.Sprintf("--map '%s=%s'", name, partner.Field(f)))
		} else {
			renames = append(renames, fmt.Sprintf("rename one of the columns '%s'", name))
		}
	}
	if len(problems) == 0 {
		return nil
	}
	if len(maps) > 0 {
		renames = append([]string{"say which one with " + strings.Join(maps, " ")}, renames...)
	}
	return s.headerError(strings.Join(problems, ", "), strings.Join(renames, ", and "))
}

// nameColumns shows columns as "1 'Email' and 2 'E-mail' both".
func (s *Sheet) nameColumns(columns []int) string {
	var names []string
	for _, i := range columns {
		names = append(names, fmt.Sprintf("%d '%s'", i+1, partner.Clean(s.Header[i])))
	}
	last := len(names) - 1
	all := "all"
	if last == 1 {
		all = "both"
	}
	return strings.Join(names[:last], ", ") + " and " + names[last] + " " + all
}

// unlike is the first of the columns whose header no other column has, so that
// --map can name it.
func (s *Sheet) unlike(columns []int) (name string, ok bool) {
	count := map[string]int{}
	for _, h := range s.Header {
		count[partner.Clean(h)]++
	}
	for _, i := range columns {
		if name = partner.Clean(s.Header[i]); count[name] == 1 {
			return name, true
		}
	}
	return name, false
}

// missing names every required field without a column, and for the first one
// the header that comes nearest.
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
	f, _ := partner.FieldByName(fields[0])
	example := "Your Column"
	if near := nearest(f, s.Header, s.columns[:]); near != "" {
		example = near
		msg += fmt.Sprintf(" (the nearest header to %s is '%s')", f, near)
	}
	hint := fmt.Sprintf("rename the column, or say which one it is with --map '%s=%s'", example, f)
	for _, name := range fields { // the codes that a whole list often shares
		if name == partner.DataCenter.String() || name == partner.Country.String() {
			hint += fmt.Sprintf(", or give one value for all rows with --default %s=US", name)
		}
	}
	return s.headerError(msg, hint+"; 'onboard fields' lists the accepted spellings")
}

func (s *Sheet) headerError(msg, hint string) error {
	return &FileError{File: s.Name(), Line: s.bodyLine - 1, Msg: msg, Hint: hint}
}

func (s *Sheet) listHeader() string {
	var names []string
	for i, h := range s.Header {
		if i == 20 {
			names = append(names, "…")
			break
		}
		names = append(names, "'"+partner.Clean(h)+"'")
	}
	return strings.Join(names, ", ")
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
