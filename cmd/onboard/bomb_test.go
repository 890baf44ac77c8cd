//go:build linux

package main

import (
	"archive/zip"
	"bufio"
	"bytes"
	"compress/flate"
	"encoding/csv"
	"errors"
	"io"
	"math/rand/v2"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
	"unicode/utf16"

	"onboard/pkg/sandbox"
)

// TestBombs is T18: files that are made to hurt, or are broken, are refused
// before anything is sent, in little time and memory.
func TestBombs(t *testing.T) {
	const mega = bombMegabytes << 20
	fill := func(text string, size int) func(io.Writer) {
		return func(w io.Writer) {
			chunk := strings.Repeat(text, 1<<16/len(text))
			for n := 0; n < size; n += len(chunk) {
				_, _ = io.WriteString(w, chunk)
			}
		}
	}
	words := func(text string) func(io.Writer) { return func(w io.Writer) { _, _ = io.WriteString(w, text) } }
	good := sheetHeader + sheetRow("A")
	for _, tt := range []struct {
		name  string
		parts []func(io.Writer)
		code  int
		says  string
	}{
		{"a field without end", []func(io.Writer){words(good), fill("x", mega), words(",GB,UK,Ann,Lee,a@b.co\n")}, 2, ":3"},
		{"a quotation without end", []func(io.Writer){words(good + `"`), fill("x\n", mega), words("\n")}, 2, ":3"},
		{"a million columns", []func(io.Writer){words(strings.TrimSuffix(sheetHeader, "\n")), fill(",c", 2_000_000), words("\n" + sheetRow("A"))}, 2, ""},
		{"a row of a million cells", []func(io.Writer){words(good), fill(",", 1_000_000), words("\n")}, 2, ":3"},
		{"quotation marks", []func(io.Writer){words(good), fill(`"`, mega/2)}, 2, ":3"},
		{"zero bytes", []func(io.Writer){words(good), fill("\x00", 1<<21)}, 2, ""},
		{"UTF-16 that does not say so", []func(io.Writer){words(utf16Text(good))}, 2, ""},
		{"Latin-1", []func(io.Writer){words(sheetHeader + sheetRow("Caf\xe9"))}, 2, ":2"},
		{"a BOM", []func(io.Writer){words("\ufeff" + good)}, 0, ""},
		{"lone carriage returns", []func(io.Writer){words(strings.ReplaceAll(good, "\n", "\r"))}, 0, ""},
		{"a header alone", []func(io.Writer){words(sheetHeader)}, 2, ""},
		{"nothing", nil, 2, ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			server, address := serve(t, sandbox.Config{})
			dir := t.TempDir()
			f, err := os.Create(filepath.Join(dir, "list.csv"))
			if err != nil {
				t.Fatal(err)
			}
			w := bufio.NewWriter(f)
			for _, part := range tt.parts {
				part(w)
			}
			if err := w.Flush(); err != nil {
				t.Fatal(err)
			}
			f.Close()
			defuse(t, server, plainCommand(t, dir, fast(address)...), tt.code, tt.says)
		})
	}
}

// defuse runs the program on a file that is made to hurt, and holds it to its end,
// its words, its time and its memory.
func defuse(t *testing.T, server *sandbox.Server, cmd *exec.Cmd, wantCode int, says string) {
	t.Helper()
	screen := &strings.Builder{}
	cmd.Stderr = screen
	began := time.Now()
	memory := peakOf(cmd)
	took, code := time.Since(began), cmd.ProcessState.ExitCode()
	if code != wantCode || !strings.Contains(screen.String(), says) || code == 2 && server.Snapshot().Posts > 0 {
		t.Errorf("exit %d, %d requests\n%s", code, server.Snapshot().Posts, screen)
	}
	if took > 5*time.Second || memory > 64 || screen.Len() > 4096 {
		t.Errorf("it took %v, %d MB and %d bytes of words", took, memory, screen.Len())
	}
	t.Logf("%v, %d MB: %s", took.Round(time.Millisecond), memory, screen)
}

// TestWorkbookBombs is T23: a workbook of a few megabytes whose sheet unpacks to 867,
// and which says so, or does not. Nothing is unpacked to disk.
func TestWorkbookBombs(t *testing.T) {
	const size = 867
	for name, tt := range map[string]struct {
		declared uint64
		says     string
	}{
		"that says so": {size << 20, "unpacks to more than 200 MB"},
		"that lies":    {1 << 20, "list.xlsx"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			server, address := serve(t, sandbox.Config{})
			dir := t.TempDir()
			if text, err := plainCommand(t, dir, "template", "good.xlsx").CombinedOutput(); err != nil {
				t.Fatalf("%v: %s", err, text)
			}
			inflated(t, filepath.Join(dir, "good.xlsx"), filepath.Join(dir, "list.xlsx"), size, tt.declared)
			args := fast(address)
			args[1] = "list.xlsx"
			cmd := plainCommand(t, dir, args...)
			temporary := t.TempDir()
			cmd.Env = append(cmd.Env, "TMPDIR="+temporary)
			defuse(t, server, cmd, 2, tt.says)
			if left := files(t, temporary); len(left) > 0 {
				t.Errorf("%v was left", left)
			}
		})
	}
}

