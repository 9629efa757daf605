package prose

// enTemplate: the guide, the prompts and the notes of the blank workbook. A prompt or a
// refusal has at most 255 characters.
var enTemplate = map[string]Entry{
	"template-title":         {Message: "Applications for a Letter of Authorization"},
	"template-sec-steps":     {Message: "How to fill it in, and what happens then"},
	"template-sec-columns":   {Message: "Columns of the sheet {sheet}"},
	"template-sec-results":   {Message: "What the results mean"},
	"template-note-required": {Message: "required"},
	"template-note-optional": {Message: "optional"},

	"template-step":           {Message: "Step {n}"},
	"template-step-circuits":  {Message: "Circuits: one row for each Express Connect circuit. Dark headers are required, lighter ones optional; rest the pointer on a header to see what is expected."},
	"template-step-engineers": {Message: "Engineers: one row for each construction engineer, with the circuits the engineer works on. A circuit has 1 to 16 engineers; * stands for every circuit."},
	"template-step-own":       {Message: "Your own columns, sheets, formats and the order of the columns are yours: columns are found by their header. Start a header of your own with # and nothing is said about it."},
	"template-step-check":     {Message: "Check it, which sends nothing: loabatch validate FILE"},
	"template-step-submit":    {Message: "Submit it: loabatch submit FILE. Each valid row becomes one application; rows with errors are not sent."},
	"template-step-results":   {Message: "This file is never written. A copy beside it gets the result of every row in columns on the right, a sheet Errors with a link to every cell at fault, and a sheet Summary."},
	"template-step-again":     {Message: "Fix what was found, in this file or in the copy, and submit again: what was accepted is not applied for twice."},

	"template-prompt-circuit":           {Message: "The circuit's ID, pc-…, as the console shows it. Each circuit stands once."},
	"template-prompt-time":              {Message: "When the work starts: 2027-01-15 08:00, or with a zone 2027-01-15T08:00:00Z or 2027-01-15T16:00:00+08:00. Without a zone it is UTC."},
	"template-prompt-bandwidth":         {Message: "Mbit/s: a whole number from 2 to 10240, or nothing."},
	"template-prompt-token":             {Message: "Leave it empty: a token is derived. Your own has up to 64 printable ASCII characters and is used once."},
	"template-prompt-engineer-circuits": {Message: "The circuit's ID; several separated by comma, semicolon or line break; * for every circuit of the sheet."},
	"template-prompt-certificate":       {Message: "The cell is formatted as text, so that all digits stay. When you paste, paste values only."},
	"template-prompt-contact":           {Message: "The phone number that gets the site's text messages, with the country code outside mainland China: +65 …"},

	"template-refuse-list":      {Message: "Choose one of the list."},
	"template-refuse-bandwidth": {Message: "A whole number from 2 to 10240, or nothing."},
	"template-refuse-token":     {Message: "Up to 64 characters, or nothing."},
	"template-warn-circuit":     {Message: "The ID should start with pc- and stand once in this sheet. Keep it all the same?"},

	"template-result-submitted":     {Message: "The API accepted the application in this run. Nothing to do."},
	"template-result-already":       {Message: "It had been accepted before. Nothing to do."},
	"template-result-valid":         {Message: "Dry run: nothing stands against it. Submit it."},
	"template-result-blocked":       {Message: "Online dry run: the API would refuse it now, with the reason. Wait, or fix it."},
	"template-result-invalid":       {Message: "It failed validation and was not sent. Fix the cells."},
	"template-result-refused":       {Message: "The API refused it for good. Fix the row or the circuit."},
	"template-result-failed":        {Message: "Attempts ran out; the API surely holds no application. Run again."},
	"template-result-unknown":       {Message: "It may have arrived and could not be settled. Run again: the same token is used, so there is no second application."},
	"template-result-not_attempted": {Message: "The run stopped before its turn. Run again."},
	"template-result-skipped":       {Message: "Left out by --only."},
}
