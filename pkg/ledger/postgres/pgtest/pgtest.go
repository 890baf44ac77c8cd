//go:build unix

// Package pgtest starts a PostgreSQL server for tests: private, on a free port of
// loopback, in a folder that goes with it. PostgreSQL refuses to run as root; then
// it runs as the user postgres, whom Debian's package makes.
package pgtest

import (
	"bytes"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"sort"
	"strconv"
	"strings"
	"syscall"
)

// Server is a PostgreSQL server that can be stopped and started again.
type Server struct {
	bin, dir string
	port     int
	run      *syscall.Credential // as whom; nil: as ourselves
}

// Start makes a server and starts it. settings are lines of postgresql.conf.
func Start(settings ...string) (s *Server, err error) {
	s = &Server{}
	if s.bin, err = binaries(); err != nil {
		return nil, err
	}
	if s.dir, err = os.MkdirTemp("", "onboard-postgres-*"); err != nil {
		return nil, err
	}
	if os.Getuid() == 0 {
		if err := s.another(); err != nil {
			return nil, err
		}
	}
	if s.port, err = freePort(); err != nil {
		return nil, err
	}
	if err = s.command("initdb", "-D", s.data(), "-U", "postgres", "--auth=trust", "--encoding=UTF8", "--no-locale", "--no-sync"); err != nil {
		return nil, err
	}
	conf := append([]string{"listen_addresses = '127.0.0.1'", "unix_socket_directories = ''", fmt.Sprintf("port = %d", s.port), "max_connections = 200"}, settings...)
	f, err := os.OpenFile(filepath.Join(s.data(), "postgresql.conf"), os.O_APPEND|os.O_WRONLY, 0)
	if err != nil {
		return nil, err
	}
	_, err = f.WriteString("\n" + strings.Join(conf, "\n") + "\n")
	if err = errors.Join(err, f.Close()); err != nil {
		return nil, err
	}
	return s, s.Start()
}

// Start starts a server that was stopped, and waits until it answers.
func (s *Server) Start() error {
	return s.command("pg_ctl", "start", "-w", "-D", s.data(), "-l", filepath.Join(s.dir, "log"))
}

// Stop stops the server; with mode "immediate" as a crash does.
func (s *Server) Stop(mode string) error {
	return s.command("pg_ctl", "stop", "-w", "-D", s.data(), "-m", mode)
}

// Remove stops the server and removes all that it has.
func (s *Server) Remove() {
	_ = s.Stop("immediate")
	_ = os.RemoveAll(s.dir)
}

// URL is the address of the server's database, with more in its query.
func (s *Server) URL(query string) string {
	return fmt.Sprintf("postgres://postgres@127.0.0.1:%d/postgres?%s", s.port, query)
}

func (s *Server) data() string { return filepath.Join(s.dir, "data") }

// another has the server run as the user postgres.
func (s *Server) another() error {
	u, err := user.Lookup("postgres")
	if err != nil {
		return err
	}
	uid, err := strconv.Atoi(u.Uid)
	if err != nil {
		return err
	}
	gid, err := strconv.Atoi(u.Gid)
	if err != nil {
		return err
	}
	s.run = &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}
	return os.Chown(s.dir, uid, gid)
}

func (s *Server) command(name string, args ...string) error {
	cmd := exec.Command(filepath.Join(s.bin, name), args...)
	cmd.Dir = s.dir
	cmd.SysProcAttr = &syscall.SysProcAttr{Credential: s.run, Setsid: true}
	log, err := os.CreateTemp("", "onboard-pgtest-*") // a pipe would stay open as long as the server runs
	if err != nil {
		return err
	}
	defer os.Remove(log.Name())
	defer log.Close()
	cmd.Stdout, cmd.Stderr = log, log
	if err := cmd.Run(); err != nil {
		text, _ := os.ReadFile(log.Name())
		return fmt.Errorf("%s: %w: %s", name, err, bytes.TrimSpace(text))
	}
	return nil
}

// binaries is the folder of initdb and its like: where Debian puts the newest, or
// where PATH has them.
func binaries() (string, error) {
	found, _ := filepath.Glob("/usr/lib/postgresql/*/bin/initdb")
	sort.Strings(found)
	if len(found) > 0 {
		return filepath.Dir(found[len(found)-1]), nil
	}
	path, err := exec.LookPath("initdb")
	return filepath.Dir(path), err
}

func freePort() (int, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return 0, err
	}
	defer l.Close()
	return l.Addr().(*net.TCPAddr).Port, nil
}

// Standby makes a stopped server one that only copies another, which is not there.
func (s *Server) Standby() error {
	return os.WriteFile(filepath.Join(s.data(), "standby.signal"), nil, 0o644)
}
