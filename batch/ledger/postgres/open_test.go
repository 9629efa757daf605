package postgres_test

import (
	"errors"
	"fmt"
	"net/url"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/loabatch/loabatch/batch"
	"github.com/loabatch/loabatch/batch/ledger"
	"github.com/loabatch/loabatch/batch/ledger/ledgertest"
	"github.com/loabatch/loabatch/batch/ledger/postgres"
	"github.com/loabatch/loabatch/batch/ledger/postgres/pgtest"
)

// nameOf is the name of the database of a URL.
func nameOf(t *testing.T, address string) string {
	t.Helper()
	u, err := url.Parse(address)
	if err != nil {
		t.Fatal(err)
	}
	return strings.TrimPrefix(u.Path, "/")
}

// TestMigrate has several processes make the schema at once, as an ordinary role.
func TestMigrate(t *testing.T) {
	t.Parallel()
	address := pgtest.Database(t)
	var all sync.WaitGroup
	for range 8 {
		all.Go(func() {
			s, err := postgres.Open(t.Context(), address)
			if err != nil {
				t.Error(err)
				return
			}
			s.Close()
		})
	}
	all.Wait()
	if t.Failed() {
		return
	}
	h, err := open(t, address, short).Check(t.Context())
	if err != nil || h.Schema != postgres.Steps || h.Size == 0 || h.Commit <= 0 || !strings.HasPrefix(h.Path, "postgres://127.0.0.1:") {
		t.Errorf("%+v, %v", h, err)
	}
}

func kindOf(t *testing.T, err error) ledger.Kind {
	t.Helper()
	own, ok := errors.AsType[*ledger.Error](err)
	if !ok {
		t.Fatalf("%v is not a *ledger.Error", err)
	}
	return own.Kind
}

func TestNewerSchema(t *testing.T) {
	t.Parallel()
	address := database(t)
	s := open(t, address, short)
	if _, err := s.Start(t.Context(), ledger.RunInfo{ID: "one", Scope: ledger.Real, Version: "v9"}, nil); err != nil {
		t.Fatal(err)
	}
	pgtest.Shared(t).Query(t, nameOf(t, address), "INSERT INTO loabatch.schema_version (version) VALUES (99)")
	_, err := postgres.Open(t.Context(), address)
	newer, ok := errors.AsType[*ledger.SchemaError](err)
	if !ok || kindOf(t, err) != ledger.Newer || *newer != (ledger.SchemaError{Found: 99, Known: postgres.Steps, Program: "v9"}) {
		t.Errorf("%v: %+v", err, newer)
	}
}

// TestOpenFails checks what is said about a database that cannot be used, and that no error contains
// the password.
func TestOpenFails(t *testing.T) {
	t.Parallel()
	address := pgtest.Database(t)
	server, name := pgtest.Shared(t), nameOf(t, address)
	with := func(change func(*url.URL)) string {
		u, _ := url.Parse(address)
		change(u)
		return u.String()
	}
	const secret = "s3cret%zz"
	foreign, poor := pgtest.Database(t), pgtest.Database(t)
	server.Query(t, nameOf(t, foreign), "CREATE SCHEMA loabatch; CREATE TABLE loabatch.runs (n int); GRANT USAGE ON SCHEMA loabatch TO PUBLIC")
	server.Query(t, nameOf(t, poor), fmt.Sprintf("REVOKE CREATE ON DATABASE %q FROM PUBLIC, %q", nameOf(t, poor), pgtest.Role))
	for _, test := range []struct {
		name, address string
		want          ledger.Kind
	}{
		{"password", with(func(u *url.URL) { u.User = url.UserPassword(u.User.Username(), secret) }), ledger.Authentication},
		{"role", with(func(u *url.URL) { u.User = url.UserPassword("nobody-here", secret) }), ledger.Authentication},
		{"database", with(func(u *url.URL) { u.Path = "/nothing" }), ledger.NoDatabase},
		{"port", with(func(u *url.URL) { u.User, u.Host = url.UserPassword("x", secret), "127.0.0.1:1" }), ledger.Unreachable},
		{"host", with(func(u *url.URL) { u.User, u.Host = url.UserPassword("x", secret), "host.invalid:5432" }), ledger.Unreachable},
		{"encryption", with(func(u *url.URL) { u.RawQuery = "sslmode=require" }), ledger.Encryption},
		{"schema", foreign, ledger.Database},
		{"rights", poor, ledger.Rights},
		{"escape", "postgres://x:" + secret + "@127.0.0.1/" + name, ledger.Other},
		{"words", "host=127.0.0.1 password=" + secret + " port=many", ledger.Other},
		{"certificate", with(func(u *url.URL) { u.RawQuery = "sslmode=verify-full&sslrootcert=/nothing" }), ledger.Other},
	} {
		t.Run(test.name, func(t *testing.T) {
			_, err := postgres.Open(t.Context(), test.address)
			if err == nil {
				t.Fatal("Open succeeded")
			}
			if kind := kindOf(t, err); kind != test.want {
				t.Errorf("%q: %v, want %q", kind, err, test.want)
			}
			u, _ := url.Parse(address)
			for _, password := range []string{secret, "s3cret", "%zz", url.QueryEscape(secret), first(u.User.Password())} {
				if text := fmt.Sprintf("%v %+v %#v", err, err, err); strings.Contains(text, password) {
					t.Errorf("the error shows %q: %s", password, text)
				}
			}
		})
	}
}

