package accounts_test

import (
	"fmt"
	"slices"
	"testing"

	"github.com/loabatch/loabatch/batch/cli/accounts"
	"github.com/loabatch/loabatch/batch/ledger"
	"github.com/loabatch/loabatch/sheet"
)

// book makes a workbook of rows that name these profiles; a profile with a ! is that of an
// invalid row.
func book(profiles ...string) *sheet.Workbook {
	w := &sheet.Workbook{}
	w.CircuitsTable.Columns = map[sheet.ColumnID]int{sheet.CircuitAccount: 10}
	for i, p := range profiles {
		c := sheet.Circuit{Row: i + 2, InstanceID: fmt.Sprint("pc-", i), RegionID: "cn-hangzhou", Account: p}
		if n := len(p) - 1; n >= 0 && p[n] == '!' {
			c.Account, c.Invalid = p[:n], true
		}
		w.Circuits = append(w.Circuits, c)
	}
	return w
}

func TestDivide(t *testing.T) {
	for _, test := range []struct {
		own   string
		books []*sheet.Workbook
		want  []string // profiles
		rows  []int    // the profile of each row of the last workbook
	}{
		{"", []*sheet.Workbook{book("", "")}, []string{""}, []int{0, 0}},
		{"run", []*sheet.Workbook{book("", "run")}, []string{"run"}, []int{0, 0}},
		{"", []*sheet.Workbook{book("night", "", "night", "day")}, []string{"night", "", "day"}, []int{0, 1, 0, 2}},
		{"", []*sheet.Workbook{book("lost!", "night", "!")}, []string{"night"}, []int{0, 0, 0}},
		{"", []*sheet.Workbook{book("lost!", "!")}, []string{"lost", ""}, []int{0, 1}},
		{"", []*sheet.Workbook{book("day"), book("night", "night")}, []string{"day", "night"}, []int{1, 1}},
		{"run", []*sheet.Workbook{book()}, []string{"run"}, nil},
	} {
		d := accounts.Divide(test.own, test.books...)
		last := test.books[len(test.books)-1]
		var rows []int
		keys := make([]int, len(d.Profiles))
		for i := range last.Circuits {
			rows = append(rows, d.Of(&last.Circuits[i]))
			keys[rows[i]]++
		}
		if !slices.Equal(d.Profiles, test.want) || !slices.Equal(rows, test.rows) {
			t.Errorf("%+v: profiles %q, rows %v", test, d.Profiles, rows)
		}
		for i, list := range d.Keys(last) {
			if len(list) != keys[i] {
				t.Errorf("%+v: %d circuits of profile %d", test, len(list), i)
			}
		}
	}
}

// A row of a workbook that was not divided must not go to another row's account.
func TestOfAnotherWorkbook(t *testing.T) {
	defer func() {
		if recover() == nil {
			t.Error("a row whose profile is not known has an account")
		}
	}()
	accounts.Divide("", book("")).Of(&book("night").Circuits[0])
}

func TestFold(t *testing.T) {
	run := func(id, account string, submitted int) ledger.RunSummary {
		return ledger.RunSummary{
			RunInfo: ledger.RunInfo{ID: id, Account: account, Scope: ledger.Real.ForAccount(account)},
			Results: map[sheet.Result]int{sheet.Submitted: submitted},
		}
	}
	list := []ledger.RunSummary{
		run("c", "1", 7),
		run(accounts.PartID("b", 2), "1", 1), run(accounts.PartID("b", 1), "", 2), run(accounts.PartID("b", 0), "2", 4),
		run("a", "3", 1),
	}
	got := accounts.Fold(list)
	if len(got) != 3 || got[0].ID != "c" || got[1].ID != "b" || got[2].ID != "a" {
		t.Fatalf("%+v", got)
	}
	if b := got[1]; b.Results[sheet.Submitted] != 7 || !slices.Equal(b.Accounts, []string{"2", "1"}) || b.Account != "" || b.Scopes() != "real:2, 1" {
		t.Errorf("%+v, scopes %s", b, b.Scopes())
	}
	if c := got[0]; c.Account != "1" || c.Scopes() != "real:1" || !slices.Equal(c.Accounts, []string{"1"}) {
		t.Errorf("%+v", c)
	}
	if accounts.Whole("b.3") != "b" || accounts.Whole("b") != "b" {
		t.Error("the ID of a part does not lead to its run")
	}
}

func TestUsed(t *testing.T) {
	without := book("night")
	without.CircuitsTable.Columns = nil
	for _, test := range []struct {
		w           *sheet.Workbook
		named, used bool
	}{{book("", "night"), true, true}, {book("", ""), true, false}, {without, false, false}} {
		if accounts.Named(test.w) != test.named || accounts.Used(test.w) != test.used {
			t.Errorf("%+v: named %v, used %v", test.w.Circuits, accounts.Named(test.w), accounts.Used(test.w))
		}
	}
}
