package sandbox

import (
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

// What a raw client gets from each fault, and whether there is a company afterwards.
var faultTests = map[string]struct {
	status  int
	err     error
	part    string // of the body
	created bool
}{
	"400":            {400, nil, `"InvalidParametersCompanyName"`, false},
	"400-unknown":    {400, nil, `"SomethingUndocumented"`, false},
	"400-header":     {400, nil, `"MissingHeaderTraceID"`, false},
	"401":            {401, nil, `"AuthenticationFailureSignature"`, false},
	"401-clock":      {401, nil, `"AuthenticationFailurePosixTime"`, false},
	"403":            {403, nil, "<html>", false},
	"404":            {404, nil, "<html>", false},
	"405":            {405, nil, "<html>", false},
	"408":            {408, nil, "<html>", false},
	"408-after":      {408, nil, "<html>", true},
	"409":            {409, nil, "<html>", false},
	"413":            {413, nil, "<html>", false},
	"415":            {415, nil, `"InvalidHeaderContentType"`, false},
	"418":            {418, nil, "<html>", false},
	"421":            {421, nil, "<html>", false},
	"422":            {422, nil, "<html>", false},
	"425":            {425, nil, "<html>", false},
	"429":            {429, nil, "error_subject", false},
	"429-retry":      {429, nil, "error_subject", false},
	"500":            {500, nil, `"InternalError"`, false},
	"500-after":      {500, nil, `"InternalError"`, true},
	"500-mapping":    {500, nil, `"InternalMappingError"`, false},
	"500-cspi":       {500, nil, `"CSPIError"`, false},
	"500-exception":  {500, nil, `"ServerException"`, false},
	"502":            {502, nil, "<html>", false},
	"502-after":      {502, nil, "<html>", true},
	"503":            {503, nil, "<html>", false},
	"503-after":      {503, nil, "<html>", true},
	"503-retry":      {503, nil, "<html>", false},
	"504":            {504, nil, "<html>", false},
	"504-after":      {504, nil, "<html>", true},
	"301":            {301, nil, "<html>", false},
	"302":            {302, nil, "<html>", false},
	"303":            {303, nil, "<html>", true},
	"307":            {307, nil, "<html>", false},
	"308":            {308, nil, "<html>", false},
	"201":            {201, nil, "activation.example", true},
	"202":            {202, nil, "", true},
	"204":            {204, nil, "", true},
	"html-200":       {200, nil, "<html>", false},
	"not-json":       {200, nil, "The company", true},
	"empty-token":    {200, nil, `"token":""`, true},
	"no-link":        {200, nil, `{"token":"`, true},
	"huge":           {200, nil, "xxxxxxxx", true},
	"cut-json":       {200, nil, `{"token":"`, true},
	"short-length":   {200, io.ErrUnexpectedEOF, `{"token":"`, true},
	"cut-headers":    {0, io.ErrUnexpectedEOF, "", true},
	"timeout-before": {0, timeout{}, "", false},
	"timeout-after":  {0, timeout{}, "", true},
	"reset-before":   {0, syscall.ECONNRESET, "", false},
	"reset-after":    {0, syscall.ECONNRESET, "", true},
	"close-before":   {0, io.ErrUnexpectedEOF, "", false},
	"close-after":    {0, io.ErrUnexpectedEOF, "", true},
}

// timeout is any error that is one.
type timeout struct{}

func (timeout) Error() string { return "timeout" }
func (timeout) Is(err error) bool {
	var t interface{ Timeout() bool }
	return errors.As(err, &t) && t.Timeout()
}

func TestEveryFaultOnTheWire(t *testing.T) {
	for _, info := range Faults() {
		t.Run(info.Name, func(t *testing.T) {
			t.Parallel()
			want, listed := faultTests[info.Name]
			if !listed {
				t.Fatal("no test says what this fault looks like")
			}
			c := newClock()
			config := testConfig(c)
			config.Script = func(string, int) Fault { return Fault(info.Name) }
			s := New(config)
			limit := 10 * time.Second
			if strings.HasPrefix(info.Name, "timeout") {
				limit = 100 * time.Millisecond
			}
			status, body, err := exchange(t, start(t, s), signed("POST", createPath, example, c.now()), limit)
			if status != want.status || !strings.Contains(body, want.part) {
				t.Errorf("status %d and body %.200q, want %d with %q", status, body, want.status, want.part)
			}
			if diff := cmp.Diff(want.err, err, cmpopts.EquateErrors()); diff != "" {
				t.Errorf("error (-want +got)\n%s", diff)
			}
			if got := len(s.Creations()) == 1; got != want.created || info.Creates != want.created || Fault(info.Name).Creates() != want.created {
				t.Errorf("created %v, the list says %v, want %v", got, info.Creates, want.created)
			}
			if diff := cmp.Diff(map[int]int{want.status: 1}, s.Snapshot().Statuses); diff != "" {
				t.Errorf("statuses (-want +got)\n%s", diff)
			}
		})
	}
	if len(faultTests) != len(Faults()) {
		t.Errorf("%d faults are tested, %d exist", len(faultTests), len(Faults()))
	}
}

func TestFaultHeaders(t *testing.T) {
	c := newClock()
	tests := []struct{ fault, header, want string }{
		{"429", "Retry-After", ""},
		{"429-retry", "Retry-After", "3"},
		{"503", "Retry-After", ""},
		{"503-retry", "Retry-After", "3"},
		{"307", "Location", elsewhere},
		{"401-clock", "Date", c.now().Add(20 * time.Minute).UTC().Format(http.TimeFormat)},
		{"html-200", "Content-Type", "text/html"},
		{"500", "Content-Type", "text/html"},
		{"no-link", "Content-Type", "application/json"},
	}
	for _, tt := range tests {
		config := testConfig(c)
		config.RetryAfter = 2100 * time.Millisecond
		config.Script = func(string, int) Fault { return Fault(tt.fault) }
		if got := post(New(config), c, "Acme").Header().Get(tt.header); got != tt.want {
			t.Errorf("%s: %s is %q, want %q", tt.fault, tt.header, got, tt.want)
		}
	}
}

func TestTruncatedAnswersAreNoJSON(t *testing.T) {
	c := newClock()
	for _, fault := range []Fault{"cut-json", "huge"} {
		config := testConfig(c)
		config.Script = func(string, int) Fault { return fault }
		_, body, _ := exchange(t, start(t, New(config)), signed("POST", createPath, example, c.now()), 10*time.Second)
		if whole := strings.HasSuffix(body, "}"); whole != (fault == "huge") {
			t.Errorf("%s: %d bytes, whole: %v", fault, len(body), whole)
		}
		if fault == "huge" && len(body) < hugePadding {
			t.Errorf("huge has %d bytes", len(body))
		}
	}
}

func TestResetBelowTLS(t *testing.T) {
	c := newClock()
	config := testConfig(c)
	config.Script = func(string, int) Fault { return "reset-after" }
	s := New(config)
	server := httptest.NewTLSServer(s)
	defer server.Close()
	r := signed("POST", server.URL+createPath, example, c.now())
	r.Header = signed("POST", createPath, example, c.now()).Header
	r.RequestURI = ""
	if _, err := server.Client().Do(r); !errors.Is(err, syscall.ECONNRESET) {
		t.Errorf("error %v, want a reset", err)
	}
	if got := len(s.Creations()); got != 1 {
		t.Errorf("%d created, want 1", got)
	}
}

func TestFaultsWithoutAConnectionAbort(t *testing.T) {
	c := newClock()
	config := testConfig(c)
	config.Script = func(string, int) Fault { return "reset-before" }
	defer func() {
		if got := recover(); got != http.ErrAbortHandler {
			t.Errorf("recovered %v, want http.ErrAbortHandler", got)
		}
	}()
	post(New(config), c, "Acme")
}

func TestStopEndsAHangingRequest(t *testing.T) {
	c := newClock()
	config := testConfig(c)
	config.Script = func(string, int) Fault { return "timeout-after" }
	s := New(config)
	url, stop, err := s.Start()
	if err != nil {
		t.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() {
		_, _, err := exchange(t, strings.TrimPrefix(url, "http://"), signed("POST", createPath, example, c.now()), 10*time.Second)
		ended <- err
	}()
	for range 1000 {
		if len(s.Creations()) == 1 {
			break
		}
		time.Sleep(time.Millisecond)
	}
	stop()
	stop() // harmless
	if err := <-ended; err == nil || errors.Is(timeout{}, err) {
		t.Errorf("the caller ended with %v, want a broken connection", err)
	}
}

// A wrong request gets the answer it deserves, whatever fault is due.
func TestFaultsHideNoMistake(t *testing.T) {
	c := newClock()
	config := testConfig(c)
	config.Faults = []Rule{{fault: "500-after"}}
	s := New(config)
	r := signed("POST", createPath, example, c.now())
	r.Header.Del("X-Traceid")
	if diff := cmp.Diff(seen{400, "MissingHeaderTraceID"}, look(t, serve(s, r))); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
}

func TestParseFault(t *testing.T) {
	if got, err := ParseFault("reset-after"); got != "reset-after" || err != nil {
		t.Errorf("got %q and %v", got, err)
	}
	_, err := ParseFault("50")
	if err == nil || !strings.HasPrefix(err.Error(), `no fault is called "50"; hint: one of 400 400-unknown `) {
		t.Errorf("error %v", err)
	}
}
