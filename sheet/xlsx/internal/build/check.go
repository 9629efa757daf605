package build

import (
	"fmt"
	"strings"

	"github.com/loabatch/loabatch/sheet"
	"github.com/xuri/excelize/v2"
)

// checkHeader is the header of the column that says what a row still lacks. Readers take a
// column whose header starts with # for the user's own, and skip it.
const checkHeader = "#Check"

// checkedRows is how many rows of a sheet have a formula in the column #Check, at least.
// Rows below them are checked by the formats and validations only.
const checkedRows = 2000

// comparedCircuits is how many circuits an engineer's cell with several IDs is compared
// with, as that takes a search for each. Cells with one ID are looked up among all.
const comparedCircuits = 5000

// The defined names that formulas use. Formats and validations of older programs cannot
// name another sheet in any other way.
const (
	circuitIDs   = "CircuitIDs"      // the instance IDs on the sheet Circuits
	someIDs      = "FirstCircuitIDs" // the first comparedCircuits of them
	engineerIDs  = "EngineerIDs"     // the instance IDs on the sheet Engineers
	listedIDs    = "CircuitList"     // the instance IDs as a dropdown shows them
	digitPlaces  = "IDPlaces"        // 1 to 17
	digitWeights = "IDWeights"       // of the 17 digits of an identity number
)

// idWeights are the weights of the digits of an identity number: 2 to the power of 17 and
// down, modulo 11 (GB 11643; ISO 7064, MOD 11-2).
var idWeights = [17]int{7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2}

// names defines the names.
func (b *templateBuilder) names() error {
	ids := "$" + letterOf(sheet.CircuitInstanceID)
	first := fmt.Sprintf("%s!%s$%d", sheet.CircuitsName, ids, firstRow)
	all := fmt.Sprintf("%s:%s$%d", first, ids, lastRow)
	places := make([]int, len(idWeights))
	for i := range places {
		places[i] = i + 1
	}
	for _, n := range []excelize.DefinedName{
		{Name: circuitIDs, RefersTo: all},
		{Name: someIDs, RefersTo: fmt.Sprintf("%s:%s$%d", first, ids, firstRow+comparedCircuits-1)},
		{Name: engineerIDs, RefersTo: fmt.Sprintf("%s!$%s$%d:$%[2]s$%[4]d", sheet.EngineersName, letterOf(sheet.EngineerInstanceID), firstRow, lastRow)},
		{Name: listedIDs, RefersTo: fmt.Sprintf("OFFSET(%s,0,0,MAX(1,COUNTA(%s)),1)", first, all)},
		{Name: digitPlaces, RefersTo: newList(b, "#", places)},
		{Name: digitWeights, RefersTo: newList(b, "GB 11643", idWeights[:])},
	} {
		if err := b.SetDefinedName(&n); err != nil {
			return fmt.Errorf("%s: %w", n.Name, err)
		}
	}
	return b.listErr
}

// letterOf returns the letter of a data column of the template: the first column is #Check.
func letterOf(id sheet.ColumnID) string {
	n := 1
	for _, c := range sheet.Columns {
		if c.ID == id {
			break
		}
		n++
		if c.ID == sheet.EngineerInstanceID-1 {
			n = 1
		}
	}
	return sheet.ColName(n + 1)
}

// The formulas below are those of the first row. Programs move their references from row to
// row, also when columns are inserted or moved. Conditions are nested, as AND evaluates all of
// its arguments, in every row.

// cellOf is the cell of a data column in the first row, fixed to its column.
func cellOf(id sheet.ColumnID) string { return fmt.Sprintf("$%s%d", letterOf(id), firstRow) }

// empty is true of a cell without a value.
func empty(cell string) string { return "LEN(TRIM(" + cell + "))=0" }

// unless is true if a formula is, but never where one of the conditions is.
func unless(formula string, conditions ...string) string {
	for i := len(conditions) - 1; i >= 0; i-- {
		formula = fmt.Sprintf("IF(%s,FALSE,%s)", conditions[i], formula)
	}
	return formula
}

// lacksEngineer is true of a circuit for which there is no engineer. An ID that is part of a
// longer one is found in it too; IDs as the service makes them all have the same length.
func lacksEngineer() string {
	id := cellOf(sheet.CircuitInstanceID)
	return unless(fmt.Sprintf(`COUNTIF(%s,"~*")=0`, engineerIDs), empty(id), fmt.Sprintf(`COUNTIF(%s,"*"&TRIM(%s)&"*")>0`, engineerIDs, id))
}

// appearsTwice is true of an instance ID that the sheet has more than once.
func appearsTwice() string {
	id := cellOf(sheet.CircuitInstanceID)
	return unless(fmt.Sprintf("COUNTIF(%s,%s)>1", circuitIDs, id), empty(id))
}

