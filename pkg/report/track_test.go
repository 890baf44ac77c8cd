package report

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"onboard/pkg/batch"
)

func TestTrackExit(t *testing.T) {
	silent := []NoAnswer{{Reason: "a", Count: 2}, {Reason: "b", Count: 1}}
	for _, tt := range []struct {
		name   string
		stop   *batch.Stop
		counts map[string]int
		silent []NoAnswer
		want   Exit
	}{
		{"all well", nil, map[string]int{"success": 3, "progressing": 1, "on hold": 1}, nil, Exit{0, "no onboarding has failed"}},
		{"failed", nil, map[string]int{"success": 3, "fail": 1}, nil, Exit{1, "1 onboarding failed"}},
		{"not asked", nil, map[string]int{"success": 1, batch.NotAsked: 1, "progressing": 2}, silent, Exit{1, "3 questions without an answer"}},
		{"all sorts", nil, map[string]int{"fail": 2, batch.NotCreated: 1, batch.NotValid: 1, batch.DoubtState: 1, batch.BeingSent: 1, batch.NoToken: 1}, silent,
			Exit{1, "2 onboardings failed, 3 questions without an answer, 5 rows without an onboarding"}},
		{"interrupted", &batch.Stop{Kind: batch.Interrupted, Reason: "r"}, map[string]int{"fail": 2}, silent, Exit{130, "r"}},
		{"refused", &batch.Stop{Kind: batch.Refused, Reason: "r"}, nil, nil, Exit{3, "r"}},
		{"troubled", &batch.Stop{Kind: batch.ServerUnhealthy, Reason: "r"}, nil, nil, Exit{3, "r"}},
	} {
		if diff := cmp.Diff(tt.want, TrackExit(tt.stop, tt.counts, tt.silent)); diff != "" {
			t.Errorf("%s (-want +got)\n%s", tt.name, diff)
		}
	}
}

// TestTrackWords: what is said of a tracking, with words of the API that nobody
// foresaw, and what the file has.
func TestTrackWords(t *testing.T) {
	at := time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)
	s := &TrackSummary{Target: "staging", Open: 2, Counts: TrackCounts(map[string]int{"on hold": 1, "fail": 1, "progressing": 1, batch.NotCreated: 1, "success": 2}),
		NoAnswer: NoAnswers([]batch.Silence{{Reason: "gone", Hint: "look", Count: 2, TraceID: "t-1"}}), StartedAt: at, FinishedAt: at,
		Exit: Exit{1, "1 onboarding failed"}, Files: TrackFiles{Summary: "s.json"}}
	var b strings.Builder
	Screen{Writer: &b}.TrackClosing(s, &batch.Stop{Reason: "enough", Hint: "rest"}, []string{"onboard track"})
	want := `6 partners: 2 success, 1 progressing, 1 fail, 1 on hold, 1 not created
Stopped: enough
hint: rest
No answer 2×: gone, first the one with trace id t-1
hint: look
Summary  s.json
Next     onboard track
`
	if diff := cmp.Diff(want, b.String()); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
	b.Reset()
	Screen{Writer: &b}.TrackRound(s, &batch.Stop{Reason: "enough"}, at.Add(time.Hour))
	round := at.UTC().Format("2006-01-02 15:04:05Z") + "  2 success, 1 progressing, 1 fail, 1 on hold, 1 not created; 2 without an answer; enough; next at " +
		at.Add(time.Hour).UTC().Format("15:04:05Z") + ", Ctrl-C ends the watch\n"
	if diff := cmp.Diff(round, b.String()); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
	wantJSON := `{
  "target": "staging",
  "open": 2,
  "counts": {
    "being_sent": 0,
    "duplicate": 0,
    "fail": 1,
    "in_doubt": 0,
    "invalid": 0,
    "no_token": 0,
    "not_asked": 0,
    "not_created": 1,
    "on hold": 1,
    "progressing": 1,
    "success": 2
  },
  "no_answer": [
    {
      "reason": "gone",
      "count": 2,
      "trace_id": "t-1"
    }
  ],
  "http": {
    "requests": 0,
    "retries": 0,
    "throttled": 0,
    "p50_ms": 0,
    "p95_ms": 0,
    "p99_ms": 0
  },
  "started_at": "2026-11-22T12:00:00Z",
  "finished_at": "2026-11-22T12:00:00Z",
  "exit": {
    "code": 1,
    "reason": "1 onboarding failed"
  },
  "files": {
    "summary": "s.json"
  }
}
`
	if diff := cmp.Diff(wantJSON, string(s.JSON())); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
}
