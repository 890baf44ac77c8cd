//go:build unix && pgbouncer

package pgtest

import (
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"time"
)

// Pooler starts PgBouncer before the server, in one of its modes, and returns the
// address through it, with more in its query, and what ends it.
func (s *Server) Pooler(mode, query string) (place string, stop func(), err error) {
	port, err := freePort()
	if err != nil {
		return "", nil, err
	}
	users, config := filepath.Join(s.dir, mode+".txt"), filepath.Join(s.dir, mode+".ini")
	text := fmt.Sprintf("[databases]\npostgres = host=127.0.0.1 port=%d\n[pgbouncer]\nlisten_addr = 127.0.0.1\nlisten_port = %d\n"+
		"unix_socket_dir =\nauth_type = trust\nauth_file = %s\npool_mode = %s\n", s.port, port, users, mode)
	if err = os.WriteFile(users, []byte(`"postgres" ""`+"\n"), 0o644); err != nil {
		return "", nil, err
	}
	if err = os.WriteFile(config, []byte(text), 0o644); err != nil {
		return "", nil, err
	}
	cmd := exec.Command("pgbouncer", "--quiet", config)
	cmd.Dir = s.dir
	cmd.SysProcAttr = &syscall.SysProcAttr{Credential: s.run}
	if err = cmd.Start(); err != nil {
		return "", nil, err
	}
	address := fmt.Sprintf("127.0.0.1:%d", port)
	for range 500 {
		var conn net.Conn
		if conn, err = net.Dial("tcp", address); err == nil {
			conn.Close()
			break
		}
		time.Sleep(10 * time.Millisecond)
	}
	stop = func() { _ = cmd.Process.Kill(); _ = cmd.Wait() }
	return fmt.Sprintf("postgres://postgres@%s/postgres?%s", address, query), stop, err
}
