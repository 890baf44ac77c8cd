//go:build compare && linux

package main

import (
	"bufio"
	"bytes"
	"cmp"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"testing"
	"time"
)

// program reads a list of partners, and checks it, or not.
type program struct {
	name    string
	command []string // the list is one more argument
	bad     string   // the file of bad rows that it writes, to see that it checks; "": it does not
	stdout  bool     // it writes that on standard output
	most    int      // rows that it is asked to do
}

// measured is a program's time and memory for one list.
type measured struct {
	times []time.Duration
	cores []time.Duration // of all cores together, which other programs disturb less
	peak  int             // MB
}

// TestCompareValidate measures validate beside other programs on lists of a
// million and, unless -short, of five million rows, in turn and repeatedly, and
// prints ratios.
func TestCompareValidate(t *testing.T) {
	dir := t.TempDir()
	programs := programsIn(t, dir)
	for _, rows := range []int{1_000_000, 5_000_000} {
		if testing.Short() && rows > 1_000_000 {
			continue
		}
		list := filepath.Join(dir, "list.csv")
		size := compareList(t, list, rows)
		found := map[string]*measured{}
		for range 6 {
			for _, p := range programs {
				if rows <= p.most {
					measure(t, &p, dir, list, rows, found)
				}
			}
		}
		fmt.Printf("\n%d rows, %d bytes each, 2 %% bad; median of up to 5 runs, memory of one more\n%-30s %8s %8s %8s %10s %8s\n",
			rows, size/int64(rows), "", "seconds", "of cores", "MB", "ratio", "of cores")
		ours := found["onboard validate"]
		for _, p := range programs {
			if m := found[p.name]; m != nil {
				wall, cores := median(m.times).Seconds(), median(m.cores).Seconds()
				fmt.Printf("%-30s %8.2f %8.2f %8d %9.2fx %7.2fx\n", p.name, wall, cores, m.peak,
					wall/median(ours.times).Seconds(), cores/median(ours.cores).Seconds())
			}
		}
	}
}

// programsIn builds the programs into dir, or says that one is not installed.
func programsIn(t *testing.T, dir string) []program {
	t.Helper()
	bare, ours, swapped := filepath.Join(dir, "bare"), filepath.Join(dir, "onboard"), filepath.Join(dir, "swapped")
	compile(t, "-o", bare, "testdata/compare/bare.go")
	compile(t, "-o", ours, ".")
	compile(t, "-overlay", withoutGocsv(t, dir), "-o", swapped, ".")
	errors := filepath.Join(dir, "list.errors.csv")
	programs := []program{
		{"onboard validate", []string{ours, "validate", "--quiet"}, errors, false, 5_000_000},
		{"the same without gocsv", []string{swapped, "validate", "--quiet"}, errors, false, 5_000_000},
		{"encoding/csv, reading only", []string{bare}, "", false, 5_000_000},
	}
	script, _ := filepath.Abs("testdata/compare/checks.mlr")
	if _, err := exec.LookPath("mlr"); err == nil {
		out := filepath.Join(dir, "miller.csv")
		programs = append(programs, program{"Miller, all checks", []string{"mlr", "--icsv", "--ocsv", "-S", "put", "-q", "-f", script}, out, true, 1_000_000})
	} else {
		fmt.Println("Miller: not installed")
	}
	if out, err := installDuckDB(dir); err == nil {
		programs = append(programs, program{"DuckDB, all checks", []string{"node", filepath.Join(dir, "checks.mjs"), filepath.Join(dir, "duckdb.csv")},
			filepath.Join(dir, "duckdb.csv"), false, 5_000_000})
	} else {
		fmt.Printf("DuckDB: not installed (%v) %s\n", err, out)
	}
	return programs
}

func compile(t *testing.T, args ...string) {
	t.Helper()
	build := exec.Command("go", append([]string{"build", "-trimpath"}, args...)...)
	build.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
}