// TestSettings opens addresses with invalid settings.
func TestSettings(t *testing.T) {
	t.Parallel()
	const secret = "s3cret"
	for _, setting := range []string{"sslmode", "target_session_attrs", "channel_binding", "connect_timeout", "require_auth", "sslcertmode", "service"} {
		_, err := postgres.Open(t.Context(), "postgres://x:"+secret+"@127.0.0.1:1/d?"+setting+"=nonsense")
		refused, ok := errors.AsType[*postgres.SettingError](err)
		if !ok || refused.Setting != setting || strings.Contains(fmt.Sprintf("%v %+v %#v", err, err, err), secret) {
			t.Errorf("%s: %v", setting, err)
		}
	}
}

func first(password string, _ bool) string { return password }

// TestDurable checks that commits are synchronous whatever the database's default is.
func TestDurable(t *testing.T) {
	t.Parallel()
	address := database(t)
	name := nameOf(t, address)
	server := pgtest.Shared(t)
	for setting, want := range map[string]string{"off": "on", "local": "local", "remote_apply": "remote_apply"} {
		server.Query(t, name, fmt.Sprintf("ALTER DATABASE %q SET synchronous_commit = %s", name, setting))
		var got string
		if err := open(t, address, short).Pool().QueryRow(t.Context(), "SHOW synchronous_commit").Scan(&got); err != nil || got != want {
			t.Errorf("%s became %s, %v", setting, got, err)
		}
	}
}

// TestEnvironment opens a database that the environment names.
func TestEnvironment(t *testing.T) {
	u, _ := url.Parse(database(t))
	t.Setenv("PGHOST", u.Hostname())
	t.Setenv("PGPORT", u.Port())
	t.Setenv("PGUSER", u.User.Username())
	t.Setenv("PGDATABASE", strings.TrimPrefix(u.Path, "/"))
	file := t.TempDir() + "/pgpass"
	if err := os.WriteFile(file, []byte("*:*:*:*:"+first(u.User.Password())+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	t.Setenv("PGPASSFILE", file)
	open(t, "postgres://", short)
}

// TestSkew compares the times of attempts by hosts whose clocks differ.
func TestSkew(t *testing.T) {
	t.Parallel()
	address := database(t)
	a, b := open(t, address, time.Minute), open(t, address, time.Minute)
	if a.Skew() != 0 {
		t.Fatalf("this host's clock is off by %s", a.Skew())
	}
	tried := time.Now().UTC().Round(0)
	run, err := a.Start(t.Context(), ledger.RunInfo{ID: "one", Scope: ledger.Real}, ledgertest.Keys(2))
	if err != nil {
		t.Fatal(err)
	}
	o := ledgertest.Outcome(ledgertest.Application(0), "UNKNOWN")
	o.Tried = tried
	for _, step := range []func() error{
		func() error { return run.Begin(t.Context(), ledgertest.Application(0)) },
		func() error { return run.Finish(t.Context(), o) },
		func() error { return run.Begin(t.Context(), ledgertest.Application(1)) },
	} {
		if err := step(); err != nil {
			t.Fatal(err)
		}
	}
	b.SetSkew(30 * time.Second) // b's clock is behind
	for i, want := range []time.Time{tried, tried.Add(time.Minute)} {
		for s, skew := range map[*postgres.Store]time.Duration{a: 0, b: 30 * time.Second} {
			past, err := s.Past(t.Context(), ledger.Real, batch.PlaceLOA, ledgertest.Keys(2))
			if err != nil {
				t.Fatal(err)
			}
			if off := past[ledgertest.Key(i)].Tried.Sub(want) + skew; off.Abs() > 5*time.Second || i == 0 && off != 0 {
				t.Errorf("circuit %d, clock behind by %s: tried %s, off by %s", i, skew, past[ledgertest.Key(i)].Tried, off)
			}
		}
	}
}

// TestClocksOfLOAs has a host whose clock is ahead see an LOA before another one does. The later answer counts,
// whatever the clocks say.
func TestClocksOfLOAs(t *testing.T) {
	t.Parallel()
	address := pgtest.Database(t)
	ahead, right := open(t, address, postgres.Silence), open(t, address, postgres.Silence)
	key, ctx := batch.Key{Region: "cn-hangzhou", InstanceID: "pc-1"}, t.Context()
	saw := func(s *postgres.Store, status string, at time.Time) {
		t.Helper()
		if err := s.SawLOAs(ctx, ledger.Real, []ledger.LOA{{Key: key, Status: status, Asked: at}}); err != nil {
			t.Fatal(err)
		}
	}
	now := time.Now().UTC().Truncate(time.Second)
	ahead.SetSkew(-5 * time.Minute)
	saw(ahead, "Applying", now.Add(5*time.Minute))
	saw(right, "Available", now.Add(10*time.Second))
	for _, test := range []struct {
		store *postgres.Store
		since time.Time
	}{{right, now.Add(10 * time.Second)}, {ahead, now.Add(5*time.Minute + 10*time.Second)}} {
		all, err := test.store.LOAs(ctx, ledger.Real, nil)
		if l := all[key]; err != nil || l.Status != "Available" || !l.Since.Equal(test.since) {
			t.Errorf("%v: %+v", err, l)
		}
		one, err := test.store.LOAs(ctx, ledger.Real, []batch.Key{key})
		if err != nil || one[key] != all[key] {
			t.Errorf("%v: %+v", err, one[key])
		}
		history, err := test.store.LOAHistory(ctx)
		if err != nil || len(history) != 2 || !history[1].Since.Equal(test.since) {
			t.Errorf("%v: %+v", err, history)
		}
	}
}
