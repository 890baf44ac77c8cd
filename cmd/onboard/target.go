package main

import (
	"errors"
	"fmt"
	"net"
	"net/url"
	"strings"

	"onboard/pkg/lmpi"
	"onboard/pkg/sandbox"
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
