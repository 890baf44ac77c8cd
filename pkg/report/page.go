package report

import (
	"crypto/sha256"
	_ "embed" // the page's parts
	"encoding/base64"
	"html/template"
	"io"
	"strings"
	"time"

	"onboard/pkg/batch"
	"onboard/pkg/partner"
)

// Page is a run as one page of HTML, to be kept, printed or mailed. It needs
// nothing from outside. What comes from the sheet is escaped, and the page's own
// policy lets no other style or script run than the two that it brings.
type Page struct {
	Verb     string // of the command
	Summary  *Summary
	Stop     *batch.Stop // nil: the run came to its end
	Next     []string    // the commands to go on with
	Warnings []batch.Warning
	Problems []batch.Tally // the commonest first
	Concerns []batch.Concern
	Over     *batch.Timeline // nil: nothing was to be sent
	Rate     float64         // set, in requests per second
}

var (
	//go:embed page.html
	pageHTML string
	//go:embed page.css
	pageCSS string
	//go:embed page.js
	pageJS string
)

// WritePage writes the page.
func WritePage(w io.Writer, p *Page) error {
	t, err := template.New("page").Funcs(template.FuncMap{
		"style":   func() template.HTML { return template.HTML("<style>" + pageCSS + "</style>") },
		"script":  func() template.HTML { return template.HTML("<script>" + pageJS + "</script>") },
		"policy":  policy,
		"grouped": grouped,
		"split":   func(s string) []string { return strings.Split(s, " ") },
		"text":    func(s string) string { return strings.ToValidUTF8(s, "�") },
		"words":   Words,
		"moment":  func(t time.Time) string { return t.Format("2 January 2006, 15:04:05 MST") },
		"stamp":   func(t time.Time) string { return t.Format(time.RFC3339) },
		"code":    func(c partner.Code) string { return strings.ReplaceAll(string(c), "_", " ") },
	}).Parse(pageHTML)
	if err != nil {
		return err
	}
	return t.Execute(w, view{p})
}

// policy allows the page's own style and script, by their hashes, and nothing else.
func policy() string {
	hash := func(text string) string {
		sum := sha256.Sum256([]byte(text))
		return "'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) + "'"
	}
	return "default-src 'none'; style-src " + hash(pageCSS) + "; script-src " + hash(pageJS) + "; base-uri 'none'; form-action 'none'"
}
