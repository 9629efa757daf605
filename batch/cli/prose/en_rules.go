package prose

// Sources that several rules name.
const (
	apiPage  = "Alibaba Cloud, VPC API, ApplyPhysicalConnectionLOA"
	gb11643  = "GB 11643-1999, Citizen identification number"
	xlsxCell = "ECMA-376 part 1, 18.3.1.4 (cell) and 18.18.11 (cell types)"
	contract = "loabatch, README: the workbook"
)

// enRules: the rules of the workbook, its headers and its rows.
var enRules = map[string]Entry{
	"sheet-missing": {
		Message: "there is no sheet {expected}; the workbook has {found}",
		Hint:    "Rename the sheet that holds them to {expected}, or start from `loabatch template`.",
		Why:     "Circuits and engineers are looked for by the names of their sheets; guessing could send the wrong rows.",
		Wrong:   "sheets: Sheet1, Sheet2", Right: "sheets: Circuits, Engineers", Source: contract,
	},
	"sheet-misspelt": {
		Message: "there is no sheet {expected}, but one named {found}",
		Hint:    "Rename it to {expected}.",
		Why:     "A name that is nearly right is not taken for right: it might be an old copy.",
		Wrong:   "sheet: Circuts", Right: "sheet: Circuits", Source: contract,
	},
	"sheet-empty": {
		Message: "the sheet {sheet} is empty",
		Hint:    "Write the headers into its first row, {expected}, and the data below; or start from `loabatch template`.",
		Why:     "Without circuits there is nothing to apply for, and without engineers no application is complete.",
		Wrong:   "a sheet Engineers without any value", Right: "Instance ID | Name | … in row 1, the data below", Source: contract,
	},
	"sheet-twice": {
		Message: "two sheets could both be {expected}: {first} and {second}",
		Hint:    "Keep one of them; rename or remove the other.",
		Why:     "Which of the two is meant cannot be known, and the other's rows would be left out without a word.",
		Wrong:   "sheets: Circuits, Circuits (2)", Right: "sheets: Circuits, Old circuits", Source: contract,
	},
	"header-row-missing": {
		Message: "the sheet {sheet} has no row of headers in its first {looked} rows with a value",
		Hint:    "Put the headers above the data: {expected}.",
		Why:     "Columns are found by their headers, in any order and language the tool reads.",
		Wrong:   "pc-bp1example | cn-hangzhou | … in row 1", Right: "Instance ID | Region ID | … in row 1, the data below", Source: contract,
	},
	"header-missing": {
		Message: "the column {expected} is missing; row {row} has the headers {found}",
		Hint:    "Add a column {expected} and fill it.",
		Why:     "The API requires what stands in this column, so no row could be sent.",
		Wrong:   "Instance ID | Company name", Right: "Instance ID | Region ID | Company name", Source: contract,
	},
	"header-misspelt": {
		Message: "the header {found} is not known; it is nearly {expected}",
		Hint:    "Correct the header to {expected}; or start it with # if the column is yours and not to be read.",
		Why:     "Passing over a misspelt header would leave out its whole column without a word.",
		Wrong:   "Bandwith (Mbit/s)", Right: "Bandwidth (Mbit/s)", Source: contract,
	},
	"header-twice": {
		Message: "the headers {first} and {second} both mean {expected}",
		Hint:    "Keep one of the two columns; start the other's header with # if it is to stay.",
		Why:     "Which of the two columns counts cannot be known.",
		Wrong:   "Company | Company name", Right: "#Company short | Company name", Source: contract,
	},
	"header-unknown": {
		Message: "the column {column} is not known and not read",
		Hint:    "Correct its header if it should be read; start it with # if it is yours.",
		Why:     "A column that is not read should not be one that you rely on.",
		Wrong:   "Remarks", Right: "#Remarks", Source: contract,
	},
	"header-row-late": {
		Message: "the headers were found here; the rows above are titles and not read",
		Why:     "Titles above a table are fine; this says where the data was taken to begin.",
		Wrong:   "a title in row 1, headers in row 3", Right: "headers in row 1", Source: contract,
	},
	"hidden-sheet": {
		Message: "the sheet is hidden, and read like any other",
		Hint:    "Look whether this is the sheet that you mean.",
		Why:     "What is hidden is easily out of date.",
		Wrong:   "a hidden sheet Circuits", Right: "a visible sheet Circuits", Source: "ECMA-376 part 1, 18.2.19 (sheet)",
	},
	"hidden-column": {
		Message: "the column {column} is hidden, and read like any other",
		Hint:    "Show the column and look at its values.",
		Why:     "Values that nobody sees would be sent.",
		Wrong:   "a hidden column Client token", Right: "a visible one, or none", Source: "ECMA-376 part 1, 18.3.1.13 (col)",
	},
	"hidden-row": {
		Message: "the row is hidden or filtered out, and processed like any other",
		Hint:    "Delete the row if it is not to be applied for; `--severity hidden-row=off` silences this, `=error` holds such rows back.",
		Why:     "A filter changes what is seen, not what the file holds; hidden rows are still applications.",
		Wrong:   "row 7 filtered out and forgotten", Right: "row 7 deleted, or shown", Source: "ECMA-376 part 1, 18.3.1.73 (row)",
	},
	"stray-value": {
		Message: "a value stands in column {column}, which has no header; it is not read",
		Hint:    "Give the column a header that starts with #, or clear the cell.",
		Why:     "A value beside the table is often one that slipped out of its column.",
		Wrong:   "a value in K7, K1 empty", Right: "K1: #Remarks", Source: contract,
	},
	"totals-row": {
		Message: "the row is the row of totals of a table, and not read as data",
		Why:     "Sums and counts below a table are no application; a row that names a circuit is read all the same.",
		Wrong:   "a circuit typed into the row of totals without its ID", Right: "the circuit in a row of its own above", Source: "ECMA-376 part 1, 18.5.1.2 (table, totalsRowCount)",
	},

	"cell-error": {
		Message: "the cell shows {value}: its formula failed",
		Hint:    "Correct the formula, or type the value.",
		Why:     "An error literal is no value; sent as text it would be refused or, worse, accepted.",
		Wrong:   "#REF!", Right: "cn-hangzhou", Source: xlsxCell,
	},
	"cell-formula-empty": {
		Message: "the formula has no stored value",
		Hint:    "Open the file in Excel or LibreOffice, let it compute, and save; or paste the values.",
		Why:     "Formulas are not computed here; the file holds the value that was computed last, and this one was written without any.",
		Wrong:   "=A2&\"-1\" written by a script, never computed", Right: "the value itself", Source: xlsxCell,
	},
	"cell-formula": {
		Message: "the value comes from a formula; what was computed last is used",
		Why:     "If the formula looks at other files or at today's date, its stored value may be out of date.",
		Wrong:   "=TODAY()+30", Right: "2027-01-15", Source: xlsxCell,
	},
	"cell-boolean": {
		Message: "the cell holds the truth value {value}, not text",
		Hint:    "Type the value again in a cell formatted as text.",
		Why:     "Excel turns the words TRUE and FALSE into truth values; no column takes one.",
		Wrong:   "TRUE", Right: "'TRUE as text, or the right value", Source: xlsxCell,
	},
	"cell-date": {
		Message: "the cell holds a date, but no date belongs here",
		Hint:    "Format the cell as text and type the value again.",
		Why:     "Excel turns what looks like a date, such as 3-4, into one and forgets what was typed.",
		Wrong:   "3-Apr (stored as 46115)", Right: "3-4 as text", Source: xlsxCell,
	},
	"cell-digits-lost": {
		Message: "the value is stored as a number of more than 15 digits: its last digits are already lost",
		Hint:    "Format the cell as text, then type it again from the document; it cannot be recovered from the file.",
		Why:     "Excel keeps 15 significant digits of a number and replaces the rest by zeros.",
		Wrong:   "999999199001011000 (number; Excel has lost …122X)", Right: "'99999919900101122X (text)", Source: "Microsoft, Excel specifications and limits: number precision 15 digits",
	},
	"cell-stored-number": {
		Message: "the value is stored as a number; zeros in front may be lost",
		Hint:    "Compare it with the document; format the column as text so that digits stay as typed.",
		Why:     "Excel drops the zeros in front of what it takes for a number, and they cannot be told from the file.",
		Wrong:   "57188000000 (number)", Right: "'057188000000 (text)", Source: xlsxCell,
	},
	"cell-exponent": {
		Message: "{value} is how a spreadsheet shows a long number, not the number itself",
		Hint:    "Format the cell as text, then type the value again from the document.",
		Why:     "Copied or saved as CSV, a long number leaves only its rounded form; the digits are gone.",
		Wrong:   "5.1E+17", Right: "'510000199001011234 as text", Source: "Microsoft, Keeping leading zeros and large numbers",
	},
	"cell-merged": {
		Message: "the cell is merged with {also}, and only that one holds the value",
		Hint:    "Unmerge the cells and fill in each row.",
		Why:     "A merged range shows its value in every row but stores it in the first; whether it is meant for all cannot be known.",
		Wrong:   "B2:B5 merged, cn-hangzhou", Right: "cn-hangzhou in B2, B3, B4 and B5", Source: "ECMA-376 part 1, 18.3.1.55 (mergeCell)",
	},
	"cell-line-break": {
		Message: "the value has a line break or tab within ({char}, character {place})",
		Hint:    "Replace it by a space, or keep the one line that counts.",
		Why:     "Pasted addresses and names often carry two values; joining them in silence would invent a third.",
		Wrong:   "Example⏎Networks", Right: "Example Networks", Source: contract,
	},
	"cell-control": {
		Message: "the value has a control character within ({char}, character {place})",
		Hint:    "Type the value again; what is pasted brings such characters along.",
		Why:     "Control characters are not seen, make values differ, and break other programs.",
		Wrong:   "pc-bp1␀example", Right: "pc-bp1example", Source: "Unicode, general category Cc",
	},
	"cell-invisible": {
		Message: "the value has an invisible character within ({char}, character {place})",
		Hint:    "Type the value again, or delete the character: put the cursor behind it and press Backspace once.",
		Why:     "Two values that look alike would differ, and the API would not find what you see.",
		Wrong:   "pc-bp1[U+200B]example", Right: "pc-bp1example", Source: "Unicode, general categories Cf and Zs",
	},
	"cell-confusable": {
		Message: "the value has a character that is not ASCII ({char}, character {place})",
		Hint:    "Type the value again in plain Latin letters and digits; some other characters look just like them.",
		Why:     "Identifiers, numbers and tokens are ASCII; a Cyrillic а in one makes it another.",
		Wrong:   "pc-а1 (the а is U+0430)", Right: "pc-a1", Source: "Unicode Technical Standard #39, confusables",
	},
	"cell-decomposed": {
		Message: "the value has a character spelt in parts ({char}, character {place})",
		Hint:    "Type the character again; text from macOS file names is often spelt so.",
		Why:     "é as one character and e with a combining accent look alike and are two different names to the API.",
		Wrong:   "Soci[e + U+0301]t[e + U+0301]", Right: "Société, each é one U+00E9", Source: "Unicode Standard Annex #15, normalization form C",
	},
	"cell-unreadable": {
		Message: "a character of the value was lost before it came here ({char}, character {place})",
		Hint:    "Type the value again from its source.",
		Why:     "The character stands for bytes that some program could not read; what was there is gone.",
		Wrong:   "Soci�t�", Right: "Société", Source: "Unicode, U+FFFD REPLACEMENT CHARACTER and private use",
	},
	"cell-full-width": {
		Message: "the value has full-width letters, digits or spaces ({char}), which are sent as they stand",
		Hint:    "Type them in half width if the name is registered so.",
		Why:     "The API compares names character by character; ＡＢＣ and ABC are not the same.",
		Wrong:   "ＡＢＣ Networks", Right: "ABC Networks", Source: "Unicode Standard Annex #11, East Asian width",
	},
	"cell-trimmed": {
		Message: "space around the value was dropped: {before} is read as {after}",
		Why:     "Outer space is never meant; it comes with pasting.",
		Wrong:   "␠cn-hangzhou␠", Right: "cn-hangzhou", Source: contract,
	},
	"cell-narrowed": {
		Message: "full-width characters were read as plain ones: {before} is read as {after}",
		Why:     "Input methods for Chinese type full-width letters and digits; identifiers have none.",
		Wrong:   "ｃｎ－ｈａｎｇｚｈｏｕ", Right: "cn-hangzhou", Source: "Unicode Standard Annex #11, East Asian width",
	},
	"cell-spelling": {
		Message: "{before} is sent as {after}",
		Why:     "The API takes its own spelling only; letter case, spaces and Chinese names of its values are translated.",
		Wrong:   "mstp, 光纤", Right: "MSTP, FIBRE", Source: apiPage,
	},
	"cell-rich": {
		Message: "the text is formatted in parts; its plain text is used",
		Hint:    "Look for struck-out parts: they count.",
		Why:     "Struck-out text is still text. The rule is off unless asked for (`--severity cell-rich=warning`), because some programs store every mixed text in parts.",
		Wrong:   "Example ~~Networks~~ Telecom", Right: "Example Telecom", Source: "ECMA-376 part 1, 18.4.4 (r)",
	},
}
