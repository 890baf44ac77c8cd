//go:build torture && linux

package main

import (
	"crypto/sha256"
	"database/sql"
	"fmt"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"onboard/pkg/partner"
	"onboard/pkg/sandbox"
)

// TestMillionFinished is T22: a list of a million rows of which all but the last
// are finished goes on where it stopped.
func TestMillionFinished(t *testing.T) { millionFinished(t, inFile, finish) }

// millionFinished has finish enter all rows but the last two, after the first was
// sent, wherever the ledger is kept.
func millionFinished(t *testing.T, kept keeping, finish func(t *testing.T, dir string, n int)) {
	t.Helper()
	const rows = 1_000_000
	server, address := serve(t, sandbox.Config{})
	dir := t.TempDir()
	base := filepath.Join(dir, "list")
	generate(t, base+".csv", rows)
	_ = plainCommand(t, dir, fast(address, append(kept.flags, "--limit", "1")...)...).Run()
	finish(t, dir, rows-1)
	cmd := plainCommand(t, dir, fast(address, kept.flags...)...)
	began := time.Now()
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() { ended <- cmd.Wait() }()
	for server.Snapshot().Posts < 2 && time.Since(began) < 2*time.Minute {
		time.Sleep(time.Millisecond)
	}
	first := time.Since(began)
	var memory int
	var err error
	for running := true; running; {
		select {
		case err = <-ended:
			running = false
		case <-time.After(5 * time.Millisecond):
			memory = max(memory, peak(cmd.Process.Pid))
		}
	}
	if posts := server.Snapshot().Posts; err != nil || posts != 2 {
		t.Errorf("%v, %d requests", err, posts)
	}
	if first > 10*time.Second || memory > 256 {
		t.Errorf("the first request after %v, %d MB", first, memory)
	}
	found := outputs(t, base, rows)
	sums(t, base, found)
	kept.intact(t, dir)
	t.Logf("the first new request after %v, all done after %v, %d MB", first.Round(time.Millisecond), time.Since(began).Round(time.Millisecond), memory)
}

// finish enters partners 1 to n-1 of a generated list as created, in the way in
// which the program has entered partner 0.
func finish(t *testing.T, dir string, n int) {
	t.Helper()
	db, err := sql.Open("sqlite", filepath.Join(dir, "state", "onboard", "ledger.db"))
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	tx, err := db.Begin()
	if err != nil {
		t.Fatal(err)
	}
	var first []byte
	if err := tx.QueryRow("SELECT body FROM partners").Scan(&first); err != nil {
		t.Fatal(err)
	}
	insert, err := tx.Prepare(`INSERT INTO partners(scope_id, key, fingerprint, owner, attempt, state, trace_id, line, claimed_at, body,
		settled_at, http_status, token, link) SELECT scope_id, ?, ?, owner, 1, 'created', ?, ?, claimed_at, ?, settled_at, 200, ?, ? FROM partners WHERE id = 1`)
	if err != nil {
		t.Fatal(err)
	}
	rules := partner.NewRules()
	for i := 1; i < n; i++ {
		key, sum, body := generated(rules, string(first), i)
		if _, err := insert.Exec(key[:], sum[:], fmt.Sprintf("00000000-0000-4000-8000-%012x", i), i+2, []byte(body),
			fmt.Sprintf("tok-%d", i), fmt.Sprintf("https://activation.example/partner?t=%d", i)); err != nil {
			t.Fatal(err)
		}
	}
	if err := tx.Commit(); err != nil {
		t.Fatal(err)
	}
}

// generated is row i of a generated list, as a ledger has it: first is the body of
// row 0.
func generated(rules *partner.Rules, first string, i int) (key [16]byte, sum [32]byte, body string) {
	body = strings.NewReplacer(company(0), company(i), "ann0@", fmt.Sprintf("ann%d@", i)).Replace(first)
	var row partner.Row
	*row.At(partner.CompanyName), *row.At(partner.Country) = company(i), "GB"
	p, _ := rules.Check(&row)
	return partner.KeyOf(&p, rules.Key), sha256.Sum256([]byte(body)), body
}
