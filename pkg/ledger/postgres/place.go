package postgres

import (
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"runtime"
	"strings"

	"github.com/jackc/pgx/v5"
)

// IsPlace says whether the name of a ledger is the address of a database.
func IsPlace(name string) bool {
	return strings.HasPrefix(name, "postgres://") || strings.HasPrefix(name, "postgresql://")
}

// LooksLike says whether the name of a ledger was probably meant as the address of
// a database, in a form that is not ours: with another scheme or spelling of it,
// in the keyword form of psql and others, or as user:password@host. A new ledger in
// a file of that name would be an empty one, and the name may hold a password.
func LooksLike(name string) bool {
	if IsPlace(name) || strings.Contains(name, "://") || likeAddress.MatchString(name) {
		return !IsPlace(name)
	}
	_, err := os.Lstat(name)
	return err != nil && (likeKeywords.MatchString(name) || likeLogin.MatchString(name))
}

var (
	likeAddress = regexp.MustCompile(`(?i)^[\s"']*([a-z][a-z0-9+.-]+:/|(jdbc|postgres|postgresql):)`) // C:/ is a drive
	likeLogin   = regexp.MustCompile(`^[\s"'/]*[^/\\:]{2,}:.*@`)
	// The keywords of libpq that come first, and those of other drivers.
	likeKeywords = regexp.MustCompile(`(?i)^[\s"']*(host(addr)?|port|(db|user)name|dbname|database|user( id)?|uid|server|data source|pass(word|wd|file)|pwd|` +
		`ssl[a-z_]+|service(file)?|options|application_name|client_encoding|connect_timeout|target_session_attrs|keepalives[a-z_]*)\s*=`)
)

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
	u.RawQuery = strings.ReplaceAll(query.Encode(), "+", "%20") // a + is no space to libpq, nor to pgx
	config, err = pgx.ParseConfig(u.String())
	var file *fs.PathError
	if errors.As(err, &file) { // such as sslrootcert; the rest of err may quote the password
		return nil, "", fmt.Errorf("%w; hint: check the spelling and the folder", file)
	}
	if err != nil {
		return nil, "", errors.New("it can't be read as an address of a database, or the password file can't; " +
			"hint: write postgres://USER@HOST:5432/DATABASE, and see https://www.postgresql.org/docs/current/libpq-connect.html for what may follow")
	}
	return config, schema, checkPasswordFile(u, config.Password != "")
}

// checkPasswordFile refuses the password file when it is used and others can read
// it (psql leaves such a one aside, with a warning), and when it is named, not
// there, and there is no password otherwise: the driver says nothing of either.
func checkPasswordFile(u *url.URL, found bool) error {
	_, addressed := u.User.Password()
	if addressed || u.Query().Get("password") != "" || os.Getenv("PGPASSWORD") != "" {
		return nil
	}
	named := cmp.Or(u.Query().Get("passfile"), os.Getenv("PGPASSFILE"))
	home, _ := os.UserHomeDir()
	file := cmp.Or(named, filepath.Join(home, ".pgpass"))
	switch info, err := os.Stat(file); {
	case errors.Is(err, fs.ErrNotExist) && named != "" && !found:
		return fmt.Errorf("the password file %s is not there; hint: check the spelling of PGPASSFILE, or unset it", file)
	case err == nil && found && info.Mode().Perm()&0o077 != 0 && runtime.GOOS != "windows":
		return fmt.Errorf("the password file %s can be read by other users; hint: chmod 600 %s", file, file)
	}
	return nil
}
