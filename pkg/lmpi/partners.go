package lmpi

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
)

// The list of partners has no pages. It is read as it comes, so what it costs is bounded
// by what is kept of each.
const (
	listLimit    = 64 << 20
	entryLimit   = 1 << 20 // bytes of one of them
	partnerLimit = 1 << 20 // how many
)

var errNoList = errors.New("without a list of partners")

// readPartners reads an answer to its end. err is what broke on the wire, problem what
// is wrong with the answer.
func readPartners(body io.Reader, each func(Partner)) (problem string, err error) {
	in := &portions{in: body, left: listLimit, partners: partnerLimit}
	return in.read(each)
}

func (p *portions) read(each func(Partner)) (problem string, err error) {
	err = p.object(each)
	switch {
	case p.broken != nil:
		return "cut short", p.broken
	case p.left <= 0:
		return fmt.Sprintf("over %d MiB", listLimit>>20), nil
	case p.partners < 0:
		return fmt.Sprintf("a list of over %d partners", partnerLimit), nil
	case errors.Is(err, errNoList):
		return err.Error(), nil
	case err != nil:
		return "not the documented JSON", nil
	}
	return "", nil
}

// portions reads at most left bytes in all, and at most portion before that is set anew.
type portions struct {
	in            io.Reader
	left, portion int
	partners      int // how many more may come
	broken        error
}

func (p *portions) Read(b []byte) (int, error) {
	room := min(len(b), p.left, p.portion)
	if room <= 0 {
		return 0, io.ErrUnexpectedEOF
	}
	n, err := p.in.Read(b[:room])
	p.left, p.portion = p.left-n, p.portion-n
	if err != nil && !errors.Is(err, io.EOF) {
		p.broken = err
	}
	return n, err
}

// object hands over the list in the member "downstream" of an object, and reads on to
// the end.
func (p *portions) object(each func(Partner)) error {
	decoder := json.NewDecoder(p)
	step := func() *json.Decoder { p.portion = entryLimit; return decoder }
	start, err := step().Token()
	if err == nil && start == nil {
		return errNoList
	} else if err != nil || start != json.Delim('{') {
		return errors.Join(err, errors.New("not an object"))
	}
	found := false
	for step().More() {
		name, err := step().Token()
		switch {
		case err != nil:
			return err
		case name == "downstream":
			found, err = true, p.list(step, each)
		default:
			err = step().Decode(new(json.RawMessage))
		}
		if err != nil {
			return err
		}
	}
	if _, err := step().Token(); err != nil { // the brace
		return err
	}
	if _, err := step().Token(); !errors.Is(err, io.EOF) {
		return errors.New("more after the object")
	}
	if !found {
		return errNoList
	}
	return nil
}

func (p *portions) list(step func() *json.Decoder, each func(Partner)) error {
	start, err := step().Token()
	switch {
	case err != nil:
		return err
	case start == nil:
		return errNoList
	case start != json.Delim('['):
		return errors.New("not a list")
	}
	for step().More() {
		var partner Partner
		if p.partners--; p.partners < 0 {
			return errors.New("too many")
		}
		if err := step().Decode(&partner); err != nil {
			return err
		}
		each(partner)
	}
	_, err = step().Token() // the bracket
	return err
}