// withoutGocsv is an overlay for go build that binds the rows by hand: what
// gocsv costs is the difference.
func withoutGocsv(t *testing.T, dir string) (overlay string) {
	t.Helper()
	path, err := filepath.Abs("../../pkg/sheet/bind.go")
	if err != nil {
		t.Fatal(err)
	}
	source, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	binding := "	if err := gocsv.UnmarshalCSV(b, &b.rows); err != nil {\n		return nil, fmt.Errorf(\"can't bind the columns: %w\", err)\n	}\n"
	byHand := "	for i := range n {\n		b.rows[i].row = spareRows.Get().(*partner.Row)\n		for j, cell := range b.records[i+1] {\n" +
		"			*b.rows[i].row.At(fieldOf(b.header[j])) = cell\n		}\n	}\n"
	for _, cut := range [][2]string{{binding, byHand}, {"	\"github.com/gocarina/gocsv\"\n\n", ""}, {"	\"fmt\"\n", ""}} {
		if bytes.Count(source, []byte(cut[0])) != 1 {
			t.Fatalf("bind.go has %q not once", cut[0])
		}
		source = bytes.Replace(source, []byte(cut[0]), []byte(cut[1]), 1)
	}
	changed, overlay := filepath.Join(dir, "bind.go"), filepath.Join(dir, "overlay.json")
	replace, err := json.Marshal(map[string]map[string]string{"Replace": {path: changed}})
	if err != nil {
		t.Fatal(err)
	}
	if err := cmp.Or(os.WriteFile(changed, source, 0o600), os.WriteFile(overlay, replace, 0o600)); err != nil {
		t.Fatal(err)
	}
	return overlay
}

// installDuckDB puts DuckDB for node and the script that uses it into dir.
func installDuckDB(dir string) (out []byte, err error) {
	script, err := os.ReadFile("testdata/compare/checks.mjs")
	if err != nil {
		return nil, err
	}
	if err := os.WriteFile(filepath.Join(dir, "checks.mjs"), script, 0o600); err != nil {
		return nil, err
	}
	install := exec.Command("npm", "install", "--no-audit", "--no-fund", "--prefix", dir, "@duckdb/node-api")
	return install.CombinedOutput()
}

// compareList writes a list of all thirteen columns, about 171 bytes a row. Four
// rows of two hundred are bad, each in another way.
func compareList(t *testing.T, path string, rows int) (size int64) {
	t.Helper()
	f, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	w := bufio.NewWriterSize(f, 1<<20)
	fmt.Fprintln(w, "company_name,country,data_center,type,first_name,last_name,email,industry,size,state,city,address,postal_code")
	places := []string{"DE,EU", "GB,UK", "US,US", "FR,EU", "IN,IN", "JP,JP", "AU,AU", "CA,CA"}
	people := []string{"Annabel,Whitcombe", "Bertram,Larkspur", "Clementine,Hollingworth", "Dorothea,Featherstone"}
	for i := range rows {
		name, place, mail := fmt.Sprintf("Larkfield Business Systems No %07d Ltd", i), places[i%8], fmt.Sprintf("office%07d@larkfields.example.com", i)
		switch i % 200 {
		case 7:
			place = "Germny,EU"
		case 57:
			mail = "office at larkfield.example"
		case 107:
			place = "DE,MOON"
		case 157:
			name = ""
		}
		fmt.Fprintf(w, "%s,%s,MSP,%s,%s,12,3,Kent,Doverbridgeton,\"%d Harbour Road, Building %02d\",%05d\n", name, place, people[i%4], mail, 1+i%89, i%40, 10000+i%89999)
	}
	info, err := f.Stat()
	if err := cmp.Or(w.Flush(), f.Close(), err); err != nil {
		t.Fatal(err)
	}
	return info.Size()
}

// measure runs a program once, unless it has had its two minutes. The first run is
// for its memory: whoever looks at that every few milliseconds takes time from a
// program that uses all cores.
func measure(t *testing.T, p *program, dir, list string, rows int, found map[string]*measured) {
	t.Helper()
	m := cmp.Or(found[p.name], &measured{})
	found[p.name] = m
	var spent time.Duration
	for _, d := range m.times {
		spent += d
	}
	if spent > 2*time.Minute {
		return
	}
	cmd := exec.Command(p.command[0], append(slices.Clone(p.command[1:]), list)...)
	var said bytes.Buffer
	cmd.Stderr, cmd.Dir = &said, dir
	if p.stdout {
		f, err := os.Create(p.bad)
		if err != nil {
			t.Fatal(err)
		}
		defer f.Close()
		cmd.Stdout = f
	}
	if m.peak == 0 {
		m.peak = peakOf(cmd)
	} else {
		began := time.Now()
		if _ = cmd.Run(); cmd.ProcessState == nil { // validate ends with 1: there are bad rows
			t.Fatalf("%s does not start", p.name)
		}
		m.times = append(m.times, time.Since(began))
		m.cores = append(m.cores, cmd.ProcessState.UserTime()+cmd.ProcessState.SystemTime())
	}
	if p.bad != "" {
		bad, err := os.ReadFile(p.bad)
		if got := bytes.Count(bad, []byte("\n")) - 1; err != nil || got != rows/50 {
			t.Fatalf("%s finds %d bad rows, want %d: %v\n%s", p.name, got, rows/50, err, said.Bytes())
		}
		_ = os.Remove(p.bad)
	}
}

func median(times []time.Duration) time.Duration {
	return slices.Sorted(slices.Values(times))[len(times)/2]
}
