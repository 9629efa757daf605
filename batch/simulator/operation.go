package simulator

import "time"

// operation is what distinguishes the APIs that change state.
type operation struct {
	tally  func(*circuitTally) *operationTally
	again  string                                                     // code of a refusal because the operation took effect before
	billed bool                                                       // refused if billing for outbound data transfer is off
	check  func(*Simulator, *call) *refusal                           // of the parameters
	allows func(*Simulator, *call, *circuit) *refusal                 // by the state of the circuit and its LOA
	effect func(*Simulator, *call, *circuit, time.Time) (second bool) // reports whether it is a duplicate
}

// operations are those of the APIs that change state.
var operations = map[string]operation{
	firstApply: {
		func(t *circuitTally) *operationTally { return &t.apply }, codeLOAExists, true,
		(*Simulator).checkApplication, (*Simulator).mayApply, (*Simulator).applied,
	},
	secondApply: {
		func(t *circuitTally) *operationTally { return &t.apply }, codeLOAExists, true,
		(*Simulator).checkApplication, (*Simulator).mayApply, (*Simulator).applied,
	},
	completeAPI: {
		func(t *circuitTally) *operationTally { return &t.complete }, codeNotAvailable, false,
		(*Simulator).checkCompletion, (*Simulator).mayComplete, (*Simulator).completed,
	},
	confirmAPI: {
		func(t *circuitTally) *operationTally { return &t.confirm }, codeNotAllocated, true,
		(*Simulator).checkConfirmation, (*Simulator).mayConfirm, (*Simulator).confirmed,
	},
}

// operate serves the APIs that change state. The client token counts as being processed
// from the arrival of the call until its effect.
func (s *Simulator) operate(c *call) answer {
	tok, reply, use := s.begin(c)
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

// begin checks the parameters of a call, the account, and the client token.
func (s *Simulator) begin(c *call) (*token, answer, tokenUse) {
	op := operations[c.api]
	if ref := s.checkInstance(c); ref != nil {
		return nil, ref.answer(c), unchecked
	}
	ref := op.check(s, c)
	s.mu.Lock()
	defer s.mu.Unlock()
	circuit := s.circuit(c)
	tally := op.tally(&circuit.tally)
	tally.use(c)
	if ref == nil {
		ref = s.checkAccount(op, circuit)
	}
	if ref != nil {
		tally.refuse(ref.code, op.again)
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

// decide accepts or refuses a call according to the state of the circuit and its LOA. It
// also reports whether the answer is to be remembered under the token.
func (s *Simulator) decide(c *call) (reply answer, remember bool) {
	op, circuit := operations[c.api], s.circuit(c)
	tally := op.tally(&circuit.tally)
	if ref := op.allows(s, c, circuit); ref != nil {
		tally.refuse(ref.code, op.again)
		return ref.answer(c), !s.o.ForgetRefusals
	}
	now := s.o.Now()
	tally.accept(c, now, op.effect(s, c, circuit, now))
	return accept(c, nil), true
}

// checkAccount refuses a call for reasons of permission or billing. Such a refusal does not
// depend on the content, so it is not remembered under the client token.
func (s *Simulator) checkAccount(op operation, circuit *circuit) *refusal {
	switch {
	case circuit.forbidden:
		return forbidden()
	case op.billed && s.o.BillingOff:
		return refuse("OperationFailed.PconnTrafficNotEnable", "Operation failed because outbound data transfer billing is not enabled.")
	}
	return nil
}
