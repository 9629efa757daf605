package prose

// Sources of several rules.
const (
	apiPage      = "Alibaba Cloud, VPC API, ApplyPhysicalConnectionLOA"
	completePage = "Alibaba Cloud, VPC API, CompletePhysicalConnectionLOA"
	gb11643      = "GB 11643-1999, Citizen identification number"
	xlsxCell     = "ECMA-376 part 1, 18.3.1.4 (cell) and 18.18.11 (cell types)"
	contract     = "loabatch, .github/docs/reference.md, The workbook"
	promises     = "loabatch, README.md, Promises"
)

// enRules: the rules of the workbook, its headers and its rows.
var enRules = map[string]Entry{
	"sheet-missing": {
		Message: "there is no sheet {expected}; the workbook has {found}",
		Hint:    "Rename the sheet you mean to {expected}, or start from loabatch template.",
		Why:     "Sheets are found by name; guessing could send the wrong rows.",
		Wrong:   "sheets: Sheet1, Sheet2", Right: "sheets: Circuits, Engineers", Source: contract,
	},
	"sheet-misspelt": {
		Message: "there is no sheet {expected}, but there is one named {found}",
		Hint:    "Rename it to {expected}.",
		Why:     "A sheet with a similar name could be an old copy, so it is not used.",
		Wrong:   "sheet: Circuts", Right: "sheet: Circuits", Source: contract,
	},
	"sheet-empty": {
		Message: "the sheet {sheet} is empty",
		Hint:    "Put the headers {expected} in the first row and the data below, or start from loabatch template.",
		Why:     "Without circuits there is nothing to apply for, and every application needs engineers.",
		Wrong:   "an empty sheet Engineers", Right: "Instance ID | Name | … in row 1, the data below", Source: contract,
	},
	"sheet-twice": {
		Message: "two sheets could both be {expected}: {first} and {second}",
		Hint:    "Keep one of them and rename or delete the other.",
		Why:     "There is no telling which one is meant, and the rows of the other would be dropped silently.",
		Wrong:   "sheets: Circuits, Circuits (2)", Right: "sheets: Circuits, Old circuits", Source: contract,
	},
	"header-row-missing": {
		Message: "no header row found in the first {looked} rows of the sheet {sheet}",
		Hint:    "Put the headers above the data: {expected}.",
		Why:     "Columns are found by their headers, in any order, in English or Chinese.",
		Wrong:   "pc-bp1example | cn-hangzhou | … in row 1", Right: "Instance ID | Region ID | … in row 1, the data below", Source: contract,
	},
	"header-missing": {
		Message: "there is no column {expected}; the headers in row {row} are {found}",
		Hint:    "Add a column {expected} and fill it in.",
		Why:     "The API requires this value, so no row could be sent.",
		Wrong:   "Instance ID | Company name", Right: "Instance ID | Region ID | Company name", Source: contract,
	},
	"header-misspelt": {
		Message: "unknown header {found}; it looks like {expected}",
		Hint:    "Change the header to {expected}; or start it with # if the column is yours and should be ignored.",
		Why:     "Ignoring a misspelt header would silently drop the whole column.",
		Wrong:   "Bandwith (Mbit/s)", Right: "Bandwidth (Mbit/s)", Source: contract,
	},
	"header-twice": {
		Message: "the headers {first} and {second} both mean {expected}",
		Hint:    "Keep one of the two columns; start the other's header with # to have it ignored.",
		Why:     "There is no telling which of the two columns is meant.",
		Wrong:   "Company | Company name", Right: "#Company short | Company name", Source: contract,
	},
	"header-outside-table": {
		Message: "the column {column} is outside the table {table}, which holds the data; it is not read",
		Hint:    "If the column belongs to the data, extend the table over it; if it is a list of yours, start its header with #.",
		Why:     "A list beside a table is easily taken for one of its columns, and its values would be sent row by row.",
		Wrong:   "the data in table A1:F20, a list of bandwidths in I1:I8", Right: "the bandwidths in a column of the table, or under #Bandwidth", Source: "ECMA-376 part 1, 18.5.1.2 (table, ref)",
	},
	"header-unknown": {
		Message: "the column {column} is unknown and ignored",
		Hint:    "Correct the header if the column should be read; start it with # if it is yours.",
		Why:     "You may be relying on a column that is never read.",
		Wrong:   "Remarks", Right: "#Remarks", Source: contract,
	},
	"header-row-late": {
		Message: "the headers are in this row; the rows above are taken as titles and ignored",
		Why:     "Titles above a table are fine; this note shows where the data starts.",
		Wrong:   "a title in row 1, headers in row 3", Right: "headers in row 1", Source: contract,
	},
	"hidden-sheet": {
		Message: "the sheet is hidden; it is read like any other",
		Hint:    "Check whether this is the sheet you mean.",
		Why:     "Hidden sheets are often out of date.",
		Wrong:   "a hidden sheet Circuits", Right: "a visible sheet Circuits", Source: "ECMA-376 part 1, 18.2.19 (sheet)",
	},
	"hidden-column": {
		Message: "the column {column} is hidden; it is read like any other",
		Hint:    "Unhide the column and check its values.",
		Why:     "Values you cannot see would be sent.",
		Wrong:   "a hidden column Client token", Right: "a visible column, or none", Source: "ECMA-376 part 1, 18.3.1.13 (col)",
	},
	"hidden-row": {
		Message: "the row is hidden or filtered out; it is processed like any other",
		Hint:    "Delete the row if you do not want to apply for it. To silence this warning, add --severity hidden-row=off; to keep such rows from being sent, --severity hidden-row=error.",
		Why:     "A filter changes what you see, not what the file contains: a hidden row is still an application.",
		Wrong:   "row 7 filtered out and forgotten", Right: "row 7 deleted or unhidden", Source: "ECMA-376 part 1, 18.3.1.73 (row)",
	},
	"cell-error": {
		Message: "the cell shows {value}: its formula failed",
		Hint:    "Correct the formula, or type the value.",
		Why:     "If an error value were sent as text, the API would reject it or, worse, accept it.",
		Wrong:   "#REF!", Right: "cn-hangzhou", Source: xlsxCell,
	},
	"cell-formula-empty": {
		Message: "the cell has a formula without a stored value",
		Hint:    "Open the file in Excel or LibreOffice, let it recalculate, and save it; or paste the values.",
		Why:     "loabatch does not calculate formulas. It uses the values stored in the file, and this formula was saved without one.",
		Wrong:   "=A2&\"-1\" written by a script, never computed", Right: "the value itself", Source: xlsxCell,
	},
	"cell-formula": {
		Message: "the value comes from a formula; its last calculated result is used",
		Why:     "If the formula depends on other files or on today's date, the stored result may be out of date.",
		Wrong:   "=TODAY()+30", Right: "2027-01-15", Source: xlsxCell,
	},
	"cell-formula-text": {
		Message: "the cell holds the text of a formula, {found}, not its result",
		Hint:    "Type the value; or format the cell as General, press F2 and Enter to have the formula calculated, and save.",
		Why:     "In a column formatted as text, and after some imports, a formula remains plain text. If it were sent, the API would take it for a name.",
		Wrong:   "=F2, ＝C2, +C2, @SUM(A1), {=A1} as text", Right: "the value itself", Source: "ECMA-376 part 1, 18.17 (formulas)",
	},
	"cell-error-text": {
		Message: "{found} is what a spreadsheet shows in place of a value",
		Hint:    "Correct the formula where the value comes from, or type the value.",
		Why:     "Pasting values or saving as CSV turns an error, a column that is too narrow or a value still loading into ordinary text.",
		Wrong:   "#REF!, #名称?, Err:502, #####, Loading...", Right: "the value itself", Source: "Microsoft, ERROR.TYPE; LibreOffice, Error Codes; Google, ERROR.TYPE",
	},
	"cell-picture": {
		Message: "the cell holds a picture, not text",
		Hint:    "Type what the picture shows.",
		Why:     "WPS stores a picture placed in a cell as the formula DISPIMG, Excel and Google Sheets as IMAGE; what would be sent is the formula.",
		Wrong:   "=DISPIMG(\"ID_0A1B\",1)", Right: "the number that the picture shows", Source: "WPS Office, DISPIMG; Microsoft, IMAGE function",
	},
	"cell-placeholder": {
		Message: "{found} is a placeholder, not a value",
		Hint:    "Fill in the value. If it really is a name, allow it with --severity cell-placeholder=warning.",
		Why:     "Placeholders, empty values exported by a program and lone punctuation marks would be sent as if they were data.",
		Wrong:   "TBD, N/A, null, 待定, 同上, 见附件, -", Right: "the value itself, in every row", Source: "pandas, read_csv (na_values); " + contract,
	},
	"cell-placeholder-optional": {
		Message: "{found} looks like a placeholder; it is sent unchanged",
		Hint:    "Leave the cell empty if there is no value.",
		Why:     "An empty optional cell is left out of the application; a placeholder becomes part of it.",
		Wrong:   "N/A, 无, -", Right: "(empty)", Source: "pandas, read_csv (na_values); " + contract,
	},
	"cell-boolean": {
		Message: "the cell holds the logical value {value}, not text",
		Hint:    "Format the cell as text and type the value again.",
		Why:     "Excel turns the words TRUE and FALSE into logical values, which no column accepts.",
		Wrong:   "TRUE", Right: "'TRUE as text, or the right value", Source: xlsxCell,
	},
	"cell-date": {
		Message: "the cell holds the date {shown}, stored as {stored}, but this column does not take dates",
		Hint:    "Format the cell as text and type the value again.",
		Why:     "Excel converts anything that looks like a date, such as 3-4, and discards what was typed.",
		Wrong:   "3-Apr (stored as 46115)", Right: "3-4 as text", Source: xlsxCell,
	},
	"cell-digits-lost": {
		Message: "the value is stored as a number of more than 15 digits; its last digits are lost",
		Hint:    "Format the cell as text and type the value again from the document; it cannot be recovered from the file.",
		Why:     "Excel keeps 15 significant digits of a number and replaces the rest with zeros.",
		Wrong:   "999999199001011000 (number; Excel has lost the 203 at the end)", Right: "'999999199001011203 (text)", Source: "Microsoft, Excel specifications and limits: number precision 15 digits",
	},
	"cell-stored-number": {
		Message: "the value is stored as a number and sent as {sent}; leading zeros may be lost",
		Hint:    "Compare it with the document; format the column as text to keep the digits as typed.",
		Why:     "Excel drops the leading zeros of anything it takes for a number, and the file does not show how many there were.",
		Wrong:   "57188000000 (number)", Right: "'057188000000 (text)", Source: xlsxCell,
	},
	"cell-number-form": {
		Message: "the cell holds the number {stored}, shown as {shown}; this column takes text or the digits of a number",
		Hint:    "Format the cell as text and type the value as it should be sent.",
		Why:     "A fraction, a percentage, an amount of money or a negative number has usually slipped in from another column, and what the cell shows differs from what it holds.",
		Wrong:   "0.5 shown as 50%; 1390 shown as ¥1,390.00", Right: "the value as text", Source: "ECMA-376 part 1, 18.8.31 (number formats)",
	},
	"cell-as-shown": {
		Message: "the number {before} is sent as the cell shows it: {after}",
		Why:     "The cell's number format adds zeros or characters that are not stored, and they are part of what you see.",
		Wrong:   "612345678 with the format 0000000000", Right: "'0612345678 as text", Source: "ECMA-376 part 1, 18.8.31 (number formats)",
	},
	"cell-apostrophe": {
		Message: "the leading apostrophe was dropped: {before} is read as {after}",
		Why:     "An apostrophe marks text in a spreadsheet; after an import from CSV it can end up in the value.",
		Wrong:   "'13900000001 with the apostrophe in the value", Right: "13900000001 as text", Source: "Microsoft, Keeping leading zeros and large numbers",
	},
	"cell-exponent": {
		Message: "{value} is how a spreadsheet displays a long number, not the number itself",
		Hint:    "Format the cell as text and type the value again from the document.",
		Why:     "Copying a long number or saving it as CSV can leave only the rounded form; the digits are gone.",
		Wrong:   "5.1E+17", Right: "'510000199001011234 as text", Source: "Microsoft, Keeping leading zeros and large numbers",
	},
	"cell-merged": {
		Message: "the cell is merged with {also}, which alone holds the value",
		Hint:    "Unmerge the cells and fill in each row.",
		Why:     "A merged range is stored in its first cell only; there is no telling whether the value is meant for every row.",
		Wrong:   "B2:B5 merged, cn-hangzhou", Right: "cn-hangzhou in B2, B3, B4 and B5", Source: "ECMA-376 part 1, 18.3.1.55 (mergeCell)",
	},
	"cell-line-break": {
		Message: "the value contains a line break or tab ({char}, character {place})",
		Hint:    "Replace it with a space, or keep only the line that counts.",
		Why:     "Pasted addresses and names often hold two values; joining them silently would make up a third.",
		Wrong:   "Example⏎Networks", Right: "Example Networks", Source: contract,
	},
	"cell-control": {
		Message: "the value contains a control character ({char}, character {place})",
		Hint:    "Type the value again; such characters usually come from pasting.",
		Why:     "Control characters are invisible, make equal-looking values differ, and break other programs.",
		Wrong:   "pc-bp1␀example", Right: "pc-bp1example", Source: "Unicode, general category Cc",
	},
	"cell-invisible": {
		Message: "the value contains an invisible character ({char}, character {place})",
		Hint:    "Type the value again, or delete the character: put the cursor after it and press Backspace once.",
		Why:     "The value would differ from the one you see, and the API would not find it.",
		Wrong:   "pc-bp1[U+200B]example", Right: "pc-bp1example", Source: "Unicode, general categories Cf and Zs",
	},
	"cell-confusable": {
		Message: "the value contains a non-ASCII character ({char}, character {place})",
		Hint:    "Type the value again in plain Latin letters and digits; some other characters look exactly like them.",
		Why:     "Identifiers, numbers and tokens are ASCII; a single Cyrillic а makes an ID a different one.",
		Wrong:   "pc-а1 (the а is U+0430)", Right: "pc-a1", Source: "Unicode Technical Standard #39, confusables",
	},
	"cell-decomposed": {
		Message: "the value contains a character made up of several code points ({char}, character {place})",
		Hint:    "Type the character again; text copied from macOS file names often looks like this.",
		Why:     "é as one character and e with a combining accent look the same, but to the API they are different names.",
		Wrong:   "Soci[e + U+0301]t[e + U+0301]", Right: "Société, each é one U+00E9", Source: "Unicode Standard Annex #15, normalization form C",
	},
	"cell-unreadable": {
		Message: "the value contains a character that an earlier program could not read ({char}, character {place})",
		Hint:    "Type the value again from its source.",
		Why:     "The character is a placeholder for bytes that were lost on the way into this file.",
		Wrong:   "Soci�t�", Right: "Société", Source: "Unicode, U+FFFD REPLACEMENT CHARACTER and private use",
	},
	"cell-length": {
		Message: "the value has {n} {n:character|characters}; more than 255 is unusual",
		Hint:    "Check whether it holds more than it should, and shorten it.",
		Why:     "A value this long is usually a remark or several cells pasted into one, and the API may reject or cut it.",
		Wrong:   "a whole e-mail in Peer location", Right: "Example Data Centre, Hangzhou", Source: contract,
	},
	"cell-full-width": {
		Message: "the value contains full-width letters, digits or spaces ({char}); they are sent unchanged",
		Hint:    "Type them in half width if that is how the name is registered.",
		Why:     "The API compares names character by character; ＡＢＣ and ABC are different.",
		Wrong:   "ＡＢＣ Networks", Right: "ABC Networks", Source: "Unicode Standard Annex #11, East Asian width",
	},
	"cell-trimmed": {
		Message: "space around the value was dropped: {before} is read as {after}",
		Why:     "Leading and trailing space usually comes from pasting and is never meant.",
		Wrong:   "␠cn-hangzhou␠", Right: "cn-hangzhou", Source: contract,
	},
	"cell-narrowed": {
		Message: "full-width characters were read as half-width: {before} is read as {after}",
		Why:     "Chinese input methods type full-width letters and digits; identifiers never contain them.",
		Wrong:   "ｃｎ－ｈａｎｇｚｈｏｕ", Right: "cn-hangzhou", Source: "Unicode Standard Annex #11, East Asian width",
	},
	"cell-spelling": {
		Message: "{before} is sent as {after}",
		Why:     "The API accepts only its own spelling; other capitalisation, extra spaces and Chinese names are translated.",
		Wrong:   "mstp, 光纤", Right: "MSTP, FIBRE", Source: apiPage,
	},
	"cell-rich": {
		Message: "parts of the text are formatted differently; the plain text is used",
		Hint:    "Check for struck-out text: it is used too.",
		Why:     "Struck-out text is still text. The rule is off by default (turn it on with --severity cell-rich=warning), because some programs store all text this way.",
		Wrong:   "Example ~~Networks~~ Telecom", Right: "Example Telecom", Source: "ECMA-376 part 1, 18.4.4 (r)",
	},
}

