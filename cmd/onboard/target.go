package main

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"net"
	"net/url"
	"os"
	"runtime"
	"strings"

	"onboard/pkg/lmpi"
	"onboard/pkg/sandbox"
	"onboard/pkg/sheet"
)

// sandboxAccount is what ledgers call the account of --target sandbox, whose
// credentials are other ones in each process: a rehearsal with --ledger goes on.
const sandboxAccount = "29f56e06b0dd"

// target is where partners are created, and as whom.
type target struct {
	name        string // as the operator gave it
	scope       string // what the ledger calls it
	base        *url.URL
	credentials lmpi.Credentials
	account     string
	stop        func() // ends the embedded sandbox
}

// findTarget resolves --target and the credentials for it.
func findTarget(name, credentialsFile string) (*target, error) {
	switch name {
	case "":
		return nil, errors.New("no target was given, and there is no default; hint: rehearse with --target sandbox, then use --target staging, production or a web address")
	case "sandbox":
		return startSandbox()
	}
	base, err := addressOf(name)
	if err != nil {
		return nil, err
	}
	t := &target{name: targetName(base.String()), scope: base.String(), base: base, stop: func() {}} // never as typed: an address may hold what it should not
	t.credentials, err = findCredentials(credentialsFile)
	t.account = t.credentials.Account()
	return t, err
}

// addressOf is the address that a target has.
func addressOf(name string) (*url.URL, error) {
	address, ok := lmpi.Endpoint(name)
	if !ok {
		address = name
		if host, port, err := net.SplitHostPort(name); err == nil && (host == "localhost" || net.ParseIP(host).IsLoopback()) && port != "" {
			return nil, fmt.Errorf("--target %s is no web address; hint: --target http://%s", name, name)
		}
		if !strings.Contains(name, "://") {
			return nil, fmt.Errorf("--target %s is not known; hint: it is sandbox, staging, production or a web address that begins with https://", name)
		}
	}
	base, err := lmpi.ParseTarget(address)
	if err != nil {
		return nil, fmt.Errorf("--target: %w", err)
	}
	return base, nil
}

// targetName is what people call an address.
func targetName(address string) string {
	for _, known := range []string{"staging", "production"} {
		if a, _ := lmpi.Endpoint(known); a == address {
			return known
		}
	}
	return address
}

// startSandbox serves the documented API in this process, on loopback.
func startSandbox() (*target, error) {
	server := sandbox.New(sandbox.Config{Forget: true})
	address, stop, err := server.Start()
	if err != nil {
		return nil, fmt.Errorf("can't start the sandbox: %w", err)
	}
	base, err := lmpi.ParseTarget(address)
	if err != nil {
		stop()
		return nil, err
	}
	token, secret := server.Credentials()
	return &target{name: "sandbox", scope: "sandbox", base: base, stop: stop, account: sandboxAccount, credentials: lmpi.Credentials{
		AccessToken: lmpi.NewSecret(token), SecretKey: lmpi.NewSecret(secret)}}, nil
}

const (
	tokenVariable  = "ONBOARD_ACCESS_TOKEN"
	secretVariable = "ONBOARD_SECRET_KEY"
)

// findCredentials takes the credentials from a file, if one is given, or else
// from the environment. Flags are no place for them: every user of a machine
// can read those.
func findCredentials(file string) (lmpi.Credentials, error) {
	token, secret := os.Getenv(tokenVariable), os.Getenv(secretVariable)
	source := "the environment"
	if file != "" {
		var err error
		if token, secret, err = readCredentials(file); err != nil {
			return lmpi.Credentials{}, err
		}
		source = file
	}
	var missing []string
	if token == "" {
		missing = append(missing, tokenVariable)
	}
	if secret == "" {
		missing = append(missing, secretVariable)
	}
	if len(missing) > 0 {
		verb := "is"
		if len(missing) > 1 {
			verb = "are"
		}
		return lmpi.Credentials{}, fmt.Errorf("no credentials: %s %s not set in %s; hint: set %s and %s, or write both as NAME=value lines into a file that only you can read and give it with --credentials",
			strings.Join(missing, " and "), verb, source, tokenVariable, secretVariable)
	}
	return lmpi.Credentials{AccessToken: lmpi.NewSecret(token), SecretKey: lmpi.NewSecret(secret)}, nil
}

// readCredentials reads NAME=value lines; empty lines and # comments are free.
// It never repeats what it reads.
func readCredentials(path string) (token, secret string, err error) {
	info, err := os.Stat(path)
	if errors.Is(err, os.ErrNotExist) {
		return "", "", fmt.Errorf("%s: there is no such credentials file; hint: check the spelling and the folder", path)
	}
	if err == nil && info.Mode().IsRegular() && runtime.GOOS != "windows" && info.Mode().Perm()&0o077 != 0 {
		return "", "", fmt.Errorf("%s can be read by other users; hint: chmod 600 %s", path, quote(path))
	}
	text, err := sheet.ReadFile(path, 1<<16)
	if err != nil {
		return "", "", fmt.Errorf("can't read the credentials file: %w", err)
	}
	lines := bufio.NewScanner(bytes.NewReader(text))
	for n := 1; lines.Scan(); n++ {
		line := strings.TrimSpace(strings.TrimPrefix(lines.Text(), "\ufeff"))
		if line == "" || line[0] == '#' {
			continue
		}
		name, value, ok := strings.Cut(strings.TrimPrefix(line, "export "), "=")
		value = unquoted(strings.TrimSpace(value))
		switch name = strings.TrimSpace(name); {
		case ok && name == tokenVariable && token == "":
			token = value
		case ok && name == secretVariable && secret == "":
			secret = value
		case name == tokenVariable || name == secretVariable:
			return "", "", fmt.Errorf("%s:%d: %s has no value here, or a second one", path, n, name)
		default:
			return "", "", fmt.Errorf("%s:%d: this line is neither %s=… nor %s=…", path, n, tokenVariable, secretVariable)
		}
	}
	return token, secret, lines.Err()
}

func unquoted(s string) string {
	if len(s) >= 2 && (s[0] == '"' || s[0] == '\'') && s[len(s)-1] == s[0] {
		return s[1 : len(s)-1]
	}
	return s
}
