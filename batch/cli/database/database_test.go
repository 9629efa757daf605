package database_test

import (
	"errors"
	"net/url"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"

	"github.com/loabatch/loabatch/batch/cli/database"
)

func none(string) string { return "" }

func TestHide(t *testing.T) {
	for _, test := range []struct{ text, shown, connection string }{
		{"ledger.db", "ledger.db", ""},
		{"postgres://", "postgres://", "postgres://"},
		{"postgres://db/loa", "postgres://db/loa", "postgres://db/loa"},
		{"postgres://ops@db:5432/loa?sslmode=verify-full", "postgres://ops@db:5432/loa?sslmode=verify-full", "postgres://ops@db:5432/loa?sslmode=verify-full"},
		{"postgres://ops:s3cret@db/loa", "postgres://ops@db/loa", "postgres://ops@db/loa?password=s3cret"},
		{"PostgreSQL://ops:s3cret@db/loa?a=b", "postgresql://ops@db/loa?a=b", "postgresql://ops@db/loa?a=b&password=s3cret"},
		{"postgres://ops:s3%2Fcr%40t@db/loa", "postgres://ops@db/loa", "postgres://ops@db/loa?password=s3%2Fcr%40t"},
		{"postgres://:s3cret@db/loa", "postgres://db/loa", "postgres://db/loa?password=s3cret"},
		{"postgres://ops@a:5432,b:5433/loa?password=s3cret&sslmode=require&sslpassword=s3cret", "postgres://ops@a:5432,b:5433/loa?sslmode=require",
			"postgres://ops@a:5432,b:5433/loa?sslmode=require&password=s3cret&sslpassword=s3cret"},
		{"postgres://ops:s3cret@[::1]:5432/loa", "postgres://ops@[::1]:5432/loa", "postgres://ops@[::1]:5432/loa?password=s3cret"},
		{"--ledger=postgres://ops:s3cret@db/loa", "--ledger=postgres://ops@db/loa", ""},
		{"--leger=postgres://ops:s3cret@db/loa", "--leger=postgres://ops@db/loa", ""},
	} {
		var secrets database.Secrets
		if got := secrets.Hide(test.text); got != test.shown {
			t.Errorf("Hide(%q) = %q, want %q", test.text, got, test.shown)
		}
		if test.connection == "" {
			continue
		}
		got, ok := secrets.Connection(test.shown, none)
		if !ok || got != test.connection {
			t.Errorf("the connection of %q is %q (%t), want %q", test.text, got, ok, test.connection)
		}
		if test.connection == test.shown && secrets.Shown() {
			t.Errorf("%q has no password", test.text)
		}
	}
}

// TestHideWhatCannotBeRead writes passwords as people do, without escapes. None may be seen,
// and the address is not used: which part of it is the password is a guess.
func TestHideWhatCannotBeRead(t *testing.T) {
	for _, address := range []string{
		"postgres://ops:s3/cret@db/loa", "postgres://ops:12/s3cret@db/loa", "postgres://ops:s3#cret@db/loa", "postgres://ops:s3?cret@db/loa",
		"postgres://ops:s3@cret@db/loa", "postgres://ops:s3%cret@db/loa", "postgres://ops:s3cret/loa", "postgres://ops:s3cret",
		"postgres://ops@db/loa?password=s3%zzcret", "postgres://ops@db/loa?password=s3#cret", "postgres://ops@db/loa?password=s3@cret", "postgres://ops@db/loa#s3cret",
		"postgres://ops:pa@db/loa@x?password=s3cret", "postgres://ops@db/loa?a;password=s3cret",
		"postgres://ops@db/loa??password=s3cret", "postgres://ops@db/loa?sslmode=require& password=s3cret", "postgres://ops@db/loa?passwd=s3cret",
		"postgres://ops@db/loa?PGPASSWORD=s3cret", "postgres://ops@db/loa?pwd=s3cret", "postgres://ops@db/loa?a=?password=s3cret", "postgres://ops@db/loa?pasword=s3cret",
	} {
		var secrets database.Secrets
		shown := secrets.Hide(address)
		if strings.Contains(shown, "cret") || strings.Contains(shown, "s3") {
			t.Errorf("%q is shown as %q", address, shown)
		}
		if connection, ok := secrets.Connection(shown, none); ok {
			t.Errorf("%q is used as %q", address, connection)
		}
	}
}

