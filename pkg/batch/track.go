package batch

import (
	"context"
	"errors"
	"strconv"
	"sync"

	"onboard/pkg/ledger"
	"onboard/pkg/lmpi"
	"onboard/pkg/pace"
	"onboard/pkg/partner"
	"onboard/pkg/sheet"
)

// The states of rows about whose onboarding the API has said nothing. All other
// states are the API's own words.
const (
	NotAsked   = "not_asked"   // created, and there was no answer yet
	NoToken    = "no_token"    // created, and an operator who found it had no token to ask with
	NotCreated = "not_created" // not by this ledger
	BeingSent  = "being_sent"  // by another run, now
	DoubtState = "in_doubt"    // may have been created
	NotValid   = "invalid"     // the row as it stands names no partner
	Repeated   = "duplicate"   // the partner stands further up in the sheet, and its state there
)

// foreign is a word of the API as it is shown: in quotation marks when it would
// be taken for one of ours.
func foreign(state string) string {
	switch state {
	case NotAsked, NoToken, NotCreated, BeingSent, DoubtState, NotValid:
		return strconv.Quote(state)
	}
	return state
}

// AskFunc asks once, over the network, how far an onboarding is, unless ready
// says no when the first byte is due.
type AskFunc func(ctx context.Context, token, traceID string, ready func() bool) lmpi.Reading

// Tracking finds out, once, how far created partners are: those of a sheet, or
// all of the run's target and account. Questions have no effect on the server;
// what it says is in the ledger before it is counted, and the file is made from
// there.
type Tracking struct {
	Sheet       *sheet.Sheet // nil: all created partners
	SHA256      string       // of the sheet, "" before it was read; when it is another, a pass ends with FileChanged
	Rules       *partner.Rules
	Run         ledger.Run
	Ask         AskFunc
	Pace        *pace.Limiter
	Concurrency int // requests in flight, at most
	MaxAttempts int // of one question
	OnAttempt   func(Attempt)
	Progress    *Progress

	stop   context.CancelCauseFunc
	quota  *retryBudget
	mu     sync.Mutex
	heard  map[string]int
	silent map[string]*Silence
}

// Tracked is a row of the sheet, or a partner of the ledger, and how far it is.
type Tracked struct {
	Row   sheet.Row // without a sheet only zero
	State string    // the API's last word, or one of ours
	Open  bool      // there may be news, and this is the first row of the partner
	ledger.Onboarding
}

// TrackView is what the ledger knows of all rows.
type TrackView struct {
	Rows, Blank int
	Counts      map[string]int // by state
	Open        int            // partners to ask about
	Waiting     int            // those of them who may yet have an end: a success without an id is one
}

// Read goes through all rows and calls each, if given, in their order. It asks
// nobody but the ledger. An error may be a *Stop.
func (t *Tracking) Read(ctx context.Context, each func(*Tracked) error) (*TrackView, error) {
	v := &TrackView{Counts: map[string]int{}}
	see := func(r *Tracked) error {
		v.Rows++
		v.Counts[r.State]++
		if r.Open {
			v.Open++
			if r.State != "success" {
				v.Waiting++
			}
		}
		if each == nil {
			return nil
		}
		return each(r)
	}
	var err error
	if t.Sheet == nil {
		err = t.readAll(ctx, see)
	} else {
		v.Blank, err = t.readSheet(ctx, see)
	}
	var lost *ledgerError
	if errors.As(err, &lost) {
		err = lostLedger(lost)
	}
	return v, err
}

func (t *Tracking) readSheet(ctx context.Context, see func(*Tracked) error) (blank int, err error) {
	var first firstLines
	w := walker{sheet: t.Sheet, rules: t.Rules, run: t.Run, reuse: true}
	sum, err := w.walk(ctx, func(b checkedBlock) error {
		blank += b.parsed.Blank
		return t.readBlock(ctx, b, &first, see)
	})
	if err == nil && t.SHA256 != "" && sum != t.SHA256 {
		err = &Stop{Kind: FileChanged, Reason: t.Sheet.Name() + " was changed while it was being tracked",
			Hint: "run the same command again: what was heard is recorded"}
	}
	if err == nil {
		t.SHA256 = sum
	}
	return blank, err
}

// readBlock looks up what was heard of the rows of a block. A partner that
// stands in the sheet twice has one onboarding, and counts once.
func (t *Tracking) readBlock(ctx context.Context, b checkedBlock, first *firstLines, see func(*Tracked) error) error {
	var keys []ledger.Key
	for i := range b.rows {
		if c := &b.rows[i]; c.earlier != nil && c.earlier.State == ledger.Created {
			keys = append(keys, c.Key)
		}
	}
	heard, err := t.Run.Tracked(ctx, keys)
	if err != nil {
		return &ledgerError{err}
	}
	for i := range b.rows {
		c := &b.rows[i]
		r := Tracked{State: withoutOnboarding(c)}
		switch {
		case c.Valid() && first.add(c.Key, c.Line) != c.Line:
			r.State = Repeated
		case r.State == "":
			r = track(ledger.Onboarding{Key: c.Key, Token: c.earlier.Token, TraceID: c.earlier.TraceID, Tracking: heard[c.Key]})
		}
		r.Row = *c.Row
		if err := see(&r); err != nil {
			return err
		}
	}
	return nil
}

// withoutOnboarding is the state of a row that was not created, "" of any other.
func withoutOnboarding(c *Checked) string {
	switch {
	case !c.Valid():
		return NotValid
	case c.earlier == nil:
		return NotCreated
	}
	switch c.earlier.State {
	case ledger.InDoubt:
		return DoubtState
	case ledger.Sending:
		return BeingSent
	case ledger.Created:
		return ""
	}
	return NotCreated
}

// track says how far a created partner is.
func track(o ledger.Onboarding) Tracked {
	r := Tracked{State: o.State, Open: o.Token != "" && !o.Final, Onboarding: o}
	if o.Token == "" {
		r.State = NoToken
	} else if o.State == "" {
		r.State = NotAsked
	}
	return r
}

// page is how many partners are read at a time.
const page = 1000

func (t *Tracking) readAll(ctx context.Context, see func(*Tracked) error) error {
	for after := int64(0); ; {
		list, err := t.Run.Onboardings(ctx, after, page)
		if err != nil {
			return &ledgerError{err}
		}
		for _, o := range list {
			r := track(o)
			if err := see(&r); err != nil {
				return err
			}
			after = o.ID
		}
		if len(list) < page {
			return nil
		}
	}
}

// Write puts every row of the sheet, with what the ledger knows of it, into a
// file that takes its place when it is complete. No token or link is in it.
func (t *Tracking) Write(ctx context.Context, path string) (*TrackView, error) {
	out, err := t.Sheet.Create(path, "onboard_line", "onboard_state", "onboard_partner_id", "onboard_user_id", "onboard_checked_at")
	if err != nil {
		return nil, err
	}
	v, err := t.Read(ctx, func(r *Tracked) error {
		return out.Add(r.Row, sheet.Cell{Text: strconv.Itoa(r.Row.Line)}, sheet.Cell{Text: r.State},
			sheet.Cell{Text: r.PartnerID}, sheet.Cell{Text: r.UserID}, sheet.Cell{Text: stamp(r.CheckedAt)})
	})
	if err != nil {
		out.Discard()
		return nil, err
	}
	return v, out.Commit()
}
