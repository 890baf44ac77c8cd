package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"onboard/pkg/batch"
	"onboard/pkg/sheet"
)

// otherSheet names the sheet that the files of a name belong to, if it is not this
// one: the last summary has it. A corrected errors file under the name of its sheet
// is another one, too.
func (s *sheetFlags) otherSheet(dir string, this *sheet.Sheet, sum string) string {
	if this.HasAdded("onboard_problems") && !strings.HasSuffix(this.Base, ".errors") {
		return "the sheet that this errors file came from"
	}
	last, err := lastSummary(s.summaryPath(dir, this.Base))
	if err != nil || last.Input.Path == "" || last.Input.SHA256 == sum || samePath(last.Input.Path, this.Path) {
		return ""
	}
	return last.Input.Path
}

// samePath says whether a summary means a sheet. It may have been written from
// another folder; then the name alone has to do.
func samePath(was, path string) bool {
	if was == path || samePlace(was, path) {
		return true
	}
	_, err := os.Stat(was)
	return errors.Is(err, fs.ErrNotExist) && filepath.Base(was) == filepath.Base(path)
}

// keepsOthers refuses to check a sheet under the name of another one that has links
// or rows in doubt: the summary would no longer say whose they are.
func (e *ending) keepsOthers() error {
	other := e.flags.otherSheet(e.dir, e.sheet, e.plan.SHA256)
	if other == "" {
		return nil
	}
	base := filepath.Join(e.dir, e.sheet.Base)
	links, err := openResults(base + ".results.csv")
	if err == nil {
		err = e.holdsNone(links, batch.LinkColumns, other, func(texts []string) bool { return !rehearsed(texts[1]) })
	}
	if err != nil {
		return err
	}
	doubts, err := openDoubts(base + ".in-doubt.csv")
	if err == nil {
		err = e.holdsNone(doubts, batch.DoubtColumns, other, func([]string) bool { return true })
	}
	return err
}

// holdsNone refuses an older file in which a row counts.
func (e *ending) holdsNone(old *sheet.Sheet, columns []string, other string, counts func(texts []string) bool) error {
	if old == nil {
		return nil
	}
	defer old.Close()
	return old.EachOwn(columns, func(_ int, texts []string) error {
		if !counts(texts) || slices.Max(texts) == "" {
			return nil
		}
		return fmt.Errorf("%s belongs to %s, and the files of %s would have the same names; hint: write elsewhere with --out", old.Path, other, e.sheet.Name())
	})
}
