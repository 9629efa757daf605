package postgres_test

import (
	"context"
	"testing"
	"time"

	"github.com/loabatch/loabatch/batch/ledger"
	"github.com/loabatch/loabatch/batch/ledger/ledgertest"
	"github.com/loabatch/loabatch/batch/ledger/postgres"
	"github.com/loabatch/loabatch/batch/ledger/postgres/pgtest"
)

// database is the URL of an empty ledger.
func database(t testing.TB) string {
	t.Helper()
	return pgtest.Prepared(t, "ledger", func(url string) error {
		s, err := postgres.Open(context.Background(), url)
		if err != nil {
			return err
		}
		return s.Close()
	})
}

func open(t testing.TB, url string, silence time.Duration) *postgres.Store {
	t.Helper()
	s, err := postgres.OpenWith(context.Background(), url, silence)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	return s
}

func TestConformance(t *testing.T) {
	t.Parallel()
	ledgertest.Run(t, ledgertest.Backend{
		New: func(t *testing.T) ledgertest.Open {
			url := database(t)
			return func(t *testing.T) ledger.Store { return open(t, url, postgres.Silence) }
		},
		Kill: func(t *testing.T, s ledger.Store, runID string) {
			if err := s.(*postgres.Store).Kill(t.Context(), runID); err != nil {
				t.Fatal(err)
			}
		},
	})
}

// short is a silence for tests.
const short = time.Second

func TestShared(t *testing.T) {
	t.Parallel()
	ledgertest.RunShared(t, ledgertest.SharedBackend{
		New: func(t *testing.T) ledgertest.OpenShared {
			url := database(t)
			return func(t *testing.T) ledger.Shared { return open(t, url, short) }
		},
		Silence: func(_ *testing.T, m ledger.Member) { m.(*postgres.Member).Silent() },
	})
}
