package simulator

import (
	"crypto/sha256"
	"maps"
	"net/http"
	"slices"
	"time"
)

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
