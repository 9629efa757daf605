package prose

// enParts: damaged or malicious ZIP archives and parts of a workbook.
var enParts = map[string]Entry{
	// the ZIP container
	"zip-directory": {
		Message: "the workbook's ZIP directory is damaged",
		Hint:    takeAgain,
		Source:  "APPNOTE.TXT 4.3.12",
	},
	"zip-part-header": {
		Message: "the workbook's ZIP directory does not match its part {part}",
		Hint:    takeAgain,
		Source:  "APPNOTE.TXT 4.3.7",
	},
	"zip-many-parts": {
		Message: "the workbook has {found} parts; the limit is {expected}",
		Hint:    "Copy the two sheets into a new workbook.",
	},
	"zip-part-name": {
		Message: "a part of the workbook is named {part}, which points outside the workbook",
		Hint:    "Do not use this file; no spreadsheet program writes such a name. Find out where it comes from.",
	},
	"zip-part-twice": {
		Message: "the workbook contains the part {part} twice",
		Hint:    "Do not use this file; different programs would read different content from it. Save it again in Excel and check its rows.",
		Why:     "Part names ignore case. If two parts have the same name, each program may read a different one.",
		Source:  "ECMA-376 part 2, 6.2.2.3",
	},
	"zip-part-encrypted": {
		Message: "the part {part} of the workbook was encrypted by a ZIP program",
		Hint:    "Save the workbook in Excel and do not zip it again.",
	},
	"zip-part-method": {
		Message: "the part {part} of the workbook uses compression method {found}; only 0 and 8 are allowed",
		Hint:    "Save the workbook in Excel and do not zip it again.",
		Source:  "ECMA-376 part 2, annex B",
	},
	"zip-part-size": {
		Message: "the part {part} of the workbook does not have the size that the ZIP directory says",
		Hint:    takeAgain,
	},
	"zip-ratio": {
		Message: "the part {part} of the workbook unpacks to {found} times its size; the limit is {expected} times",
		Hint:    "If the file is yours and the part is a sheet (xl/worksheets/…), delete its empty formatted rows and columns and save it; otherwise do not use it.",
		Why:     "This is what a ZIP bomb looks like: a small file made to fill memory and disk.",
	},
	"zip-overlap": {
		Message: "the parts {found} and {part} of the workbook overlap",
		Hint:    "Do not use this file; no spreadsheet program writes such a file. Find out where it comes from.",
		Why:     "This is what a ZIP bomb looks like: a small file made to fill memory and disk.",
	},

	// single parts
	"part-missing": {
		Message: "the part {part} is missing from the workbook",
		Hint:    takeAgain,
	},
	"part-checksum": {
		Message: "the part {part} of the workbook is damaged: its checksum does not match",
		Hint:    takeAgain,
		Why:     "At least one bit has changed since the workbook was saved; other programs may read it with rows missing.",
	},
	"part-truncated": {
		Message: "the part {part} of the workbook ends too early, at byte {place}",
		Hint:    takeAgain,
	},
	"part-packing": {
		Message: "the part {part} of the workbook is damaged and cannot be unpacked past byte {place}",
		Hint:    takeAgain,
	},
	"part-malformed": {
		Message: "the part {part} of the workbook is not well-formed XML at byte {place}",
		Hint:    takeAgain,
		Source:  "XML 1.0, 2.1",
	},
	"part-dtd": {
		Message: "the part {part} of the workbook has a document type declaration at byte {place}",
		Hint:    "Do not use this file; no spreadsheet program writes such a part. Find out where it comes from.",
		Why:     "Such declarations can be used to exhaust memory or to read other files; workbooks must not have any.",
		Source:  "ECMA-376 part 2, 6.1.4",
	},
	"part-deep": {
		Message: "the part {part} of the workbook nests more than 128 elements deep at byte {place}",
		Hint:    "Do not use this file; no spreadsheet program writes such a part. Find out where it comes from.",
	},
	"part-token-long": {
		Message: "the part {part} of the workbook has a text or tag that is too long at byte {place}",
		Hint:    "Shorten the longest cell; Excel allows at most 32,767 characters.",
	},
	"part-encoding": {
		Message: "the encoding of the part {part} of the workbook is unknown, or neither UTF-8 nor UTF-16",
		Hint:    "Open the workbook in Excel or LibreOffice and save it again.",
		Source:  "ECMA-376 part 2, 6.1.4",
	},
	"part-wrong-root": {
		Message: "the part {part} of the workbook is not of the kind the workbook says it is",
		Hint:    takeAgain,
	},
	"part-relationship": {
		Message: "the part {part}, which links the workbook's parts together, is damaged at byte {place}",
		Hint:    takeAgain,
		Source:  "ECMA-376 part 2, 6.5",
	},
	"part-unreadable": {
		Message: "the part {part} of the workbook cannot be read past byte {place}",
		Hint:    "Check the disk or network drive, copy the file to a local disk and try again.",
	},
	"part-list-long": {
		Message: "the list {part} of the workbook has more than 50000 entries, at byte {place}",
		Hint:    "Copy the two sheets into a new workbook.",
	},
	"part-too-large": {
		Message: "the part {part} of the workbook is {found} bytes long; the limit is {expected}",
		Hint:    "Open the workbook in Excel or LibreOffice and save it again.",
	},
	"part-many-strings": {
		Message: "the part {part} of the workbook contains more than {expected} texts",
		Hint:    "Split the workbook, or delete sheets that do not belong in it.",
	},
	"part-many-formats": {
		Message: "the part {part} of the workbook contains too many cell formats, at byte {place}",
		Hint:    "Copy the two sheets into a new workbook.",
	},
}

const takeAgain = "Transfer or download the file again, or restore it from a backup; if this is the original, open it in Excel, let it repair the workbook, and check for missing rows."
