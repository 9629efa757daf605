package sheet

import (
	"slices"
	"strings"
)

// engineer reads the row at hand as an engineer. The problems told since before are its own.
func (d *decoder) engineer(before int) {
	f := &d.cells
	e := Engineer{Row: d.row}
	e.Circuits, e.All = d.worksOn(&f[EngineerInstanceID])
	e.Name = d.personal(&f[EngineerName], &engineerNameMissing)
	e.CertificateType = d.listed(&f[EngineerCertificateType], &engineerTypeMissing, &engineerTypeUnknown)
	e.CertificateNo = d.personal(&f[EngineerCertificateNo], &engineerNumberMissing)
	e.Gender = d.listed(&f[EngineerGender], &engineerGenderMissing, &engineerGenderUnknown)
	e.Contact = d.personal(&f[EngineerContact], &engineerContactMissing)
	d.certificate(&e)
	if contact := e.Contact.Reveal(); contact != "" && !isPhone(contact) {
		d.tell(&engineerContactForm, &f[EngineerContact])
	}
	e.Invalid = d.errors > before
	d.engineers.push(e)
}

// personal gives a value of the person, or nothing where it is missing, faulty or masked.
func (d *decoder) personal(f *field, missing *Rule) Personal {
	s, _ := d.required(f, missing)
	if isMasked(s) {
		d.tell(&engineerMasked, f)
		return ""
	}
	return Personal(s)
}

// worksOn reads the circuits that an engineer's row names.
func (d *decoder) worksOn(f *field) (ids []string, all bool) {
	s, found := d.required(f, &engineerCircuitMissing)
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
			d.tell(&engineerCircuitStar, f)
		case !isInstanceID(id):
			d.tell(&engineerCircuitMalformed, f, Arg{"circuit", d.show(f, id)})
			if d.severity[&engineerCircuitMalformed] != Error {
				ids = append(ids, id)
			}
		case slices.Contains(ids, id):
			d.tell(&engineerCircuitRepeated, f, Arg{"circuit", id})
		default:
			ids = append(ids, id)
		}
	}
	if ids == nil && strings.Trim(s, ",;，；、 ") == "" {
		d.tell(&engineerCircuitMissing, f)
	}
	return ids, false
}

// isSeparator reports what stands between the circuits of one cell.
func isSeparator(r rune) bool { return strings.ContainsRune(",;\n\r，；、", r) }
