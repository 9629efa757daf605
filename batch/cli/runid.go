package cli

import (
	"crypto/rand"
	"encoding/base32"
	"strings"
	"time"
)

// newRunID gives a run's name: when it began (UTC) and a few random characters, so
// that names sort by time and two hosts never share one: 20270115-020000-k3f9q.
func newRunID(now time.Time) string {
	b := make([]byte, 4)
	rand.Read(b) // never fails: crypto/rand aborts the program instead
	tail := strings.ToLower(base32.StdEncoding.EncodeToString(b))[:5]
	return now.UTC().Format("20060102-150405") + "-" + tail
}
