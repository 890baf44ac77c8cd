package main

import (
	"errors"
	"fmt"
	"os"
	"runtime"
	"strings"

	"golang.org/x/text/encoding/unicode"
	"golang.org/x/text/transform"

	"onboard/pkg/lmpi"
	"onboard/pkg/sheet"
)

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
	file, err := sheet.ReadFile(path, 1<<16)
	if err != nil {
		return "", "", fmt.Errorf("can't read the credentials file: %w", err)
	}
	text, err := decodeText(file)
	if err != nil {
		return "", "", fmt.Errorf("can't read the credentials file %s: %w", path, err)
	}
	values := map[string]string{}
	n := 0
	for line := range strings.SplitSeq(text, "\n") {
		n++
		if err := setCredential(values, strings.TrimSpace(line)); err != nil {
			return "", "", fmt.Errorf("%s:%d: %w", path, n, err)
		}
	}
	return values[tokenVariable], values[secretVariable], nil
}

// decodeText is a file's text as UTF-8 with plain line breaks. A byte order mark says what
// it is in: PowerShell's > writes UTF-16.
func decodeText(file []byte) (string, error) {
	text, _, err := transform.Bytes(unicode.BOMOverride(unicode.UTF8.NewDecoder()), file)
	return strings.NewReplacer("\r\n", "\n", "\r", "\n").Replace(string(text)), err
}

// setCredential takes one line.
func setCredential(values map[string]string, line string) error {
	if line == "" || line[0] == '#' {
		return nil
	}
	if strings.ContainsAny(line, "\x00\uFFFD") {
		return errors.New("this line is no UTF-8 text; hint: save the file as UTF-8 (in PowerShell: Set-Content -Encoding utf8)")
	}
	name, value, ok := strings.Cut(strings.TrimPrefix(line, "export "), "=")
	value = unquoted(strings.TrimSpace(value))
	switch name = strings.TrimSpace(name); {
	case name != tokenVariable && name != secretVariable:
		return fmt.Errorf("this line is neither %s=… nor %s=…; hint: write NAME=value, one a line", tokenVariable, secretVariable)
	case !ok || value == "" || values[name] != "":
		return fmt.Errorf("%s has no value here, or a second one; hint: write NAME=value, once for each", name)
	case strings.ContainsFunc(value, func(r rune) bool { return r < ' ' || r > '~' }):
		return fmt.Errorf("the value of %s has a character that none has, such as a typographic quotation mark; hint: copy it anew", name)
	}
	values[name] = value
	return nil
}

func unquoted(s string) string {
	if len(s) >= 2 && (s[0] == '"' || s[0] == '\'') && s[len(s)-1] == s[0] {
		return s[1 : len(s)-1]
	}
	return s
}
