package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"onboard/pkg/batch"
	"onboard/pkg/report"
	"onboard/pkg/sandbox"
	"onboard/pkg/sheet"
)

// Older outputs are evidence: a token is shown once, and a row in doubt may be a
// partner. A run replaces or deletes a results or an in-doubt file only when it can
// read it, and when all that it holds is in the ledger and belongs to this sheet.

func (s *submission) resultsPath() string { return filepath.Join(s.dir, s.sheet.Base+".results.csv") }

// olderFile says whether a file stands there that may hold something. Only an empty
// one is as good as none.
func olderFile(path string) (there bool, err error) {
	info, err := os.Stat(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return false, nil
	case err != nil:
		return false, err
	case !info.Mode().IsRegular():
		return false, &sheet.FileError{File: path, Msg: "what stands where an output should go is no ordinary file", Hint: "move it, or name another place"}
	}
	return info.Size() > 0, nil
}

// openOlder opens an output of an earlier run by the columns that matter; nil where
// there is none. What can't be read as one is not replaced: it may hold what is
// nowhere else.
func openOlder(path, kind string, columns []string) (*sheet.Sheet, error) {
	there, err := olderFile(path)
	if err != nil {
		return nil, unreadable(path, kind, err)
	}
	if !there {
		return nil, nil
	}
	old, err := sheet.OpenOwn(path, columns...)
	if err != nil {
		return nil, unreadable(path, kind, err)
	}
	return old, nil
}

func openResults(path string) (*sheet.Sheet, error) {
	return openOlder(path, "a results", batch.LinkColumns)
}

func openDoubts(path string) (*sheet.Sheet, error) {
	return openOlder(path, "an in-doubt", batch.DoubtColumns)
}

// unreadable refuses to replace a file, with the reason and not its hint: that is
// about a sheet to be read.
func unreadable(path, kind string, err error) error {
	why := err.Error()
	var file *sheet.FileError
	var failed *fs.PathError
	switch {
	case errors.As(err, &file) && file.Line > 0:
		why = fmt.Sprintf("line %d: %s", file.Line, file.Msg)
	case errors.As(err, &file):
		why = file.Msg
	case errors.As(err, &failed):
		why = failed.Err.Error()
	}
	return fmt.Errorf("%s stands where %s file is to go, and can't be read as one (%s); it may hold what is nowhere else, so it is not replaced; hint: move it away, or write elsewhere with --out", path, kind, why)
}

// keepsLinks refuses to replace links that this ledger does not know, as they may be
// nowhere else, and links of another sheet. The sandbox's invented ones may go.
func (s *submission) keepsLinks(ctx context.Context, old *sheet.Sheet) error {
	unknown, elsewhere, err := s.carried.Links(ctx, old, s.ledgerRun, rehearsed)
	var file *sheet.FileError
	switch {
	case errors.As(err, &file):
		return unreadable(old.Path, "a results", err)
	case err != nil || unknown+elsewhere == 0:
		return err
	case unknown > 0 && s.target == "sandbox":
		return fmt.Errorf("%s holds real links, and a rehearsal would replace them; hint: rehearse with --out and another folder", old.Path)
	case unknown > 0:
		return fmt.Errorf("%s holds %s that this ledger does not know for this target and access token, and they would be replaced; hint: see that --ledger, --target and the credentials are those of that file; if they are right, move that file away first",
			old.Path, report.Count(unknown, "link"))
	}
	if other := s.otherSheet(s.dir, s.sheet, s.plan.SHA256); other != "" {
		return fmt.Errorf("%s holds %s of %s that %s does not have, and they would be replaced; hint: write elsewhere with --out, or move that file away first",
			old.Path, report.Count(elsewhere, "link"), other, s.sheet.Name())
	}
	return nil
}

func rehearsed(link string) bool { return strings.HasPrefix(link, sandbox.LinkPrefix) }

// keepsDoubts refuses to replace or delete rows in doubt that this ledger does not
// know, as they would be sent again, and those of another sheet.
func (s *submission) keepsDoubts(ctx context.Context) error {
	old, err := openDoubts(s.inDoubtPath())
	if err != nil || old == nil {
		return err
	}
	defer old.Close()
	unknown, elsewhere, err := s.carried.Doubts(ctx, old, s.ledgerRun)
	var file *sheet.FileError
	switch {
	case errors.As(err, &file):
		return unreadable(old.Path, "an in-doubt", err)
	case err != nil:
		return err
	case len(unknown) > 0 && s.target == "sandbox":
		return fmt.Errorf("%s holds rows that are in doubt, and a rehearsal would replace them; hint: rehearse with --out and another folder", old.Path)
	case len(unknown) > 0:
		return fmt.Errorf("%s holds %s in doubt (%s) that this ledger does not know for this target and access token, and would be sent again; hint: see that --ledger, --target and the credentials are those of that file; if they are right, move that file away first",
			old.Path, report.Count(len(unknown), "row"), lineList(unknown))
	case len(elsewhere) > 0:
		return fmt.Errorf("%s holds %s in doubt (%s) that %s does not have, or not as a valid row, and would be lost; hint: write elsewhere with --out, or move that file away first",
			old.Path, report.Count(len(elsewhere), "row"), lineList(elsewhere), s.sheet.Name())
	}
	return nil
}

// lineList names the first lines: "lines 2, 3, 4 …".
func lineList(lines []int) string {
	const most = 10
	var texts []string
	for _, line := range lines[:min(len(lines), most)] {
		texts = append(texts, strconv.Itoa(line))
	}
	list := strings.Join(texts, ", ")
	if len(lines) == 1 {
		return "line " + list
	}
	if len(lines) > most {
		list += " …"
	}
	return "lines " + list
}
