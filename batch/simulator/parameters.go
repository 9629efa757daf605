package simulator

import (
	"fmt"
	"net/http"
	"regexp"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"
)

var instanceID = regexp.MustCompile(`^pc-[0-9A-Za-z][0-9A-Za-z-]{0,60}$`)

// checkRegion refuses a missing or unknown region.
func (s *Simulator) checkRegion(c *call) *refusal {
	switch {
	case c.region == "":
		return refuse("MissingParam.RegionNo", "The parameter RegionId is missing.")
	case !s.regions[c.region]:
		return &refusal{status: http.StatusNotFound, code: "InvalidRegionId.NotFound", message: "The specified RegionId is not found."}
	}
	return nil
}

// checkInstance refuses a missing or unknown region and a missing or malformed instance ID.
func (s *Simulator) checkInstance(c *call) *refusal {
	if ref := s.checkRegion(c); ref != nil {
		return ref
	}
	switch {
	case c.instance == "":
		return refuse("MissingParam.InstanceId", "The parameter InstanceId is missing.")
	case !instanceID.MatchString(c.instance):
		return refuse("InvalidInstanceId.NotFound", "The specified InstanceId is not found.")
	}
	return nil
}

// maxText is how many characters a text may have. The API page names no bound.
const maxText = 256

// maxEngineers is how many engineers an application may name (API page: up to 16).
const maxEngineers = 16

// engineerFields is how many fields an engineer has.
const engineerFields = 5

// checkApply checks the parameters of an application, in the order and with the codes of
// the API page. What the page leaves open is refused here where it would be odd: texts
// with blanks at their ends or control characters, gaps in the list of engineers.
func checkApply(p map[string]string) *refusal {
	for _, t := range []struct{ name, code string }{
		{"CompanyName", "IllegalParam.CompanyName"},
		{"Si", "IllegalParam.Si"},
	} {
		if !text(p[t.name]) {
			return refuse(t.code, "The parameter "+t.name+" is illegal.")
		}
	}
	if !oneOf(p["LineType"], "MSTP", "MPLSVPN", "FIBRE", "Other") {
		return refuse("IllegalParam.LineType", "The parameter LineType is illegal.")
	}
	if _, sent := p["LineOperator"]; sent {
		return refuse("IllegalParam.LineOperator", "The parameter LineOperator is illegal.")
	}
	if _, err := time.Parse("2006-01-02T15:04:05Z", p["ConstructionTime"]); err != nil || len(p["ConstructionTime"]) != 20 {
		return refuse("InvalidConstructionTime.Malformed", "The specified ConstructionTime is malformed.")
	}
	if b, sent := p["Bandwidth"]; sent && !bandwidth(b) {
		return refuse("IllegalParam.Bandwidth", "The parameter Bandwidth is illegal.")
	}
	if l, sent := p["PeerLocation"]; sent && !text(l) {
		return refuse("IllegalParam.PeerLocation", "The parameter PeerLocation is illegal.")
	}
	return checkEngineers(p)
}

// checkEngineers checks the engineers, PMInfo.1 to PMInfo.16 without a gap.
func checkEngineers(p map[string]string) *refusal {
	n, fields := engineers(p)
	if n == 0 {
		return refuse("MissingParam.PMInfo", "The parameter PMInfo is missing.")
	}
	if n > maxEngineers || fields > n*engineerFields {
		return refuse("IllegalParam.PMInfo", "The parameter PMInfo holds more than 16 engineers, or fields that it does not have.")
	}
	for i := 1; i <= n; i++ {
		at := fmt.Sprintf("PMInfo.%d.", i)
		for _, f := range []struct {
			name, code string
			fits       func(string) bool
		}{
			{"PMName", "IllegalParam.PmName", text},
			{"PMCertificateType", "IllegalParam.PmCertificateType", func(v string) bool { return oneOf(v, "IDCard", "Passport") }},
			{"PMCertificateNo", "IllegalParam.PmCertificateNo", word},
			{"PMGender", "IllegalParam.PmGender", func(v string) bool { return oneOf(v, "Male", "Female") }},
			{"PMContactInfo", "IllegalParam.PmContactInfo", text},
		} {
			if !f.fits(p[at+f.name]) {
				return refuse(f.code, "The parameter "+f.name+" is illegal.")
			}
		}
	}
	return nil
}

// engineers gives the highest number among the engineers named, and how many fields
// stand in the list.
func engineers(p map[string]string) (n, fields int) {
	for name := range p {
		rest, ok := strings.CutPrefix(name, "PMInfo.")
		if !ok {
			continue
		}
		fields++
		number, _, _ := strings.Cut(rest, ".")
		if i, err := strconv.Atoi(number); err == nil {
			n = max(n, i)
		}
	}
	return n, fields
}

// checkToken refuses client tokens longer than 64 characters or outside printable ASCII.
func checkToken(t string) *refusal {
	if len(t) > 64 {
		return refuse("InvalidClientToken.Malformed", "The specified ClientToken is longer than 64 characters.")
	}
	for i := range len(t) {
		if t[i] <= ' ' || t[i] > '~' {
			return refuse("InvalidClientToken.Malformed", "The specified ClientToken holds other than printable ASCII characters.")
		}
	}
	return nil
}

// text reports whether a value is a text: 1 to 256 characters, valid UTF-8, printable,
// no blank at either end.
func text(v string) bool {
	return v != "" && utf8.ValidString(v) && utf8.RuneCountInString(v) <= maxText &&
		strings.TrimSpace(v) == v && !strings.ContainsFunc(v, func(r rune) bool { return unicode.IsControl(r) || r == utf8.RuneError })
}

// word reports whether a value is a text without blanks, of at most 64 characters.
func word(v string) bool {
	return text(v) && utf8.RuneCountInString(v) <= 64 && !strings.ContainsFunc(v, unicode.IsSpace)
}

// bandwidth reports whether a value is a whole number of Mbit/s from 2 to 10240, written
// plainly.
func bandwidth(v string) bool {
	n, err := strconv.Atoi(v)
	return err == nil && n >= 2 && n <= 10240 && strconv.Itoa(n) == v
}

func oneOf(v string, values ...string) bool {
	for _, known := range values {
		if v == known {
			return true
		}
	}
	return false
}
