package main

import (
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"onboard/pkg/report"
	"onboard/pkg/sheet"
)

// keepCorrections copies the errors file in place when it is no longer as
// onboard wrote it: somebody has corrected it. What onboard wrote last is in the
// summary. kept is "" where there was nothing to keep.
func (e *ending) keepCorrections() (kept string, err error) {
	path := e.out.Errors.Path()
	if there, err := olderFile(path); err != nil || !there {
		return "", err
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

// correctionsReadable finds in time, before anything is sent, that the errors file in
// place could not be kept.
func (e *ending) correctionsReadable() error {
	path := filepath.Join(e.dir, e.sheet.Base+".errors.csv")
	there, err := olderFile(path)
	if err == nil && there {
		var f *os.File
		if f, err = sheet.OpenFile(path); err == nil {
			err = f.Close()
		}
	}
	if err != nil {
		return unreadable(path, "an errors", err)
	}
	return nil
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
	last, err := lastSummary(summary)
	if err != nil || !samePlace(last.Files.Errors, path) {
		return ""
	}
	return last.ErrorsSHA256
}

// lastSummary reads what an earlier run left.
func lastSummary(path string) (last report.Summary, err error) {
	text, err := sheet.ReadFile(path, 1<<20)
	if err == nil {
		err = json.Unmarshal(text, &last)
	}
	return last, err
}
