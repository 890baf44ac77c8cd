//go:build compare && linux

package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"
)

// compareVariable makes the test binary one of the other two processes of a
// comparison: "server LATENCY", or "client ADDRESS ROWS KIND".
const compareVariable = "ONBOARD_COMPARE"

// compareWorkers is how many requests are in flight, ours and theirs.
const compareWorkers = 64

func init() {
	switch role := strings.Fields(os.Getenv(compareVariable)); {
	case len(role) == 2 && role[0] == "server":
		latency, _ := time.ParseDuration(role[1])
		compareServer(latency)
	case len(role) == 4 && role[0] == "client":
		rows, _ := strconv.Atoi(role[2])
		compareClient(role[1], rows, role[3] == closing)
	}
}

// arrivals is what the server of a comparison saw.
type arrivals struct {
	Posts     int
	PerSecond float64 // from the first to the last
	Most      int     // within any one second
	Cores     float64 // seconds of all cores that server and client took; other programs disturb them less
}

// compareServer answers every POST with a token and a link, and GET with the
// arrivals since the last GET.
func compareServer(latency time.Duration) {
	var mu sync.Mutex
	var times []time.Time
	var usage syscall.Rusage
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		panic(err)
	}
	fmt.Println("http://" + l.Addr().String())
	panic(http.Serve(l, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodGet {
			mu.Lock()
			a := summarize(times)
			a.Cores, times = coresSince(&usage), nil
			_ = json.NewEncoder(w).Encode(a)
			mu.Unlock()
			return
		}
		mu.Lock()
		times = append(times, time.Now())
		n := len(times)
		mu.Unlock()
		_, _ = io.Copy(io.Discard, r.Body)
		if latency > 0 {
			time.Sleep(latency)
		}
		w.Header().Set("Content-Type", "application/json")
		_, _ = fmt.Fprintf(w, `{"token":"synthetic-%d","onboarding_link":"https://activation.example/partner?t=%d"}`, n, n)
	})))
}

// coresSince is the processor time of this process since the last call.
func coresSince(last *syscall.Rusage) (seconds float64) {
	before := *last
	_ = syscall.Getrusage(syscall.RUSAGE_SELF, last)
	return float64(last.Utime.Nano()+last.Stime.Nano()-before.Utime.Nano()-before.Stime.Nano()) / 1e9
}

func summarize(times []time.Time) (a arrivals) {
	slices.SortFunc(times, time.Time.Compare)
	a.Posts = len(times)
	from := 0
	for to := range times {
		for times[to].Sub(times[from]) >= time.Second {
			from++
		}
		a.Most = max(a.Most, to-from+1)
	}
	if a.Posts > 1 {
		a.PerSecond = float64(a.Posts-1) / times[a.Posts-1].Sub(times[0]).Seconds()
	}
	return a
}

// The kinds of bare clients: one opens a connection for each request, as we do, and one
// keeps its connections.
const (
	closing = "closing"
	reusing = "reusing"
)

// compareClient is net/http and nothing else: the same bodies, the same header
// names and lengths, but no signature is computed and nothing is kept.
func compareClient(address string, rows int, closes bool) {
	client := &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: compareWorkers, DisableCompression: true, DisableKeepAlives: closes}}
	var next atomic.Int64
	var wait sync.WaitGroup
	for range compareWorkers {
		wait.Go(func() {
			for i := next.Add(1); i <= int64(rows); i = next.Add(1) {
				body := fmt.Appendf(nil, `{"company":{"type":"MSP","data_center":"UK","name":"%s","country":"GB"},`+
					`"contact":{"first_name":"Ann","last_name":"Lee","email":"ann%d@example.com"}}`, company(int(i)), i)
				req, _ := http.NewRequestWithContext(context.Background(), http.MethodPost, address+"/LMPI/v3/partners/onboarding", bytes.NewReader(body))
				req.Header.Set("Content-Type", "application/json; charset=utf-8")
				req.Header.Set("X-Access-Token", sandboxToken)
				req.Header.Set("X-Posix-Time", "1700000000")
				req.Header.Set("X-Signature", strings.Repeat("s", 44))
				req.Header.Set("X-Traceid", "00000000-0000-4000-8000-000000000000")
				resp, err := client.Do(req)
				if err != nil {
					panic(err)
				}
				if _, err := io.ReadAll(resp.Body); err != nil {
					panic(err)
				}
				resp.Body.Close()
			}
		})
	}
	wait.Wait()
	os.Exit(0)
}

// rivals is what two programs are measured against: a server in a process of
// its own, and a folder.
type rivals struct {
	dir, address, program string
}

func newRivals(t *testing.T, latency time.Duration) *rivals {
	t.Helper()
	c := &rivals{dir: t.TempDir()}
	c.program = filepath.Join(c.dir, "onboard")
	if text, err := exec.Command("go", "build", "-trimpath", "-ldflags", "-s -w", "-o", c.program, ".").CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, text)
	}
	server := exec.Command(os.Args[0])
	server.Env = append(os.Environ(), compareVariable+"=server "+latency.String())
	out, err := server.StdoutPipe()
	if err == nil {
		err = server.Start()
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = server.Process.Kill(); _ = server.Wait() })
	if _, err := fmt.Fscan(out, &c.address); err != nil {
		t.Fatal(err)
	}
	return c
}

