package plan_test

import (
	"bytes"
	"cmp"
	"iter"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/loabatch/loabatch/batch"
	"github.com/loabatch/loabatch/batch/approval"
	"github.com/loabatch/loabatch/batch/ledger"
	"github.com/loabatch/loabatch/batch/ledger/sqlite"
	"github.com/loabatch/loabatch/batch/plan"
	"github.com/loabatch/loabatch/sheet"
	"github.com/loabatch/loabatch/sheet/xlsx"
)

// acceptedScope is the scope of the ledger testdata/accepted.db.
var acceptedScope = ledger.EndpointScope("http://127.0.0.1:35431").ForAccount("1000000000000001")

// TestALedgerOfAnEarlierRelease plans testdata/accepted.xlsx against testdata/accepted.db, in which an
// earlier release recorded that all its rows were accepted. No row may count as changed since.
func TestALedgerOfAnEarlierRelease(t *testing.T) {
	w := acceptedWorkbook(t, func(b sheet.Book) sheet.Book { return b })
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
			t.Errorf("row %d has the token %s and the hash %s, but had %s and %s", a.Row, a.Token, a.Hash, r.Token, r.Hash)
		}
	}
	w.Circuits[0].Si += " & Sons"
	if p := plan.New(w, plan.Options{Past: past}); len(p.Problems) != 1 || p.Settled[0].Result != sheet.Invalid {
		t.Errorf("a changed row is %s, problems: %v", p.Settled[0].Result, p.Problems)
	}
}

// TestEveryParameterIsHashed changes one cell at a time. What is sent must be part of the
// content hash, or an edit of an accepted row would go unnoticed.
func TestEveryParameterIsHashed(t *testing.T) {
	elsewhere := []string{
		"InstanceId", "RegionId", "ClientToken", // part of the token, not of the content
		"LineCode", "LineLabel", "LineServiceProvider", "LineSPContactInfo", "FinishWork", "ConfirmPhysicalConnection", // of other operations
	}
	others := map[sheet.ColumnID]string{ // values other than those of the first row
		sheet.CircuitCompanyName: "Another Company", sheet.CircuitLineType: "FIBRE", sheet.CircuitSi: "Another Builder",
		sheet.CircuitConstructionTime: "2031-02-03T04:05:06Z", sheet.CircuitBandwidth: "777", sheet.CircuitPeerLocation: "Another place",
		sheet.EngineerName: "Testperson Z", sheet.EngineerCertificateType: "Passport", sheet.EngineerCertificateNo: "E99999999",
		sheet.EngineerGender: "Female", sheet.EngineerContact: "+86 139 0000 9999",
	}
	before := firstHash(t, sheet.NoColumn, "")
	for _, c := range sheet.Columns {
		if c.Parameter == "" || slices.Contains(elsewhere, c.Parameter) {
			continue
		}
		if others[c.ID] == "" {
			t.Errorf("add a value for the column %s to this test", c.Header)
		} else if firstHash(t, c.ID, others[c.ID]) == before {
			t.Errorf("the content hash ignores the column %s", c.Header)
		}
		if c.Sheet == sheet.CircuitsSheet {
			shown(t, c, others[c.ID])
		}
	}
}

