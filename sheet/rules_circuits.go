package sheet

import (
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// circuitInstanceMissing: the API requires InstanceId.
var circuitInstanceMissing = circuitRules.add(Rule{Code: "circuit-instance-missing", Severity: Error, Column: CircuitInstanceID, Fixed: true})

// circuitInstanceMalformed: a circuit's ID is pc- followed by lower-case letters and digits.
var circuitInstanceMalformed = circuitRules.add(Rule{Code: "circuit-instance-malformed", Severity: Error, Column: CircuitInstanceID})

// isInstanceID reports whether a text is a circuit's ID: pc- followed by lower-case letters
// and digits, like every example on the API page.
func isInstanceID(s string) bool {
	if len(s) < 4 || len(s) > 64 || s[:3] != "pc-" {
		return false
	}
	for i := 3; i < len(s); i++ {
		if c := s[i]; (c < 'a' || c > 'z') && (c < '0' || c > '9') {
			return false
		}
	}
	return true
}

// circuitInstanceTwice: there is one application for each circuit.
var circuitInstanceTwice = circuitRules.add(Rule{Code: "circuit-instance-twice", Severity: Error, Column: CircuitInstanceID, Fixed: true})

// unique reports equal values of a column at every circuit that has them, as there is no
// knowing which one is meant. It returns the first circuit with each value and the further
// circuits with the value of the first.
func (d *decoder) unique(r *Rule, id ColumnID, value func(*Circuit) string) (first map[string]int32, twins map[int32][]int32) {
	rows := d.w.Circuits
	first, twins = make(map[string]int32, d.filled(id)), map[int32][]int32{}
	for i := range rows {
		v := value(&rows[i])
		if v == "" {
			continue
		}
		j, seen := first[v]
		if !seen {
			first[v] = int32(i)
			continue
		}
		if twins[j] == nil {
			d.clash(r, id, &rows[j], &rows[i], v)
		}
		twins[j] = append(twins[j], int32(i))
		d.clash(r, id, &rows[i], &rows[j], v)
	}
	return first, twins
}

// circuitRegionMissing: the API requires RegionId.
var circuitRegionMissing = circuitRules.add(Rule{Code: "circuit-region-missing", Severity: Error, Column: CircuitRegionID, Fixed: true})

// circuitRegionMalformed: a region becomes part of a host name.
var circuitRegionMalformed = circuitRules.add(Rule{Code: "circuit-region-malformed", Severity: Error, Column: CircuitRegionID, Fixed: true})

// circuitRegionUnknown: the region is one with a known endpoint.
var circuitRegionUnknown = circuitRules.add(Rule{Code: "circuit-region-unknown", Severity: Error, Column: CircuitRegionID})

// circuitRegionDefault: a row without a region gets the default one.
var circuitRegionDefault = circuitRules.add(Rule{Code: "circuit-region-default", Severity: Note, Column: CircuitRegionID})

// region returns the region of the row or the default one.
func (d *decoder) region(f *field) string {
	s, st := d.text(f)
	switch {
	case st == valueRejected:
		return ""
	case st == valueMissing && d.opts.DefaultRegion == "":
		d.report(circuitRegionMissing, f)
		return ""
	case st == valueMissing:
		if f.at.Col != 0 {
			d.report(circuitRegionDefault, f, Arg{"region", d.opts.DefaultRegion})
		}
		return d.opts.DefaultRegion
	case !d.regions[s] && d.noData(f, s):
		return ""
	case !ValidRegionID(s):
		d.reportWith(circuitRegionMalformed, f, func() string { return d.suggestRegion(s) })
		return ""
	case len(d.regions) > 0 && !d.regions[s]:
		if d.takes(circuitRegionUnknown, &f.at) {
			d.keep(circuitRegionUnknown, f, func() string { return d.suggestRegion(s) }, Arg{"nearest", d.nearestRegion(s)})
		}
		if d.severity.of(circuitRegionUnknown) == Error {
			return ""
		}
	}
	return s
}

// nearestRegion returns the known region that a text resembles most.
func (d *decoder) nearestRegion(s string) string {
	return d.nearRegion.of(s, func(s string) string { return nearest(s, d.opts.Regions) })
}

// ValidRegionID reports whether a text can be a region ID. As part of a host name it has to
// be a label (RFC 1123, section 2.1): 1 to 63 characters of a-z, 0-9 and hyphen, with no
// hyphen at either end. Anything else would let a cell choose the host. Nor is it what looks like a phone
// or ID number: logs and the ledger show the region.
func ValidRegionID(s string) bool {
	if s == "" || len(s) > 63 || s[0] == '-' || s[len(s)-1] == '-' {
		return false
	}
	for i := range len(s) {
		if c := s[i]; (c < 'a' || c > 'z') && (c < '0' || c > '9') && c != '-' {
			return false
		}
	}
	return MaskNumbers(s) == s
}

// circuitCompanyMissing: the API requires CompanyName.
var circuitCompanyMissing = circuitRules.add(Rule{Code: "circuit-company-missing", Severity: Error, Column: CircuitCompanyName, Fixed: true})

// circuitLineTypeMissing: the API requires LineType.
var circuitLineTypeMissing = circuitRules.add(Rule{Code: "circuit-line-type-missing", Severity: Error, Column: CircuitLineType, Fixed: true})

// circuitLineTypeUnknown: LineType is MSTP, MPLSVPN, FIBRE or Other.
var circuitLineTypeUnknown = circuitRules.add(Rule{Code: "circuit-line-type-unknown", Severity: Error, Column: CircuitLineType, Fixed: true})

// circuitSiMissing: the API requires Si.
var circuitSiMissing = circuitRules.add(Rule{Code: "circuit-si-missing", Severity: Error, Column: CircuitSi, Fixed: true})

// circuit reads the current row as a circuit, which is invalid if the number of errors has
// risen since before.
func (d *decoder) circuit(before int, past Past) {
	f := &d.cells
	c := Circuit{Row: d.row}
	if past != (Past{}) { // few rows have one, and it is large
		own := past
		c.Past = &own
	}
	if s, ok := d.required(&f[CircuitInstanceID], circuitInstanceMissing); ok {
		switch good := isInstanceID(s); {
		case good:
			c.InstanceID = s
		case !d.noData(&f[CircuitInstanceID], s):
			d.reportWith(circuitInstanceMalformed, &f[CircuitInstanceID], func() string { return suggestID(s) })
			if d.severity.of(circuitInstanceMalformed) != Error {
				c.InstanceID = s
			}
		}
	}
	d.unreadIDs = d.unreadIDs || c.InstanceID == ""
	c.RegionID = d.region(&f[CircuitRegionID])
	if s, st := d.text(&f[CircuitAccount]); st == valueOK {
		c.Account = d.accept(validProfile(s), s, circuitAccountMalformed, &f[CircuitAccount])
	}
	itself := d.errors - before
	c.CompanyName, _ = d.required(&f[CircuitCompanyName], circuitCompanyMissing)
	c.LineType = d.listed(&f[CircuitLineType], circuitLineTypeMissing, circuitLineTypeUnknown)
	c.Si, _ = d.required(&f[CircuitSi], circuitSiMissing)
	c.ConstructionTime = d.constructionTime(&f[CircuitConstructionTime])
	c.Bandwidth = d.bandwidth(&f[CircuitBandwidth])
	c.PeerLocation, _ = d.text(&f[CircuitPeerLocation])
	if s, st := d.text(&f[CircuitClientToken]); st == valueOK {
		c.ClientToken = d.accept(ValidClientToken(s), s, circuitTokenMalformed, &f[CircuitClientToken])
	}
	applied := d.errors
	d.completion(&c)
	if c.Unfit = itself > 0 || d.errors > applied; d.opts.Purpose == ForAdvance {
		c.Invalid = applied > before
	} else {
		c.Invalid = d.errors > before
	}
	d.circuits.Append(c)
}

// circuitProviderUnknown: LineServiceProvider is one of four.
var circuitProviderUnknown = completionRules.add(Rule{Code: "circuit-line-provider-unknown", Severity: Error, Column: CircuitLineProvider, Fixed: true})

// circuitContactMasked: a masked contact, as in a copy that was redacted, reaches no one.
var circuitContactMasked = completionRules.add(Rule{Code: "circuit-line-contact-masked", Severity: Error, Column: CircuitLineContact, Fixed: true})

// circuitContactForm: a contact has a phone number.
var circuitContactForm = completionRules.add(Rule{Code: "circuit-line-contact-form", Severity: Warning, Column: CircuitLineContact})

// circuitContactMalformed: digits that are too few or too many for any phone number.
var circuitContactMalformed = completionRules.add(Rule{Code: "circuit-line-contact-malformed", Severity: Error, Column: CircuitLineContact})

// circuitFinishedUnknown: Construction finished is yes or no.
var circuitFinishedUnknown = completionRules.add(Rule{Code: "circuit-finished-unknown", Severity: Error, Column: CircuitFinished, Fixed: true})

// circuitConfirmUnknown: Confirm circuit is yes or no.
var circuitConfirmUnknown = completionRules.add(Rule{Code: "circuit-confirm-unknown", Severity: Error, Column: CircuitConfirm, Fixed: true})

// circuitLineCodeMissing: LineCode was required once. Only where a circuit is to be completed.
var circuitLineCodeMissing = completionRules.add(Rule{Code: "circuit-line-code-missing", Severity: Warning, Column: CircuitLineCode})

// circuitLineLabelMissing: so was LineLabel.
var circuitLineLabelMissing = completionRules.add(Rule{Code: "circuit-line-label-missing", Severity: Warning, Column: CircuitLineLabel})

// circuitConfirmUnfinished: a circuit is confirmed once its construction is finished.
var circuitConfirmUnfinished = completionRules.add(Rule{Code: "circuit-confirm-unfinished", Severity: Warning, Column: CircuitConfirm})

// completion reads what the current row says about the time after the letter: all of it is
// optional, as an application does not have it.
func (d *decoder) completion(c *Circuit) {
	f := &d.cells
	var code, label valueState
	c.LineCode, code = d.text(&f[CircuitLineCode])
	c.LineLabel, label = d.text(&f[CircuitLineLabel])
	c.LineProvider = d.listed(&f[CircuitLineProvider], nil, circuitProviderUnknown)
	c.LineContact = d.lineContact(&f[CircuitLineContact])
	c.Finished = d.yesNo(&f[CircuitFinished], circuitFinishedUnknown)
	c.Confirm = d.yesNo(&f[CircuitConfirm], circuitConfirmUnknown)
	if c.Finished == Yes && d.opts.Purpose != ForApplication {
		d.wanted(&f[CircuitLineCode], code, circuitLineCodeMissing)
		d.wanted(&f[CircuitLineLabel], label, circuitLineLabelMissing)
	}
	if c.Confirm == Yes && c.Finished != Yes {
		d.report(circuitConfirmUnfinished, &f[CircuitConfirm])
	}
}

// wanted reports that a field of a finished circuit is empty, at the cell that says it is
// finished where the workbook has no such column.
func (d *decoder) wanted(f *field, st valueState, missing *Rule) {
	if f.at.Col == 0 {
		f = &d.cells[CircuitFinished]
	}
	if st == valueMissing {
		d.report(missing, f)
	}
}

// lineContact reads whom to call about a line: a phone number, perhaps beside a name.
func (d *decoder) lineContact(f *field) Personal {
	f.kind = digitText
	if f.cell.Type == TextCell && strings.ContainsFunc(f.cell.Value, func(r rune) bool { return unicode.IsLetter(r) && !isWide(r) }) {
		f.kind = freeText
	}
	s, _ := d.text(f)
	switch {
	case s == "":
	case isMasked(s):
		d.report(circuitContactMasked, f)
		return ""
	case !canBeContact(s):
		d.report(circuitContactMalformed, f)
		return Personal(d.unless(circuitContactMalformed, s))
	case !isPhone(s) && MaskNumbers(s) == s:
		d.report(circuitContactForm, f)
	}
	return Personal(s)
}

// yesNo reads a field that is answered with yes or no, also as one of a program's truth values.
func (d *decoder) yesNo(f *field, unknown *Rule) string {
	switch value := f.cell.Value; {
	case f.cell.Type == BoolCell:
		f.cell.Type = TextCell
	case f.cell.Type == TextCell && strings.ContainsAny(value, "√✓✔☑") && foldKey(value) == "":
		d.report(cellSpelling, f, Arg{"before", value}, Arg{"after", Yes})
		return Yes
	}
	return d.listed(f, nil, unknown)
}

// circuitBandwidthMalformed: Bandwidth is a whole number of Mbit/s.
var circuitBandwidthMalformed = requestRules.add(Rule{Code: "circuit-bandwidth-malformed", Severity: Error, Column: CircuitBandwidth, Fixed: true})

// The bounds of a bandwidth in Mbit/s (API page: "2 to 10240").
const (
	MinBandwidth = 2
	MaxBandwidth = 10240

	bandwidthDigits = len("10240") // of the largest
)

// circuitBandwidthRange: Bandwidth is MinBandwidth to MaxBandwidth.
var circuitBandwidthRange = requestRules.add(Rule{Code: "circuit-bandwidth-range", Severity: Error, Column: CircuitBandwidth})

// bandwidthInRange reports whether the API accepts a bandwidth.
func bandwidthInRange(mbit int) bool { return mbit >= MinBandwidth && mbit <= MaxBandwidth }

// bandwidth returns the bandwidth of the row in Mbit/s, or 0 without one.
func (d *decoder) bandwidth(f *field) int {
	st := d.checkType(f)
	if st != valueOK {
		return 0
	}
	s := f.cell.Value
	switch {
	case f.cell.Type == DateCell || f.cell.Type == NumberCell && f.cell.DateStyle:
		d.report(cellDate, f, Arg{"stored", f.cell.Value}, Arg{"shown", d.shownDate(f.cell.Value)})
		return 0
	case f.cell.Type == TextCell:
		if s, st = d.cleanText(f); st != valueOK {
			return 0
		}
	}
	mbit, whole := wholeNumber(s)
	if f.cell.Type == TextCell {
		whole = whole && isDigits(s) && (s[0] != '0' || s == "0")
	}
	switch {
	case !whole && d.noData(f, s):
		return 0
	case !whole:
		d.reportWith(circuitBandwidthMalformed, f, func() string { return suggestWhole(s) })
		return 0
	case !bandwidthInRange(mbit):
		d.report(circuitBandwidthRange, f)
		if d.severity.of(circuitBandwidthRange) == Error {
			return 0
		}
	}
	return mbit
}

// wholeNumber reads digits, or a stored whole number in any notation.
func wholeNumber(s string) (int, bool) {
	if n, err := strconv.Atoi(s); err == nil {
		return n, !strings.HasPrefix(s, "+")
	}
	x, err := strconv.ParseFloat(s, 64)
	if err != nil || x != float64(int(x)) || x > 1e9 || x < -1e9 {
		return 0, false
	}
	return int(x), strings.Trim(s, "0123456789.eE+-") == ""
}

// circuitTokenMalformed: ClientToken is up to 64 printable ASCII characters.
var circuitTokenMalformed = requestRules.add(Rule{Code: "circuit-token-malformed", Severity: Error, Column: CircuitClientToken, Fixed: true})

// MaxClientToken is the length of the longest ClientToken that the VPC API accepts (API
// page: "up to 64 ASCII characters").
const MaxClientToken = 64

// ValidClientToken reports whether a text can be a ClientToken: 1 to [MaxClientToken]
// printable ASCII characters without spaces.
func ValidClientToken(s string) bool {
	for i := range len(s) {
		if s[i] <= ' ' || s[i] > '~' {
			return false
		}
	}
	return s != "" && len(s) <= MaxClientToken
}

// circuitAccountMalformed: Account names a profile as the files of the Alibaba Cloud tools do.
var circuitAccountMalformed = circuitRules.add(Rule{Code: "circuit-account-malformed", Severity: Error, Column: CircuitAccount, Fixed: true})

// maxProfile is the length of the longest profile name in characters.
const maxProfile = 64

// validProfile reports whether a text can be the name of a credentials profile: up to
// [maxProfile] printable characters without brackets, which end a section of the credentials
// file. The ledger and logs have it, so it must not look like the number of a person.
func validProfile(s string) bool {
	return utf8.RuneCountInString(s) <= maxProfile && MaskNumbers(s) == s &&
		!strings.ContainsFunc(s, func(r rune) bool { return !unicode.IsPrint(r) || strings.ContainsRune("[]", r) })
}

// circuitTokenTwice: a token belongs to one application.
var circuitTokenTwice = requestRules.add(Rule{Code: "circuit-token-twice", Severity: Error, Column: CircuitClientToken, Fixed: true})

// circuitEngineersMissing: the API requires at least one engineer.
var circuitEngineersMissing = requestRules.add(Rule{Code: "circuit-engineers-missing", Severity: Error, Column: CircuitInstanceID, Fixed: true})

// circuitEngineersMany: the API accepts at most 16 engineers.
var circuitEngineersMany = requestRules.add(Rule{Code: "circuit-engineers-many", Severity: Error, Column: CircuitInstanceID, Fixed: true})

// maxEngineers is the limit of one application (API page: PMInfo.1 to PMInfo.16).
const maxEngineers = 16

// circuitTokenPersonal: the token is kept in the ledger and written to logs, where personal
// data must not be.
var circuitTokenPersonal = requestRules.add(Rule{Code: "circuit-token-personal", Severity: Error, Column: CircuitClientToken})

// personalTokens reports client tokens that are the number of a person: one of the
// engineers' certificates or contacts, an identity number, a mobile number.
func (d *decoder) personalTokens() {
	var known map[string]bool
	for i := range d.w.Circuits {
		c := &d.w.Circuits[i]
		if c.ClientToken == "" {
			continue
		}
		if known == nil {
			known = d.knownNumbers()
		}
		if !isPersonalToken(c.ClientToken, known) {
			continue
		}
		at := d.ref(CircuitClientToken, c.Row)
		f := &d.cells[CircuitClientToken]
		d.record(circuitTokenPersonal, Problem{At: at, Column: f.header, Value: Mask(c.ClientToken), Masked: true})
		d.w.hidden[CircuitsSheet] = append(d.w.hidden[CircuitsSheet], cell32{int32(at.Row), int32(at.Col)})
		if d.severity.of(circuitTokenPersonal) == Error {
			c.ClientToken, c.Invalid = "", true
		}
	}
}

// knownNumbers returns the letters and digits of the engineers' certificate numbers and of
// all contacts, as far as they cannot be a number of something else.
func (d *decoder) knownNumbers() map[string]bool {
	known := map[string]bool{}
	learn := func(s string) {
		if len(s) >= minKnownDigits {
			known[s] = true
			known[withoutCountry(s)] = true
		}
	}
	for i := range d.w.Engineers {
		e := &d.w.Engineers[i]
		learn(lettersAndDigits(e.CertificateNo.Reveal()))
		learn(lettersAndDigits(e.Contact.Reveal()))
	}
	for i := range d.w.Circuits {
		learn(strings.Trim(lettersAndDigits(d.w.Circuits[i].LineContact.Reveal()), letters)) // a name may be beside it
	}
	return known
}

// letters are the capital letters.
const letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"

// isPersonalToken reports whether a token, or a group of its letters and digits, is a
// number of a person.
func isPersonalToken(token string, known map[string]bool) bool {
	whole := lettersAndDigits(token)
	if known[whole] || isMobile(withoutCountry(whole)) || len(whole) == 18 && isIDForm(whole) && plausibleBirth(whole[6:14]) {
		return true
	}
	words := strings.FieldsFunc(strings.ToUpper(token), func(r rune) bool { return lettersAndDigits(string(r)) == "" })
	numbers := strings.FieldsFunc(strings.ToUpper(token), func(r rune) bool { return r != 'X' && (r < '0' || r > '9') })
	return slices.ContainsFunc(append(words, numbers...), func(s string) bool {
		return known[s] || isIDForm(s) && plausibleBirth(s[6:14]) && idCheckDigitFits(s)
	})
}

// lettersAndDigits returns the ASCII letters, as capitals, and digits of a text.
func lettersAndDigits(s string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r >= '0' && r <= '9', r >= 'A' && r <= 'Z':
			return r
		case r >= 'a' && r <= 'z':
			return r - 'a' + 'A'
		}
		return -1
	}, s)
}

