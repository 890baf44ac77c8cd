package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"onboard/pkg/batch"
	"onboard/pkg/report"
	"onboard/pkg/sandbox"
	"onboard/pkg/sheet"
)

// oldResults opens the results file that the run would replace; nil where none
// is there that holds links.
func (s *submission) oldResults() *sheet.Sheet {
	old, err := sheet.OpenResults(filepath.Join(s.dir, s.sheet.Base+".results.csv"))
	if err != nil {
		return nil
	}
	if !old.HasAdded("onboard_token") && !old.HasAdded("onboard_link") {
		old.Close()
		return nil
	}
	return old
}

// keepsLinks refuses to replace links that this ledger does not know, as they
// may be nowhere else. The sandbox's invented ones may go.
func (s *submission) keepsLinks(ctx context.Context, old *sheet.Sheet, known *batch.KnownLinks) error {
	n, err := known.Missing(ctx, old, s.ledgerRun, func(link string) bool { return strings.HasPrefix(link, sandbox.LinkPrefix) })
	switch {
	case err != nil || n == 0:
		return err
	case s.target == "sandbox":
		return fmt.Errorf("%s holds real links, and a rehearsal would replace them; hint: rehearse with --out and another folder", old.Path)
	}
	return fmt.Errorf("%s holds %s that this ledger does not know for this target and access token, and they would be replaced; hint: see that --ledger, --target and the credentials are those of that file; if they are right, move that file away first",
		old.Path, report.Count(n, "link"))
}

// keepCorrections copies the errors file in place when it is no longer as
// onboard wrote it: somebody has corrected it. What onboard wrote last is in the
// summary. kept is "" where there was nothing to keep.
func (e *ending) keepCorrections() (kept string, err error) {
	path := e.out.Errors.Path()
	if info, err := os.Stat(path); err != nil || !info.Mode().IsRegular() {
		return "", nil
	}
	sum, err := sheet.SHA256Of(path)
	if err != nil || sum == e.errorsSum || sum == writtenSum(path, e.flags.summaryPath(e.dir, e.sheet.Base)) {
		return "", err
	}
	for n := 1; ; n++ {
		kept = strings.TrimSuffix(path, ".csv") + ".old.csv"
		if n > 1 {
			kept = fmt.Sprintf("%s.old-%d.csv", strings.TrimSuffix(path, ".csv"), n)
		}
		if _, err := os.Lstat(kept); os.IsNotExist(err) {
			return kept, copyFile(path, kept)
		}
	}
}

// copyFile makes a copy that only its owner can read.
func copyFile(from, to string) error {
	in, err := sheet.OpenFile(from)
	if err != nil {
		return err
	}
	defer in.Close()
	out, err := sheet.CreateFile(to)
	if err != nil {
		return err
	}
	if _, err := io.Copy(out, in); err != nil {
		out.Discard()
		return err
	}
	return out.Commit()
}

// writtenSum is the hash of the errors file as the last run wrote it; "" when
// that is not known.
func writtenSum(path, summary string) string {
	text, err := sheet.ReadFile(summary, 1<<20)
	var last report.Summary
	if err != nil || json.Unmarshal(text, &last) != nil || !samePlace(last.Files.Errors, path) {
		return ""
	}
	return last.ErrorsSHA256
}
