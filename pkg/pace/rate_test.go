package pace

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestParseRate(t *testing.T) {
	for in, want := range map[string]float64{
		"5/s": 5, "300/m": 5, "3600/h": 1, "100000/s": 100000, "5": 5, "0.5": 0.5, " 2 / S ": 2, "1e3": 1000,
	} {
		got, err := ParseRate(in)
		if err != nil {
			t.Errorf("ParseRate(%q): %v", in, err)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("ParseRate(%q) (-want +got):\n%s", in, diff)
		}
	}
}

func TestParseRateRefuses(t *testing.T) {
	for in, want := range map[string]string{
		"":             "no number",
		"fast":         "no number",
		"/s":           "no number",
		"5,5/s":        "no number",
		"1e999":        "no number",
		"0":            "more than nothing",
		"-5/s":         "more than nothing",
		"NaN":          "more than nothing",
		"inf":          "finite",
		"1e-323/h":     "more than nothing",
		"5/":           "unit",
		"5/d":          "unit",
		"5/s/s":        "unit",
		"5 per second": "no number",
	} {
		got, err := ParseRate(in)
		if err == nil {
			t.Errorf("ParseRate(%q): got %v, want an error", in, got)
			continue
		}
		if !strings.Contains(err.Error(), want) || !strings.Contains(err.Error(), "hint: ") {
			t.Errorf("ParseRate(%q): got %q, want it to name %q and a hint", in, err, want)
		}
	}
}

func TestBackoff(t *testing.T) {
	for _, tt := range []struct {
		attempt int
		random  float64
		want    time.Duration
	}{
		{1, 0, 0},
		{1, 0.5, 500 * time.Millisecond},
		{2, 0.5, time.Second},
		{3, 0.5, 2 * time.Second},
		{6, 0.5, 16 * time.Second},
		{7, 0.5, 30 * time.Second},
		{1 << 40, 0.5, 30 * time.Second},
		{0, 0.5, 500 * time.Millisecond},
		{-1, 0.5, 500 * time.Millisecond},
	} {
		if diff := cmp.Diff(tt.want, backoff(tt.attempt, tt.random)); diff != "" {
			t.Errorf("backoff(%d, %v) (-want +got):\n%s", tt.attempt, tt.random, diff)
		}
	}
}

func TestBackoffJitters(t *testing.T) {
	seen := map[time.Duration]bool{}
	for range 100 {
		got := Backoff(3)
		if got < 0 || got >= 4*time.Second {
			t.Fatalf("Backoff(3): got %v, want 0 to 4 s", got)
		}
		seen[got] = true
	}
	if len(seen) < 50 {
		t.Errorf("Backoff(3): got %d different values of 100, want jitter", len(seen))
	}
}
