package batch

import (
	"context"
	"hash/maphash"
	"maps"
	"slices"

	"onboard/pkg/ledger"
	"onboard/pkg/sheet"
)

// Carried is what the files of a run will have of older ones: the links and the rows
// in doubt that pass 1 found in the ledger. What older files have beyond that would
// be lost with them. It keeps 16 bytes for each link.
type Carried struct {
	seed   maphash.Seed
	sums   []uint64        // of tokens and links
	doubts map[string]bool // by trace id
}

// NewCarried has nothing.
func NewCarried() *Carried { return &Carried{seed: maphash.MakeSeed(), doubts: map[string]bool{}} }

// Add takes a row of pass 1.
func (c *Carried) Add(r *Result) {
	for _, text := range []string{r.Token, r.Link} {
		if text != "" {
			c.sums = append(c.sums, maphash.String(c.seed, text))
		}
	}
	if r.Doubt != nil {
		c.doubts[r.TraceID] = true
	}
}

// The columns by which older files are judged.
var (
	LinkColumns  = []string{"onboard_token", "onboard_link"}
	DoubtColumns = []string{"onboard_trace_id"}
)

// Links counts the links of an older results file that no row of pass 1 has. The API
// shows a token once: unknown are those that no partner of the view's scope has
// either, and elsewhere those that other sheets have. Links that rehearsed names
// don't count. A spreadsheet program may have damaged a token or a link: one of the
// two is enough. The whole ledger is read only if pass 1 did not meet all of them.
func (c *Carried) Links(ctx context.Context, results *sheet.Sheet, view ledger.View, rehearsed func(link string) bool) (unknown, elsewhere int, err error) {
	slices.Sort(c.sums)
	missing := map[uint64]bool{} // by token, or by link where there is no token
	err = results.EachOwn(LinkColumns, func(_ int, texts []string) error {
		token, link := texts[0], texts[1]
		if token == "" && link == "" || rehearsed(link) || c.has(token) || c.has(link) {
			return ctx.Err()
		}
		if token == "" {
			token = link
		}
		missing[maphash.String(c.seed, token)] = true
		return ctx.Err()
	})
	all := len(missing)
	for after := int64(0); err == nil && len(missing) > 0; {
		var list []ledger.Onboarding
		list, err = view.Onboardings(ctx, after, page)
		for _, o := range list {
			delete(missing, maphash.String(c.seed, o.Token))
			after = o.ID
		}
		if len(list) < page {
			break
		}
	}
	return len(missing), all - len(missing), err
}

func (c *Carried) has(text string) bool {
	_, found := slices.BinarySearch(c.sums, maphash.String(c.seed, text))
	return text != "" && found
}

// Doubts lists the lines of an older in-doubt file that no row of pass 1 has: unknown
// are those whose trace id the run's scope never sent, and elsewhere those of other
// sheets that are still in doubt. What was settled since is in neither.
func (c *Carried) Doubts(ctx context.Context, doubts *sheet.Sheet, run ledger.Run) (unknown, elsewhere []int, err error) {
	lines := map[string][]int{}
	err = doubts.EachOwn(DoubtColumns, func(line int, texts []string) error {
		if !c.doubts[texts[0]] {
			lines[texts[0]] = append(lines[texts[0]], line)
		}
		return ctx.Err()
	})
	if err != nil || len(lines) == 0 {
		return nil, nil, err
	}
	known, err := run.Traced(ctx, slices.Collect(maps.Keys(lines)))
	for id, at := range lines {
		switch e, found := known[id]; {
		case !found:
			unknown = append(unknown, at...)
		case e.State == ledger.InDoubt && e.TraceID == id:
			elsewhere = append(elsewhere, at...)
		}
	}
	slices.Sort(unknown)
	slices.Sort(elsewhere)
	return unknown, elsewhere, err
}
