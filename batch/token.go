package batch

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/loabatch/loabatch/sheet"
)

// ContentHash is the hex SHA-256 of everything that the application sends except its region,
// circuit ID and token. Each part is preceded by its length, so different contents never have
// the same encoding.
//
// Ledgers and result columns keep hashes and tokens forever: if the hash of an accepted row
// changed, the row would become INVALID as edited, and an open one would be sent under a second
// token. So what is hashed must not change. A new field goes at the end of a content, preceded
// by its name, and only if it is not empty, so rows that do not use it keep their hash. The
// first text of a content names it and its version; a change that cannot be made in this way
// needs a new version, only for the rows that use it.
func (a *Application) ContentHash() string {
	d := newDigest()
	operations[a.Operation].content(d, a)
	sum := d.sum()
	var text [2 * len(sum)]byte
	return string(hex.AppendEncode(text[:0], sum[:]))
}

// applyContent is the content of Apply and Reapply.
func applyContent(d *digest, a *Application) {
	c := a.Circuit
	d.text("loabatch content 1")
	d.text(c.CompanyName)
	d.text(c.LineType)
	d.text(c.Si)
	d.text(sheet.FormatSent(c.ConstructionTime))
	d.number(c.Bandwidth)
	d.text(c.PeerLocation)
	d.number(len(a.Engineers))
	for _, e := range a.Engineers {
		d.text(e.Name.Reveal())
		d.text(e.CertificateType)
		d.text(e.CertificateNo.Reveal())
		d.text(e.Gender)
		d.text(e.Contact.Reveal())
	}
}

// DeriveToken returns the token of an application. If the user chose one for the circuit, the derived
// token is its beginning and 12 characters of the digest. The tokens of the operations after an
// application begin with their names: a results copy has one token, which may belong to any.
func (a *Application) DeriveToken() string {
	derived := deriveToken(a)
	if a.Operation.FollowsUp() {
		return operations[a.Operation].salt + "-" + derived
	}
	if own := a.Circuit.ClientToken; sheet.ValidClientToken(own) {
		return suffixToken(own, derived)
	}
	return derived
}

// deriveToken makes a UUID of version 8 (RFC 9562, section 5.8) from the SHA-256 over
// region, circuit, content, generation and the operation's salt. The same workbook gives
// the same tokens on every host, with or without a ledger.
func deriveToken(a *Application) string {
	d := newDigest()
	d.text("loabatch token 1")
	d.text(a.Key.Region)
	d.text(a.Key.InstanceID)
	d.text(a.Hash)
	d.number(a.Generation)
	if salt := operations[a.Operation].salt; salt != "" {
		d.text(salt)
	}
	u := d.sum()
	u[6] = u[6]&0x0F | 0x80
	u[8] = u[8]&0x3F | 0x80
	var text [36]byte
	b := hex.AppendEncode(text[:0], u[:4])
	b = hex.AppendEncode(append(b, '-'), u[4:6])
	b = hex.AppendEncode(append(b, '-'), u[6:8])
	b = hex.AppendEncode(append(b, '-'), u[8:10])
	b = hex.AppendEncode(append(b, '-'), u[10:16])
	return string(b)
}

// Derived reports whether a token has the form of one derived without a user's token: a UUID of
// version 8.
func Derived(token string) bool {
	return len(token) == 36 && token[8] == '-' && token[13] == '-' && token[14] == '8' && token[18] == '-' &&
		strings.ContainsRune("89ab", rune(token[19])) && token[23] == '-'
}

func suffixToken(own, derived string) string {
	suffix := "-" + derived[24:]
	return own[:min(len(own), sheet.MaxClientToken-len(suffix))] + suffix
}

// digest is a sequence of values to be hashed, encoded unambiguously.
type digest []byte

// digests are reused: there are two for each row.
var digests = sync.Pool{New: func() any { d := make(digest, 0, 512); return &d }}

func newDigest() *digest {
	d := digests.Get().(*digest)
	*d = (*d)[:0]
	return d
}

// sum hashes the values. The digest must not be used afterwards.
func (d *digest) sum() [sha256.Size]byte {
	defer digests.Put(d)
	return sha256.Sum256(*d)
}

func (d *digest) text(s string) {
	*d = append(binary.BigEndian.AppendUint64(*d, uint64(len(s))), s...)
}

func (d *digest) number(n int) { d.text(strconv.Itoa(n)) }

// sameContent reports whether an LOA is the one that the application asks for, as far as the lookup
// shows: it echoes company, builder, line type and time, but no token. A field that the lookup
// leaves empty counts as equal.
func sameContent(a *Application, l LOA) bool {
	c := a.Circuit
	return emptyOrEqual(l.CompanyName, c.CompanyName) && emptyOrEqual(l.Si, c.Si) && emptyOrEqual(l.LineType, c.LineType) &&
		(l.ConstructionTime == "" || sameTime(l.ConstructionTime, c.ConstructionTime))
}

func emptyOrEqual(found, ours string) bool { return found == "" || found == ours }

// sameTime compares to the minute, since some answers of the VPC API omit the seconds.
func sameTime(found string, ours time.Time) bool {
	for _, layout := range []string{time.RFC3339, "2006-01-02T15:04Z07:00", "2006-01-02 15:04:05"} {
		if t, err := time.Parse(layout, found); err == nil {
			return t.Truncate(time.Minute).Equal(ours.Truncate(time.Minute))
		}
	}
	return false
}
