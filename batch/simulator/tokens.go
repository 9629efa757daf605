package simulator

import (
	"crypto/sha256"
	"maps"
	"net/http"
	"slices"
	"time"
)

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
