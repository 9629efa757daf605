package simulator

import (
	"crypto/sha256"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"
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

// fingerprint stands for the parameters of a call without holding them.
type fingerprint [32]byte

// unsigned are the parameters that differ between two sendings of the same call.
var unsigned = map[string]bool{
	"AccessKeyId": true, "Format": true, "SecurityToken": true, "Signature": true, "SignatureMethod": true,
	"SignatureNonce": true, "SignatureType": true, "SignatureVersion": true, "Timestamp": true,
}

// print gives the fingerprint of a call: its API, region and own parameters.
func (c *call) print(salt [16]byte) fingerprint {
	h := sha256.New()
	h.Write(salt[:])
	for _, name := range slices.Sorted(maps.Keys(c.params)) {
		if !unsigned[name] {
			h.Write([]byte(name + "\x00" + c.params[name] + "\x00"))
		}
	}
	return fingerprint(h.Sum(nil))
}

// token is what the service remembers of a client token.
type token struct {
	print fingerprint
	since time.Time
	done  bool
	reply answer // once it is done
}

// tokens are the client tokens of an account. They hold over all its regions, which is
// stricter than the API page: a token used in a second region is a mismatch.
type tokens struct {
	life time.Duration // how long a token is remembered; 0 means for ever
	all  map[string]*token
}

// begin looks a call's token up. When the call is to go ahead it gives the token, which
// is then at work until end. Else it gives the answer: the first call's, or a refusal.
func (t *tokens) begin(c *call, id string, print fingerprint) (*token, answer, replay) {
	known, found := t.all[id]
	if found && t.life > 0 && c.at.Sub(known.since) >= t.life {
		found = false
	}
	switch {
	case !found:
		t.all[id] = &token{print: print, since: c.at}
		return t.all[id], answer{}, fresh
	case known.print != print:
		return nil, refuse("IdempotentParameterMismatch", "The request uses the same client token as a previous, but non-identical request.").answer(c), mismatch
	case !known.done:
		busy := refusal{status: http.StatusForbidden, code: "LastTokenProcessing", message: "The last token request is processing."}
		return nil, busy.answer(c), processing
	}
	return nil, known.reply, replayed
}

// end gives a token its answer, or forgets it when nothing is to be remembered.
func (t *tokens) end(id string, tok *token, reply answer, remember bool) {
	tok.done, tok.reply = true, reply
	if !remember && t.all[id] == tok {
		delete(t.all, id)
	}
}

// replay tells what a client token meant for a call.
type replay uint8

const (
	fresh      replay = iota // never seen: the call goes ahead
	replayed                 // same parameters: the same answer again
	mismatch                 // other parameters
	processing               // the first call is still at work
	unread                   // the call was refused before its token was looked at
)