// withoutCountry returns a phone number of the mainland without its country code.
func withoutCountry(s string) string {
	for _, code := range []string{"0086", "86"} {
		if rest, found := strings.CutPrefix(s, code); found && isMobile(rest) {
			return rest
		}
	}
	return s
}

// isMobile reports whether a text is a mobile number of the mainland.
func isMobile(s string) bool { return len(s) == 11 && isDigits(s) && s[0] == '1' && s[1] >= '3' }

// countEngineers reports a circuit with no engineers or too many. No
// engineer can name a circuit without an ID, so that is not reported again.
func (d *decoder) countEngineers(c *Circuit, n int) {
	r := circuitEngineersMissing
	switch {
	case n > maxEngineers:
		r = circuitEngineersMany
	case n > 0 || c.InstanceID == "":
		return
	}
	before, f := d.errors, &d.cells[CircuitInstanceID]
	d.record(r, Problem{At: d.ref(CircuitInstanceID, c.Row), Column: f.header, Value: c.InstanceID, Args: []Arg{{"n", strconv.Itoa(n)}}})
	c.Invalid = c.Invalid || d.errors > before
}

// circuitRequestLong: the application fits into one request.
var circuitRequestLong = requestRules.add(Rule{Code: "circuit-request-long", Severity: Error, Column: CircuitInstanceID})

