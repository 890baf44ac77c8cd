package lmpi

import (
	"errors"
	"net"
	"net/netip"
	"net/url"
	"regexp"
	"strings"
	"unicode"
)

// Endpoint gives the vendor's address for a name: production or staging.
func Endpoint(name string) (string, bool) {
	address, ok := map[string]string{
		"production": "https://cspi.trendmicro.com",
		"staging":    "https://cspi-stg.trendmicro.com",
	}[name]
	return address, ok
}

// ParseTarget reads the base address of an API: https, or http to this computer. The
// result is normal, so that one server has one spelling: lower case, no default port,
// no slash at the end and no two in a row. Errors do not repeat s, which may contain a password.
func ParseTarget(s string) (*url.URL, error) {
	u, err := url.Parse(strings.TrimSpace(s))
	if err != nil || u.Hostname() == "" || (u.Scheme != "https" && u.Scheme != "http") {
		return nil, errors.New("the target is not a web address; hint: write it like https://cspi.trendmicro.com")
	}
	if u.User != nil {
		return nil, errors.New("the target contains a user name or password; hint: leave out everything between // and @, credentials are given separately")
	}
	if strings.ContainsAny(s, "?#") {
		return nil, errors.New("the target contains a ? or #; hint: leave out that part, the address ends after the host name")
	}
	if u.Scheme == "http" && !isLocal(u.Hostname()) {
		return nil, errors.New("the target would send the credentials unprotected over http; hint: begin it with https:// (http is for localhost only)")
	}
	if strings.ContainsFunc(u.Host, func(r rune) bool { return r > unicode.MaxASCII }) {
		return nil, errors.New("the host name of the target has letters beyond a-z; hint: write it as the vendor does, or in its xn-- form")
	}
	u.Host = normalHost(u)
	u.Path, u.RawPath = normalPath(u.Path), normalPath(u.RawPath)
	if strings.Contains(strings.ToLower(u.Path)+"/", "/lmpi/") {
		return nil, errors.New("the target already has the path of a call; hint: leave out /LMPI and what follows it")
	}
	return u, nil
}

// isLocal knows the names of this computer; what they lead to is checked when dialing.
func isLocal(host string) bool {
	if strings.EqualFold(host, "localhost") {
		return true
	}
	addr, err := netip.ParseAddr(host)
	return err == nil && isLoopback(addr)
}

func isLoopback(addr netip.Addr) bool {
	return addr == netip.IPv6Loopback() || addr.Is4() && addr.IsLoopback()
}

// normalPath has single slashes, and none at its end.
func normalPath(path string) string {
	return strings.TrimRight(slashes.ReplaceAllString(path, "/"), "/")
}

var slashes = regexp.MustCompile("//+")

func normalHost(u *url.URL) string {
	host, port := strings.TrimSuffix(strings.ToLower(u.Hostname()), "."), strings.TrimLeft(u.Port(), "0")
	if port == "" || port == map[string]string{"https": "443", "http": "80"}[u.Scheme] {
		if strings.Contains(host, ":") {
			return "[" + host + "]"
		}
		return host
	}
	return net.JoinHostPort(host, port)
}