// TestMistaken writes addresses in other forms, and paths that look a little like them.
func TestMistaken(t *testing.T) {
	for _, test := range []struct{ value, shown string }{
		{"postgres:/ops:s3cret@db/loa", "postgres:/***"}, {"postgres:ops:s3cret@db/loa", "postgres:***"}, {"PostgreSQL:s3cret", "PostgreSQL:***"},
		{"mysql://root:s3cret@h/x", "mysql://***"}, {"jdbc:postgresql:s3cret", "jdbc:postgresql:s3cret"}, {"http://s3cret", "http://***"},
		{"postgre://ops:s3cret@db/loa", "postgre://***"}, {" postgres://ops:s3cret@db/loa", " postgres://***"}, {`"postgres://ops:s3cret@db/loa"`, `"postgres://***`},
		{"s3cret@h://x", "://***"},
		{"host=127.0.0.1 password=s3cret dbname=x", "host=***"}, {"password = s3cret host = db", "password =***"}, {"dbname=s3cret", "dbname=***"},
		{"host=/var/run/postgresql", "host=***"}, {"DBNAME='s3 cret' user=x", "DBNAME=***"}, {"foo=1 host=s3cret dbname=x", "://***"},
	} {
		mistaken := test.shown != test.value
		if database.Is(test.value) || database.Mistaken(test.value) != mistaken {
			t.Errorf("%q is mistaken for an address: %t", test.value, !mistaken)
		}
		for name, shown := range map[string]string{
			"variable": new(database.Secrets).HideLedger(test.value),
			"flag":     new(database.Secrets).HideArguments([]string{"history", "--ledger", test.value})[2],
			"assigned": strings.TrimPrefix(new(database.Secrets).HideArguments([]string{"--ledger=" + test.value})[0], "--ledger="),
		} {
			if shown != test.shown || database.Mistaken(shown) != mistaken {
				t.Errorf("%s: %q is shown as %q, want %q", name, test.value, shown, test.shown)
			}
		}
	}
	for _, path := range []string{"", "ledger.db", `C:\loa\ledger.db`, "C:/loa/ledger.db", "C://loa/ledger.db", "c:ledger.db", "/srv/a=b/ledger.db", "host=web1/ledger.db", "host=web1.db",
		"region=eu/host=web1/x", "./postgres:/x", "../mysql://x", "/srv/a://b", "~/host=x", `\\nas\host=x dbname=y`, "my ledger.db", "postgres", "postgres.db", "dbname", "a=b", "ghost=x"} {
		if database.Mistaken(path) || database.Is(path) || new(database.Secrets).HideLedger(path) != path {
			t.Errorf("%q is a path", path)
		}
	}
	endpoint := []string{"submit", "--endpoint", "https://vpc.example.com", "host=a dbname=b.xlsx"}
	if got := new(database.Secrets).HideArguments(endpoint); !slices.Equal(got, endpoint) {
		t.Errorf("%q", got)
	}
}

func TestVariable(t *testing.T) {
	var secrets database.Secrets
	variable := func(name string) string { return map[string]string{"PGPASSWORD": "of the&variable"}[name] }
	for _, test := range []struct{ address, want string }{
		{"postgres://db/loa", "of the&variable"},
		{"postgres://ops:own@db/loa", "own"},
	} {
		connection, ok := secrets.Connection(secrets.Hide(test.address), variable)
		parsed, err := url.Parse(connection)
		if !ok || err != nil || parsed.Query().Get("password") != test.want {
			t.Errorf("%s connects with %q", test.address, connection)
		}
	}
}

func TestOpenFile(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("it has other permissions")
	}
	home := t.TempDir()
	open, closed, own := filepath.Join(home, "open"), filepath.Join(home, "closed"), filepath.Join(home, ".pgpass")
	for path, mode := range map[string]os.FileMode{open: 0o640, closed: 0o600, own: 0o604} {
		if err := errors.Join(os.WriteFile(path, nil, mode), os.Chmod(path, mode)); err != nil {
			t.Fatal(err)
		}
	}
	for _, test := range []struct{ address, password, file, want string }{
		{"postgres://db/loa", "", "", own},
		{"postgres://db/loa", "", open, open},
		{"postgres://db/loa", "", closed, ""},
		{"postgres://db/loa?passfile=" + open, "", closed, open},
		{"postgres://db/loa", "s3cret", open, ""},
		{"postgres://ops:s3cret@db/loa", "", open, ""},
		{"postgres://db/loa", "", home, ""},
		{"postgres://db/loa", "", filepath.Join(home, "none"), ""},
	} {
		var secrets database.Secrets
		variables := map[string]string{"HOME": home, "PGPASSFILE": test.file, "PGPASSWORD": test.password}
		if got := secrets.OpenFile(secrets.Hide(test.address), func(name string) string { return variables[name] }); got != test.want {
			t.Errorf("%+v: %q", test, got)
		}
	}
}

func TestShown(t *testing.T) {
	var secrets database.Secrets
	secrets.Hide("postgres://ops:s3cret@db/loa") // from a variable
	if secrets.Shown() {
		t.Error("a password in a variable counts as one on the command line")
	}
	got := secrets.HideArguments([]string{"submit", "--ledger", "postgres://ops:s3cret@db/loa", "book.xlsx"})
	if want := []string{"submit", "--ledger", "postgres://ops@db/loa", "book.xlsx"}; !slices.Equal(got, want) || !secrets.Shown() {
		t.Errorf("%q, shown: %t", got, secrets.Shown())
	}
}

func FuzzHide(f *testing.F) {
	f.Add("postgres://ops:", "@db/loa?sslmode=require")
	f.Add("postgresql://", "/@b:1,c?password=")
	f.Add("postgres://u:p@h/d?password=", "&x=y")
	f.Add("postgres://??password=", "&x=y")
	f.Add("postgres://?A=?password=", "0")
	f.Fuzz(func(t *testing.T, before, after string) {
		const password = "q7Zx9Wq7"
		if strings.Contains(before+after, password) || !database.Is(before) {
			t.Skip()
		}
		// It is one where an address has a password: behind the user, or a setting.
		_, rest, _ := strings.Cut(before, "://")
		behindUser := strings.HasSuffix(rest, ":") && !strings.ContainsAny(rest, "@/?#[") && strings.Contains(after, "@")
		if !behindUser && !strings.HasSuffix(rest, "?password=") {
			t.Skip()
		}
		var secrets database.Secrets
		if shown := secrets.Hide(before + password + after); strings.Contains(shown, password) {
			t.Errorf("%q is shown as %q", before+password+after, shown)
		}
	})
}
