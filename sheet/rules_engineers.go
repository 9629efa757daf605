package sheet

import (
	"slices"
	"strings"
)

// engineerCircuitMissing: an engineer works on at least one circuit.
var engineerCircuitMissing = engineerRules.add(Rule{Code: "engineer-circuit-missing", Severity: Error, Column: EngineerInstanceID, Fixed: true})

// engineerCircuitMalformed: each circuit is named by its ID.
var engineerCircuitMalformed = engineerRules.add(Rule{Code: "engineer-circuit-malformed", Severity: Error, Column: EngineerInstanceID})

// engineerCircuitUnknown: each circuit named is in the Circuits sheet.
var engineerCircuitUnknown = engineerRules.add(Rule{Code: "engineer-circuit-unknown", Severity: Error, Column: EngineerInstanceID})

// engineerCircuitRepeated: a circuit is named once in a cell.
var engineerCircuitRepeated = engineerRules.add(Rule{Code: "engineer-circuit-repeated", Severity: Warning, Column: EngineerInstanceID})

// engineerCircuitStar: *, which means every circuit, is used alone.
var engineerCircuitStar = engineerRules.add(Rule{Code: "engineer-circuit-star", Severity: Error, Column: EngineerInstanceID, Fixed: true})

// worksOn reads the circuits named in an engineer's row.
func (d *decoder) worksOn(f *field) (ids []string, all bool) {
	s, found := d.required(f, engineerCircuitMissing)
	switch {
	case !found:
		return nil, false
	case s == "*":
		return nil, true
	case isInstanceID(s):
		return d.ids.Single(s), false
	}
	if s[0] != '*' && strings.IndexFunc(s, isSeparator) != 0 && d.noData(f, s) {
		return nil, false
	}
	for _, part := range strings.FieldsFunc(s, isSeparator) {
		id := trimOuter(part)
		switch {
		case id == "":
		case id == "*":
			d.report(engineerCircuitStar, f)
		case !isInstanceID(id) && d.noData(f, id):
		case !isInstanceID(id):
			d.reportWith(engineerCircuitMalformed, f, func() string {
				if part != s {
					return ""
				}
				return d.suggestCircuit(id)
			}, Arg{"circuit", d.show(f, id)})
			if d.severity.of(engineerCircuitMalformed) != Error {
				ids = append(ids, id)
			}
		case slices.Contains(ids, id):
			d.report(engineerCircuitRepeated, f, Arg{"circuit", id})
		default:
			ids = append(ids, id)
		}
	}
	if ids == nil && strings.Trim(s, ",;，；、 ") == "" {
		d.report(engineerCircuitMissing, f)
	}
	return ids, false
}

// isSeparator reports whether r separates the circuits named in one cell.
func isSeparator(r rune) bool {
	switch r {
	case ',', ';', '\n', '\r', '，', '；', '、':
		return true
	}
	return false
}

// unknownCircuit reports that an engineer names a circuit that is not in the workbook.
func (d *decoder) unknownCircuit(e *Engineer, id string) {
	f := &d.cells[EngineerInstanceID]
	before := d.errors
	p := Problem{At: d.ref(EngineerInstanceID, e.Row), Column: f.header, Value: d.show(f, id)}
	if d.takes(engineerCircuitUnknown, &p.At) {
		if d.taken == keptListed {
			p.Suggestion = d.suggestCircuit(id)
		}
		d.append(engineerCircuitUnknown, p)
	}
	e.Invalid = e.Invalid || d.errors > before
}

// engineerNameMissing: the API requires PMName.
var engineerNameMissing = engineerRules.add(Rule{Code: "engineer-name-missing", Severity: Error, Column: EngineerName, Fixed: true})

// engineerTypeMissing: the API requires PMCertificateType.
var engineerTypeMissing = engineerRules.add(Rule{Code: "engineer-certificate-type-missing", Severity: Error, Column: EngineerCertificateType, Fixed: true})

// engineerTypeUnknown: PMCertificateType is IDCard or Passport.
var engineerTypeUnknown = engineerRules.add(Rule{Code: "engineer-certificate-type-unknown", Severity: Error, Column: EngineerCertificateType, Fixed: true})

// engineerTypePermit: a travel permit is neither of them.
var engineerTypePermit = engineerRules.add(Rule{Code: "engineer-certificate-type-permit", Severity: Error, Column: EngineerCertificateType, Fixed: true})

// engineerTypeResidence: nor is a residence permit.
var engineerTypeResidence = engineerRules.add(Rule{Code: "engineer-certificate-type-residence", Severity: Error, Column: EngineerCertificateType, Fixed: true})

