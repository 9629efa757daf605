package simulator

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

// Circuit declares one Express Connect circuit of the simulated account.
type Circuit struct {
	Region         string
	InstanceID     string // pc-…
	Status         string // as DescribePhysicalConnections spells it; empty means Allocated
	BusinessStatus string // Normal, FinancialLocked or SecurityLocked; empty means Normal
	LOA            string // state of an LOA that stands there already, such as Rejected; empty means there is none
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

// Marker is a text in an instance ID that gives an undeclared circuit a history, so that
// a workbook can show what a refusal looks like.
type Marker struct {
	Text  string // anywhere in the instance ID, in any case
	Means string
	make  func(*circuit)
}

// Markers lists them. The first one that an instance ID carries counts.
var Markers = []Marker{
	{"notfound", "the account has no such circuit", func(c *circuit) { c.absent = true }},
	{"notallocated", "the circuit waits for its port: status Approved", func(c *circuit) { c.Status = "Approved" }},
	{"locked", "the circuit is locked for an unpaid bill: business status FinancialLocked", func(c *circuit) { c.BusinessStatus = "FinancialLocked" }},
	{"hasloa", "somebody applied elsewhere: its LOA is Applying", func(c *circuit) { c.LOA = Applying }},
	{"available", "its LOA was approved before: Available", func(c *circuit) { c.LOA = Available }},
	{"rejected", "its LOA was rejected: only SecondApplyPhysicalConnectionLOA applies again", func(c *circuit) { c.LOA = Rejected }},
	{"deleted", "its LOA was deleted: it can be applied for", func(c *circuit) { c.LOA = Deleted }},
	{"forbidden", "the RAM policy denies every application for it: Forbidden.RAM", func(c *circuit) { c.forbidden = true }},
	{"willreject", "its LOA is rejected when it is reviewed", func(c *circuit) { c.doomed = true }},
}

type circuitKey struct{ region, instance string }

// circuit is the state of one circuit and what was done to it.
type circuit struct {
	Circuit
	absent    bool // the account has no such circuit
	forbidden bool // the RAM policy denies applications
	doomed    bool // the review rejects its LOA

	loa     loaData
	former  string    // the LOA's state before it was last applied for
	applied time.Time // when it was last applied for; zero if it never was here
	tally   circuitTally
}

// loaData is what was applied for, with personal data masked.
type loaData struct {
	company, si, lineType, construction string
	peer                                string
	bandwidth                           int
	engineers                           []map[string]string
}

// circuits are those of the account, by region and instance ID.
type circuits struct {
	all        map[circuitKey]*circuit
	declared   bool          // undeclared circuits are not found
	reviewTime time.Duration // an LOA is reviewed so long after it was applied for; 0 means never
}

// elsewhere is what an LOA asks for that stood there already: nothing that a client of
// this simulator applied for.
var elsewhere = loaData{
	company: "Somebody Else Ltd", si: "Other Builders Ltd", lineType: "Other", construction: "2020-01-02T03:04:05Z",
	engineers: []map[string]string{{"PMName": "*", "PMCertificateType": "Other", "PMCertificateNo": "*", "PMGender": "Male", "PMContactInfo": "*"}},
}

// declare adds a circuit.
func (cs *circuits) declare(c Circuit) {
	if c.Status == "" {
		c.Status = "Allocated"
	}
	if c.BusinessStatus == "" {
		c.BusinessStatus = "Normal"
	}
	cs.all[circuitKey{c.Region, c.InstanceID}] = &circuit{Circuit: c, loa: elsewhere}
}

// get gives a circuit as it stands at a time. One that was never declared comes into
// being here, as its markers tell.
func (cs *circuits) get(region, instance string, at time.Time) *circuit {
	key := circuitKey{region, instance}
	c, known := cs.all[key]
	if !known {
		cs.declare(Circuit{Region: region, InstanceID: instance})
		c = cs.all[key]
		c.absent = cs.declared || !strings.HasPrefix(instance, "pc-")
		c.mark()
	}
	c.review(at, cs.reviewTime)
	return c
}

// told gives the LOA's state as the Describe APIs tell it at a time, which lags behind.
func (c *circuit) told(at time.Time, lag time.Duration) string {
	if !c.applied.IsZero() && at.Sub(c.applied) < lag {
		return c.former
	}
	return c.LOA
}

// mark applies the first marker of the instance ID.
func (c *circuit) mark() {
	id := strings.ToLower(c.InstanceID)
	for _, m := range Markers {
		if strings.Contains(id, m.Text) {
			m.make(c)
			return
		}
	}
}

// review ages an LOA that waits: it becomes available or is rejected.
func (c *circuit) review(at time.Time, after time.Duration) {
	if after <= 0 || c.LOA != Applying || c.applied.IsZero() || at.Sub(c.applied) < after {
		return
	}
	c.LOA = Available
	if c.doomed {
		c.LOA = Rejected
	}
}

// Age sets the state of the LOA of a circuit, as the people behind the service would:
// Accept, Available or Rejected after Applying, and so on. An empty instance ID means
// every LOA that waits, an empty region all regions. It gives the number of LOAs it set.
func (s *Simulator) Age(region, instance, state string) (int, error) {
	if !slices.Contains(loaStates, state) {
		return 0, fmt.Errorf("no state of an LOA: %q; it is one of %s", state, strings.Join(loaStates, ", "))
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

// list gives the circuits of a region that pass all filters, by instance ID.
func (cs *circuits) list(region string, filters map[string][]string, at time.Time) []*circuit {
	var found []*circuit
	for key, c := range cs.all {
		if key.region != region || c.absent {
			continue
		}
		c.review(at, cs.reviewTime)
		if c.passes(filters) {
			found = append(found, c)
		}
	}
	slices.SortFunc(found, func(a, b *circuit) int { return strings.Compare(a.InstanceID, b.InstanceID) })
	return found
}

// passes reports whether every filter names the circuit's value.
func (c *circuit) passes(filters map[string][]string) bool {
	for key, values := range filters {
		if !slices.Contains(values, filterFields[key](c)) {
			return false
		}
	}
	return true
}

// row gives the circuit with the field names of DescribePhysicalConnections.
func (c *circuit) row(loa string) map[string]any {
	return map[string]any{
		"PhysicalConnectionId": c.InstanceID, "Name": c.InstanceID, "Description": "",
		"Status": c.Status, "BusinessStatus": c.BusinessStatus, "LoaStatus": loa,
		"Bandwidth": c.loa.bandwidth, "PeerLocation": c.loa.peer, "Type": "VPC", "PortType": "10GBase-LR",
		"LineOperator": "Other", "AccessPointId": "ap-" + c.Region + "-simulated", "ChargeType": "Prepaid",
		"VirtualPhysicalConnectionCount": 0, "ParentPhysicalConnectionAliUid": 0,
	}
}