// enBeside: the rules about what lies beside, between and below the data.
var enBeside = map[string]Entry{
	"header-apart": {
		Message: "the column {column} is apart from the data: an empty column or the edge of a table lies between them",
		Hint:    "If it belongs to the data, move it next to the other columns; if it is a list of yours, start its header with #.",
		Why:     "A list beside the data may have the header of one of its columns, and its values would be sent row by row.",
		Wrong:   "Instance ID … Construction time in A1:F1, Bandwidth in I1", Right: "Bandwidth in G1; or #Bandwidth in I1", Source: contract,
	},
	"header-after-hidden": {
		Message: "hidden empty columns lie between the data and the column {column}; it is read anyway",
		Hint:    "Delete the hidden columns; if {column} is a list of yours, start its header with #.",
		Why:     "A list beside the data may have the header of one of its columns, and its values would be sent row by row.",
		Wrong:   "data in A:F, G:H empty and hidden, Bandwidth in I", Right: "Bandwidth in G; or #Bandwidth in I", Source: contract,
	},
	"stray-value": {
		Message: "column {column} has no header; the {n:value|values} in {range} {n:is|are} ignored",
		Hint:    "Give the column a header that starts with #, or clear {n:the cell|the cells}.",
		Why:     "A value next to the table has often slipped out of its column.",
		Wrong:   "a value in K7, K1 empty", Right: "K1: #Remarks", Source: contract,
	},
	"values-below-data": {
		Message: "the data ends in row {data}; {n} {n:row|rows} below, down to row {last}, {n:has|have} stray values but no instance ID, and {n:is|are} not read",
		Hint:    "If the values are a list of yours, move it to another sheet; if the rows are data, write the circuits' IDs into them.",
		Why:     "A list that continues below the data is not a series of rows with nearly everything missing.",
		Wrong:   "G2:G9 a list of bandwidths beside 3 circuits", Right: "the list on another sheet", Source: contract,
	},
	"totals-row": {
		Message: "this is a table's totals row; it is not read as data",
		Why:     "Sums and counts below a table are not applications. A totals row that names a circuit is read anyway.",
		Wrong:   "a circuit typed into the totals row without its ID", Right: "the circuit in a row of its own above", Source: "ECMA-376 part 1, 18.5.1.2 (table, totalsRowCount)",
	},
	"summary-row": {
		Message: "this row has totals; it is not read as data",
		Hint:    "Nothing to do, unless the row is an application: then write the circuit's ID into it.",
		Why:     "Sums below the data are not applications. A row that names a circuit is always read.",
		Wrong:   "Total | | | | | | 3000", Right: "a table's own totals row, or the sum on another sheet", Source: contract,
	},
	"signature-row": {
		Message: "this row is for signatures or a date; it is not read as data",
		Hint:    "Nothing to do, unless the row is an application: then write the circuit's ID into it.",
		Why:     "Signatures below the data are not applications. A row that names a circuit is always read.",
		Wrong:   "Prepared by: | | Approved by:", Right: "the signatures on another sheet", Source: contract,
	},
	"header-row-repeated": {
		Message: "this row repeats the headers; it is not read as data",
		Hint:    "Delete the row, and check that the columns below it are in the same order.",
		Why:     "Lists pasted one below the other bring their headers along, and possibly other columns.",
		Wrong:   "Instance ID | Region ID | … again in row 20", Right: "one row of headers, in row 1", Source: contract,
	},
}
