package prose

// enEngineers: the rules of the Engineers sheet.
var enEngineers = map[string]Entry{
	"engineer-circuit-missing": {
		Message: "the row does not say which circuit the engineer works on",
		Hint:    "Write the circuit's ID, several IDs separated by commas, or * for every circuit.",
		Why:     "The engineer would not be part of any application.",
		Wrong:   "(empty)", Right: "pc-bp1example, pc-bp2example", Source: contract,
	},
	"engineer-circuit-malformed": {
		Message: "{circuit} is not a circuit ID",
		Hint:    "Write pc- followed by lower-case letters and digits; separate IDs by commas, semicolons or line breaks.",
		Why:     "It cannot be matched to a row of the Circuits sheet.",
		Wrong:   "pc-bp1example pc-bp2example", Right: "pc-bp1example, pc-bp2example", Source: contract,
	},
	"engineer-circuit-unknown": {
		Message: "the circuit {value} is not in the Circuits sheet",
		Hint:    "Correct the ID, add the circuit, or remove it from this cell.",
		Why:     "The engineer was meant for some circuit, which would go without.",
		Wrong:   "pc-bp9example, which is not in Circuits", Right: "pc-bp1example", Source: contract,
	},
	"engineer-circuit-repeated": {
		Message: "the cell lists the circuit {circuit} twice",
		Hint:    "List it once, and check whether another circuit was meant.",
		Why:     "A repeated ID is often a typo for a similar one.",
		Wrong:   "pc-bp1example, pc-bp1example", Right: "pc-bp1example, pc-bp2example", Source: contract,
	},
	"engineer-circuit-star": {
		Message: "* is combined with other circuits",
		Hint:    "Write * alone for every circuit in the sheet, or only the IDs.",
		Why:     "* already means every circuit, so it is unclear what the extra IDs are for.",
		Wrong:   "*, pc-bp1example", Right: "*", Source: contract,
	},
	"engineer-name-missing": {
		Message: "the engineer's name is missing",
		Hint:    "Write the full name as it appears on the certificate.",
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
		Message: "{value} is not a certificate type",
		Hint:    "Write one of {allowed}.",
		Why:     "The API accepts only these two in an application.",
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
		Message: "{value} is not a gender that the API accepts",
		Hint:    "Write one of {allowed}.",
		Why:     "The API accepts only these two words.",
		Wrong:   "M, Mr.", Right: "Male", Source: apiPage + ": PMInfo.N.PMGender",
	},
	"engineer-contact-missing": {
		Message: "the contact is missing",
		Hint:    "Write the engineer's phone number, as text.",
		Why:     "The site sends text messages to this number.",
		Wrong:   "(empty)", Right: "'+44 7700 900123 as text", Source: apiPage + ": PMInfo.N.PMContactInfo",
	},
	"engineer-masked": {
		Message: "the value contains an asterisk, so it is masked and cannot be sent",
		Hint:    "Write the full value, or use the original workbook: a copy written with --redact no longer has the names, numbers and contacts.",
		Why:     "Masked values cannot be restored, and sending them would announce people who do not exist to the site.",
		Wrong:   "E0*****00", Right: "E00000000", Source: contract,
	},
	"engineer-twice": {
		Message: "the same certificate appears twice for one circuit, here and in {also}",
		Hint:    "Delete one of the rows, or remove the circuit from one of them; a row with * counts for every circuit.",
		Why:     "The second row uses up one of the 16 places; two rows with the same number are often a typo in one of them.",
		Wrong:   "two rows for pc-bp1example with one certificate number", Right: "one row", Source: contract,
	},
	"engineer-certificate-malformed": {
		Message: "the value cannot be a complete certificate number",
		Hint:    "Compare it with the document: an identity card number has 18 characters, a passport number 5 to 9.",
		Why:     "Digits are missing, or there are more of them than any document has; the site would not admit the engineer.",
		Wrong:   "123456", Right: "99999919900101122X", Source: gb11643 + "; ICAO Doc 9303, part 4",
	},
	"engineer-id-form": {
		Message: "an identity card number must have 18 characters: 17 digits, then a digit or X",
		Hint:    "Compare it with the card; if the document is a passport, choose Passport.",
		Why:     "The API may let this pass, but the site will not.",
		Wrong:   "999999 19900101 122X", Right: "99999919900101122X", Source: gb11643,
	},
	"engineer-id-old-form": {
		Message: "a 15-digit number belongs to a first-generation identity card, which is no longer valid",
		Hint:    "Write the 18 characters of the current card.",
		Why:     "First-generation cards expired on 1 January 2013.",
		Wrong:   "999999900101123", Right: "99999919900101122X", Source: gb11643,
	},
	"engineer-id-check-digit": {
		Message: "the check digit of the identity card number is wrong",
		Hint:    "Compare all 18 characters with the card: one is wrong, or two are swapped.",
		Why:     "The last character is calculated from the 17 before it to catch typos.",
		Wrong:   "…1229 instead of …122X", Right: "the number as on the card", Source: gb11643 + "; ISO 7064, MOD 11-2",
	},
	"engineer-id-birth-date": {
		Message: "the birth date in the identity card number does not exist or is in the future",
		Hint:    "Compare characters 7 to 14 with the card: year, month, day.",
		Why:     "Characters 7 to 14 are the date of birth.",
		Wrong:   "99999919901301…", Right: "99999919900131…", Source: gb11643,
	},
	"engineer-id-age": {
		Message: "according to the identity card number, the engineer is under 16 or over 80",
		Hint:    "Compare characters 7 to 10, the year of birth, with the card.",
		Why:     "A year with one wrong digit is still a valid date.",
		Wrong:   "99999920190101…", Right: "99999919910101…", Source: gb11643,
	},
	"engineer-id-gender": {
		Message: "the gender {value} does not match the identity card number, which says {implied}",
		Hint:    "Compare both with the card; values may have slipped into the wrong row.",
		Why:     "The 17th digit is odd for men and even for women.",
		Wrong:   "Male with …0020", Right: "Female with …0020", Source: gb11643,
	},
	"engineer-passport-form": {
		Message: "the value does not look like a passport number",
		Hint:    "Compare it with the passport: 5 to 9 letters and digits, no spaces.",
		Why:     "The API may let this pass, but the site will not.",
		Wrong:   "E 0000-0000", Right: "E00000000", Source: "ICAO Doc 9303, part 4",
	},
	"engineer-contact-malformed": {
		Message: "the value has too few or too many digits for a phone number",
		Hint:    "Write the whole number, with its country or area code.",
		Why:     "The site sends text messages to this number.",
		Wrong:   "110", Right: "+447700900123", Source: "ITU-T E.164",
	},
	"engineer-contact-form": {
		Message: "the value does not look like a phone number",
		Hint:    "Write + with the country code and the number, an 11-digit mainland mobile number, or a landline with its area code.",
		Why:     "The site sends text messages to this number.",
		Wrong:   "name@example.com", Right: "+447700900123", Source: "ITU-T E.164",
	},
}
