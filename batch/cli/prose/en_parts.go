package prose

// enParts: damage and tricks in the container of a workbook and in its parts.
var enParts = map[string]Entry{
	// the ZIP container
	"zip-directory": {
		Message: "the workbook's list of parts is damaged",
		Hint:    takeAgain,
		Source:  "APPNOTE.TXT 4.3.12",
	},
	"zip-part-header": {
		Message: "the workbook's list of parts and the part {part} do not agree",
		Hint:    takeAgain,
		Source:  "APPNOTE.TXT 4.3.7",
	},
	"zip-many-parts": {
		Message: "the workbook has {found} parts, and {expected} are allowed",
		Hint:    "Copy the two sheets into a new workbook.",
	},
	"zip-part-name": {
		Message: "a part of the workbook has the name {part}, which leads out of the workbook",
		Hint:    "Do not use this file; no spreadsheet program writes such a name. Ask where it comes from.",
	},
	"zip-part-twice": {
		Message: "the workbook holds the part {part} twice",
		Hint:    "Do not use this file; programs would read different contents from it. Save it again in Excel and check its rows.",
		Why:     "Part names are compared without regard to case; with two of the same name each program may read another one.",
		Source:  "ECMA-376 part 2, 6.2.2.3",
	},
	"zip-part-encrypted": {
		Message: "the part {part} of the workbook is encrypted by a ZIP program",
		Hint:    "Save the workbook in Excel, without packing it again.",
	},
	"zip-part-method": {
		Message: "the part {part} of the workbook is packed by method {found}, expected 0 or 8",
		Hint:    "Save the workbook in Excel, without packing it again.",
		Source:  "ECMA-376 part 2, annex B",
	},
	"zip-part-size": {
		Message: "the part {part} of the workbook is not as long as the workbook's list of parts says",
		Hint:    takeAgain,
	},
	"zip-ratio": {
		Message: "the part {part} of the workbook unpacks to {found} times its size, and {expected} times are allowed",
		Hint:    "If the file is yours and the part is a sheet (xl/worksheets/…), delete its empty formatted rows and columns and save it; otherwise do not use it.",
		Why:     "This is what a ZIP bomb looks like: a small file made to fill memory and disk.",
	},
	"zip-overlap": {
		Message: "the parts {found} and {part} of the workbook share bytes",
		Hint:    "Do not use this file; no spreadsheet program writes it. Ask where it comes from.",
		Why:     "This is what a ZIP bomb looks like: a small file made to fill memory and disk.",
	},

	// single parts
	"part-missing": {
		Message: "the workbook lacks its part {part}",
		Hint:    takeAgain,
	},
	"part-checksum": {
		Message: "the part {part} of the workbook is damaged: its checksum is wrong",
		Hint:    takeAgain,
		Why:     "At least one bit changed since the workbook was saved; other programs may read it with rows missing.",
	},
	"part-truncated": {
		Message: "the part {part} of the workbook ends too early, at byte {place}",
		Hint:    takeAgain,
	},
	"part-packing": {
		Message: "the part {part} of the workbook is damaged and cannot be unpacked beyond byte {place}",
		Hint:    takeAgain,
	},
	"part-malformed": {
		Message: "the part {part} of the workbook is no well-formed XML at byte {place}",
		Hint:    takeAgain,
		Source:  "XML 1.0, 2.1",
	},
	"part-dtd": {
		Message: "the part {part} of the workbook has a document type declaration at byte {place}",
		Hint:    "Do not use this file; no spreadsheet program writes such a part. Ask where it comes from.",
		Why:     "Declarations like this serve to blow up or to smuggle in content; workbooks must not have any.",
		Source:  "ECMA-376 part 2, 6.1.4",
	},
	"part-deep": {
		Message: "the part {part} of the workbook nests more than 128 elements at byte {place}",
		Hint:    "Do not use this file; no spreadsheet program writes such a part. Ask where it comes from.",
	},
	"part-token-long": {
		Message: "the part {part} of the workbook has a text or a tag of more than the allowed length at byte {place}",
		Hint:    "Shorten the longest cell; Excel itself allows 32,767 characters.",
	},
	"part-encoding": {
		Message: "the part {part} of the workbook is neither UTF-8 nor UTF-16, or does not say which",
		Hint:    "Open the workbook in Excel or LibreOffice and save it again.",
		Source:  "ECMA-376 part 2, 6.1.4",
	},
	"part-wrong-root": {
		Message: "the part {part} of the workbook is not what the workbook says it is",
		Hint:    takeAgain,
	},
	"part-relationship": {
		Message: "the list {part}, which says how the workbook's parts belong together, is damaged at byte {place}",
		Hint:    takeAgain,
		Source:  "ECMA-376 part 2, 6.5",
	},
	"part-unreadable": {
		Message: "the part {part} of the workbook cannot be read from byte {place} on",
		Hint:    "Check the disk or network drive the file is on, copy the file to a local disk and try again.",
	},
	"part-list-long": {
		Message: "the list {part} of the workbook has more than 50000 entries, at byte {place}",
		Hint:    "Copy the two sheets into a new workbook.",
	},
	"part-too-large": {
		Message: "the part {part} of the workbook has {found} bytes, and {expected} are allowed",
		Hint:    "Open the workbook in Excel or LibreOffice and save it again.",
	},
	"part-many-strings": {
		Message: "the part {part} of the workbook holds more than {expected} texts",
		Hint:    "Split the workbook, or delete sheets that do not belong here.",
	},
	"part-many-formats": {
		Message: "the part {part} of the workbook holds more cell formats than are allowed, at byte {place}",
		Hint:    "Copy the two sheets into a new workbook.",
	},
}

const takeAgain = "Transfer or download the file again or take it from a backup; if it is the original, open it in Excel, let it repair the workbook, and check that no rows are missing."
