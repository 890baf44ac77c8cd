package main

import (
	"context"
	"os"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"onboard/pkg/lmpi"
	"onboard/pkg/sandbox"
)

// TestSandboxCredentials: those of --target sandbox are other ones in each process and
// in no other place, while its account in a ledger stays.
func TestSandboxCredentials(t *testing.T) {
	one, err := findTarget("sandbox", "")
	if err != nil {
		t.Fatal(err)
	}
	defer one.stop()
	two, err := findTarget("sandbox", "")
	if err != nil {
		t.Fatal(err)
	}
	defer two.stop()
	if one.credentials.Account() == two.credentials.Account() || one.account != two.account || one.scope != two.scope {
		t.Errorf("accounts %s and %s, %s and %s in a ledger", one.credentials.Account(), two.credentials.Account(), one.account, two.account)
	}
	known := lmpi.Credentials{AccessToken: lmpi.NewSecret(sandboxToken), SecretKey: lmpi.NewSecret(sandboxSecret)}
	for name, tc := range map[string]struct {
		credentials lmpi.Credentials
		status      int
	}{"its own": {one.credentials, 200}, "of this repository": {known, 401}, "of another process": {two.credentials, 401}} {
		client, err := lmpi.New(lmpi.Config{Base: one.base, Timeout: 10 * time.Second, Credentials: tc.credentials})
		if err != nil {
			t.Fatal(err)
		}
		body := `{"company":{"type":"MSP","data_center":"US","name":"A","country":"US"},"contact":{"first_name":"a","last_name":"b","email":"a@example.com"}}`
		if got := client.Create(context.Background(), []byte(body), lmpi.NewTraceID(), func() bool { return true }); got.Status != tc.status {
			t.Errorf("credentials %s: status %d, want %d", name, got.Status, tc.status)
		}
	}
}

// TestSandboxLines: what onboard sandbox prints is what a credentials file takes.
func TestSandboxLines(t *testing.T) {
	s := newSession(t, sandbox.Config{})
	t.Setenv(tokenVariable, "")
	t.Setenv(secretVariable, "")
	var lines [2]string
	for i := range lines {
		cmd := onboardCommand(s.dir, "sandbox", "--listen", "127.0.0.1:0", "--state", "memory")
		cmd.Env = append(cmd.Env, tokenVariable+"=", secretVariable+"=")
		address, text, err := listening(cmd)
		if err != nil {
			t.Fatal(text, err)
		}
		stop := sync.OnceFunc(func() {
			_ = cmd.Process.Kill()
			_ = cmd.Wait()
		})
		t.Cleanup(stop)
		s.write("sandbox.env", strings.Join(regexp.MustCompile(`(?m)^ *export \w+=.*$`).FindAllString(text, -1), "\n"))
		s.write("list.csv", sheetHeader+sheetRow("A"+address))
		s.address = address
		if code, screen := s.submit("list.csv", "--credentials", "sandbox.env"); code != 0 {
			t.Fatal(code, screen)
		}
		stop()
		b, err := os.ReadFile("sandbox.env")
		if err != nil {
			t.Fatal(err)
		}
		lines[i] = string(b)
	}
	if lines[0] != lines[1] || strings.Contains(lines[0], sandboxToken) {
		t.Errorf("with --state a sandbox has other credentials the next time: %q", lines)
	}
}
