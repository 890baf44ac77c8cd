package lmpi

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// answered is evidence of a complete exchange.
func answered(status int, subject string) Evidence {
	return Evidence{Connected: true, BytesWritten: 400, Status: status, Subject: subject}
}

func success(status int, token, link, problem string) Evidence {
	e := answered(status, "")
	e.Token, e.Link, e.BodyError = token, link, problem
	return e
}

func with(e Evidence, change func(*Evidence)) Evidence {
	change(&e)
	return e
}

func failed(f Failure, connected bool, bytes int64) Evidence {
	return Evidence{Connected: connected, BytesWritten: bytes, Failure: f}
}

// TestJudge is the table "What becomes of an answer" and each documented error_subject.
func TestJudge(t *testing.T) {
	const token, link = "tok-1", "https://activation.example/partner?t=1"
	after := func(d time.Duration) func(*Evidence) {
		return func(e *Evidence) { e.RetryAfter, e.HasRetryAfter = d, true }
	}
	type row struct {
		name    string
		e       Evidence
		outcome Outcome
		stop    bool
	}
	table := []row{
		{"created", success(200, token, link, ""), Created, false},
		{"created, 201", success(201, token, link, ""), Created, false},
		{"accepted", success(202, token, link, ""), InDoubt, false},
		{"no content", success(204, "", "", "empty"), InDoubt, false},
		{"no token", success(200, "", link, "no token"), InDoubt, false},
		{"no link", success(200, token, "", "no link"), InDoubt, false},
		{"no token, no reason", success(200, "", link, ""), InDoubt, false},
		{"no link, no reason", success(200, token, "", ""), InDoubt, false},
		{"token and link, yet a problem", success(200, token, link, "more after the JSON object"), InDoubt, false},

		{"400 without subject", answered(400, ""), Rejected, false},
		{"400 unknown subject", answered(400, "SomethingElse"), Rejected, false},
		{"400 parameters", answered(400, "InvalidParametersCompanyName"), Rejected, false},
		{"400 parameters, in braces", answered(400, "InvalidParameters{company.name}"), Rejected, false},
		{"503 with Retry-After", with(answered(503, ""), after(time.Minute)), Unprocessed, false},
		{"503 with Retry-After 0", with(answered(503, ""), after(0)), Unprocessed, false},
		{"503 without", answered(503, ""), InDoubt, false},
		{"429 with Retry-After", with(answered(429, ""), after(time.Minute)), Unprocessed, false},
		{"500 with Retry-After", with(answered(500, ""), after(time.Minute)), InDoubt, false},
		{"status although nothing was counted", Evidence{Status: 500}, InDoubt, false},

		{"written and broken", failed(FailureBroken, true, 1), InDoubt, false},
		{"written and timed out", failed(FailureTimeout, true, 400), InDoubt, false},
		{"written and cancelled", failed(FailureCancelled, true, 400), InDoubt, false},
		{"certificate refused after writing", failed(FailureHandshake, true, 400), InDoubt, false},
		{"connected, nothing written", failed(FailureBroken, true, 0), Unsent, false},
		{"name not resolved", failed(FailureResolve, false, 0), Unsent, false},
		{"connection refused", failed(FailureDial, false, 0), Unsent, false},
		{"handshake broken off", failed(FailureHandshake, false, 0), Unsent, false},
		{"proxy refused", failed(FailureProxy, false, 0), Unsent, false},
		{"cancelled before", failed(FailureCancelled, false, 0), Unsent, false},
		{"timed out before", failed(FailureTimeout, false, 0), Unsent, false},
		{"certificate", failed(FailureCertificate, false, 0), Refused, true},
		{"not TLS", failed(FailureNotTLS, false, 0), Refused, true},
		{"not local", failed(FailureNotLocal, false, 0), Refused, true},
	}
	gives := func(e *Evidence) { e.Gives = true }
	for _, status := range []int{204, 302, 400, 401, 403, 404, 408, 409, 413, 422, 425, 429, 500, 502, 503, 600} {
		stops := Judge(answered(status, "")).Stop
		table = append(table,
			row{fmt.Sprint("token with a ", status), with(answered(status, ""), gives), InDoubt, stops},
			row{fmt.Sprint("token with a ", status, " and Retry-After"), with(with(answered(status, ""), gives), after(time.Minute)), InDoubt, stops},
			row{fmt.Sprint("more than a ", status), with(answered(status, ""), func(e *Evidence) { e.Surplus = true }), InDoubt, false})
	}
	table = append(table, row{"more than a success", with(success(200, token, link, ""), func(e *Evidence) { e.Surplus = true }), InDoubt, false})
	byStatus := []struct {
		outcome  Outcome
		stop     bool
		statuses []int
	}{
		{Rejected, false, []int{400, 409, 413, 422}},
		{Refused, true, []int{301, 307, 308, 401, 403, 404, 405, 415}},
		{InDoubt, true, []int{302, 303}},
		{Unprocessed, false, []int{421, 425, 429}},
		{InDoubt, false, []int{408, 500, 502, 503, 504}},
		{InDoubt, false, []int{101, 203, 206, 300, 304, 305, 402, 406, 407, 410, 411, 414, 418, 431, 451, 501, 505, 511, 599, 600, 999}},
	}
	for _, group := range byStatus {
		for _, status := range group.statuses {
			table = append(table, row{fmt.Sprint("status ", status), answered(status, ""), group.outcome, group.stop})
		}
	}
	bySubject := []struct {
		status   int
		outcome  Outcome
		stop     bool
		subjects string
	}{
		{400, Refused, true, "MissingHeaderAccessToken MissingHeaderPosixTime MissingHeaderSignature MissingHeaderTraceID"},
		{401, Refused, true, "AuthenticationFailureSignature AuthenticationFailureAccessToken AuthenticationFailurePosixTime InvalidHeaderAccessToken"},
		{415, Refused, true, "InvalidHeaderContentType"},
		{500, InDoubt, false, "InternalMappingError CSPIError InternalError ServerException"},
	}
	for _, group := range bySubject {
		for subject := range strings.FieldsSeq(group.subjects) {
			table = append(table, row{subject, answered(group.status, subject), group.outcome, group.stop})
		}
	}
	for _, tt := range table {
		t.Run(tt.name, func(t *testing.T) {
			got := Judge(tt.e)
			if diff := cmp.Diff([]any{tt.outcome, tt.stop}, []any{got.Outcome, got.Stop}); diff != "" {
				t.Errorf("outcome and stop (-want +got):\n%s", diff)
			}
			if got.Reason == "" || got.Hint == "" && tt.stop {
				t.Errorf("words: got reason %q, hint %q", got.Reason, got.Hint)
			}
			if tt.e.Status > 0 && !strings.Contains(got.Reason, fmt.Sprint("HTTP ", tt.e.Status)) {
				t.Errorf("reason: got %q, want the status in it", got.Reason)
			}
			if !strings.Contains(got.Reason, tt.e.Subject) {
				t.Errorf("reason: got %q, want the subject %q in it", got.Reason, tt.e.Subject)
			}
		})
	}
}

