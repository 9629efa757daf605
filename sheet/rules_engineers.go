package sheet

import (
	"slices"
	"strings"
)

// engineerCircuitMissing: an engineer works on some circuit.
var engineerCircuitMissing = engineerRules.add(Rule{Code: "engineer-circuit-missing", Severity: Error, Column: EngineerInstanceID, Fixed: true})

// engineerCircuitMalformed: each circuit named is pc- and lower-case letters and digits.
var engineerCircuitMalformed = engineerRules.add(Rule{Code: "engineer-circuit-malformed", Severity: Error, Column: EngineerInstanceID})

// engineerCircuitUnknown: each circuit named stands in the sheet of circuits.
var engineerCircuitUnknown = engineerRules.add(Rule{Code: "engineer-circuit-unknown", Severity: Error, Column: EngineerInstanceID})

// engineerCircuitRepeated: a circuit is named once in a cell.
var engineerCircuitRepeated = engineerRules.add(Rule{Code: "engineer-circuit-repeated", Severity: Warning, Column: EngineerInstanceID})

// engineerCircuitStar: * stands alone: it means every circuit.
var engineerCircuitStar = engineerRules.add(Rule{Code: "engineer-circuit-star", Severity: Error, Column: EngineerInstanceID, Fixed: true})

// worksOn reads the circuits that an engineer's row names.
func (d *decoder) worksOn(f *field) (ids []string, all bool) {
	s, found := d.required(f, engineerCircuitMissing)
	switch {
	case !found:
		return nil, false
	case s == "*":
		return nil, true
	case isInstanceID(s):
		return d.ids.one(s), false
	}
	for _, part := range strings.FieldsFunc(s, isSeparator) {
		id := trimOuter(part)
		switch {
		case id == "":
		case id == "*":
			d.tell(engineerCircuitStar, f)
		case !isInstanceID(id):
			d.tell(engineerCircuitMalformed, f, Arg{"circuit", d.show(f, id)})
			if d.severity[engineerCircuitMalformed] != Error {
				ids = append(ids, id)
			}
		case slices.Contains(ids, id):
			d.tell(engineerCircuitRepeated, f, Arg{"circuit", id})
		default:
			ids = append(ids, id)
		}
	}
	if ids == nil && strings.Trim(s, ",;，；、 ") == "" {
		d.tell(engineerCircuitMissing, f)
	}
	return ids, false
}

// isSeparator reports what stands between the circuits of one cell.
func isSeparator(r rune) bool { return strings.ContainsRune(",;\n\r，；、", r) }

func (d *decoder) unknownCircuit(e *Engineer, id string) {
	f := &d.cells[EngineerInstanceID]
	before := d.errors
	d.add(engineerCircuitUnknown, Problem{At: d.ref(EngineerInstanceID, e.Row), Column: f.header, Value: d.show(f, id)})
	e.Invalid = e.Invalid || d.errors > before
}

// engineerNameMissing: the API requires PMName.
var engineerNameMissing = engineerRules.add(Rule{Code: "engineer-name-missing", Severity: Error, Column: EngineerName, Fixed: true})

// engineerTypeMissing: the API requires PMCertificateType.
var engineerTypeMissing = engineerRules.add(Rule{Code: "engineer-certificate-type-missing", Severity: Error, Column: EngineerCertificateType, Fixed: true})

// engineerTypeUnknown: PMCertificateType is IDCard or Passport.
var engineerTypeUnknown = engineerRules.add(Rule{Code: "engineer-certificate-type-unknown", Severity: Error, Column: EngineerCertificateType, Fixed: true})

// engineerNumberMissing: the API requires PMCertificateNo.
var engineerNumberMissing = engineerRules.add(Rule{Code: "engineer-certificate-missing", Severity: Error, Column: EngineerCertificateNo, Fixed: true})

// engineerGenderMissing: the API requires PMGender.
var engineerGenderMissing = engineerRules.add(Rule{Code: "engineer-gender-missing", Severity: Error, Column: EngineerGender, Fixed: true})

// engineerGenderUnknown: PMGender is Male or Female.
var engineerGenderUnknown = engineerRules.add(Rule{Code: "engineer-gender-unknown", Severity: Error, Column: EngineerGender, Fixed: true})

// engineerContactMissing: the API requires PMContactInfo.
var engineerContactMissing = engineerRules.add(Rule{Code: "engineer-contact-missing", Severity: Error, Column: EngineerContact, Fixed: true})

// engineer reads the row at hand as an engineer. The problems told since before are its own.
func (d *decoder) engineer(before int) {
	f := &d.cells
	e := Engineer{Row: d.row}
	e.Circuits, e.All = d.worksOn(&f[EngineerInstanceID])
	e.Name = d.personal(&f[EngineerName], engineerNameMissing)
	e.CertificateType = d.listed(&f[EngineerCertificateType], engineerTypeMissing, engineerTypeUnknown)
	e.CertificateNo = d.personal(&f[EngineerCertificateNo], engineerNumberMissing)
	e.Gender = d.listed(&f[EngineerGender], engineerGenderMissing, engineerGenderUnknown)
	e.Contact = d.personal(&f[EngineerContact], engineerContactMissing)
	d.certificate(&e)
	d.contact(&e)
	e.Invalid = d.errors > before
	d.engineers.push(e)
}

// engineerMasked: a name, number or contact with an asterisk is what Mask leaves of it,
// as in a copy written with personal data hidden; the person cannot be told from it.
var engineerMasked = engineerRules.add(Rule{Code: "engineer-masked", Severity: Error, Column: NoColumn, Fixed: true})

// isMasked reports whether a value of a person holds an asterisk, plain or full width.
func isMasked(s string) bool { return strings.Contains(s, "*") || strings.Contains(s, "＊") }

// personal gives a value of the person, or nothing where it is missing, faulty or masked.
func (d *decoder) personal(f *field, missing *Rule) Personal {
	s, _ := d.required(f, missing)
	if isMasked(s) {
		d.tell(engineerMasked, f)
		return ""
	}
	return Personal(s)
}

// engineerTwice: an engineer stands once on a circuit.
var engineerTwice = engineerRules.add(Rule{Code: "engineer-twice", Severity: Error, Column: EngineerCertificateNo})

// engineersOnce tells of engineers that stand twice on one circuit, by their
// certificates, at both rows.
func (d *decoder) engineersOnce() {
	s := certificates(d.w.Engineers)
	s.told = make([]bool, len(d.w.Engineers))
	s.tell = d.sameEngineer
	s.check(d.everywhere) // circuits with too many of these list but the first
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

// sameEngineer tells, at the row of a, that b is the same person on the same circuit.
func (d *decoder) sameEngineer(a, b int32) {
	e, other := &d.w.Engineers[a], &d.w.Engineers[b]
	f := &d.cells[EngineerCertificateNo]
	before := d.errors
	d.add(engineerTwice, Problem{
		At: d.ref(EngineerCertificateNo, e.Row), Also: d.ref(EngineerCertificateNo, other.Row),
		Column: f.header, Value: d.show(f, e.CertificateNo.Reveal()),
	})
	e.Invalid = e.Invalid || d.errors > before
}
