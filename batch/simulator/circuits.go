package simulator

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

// Circuit declares an Express Connect circuit.
type Circuit struct {
	Account        string // the account that it belongs to; empty means the first that names it
	Region         string
	InstanceID     string // pc-…
	Status         string // one of the statuses of a circuit; empty means Allocated
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

// circuitStates are the statuses of a circuit, as DescribePhysicalConnections spells them:
// Approved and Allocating before it has its port, Allocated while it is being built,
// Confirmed once it was confirmed, Enabled while it is in service.
var circuitStates = []string{
	"Initial", "Approved", "Allocating", "Allocated", "Confirmed", "Enabled",
	"Rejected", "Canceled", "Allocation Failed", "Terminated",
}

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
	{"completing", "its construction was reported as finished: Completing", func(c *circuit) { c.LOA = Completing }},
	{"inservice", "its LOA is Complete and the circuit Enabled", func(c *circuit) { c.LOA, c.Status = Complete, "Enabled" }},
	{"forbidden", "the RAM policy denies applying for it, completing and confirming it: Forbidden.RAM", func(c *circuit) { c.forbidden = true }},
	{"willreject", "its LOA will be rejected whenever it is reviewed", func(c *circuit) { c.rejections = always }},
	{"rejectonce", "its LOA will be rejected by the first review", func(c *circuit) { c.rejections = 1 }},
	{"rejecttwice", "its LOA will be rejected by the first two reviews", func(c *circuit) { c.rejections = 2 }},
	{"slowletter", "its LOA stays at Accept for one more review before it is Available", func(c *circuit) { c.slowLetter = true }},
	{"wrongcircuit", "its letter names another circuit", func(c *circuit) { c.letter = otherCircuit }},
	{"wrongcompany", "its letter names another company", func(c *circuit) { c.letter = otherCompany }},
	{"imageletter", "its letter is a picture without text", func(c *circuit) { c.letter = imageLetter }},
	{"pageletter", "the link to its letter leads to a web page", func(c *circuit) { c.letter = pageLetter }},
	{"movedletter", "the link to its letter leads to another host", func(c *circuit) { c.letter = movedLetter }},
	{"expiredletter", "the first link to its letter has already expired", func(c *circuit) { c.letter = expiredLetter }},
}

// MarkerHelp lists the markers, one per line, for a command's help.
var MarkerHelp = markerHelp()

func markerHelp() string {
	var b strings.Builder
	for _, m := range Markers {
		fmt.Fprintf(&b, "  %-13s %s\n", m.Text, m.Means)
	}
	return b.String()
}

type circuitKey struct{ region, instance string }

// circuit is the state and the history of one circuit.
type circuit struct {
	Circuit
	absent     bool // the account has no such circuit
	forbidden  bool // the RAM policy denies every operation
	rejections int  // reviews to come that reject its LOA
	slowLetter bool // its LOA is Accept before it is Available
	letter     letterKind

	content   loaData
	engineers int       // of the last application
	line      *lineData // nil until a completion was accepted
	waiting   time.Time // when its LOA began to wait for the review; zero if it does not
	began     Change    // its initial state
	life      []Change  // since then, in order
	tally     circuitTally

	served  int  // downloads of its letter
	expired bool // a link to its letter had expired
}

// always is a number of rejections that no test uses up.
const always = 1 << 30

// Change is a change of the state of a circuit or its LOA.
type Change struct {
	At        time.Time `json:"at,omitzero"` // UTC; zero for the initial state
	By        string    `json:"by"`          // the API that made it, or review
	LOAStatus string    `json:"loa_status"`  // from then on; empty means no LOA
	Status    string    `json:"status"`      // of the circuit, from then on
	line      *lineData // from then on
}

// change sets the states of the LOA and of the circuit.
func (c *circuit) change(at time.Time, loa, status, by string) {
	if loa == c.LOA && status == c.Status && by == reviewed {
		return
	}
	c.LOA, c.Status, c.waiting = loa, status, time.Time{}
	c.life = append(c.life, Change{At: at.UTC(), By: by, LOAStatus: loa, Status: status, line: c.line})
}

// visible returns the state that the Describe APIs, which lag behind, report at a time.
func (c *circuit) visible(at time.Time, lag time.Duration) Change {
	for _, change := range slices.Backward(c.life) {
		if at.Sub(change.At) >= lag {
			return change
		}
	}
	return c.began
}

// loaData is the content of an application, with personal data masked.
type loaData struct {
	company, si, lineType, construction string
	peer                                string
	bandwidth                           int
	engineers                           []map[string]string
}

// circuits are the circuits of all accounts, by region and instance ID.
type circuits struct {
	all        map[circuitKey]*circuit
	declared   bool          // only declared circuits exist
	reviewTime time.Duration // time from an application to its review; 0 means never
	lag        time.Duration // of what the Describe APIs report
}

// foreignLOA is the content of an LOA that existed before the simulator started: another
// company's than any client's.
var foreignLOA = loaData{
	company: "Another Company Ltd", si: "Other Builders Ltd", lineType: "Other", construction: "2020-01-02T03:04:05Z",
	engineers: []map[string]string{{"PMName": "*", "PMCertificateType": "Other", "PMCertificateNo": "*", "PMGender": "Male", "PMContactInfo": "*"}},
}

// of returns the content with the declared values of a circuit.
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
	cs.all[circuitKey{c.Region, c.InstanceID}] = &circuit{Circuit: c, content: foreignLOA.of(c), began: Change{LOAStatus: c.LOA, Status: c.Status}}
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

// applyMarker applies the first marker found in the instance ID.
func (c *circuit) applyMarker() {
	id := strings.ToLower(c.InstanceID)
	for _, m := range Markers {
		if strings.Contains(id, m.Text) {
			m.make(c)
			c.began = Change{LOAStatus: c.LOA, Status: c.Status}
			return
		}
	}
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
		if c.matches(filters, c.visible(at, cs.lag)) {
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

// matches reports whether the circuit, in a state, has one of the values of every filter.
func (c *circuit) matches(filters map[string][]string, now Change) bool {
	for key, values := range filters {
		if !slices.Contains(values, filterFields[key](c, now)) {
			return false
		}
	}
	return true
}

// row returns the circuit in a state with the field names of DescribePhysicalConnections.
func (c *circuit) row(now Change) map[string]any {
	return map[string]any{
		"PhysicalConnectionId": c.InstanceID, "Name": c.InstanceID, "Description": "",
		"Status": now.Status, "BusinessStatus": c.BusinessStatus, "LoaStatus": now.LOAStatus, "CircuitCode": now.lineData().code,
		"Bandwidth": c.content.bandwidth, "PeerLocation": c.content.peer, "Type": "VPC", "PortType": "10GBase-LR",
		"LineOperator": "Other", "AccessPointId": "ap-" + c.Region + "-simulated", "ChargeType": "Prepaid",
		"VirtualPhysicalConnectionCount": 0, "ParentPhysicalConnectionAliUid": 0,
	}
}
