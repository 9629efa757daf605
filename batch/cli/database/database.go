// Package database keeps the passwords of a ledger in a database apart from its address.
//
// A value of --ledger that starts with postgres:// names a database. It may have a password in
// it, and whatever a command is given may be printed, logged, suggested and kept with a run. So
// the passwords are taken out of the command line and the environment before anything else
// reads them ([Secrets.Hide]), and put back only where the connection is made
// ([Secrets.Connection]). The address without them is what everything in between knows.
package database

import (
	"cmp"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strings"
	"sync"
)

// schemes are how the address of a database starts, in any case.
var schemes = []string{"postgres://", "postgresql://"}

// secretSettings are the settings of an address that must not be shown.
var secretSettings = []string{"password", "sslpassword"}

// Variable is the variable that the password of a database is best given in.
const Variable = "PGPASSWORD"

// Is reports whether a value of --ledger names a database, and not a file.
func Is(ledger string) bool { return start(ledger) == 0 }

// start is where the address of a database begins in a text, or -1.
func start(text string) int {
	lower, first := strings.ToLower(text), -1
	for _, scheme := range schemes {
		if i := strings.Index(lower, scheme); i >= 0 && (first < 0 || i < first) {
			first = i
		}
	}
	return first
}

// libpq lists settings that the other form of an address, host=… dbname=…, is made of.
const libpq = `(?:host|hostaddr|port|dbname|user|password|passfile|service|sslmode|sslrootcert|sslcert|sslkey|sslpassword|` +
	`connect_timeout|application_name|options|target_session_attrs|channel_binding)\s*=`

var (
	explicitPath = regexp.MustCompile(`^(?:[./\\~]|[A-Za-z]:)`) // C: is a drive
	bareScheme   = regexp.MustCompile(`(?i)^["'\s]*postgres(?:ql)?:`)
	anyScheme    = regexp.MustCompile(`^["'\s]*[A-Za-z][A-Za-z0-9+.-]*:/*`)
	settingName  = pattern(`^[A-Za-z_][A-Za-z0-9_.]*$`)
	likePassword = pattern(`(?i)pass|pasw|pwd`) // such as a mistyped password
	setsPassword = pattern(`(?i)(?:pass|pasw|pwd)[^=]*=`)
	settings     = pattern(`(?i)(?:^["']?|\s)` + libpq)
	onlySetting  = pattern(`(?i)^["'\s]*` + libpq + `\s*(?:/.*|[^/\\]*)$`)
)

// pattern is a regular expression that is compiled when it is first used: few commands need one.
func pattern(expression string) func() *regexp.Regexp {
	return sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(expression) })
}

// Mistaken reports whether a value of --ledger looks as if it was meant to be an address but is
// not one: the scheme is misspelt, or it has the form host=… dbname=…. It must not be taken for
// a file name, or each host would keep a ledger of its own. A value that starts like a path, with
// a dot, a slash or a drive, is a path.
func Mistaken(ledger string) bool {
	switch {
	case Is(ledger), explicitPath.MatchString(ledger):
		return false
	case bareScheme.MatchString(ledger), strings.Contains(ledger, "://"):
		return true
	}
	trimmed := strings.TrimSpace(ledger)
	return len(settings().FindAllString(trimmed, 2)) == 2 || onlySetting().MatchString(trimmed) && !strings.HasSuffix(strings.ToLower(trimmed), ".db")
}

// Secrets are the passwords of the addresses that a command was given. The zero value is ready for use.
type Secrets struct {
	mu    sync.Mutex
	of    map[string]secret // by address without them
	shown bool              // one was on the command line
}

// secret is what was taken out of one address.
type secret struct {
	settings  url.Values // password and sslpassword
	malformed bool       // the address cannot be read, so what was taken out is not known either
}

// Hide removes the passwords from the address of a database that a text has or ends with, and
// keeps them. In an address that cannot be read, everything that might be a password is replaced.
// Any other text is returned unchanged.
func (s *Secrets) Hide(text string) string {
	i := start(text)
	if i < 0 {
		return text
	}
	address, taken := split(text[i:])
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.of == nil {
		s.of = map[string]secret{}
	}
	if known := s.of[address]; len(known.settings) == 0 {
		s.of[address] = taken // else it is that of the command line, which comes first
	}
	return text[:i] + address
}

// HideLedger is Hide for a value of --ledger. Of one that is [Mistaken] for an address, only how
// it starts is left.
func (s *Secrets) HideLedger(value string) string {
	if !Mistaken(value) {
		return s.Hide(value)
	}
	if scheme := anyScheme.FindString(value); scheme != "" {
		return scheme + hidden
	}
	if name, _, ok := strings.Cut(value, "="); ok && onlySetting().MatchString(name+"=") {
		return name + "=" + hidden
	}
	return "://" + hidden
}

// HideArguments returns the arguments of a command line without passwords. They were visible
// in the system's list of processes: see [Secrets.Shown]. Of several passwords of one address,
// the first counts, so the command line has to be hidden before the environment.
func (s *Secrets) HideArguments(args []string) []string {
	safe := make([]string, len(args))
	for i, arg := range args {
		flag, value, assigned := strings.Cut(arg, "=")
		switch {
		case assigned && flag == "--ledger":
			safe[i] = flag + "=" + s.HideLedger(value)
		case i > 0 && args[i-1] == "--ledger", bareScheme.MatchString(arg):
			safe[i] = s.HideLedger(arg)
		default:
			safe[i] = s.Hide(arg)
		}
		if safe[i] != arg {
			s.shown = true
		}
	}
	return safe
}