// shown checks that another value in one column of the first circuit is shown to whoever
// approves a plan, and named if the row has been changed to it.
func shown(t *testing.T, column sheet.Column, value string) {
	w := acceptedWorkbook(t, func(b sheet.Book) sheet.Book { return changedBook{b, column.ID, value} })
	then := acceptedWorkbook(t, func(b sheet.Book) sheet.Book { return b })
	outcomes := make([]batch.Outcome, len(w.Circuits))
	for i := range outcomes {
		outcomes[i] = batch.Outcome{Row: w.Circuits[i].Row, Key: plan.KeyOf(&w.Circuits[i]), Result: sheet.Valid}
	}
	book := plan.Approvable(w, nil, plan.New(w, plan.Options{DryRun: true}), outcomes, approval.Checks{}, func(*sheet.Circuit) (string, string) { return "", "" })
	if !slices.Contains(book.Rows[0].Values, approval.Value{Name: column.Parameter, Value: value}) {
		t.Errorf("a plan does not show the column %s: %v", column.Header, book.Rows[0].Values)
	}
	sent := batch.Application{Circuit: &then.Circuits[0]}
	for _, i := range then.Circuits[0].Engineers {
		sent.Engineers = append(sent.Engineers, &then.Engineers[i])
	}
	change, known := plan.Changes(w, &w.Circuits[0], then, batch.Apply, sent.ContentHash())
	cell := sheet.Ref{Sheet: w.CircuitsTable.Sheet, Row: w.Circuits[0].Row, Col: w.CircuitsTable.Columns[column.ID]}.String()
	if !known || !slices.Equal(change.Cells, []string{cell}) {
		t.Errorf("%s is not named as changed in the column %s: %v", cell, column.Header, change.Cells)
	}
}

// TestEveryParameterOfACompletionIsHashed changes the line, which an application does not send.
func TestEveryParameterOfACompletionIsHashed(t *testing.T) {
	hashes := map[string]bool{}
	for _, c := range []sheet.Circuit{
		{}, {LineCode: "L-9"}, {LineLabel: "L-9"}, {LineProvider: "L-9"}, {LineContact: "L-9"},
	} {
		a := batch.Application{Operation: batch.Complete, Circuit: &c}
		hashes[a.ContentHash()] = true
		if applied := (&batch.Application{Circuit: &c}); applied.ContentHash() != (&batch.Application{Circuit: &sheet.Circuit{}}).ContentHash() {
			t.Errorf("the content hash of an application depends on %+v", c)
		}
	}
	if len(hashes) != 5 {
		t.Errorf("%d content hashes of 5 lines", len(hashes))
	}
}

// firstHash is the content hash of the first circuit of the accepted workbook, with another
// value in one column.
func firstHash(t *testing.T, column sheet.ColumnID, value string) string {
	w := acceptedWorkbook(t, func(b sheet.Book) sheet.Book { return changedBook{b, column, value} })
	a := batch.Application{Circuit: &w.Circuits[0]}
	for _, i := range w.Circuits[0].Engineers {
		a.Engineers = append(a.Engineers, &w.Engineers[i])
	}
	return a.ContentHash()
}

// changedBook has the same value in each data cell of one column.
type changedBook struct {
	sheet.Book
	column sheet.ColumnID
	value  string
}

// Rows implements [sheet.Book].
func (b changedBook) Rows(name string) iter.Seq2[sheet.Row, error] {
	return func(yield func(sheet.Row, error) bool) {
		col := 0
		for row, err := range b.Book.Rows(name) {
			cells := slices.DeleteFunc(slices.Clone(row.Cells), func(c sheet.Cell) bool { return c.Col == col })
			if col > 0 {
				cells = append(cells, sheet.Cell{Col: col, Type: sheet.TextCell, Value: b.value})
				slices.SortFunc(cells, func(x, y sheet.Cell) int { return cmp.Compare(x.Col, y.Col) })
			} else {
				col = b.find(row)
			}
			row.Cells = cells
			if !yield(row, err) {
				return
			}
		}
	}
}

// find returns the position of the column in a header row, or 0.
func (b changedBook) find(row sheet.Row) int {
	for _, c := range sheet.Columns {
		for _, cell := range row.Cells {
			if c.ID == b.column && c.Header == cell.Value {
				return cell.Col
			}
		}
	}
	return 0
}

func acceptedWorkbook(t *testing.T, change func(sheet.Book) sheet.Book) *sheet.Workbook {
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
	w, err := sheet.Decode(change(book), sheet.Options{Now: time.Date(2026, 11, 26, 12, 0, 0, 0, time.UTC)})
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
	past, err := store.Past(t.Context(), acceptedScope, batch.PlaceLOA, keys)
	if err != nil {
		t.Fatal(err)
	}
	return past
}