// seen runs a command and asks the server what arrived meanwhile.
func (c *rivals) seen(t *testing.T, cmd *exec.Cmd) (a arrivals) {
	t.Helper()
	if text, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, text)
	}
	resp, err := http.Get(c.address)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	if err := json.NewDecoder(resp.Body).Decode(&a); err != nil {
		t.Fatal(err)
	}
	a.Cores += (cmd.ProcessState.UserTime() + cmd.ProcessState.SystemTime()).Seconds()
	return a
}

// onboard submits n new rows to the server, with a new ledger.
func (c *rivals) onboard(t *testing.T, n int, around func(*exec.Cmd) *exec.Cmd, flags ...string) arrivals {
	t.Helper()
	dir := filepath.Join(c.dir, "run")
	if err := os.Mkdir(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	defer os.RemoveAll(dir)
	generate(t, filepath.Join(dir, "list.csv"), n)
	cmd := onboardCommand(dir, append([]string{"submit", "list.csv", "--target", c.address, "--yes", "--quiet"}, flags...)...)
	cmd.Path, cmd.Args[0] = c.program, c.program
	a := c.seen(t, around(cmd))
	if a.Posts != n {
		t.Fatalf("%d requests for %d rows", a.Posts, n)
	}
	return a
}

func (c *rivals) bare(t *testing.T, n int, kind string) arrivals {
	t.Helper()
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), compareVariable+"=client "+c.address+" "+fmt.Sprint(n)+" "+kind)
	return c.seen(t, cmd)
}

func directly(cmd *exec.Cmd) *exec.Cmd { return cmd }

// slowly makes each sync of a file last 10 ms longer.
func slowly(cmd *exec.Cmd) *exec.Cmd {
	in := exec.Command("strace", append([]string{"-f", "-qq", "--seccomp-bpf", "-o", "/dev/null", "-e", "trace=fsync,fdatasync",
		"-e", "inject=fsync,fdatasync:delay_exit=10000", cmd.Path}, cmd.Args[1:]...)...)
	in.Dir, in.Env = cmd.Dir, cmd.Env
	return in
}

// TestCompareSubmit prints requests per second, from the first to the last at the
// server, of onboard submit with a ledger and outputs, and of bare net/http clients of
// both kinds with the same number in flight, in turn.
func TestCompareSubmit(t *testing.T) {
	for _, row := range []struct {
		name    string
		latency time.Duration
		rows    int
		around  func(*exec.Cmd) *exec.Cmd
	}{
		{"server 0 ms", 0, 40_000, directly},
		{"server 20 ms", 20 * time.Millisecond, 12_000, directly},
		{"server 20 ms, each fsync 10 ms slower", 20 * time.Millisecond, 6_000, slowly},
	} {
		c := newRivals(t, row.latency)
		var ours, ourCores []float64
		theirs, theirCores := map[string][]float64{}, map[string][]float64{}
		for range 5 {
			for _, kind := range []string{closing, reusing} {
				bare := c.bare(t, row.rows, kind)
				theirs[kind], theirCores[kind] = append(theirs[kind], bare.PerSecond), append(theirCores[kind], bare.Cores)
			}
			mine := c.onboard(t, row.rows, row.around, "--rate-limit", "1000000/s", "--concurrency", fmt.Sprint(compareWorkers))
			ours, ourCores = append(ours, mine.PerSecond), append(ourCores, mine.Cores)
		}
		for _, kind := range []string{closing, reusing} {
			ratios, cores := ratios(ours, theirs[kind]), ratios(theirCores[kind], ourCores)
			fmt.Printf("%-40s %6.0f/s, bare net/http, %s %6.0f/s, ratio %.2f (%.2f to %.2f), of cores %.2f\n", row.name,
				middle(slices.Clone(ours)), kind, middle(theirs[kind]), middle(ratios), ratios[0], ratios[len(ratios)-1], middle(cores))
		}
	}
}

// ratios divides the numbers of one run by those of another.
func ratios(of, by []float64) (list []float64) {
	for i := range of {
		list = append(list, of[i]/by[i])
	}
	return list
}

// middle sorts numbers and is their median.
func middle(numbers []float64) float64 {
	slices.Sort(numbers)
	return numbers[len(numbers)/2]
}

// TestComparePace prints how level the pace is at the server.
func TestComparePace(t *testing.T) {
	c := newRivals(t, 0)
	for _, row := range []struct {
		rate string
		set  float64
		rows int
	}{{"60/m", 1, 21}, {"50/s", 50, 1000}, {"1000/s", 1000, 10_000}, {"10000/s", 10_000, 50_000}} {
		a := c.onboard(t, row.rows, directly, "--rate-limit", row.rate, "--concurrency", fmt.Sprint(compareWorkers))
		fmt.Printf("%-8s mean over the set rate %.3f, most in any one second over it %.3f\n", row.rate, a.PerSecond/row.set, float64(a.Most)/row.set)
	}
}
