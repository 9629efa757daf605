// Package accounts divides a run by the accounts of its rows. A row names its account by a
// credentials profile in its Account cell; a row without one belongs to the account of the
// run. To people, a run over several accounts is one run. In the ledger it is one run for each
// profile, since the scope of a ledger's run is one account: the first has the ID of the
// run, such as 20270115-020000-k3f9q, and the others 20270115-020000-k3f9q.2 and so on.
package accounts

import (
	"slices"
	"strconv"
	"strings"

	"github.com/loabatch/loabatch/batch"
	"github.com/loabatch/loabatch/batch/ledger"
	"github.com/loabatch/loabatch/batch/plan"
	"github.com/loabatch/loabatch/sheet"
)

// Division divides the rows of workbooks by credentials profile.
type Division struct {
	Profiles []string // in the order of their first rows, at least one; "" is the standard chain
	index    map[string]int
	own      string
}

// Divide divides the rows of workbooks; own is the profile of rows that name none. Profiles
// named only in invalid rows are left out, unless all rows are invalid.
func Divide(own string, books ...*sheet.Workbook) *Division {
	d := &Division{index: map[string]int{}, own: own}
	for _, invalid := range []bool{false, true} {
		for _, w := range books {
			for i := range w.Circuits {
				if c := &w.Circuits[i]; c.Invalid == invalid {
					d.add(d.profile(c))
				}
			}
		}
		if len(d.Profiles) > 0 {
			return d
		}
	}
	d.add(own)
	return d
}

func (d *Division) profile(c *sheet.Circuit) string {
	if c.Account == "" {
		return d.own
	}
	return c.Account
}

func (d *Division) add(profile string) {
	if _, known := d.index[profile]; !known {
		d.index[profile] = len(d.Profiles)
		d.Profiles = append(d.Profiles, profile)
	}
}

// Of returns the index of a row's profile. An invalid row whose profile was left out goes
// with the first; for any other row of other workbooks, Of panics.
func (d *Division) Of(c *sheet.Circuit) int {
	i, known := d.index[d.profile(c)]
	if !known && !c.Invalid {
		panic("a row of another workbook") // it must not go to another account
	}
	return i
}

// Keys lists the circuits of a workbook by profile, as [plan.Keys] does.
func (d *Division) Keys(w *sheet.Workbook) [][]batch.Key {
	if len(d.Profiles) == 1 {
		return [][]batch.Key{plan.Keys(w)}
	}
	type placed struct {
		key batch.Key
		in  int
	}
	keys, seen := make([][]batch.Key, len(d.Profiles)), map[placed]bool{}
	for i := range w.Circuits {
		p := placed{plan.KeyOf(&w.Circuits[i]), d.Of(&w.Circuits[i])}
		if p.key.InstanceID != "" && !seen[p] {
			seen[p] = true
			keys[p.in] = append(keys[p.in], p.key)
		}
	}
	return keys
}

// Named reports whether a workbook has the column Account.
func Named(w *sheet.Workbook) bool { return w.CircuitsTable.Columns[sheet.CircuitAccount] > 0 }

// Used reports whether a row of a workbook names an account.
func Used(w *sheet.Workbook) bool {
	return Named(w) && slices.ContainsFunc(w.Circuits, func(c sheet.Circuit) bool { return c.Account != "" })
}

// PartID is the ID of a run's n-th part, from 0 on, in the ledger.
func PartID(run string, n int) string {
	if n == 0 {
		return run
	}
	return run + "." + strconv.Itoa(n+1)
}

// Whole returns the ID of the run that a run in the ledger is a part of.
func Whole(id string) string {
	run, _, _ := strings.Cut(id, ".")
	return run
}

// Run is a run as people see it, with all its parts.
type Run struct {
	ledger.RunSummary          // of its first part, with the results of all
	Accounts          []string // IDs, in the order of its parts
}

// Scopes is the scope of the run's first part, followed by the other accounts.
func (r *Run) Scopes() string {
	scopes := []string{string(r.Scope)}
	if len(r.Accounts) > 1 {
		scopes = append(scopes, r.Accounts[1:]...)
	}
	return strings.Join(scopes, ", ")
}

// Fold returns the runs of a ledger, the latest first, with the parts of each as one.
func Fold(list []ledger.RunSummary) []Run {
	var folded []Run
	parts := map[string][]ledger.RunSummary{} // by run; the first part comes last
	for _, r := range list {
		whole := Whole(r.ID)
		if parts[whole] = append(parts[whole], r); r.ID == whole {
			folded = append(folded, join(parts[whole]))
		}
	}
	return folded
}

// members lists the processes that worked on a run. Each is a member of every part.
func members(parts []ledger.RunSummary) (list []ledger.MemberSummary) {
	for _, p := range slices.Backward(parts) {
		for _, m := range p.Members {
			i := slices.IndexFunc(list, func(o ledger.MemberSummary) bool { return o.Host == m.Host && o.PID == m.PID })
			if i < 0 {
				list = append(list, m)
				continue
			}
			list[i].Rows += m.Rows
			list[i].Claimed += m.Claimed
			list[i].Figures.Requests += m.Figures.Requests
		}
	}
	return list
}

// join combines the parts of a run, of which the first comes last.
func join(parts []ledger.RunSummary) Run {
	all := Run{RunSummary: parts[len(parts)-1], Accounts: []string{}}
	if len(parts) > 1 {
		all.Members = members(parts)
		all.Results = map[sheet.Result]int{}
		for _, p := range parts {
			for result, n := range p.Results {
				all.Results[result] += n
			}
			if all.Pruned.IsZero() {
				all.Pruned = p.Pruned
			}
		}
	}
	for _, p := range slices.Backward(parts) {
		if p.Account != "" && !slices.Contains(all.Accounts, p.Account) {
			all.Accounts = append(all.Accounts, p.Account)
		}
	}
	if len(all.Accounts) > 1 {
		all.Account = ""
	}
	return all
}
