package simulator

import (
	"net/http"
	"strconv"
	"strings"
)

// apply answers ApplyPhysicalConnectionLOA and SecondApplyPhysicalConnectionLOA. The
// client token is at work from the arrival of the call until its effect.
func (s *Simulator) apply(c *call) answer {
	tok, reply, how := s.begin(c)
	s.pause(c)
	if how != fresh {
		return reply
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	reply, remember := s.decide(c)
	id, _ := c.token()
	s.tokens.end(id, tok, reply, remember)
	return reply
}

// begin checks an application: its parameters, the account, the client token.
func (s *Simulator) begin(c *call) (*token, answer, replay) {
	if ref := s.checkInstance(c); ref != nil {
		return nil, ref.answer(c), unread
	}
	ref := checkToken(c.params["ClientToken"])
	if ref == nil {
		ref = checkApply(c.params)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	circuit := s.circuit(c)
	tally := &circuit.tally
	tally.use(c)
	if ref == nil {
		ref = s.checkAccount(circuit)
	}
	if ref != nil {
		tally.refuse(ref.code)
		return nil, ref.answer(c), unread
	}
	id, given := c.token()
	if !given {
		s.tokenless++
	}
	tok, reply, how := s.tokens.begin(c, id, c.print(s.salt))
	tally.replay(how)
	return tok, reply, how
}

// decide accepts or refuses an application as the circuit and its LOA stand,
// and tells whether the answer is remembered under its token.
func (s *Simulator) decide(c *call) (reply answer, remember bool) {
	circuit := s.circuit(c)
	if ref := s.stands(c, circuit); ref != nil {
		circuit.tally.refuse(ref.code)
		return ref.answer(c), !s.o.ForgetRefusals
	}
	now := s.o.Now()
	beside := circuit.LOA != "" && circuit.LOA != Rejected && circuit.LOA != Deleted
	circuit.former, circuit.LOA, circuit.applied, circuit.loa = circuit.LOA, Applying, now, loaOf(c.params)
	circuit.tally.accept(c, now, beside)
	return accept(c, nil), true
}

const codeLOAExists = "IncorrectStatus.PhysicalConnectionLOA"

// checkAccount gives what stands against an application on the side of the account. It is
// about no content, so it leaves no trace under the client token.
func (s *Simulator) checkAccount(circuit *circuit) *refusal {
	switch {
	case circuit.forbidden:
		return forbidden()
	case s.o.BillingOff:
		return refuse("OperationFailed.PconnTrafficNotEnable", "Operation failed because outbound data transfer billing is not enabled.")
	}
	return nil
}

// stands gives what stands against an application as circuit and LOA are, nil if nothing does.
func (s *Simulator) stands(c *call, circuit *circuit) *refusal {
	switch {
	case circuit.absent:
		return refuse("InvalidInstanceId.NotFound", "The specified InstanceId is not found.")
	case circuit.Status != "Allocated" || circuit.BusinessStatus != "Normal":
		return refuse("IncorrectStatus.PhysicalConnection", "The status of the physical connection does not support this operation.")
	}
	return s.standsLOA(c.api == secondApply, circuit.LOA)
}

// standsLOA tells whether the state of the LOA stands against an application.
func (s *Simulator) standsLOA(second bool, state string) *refusal {
	free := state == "" || state == Deleted || state == Rejected && s.o.ApplyAgain || s.o.AllowDuplicates
	if second {
		free = state == Rejected
	}
	if !free {
		return refuse(codeLOAExists, "The status of the LOA does not support this operation.")
	}
	return nil
}

// forbidden is the answer of the RAM policy.
func forbidden() *refusal {
	return &refusal{status: http.StatusForbidden, code: "Forbidden.RAM", message: "User not authorized to operate on the specified resource, or this API doesn't support RAM."}
}

// loaOf keeps what DescribePhysicalConnectionLOA tells again, with personal data masked
// as the real service masks it.
func loaOf(p map[string]string) loaData {
	mbit, _ := strconv.Atoi(p["Bandwidth"])
	d := loaData{company: p["CompanyName"], si: p["Si"], lineType: p["LineType"], construction: p["ConstructionTime"], peer: p["PeerLocation"], bandwidth: mbit}
	n, _ := engineers(p)
	for i := 1; i <= n; i++ {
		at := "PMInfo." + strconv.Itoa(i) + "."
		d.engineers = append(d.engineers, map[string]string{
			"PMName":            masked(p[at+"PMName"], 1),
			"PMCertificateType": p[at+"PMCertificateType"],
			"PMCertificateNo":   masked(p[at+"PMCertificateNo"], 1),
			"PMGender":          p[at+"PMGender"],
			"PMContactInfo":     masked(p[at+"PMContactInfo"], 3),
		})
	}
	return d
}

// masked leaves the first characters of a value.
func masked(v string, first int) string {
	r := []rune(v)
	return string(r[:min(first, len(r)-1)]) + strings.Repeat("*", 4)
}
