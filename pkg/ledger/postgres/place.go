package postgres

import (
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"regexp"
	"strings"

	"github.com/jackc/pgx/v5"
)

// IsPlace says whether the name of a ledger is the address of a database.
func IsPlace(name string) bool {
	return strings.HasPrefix(name, "postgres://") || strings.HasPrefix(name, "postgresql://")
}

// Redacted is an address without its password. What is no address is returned as
// it is; one that can't be read is not shown at all.
func Redacted(place string) string {
	if !IsPlace(place) {
		return place
	}
	u, err := url.Parse(place)
	if err != nil {
		return "postgres://…"
	}
	if u.User != nil {
		u.User = url.User(u.User.Username())
	}
	query := u.Query()
	for name := range query {
		if strings.Contains(strings.ToLower(name), "password") {
			query.Del(name)
		}
	}
	u.RawQuery = query.Encode()
	return u.String()
}

// forOthers is an address as other programs take it, without the password.
func forOthers(place string) string {
	u, err := url.Parse(Redacted(place))
	if err != nil {
		return place
	}
	query := u.Query()
	query.Del("schema")
	u.RawQuery = query.Encode()
	return u.String()
}

const defaultSchema = "onboard"

var schemaName = regexp.MustCompile(`^[a-z_][a-z0-9_]{0,62}$`)

// parsePlace reads an address. ?schema=NAME is ours; the rest is as libpq has it.
func parsePlace(place string) (config *pgx.ConnConfig, schema string, err error) {
	u, err := url.Parse(place)
	if err != nil {
		return nil, "", errors.New("it is no address; hint: write postgres://USER@HOST:5432/DATABASE") // err quotes the password
	}
	query := u.Query()
	if schema = query.Get("schema"); schema == "" {
		schema = defaultSchema
	}
	if !schemaName.MatchString(schema) {
		return nil, "", fmt.Errorf("%q is no name of a schema; hint: use small letters, digits and _", schema)
	}
	query.Del("schema")
	u.RawQuery = query.Encode()
	config, err = pgx.ParseConfig(u.String())
	var file *fs.PathError
	if errors.As(err, &file) { // such as sslrootcert; the rest of err may quote the password
		return nil, "", fmt.Errorf("%w; hint: check the spelling and the folder", file)
	}
	if err != nil {
		return nil, "", errors.New("it can't be read as an address of a database, or the password file can't; " +
			"hint: write postgres://USER@HOST:5432/DATABASE, and see https://www.postgresql.org/docs/current/libpq-connect.html for what may follow")
	}
	return config, schema, nil
}
