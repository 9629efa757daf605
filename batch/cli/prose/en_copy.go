package prose

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
	"copy-note-differs": {
		Message: "the copy was read back, and the note of its cell {place} is not the one it should have",
		Hint:    "Check the disk the copy is on, and run `loabatch report` to write the copy again.",
		Why:     "Your own notes and those of the template stay in every copy; only what an earlier run noted is replaced.",
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