// namesNoCircuit is true of the circuits of an engineer if one of them is not on the sheet
// Circuits.
func namesNoCircuit() string {
	ids := cellOf(sheet.EngineerInstanceID)
	count := fmt.Sprintf(`MAX(1,(LEN(%[1]s)-LEN(SUBSTITUTE(LOWER(%[1]s),"pc-","")))/3)`, ids)
	return unless(fmt.Sprintf(`SUMPRODUCT((%[1]s<>"")*ISNUMBER(SEARCH(%[1]s,%[2]s)))<%[3]s`, someIDs, ids, count),
		empty(ids), fmt.Sprintf(`TRIM(%s)="*"`, ids), fmt.Sprintf("COUNTIF(%s,TRIM(%s))>0", circuitIDs, ids), fmt.Sprintf("COUNTA(%s)>%d", circuitIDs, comparedCircuits))
}

// wrongDigit is true of an identity number whose last character does not fit the others. It
// says nothing about what does not have the form of one.
func wrongDigit() string {
	number := cellOf(sheet.EngineerCertificateNo)
	right := fmt.Sprintf(`MID("10X98765432",MOD(SUMPRODUCT(MID(%s,%s,1)*%s),11)+1,1)`, number, digitPlaces, digitWeights)
	wrong := fmt.Sprintf("IFERROR(%s<>UPPER(RIGHT(%s,1)),FALSE)", right, number) // an error where there are other characters
	return unless(wrong, cellOf(sheet.EngineerCertificateType)+`<>"IDCard"`, "LEN("+number+")<>18")
}

// defect is something that is wrong with a row, as a formula, and the code of its words.
type defect struct{ formula, code string }

// check returns the formula of the column #Check of a sheet: empty for an empty row, then
// what is missing, what is wrong, or that the row is ready.
func (b *templateBuilder) check(id sheet.SheetID) string {
	cols := templateColumns(id)
	type part struct{ formula, name string }
	var missing []part
	for _, c := range cols {
		if c.Required {
			missing = append(missing, part{empty(cellOf(c.ID)), c.Header})
		}
	}
	wrong := []defect{{namesNoCircuit(), "template-check-circuit"}, {wrongDigit(), "template-check-digit"}}
	if id == sheet.CircuitsSheet {
		missing = append(missing, part{lacksEngineer(), b.Words.Line("template-check-engineer")})
		wrong = []defect{{appearsTwice(), "template-check-twice"}}
	}
	none, list := make([]string, len(missing)), make([]string, len(missing))
	for i, m := range missing {
		none[i] = m.formula
		list[i] = fmt.Sprintf(`IF(%s,%s,"")`, m.formula, quoted(", "+m.name))
	}
	good := quoted(b.Words.Line("template-check-ready"))
	for i := len(wrong) - 1; i >= 0; i-- {
		good = fmt.Sprintf("IF(%s,%s,%s)", wrong[i].formula, quoted(b.Words.Line(wrong[i].code)), good)
	}
	const mark = "\x00"
	before, after, _ := strings.Cut(b.Words.Line("template-check-missing", sheet.Arg{Name: "columns", Value: mark}), mark)
	lacks := fmt.Sprintf(`%s&MID(%s,3,300)`, quoted(before), strings.Join(list, "&"))
	if after != "" {
		lacks += "&" + quoted(after)
	}
	return fmt.Sprintf(`IFERROR(IF(COUNTA($B%[1]d:$%[2]s%[1]d)=0,"",IF(OR(%[3]s),%[4]s,%[5]s)),%[6]s)`,
		firstRow, sheet.ColName(len(cols)+1), strings.Join(none, ","), lacks, good, quoted(b.Words.Line("template-check-error")))
}

// quoted writes a text as formulas do.
func quoted(s string) string { return `"` + strings.ReplaceAll(s, `"`, `""`) + `"` }

// checks fills in the column #Check, as one formula that all its rows share.
func (b *templateBuilder) checks(name string, id sheet.SheetID, rows int) error {
	first := fmt.Sprintf("A%d", firstRow)
	ref := fmt.Sprintf("%s:A%d", first, firstRow+max(rows, checkedRows)-1)
	shared := excelize.STCellFormulaTypeShared
	if err := b.SetCellFormula(name, first, b.check(id), excelize.FormulaOpts{Ref: &ref, Type: &shared}); err != nil {
		return err
	}
	return b.SetConditionalFormat(name, below("A"), []excelize.ConditionalFormatOptions{
		{Type: "formula", Format: &b.style.ready, Criteria: first + "=" + quoted(b.Words.Line("template-check-ready"))},
		{Type: "formula", Format: &b.style.missing, Criteria: "LEN(" + first + ")>0"},
	})
}
