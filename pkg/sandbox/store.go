package sandbox

import (
	"crypto/rand"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"sync"
	"time"
)

// Creation is one company that was made: the truth that a judge compares results with.
type Creation struct {
	Company string    `json:"company"`
	Country string    `json:"country"`
	Email   string    `json:"email"`
	Token   string    `json:"token"`
	Link    string    `json:"link"`
	TraceID string    `json:"trace_id"`
	Time    time.Time `json:"time"`
	Body    string    `json:"body"` // as it was sent
}

// Creations lists what was created, in order, with what Config.State brought along.
func (s *Server) Creations() []Creation { return s.store.creations() }

// store remembers creations, in memory and in a file of JSON lines where one is wanted.
type store struct {
	file *os.File    // nil: none
	kept credentials // of the file

	mu        sync.Mutex
	made      []onboarding
	byToken   map[string]int // index in made
	companies map[string]*company
}

// credentials are a line of the state file, as those of a creation are.
type credentials struct {
	AccessToken string `json:"access_token"`
	SecretKey   string `json:"secret_key"`
}

// onboarding is a creation and how often its token was read.
type onboarding struct {
	Creation
	reads int
}

type company struct {
	attempts int
	made     []int // indexes in store.made
}

// openStore makes a store; with a path it reads the file back and will append to it. The store is usable even with an error.
func openStore(path string) (*store, error) {
	st := &store{byToken: map[string]int{}, companies: map[string]*company{}}
	if path == "" {
		return st, nil
	}
	if err := st.readBack(path); err != nil { // before anything is done to the file, which may be another's
		return st, fmt.Errorf("sandbox state %s: %w; hint: it must hold the creations of an earlier sandbox, so name another file", path, err)
	}
	file, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_APPEND, 0o600)
	if err == nil {
		err = file.Chmod(0o600) // a file that existed keeps its mode otherwise
	}
	if err != nil {
		return st, fmt.Errorf("sandbox state: %w", err)
	}
	st.file = file
	return st, nil
}

// maxState is the largest state file that is read: a hundred thousand creations and more.
const maxState = 256 << 20

// readBack reads a state file and changes nothing.
func (st *store) readBack(path string) error {
	info, err := os.Stat(path) // before it is opened: a pipe that nobody writes to would never open
	switch {
	case errors.Is(err, os.ErrNotExist):
		return nil
	case err != nil:
		return err
	case !info.Mode().IsRegular():
		return errors.New("it is not an ordinary file")
	case info.Size() > maxState:
		return errors.New("it is too large to be one")
	}
	file, err := os.Open(path)
	if err != nil {
		return err
	}
	defer file.Close()
	lines := json.NewDecoder(io.LimitReader(file, maxState))
	lines.DisallowUnknownFields()
	for {
		var line struct {
			Creation
			credentials
		}
		switch err := lines.Decode(&line); {
		case errors.Is(err, io.EOF):
			return nil
		case err != nil:
			return err
		case line.credentials != credentials{}:
			st.kept = line.credentials
		case line.Token == "":
			return errors.New("a line has no token")
		default:
			st.put(line.Creation)
		}
	}
}

// attempt counts a POST of a company.
func (st *store) attempt(name string) int {
	st.mu.Lock()
	defer st.mu.Unlock()
	c := st.company(name)
	c.attempts++
	return c.attempts
}

// add gives a creation its token and link and keeps it.
func (st *store) add(c Creation) (token string, err error) {
	var random [24]byte
	_, _ = rand.Read(random[:]) // it never fails
	// In this alphabet one token in 64 starts with "-", which a spreadsheet takes for a formula: callers must cope.
	c.Token = base64.RawURLEncoding.EncodeToString(random[:])
	c.Link = LinkPrefix + c.Token
	st.mu.Lock()
	st.put(c)
	st.mu.Unlock()
	return c.Token, st.append(c)
}

// append adds a line to the state file, if there is one.
func (st *store) append(line any) error {
	if st.file == nil {
		return nil
	}
	text, err := json.Marshal(line)
	if err == nil {
		_, err = st.file.Write(append(text, '\n')) // in one write, so that several sandboxes can share the file
	}
	if err != nil {
		return fmt.Errorf("sandbox state: %w", err)
	}
	return nil
}

func (st *store) put(c Creation) {
	owner := st.company(c.Company)
	owner.made = append(owner.made, len(st.made))
	st.byToken[c.Token] = len(st.made)
	st.made = append(st.made, onboarding{Creation: c})
}

func (st *store) company(name string) *company {
	c := st.companies[name]
	if c == nil {
		c = &company{}
		st.companies[name] = c
	}
	return c
}

// read counts a read of a token and returns what is known of it.
func (st *store) read(token string) (o onboarding, ok bool) {
	st.mu.Lock()
	defer st.mu.Unlock()
	i, ok := st.byToken[token]
	if !ok {
		return o, false
	}
	st.made[i].reads++
	return st.made[i], true
}

func (st *store) onboardings() []onboarding {
	st.mu.Lock()
	defer st.mu.Unlock()
	return append([]onboarding(nil), st.made...)
}

func (st *store) creations() []Creation {
	var list []Creation
	for _, o := range st.onboardings() {
		list = append(list, o.Creation)
	}
	return list
}

func (st *store) tokens() map[string][]string {
	st.mu.Lock()
	defer st.mu.Unlock()
	tokens := map[string][]string{}
	for _, o := range st.made {
		tokens[o.Company] = append(tokens[o.Company], o.Token)
	}
	return tokens
}

func (st *store) close() error {
	if st.file == nil {
		return nil
	}
	return st.file.Close()
}