// inflated copies a workbook with so many megabytes of spaces in the place of its
// first sheet.
func inflated(t *testing.T, from, to string, megabytes int, declared uint64) {
	t.Helper()
	var chunk, end bytes.Buffer
	w, err := flate.NewWriter(&chunk, flate.BestSpeed)
	if err != nil {
		t.Fatal(err)
	}
	_, _ = w.Write(bytes.Repeat([]byte(" "), 1<<20))
	_ = w.Flush() // ends at a byte, and so can be repeated
	w.Reset(&end)
	_ = w.Close()
	packed := append(bytes.Repeat(chunk.Bytes(), megabytes), end.Bytes()...)
	good, err := zip.OpenReader(from)
	if err != nil {
		t.Fatal(err)
	}
	defer good.Close()
	f, err := os.Create(to)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	book := zip.NewWriter(f)
	for _, part := range good.File {
		if part.Name != "xl/worksheets/sheet1.xml" {
			err = errors.Join(err, book.Copy(part))
			continue
		}
		raw, e := book.CreateRaw(&zip.FileHeader{Name: part.Name, Method: zip.Deflate, CompressedSize64: uint64(len(packed)), UncompressedSize64: declared})
		if e == nil {
			_, e = raw.Write(packed)
		}
		err = errors.Join(err, e)
	}
	if err = errors.Join(err, book.Close()); err != nil {
		t.Fatal(err)
	}
}

// utf16Text is little-endian UTF-16 without a BOM.
func utf16Text(s string) string {
	var b []byte
	for _, u := range utf16.Encode([]rune(s)) {
		b = append(b, byte(u), byte(u>>8))
	}
	return string(b)
}

// TestFormulaGuard is T19: no cell that comes from the input is a formula in the
// outputs, and reading an output back gives the cells that went in.
func TestFormulaGuard(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	random := rand.New(rand.NewPCG(7, 7))
	pieces := []string{"=", "+", "-", "@", "'", "''", "\"", ",", ";", " ", "1", "A1", "cmd|' /C calc'!A0", "＝", "é", "\t", "x"}
	cells := []string{"=HYPERLINK(\"http://evil.example\";\"x\")", "=1+1\";=1+1"}
	for len(cells) < guardedCells {
		var b strings.Builder
		for range 1 + random.IntN(5) {
			b.WriteString(pieces[random.IntN(len(pieces))])
		}
		cells = append(cells, b.String())
	}
	f, err := os.Create(filepath.Join(dir, "list.csv"))
	if err != nil {
		t.Fatal(err)
	}
	w := csv.NewWriter(f)
	_ = w.Write([]string{"company_name", "country", "data_center", "first_name", "last_name", "email", "note"})
	for i, cell := range cells {
		_ = w.Write([]string{company(i), "GB", "UK", "Ann", "Lee", "", cell}) // no address: all are in errors
	}
	w.Flush()
	f.Close()
	check := func(file string) [][]string {
		cmd := plainCommand(t, dir, "validate", file, "--quiet")
		if text, _ := cmd.CombinedOutput(); cmd.ProcessState.ExitCode() != 1 {
			t.Fatalf("%s", text)
		}
		return readRecords(t, filepath.Join(dir, strings.TrimSuffix(file, ".csv")+".errors.csv"))
	}
	first := check("list.csv")
	if len(first) != len(cells)+1 {
		t.Fatalf("%d rows came out", len(first))
	}
	for i, r := range first[1:] {
		got := r[len(r)-1]
		if strings.ContainsAny(got[:1], "=+-@\t\r") {
			t.Fatalf("%q is a formula", got)
		}
		if got != cells[i] && got != "'"+cells[i] {
			t.Fatalf("%q became %q", cells[i], got)
		}
	}
	// The errors file is input again: what went in comes back.
	second := check("list.errors.csv")
	for i, r := range second[1:] {
		if r[len(r)-1] != first[i+1][len(first[i+1])-1] {
			t.Fatalf("%q became %q when it was read back", first[i+1][len(first[i+1])-1], r[len(r)-1])
		}
	}
	t.Logf("%d cells", len(cells))
}

// TestEndlessPartnerList: 63 MB of partners without a name cost no memory to speak of.
func TestEndlessPartnerList(t *testing.T) {
	_, address := behind(t, func(_ *sandbox.Server, w http.ResponseWriter, _ *http.Request) {
		_, _ = io.WriteString(w, `{"downstream":[{}`)
		entries := strings.Repeat(",{}", 1<<14)
		for range 63 << 20 / len(entries) {
			if _, err := io.WriteString(w, entries); err != nil {
				return
			}
		}
		_, _ = io.WriteString(w, `]}`)
	}, sandbox.Config{})
	dir := t.TempDir()
	generate(t, filepath.Join(dir, "list.csv"), 1)
	cmd := plainCommand(t, dir, fast(address, "--check-existing")...)
	screen := &strings.Builder{}
	cmd.Stderr = screen
	memory := peakOf(cmd)
	if code := cmd.ProcessState.ExitCode(); code != 2 || !strings.Contains(screen.String(), "a list of over 1048576 partners") || memory > 64 {
		t.Errorf("exit %d with %d MB of memory\n%s", code, memory, screen)
	}
}
