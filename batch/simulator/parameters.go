package simulator

import (
	"fmt"
	"net/http"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"
	"unicode"
	"unicode/utf8"
)

var instanceID = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`^pc-[0-9A-Za-z][0-9A-Za-z-]{0,60}$`)
})

// checkRegion refuses a missing or unknown region.
func (s *Simulator) checkRegion(c *call) *refusal {
	switch {
	case c.region == "":
		return refuse("MissingParam.RegionNo", "The parameter RegionId is missing.")
	case !s.regions[c.region]:
		ref := refuse("InvalidRegionId.NotFound", "The specified RegionId is not found.")
		if c.api != confirmAPI { // whose page lists the code with status 400
			ref.status = http.StatusNotFound
		}
		return ref
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
		name := instanceParam(c.api)
		return refuse("MissingParam."+name, "The parameter "+name+" is missing.")
	case !instanceID().MatchString(c.instance) && c.api == confirmAPI:
		return refuse("InvalidPhysicalConnectionId.NotFound", "The specified physicalConnection is not found.")
	case !instanceID().MatchString(c.instance):
		return refuse("InvalidInstanceId.NotFound", "The specified InstanceId is not found.")
	}
	return nil
}

const (
	maxText        = 256 // characters of a text; the API page gives no limit
	maxEngineers   = 16  // engineers of an application, from the API page
	engineerFields = 5   // fields of an engineer
)

// lineTypes are the values of LineType that the API page lists.
var lineTypes = []string{"MSTP", "MPLSVPN", "FIBRE", "Other"}

// checkApply checks the parameters of an application in the order and with the codes of
// the API page. It also refuses what the page does not mention but a client should not
// send: control characters, surrounding space, gaps in the list of engineers.
func checkApply(p map[string]string) *refusal {
	for _, t := range []struct{ name, code string }{
		{"CompanyName", "IllegalParam.CompanyName"},
		{"Si", "IllegalParam.Si"},
	} {
		if !isText(p[t.name]) {
			return refuse(t.code, "The parameter "+t.name+" is illegal.")
		}
	}
	if !slices.Contains(lineTypes, p["LineType"]) {
		return refuse("IllegalParam.LineType", "The parameter LineType is illegal.")
	}
	if _, sent := p["LineOperator"]; sent {
		return refuse("IllegalParam.LineOperator", "The parameter LineOperator is illegal.")
	}
	if _, err := time.Parse(timeLayout, p["ConstructionTime"]); err != nil || len(p["ConstructionTime"]) != 20 {
		return refuse("InvalidConstructionTime.Malformed", "The specified ConstructionTime is malformed.")
	}
	if b, sent := p["Bandwidth"]; sent && !isBandwidth(b) {
		return refuse("IllegalParam.Bandwidth", "The parameter Bandwidth is illegal.")
	}
	if l, sent := p["PeerLocation"]; sent && !isText(l) {
		return refuse("IllegalParam.PeerLocation", "The parameter PeerLocation is illegal.")
	}
	return checkEngineers(p)
}

// checkEngineers checks the list of engineers, PMInfo.1 to PMInfo.16 without gaps.
func checkEngineers(p map[string]string) *refusal {
	n, fields := engineers(p)
	if n == 0 {
		return refuse("MissingParam.PMInfo", "The parameter PMInfo is missing.")
	}
	if n > maxEngineers || fields > n*engineerFields {
		return refuse("IllegalParam.PMInfo", "The parameter PMInfo contains more than 16 engineers or unknown fields.")
	}
	for i := 1; i <= n; i++ {
		at := fmt.Sprintf("PMInfo.%d.", i)
		for _, f := range []struct {
			name, code string
			valid      func(string) bool
		}{
			{"PMName", "IllegalParam.PmName", isText},
			{"PMCertificateType", "IllegalParam.PmCertificateType", func(v string) bool { return v == "IDCard" || v == "Passport" }},
			{"PMCertificateNo", "IllegalParam.PmCertificateNo", isWord},
			{"PMGender", "IllegalParam.PmGender", func(v string) bool { return v == "Male" || v == "Female" }},
			{"PMContactInfo", "IllegalParam.PmContactInfo", isText},
		} {
			if !f.valid(p[at+f.name]) {
				return refuse(f.code, "The parameter "+f.name+" is illegal.")
			}
		}
	}
	return nil
}

// engineers returns the highest index in the list of engineers and the number of fields.
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
			return refuse("InvalidClientToken.Malformed", "The specified ClientToken contains characters other than printable ASCII.")
		}
	}
	return nil
}

// isText reports whether v is valid UTF-8 of 1 to 256 characters, without control
// characters or surrounding space.
func isText(v string) bool {
	return v != "" && utf8.ValidString(v) && utf8.RuneCountInString(v) <= maxText &&
		strings.TrimSpace(v) == v && !strings.ContainsFunc(v, func(r rune) bool { return unicode.IsControl(r) || r == utf8.RuneError })
}

// isWord reports whether v is a text of at most 64 characters without spaces.
func isWord(v string) bool {
	return isText(v) && utf8.RuneCountInString(v) <= 64 && !strings.ContainsFunc(v, unicode.IsSpace)
}

// isBandwidth reports whether v is a plain decimal number of Mbit/s from 2 to 10240.
func isBandwidth(v string) bool {
	n, err := strconv.Atoi(v)
	return err == nil && n >= 2 && n <= 10240 && strconv.Itoa(n) == v
}
