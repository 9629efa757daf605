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

// apply serves ApplyPhysicalConnectionLOA and SecondApplyPhysicalConnectionLOA. The client
// token counts as being processed from the arrival of the call until its effect.
func (s *Simulator) apply(c *call) answer {
	tok, reply, use := s.beginApply(c)
	s.pause(c)
	if use != fresh {
		return reply
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	reply, remember := s.decide(c)
	id, _ := c.token()
	s.tokens.finish(c.account+"/"+id, tok, reply, remember)
	return reply
}

// beginApply checks the parameters of an application, the account, and the client token.
func (s *Simulator) beginApply(c *call) (*token, answer, tokenUse) {
	if ref := s.checkInstance(c); ref != nil {
		return nil, ref.answer(c), unchecked
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
		return nil, ref.answer(c), unchecked
	}
	id, given := c.token()
	if !given {
		s.tokenless++
	}
	tok, reply, use := s.tokens.begin(c, c.account+"/"+id, c.fingerprint(s.salt))
	tally.countToken(use)
	return tok, reply, use
}

// decide accepts or refuses an application according to the state of the circuit and its
// LOA. It also reports whether the answer is to be remembered under the token.
func (s *Simulator) decide(c *call) (reply answer, remember bool) {
	circuit := s.circuit(c)
	if ref := s.checkCircuit(c, circuit); ref != nil {
		circuit.tally.refuse(ref.code)
		return ref.answer(c), !s.o.ForgetRefusals
	}
	now := s.o.Now()
	duplicate := circuit.LOA != "" && circuit.LOA != Rejected && circuit.LOA != Deleted
	circuit.former, circuit.LOA, circuit.applied, circuit.content = circuit.LOA, Applying, now, loaOf(c.params)
	circuit.tally.accept(c, now, duplicate)
	return accept(c, nil), true
}

// codeLOAExists is the error code for a circuit whose LOA rules out an application.
const codeLOAExists = "IncorrectStatus.PhysicalConnectionLOA"

// checkAccount refuses an application for reasons of permission or billing. Such a refusal
// does not depend on the content, so it is not remembered under the client token.
func (s *Simulator) checkAccount(circuit *circuit) *refusal {
	switch {
	case circuit.forbidden:
		return forbidden()
	case s.o.BillingOff:
		return refuse("OperationFailed.PconnTrafficNotEnable", "Operation failed because outbound data transfer billing is not enabled.")
	}
	return nil
}

// checkCircuit refuses an application that the state of the circuit or its LOA rules out.
func (s *Simulator) checkCircuit(c *call, circuit *circuit) *refusal {
	switch {
	case circuit.absent:
		return refuse("InvalidInstanceId.NotFound", "The specified InstanceId is not found.")
	case circuit.Status != "Allocated" || circuit.BusinessStatus != "Normal":
		return refuse("IncorrectStatus.PhysicalConnection", "The status of the physical connection does not support this operation.")
	}
	return s.checkLOA(c.api == secondApply, circuit.LOA)
}

// checkLOA refuses an application that the state of the existing LOA rules out.
func (s *Simulator) checkLOA(second bool, state string) *refusal {
	allowed := state == "" || state == Deleted || state == Rejected && s.o.ApplyAgain || s.o.AllowDuplicates
	if second {
		allowed = state == Rejected
	}
	if !allowed {
		return refuse(codeLOAExists, "The status of the LOA does not support this operation.")
	}
	return nil
}

// forbidden is the refusal by a RAM policy.
func forbidden() *refusal {
	return &refusal{status: http.StatusForbidden, code: "Forbidden.RAM", message: "User not authorized to operate on the specified resource, or this API doesn't support RAM."}
}

// loaOf returns the data that DescribePhysicalConnectionLOA reports of an application,
// with personal data masked as the real service masks it.
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

// masked keeps the first characters of a value and hides the rest.
func masked(v string, first int) string {
	r := []rune(v)
	return string(r[:min(first, len(r)-1)]) + strings.Repeat("*", 4)
}

// fingerprint identifies the parameters of a call without containing them.
type fingerprint [32]byte

// volatile holds the parameters that differ from one attempt of a call to the next.
var volatile = map[string]bool{
	"AccessKeyId": true, "Format": true, "SecurityToken": true, "Signature": true, "SignatureMethod": true,
	"SignatureNonce": true, "SignatureType": true, "SignatureVersion": true, "Timestamp": true,
}

// fingerprint covers the API, the region and the API's own parameters.
func (c *call) fingerprint(salt [16]byte) fingerprint {
	h := sha256.New()
	h.Write(salt[:])
	for _, name := range slices.Sorted(maps.Keys(c.params)) {
		if !volatile[name] {
			h.Write([]byte(name + "\x00" + c.params[name] + "\x00"))
		}
	}
	return fingerprint(h.Sum(nil))
}

// token is the record of a client token.
type token struct {
	params fingerprint
	since  time.Time
	done   bool
	reply  answer // valid once done
}

// tokens are the client tokens of the accounts. They are shared by all regions of one, which
// is stricter than the API page: a token used in a second region is a mismatch.
type tokens struct {
	life time.Duration     // how long a token is remembered; 0 means forever
	all  map[string]*token // by account and token
}

// begin looks up the token of a call. If the call is to proceed, begin returns the token,
// which is being processed until finish. Otherwise it returns the answer: that of the
// first call, or a refusal.
func (t *tokens) begin(c *call, id string, params fingerprint) (*token, answer, tokenUse) {
	known, found := t.all[id]
	if found && t.life > 0 && c.at.Sub(known.since) >= t.life {
		found = false
	}
	switch {
	case !found:
		t.all[id] = &token{params: params, since: c.at}
		return t.all[id], answer{}, fresh
	case known.params != params:
		return nil, refuse("IdempotentParameterMismatch", "The request uses the same client token as a previous, but non-identical request.").answer(c), mismatch
	case !known.done:
		busy := refusal{status: http.StatusForbidden, code: "LastTokenProcessing", message: "The last token request is processing."}
		return nil, busy.answer(c), processing
	}
	return nil, known.reply, replayed
}

// finish records the answer of a token, or forgets the token unless remember is set.
func (t *tokens) finish(id string, tok *token, reply answer, remember bool) {
	tok.done, tok.reply = true, reply
	if !remember && t.all[id] == tok {
		delete(t.all, id)
	}
}

// tokenUse is the meaning of a client token for a call.
type tokenUse uint8

const (
	fresh      tokenUse = iota // a new token: the call proceeds
	replayed                   // same parameters: the same answer again
	mismatch                   // other parameters
	processing                 // the first call is still being processed
	unchecked                  // the call was refused before its token was looked up
)
