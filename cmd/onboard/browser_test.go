//go:build browser

package main

import (
	"context"
	"encoding/json"
	"fmt"
	"html"
	"net/http"
	"net/http/httptest"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"onboard/pkg/report"
	"onboard/pkg/sandbox"
)

// TestReportInBrowser opens pages of real runs in Chromium: no error is on the
// console, nothing is fetched, the numbers are those of summary.json, and a search
// shows the rows that it should.
func TestReportInBrowser(t *testing.T) {
	const bait = "http://bait.example/"
	browser := newChromium(t)
	var faults []sandbox.Rule
	for _, text := range []string{"500@Partner 007", "400@Partner 011", "429-retry#5", "500@img"} {
		faults = append(faults, mustRule(t, text))
	}
	s := newSession(t, sandbox.Config{Faults: faults})
	list := sheetHeader
	for i := range 40 {
		list += sheetRow(fmt.Sprintf("Partner %03d", i))
	}
	list += sheetRow("Partner 003") + "Bad,XX,UK,Ann,Lee,ann@example.com\n"
	list += fmt.Sprintf("\"</script><img src=%s onerror=alert(1)>\",GB,UK,Ann,Lee,ann@example.com\n", bait)
	list += fmt.Sprintf("\"<link rel=stylesheet href=%s><b>\",XX,UK,Ann,Lee,ann@example.com\n", bait)
	s.write("list.csv", list)
	if code, screen := s.submit("list.csv", "--report", "sent.html", "--rate-limit", "20/s"); code != 4 {
		t.Fatal(code, screen)
	}
	sent := s.summary("list.summary.json")
	if code := run([]string{"validate", "list.csv", "--report", "valid.html"}, nil, &strings.Builder{}, &strings.Builder{}); code != 1 {
		t.Fatal(code)
	}
	for _, tc := range []struct {
		page    string
		numbers report.Summary
		query   string
		shown   []string // companies
	}{
		{"sent.html", sent, "007 rejected", nil},
		{"sent.html", sent, "007 IN DOUBT", []string{"Partner 007"}},
		{"sent.html", sent, "onerror=", []string{"</script><img src=" + bait + " onerror=alert(1)>"}},
		{"valid.html", s.summary("list.summary.json"), "", []string{"Bad", "<link rel=stylesheet href=" + bait + "><b>", "Partner 003"}},
		{"valid.html", s.summary("list.summary.json"), "100%", nil},
	} {
		dom := browser.open(tc.page, strings.ReplaceAll(strings.ReplaceAll(tc.query, "%", "%25"), " ", "%20"))
		if diff := cmp.Diff(numbersOf(tc.numbers), numbersOn(t, dom, tc.numbers.Target == "")); diff != "" {
			t.Errorf("%s: summary.json and the page (-want +got)\n%s", tc.page, diff)
		}
		var shown []string
		for _, row := range regexp.MustCompile(`<tr data-status="\w+">.*?data-label="Company">(.*?)</td>`).FindAllStringSubmatch(dom, -1) {
			shown = append(shown, html.UnescapeString(row[1]))
		}
		if diff := cmp.Diff(tc.shown, shown); diff != "" {
			t.Errorf("%s, searching for %q (-want +got)\n%s", tc.page, tc.query, diff)
		}
	}
	if len(browser.asked) > 0 {
		t.Errorf("the pages asked for %q", browser.asked)
	}
}

// chromium is a browser whose requests all end at this test.
type chromium struct {
	*testing.T
	proxy *httptest.Server
	mu    sync.Mutex
	asked []string // the hosts that were asked for
}

func newChromium(t *testing.T) *chromium {
	c := &chromium{T: t}
	c.proxy = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		c.mu.Lock()
		defer c.mu.Unlock()
		if host := r.URL.Hostname(); !strings.HasSuffix(host, ".google.com") && !strings.HasSuffix(host, ".googleapis.com") { // its own business
			c.asked = append(c.asked, r.Host)
		}
		w.WriteHeader(http.StatusForbidden)
	}))
	t.Cleanup(c.proxy.Close)
	return c
}

// open opens a page and returns what its script has made of it.
func (c *chromium) open(page, query string) string {
	c.Helper()
	path, err := filepath.Abs(page)
	if err != nil {
		c.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(c.Context(), 2*time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, "chromium", "--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--disable-background-networking",
		"--disable-component-update", "--disable-sync", "--no-first-run", "--user-data-dir="+c.TempDir(),
		"--proxy-server="+c.proxy.URL, "--proxy-bypass-list=<-loopback>", "--enable-logging=stderr", "--dump-dom", "file://"+path+"#q="+query)
	cmd.WaitDelay = time.Second
	var dom, console strings.Builder
	cmd.Stdout, cmd.Stderr = &dom, &console
	if err := cmd.Run(); err != nil || !strings.Contains(dom.String(), "</html>") {
		c.Fatalf("%v\n%s\n%s", err, dom.String(), console.String())
	}
	for line := range strings.Lines(console.String()) {
		if strings.Contains(line, "CONSOLE") {
			c.Errorf("%s: %s", page, line)
		}
	}
	return dom.String()
}

// numbersOf are the numbers of a summary, by the names that the page has them
// under. A dry run has no requests, and leaves out statuses that it can't find.
func numbersOf(s report.Summary) map[string]string {
	all := map[string]string{"code": fmt.Sprint(s.Exit.Code), "reason": s.Exit.Reason, "rows": fmt.Sprint(s.Input.Rows)}
	for status, n := range s.Counts {
		if n > 0 {
			all[status] = fmt.Sprint(n)
		}
	}
	if s.Target != "" {
		b, _ := json.Marshal(s.HTTP)
		var values map[string]json.Number
		_ = json.Unmarshal(b, &values)
		for key, v := range values {
			all[key] = v.String()
		}
	}
	return all
}

func numbersOn(t *testing.T, dom string, dryRun bool) map[string]string {
	t.Helper()
	all := map[string]string{}
	for _, pattern := range []string{`data-status="(\w+)" data-count="([1-9]\d*)"`, `data-key="(\w+)" data-value="([^"]+)"`,
		`data-(code)="(\d+)"`, `data-(reason)="([^"]*)"`, `id="input-(rows)" data-value="(\d+)"`} {
		for _, m := range regexp.MustCompile(pattern).FindAllStringSubmatch(dom, -1) {
			all[m[1]] = html.UnescapeString(m[2])
		}
	}
	if charts := strings.Count(dom, `<svg class="chart"`); charts != 3 && !dryRun || charts != 0 && dryRun {
		t.Errorf("the page has %d charts", charts)
	}
	return all
}