// Shown reports whether a password was on the command line, where the other users of the
// machine can read it.
func (s *Secrets) Shown() bool { return s.shown }

// Connection returns an address with its passwords, to connect with. The one of the variable
// PGPASSWORD counts unless the address has one. It reports false for an address that cannot be
// read.
func (s *Secrets) Connection(address string, getenv func(string) string) (connection string, ok bool) {
	s.mu.Lock()
	taken, known := s.of[address]
	s.mu.Unlock()
	if !known {
		address, taken = split(address)
	}
	if taken.malformed {
		return "", false
	}
	settings := url.Values{}
	for name, values := range taken.settings {
		settings[name] = values
	}
	if password := getenv(Variable); password != "" && !settings.Has("password") {
		settings.Set("password", password)
	}
	if len(settings) == 0 {
		return address, true
	}
	if strings.Contains(address, "?") {
		return address + "&" + settings.Encode(), true
	}
	return address + "?" + settings.Encode(), true
}

// OpenFile returns the path of the file that the password of an address comes from, if other users
// of the machine may read it; otherwise "". PostgreSQL's programs ignore such a file, the driver does
// not. On Windows, permissions work differently.
func (s *Secrets) OpenFile(address string, getenv func(string) string) string {
	connection, ok := s.Connection(address, getenv)
	if !ok || runtime.GOOS == "windows" {
		return ""
	}
	_, query, _ := strings.Cut(connection, "?")
	settings, _ := url.ParseQuery(query) // Connection has
	path := cmp.Or(settings.Get("passfile"), getenv("PGPASSFILE"))
	if home := getenv("HOME"); path == "" && home != "" {
		path = filepath.Join(home, ".pgpass")
	}
	info, err := os.Stat(path)
	if settings.Has("password") || err != nil || !info.Mode().IsRegular() || info.Mode().Perm()&0o077 == 0 {
		return ""
	}
	return path
}

// split divides an address into what may be seen and what may not. It does not use [url.Parse],
// which takes a slash in a password for the end of the host.
func split(text string) (address string, taken secret) {
	scheme, rest, _ := strings.Cut(text, "://")
	scheme = strings.ToLower(scheme) + "://"
	hosts, path, query := parts(rest)
	user := ""
	if at := strings.LastIndex(hosts, "@"); at >= 0 {
		user, hosts = hosts[:at], hosts[at+1:]
	}
	name, password, hasPassword := strings.Cut(user, ":")
	plain, errPassword := url.PathUnescape(password)
	_, errName := url.PathUnescape(name)
	visible, settings, errQuery := splitQuery(query)
	if errPassword != nil || errName != nil || errQuery != nil || strings.ContainsAny(user+path, "@#") || !validHosts(hosts) {
		return scheme + veil(rest), secret{malformed: true}
	}
	taken.settings = settings
	if hasPassword && !settings.Has("password") {
		settings.Set("password", plain)
	}
	if name != "" {
		name += "@"
	}
	return scheme + name + hosts + path + visible, taken
}

// parts divides what follows the scheme: the hosts with the user, the path with its slash, and
// the settings with their question mark.
func parts(rest string) (hosts, path, query string) {
	if i := strings.IndexByte(rest, '?'); i >= 0 {
		rest, query = rest[:i], rest[i:]
	}
	if i := strings.IndexByte(rest, '/'); i >= 0 {
		rest, path = rest[:i], rest[i:]
	}
	return rest, path, query
}

// splitQuery takes the secret settings out of those of an address.
func splitQuery(query string) (visible string, secrets url.Values, err error) {
	secrets = url.Values{}
	if _, err := url.ParseQuery(strings.TrimPrefix(query, "?")); err != nil || strings.ContainsAny(query, "@#") {
		return "", secrets, url.EscapeError(query)
	}
	var kept []string
	for setting := range strings.SplitSeq(strings.TrimPrefix(query, "?"), "&") {
		name, value, _ := strings.Cut(setting, "=")
		name, _ = url.QueryUnescape(name) // both were parsed above
		value, _ = url.QueryUnescape(value)
		switch lower := strings.ToLower(name); {
		case slices.Contains(secretSettings, lower):
			secrets.Set(lower, value)
		case setting == "":
		case !settingName().MatchString(name), likePassword().MatchString(name) && lower != "passfile", setsPassword().MatchString(value):
			return "", secrets, url.EscapeError(query)
		default:
			kept = append(kept, setting)
		}
	}
	if len(kept) > 0 {
		visible = "?" + strings.Join(kept, "&")
	}
	return visible, secrets, nil
}

// validHosts reports whether a text is a list of hosts, each with or without a port. An empty
// one means PGHOST.
func validHosts(list string) bool {
	for host := range strings.SplitSeq(list, ",") {
		if strings.HasPrefix(host, "[") {
			end := strings.IndexByte(host, ']')
			if end < 0 {
				return false
			}
			host = "ip" + host[end+1:]
		}
		name, port, _ := strings.Cut(host, ":")
		if _, err := url.PathUnescape(name); err != nil || strings.Trim(port, "0123456789") != "" || len(port) > 5 {
			return false
		}
	}
	return true
}

// hidden replaces what may be a password.
const hidden = "***"

// veil replaces all that might be a password in an address that cannot be read: whatever
// follows the user.
func veil(rest string) string {
	i := strings.IndexAny(rest, ":/?#@")
	if i < 0 {
		return hidden
	}
	return rest[:i] + ":" + hidden
}
