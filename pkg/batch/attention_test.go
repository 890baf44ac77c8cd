package batch

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	"onboard/pkg/partner"
	"onboard/pkg/sheet"
)

// attentionTo plans a sheet of these lines below a header and returns what it
// says about its rows.
func attentionTo(t *testing.T, lines ...string) *Attention {
	t.Helper()
	path := filepath.Join(t.TempDir(), "list.csv")
	text := "Account,company_name,country,data_center,first_name,last_name,email\n" + strings.Join(lines, "\n") + "\n"
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	rules := partner.NewRules()
	s, err := sheet.Open(path, nil, sheet.Options{Optional: rules.HasDefault})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	a := &Attention{Sheet: s}
	_, err = MakePlan(t.Context(), s, rules, nil, nil, func(r *Result) error { a.Add(r); return nil })
	if err != nil {
		t.Fatal(err)
	}
	return a
}

func TestAttention(t *testing.T) {
	a := attentionTo(t,
		"1,Slate,US,US,Ann,Lee,a@slate.example",
		"2,Slate,US,US,Ann,Lee,a@slate.example",
		"3,'=Loon,XX,US,,Lee,a@loon.example",
		"4,,US,US,,Lee,a@maple.example",
		"5,short row",
		"6,"+strings.Repeat("é", 500)+",US,US,Ann,Lee,a@long.example")
	var got []string
	for _, c := range a.Concerns() {
		got = append(got, fmt.Sprintf("%d %s %.9s", c.Line, c.Status, c.Company))
	}
	want := []string{"4 invalid =Loon", "5 invalid ", "6 invalid short row", "7 invalid ééééééééé", "3 duplicate Slate"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
	if n := utf8.RuneCountInString(a.Concerns()[3].Company); n != nameLimit+1 {
		t.Errorf("a name of %d characters is kept", n)
	}
	if first := a.Problems()[0]; first.Column != "first_name" || first.Count != 2 || first.Example.Line != 4 {
		t.Errorf("the commonest problem is %+v", first)
	}
}

// TestAttentionIsBounded: a sheet that is all wrong is not kept in memory.
func TestAttentionIsBounded(t *testing.T) {
	lines := make([]string, concernLimit+20)
	for i := range lines {
		lines[i] = fmt.Sprintf("%d,Company %d,US,US,Ann,Lee,", i, i)
	}
	a := attentionTo(t, lines...)
	if n := len(a.Concerns()); n != concernLimit || a.Problems()[0].Count != len(lines) {
		t.Errorf("%d rows are kept, %d problems counted", n, a.Problems()[0].Count)
	}
}

// TestNotSentIsNoProblemOfTheSheet: what was not sent needs a line, and no bar.
func TestNotSentIsNoProblemOfTheSheet(t *testing.T) {
	a := attentionTo(t, "1,Slate,US,US,Ann,Lee,a@slate.example")
	r := Result{Status: partner.NotSent}.problem(partner.NotSentRow, "not sent: it was late", "run it again")
	a.Add(&r)
	if len(a.Problems()) != 0 || len(a.Concerns()) != 1 || a.Concerns()[0].Hint != "run it again" {
		t.Errorf("%v %v", a.Problems(), a.Concerns())
	}
}
