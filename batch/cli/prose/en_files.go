package prose

// enFiles: inputs that cannot be used, as a file or in their sheets, rows and cells.
var enFiles = map[string]Entry{
	// what is no workbook
	"file-empty": {
		Message: "the file is empty (0 bytes)",
		Hint:    "Export or save the workbook again; the last save or transfer did not finish.",
		Why:     "An empty file usually is what an interrupted transfer leaves behind.",
	},
	"file-zeros": {
		Message: "the file holds nothing but zero bytes",
		Hint:    "Take the workbook from a backup or save it again; a crash or a full disk leaves files like this.",
	},
	"file-truncated": {
		Message: "the workbook is cut short: its end is missing after {found} bytes",
		Hint:    "Transfer or download the file again, and compare its size with the original.",
		Why:     "A workbook is a ZIP archive, and a ZIP archive has its list of parts at the very end.",
		Source:  "APPNOTE.TXT 4.3.16",
	},
	"file-unreadable": {
		Message: "the file cannot be read",
		Hint:    "Check the disk or network drive the file is on, copy the file to a local disk and try again.",
	},
	"file-encrypted": {
		Message: "the workbook is encrypted with a password",
		Hint:    "Open it in Excel, remove the password under File > Info > Protect Workbook > Encrypt with Password, and save it.",
		Why:     "Nothing in an encrypted workbook can be read without its password.",
		Source:  "MS-OFFCRYPTO 2.3",
	},
	"file-old-xls": {
		Message: "the file is a workbook in the old .xls format ({found}), expected .xlsx or .xlsm",
		Hint:    "Open it in Excel or LibreOffice and save it as Excel Workbook (.xlsx).",
		Why:     "The format of Excel 97-2003 is another one altogether, whatever the file's name says.",
	},
	"file-xlsb": {
		Message: "the file is a binary workbook (.xlsb), expected .xlsx or .xlsm",
		Hint:    "Open it in Excel and save it as Excel Workbook (.xlsx).",
	},
	"file-ods": {
		Message: "the file is an OpenDocument spreadsheet (.ods or .fods), expected .xlsx or .xlsm",
		Hint:    "Open it in LibreOffice and save it as Excel 2007-365 (.xlsx).",
	},
	"file-csv": {
		Message: "the file is plain text with values separated by {found} (CSV), expected .xlsx or .xlsm",
		Hint:    "Import it into the blank workbook that `loabatch template` writes, all columns as text, and save it as .xlsx.",
		Why:     "Renaming a CSV file does not make it a workbook; and opening one by double-click turns long ID numbers into rounded ones.",
	},
	"file-html": {
		Message: "the file is a web page (HTML), expected .xlsx or .xlsm",
		Hint:    "If it was downloaded, check that the download was no sign-in page; if a system exports tables like this, open it in Excel and save it as .xlsx.",
	},
	"file-xml-2003": {
		Message: "the file is an XML Spreadsheet 2003, expected .xlsx or .xlsm",
		Hint:    "Open it in Excel or LibreOffice and save it as Excel Workbook (.xlsx).",
	},
	"file-lock": {
		Message: "the file is the lock file (~$…) that Excel keeps beside an open workbook",
		Hint:    "Name the workbook itself, the file without ~$ in front.",
	},
	"file-other-format": {
		Message: "the file is no workbook but {found}, expected .xlsx or .xlsm",
		Hint:    "Check the file's name; the blank workbook comes from `loabatch template`.",
	},
	"file-not-workbook": {
		Message: "the file is no workbook and no other format that is known, expected .xlsx or .xlsm",
		Hint:    "Check the file's name; if it is the right one, it is damaged or encrypted by another program: take it from a backup.",
	},
	"file-too-large": {
		Message: "the workbook unpacks to {found} bytes or more, and {expected} are allowed",
		Hint:    "Delete sheets that do not belong here, or split the workbook.",
		Why:     "A small file can unpack to many gigabytes; the bound keeps it from taking all memory and disk.",
	},

	// the list of sheets
	"workbook-no-sheets": {
		Message: "the workbook lists no sheet in {part}",
		Hint:    "Open it in Excel, let it repair the workbook, and save it.",
	},
	"workbook-sheet-entry": {
		Message: "the workbook's list of sheets in {part} is damaged at byte {place}",
		Hint:    "Open it in Excel, let it repair the workbook, and save it.",
	},
	"workbook-sheet-twice": {
		Message: "the workbook lists the sheet {sheet} twice",
		Hint:    "Rename one of the two sheets.",
		Why:     "It could not be told which of the two is meant.",
	},
	"workbook-sheet-lost": {
		Message: "the workbook lists the sheet {sheet}, but the file does not hold it",
		Hint:    "Take the workbook from a backup, or open it in Excel, let it repair the workbook, and check that no rows are missing.",
	},
	"sheet-not-listed": {
		Message: "the workbook has no sheet {sheet}",
		Hint:    "Rename the sheet that is meant, or begin with the blank workbook of `loabatch template`.",
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
		Message: "a row after {place} has the number {found}, expected 1 to 1048576",
		Hint:    repairAndCheck,
		Source:  "ECMA-376 part 1, 18.3.1.73",
	},
	"row-twice": {
		Message: "the file holds the row {place} twice",
		Hint:    repairAndCheck,
		Why:     "It could not be told which of the two is the row; other programs drop one of them without a word.",
	},
	"row-long": {
		Message: "the row {place} holds more than 64 MiB of text",
		Hint:    "Shorten its cells; Excel itself allows 32,767 characters in each.",
	},
	"cell-reference": {
		Message: "a cell in {place} says that it stands at {found}",
		Hint:    repairAndCheck,
		Source:  "ECMA-376 part 1, 18.3.1.4",
	},
	"cell-twice": {
		Message: "the file holds the cell {place} twice",
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
		Message: "the cell {place} has the format number {found}, which is none",
		Hint:    repairAndCheck,
	},
	"cell-string-index": {
		Message: "the cell {place} points to a text that the workbook does not hold",
		Hint:    repairAndCheck,
		Why:     "The texts of a workbook stand in a list of their own; a damaged list would leave cells blank.",
	},
	"cell-number": {
		Message: "the cell {place} is a number that is none",
		Hint:    "Type the cell's value again and save the workbook.",
	},
	"cell-bool": {
		Message: "the cell {place} is a truth value that is neither TRUE nor FALSE",
		Hint:    "Type the cell's value again and save the workbook.",
	},
	"cell-long": {
		Message: "the cell {place} holds more than 1 MiB of text",
		Hint:    "Shorten it; Excel itself allows 32,767 characters.",
	},
}

