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
	if os.Getuid() == 0 {
		if s.run, err = another(); err != nil {
			return nil, err
		}
	}
	if err = s.place(); err != nil {
		return nil, err
	}
	if err = s.command("initdb", "-D", s.data(), "-U", "postgres", "--auth=trust", "--encoding=UTF8", "--no-locale", "--no-sync"); err != nil {
		return nil, err
	}
	conf := []string{"listen_addresses = '127.0.0.1'", "unix_socket_directories = ''", fmt.Sprintf("port = %d", s.port), "max_connections = 200"}
	if err = s.set(append(conf, settings...)...); err != nil {
		return nil, err
	}
	return s, s.Start()
}

// place makes the server's folder, and finds it a port.
func (s *Server) place() (err error) {
	if s.port, err = freePort(); err != nil {
		return err
	}
	if s.dir, err = os.MkdirTemp("", "onboard-postgres-*"); err != nil || s.run == nil {
		return err
	}
	return os.Chown(s.dir, int(s.run.Uid), int(s.run.Gid))
}

// set adds lines to postgresql.conf. Of several lines for one setting the last
// counts.
func (s *Server) set(lines ...string) error {
	f, err := os.OpenFile(filepath.Join(s.data(), "postgresql.conf"), os.O_APPEND|os.O_WRONLY, 0)
	if err != nil {
		return err
	}
	_, err = f.WriteString("\n" + strings.Join(lines, "\n") + "\n")
	return errors.Join(err, f.Close())
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
	return fmt.Sprintf("postgres://postgres@%s/postgres?%s", s.Address(), query)
}

func (s *Server) data() string { return filepath.Join(s.dir, "data") }

// another is the user postgres.
func another() (*syscall.Credential, error) {
	u, err := user.Lookup("postgres")
	if err != nil {
		return nil, err
	}
	uid, err := strconv.ParseUint(u.Uid, 10, 32)
	if err != nil {
		return nil, err
	}
	gid, err := strconv.ParseUint(u.Gid, 10, 32)
	if err != nil {
		return nil, err
	}
	return &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}, nil
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

// Standby makes and starts a server that copies this one.
func (s *Server) Standby() (standby *Server, err error) {
	standby = &Server{bin: s.bin, run: s.run}
	if err = standby.place(); err != nil {
		return nil, err
	}
	if err = s.command("pg_basebackup", "-R", "-D", standby.data(), "-h", "127.0.0.1", "-p", strconv.Itoa(s.port), "-U", "postgres"); err != nil {
		return nil, err
	}
	if err = standby.set(fmt.Sprintf("port = %d", standby.port)); err != nil {
		return nil, err
	}
	return standby, standby.Start()
}

// WaitForStandby has commits wait until a standby has them, too.
func (s *Server) WaitForStandby() error {
	if err := s.set("synchronous_standby_names = '*'"); err != nil {
		return err
	}
	return s.command("pg_ctl", "reload", "-D", s.data())
}

// Address is where the server listens.
func (s *Server) Address() string { return fmt.Sprintf("127.0.0.1:%d", s.port) }

// Promote makes a copy a server of its own.
func (s *Server) Promote() error { return s.command("pg_ctl", "promote", "-w", "-D", s.data()) }

// Secure has the server offer TLS.
func (s *Server) Secure(certificate, key []byte) error {
	for name, text := range map[string][]byte{"server.crt": certificate, "server.key": key} {
		path := filepath.Join(s.data(), name)
		if err := os.WriteFile(path, text, 0o600); err != nil {
			return err
		}
		if s.run != nil {
			if err := os.Chown(path, int(s.run.Uid), int(s.run.Gid)); err != nil {
				return err
			}
		}
	}
	if err := s.set("ssl = on"); err != nil {
		return err
	}
	return s.command("pg_ctl", "restart", "-w", "-D", s.data(), "-l", filepath.Join(s.dir, "log"))
}
