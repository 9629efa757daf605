package simulator

import (
	"slices"
	"time"
)

const (
	codeNotAvailable = "OperationDenied.LOAStatusNotAllowComplete" // the LOA is not Available
	codeNotAllocated = "IncorrectStatus.PhysicalConnection"        // the circuit is not Allocated
)

// lineProviders are the values of LineServiceProvider: the Chinese edition of the API page lists the first
// four, the English one the others. It is not documented which of them the service accepts, so the
// simulator accepts all.
var lineProviders = []string{
	"中国电信", "中国联通", "中国移动", "中国其他",
	"China Telecom", "China Unicom", "China Mobile", "Other ISPs in China",
}

// checkCompletion checks the parameters of a completion in the order and with the codes of
// the API page. The page has no codes for LineServiceProvider and FinishWork; theirs follow
// its pattern.
func (s *Simulator) checkCompletion(c *call) *refusal {
	if ref := checkToken(c.params["ClientToken"]); ref != nil {
		return ref
	}
	for _, p := range []struct {
		name  string
		valid func(string) bool
	}{
		{"LineCode", isText},
		{"LineLabel", isText},
		{"LineSPContactInfo", isText},
		{"LineServiceProvider", func(v string) bool { return slices.Contains(lineProviders, v) }},
		{"FinishWork", func(v string) bool { return v == "true" || v == "false" }},
	} {
		if v, sent := c.params[p.name]; sent && !p.valid(v) {
			return refuse("IllegalParam."+p.name, p.name+" is illegal.")
		}
	}
	return nil
}

// mayComplete refuses a completion unless the LOA is Available, or Complete, where it
// changes the details of the line.
func (s *Simulator) mayComplete(_ *call, circuit *circuit) *refusal {
	switch {
	case circuit.absent:
		return refuse("InvalidInstanceId.NotFound", "The specified InstanceId is not found.")
	case circuit.LOA == "" || circuit.BusinessStatus != "Normal":
		return refuse("IncorrectStatus.PhysicalConnectionLOA", "The status of the LOA does not support this operation.")
	case circuit.LOA != Available && circuit.LOA != Complete && !(circuit.LOA == Completing && s.o.AllowDuplicates):
		return refuse(codeNotAvailable, "The operation is not allowed because of LOAStatusNotAllowComplete.")
	}
	return nil
}

// completed makes a completion take effect: the LOA is Completing until the circuit is confirmed. A confirmed
// circuit's stays Complete, and any LOA keeps its state while construction is not finished: then only
// the details of the line change.
func (s *Simulator) completed(c *call, circuit *circuit, at time.Time) (duplicate bool) {
	duplicate = circuit.LOA != Available
	circuit.line = lineOf(c.params)
	state := Completing
	if circuit.Status != "Allocated" || c.params["FinishWork"] == "false" {
		state = circuit.LOA
	}
	circuit.change(at, state, circuit.Status, c.api)
	return duplicate
}

// lineData is what a completion says about the line.
type lineData struct{ code, label, provider, contact string }

// lineOf returns the data that DescribePhysicalConnectionLOA reports of a completion, with
// the contact masked.
func lineOf(p map[string]string) *lineData {
	d := &lineData{code: p["LineCode"], label: p["LineLabel"], provider: p["LineServiceProvider"]}
	if contact := p["LineSPContactInfo"]; contact != "" {
		d.contact = masked(contact, 3)
	}
	return d
}

// checkConfirmation checks the parameters of a confirmation.
func (s *Simulator) checkConfirmation(c *call) *refusal { return checkToken(c.params["ClientToken"]) }

// mayConfirm refuses a confirmation unless the circuit is Allocated and its construction
// was reported as finished.
func (s *Simulator) mayConfirm(_ *call, circuit *circuit) *refusal {
	again := s.o.AllowDuplicates && circuit.Status == "Confirmed"
	switch {
	case circuit.absent:
		return refuse("ResourceNotFound.PhysicalConnectionId", "PhysicalConnection is not found.")
	case circuit.Status != "Allocated" && !again || circuit.BusinessStatus != "Normal":
		return refuse(codeNotAllocated, "The specified PhysicalConnectionId is not in Allocated state.")
	case circuit.LOA != Completing && circuit.LOA != Complete:
		return refuse("OperationUnsupported.SkipConstruction", "You can not skip construction.")
	}
	return nil
}

// confirmed makes a confirmation take effect.
func (s *Simulator) confirmed(c *call, circuit *circuit, at time.Time) (duplicate bool) {
	duplicate = circuit.Status == "Confirmed"
	circuit.change(at, Complete, "Confirmed", c.api)
	return duplicate
}

// lineData returns what the Describe APIs report about the line after a change: nothing before the
// completion, or once the LOA was applied for again.
func (c Change) lineData() lineData {
	if c.line == nil || !hasLetter(c.LOAStatus) {
		return lineData{}
	}
	return *c.line
}
