package sheet

import (
	"fmt"
	"maps"
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
	if added[header] || inMaps(header, maps) {
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
	if opt.addedOnly {
		for f := range s.columns {
			s.columns[f] = -1
		}
		return nil
	}
	maps, err := s.resolveMaps(opt)
	if err != nil {
		return err
	}
	columns, doubled := mapping(s.Header, maps)
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

// inMaps says that a header is one of those of --map, exactly or but for
// capitals, spaces and punctuation.
func inMaps(header string, maps map[string]partner.Field) bool {
	if _, ok := maps[header]; ok {
		return true
	}
	for from := range maps {
		if folded := Fold(from); folded != "" && folded == Fold(header) {
			return true
		}
	}
	return false
}

// resolveMaps finds the header that each --map means: the one that is spelled
// so, or else the only one that differs in capitals, spaces and punctuation
// alone.
func (s *Sheet) resolveMaps(opt Options) (map[string]partner.Field, error) {
	resolved := map[string]partner.Field{}
	for _, from := range slices.Sorted(maps.Keys(opt.Map)) {
		f, headers := opt.Map[from], s.like(from)
		wrong, hint := "", ""
		switch {
		case len(headers) == 0:
			wrong, hint = "names a column that the sheet does not have", "its columns are "+s.listHeader()
		case len(headers) > 1:
			wrong, hint = "could be each of '"+strings.Join(headers, "', '")+"'", "write the one that is meant exactly as the sheet does"
		default:
			other, twice := resolved[headers[0]]
			if resolved[headers[0]] = f; twice && other != f {
				wrong, hint = fmt.Sprintf("gives '%s' a second field, after %s", headers[0], other), "leave one of them out"
			}
		}
		if place := opt.MapSaid[from]; wrong != "" && place != "" {
			return nil, &FileError{File: place, Msg: fmt.Sprintf("'%s: %s' %s (%s)", from, f, wrong, s.Name()), Hint: hint}
		} else if wrong != "" {
			return nil, s.headerError(fmt.Sprintf("--map '%s=%s' %s", from, f, wrong), hint)
		}
	}
	return resolved, nil
}

// like are the different headers that a name may mean.
func (s *Sheet) like(name string) (headers []string) {
	for _, h := range s.Header {
		h = partner.Clean(h)
		if h == name {
			return []string{h}
		}
		if folded := Fold(h); folded != "" && folded == Fold(name) && !slices.Contains(headers, h) {
			headers = append(headers, h)
		}
	}
	return headers
}

// bind makes the header for the binding: the columns that hold a field, in their
// order, and the letter of each field.
func (s *Sheet) bind() {
	s.held, s.bound = nil, nil
	for i := range s.Header {
		if f, ok := s.FieldOf(i); ok {
			s.held, s.bound = append(s.held, i), append(s.bound, letterOf(f))
		}
	}
}

// doubled names all the fields that several columns could hold, and how to
// choose.
func (s *Sheet) doubled(doubled [partner.NumFields][]int) error {
	var problems, maps, renames []string
	more := 0
	for f, columns := range doubled {
		if len(columns) == 0 {
			continue
		}
		if len(problems) == mostDoubled {
			more++
			continue
		}
		problems = append(problems, fmt.Sprintf("columns %s mean %s", s.nameColumns(columns), partner.Field(f)))
		if name, ok := s.unlike(columns); ok && utf8.RuneCountInString(name) <= quoteLimit {
			maps = append(maps, fmt.Sprintf("--map '%s=%s'", name, partner.Field(f)))
		} else {
			renames = append(renames, fmt.Sprintf("rename one of the columns '%s'", short(name)))
		}
	}
	if len(problems) == 0 {
		return nil
	}
	if more > 0 {
		problems = append(problems, fmt.Sprintf("and so on with %d more fields", more))
	}
	if len(maps) > 0 {
		renames = append([]string{"say which one with " + strings.Join(maps, " ")}, renames...)
	}
	return s.headerError(strings.Join(problems, ", "), strings.Join(renames, ", and "))
}

// mostDoubled is how many fields with several columns one message names.
const mostDoubled = 2

// nameColumns shows columns as "1 'Email' and 2 'E-mail' both".
func (s *Sheet) nameColumns(columns []int) string {
	var names []string
	for _, i := range columns {
		name := fmt.Sprintf("%d '%s'", i+1, short(partner.Clean(s.Header[i])))
		if s.Workbook != nil && slices.Contains(s.Workbook.HiddenColumns, i) {
			name += " (hidden in the workbook)"
		}
		names = append(names, name)
	}
	if len(names) > 3 {
		names = append(names[:3], fmt.Sprintf("%d more", len(names)-3))
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

func (s *Sheet) headerError(msg, hint string) *FileError {
	return &FileError{File: s.Name(), Line: s.bodyLine - 1, Msg: msg, Hint: hint}
}

func (s *Sheet) listHeader() string {
	return s.others(nil)
}
