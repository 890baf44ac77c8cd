package batch

import (
	"context"
	"hash/maphash"
	"slices"

	"onboard/pkg/ledger"
	"onboard/pkg/sheet"
)

// KnownLinks tells which links of an older results file are nowhere else: the
// API shows a token once, and a run with another ledger would replace them by
// links that this one knows. It keeps 16 bytes for each row that pass 1 found in
// the ledger.
type KnownLinks struct {
	seed maphash.Seed
	sums []uint64 // of tokens and links
}

// NewKnownLinks knows no link.
func NewKnownLinks() *KnownLinks { return &KnownLinks{seed: maphash.MakeSeed()} }

// Add takes the token and link of a row of pass 1.
func (k *KnownLinks) Add(r *Result) {
	for _, text := range []string{r.Token, r.Link} {
		if text != "" {
			k.sums = append(k.sums, maphash.String(k.seed, text))
		}
	}
}

// Missing counts the links of a results file that neither a row of pass 1 nor
// any partner of the run's scope has; those that rehearsed names don't count. A
// spreadsheet program may have damaged a token or a link: one of the two is
// enough. The whole ledger is read only if pass 1 did not meet all of them.
func (k *KnownLinks) Missing(ctx context.Context, results *sheet.Sheet, run ledger.Run, rehearsed func(link string) bool) (int, error) {
	slices.Sort(k.sums)
	missing := map[uint64]bool{} // by token, or by link where there is no token
	err := results.EachLink(func(token, link string) error {
		if token == "" && link == "" || rehearsed(link) || k.has(token) || k.has(link) {
			return ctx.Err()
		}
		if token == "" {
			token = link
		}
		missing[maphash.String(k.seed, token)] = true
		return ctx.Err()
	})
	for after := int64(0); err == nil && len(missing) > 0; {
		var list []ledger.Onboarding
		list, err = run.Onboardings(ctx, after, page)
		for _, o := range list {
			delete(missing, maphash.String(k.seed, o.Token))
			after = o.ID
		}
		if len(list) < page {
			break
		}
	}
	return len(missing), err
}

func (k *KnownLinks) has(text string) bool {
	_, found := slices.BinarySearch(k.sums, maphash.String(k.seed, text))
	return text != "" && found
}
