package batch

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"hash"
	"strconv"
	"time"

	"github.com/loabatch/loabatch/sheet"
)

// ContentHash is the hex SHA-256 of everything that is sent for a circuit but its
// region, ID and token. Each part is preceded by its length, so that no two contents
// share an encoding.
func ContentHash(c *sheet.Circuit, engineers []*sheet.Engineer) string {
	d := digest{sha256.New()}
	d.text("loabatch content 1")
	d.text(c.CompanyName)
	d.text(c.LineType)
	d.text(c.Si)
	d.text(c.ConstructionTime.UTC().Format(sheet.SentTime))
	d.number(c.Bandwidth)
	d.text(c.PeerLocation)
	d.number(len(engineers))
	for _, e := range engineers {
		d.text(e.Name.Reveal())
		d.text(e.CertificateType)
		d.text(e.CertificateNo.Reveal())
		d.text(e.Gender)
		d.text(e.Contact.Reveal())
	}
	return hex.EncodeToString(d.Sum(nil))
}

// DeriveToken gives the token of an application. One whose user chose a token gets a
// further token made of that: its front, and 12 characters of the derived one.
func (a *Application) DeriveToken() string {
	derived := deriveToken(a)
	if own := a.Circuit.ClientToken; sheet.ValidClientToken(own) {
		return suffixToken(own, derived)
	}
	return derived
}

// deriveToken gives the token of an application: a UUID of version 8 (RFC 9562,
// section 5.8) made of the SHA-256 over region, circuit, content and generation. The
// same workbook gives the same tokens on every host, with a ledger or without. A
// reapplication goes to another API, so it has tokens of its own.
func deriveToken(a *Application) string {
	d := digest{sha256.New()}
	d.text("loabatch token 1")
	d.text(a.Key.Region)
	d.text(a.Key.InstanceID)
	d.text(a.Hash)
	d.number(a.Generation)
	if a.Reapply {
		d.text("reapply")
	}
	u := d.Sum(nil)[:16]
	u[6] = u[6]&0x0F | 0x80
	u[8] = u[8]&0x3F | 0x80
	x := hex.EncodeToString(u)
	return x[:8] + "-" + x[8:12] + "-" + x[12:16] + "-" + x[16:20] + "-" + x[20:]
}

// suffixToken makes a further token of one that a user chose, for when the chosen one
// is used up: its front, and 12 characters of the derived token.
func suffixToken(own, derived string) string {
	suffix := "-" + derived[24:]
	return own[:min(len(own), sheet.MaxClientToken-len(suffix))] + suffix
}

// digest hashes a sequence of values unambiguously.
type digest struct{ hash.Hash }

func (d digest) text(s string) {
	var n [8]byte
	binary.BigEndian.PutUint64(n[:], uint64(len(s)))
	d.Write(n[:])
	d.Write([]byte(s))
}

func (d digest) number(n int) { d.text(strconv.Itoa(n)) }

// sameContent reports whether an LOA that was found is the one that this application
// asks for, as far as the lookup tells: it echoes company, builder, line type and
// time, but no token. A field that the lookup leaves empty does not speak against it.
func sameContent(a *Application, l LOA) bool {
	c := a.Circuit
	return agrees(l.CompanyName, c.CompanyName) && agrees(l.Si, c.Si) && agrees(l.LineType, c.LineType) &&
		(l.ConstructionTime == "" || sameTime(l.ConstructionTime, c.ConstructionTime))
}

func agrees(found, ours string) bool { return found == "" || found == ours }

// sameTime compares to the minute, since some answers of the VPC API leave seconds out.
func sameTime(found string, ours time.Time) bool {
	for _, layout := range []string{time.RFC3339, "2006-01-02T15:04Z07:00", "2006-01-02 15:04:05"} {
		if t, err := time.Parse(layout, found); err == nil {
			return t.Truncate(time.Minute).Equal(ours.Truncate(time.Minute))
		}
	}
	return false
}
