package simulator

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

// Circuit declares an Express Connect circuit.
type Circuit struct {
	Account        string // that it belongs to; empty means the first that names it
	Region         string
	InstanceID     string // pc-…
	Status         string // as DescribePhysicalConnections spells it; empty means Allocated
	BusinessStatus string // Normal, FinancialLocked or SecurityLocked; empty means Normal
	LOA            string // state of its existing LOA, such as Rejected; empty means no LOA
	Bandwidth      int    // Mbit/s, until an application names another
	PeerLocation   string // until an application names another
}

// The states of an LOA, as DescribePhysicalConnectionLOA spells them.
const (
	Applying   = "Applying"
	Accept     = "Accept"
	Available  = "Available"
	Rejected   = "Rejected"
	Completing = "Completing"
	Complete   = "Complete"
	Deleted    = "Deleted"
)

var loaStates = []string{Applying, Accept, Available, Rejected, Completing, Complete, Deleted}

// Marker is a text in an instance ID that puts an undeclared circuit into a certain state.
// With markers a workbook alone can provoke refusals.
type Marker struct {
	Text  string // anywhere in the instance ID, in any case
	Means string // state of the circuit, for people
	make  func(*circuit)
}

// Markers lists the markers. The first one found in an instance ID applies.
var Markers = []Marker{
	{"notfound", "the account has no such circuit", func(c *circuit) { c.absent = true }},
	{"notallocated", "the circuit is waiting for its port: status Approved", func(c *circuit) { c.Status = "Approved" }},
	{"locked", "the circuit is locked for an unpaid bill: business status FinancialLocked", func(c *circuit) { c.BusinessStatus = "FinancialLocked" }},
	{"hasloa", "its LOA was applied for by someone else: Applying", func(c *circuit) { c.LOA = Applying }},
	{"available", "its LOA is already approved: Available", func(c *circuit) { c.LOA = Available }},
	{"rejected", "its LOA was rejected: only SecondApplyPhysicalConnectionLOA applies again", func(c *circuit) { c.LOA = Rejected }},
	{"deleted", "its LOA was deleted: it can be applied for again", func(c *circuit) { c.LOA = Deleted }},
	{"forbidden", "the RAM policy denies every application for it: Forbidden.RAM", func(c *circuit) { c.forbidden = true }},
	{"willreject", "its LOA will be rejected when it is reviewed", func(c *circuit) { c.willReject = true }},
}

type circuitKey struct{ region, instance string }

// circuit is the state and the history of one circuit.
type circuit struct {
	Circuit
	absent     bool // the account has no such circuit
	forbidden  bool // the RAM policy denies applications
	willReject bool // the review rejects its LOA

	content loaData
	former  string    // LOA state before the last application
	applied time.Time // time of the last application; zero if there was none
	tally   circuitTally
}

// loaData is the content of an application, with personal data masked.
type loaData struct {
	company, si, lineType, construction string
	peer                                string
	bandwidth                           int
	engineers                           []map[string]string
}

// circuits are those of all accounts, by region and instance ID.
type circuits struct {
	all        map[circuitKey]*circuit
	declared   bool          // only declared circuits exist
	reviewTime time.Duration // time from an application to its review; 0 means never
}

// foreignLOA is the content of an LOA that existed before the simulator started: another
// company's than any client's.
var foreignLOA = loaData{
	company: "Another Company Ltd", si: "Other Builders Ltd", lineType: "Other", construction: "2020-01-02T03:04:05Z",
	engineers: []map[string]string{{"PMName": "*", "PMCertificateType": "Other", "PMCertificateNo": "*", "PMGender": "Male", "PMContactInfo": "*"}},
}

// of returns the content with what is declared of a circuit.
func (d loaData) of(c Circuit) loaData {
	d.bandwidth, d.peer = c.Bandwidth, c.PeerLocation
	return d
}

// declare adds a circuit.
func (cs *circuits) declare(c Circuit) {
	if c.Status == "" {
		c.Status = "Allocated"
	}
	if c.BusinessStatus == "" {
		c.BusinessStatus = "Normal"
	}
	cs.all[circuitKey{c.Region, c.InstanceID}] = &circuit{Circuit: c, content: foreignLOA.of(c)}
}