// An application is sent as the query of a URL, whose values are percent-encoded. Web
// servers commonly accept 8 KiB for the request line (nginx and Tengine
// large_client_header_buffers 8k, Apache LimitRequestLine 8190), and the API's page names
// no limit of its own. Of these, 2 KiB are kept for what is not in the workbook: action,
// keys, nonce, signature, and the security token of temporary credentials.
const (
	requestLine = 8 << 10
	requestRoom = requestLine - 2<<10
)

// Lengths in bytes of the names of parameters with their separators.
const (
	circuitNames  = len("InstanceId=&RegionId=&CompanyName=&LineType=&Si=&ConstructionTime=&Bandwidth=&PeerLocation=&ClientToken=&")
	engineerNames = len("PMInfo.16.PMName=&PMInfo.16.PMCertificateType=&PMInfo.16.PMCertificateNo=&PMInfo.16.PMGender=&PMInfo.16.PMContactInfo=&")
)

// checkRequests reports the circuits whose request would be too long. Their lengths are
// only measured where three times the longest values would not fit.
func (d *decoder) checkRequests() {
	longest := 0
	for i := range d.w.Engineers {
		e := &d.w.Engineers[i]
		longest = max(longest, len(e.Name)+len(e.CertificateType)+len(e.CertificateNo)+len(e.Gender)+len(e.Contact))
	}
	for i := range d.w.Circuits {
		c := &d.w.Circuits[i]
		if len(c.Engineers) > maxEngineers {
			continue
		}
		own := len(c.InstanceID) + len(c.RegionID) + len(c.CompanyName) + len(c.LineType) + len(c.Si) + len(SentTime) + bandwidthDigits + len(c.PeerLocation) + MaxClientToken
		if circuitNames+3*own+len(c.Engineers)*(engineerNames+3*longest) > requestRoom {
			d.checkRequest(c)
		}
	}
}

