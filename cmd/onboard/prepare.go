package main

import (
	"crypto/x509"
	"fmt"
	"slices"
	"strings"

	"onboard/pkg/ledger"
	"onboard/pkg/ledger/store"
	"onboard/pkg/lmpi"
	"onboard/pkg/partner"
	"onboard/pkg/sheet"
)

// prepare opens all that a submission needs, and refuses what can be refused
// before anything is sent. release closes what was opened, also after an error.
func (s *submission) prepare() (release func(), err error) {
	var opened []func()
	release = func() { closeAll(opened) }
	if err := s.check(); err != nil {
		return release, err
	}
	if s.perSecond, err = s.PerSecond(); err != nil {
		return release, err
	}
	if s.rules, err = s.newRules(); err != nil {
		return release, err
	}
	if s.dir, err = s.folder(s.path); err != nil {
		return release, err
	}
	if s.sheet, err = s.open(s.console, s.path, s.rules, s.again); err != nil {
		return release, err
	}
	opened = append(opened, func() { s.sheet.Close() })
	if err := s.hidden(); err != nil {
		return release, err
	}
	if err := s.places(); err != nil {
		return release, err
	}
	if err := s.keepProfile(s.console, s.rules); err != nil {
		return release, err
	}
	s.again.saved = s.saveFile
	return release, s.connect(&opened)
}

// hidden refuses to submit a workbook that shows only some of its rows, until
// somebody says whether the others are meant, too.
func (s *submission) hidden() error {
	w := s.sheet.Workbook
	if w == nil || w.Hidden.Count == 0 || s.HiddenRows != "" || s.again.verb != "submit" {
		return nil
	}
	rows := "a row with text is hidden"
	if n := w.Hidden.Count; n > 1 {
		rows = fmt.Sprintf("%d rows with text are hidden", n)
	}
	line := s.again.line(s.again.verb, s.path)
	return &sheet.FileError{File: s.sheet.Name(), Line: w.Hidden.Lines[0], Msg: rows + " in this workbook, by a filter or by hand",
		Hint: "to create their partners, too: " + line + " --hidden-rows include; to leave them out: " + line + " --hidden-rows skip"}
}

// closeAll closes in the opposite order.
func closeAll(opened []func()) {
	for _, f := range slices.Backward(opened) {
		f()
	}
}

// connect opens what is not the sheet's: target, log and ledger.
func (s *submission) connect(opened *[]func()) (err error) {
	if s.to, err = findTarget(s.target, s.credentials); err != nil {
		return err
	}
	*opened = append(*opened, s.to.stop)
	s.account = s.to.account
	if s.client, err = s.newClient(); err != nil {
		return err
	}
	if !s.dryRun {
		if err := s.makeFolder(); err != nil { // the log may go there
			return err
		}
	}
	if s.log, err = openLog(s.logFile, s.logLevel); err != nil {
		return err
	}
	*opened = append(*opened, s.log.close)
	if s.ledger, s.ledgerRun, err = s.openLedger(); err != nil {
		return err
	}
	s.sayKept()
	*opened = append(*opened, func() { s.ledger.Close() }, s.sayKept) // another run on this computer may end while this one goes on
	return nil
}

// places refuses files that would get in each other's way.
func (s *submission) places() error {
	path, err := s.ledgerPath()
	if err != nil {
		return err
	}
	return distinct(append(s.outputs(s.path, s.dir, s.sheet.Base), s.otherPlaces(path)...))
}

// otherPlaces are the files beside a sheet and its outputs.
func (s *submission) otherPlaces(ledger string) []place {
	return []place{{"the log", s.logFile}, {"the credentials file", s.credentials},
		{"the ledger", ledger}, {"part of the ledger", ledger + "-wal"}, {"part of the ledger", ledger + "-shm"}}
}

func (s *submission) newClient() (*lmpi.Client, error) {
	config := lmpi.Config{Base: s.to.base, Credentials: s.to.credentials, Timeout: s.Timeout,
		UserAgent: "onboard/" + version()}
	if s.caFile != "" {
		pem, err := sheet.ReadFile(s.caFile, 8<<20)
		if err != nil {
			return nil, fmt.Errorf("--ca-file: %w", err)
		}
		if config.RootCAs, err = x509.SystemCertPool(); err != nil {
			config.RootCAs = x509.NewCertPool()
		}
		if !config.RootCAs.AppendCertsFromPEM(pem) {
			return nil, fmt.Errorf("--ca-file %s holds no certificate in PEM form", s.caFile)
		}
	}
	return lmpi.New(config)
}

// openLedger opens the ledger and starts a run in it. A rehearsal in the
// embedded sandbox forgets, unless a ledger is named, and so does a dry run where
// there is none yet.
func (s *submission) openLedger() (ledger.Ledger, ledger.Run, error) {
	path, err := s.ledgerPath()
	if err != nil {
		return nil, nil, err
	}
	if s.ledgerMissing = s.dryRun && path != "" && store.Missing(path); s.ledgerMissing {
		s.ledgerIs, path = path, ""
	}
	var l ledger.Ledger
	if path == "" {
		l, err = store.OpenTemporary()
	} else {
		s.ledgerIs = store.Shown(path)
		l, err = openLedger(s.console, path)
	}
	if err != nil {
		return nil, nil, err
	}
	info := ledger.RunInfo{Command: s.again.verb, File: "all partners", Target: s.to.name}
	if s.sheet != nil {
		info.File, info.KeyFields = s.path, keyFields(s.rules)
	}
	run, err := l.Begin(ledger.Scope{Endpoint: s.to.scope, Account: s.account}, info)
	if err != nil {
		l.Close()
		return nil, nil, err
	}
	return l, run, nil
}

func keyFields(r *partner.Rules) string {
	var names []string
	for _, f := range r.Key {
		names = append(names, f.String())
	}
	return strings.Join(names, ",")
}
