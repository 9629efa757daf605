// Package waiting says what circuits are waiting for, and for how long, from what a ledger
// remembers of their LOAs. It is for people who chase: the reviewers, the construction
// company, or a colleague who has to correct a row.
package waiting

import (
	"cmp"
	"slices"
	"time"

	"github.com/loabatch/loabatch/batch"
	"github.com/loabatch/loabatch/batch/ledger"
)

// Party is who has to do something next.
type Party string

// The parties. The words are stable.
const (
	Nobody  Party = "nobody"               // the circuit is confirmed, or the status is not known
	Review  Party = "alibaba-cloud"        // to review the application, or to issue the letter
	Builder Party = "construction-company" // to build with the letter, and to report that it is finished
	Us      Party = "us"                   // to correct and apply again, to apply, or to confirm the circuit
)

// For returns who is being waited for while an LOA has a status; empty means that there is no
// LOA.
func For(status string) Party {
	switch status {
	case batch.LOAApplying, batch.LOAAccept:
		return Review
	case batch.LOAAvailable:
		return Builder
	case batch.LOACompleting, batch.LOARejected, batch.LOADeleted, "":
		return Us
	}
	return Nobody
}

// Circuit is a circuit that waits for somebody.
type Circuit struct {
	ledger.LOA
	For      Party
	Waits    time.Duration // since its LOA has this status
	Rejected int           // times, so far
}

// Company sums up the applications of a company.
type Company struct {
	Name      string // empty if unknown
	Circuits  int
	Reviewed  int // decisions of the reviewers, either way
	Rejected  int // of them
	StillOpen int // circuits that are rejected now
}

// State is how long LOAs had one status.
type State struct {
	Status          string // empty for no LOA
	Now             int    // circuits that have it
	Times           int    // that it was left for another
	Median, Longest time.Duration
}

// Overview is everything that is known of the circuits of a ledger or of a part of it.
type Overview struct {
	Circuits  []Circuit // that wait for somebody, the longest first
	Companies []Company // by their rejections, the most first
	States    []State   // in the order in which an LOA goes through them; those that were left lasted so long
}

// order is that of the statuses.
var order = []string{"", batch.LOAApplying, batch.LOARejected, batch.LOADeleted, batch.LOAAccept, batch.LOAAvailable, batch.LOACompleting, batch.LOAComplete}

// Of sums up a history as [ledger.LOABook.LOAHistory] lists it, as of now.
func Of(history []ledger.LOA, now time.Time) Overview {
	var o Overview
	companies := map[string]*Company{}
	lasted, present := map[string][]time.Duration{}, map[string]int{}
	for circuit := range perCircuit(history) {
		last := circuit[len(circuit)-1]
		company := companies[last.Company]
		if company == nil {
			company = &Company{Name: last.Company}
			companies[last.Company] = company
		}
		company.Circuits++
		rejected := 0
		for i, l := range circuit {
			switch l.Status {
			case batch.LOARejected:
				rejected++
				company.Reviewed++
			case batch.LOAAccept, batch.LOAAvailable, batch.LOACompleting, batch.LOAComplete:
				if i == 0 || circuit[i-1].Status == batch.LOAApplying {
					company.Reviewed++
				}
			}
			if i+1 < len(circuit) {
				lasted[l.Status] = append(lasted[l.Status], circuit[i+1].Since.Sub(l.Since))
			}
		}
		company.Rejected += rejected
		if last.Status == batch.LOARejected {
			company.StillOpen++
		}
		present[last.Status]++
		if party := For(last.Status); party != Nobody {
			o.Circuits = append(o.Circuits, Circuit{LOA: last, For: party, Waits: now.Sub(last.Since), Rejected: rejected})
		}
	}
	slices.SortStableFunc(o.Circuits, func(a, b Circuit) int { return a.Since.Compare(b.Since) })
	for _, c := range companies {
		o.Companies = append(o.Companies, *c)
	}
	slices.SortFunc(o.Companies, func(a, b Company) int {
		return cmp.Or(-cmp.Compare(a.Rejected, b.Rejected), cmp.Compare(a.Name, b.Name))
	})
	o.States = states(lasted, present)
	return o
}

// perCircuit yields the statuses of one circuit after the other.
func perCircuit(history []ledger.LOA) func(func([]ledger.LOA) bool) {
	return func(yield func([]ledger.LOA) bool) {
		for len(history) > 0 {
			n := slices.IndexFunc(history, func(l ledger.LOA) bool { return l.Scope != history[0].Scope || l.Key != history[0].Key })
			if n < 0 {
				n = len(history)
			}
			if !yield(history[:n]) {
				return
			}
			history = history[n:]
		}
	}
}

// states sums up how long each status lasted, and counts the circuits that have it now.
func states(lasted map[string][]time.Duration, present map[string]int) (list []State) {
	all := slices.Clone(order)
	for status := range present {
		if !slices.Contains(all, status) {
			all = append(all, status)
		}
	}
	for status := range lasted {
		if !slices.Contains(all, status) {
			all = append(all, status)
		}
	}
	slices.Sort(all[len(order):])
	for _, status := range all {
		s := State{Status: status, Now: present[status], Times: len(lasted[status])}
		if s.Times > 0 {
			slices.Sort(lasted[status])
			s.Median, s.Longest = lasted[status][s.Times/2], lasted[status][s.Times-1]
		}
		if s.Now+s.Times > 0 {
			list = append(list, s)
		}
	}
	return list
}