// get returns a circuit as of a time, for an account. It creates an undeclared one, in the
// state that its marker gives. Another account's does not exist.
func (cs *circuits) get(account, region, instance string, at time.Time) *circuit {
	key := circuitKey{region, instance}
	c, known := cs.all[key]
	if !known {
		cs.declare(Circuit{Region: region, InstanceID: instance})
		c = cs.all[key]
		c.absent = cs.declared || !strings.HasPrefix(instance, "pc-")
		c.applyMarker()
	}
	if c.Account == "" {
		c.Account = account
	}
	if c.Account != account {
		return &circuit{Circuit: Circuit{Account: account, Region: region, InstanceID: instance}, absent: true}
	}
	c.review(at, cs.reviewTime)
	return c
}

// visibleLOA returns the LOA state that the Describe APIs, which lag behind, report at a time.
func (c *circuit) visibleLOA(at time.Time, lag time.Duration) string {
	if !c.applied.IsZero() && at.Sub(c.applied) < lag {
		return c.former
	}
	return c.LOA
}

// applyMarker applies the first marker found in the instance ID.
func (c *circuit) applyMarker() {
	id := strings.ToLower(c.InstanceID)
	for _, m := range Markers {
		if strings.Contains(id, m.Text) {
			m.make(c)
			return
		}
	}
}

// review makes a waiting LOA available or rejected once it is old enough.
func (c *circuit) review(at time.Time, after time.Duration) {
	if after <= 0 || c.LOA != Applying || c.applied.IsZero() || at.Sub(c.applied) < after {
		return
	}
	c.LOA = Available
	if c.willReject {
		c.LOA = Rejected
	}
}

// Age sets the state of the LOA of a circuit, as the service's staff would: Accept,
// Available or Rejected after Applying, and so on. An empty instance ID means every LOA in
// state Applying, an empty region all regions. Age returns the number of LOAs it set, and
// an error if state is not an LOA state.
func (s *Simulator) Age(region, instance, state string) (int, error) {
	if !slices.Contains(loaStates, state) {
		return 0, fmt.Errorf("unknown LOA state %q; want one of %s", state, strings.Join(loaStates, ", "))
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	n := 0
	for key, c := range s.circuits.all {
		one := instance != "" && key.instance == instance && c.LOA != ""
		waiting := instance == "" && c.LOA == Applying
		if (region == "" || key.region == region) && (one || waiting) {
			c.LOA = state
			n++
		}
	}
	return n, nil
}

// list returns the circuits of an account in a region that match all filters, sorted by
// instance ID.
func (cs *circuits) list(account, region string, filters map[string][]string, at time.Time) []*circuit {
	var found []*circuit
	add := func(c *circuit) {
		if c == nil || c.Region != region || c.absent || c.Account != account && c.Account != "" {
			return
		}
		c.review(at, cs.reviewTime)
		if c.matches(filters) {
			found = append(found, c)
		}
	}
	if ids, named := filters["PhysicalConnectionId"]; named { // of a hundred thousand, five
		for _, id := range slices.Compact(slices.Sorted(slices.Values(ids))) {
			add(cs.all[circuitKey{region, id}])
		}
	} else {
		for _, c := range cs.all {
			add(c)
		}
	}
	slices.SortFunc(found, func(a, b *circuit) int { return strings.Compare(a.InstanceID, b.InstanceID) })
	return found
}

// matches reports whether the circuit has one of the values of every filter.
func (c *circuit) matches(filters map[string][]string) bool {
	for key, values := range filters {
		if !slices.Contains(values, filterFields[key](c)) {
			return false
		}
	}
	return true
}

// row returns the circuit with the field names of DescribePhysicalConnections.
func (c *circuit) row(loa string) map[string]any {
	return map[string]any{
		"PhysicalConnectionId": c.InstanceID, "Name": c.InstanceID, "Description": "",
		"Status": c.Status, "BusinessStatus": c.BusinessStatus, "LoaStatus": loa,
		"Bandwidth": c.content.bandwidth, "PeerLocation": c.content.peer, "Type": "VPC", "PortType": "10GBase-LR",
		"LineOperator": "Other", "AccessPointId": "ap-" + c.Region + "-simulated", "ChargeType": "Prepaid",
		"VirtualPhysicalConnectionCount": 0, "ParentPhysicalConnectionAliUid": 0,
	}
}
