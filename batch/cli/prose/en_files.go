package prose

// enFiles: why an input cannot be used: the file, or its sheets, rows or cells.
var enFiles = map[string]Entry{
	// not a workbook
	"file-empty": {
		Message: "the file is empty (0 bytes)",
		Hint:    "Export or save the workbook again; the last save or transfer did not finish.",
		Why:     "An interrupted transfer usually leaves an empty file behind.",
	},
	"file-zeros": {
		Message: "the file contains nothing but zero bytes",
		Hint:    "Restore the workbook from a backup or save it again; crashes and full disks leave such files.",
	},
	"file-truncated": {
		Message: "the workbook is cut off after {found} bytes",
		Hint:    "Transfer or download the file again, and compare its size with the original.",
		Why:     "A workbook is a ZIP archive, and a ZIP archive has its directory at the very end.",
		Source:  "APPNOTE.TXT 4.3.16",
	},
	"file-unreadable": {
		Message: "the file cannot be read",
		Hint:    "Check the disk or network drive, copy the file to a local disk and try again.",
	},
	"file-encrypted": {
		Message: "the workbook is encrypted with a password",
		Hint:    "Give the password with --password-file FILE or in the variable LOABATCH_PASSWORD; the copy will be encrypted with it too.",
		Why:     "Nothing in an encrypted workbook can be read without the password.",
		Source:  "MS-OFFCRYPTO 2.3",
	},
	"password-unreadable": {
		Message: "the password file {file} cannot be read: {reason}",
		Hint:    "Name a file whose first line is the password, and check who may read it.",
	},
	"password-empty": {
		Message: "there is no password in {where}",
		Hint:    "Write the password on the first line.",
	},
	"password-text": {
		Message: "the password in {where} is not UTF-8 text",
		Hint:    "Save it as UTF-8.",
	},
	"password-long": {
		Message: "the password in {where} is longer than {most} characters, more than Excel allows",
		Hint:    "The first line of a password file is the password, with nothing else on it.",
	},
	"password-public": {
		Message: "every user of this machine can read the password file {file}",
		Hint:    "Remove that permission, for example with chmod 600.",
	},
	"password-question": {
		Message: "password of {file} (not shown):",
	},
	"file-fetched": {
		Message: "the file was not on this machine: OneDrive or a similar program has fetched it",
		Why:     "Only its name is kept here until somebody reads it, which needs the network and may take a while.",
		Hint:    "For unattended runs choose \"Always keep on this device\" for its folder.",
	},
	"file-not-encrypted": {
		Message: "the workbook is not encrypted: the password is not needed, and the copy will not be encrypted either",
		Why:     "Several inputs may share a password that only some of them need.",
	},
	"file-password-wrong": {
		Message: "the password does not open the workbook",
		Hint:    "Check it, including capital letters and spaces; a password file has it on its first line.",
		Why:     "An encrypted workbook contains a value by which a password is checked.",
		Source:  "MS-OFFCRYPTO 2.3.4.13",
	},
	"file-encryption-changed": {
		Message: "the encrypted workbook was changed or damaged after it was saved: its checksum (HMAC) does not match",
		Hint:    "Use the original file, or save the workbook again in Excel.",
		Why:     "Encrypted bytes can be changed without the password, by accident or on purpose; the HMAC shows it.",
		Source:  "MS-OFFCRYPTO 2.3.4.14",
	},
	"file-encryption-damaged": {
		Message: "the encrypted workbook is damaged: {part}",
		Hint:    "Use the original file, or open the workbook in Excel and save it again.",
		Source:  "MS-OFFCRYPTO 2.3.4, MS-CFB",
	},
	"file-encryption-cipher": {
		Message: "the workbook is encrypted with {found}, which loabatch does not read",
		Hint:    "Save it in Excel 2010 or later with its default encryption, which is AES.",
		Why:     "Only AES with SHA-1, SHA-256, SHA-384 or SHA-512 is read; older ciphers do not protect the data, and Excel does not use them unless an administrator has set it up that way.",
		Source:  "MS-OFFCRYPTO 2.3.4",
	},
	"file-encryption-spins": {
		Message: "opening the workbook would take {found} rounds of hashing; the limit is {expected}",
		Hint:    "Save it again in Excel, which uses 100000 rounds.",
		Why:     "The number of rounds is written in the file, and each costs time; the standard allows no more than the limit.",
		Source:  "MS-OFFCRYPTO 2.3.4.10",
	},
	"file-encryption-certificate": {
		Message: "the workbook is encrypted for the owners of certificates, not with a password",
		Hint:    "Save a copy of it that is encrypted with a password, or not at all.",
		Source:  "MS-OFFCRYPTO 2.3.4.10",
	},
	"file-encryption-extensible": {
		Message: "the workbook is encrypted by an additional product (Extensible Encryption)",
		Hint:    "Open it with that product, and save it with Excel's own encryption or without any.",
		Source:  "MS-OFFCRYPTO 2.3.4.6",
	},
	"file-encryption-rights": {
		Message: "the workbook is under rights management (IRM), not encrypted with a password",
		Hint:    "Ask its owner for a copy without restricted access; it may be encrypted with a password.",
		Source:  "MS-OFFCRYPTO 2.2",
	},
	"file-old-xls": {
		Message: "the file is a workbook in the old .xls format ({found}), not .xlsx or .xlsm",
		Hint:    "Open it in Excel or LibreOffice and save it as Excel Workbook (.xlsx).",
		Why:     "The format of Excel 97-2003 is entirely different, whatever the file is named.",
	},
	"file-xlsb": {
		Message: "the file is a binary workbook (.xlsb), not .xlsx or .xlsm",
		Hint:    "Open it in Excel and save it as Excel Workbook (.xlsx).",
	},
	"file-ods": {
		Message: "the file is an OpenDocument spreadsheet (.ods or .fods), not .xlsx or .xlsm",
		Hint:    "Open it in LibreOffice and save it as Excel 2007-365 (.xlsx).",
	},
	"file-csv": {
		Message: "the file is plain text with values separated by {found} (CSV), not .xlsx or .xlsm",
		Hint:    "Import it into the blank workbook from loabatch template, all columns as text, and save it as .xlsx.",
		Why:     "Renaming a CSV file does not make it a workbook, and opening one with a double-click rounds long ID numbers.",
	},
	"file-html": {
		Message: "the file is a web page (HTML), not .xlsx or .xlsm",
		Hint:    "If it was downloaded, check whether it is a sign-in page; if another system exports tables like this, open it in Excel and save it as .xlsx.",
	},
	"file-xml-2003": {
		Message: "the file is in XML Spreadsheet 2003 format, not .xlsx or .xlsm",
		Hint:    "Open it in Excel or LibreOffice and save it as Excel Workbook (.xlsx).",
	},
	"file-lock": {
		Message: "this is the lock file (~$…) that Excel keeps next to an open workbook",
		Hint:    "Name the workbook itself: the same name without ~$ in front.",
	},
	"file-other-format": {
		Message: "the file is in {found} format, not .xlsx or .xlsm",
		Hint:    "Check the file's name; for a blank workbook, run loabatch template.",
	},
	"file-not-workbook": {
		Message: "unknown file format, expected .xlsx or .xlsm",
		Hint:    "Check the file's name; if it is right, the file is damaged or was encrypted by another program: restore it from a backup.",
	},
	"file-too-large": {
		Message: "the workbook unpacks to {found} bytes or more; the limit is {expected}",
		Hint:    "Delete sheets that do not belong in it, or split the workbook.",
		Why:     "A small file can unpack to many gigabytes; the limit keeps it from filling memory and disk.",
	},

	// the list of sheets
	"workbook-no-sheets": {
		Message: "the workbook lists no sheets in {part}",
		Hint:    "Open it in Excel, let it repair the workbook, and save it.",
	},
	"workbook-sheet-entry": {
		Message: "the workbook's list of sheets in {part} is damaged at byte {place}",
		Hint:    "Open it in Excel, let it repair the workbook, and save it.",
	},
	"workbook-sheet-twice": {
		Message: "the workbook lists the sheet {sheet} twice",
		Hint:    "Rename one of the two sheets.",
		Why:     "There is no telling which of the two is meant.",
	},
	"workbook-sheet-lost": {
		Message: "the workbook lists the sheet {sheet}, but the file does not contain it",
		Hint:    "Restore the workbook from a backup, or open it in Excel, let it repair the workbook, and check for missing rows.",
	},
	"sheet-not-listed": {
		Message: "the workbook has no sheet {sheet}",
		Hint:    "Rename the sheet you mean, or start from loabatch template.",
	},

	// sheets, rows and cells
	"sheet-columns": {
		Message: "the column widths in {part} are damaged at byte {place}",
		Hint:    repairAndCheck,
	},
	"sheet-merged": {
		Message: "the merged cells in {part} are damaged at byte {place}",
		Hint:    repairAndCheck,
	},
	"row-number": {
		Message: "a row after {place} has the number {found}; row numbers go from 1 to 1048576",
		Hint:    repairAndCheck,
		Source:  "ECMA-376 part 1, 18.3.1.73",
	},
	"row-twice": {
		Message: "the file contains the row {place} twice",
		Hint:    repairAndCheck,
		Why:     "There is no telling which of the two is the real one; other programs silently drop one of them.",
	},
	"row-long": {
		Message: "the row {place} contains more than 64 MiB of text",
		Hint:    "Shorten its cells; Excel allows at most 32,767 characters in each.",
	},
	"cell-reference": {
		Message: "a cell in {place} claims to be at {found}",
		Hint:    repairAndCheck,
		Source:  "ECMA-376 part 1, 18.3.1.4",
	},
	"cell-twice": {
		Message: "the file contains the cell {place} twice",
		Hint:    repairAndCheck,
	},
	"cell-value-twice": {
		Message: "the cell {place} has two values",
		Hint:    repairAndCheck,
	},
	"cell-type": {
		Message: "the cell {place} has the unknown type {found}",
		Hint:    repairAndCheck,
		Source:  "ECMA-376 part 1, 18.18.11",
	},
	"cell-style": {
		Message: "the cell {place} has the format number {found}, which does not exist",
		Hint:    repairAndCheck,
	},
	"cell-string-index": {
		Message: "the cell {place} refers to a text that is not in the workbook",
		Hint:    repairAndCheck,
		Why:     "A workbook keeps its texts in a separate list; if the list is damaged, cells would come out blank.",
	},
	"cell-number": {
		Message: "the cell {place} is stored as a number, but its content is not a number",
		Hint:    "Type the cell's value again and save the workbook.",
	},
	"cell-bool": {
		Message: "the cell {place} holds a logical value that is neither TRUE nor FALSE",
		Hint:    "Type the cell's value again and save the workbook.",
	},
	"cell-long": {
		Message: "the cell {place} contains more than 1 MiB of text",
		Hint:    "Shorten it; Excel allows at most 32,767 characters.",
	},
}