const repairAndCheck = "Open the workbook in Excel or LibreOffice, check that no rows are missing, and save it again; otherwise take it from a backup."

// enCopy: what stands against a faithful results copy.
var enCopy = map[string]Entry{
	"copy-no-free-columns": {
		Message: "sheet {sheet} has no free columns for the results to the right of its data",
		Hint:    "Delete columns that are not needed: eight must be free up to column XFD.",
		Why:     "A worksheet ends at column XFD; every row's result stands behind its data.",
	},
	"copy-signed": {
		Message: "the workbook is digitally signed, and the signature will not hold for the results copy",
		Hint:    "Nothing to do: the input keeps its signature; the copy will be shown as changed since it was signed.",
		Why:     "A signature holds for the very bytes that were signed; any cell that is added breaks it.",
	},
	"copy-structure-locked": {
		Message: "the structure of the workbook is protected; the sheets Errors and Summary are added to the copy all the same",
		Hint:    "Nothing to do: the protection stays as it is.",
	},
	"copy-sheet-twice": {
		Message: "the results of two sheets would be written into sheet {sheet}",
		Hint:    "Keep circuits and engineers on sheets of their own.",
	},
	"copy-rows-differ": {
		Message: "sheet {sheet} got {found} rows of results, expected {expected}",
		Hint:    "Run again; if it happens twice, save the workbook in Excel or LibreOffice and run it on the saved file.",
		Why:     "No row may be lost: a copy whose rows do not add up is not written.",
	},
	"copy-cell-differs": {
		Message: "the copy was read back, and its cell {place} does not hold what was written",
		Hint:    "Check the disk the copy is on, and run `loabatch report` to write the copy again.",
		Why:     "A copy is read back before it takes its name; what a disk or a network drive garbles shows here.",
	},
	"copy-row-number": {
		Message: "the part {part} of the workbook has a row without a usable number at byte {place}",
		Hint:    repairAndCheck,
	},
	"copy-cell-reference": {
		Message: "the part {part} of the workbook has a cell without a usable position at byte {place}",
		Hint:    repairAndCheck,
	},
	"copy-table-in-the-way": {
		Message: "the table {found} at {place} of sheet {sheet} stands where the results go",
		Hint:    "Move the table to another sheet, or away from the columns right of the data.",
		Why:     "A table's header row may hold nothing but the names of its columns; results written into it would damage it.",
	},
	"copy-formula-in-the-way": {
		Message: "the formula in {place} is shared by the cells {found}, of which only some are replaced by results",
		Hint:    "Replace the formulas in these cells by their values, or move them to other columns.",
	},
	"copy-no-notes": {
		Message: "sheet {sheet} holds drawings that no notes can be put among; its problem cells are coloured without them",
		Hint:    "Nothing to do: the Errors sheet says what is wrong with each cell.",
	},
	"copy-merged-cut": {
		Message: "merged cells of sheet {sheet} reach into the result columns; in the copy they end before them",
		Hint:    "Nothing to do: the input keeps them.",
	},
	"copy-folder-entry": {
		Message: "the workbook's container has a folder {part} with content",
		Hint:    "Open the workbook in Excel or LibreOffice and save it again.",
	},
}
