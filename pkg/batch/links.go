package batch

import (
	"context"
	"crypto/sha256"
	"path/filepath"
	"strconv"

	"onboard/pkg/ledger"
	"onboard/pkg/partner"
	"onboard/pkg/sheet"
)

// Links writes links that the ledger has, and asks nobody else.
type Links struct {
	View  ledger.View
	Want  ledger.Wanted
	Sheet *sheet.Sheet // whose rows are answered; nil: the partners as the ledger has them
	Rules *partner.Rules
}

// LinkCounts says what became of the rows of a sheet, or of the ledger's partners.
type LinkCounts struct {
	Rows       int
	Links      int // written
	Changed    []int
	Others     int // have a link that was not wanted
	Linkless   int // created, but token or link is not known
	InDoubt    int
	NotCreated int
	Invalid    int
	Repeated   int // the partner stands further up in the sheet
}

// Write writes the file, which takes its place when it is complete. bom begins one of
// the ledger's partners with a byte order mark; a sheet says that itself.
func (l *Links) Write(ctx context.Context, path string, bom bool) (*LinkCounts, error) {
	if l.Sheet == nil {
		return l.writePartners(ctx, path, bom)
	}
	out, err := createResults(l.Sheet, path)
	if err != nil {
		return nil, err
	}
	counts := &LinkCounts{}
	var first firstLines
	w := walker{sheet: l.Sheet, rules: l.Rules, reuse: true}
	_, err = w.walk(ctx, func(b checkedBlock) error { return l.writeBlock(ctx, b, &first, counts, out) })
	if err != nil {
		out.Discard()
		return nil, err
	}
	return counts, out.Commit()
}

func (l *Links) writeBlock(ctx context.Context, b checkedBlock, first *firstLines, counts *LinkCounts, out *sheet.Output) error {
	var keys []ledger.Key
	for i := range b.rows {
		if c := &b.rows[i]; c.Valid() {
			keys = append(keys, c.Key)
		}
	}
	known, err := l.View.Lookup(ctx, keys)
	if err != nil {
		return err
	}
	for i := range b.rows {
		c := &b.rows[i]
		counts.Rows++
		e := known[c.Key]
		switch {
		case !c.Valid():
			counts.Invalid++
		case first.add(c.Key, c.Line) != c.Line:
			counts.Repeated++
		case !counts.add(&e, &l.Want):
		default:
			if e.Fingerprint != sha256.Sum256(c.Partner.AppendBody(nil)) {
				counts.Changed = append(counts.Changed, c.Line)
			}
			err := addResult(out, &Result{Row: *c.Row, Status: partner.AlreadyCreated, Token: e.Token, Link: e.Link, TraceID: e.TraceID, At: e.SettledAt})
			if err != nil {
				return err
			}
		}
	}
	return nil
}

// add counts a partner, and reports whether its link is to be written.
func (n *LinkCounts) add(e *ledger.Entry, want *ledger.Wanted) bool {
	switch {
	case e.State == ledger.InDoubt:
		n.InDoubt++
	case e.State != ledger.Created:
		n.NotCreated++
	case e.Token == "" || e.Link == "":
		n.Linkless++
	case !want.Has(e):
		n.Others++
	default:
		n.Links++
		return true
	}
	return false
}

// writePartners writes partners as they were created: no sheet says what they are now.
func (l *Links) writePartners(ctx context.Context, path string, bom bool) (*LinkCounts, error) {
	columns := []string{"onboard_sheet", "onboard_line", "onboard_status", "onboard_token", "onboard_link", "onboard_trace_id", "onboard_at", "onboard_run"}
	for f := range partner.NumFields {
		columns = append(columns, f.String())
	}
	out, err := sheet.CreateList(path, bom, columns...)
	if err != nil {
		return nil, err
	}
	counts := &LinkCounts{}
	for after, more := int64(0), true; more && err == nil; {
		var list []ledger.Linked
		list, err = l.View.Links(ctx, l.Want, after, page)
		for i := range list {
			if err == nil {
				err = out.Add(linkedCells(&list[i])...)
			}
			after = list[i].ID
			counts.Links++
		}
		more = len(list) == page
	}
	if err != nil {
		out.Discard()
		return nil, err
	}
	counts.Rows = counts.Links
	return counts, out.Commit()
}

func linkedCells(k *ledger.Linked) []sheet.Cell {
	cells := []sheet.Cell{{Text: filepath.Base(k.File)}, {Text: strconv.Itoa(k.Line)}, {Text: string(partner.AlreadyCreated)},
		{Text: k.Token, Literal: true}, {Text: k.Link, Literal: true}, {Text: k.TraceID}, {Text: stamp(k.SettledAt)}, {Text: k.Owner}}
	values, _ := valuesOf(k.Body)
	for _, v := range values {
		cells = append(cells, sheet.Cell{Text: v})
	}
	return cells
}