func TestReasons(t *testing.T) {
	skewed := func(d time.Duration) func(*Evidence) {
		return func(e *Evidence) { e.ClockSkew, e.HasSkew = d, true }
	}
	for _, tt := range []struct {
		e    Evidence
		want string
	}{
		{answered(401, "AuthenticationFailureSignature"), "the API does not accept the credentials (HTTP 401, AuthenticationFailureSignature)"},
		{with(answered(401, ""), skewed(3*time.Minute)), "the API does not accept the credentials (HTTP 401)"},
		{with(answered(401, ""), skewed(17*time.Minute)), "the API does not accept the time of the call: this computer's clock is 17m0s behind the server's (HTTP 401)"},
		{with(answered(401, ""), skewed(-16*time.Minute)), "the API does not accept the time of the call: this computer's clock is 16m0s ahead of the server's (HTTP 401)"},
		{answered(401, "AuthenticationFailurePosixTime"), "the API does not accept the time of the call (HTTP 401, AuthenticationFailurePosixTime)"},
		{with(answered(401, "AuthenticationFailurePosixTime"), skewed(2*time.Second)), "the API does not accept the time of the call: this computer's clock is 2s behind the server's (HTTP 401, AuthenticationFailurePosixTime)"},
		{success(200, "", "", "not JSON"), "the server reports success, but its answer cannot be used: not JSON (HTTP 200)"},
		{failed(FailureTimeout, true, 400), "no complete answer came in time; the request may have arrived"},
		{failed(FailureDial, false, 0), "no connection to the server could be made; nothing was sent"},
		{answered(400, "the address jo@example.com is taken"), "the API rejected this row (HTTP 400)"},
	} {
		if diff := cmp.Diff(tt.want, Judge(tt.e).Reason); diff != "" {
			t.Errorf("reason (-want +got):\n%s", diff)
		}
	}
}

func TestReasonsKeepTokensAndWordsBack(t *testing.T) {
	for status := range 600 {
		e := Evidence{
			Connected: true, Status: status, BytesWritten: 1, Token: "canary-token", Link: "https://canary.example/",
			Subject: "canary jo@example.com", Message: "canary", Err: fmt.Errorf("canary"), BodyError: "",
		}
		v := Judge(e)
		if strings.Contains(v.Reason+v.Hint, "canary") {
			t.Errorf("status %d: got %q, %q", status, v.Reason, v.Hint)
		}
	}
}
