package plan_test

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/loabatch/loabatch/batch"
	"github.com/loabatch/loabatch/batch/ledger"
	"github.com/loabatch/loabatch/batch/ledger/sqlite"
	"github.com/loabatch/loabatch/batch/plan"
	"github.com/loabatch/loabatch/sheet"
	"github.com/loabatch/loabatch/sheet/xlsx"
)

// acceptedScope is the account whose ledger testdata/accepted.db is.
const acceptedScope ledger.Scope = "endpoint:http://127.0.0.1:35431:1000000000000001"

// TestALedgerOfAnEarlierRelease plans testdata/accepted.xlsx against
// testdata/accepted.db, the ledger in which an earlier release recorded that all its
// rows were accepted. No row may count as changed since.
func TestALedgerOfAnEarlierRelease(t *testing.T) {
	w := acceptedWorkbook(t)
	past := acceptedPast(t, plan.Keys(w))
	if len(past) != len(w.Circuits) {
		t.Fatalf("the ledger knows %d of %d circuits", len(past), len(w.Circuits))
	}
	p := plan.New(w, plan.Options{Past: past})
	if len(p.Applications) != 0 || len(p.Problems) != 0 || len(p.Settled) != len(w.Circuits) {
		t.Errorf("%d rows would be sent again, problems: %v", len(p.Applications), p.Problems)
	}
	for _, o := range p.Settled {
		if o.Result != sheet.Already || o.Reason != batch.ReasonInLedger || o.Token != past[o.Key].Token {
			t.Errorf("row %d is %s (%s), token %s", o.Row, o.Result, o.Reason, o.Token)
		}
	}
	for _, a := range plan.New(w, plan.Options{}).Applications { // as if for the first time
		if r := past[a.Key]; a.Token != r.Token || a.Hash != r.Hash {
			t.Errorf("row %d has the token %s and the hash %s, and had %s and %s", a.Row, a.Token, a.Hash, r.Token, r.Hash)
		}
	}
	w.Circuits[0].Si += " & Sons"
	if p := plan.New(w, plan.Options{Past: past}); len(p.Problems) != 1 || p.Settled[0].Result != sheet.Invalid {
		t.Errorf("a changed row is %s, problems: %v", p.Settled[0].Result, p.Problems)
	}
}

func acceptedWorkbook(t *testing.T) *sheet.Workbook {
	t.Helper()
	data, err := os.ReadFile("testdata/accepted.xlsx")
	if err != nil {
		t.Fatal(err)
	}
	book, err := xlsx.Open(bytes.NewReader(data), int64(len(data)), xlsx.Limits{})
	if err != nil {
		t.Fatal(err)
	}
	defer book.Close()
	w, err := sheet.Decode(book, sheet.Options{Now: time.Date(2026, 11, 26, 12, 0, 0, 0, time.UTC)})
	if err != nil {
		t.Fatal(err)
	}
	return w
}

// acceptedPast reads a copy of the ledger, since opening one may bring it up to date.
func acceptedPast(t *testing.T, keys []batch.Key) map[batch.Key]batch.Record {
	t.Helper()
	data, err := os.ReadFile("testdata/accepted.db")
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "accepted.db")
	if err := os.WriteFile(path, data, 0o600); err != nil {
		t.Fatal(err)
	}
	store, err := sqlite.Open(t.Context(), path)
	if err != nil {
		t.Fatal(err)
	}
	defer store.Close()
	past, err := store.Past(t.Context(), acceptedScope, keys)
	if err != nil {
		t.Fatal(err)
	}
	return past
}