// checkRequest measures the request of one circuit.
func (d *decoder) checkRequest(c *Circuit) {
	n := circuitNames + len(c.InstanceID) + len(c.RegionID) + encodedLen(c.CompanyName) + len(c.LineType) + encodedLen(c.Si) +
		encodedLen(SentTime) + bandwidthDigits + encodedLen(c.PeerLocation) + max(encodedLen(c.ClientToken), MaxClientToken)
	for _, i := range c.Engineers {
		e := &d.w.Engineers[i]
		n += engineerNames + encodedLen(e.Name.Reveal()) + len(e.CertificateType) + encodedLen(e.CertificateNo.Reveal()) + len(e.Gender) + encodedLen(e.Contact.Reveal())
	}
	if n <= requestRoom {
		return
	}
	before, f := d.errors, &d.cells[CircuitInstanceID]
	d.record(circuitRequestLong, Problem{At: d.ref(CircuitInstanceID, c.Row), Column: f.header, Value: c.InstanceID, Args: []Arg{
		{"n", strconv.Itoa(n)}, {"most", strconv.Itoa(requestRoom)}, {"engineers", strconv.Itoa(len(c.Engineers))},
	}})
	c.Invalid = c.Invalid || d.errors > before
}

// encodedLen returns the length of a value in a URL: 3 bytes for each byte that is not
// unreserved (RFC 3986, section 2.3).
func encodedLen(s string) int {
	n := len(s)
	for i := range len(s) {
		switch c := s[i]; {
		case c >= 'a' && c <= 'z', c >= 'A' && c <= 'Z', c >= '0' && c <= '9', c == '-', c == '.', c == '_', c == '~':
		default:
			n += 2
		}
	}
	return n
}

// The content of an accepted application does not change. The engine applies this rule, as
// it knows what was sent.
var _ = requestRules.add(Rule{Code: "circuit-changed-after-submission", Severity: Error, Column: CircuitInstanceID, Fixed: true})

// Nor does what its construction was reported as finished with.
var _ = requestRules.add(Rule{Code: "circuit-line-changed-after-completion", Severity: Error, Column: CircuitInstanceID, Fixed: true})

// Nor does its region. The engine applies this rule, too.
var _ = requestRules.add(Rule{Code: "circuit-region-changed-after-submission", Severity: Error, Column: CircuitRegionID})

// Nor does its account. The engine applies this rule, too.
var _ = requestRules.add(Rule{Code: "circuit-account-changed-after-submission", Severity: Error, Column: CircuitAccount, Fixed: true})
