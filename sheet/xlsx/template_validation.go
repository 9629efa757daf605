package xlsx

import (
	"fmt"

	"github.com/xuri/excelize/v2"

	"github.com/loabatch/loabatch/sheet"
)

// Bounds that the template checks while somebody types; the rules check them again.
const (
	leastBandwidth = 2 // Mbit/s
	mostBandwidth  = 10240
	longestToken   = 64 // characters
)

// prompts are the columns whose cells show a prompt, with the code of its text. A
// prompt has at most 255 characters, its title 32.
var prompts = map[sheet.ColumnID]string{
	sheet.CircuitInstanceID:       "template-prompt-circuit",
	sheet.CircuitConstructionTime: "template-prompt-time",
	sheet.CircuitBandwidth:        "template-prompt-bandwidth",
	sheet.CircuitClientToken:      "template-prompt-token",
	sheet.EngineerInstanceID:      "template-prompt-engineer-circuits",
	sheet.EngineerCertificateNo:   "template-prompt-certificate",
	sheet.EngineerContact:         "template-prompt-contact",
}

// validation guides who types into a column: a dropdown for a closed list, bounds, a
// prompt. Lists and bounds refuse other values; the check of the circuit's ID only warns.
func (b *templateBuilder) validation(name, letter string, c sheet.Column) error {
	dv := excelize.NewDataValidation(true)
	dv.SetSqref(below(letter))
	var err error
	switch {
	case b.list[c.ID] != "":
		dv.SetSqrefDropList(b.list[c.ID])
		b.refuse(dv, c, "template-refuse-list")
	case c.ID == sheet.CircuitBandwidth:
		err = dv.SetRange(leastBandwidth, mostBandwidth, excelize.DataValidationTypeWhole, excelize.DataValidationOperatorBetween)
		b.refuse(dv, c, "template-refuse-bandwidth")
	case c.ID == sheet.CircuitClientToken:
		err = dv.SetRange(1, longestToken, excelize.DataValidationTypeTextLength, excelize.DataValidationOperatorBetween)
		b.refuse(dv, c, "template-refuse-token")
	case c.ID == sheet.CircuitInstanceID:
		dv.Type = "custom"
		dv.Formula1 = fmt.Sprintf(`AND(LEFT(%[1]s2,3)="pc-",COUNTIF($%[1]s$2:$%[1]s$%[2]d,%[1]s2)=1)`, letter, lastRow)
		dv.SetError(excelize.DataValidationErrorStyleWarning, c.Header, b.Words.Line("template-warn-circuit"))
	}
	if err != nil {
		return err
	}
	code, ok := prompts[c.ID]
	if ok {
		dv.SetInput(c.Header, b.Words.Line(code))
	}
	if dv.Type == "" && !ok {
		return nil
	}
	return b.AddDataValidation(name, dv)
}

// refuse lets nothing else in and says what is expected.
func (b *templateBuilder) refuse(dv *excelize.DataValidation, c sheet.Column, code string) {
	dv.SetError(excelize.DataValidationErrorStyleStop, c.Header, b.Words.Line(code))
}
