package prose

// enEngineers: the rules of the Engineers sheet.
var enEngineers = map[string]Entry{
	"engineer-circuit-missing": {
		Message: "the row does not say on which circuit the engineer works",
		Hint:    "Write the circuit's ID, several separated by commas, or * for every circuit.",
		Why:     "The engineer would be part of no application.",
		Wrong:   "(empty)", Right: "pc-bp1example, pc-bp2example", Source: contract,
	},
	"engineer-circuit-malformed": {
		Message: "{circuit} is no circuit ID",
		Hint:    "Write pc- followed by lower-case letters and digits; separate several by commas, semicolons or line breaks.",
		Why:     "It cannot be matched with any row of the circuits.",
		Wrong:   "pc-bp1example pc-bp2example", Right: "pc-bp1example, pc-bp2example", Source: contract,
	},
	"engineer-circuit-unknown": {
		Message: "the circuit {value} stands in no row of the circuits",
		Hint:    "Correct the ID, add the circuit, or take it out of this cell.",
		Why:     "The engineer was meant for some circuit, and that one would go without.",
		Wrong:   "pc-bp9example, which no row of Circuits has", Right: "pc-bp1example", Source: contract,
	},
	"engineer-circuit-repeated": {
		Message: "the circuit {circuit} is named twice in the cell",
		Hint:    "Name it once; look whether another one was meant.",
		Why:     "A repetition is often a slip for a neighbour's ID.",
		Wrong:   "pc-bp1example, pc-bp1example", Right: "pc-bp1example, pc-bp2example", Source: contract,
	},
	"engineer-circuit-star": {
		Message: "* stands beside other circuits",
		Hint:    "Write * alone for every circuit of the sheet, or the IDs alone.",
		Why:     "Every circuit, and one more, says two things.",
		Wrong:   "*, pc-bp1example", Right: "*", Source: contract,
	},
	"engineer-name-missing": {
		Message: "the engineer's name is missing",
		Hint:    "Write the full name as on the certificate.",
		Why:     "The API requires it for every engineer.",
		Wrong:   "(empty)", Right: "Li Example", Source: apiPage + ": PMInfo.N.PMName",
	},
	"engineer-certificate-type-missing": {
		Message: "the certificate type is missing",
		Hint:    "Write IDCard or Passport.",
		Why:     "The API requires it for every engineer.",
		Wrong:   "(empty)", Right: "IDCard", Source: apiPage + ": PMInfo.N.PMCertificateType",
	},
	"engineer-certificate-type-unknown": {
		Message: "{value} is no certificate type",
		Hint:    "Write one of {allowed}.",
		Why:     "The API takes these two only when applying.",
		Wrong:   "Driving licence, Other", Right: "Passport", Source: apiPage + ": PMInfo.N.PMCertificateType",
	},
	"engineer-certificate-missing": {
		Message: "the certificate number is missing",
		Hint:    "Write the number of the identity card or passport, as text.",
		Why:     "The API requires it for every engineer.",
		Wrong:   "(empty)", Right: "'E00000000 as text", Source: apiPage + ": PMInfo.N.PMCertificateNo",
	},
	"engineer-gender-missing": {
		Message: "the gender is missing",
		Hint:    "Write Male or Female.",
		Why:     "The API requires it for every engineer.",
		Wrong:   "(empty)", Right: "Female", Source: apiPage + ": PMInfo.N.PMGender",
	},
	"engineer-gender-unknown": {
		Message: "{value} is no gender that the API takes",
		Hint:    "Write one of {allowed}.",
		Why:     "The API takes these two words only.",
		Wrong:   "M, Mr.", Right: "Male", Source: apiPage + ": PMInfo.N.PMGender",
	},
	"engineer-contact-missing": {
		Message: "the contact is missing",
		Hint:    "Write the engineer's phone number, as text.",
		Why:     "The site sends its text messages there.",
		Wrong:   "(empty)", Right: "'+44 7700 900123 as text", Source: apiPage + ": PMInfo.N.PMContactInfo",
	},
	"engineer-masked": {
		Message: "the value has an asterisk: it is masked, and nothing can be sent for it",
		Hint:    "Write the full value, or take the workbook that was filled in first: a copy written with --redact hides names, numbers and contacts for good.",
		Why:     "What a mask hides cannot be brought back, and the site would be told of persons who do not exist.",
		Wrong:   "E0*****00", Right: "E00000000", Source: contract,
	},
	"engineer-twice": {
		Message: "the same certificate stands twice on one circuit, here and in {also}",
		Hint:    "Delete one of the rows, or take the circuit off one of them; a row with * counts for every circuit.",
		Why:     "One person takes one of the 16 places; two rows with one number are often a slip of the second.",
		Wrong:   "two rows for pc-bp1example with one certificate number", Right: "one row", Source: contract,
	},
	"engineer-id-form": {
		Message: "an identity number has 18 characters: 17 digits and a digit or X",
		Hint:    "Compare it with the card; choose Passport if it is one.",
		Why:     "The API is lax here and the site is not.",
		Wrong:   "9999991990010112", Right: "99999919900101122X", Source: gb11643,
	},
	"engineer-id-old-form": {
		Message: "an identity number of 15 digits is of the first generation, which is no longer valid",
		Hint:    "Write the 18 characters of the card in use.",
		Why:     "First-generation cards ended on 1 January 2013.",
		Wrong:   "999999900101123", Right: "99999919900101122X", Source: gb11643,
	},
	"engineer-id-check-digit": {
		Message: "the last character of the identity number does not fit the others",
		Hint:    "Compare all 18 characters with the card: one is wrong, or two have changed places.",
		Why:     "The last character is computed from the 17 before it, so that slips are found.",
		Wrong:   "…1229 where the others call for …122X", Right: "the number as on the card", Source: gb11643 + "; ISO 7064, MOD 11-2",
	},
	"engineer-id-birth-date": {
		Message: "the birth date within the identity number is no day of the calendar",
		Hint:    "Compare characters 7 to 14 with the card: year, month, day.",
		Why:     "The date is part of the number.",
		Wrong:   "99999919901301…", Right: "99999919900131…", Source: gb11643,
	},
	"engineer-id-age": {
		Message: "by the identity number the engineer would be under 16 or over 80",
		Hint:    "Compare characters 7 to 10, the year of birth, with the card.",
		Why:     "A year that is off by a digit still passes for a date.",
		Wrong:   "99999920190101…", Right: "99999919910101…", Source: gb11643,
	},
	"engineer-id-gender": {
		Message: "the gender {value} does not fit the identity number, which says {implied}",
		Hint:    "Compare both with the card; rows may have slipped against each other.",
		Why:     "The 17th digit is odd for men and even for women.",
		Wrong:   "Male with …0020", Right: "Female with …0020", Source: gb11643,
	},
	"engineer-passport-form": {
		Message: "the value does not have the form of a passport number",
		Hint:    "Compare it with the passport: 5 to 9 letters and digits, no spaces.",
		Why:     "The API is lax here and the site is not.",
		Wrong:   "E 0000-0000", Right: "E00000000", Source: "ICAO Doc 9303, part 4",
	},
	"engineer-contact-form": {
		Message: "the value does not have the form of a phone number",
		Hint:    "Write +, the country code and the number; or a mainland number of 11 digits, or a landline with its area code.",
		Why:     "The site sends its text messages there.",
		Wrong:   "ext. 12, name@example.com", Right: "+447700900123", Source: "ITU-T E.164",
	},
}