// permits are the certificates that people from Hong Kong, Macao, Taiwan and abroad have, by
// their names, folded, with the rule that each breaks.
var permits = map[string]*Rule{
	"港澳居民来往内地通行证": engineerTypePermit, "港澳居民通行证": engineerTypePermit, "港澳居民内地通行证": engineerTypePermit, "港澳通行证": engineerTypePermit, "往来港澳通行证": engineerTypePermit,
	"回乡证": engineerTypePermit, "回乡卡": engineerTypePermit, "homereturnpermit": engineerTypePermit, "mainlandtravelpermit": engineerTypePermit,
	"台湾居民来往大陆通行证": engineerTypePermit, "台湾居民通行证": engineerTypePermit, "台湾通行证": engineerTypePermit, "台胞证": engineerTypePermit, "港澳台通行证": engineerTypePermit, "通行证": engineerTypePermit,
	"港澳台居民居住证": engineerTypeResidence, "港澳居民居住证": engineerTypeResidence, "台湾居民居住证": engineerTypeResidence, "港澳台居住证": engineerTypeResidence, "居住证": engineerTypeResidence, "residencepermit": engineerTypeResidence,
	"外国人永久居留身份证": engineerTypeResidence, "外国人永久居留证": engineerTypeResidence, "永久居留身份证": engineerTypeResidence, "永居证": engineerTypeResidence,
}

// typeRule returns the rule that a certificate type breaks if the API does not have it.
func typeRule(s string) *Rule {
	if r := permits[foldKey(s)]; r != nil {
		return r
	}
	name, _, _ := strings.Cut(strings.Map(narrow, s), "(") // 港澳居民来往内地通行证(回乡证)
	if r := permits[foldKey(name)]; r != nil {
		return r
	}
	return engineerTypeUnknown
}

// engineerNumberMissing: the API requires PMCertificateNo.
var engineerNumberMissing = engineerRules.add(Rule{Code: "engineer-certificate-missing", Severity: Error, Column: EngineerCertificateNo, Fixed: true})

// engineerGenderMissing: the API requires PMGender.
var engineerGenderMissing = engineerRules.add(Rule{Code: "engineer-gender-missing", Severity: Error, Column: EngineerGender, Fixed: true})

// engineerGenderUnknown: PMGender is Male or Female.
var engineerGenderUnknown = engineerRules.add(Rule{Code: "engineer-gender-unknown", Severity: Error, Column: EngineerGender, Fixed: true})

// engineerContactMissing: the API requires PMContactInfo.
var engineerContactMissing = engineerRules.add(Rule{Code: "engineer-contact-missing", Severity: Error, Column: EngineerContact, Fixed: true})

// engineer reads the current row as an engineer, who is invalid if the number of errors
// has risen since before.
func (d *decoder) engineer(before int) {
	f := &d.cells
	e := Engineer{Row: d.row}
	e.Circuits, e.All = d.worksOn(&f[EngineerInstanceID])
	e.Name = d.personal(&f[EngineerName], engineerNameMissing)
	e.CertificateType = d.listedOr(&f[EngineerCertificateType], engineerTypeMissing, typeRule)
	e.CertificateNo = d.personal(&f[EngineerCertificateNo], engineerNumberMissing)
	e.Gender = d.listed(&f[EngineerGender], engineerGenderMissing, engineerGenderUnknown)
	e.Contact = d.personal(&f[EngineerContact], engineerContactMissing)
	d.checkCertificate(&e)
	d.checkContact(&e)
	e.Invalid = d.errors > before
	d.engineers.Append(e)
}

// engineerMasked: a masked name, number or contact, as in a copy written with personal data
// hidden, does not identify the person.
var engineerMasked = engineerRules.add(Rule{Code: "engineer-masked", Severity: Error, Column: NoColumn, Fixed: true})

// isMasked reports whether a personal value contains an asterisk, ASCII or full-width.
func isMasked(s string) bool { return strings.IndexByte(s, '*') >= 0 || strings.Contains(s, "＊") }

// personal returns a personal value, or "" if it is missing, wrong or masked.
func (d *decoder) personal(f *field, missing *Rule) Personal {
	s, _ := d.required(f, missing)
	if isMasked(s) {
		d.report(engineerMasked, f)
		return ""
	}
	return Personal(s)
}

// engineerTwice: an engineer is assigned to a circuit once.
var engineerTwice = engineerRules.add(Rule{Code: "engineer-twice", Severity: Error, Column: EngineerCertificateNo})

// uniqueEngineers reports engineers who are assigned to a circuit twice, identified by
// their certificates, at both rows.
func (d *decoder) uniqueEngineers() {
	s := newDuplicateFinder(d.w.Engineers, d.sameEngineer)
	s.check(d.onAll) // circuits with too many of them list only the first
	var shared *int32
	for i := range d.w.Circuits {
		list := d.w.Circuits[i].Engineers
		if len(list) < 2 || &list[0] == shared {
			continue
		}
		shared = &list[0]
		s.check(list)
	}
}

// sameEngineer reports, at the row of a, that b is the same person on the same circuit.
func (d *decoder) sameEngineer(a, b int32) {
	e, other := &d.w.Engineers[a], &d.w.Engineers[b]
	f := &d.cells[EngineerCertificateNo]
	before := d.errors
	d.record(engineerTwice, Problem{
		At: d.ref(EngineerCertificateNo, e.Row), Also: d.ref(EngineerCertificateNo, other.Row),
		Column: f.header, Value: d.show(f, e.CertificateNo.Reveal()),
	})
	e.Invalid = e.Invalid || d.errors > before
}