const repairAndCheck = "Open the workbook in Excel or LibreOffice, check for missing rows, and save it again; or restore it from a backup."

// What the problems with a copy as a package have in common.
const (
	copyUnsound = "This is a bug in loabatch: report it, naming the program that saved the workbook. Once it is fixed, write the copy again: loabatch report RUN"
	whyPackage  = "Excel refuses or repairs a file that breaks the rules of its format, so a copy with a defect that its input does not have is not kept."
)

// enCopy: why a results copy cannot be written, or will differ from its input.
var enCopy = map[string]Entry{
	"copy-no-free-columns": {
		Message: "sheet {sheet} has no free columns for the results to the right of its data",
		Hint:    "Delete columns you do not need: eight must be free before column XFD.",
		Why:     "A worksheet ends at column XFD, and each row's result goes to the right of its data.",
	},
	"copy-signed": {
		Message: "the workbook is digitally signed; the signature will not be valid for the results copy",
		Hint:    "Nothing to do: the input keeps its signature; the copy will be shown as changed since it was signed.",
		Why:     "A signature is valid for exactly the bytes that were signed; any added cell breaks it.",
	},
	"copy-structure-locked": {
		Message: "the structure of the workbook is protected; the sheets Errors and Summary are added to the copy anyway",
		Hint:    "Nothing to do: the protection stays in place.",
	},
	"copy-sheet-twice": {
		Message: "circuits and engineers are both on sheet {sheet}, so their results would overwrite each other",
		Hint:    "Put circuits and engineers on separate sheets.",
	},
	"copy-rows-differ": {
		Message: "the number of result rows for sheet {sheet} is {found}, expected {expected}",
		Hint:    "Run again; if it happens twice, save the workbook in Excel or LibreOffice and use the saved file.",
		Why:     "No row may be lost: the copy is not written unless its rows add up.",
	},
	"copy-cell-differs": {
		Message: "cell {place} of the copy does not contain what was written to it",
		Hint:    "Check the disk the copy is on, then write the copy again: loabatch report RUN",
		Why:     "The copy is read back before it gets its final name, to catch errors of disks and network drives.",
	},
	"copy-note-differs": {
		Message: "the note on cell {place} of the copy is not the one that should be there",
		Hint:    "Check the disk the copy is on, then write the copy again: loabatch report RUN",
		Why:     "Your own notes and those of the template stay in every copy; only the notes of an earlier run are replaced.",
	},
	"copy-part-differs": {
		Message: "the part {part} of the copy is not the same as in the input",
		Hint:    "Check the disk the copy is on, then write the copy again: loabatch report RUN",
		Why:     "Everything that the copy does not need to change is copied byte for byte.",
	},
	"copy-opening-differs": {
		Message: "the copy does not open as it should: sheet {sheet} is selected when it should not be, or the other way round",
		Hint:    "Check the disk the copy is on, then write the copy again: loabatch report RUN",
		Why:     "Exactly one sheet may be selected: spreadsheet programs change all selected sheets together.",
	},
	"copy-links-differ": {
		Message: "the links of the results on the sheet {sheet} of the copy are not those that were written",
		Hint:    "Check the disk the copy is on, then write the copy again: loabatch report RUN",
	},
	"copy-part-untyped": {
		Message: "the copy has no content type for its part {part}",
		Hint:    copyUnsound,
		Why:     whyPackage,
	},
	"copy-listed-twice": {
		Message: "the part {part} of the copy lists {found} twice",
		Hint:    copyUnsound,
		Why:     whyPackage,
	},
	"copy-part-lost": {
		Message: "the part {part} of the copy refers to {found}, which is missing",
		Hint:    copyUnsound,
		Why:     whyPackage,
	},
	"copy-part-found": {
		Message: "something in the workbook that referred to nothing now refers to the part {part}, which was added to the copy",
		Hint:    copyUnsound,
		Why:     whyPackage,
	},
	"copy-list-count": {
		Message: "the part {part} of the copy has a list, {found}, whose length is not what it declares",
		Hint:    copyUnsound,
		Why:     whyPackage,
	},
	"copy-element-order": {
		Message: "the part {part} of the copy has its element {found} twice or in the wrong place",
		Hint:    copyUnsound,
		Why:     whyPackage,
	},
	"copy-row-number": {
		Message: "the part {part} of the workbook has a row without a valid number at byte {place}",
		Hint:    repairAndCheck,
	},
	"copy-cell-reference": {
		Message: "the part {part} of the workbook has a cell without a valid position at byte {place}",
		Hint:    repairAndCheck,
	},
	"copy-table-in-the-way": {
		Message: "the table {found} at {place} of sheet {sheet} is in the way of the result columns",
		Hint:    "Move the table to another sheet, or away from the columns to the right of the data.",
		Why:     "A table's header row may contain only the names of its columns; writing results into it would damage the table.",
	},
	"copy-formula-in-the-way": {
		Message: "the cells {found} share the formula in {place}, and results would replace only some of them",
		Hint:    "Replace the formulas in these cells with their values, or move them to other columns.",
	},
	"copy-no-notes": {
		Message: "sheet {sheet} contains drawings that notes cannot be added to; cells with problems are coloured but get no notes",
		Hint:    "Nothing to do: the Errors sheet says what is wrong with each cell.",
	},
	"copy-merged-cut": {
		Message: "merged cells of sheet {sheet} extend into the result columns; in the copy they end before them",
		Hint:    "Nothing to do: the input is not changed.",
	},
	"copy-folder-entry": {
		Message: "the workbook's ZIP archive has a folder {part} with content",
		Hint:    "Open the workbook in Excel or LibreOffice and save it again.",
	},
}
