package build

import (
	"fmt"
	"slices"
	"strings"
	"unicode/utf16"

	"github.com/loabatch/loabatch/sheet"
	"github.com/xuri/excelize/v2"
)

// checkedRows is how many rows of a sheet have, at least, a formula in the column #Check,
// which says what a row still lacks. Rows below have only formats and validations.
const checkedRows = 2000

// The defined names that formulas use. In older programs, formats and validations can refer
// to another sheet only by them.
const (
	circuitIDs   = "CircuitIDs"  // the instance IDs on the sheet Circuits
	engineerIDs  = "EngineerIDs" // the instance IDs on the sheet Engineers
	listedIDs    = "CircuitList" // the instance IDs in the dropdown
	places       = "Places"      // 1 to 17: of the digits of an identity number, and of the IDs in a cell
	digitWeights = "IDWeights"   // of the 17 digits of an identity number
)

// idWeights are the weights of the digits of an identity number: 2 to the power of 17 down to
// 1, modulo 11 (GB 11643; ISO 7064, MOD 11-2).
var idWeights = [17]int{7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2}

// names defines the names.
func (b *templateBuilder) names() error {
	ids := "$" + letterOf(sheet.CircuitInstanceID)
	first := fmt.Sprintf("%s!%s$%d", b.Language.SheetName(sheet.CircuitsSheet), ids, firstRow)
	all := fmt.Sprintf("%s:%s$%d", first, ids, lastRow)
	count := make([]int, len(idWeights))
	for i := range count {
		count[i] = i + 1
	}
	for _, n := range []excelize.DefinedName{
		{Name: circuitIDs, RefersTo: all},
		{Name: engineerIDs, RefersTo: fmt.Sprintf("%s!$%s$%d:$%[2]s$%[4]d", b.Language.SheetName(sheet.EngineersSheet), letterOf(sheet.EngineerInstanceID), firstRow, lastRow)},
		{Name: listedIDs, RefersTo: fmt.Sprintf("OFFSET(%s,0,0,MAX(1,COUNTA(%s)),1)", first, all)},
		{Name: places, RefersTo: newList(b, "#", count)},
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

// The formulas below are those of the first row. Programs adapt their references to other
// rows, and to columns that are inserted or moved. Conditions are nested, because AND
// evaluates all of its arguments in every row.

// cellOf is the cell of a data column in the first row, with an absolute column.
func cellOf(id sheet.ColumnID) string { return fmt.Sprintf("$%s%d", letterOf(id), firstRow) }

// empty is true of a cell without a value.
func empty(cell string) string { return "LEN(TRIM(" + cell + "))=0" }

// unless is true if the formula is true and none of the conditions is.
func unless(formula string, conditions ...string) string {
	for i := len(conditions) - 1; i >= 0; i-- {
		formula = fmt.Sprintf("IF(%s,FALSE,%s)", conditions[i], formula)
	}
	return formula
}

// lacksEngineer is true of a circuit without an engineer. It would also find an ID within a
// longer one, but the service's IDs all have the same length.
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
// Circuits. It separates IDs by as many spaces as the text has characters, so that each is
// alone in its part of the new text. IDs after the 17th are not looked up.
func namesNoCircuit() string {
	ids := cellOf(sheet.EngineerInstanceID)
	apart := ids
	for _, separator := range []string{`";"`, `"，"`, `"；"`, `"、"`, "CHAR(10)"} {
		apart = fmt.Sprintf(`SUBSTITUTE(%s,%s,",")`, apart, separator)
	}
	apart = fmt.Sprintf(`SUBSTITUTE(%s,",",REPT(" ",LEN(%s)))`, apart, ids)
	each := fmt.Sprintf("TRIM(MID(%s,(%s-1)*LEN(%s)+1,LEN(%[3]s)))", apart, places, ids)
	return unless(fmt.Sprintf(`SUMPRODUCT((%s<>"")*ISNA(MATCH(%[1]s,%s,0)))>0`, each, circuitIDs),
		empty(ids), fmt.Sprintf(`TRIM(%s)="*"`, ids), fmt.Sprintf("COUNTIF(%s,TRIM(%s))>0", circuitIDs, ids))
}

// wrongDigit is true of an identity number with a wrong check digit, and false for a text
// without the form of an identity number.
func (b *templateBuilder) wrongDigit() string {
	number := cellOf(sheet.EngineerCertificateNo)
	right := fmt.Sprintf(`MID("10X98765432",MOD(SUMPRODUCT(MID(%s,%s,1)*%s),11)+1,1)`, number, places, digitWeights)
	wrong := fmt.Sprintf("IFERROR(%s<>UPPER(RIGHT(%s,1)),FALSE)", right, number) // an error if there are other characters
	return unless(wrong, b.isNot(sheet.EngineerCertificateType, "IDCard"), "LEN("+number+")<>18")
}

// isNot is true if a cell does not have a value of its closed list, in the spelling of the
// API or of the template.
func (b *templateBuilder) isNot(id sheet.ColumnID, value string) string {
	tests := []string{cellOf(id) + "<>" + quoted(value)}
	if shown := b.shown(id, value); shown != value {
		tests = append(tests, cellOf(id)+"<>"+quoted(shown))
	}
	return allOf(tests)
}

// isWanting is true of an empty code or label of a line whose construction is finished, and of
// a circuit that is to be confirmed before that. It is "" for other columns.
func (b *templateBuilder) isWanting(id sheet.ColumnID) string {
	unfinished := b.isNot(sheet.CircuitFinished, sheet.Yes)
	switch id {
	case sheet.CircuitLineCode, sheet.CircuitLineLabel:
		return unless(empty(cellOf(id)), unfinished)
	case sheet.CircuitConfirm:
		return unless(unfinished, b.isNot(id, sheet.Yes))
	}
	return ""
}

// shown returns a value of a closed list as the template spells it.
func (b *templateBuilder) shown(id sheet.ColumnID, value string) string {
	c := &sheet.Columns[slices.IndexFunc(sheet.Columns, func(c sheet.Column) bool { return c.ID == id })]
	return b.Language.Values(c)[slices.Index(c.Values, value)]
}

// allOf is true if all formulas are.
func allOf(formulas []string) string {
	if len(formulas) == 1 {
		return formulas[0]
	}
	return "AND(" + strings.Join(formulas, ",") + ")"
}

// unlisted is true of a value that is not in the list of its column, in any spelling that is
// read. A formula folds spaces, hyphens and the like, but not full-width letters.
func (b *templateBuilder) unlisted(c sheet.Column, list string) string {
	cell := cellOf(c.ID)
	value := "TRIM(" + cell + ")"
	if spellings := b.read[c.ID]; spellings != "" {
		list = spellings
		for _, dropped := range []string{" ", "　", "-", "_", "/", "."} {
			value = fmt.Sprintf(`SUBSTITUTE(%s,%s,"")`, value, quoted(dropped))
		}
	}
	return unless(fmt.Sprintf("COUNTIF(%s,%s)=0", list, value), empty(cell))
}

// lostDigits is true of a certificate number that was entered as a number with more digits
// than Excel keeps.
func lostDigits() string {
	number := cellOf(sheet.EngineerCertificateNo)
	return unless(number+">=10^15", "NOT(ISNUMBER("+number+"))")
}

// outOfBounds is true of a bandwidth that is not a whole number in the API's bounds.
func outOfBounds() string {
	mbit := "VALUE(" + cellOf(sheet.CircuitBandwidth) + ")"
	return unless(fmt.Sprintf("IFERROR(OR(%[1]s<%[2]d,%[1]s>%[3]d,%[1]s<>INT(%[1]s)),TRUE)", mbit, sheet.MinBandwidth, sheet.MaxBandwidth),
		empty(cellOf(sheet.CircuitBandwidth)))
}

// impossibleDate is true of a text in the form of a date that does not exist.
func impossibleDate() string {
	text := "TRIM(" + cellOf(sheet.CircuitConstructionTime) + ")"
	return unless(fmt.Sprintf("ISERROR(DATEVALUE(LEFT(%s,10)))", text),
		"ISNUMBER("+cellOf(sheet.CircuitConstructionTime)+")", fmt.Sprintf(`MID(%[1]s,5,1)&MID(%[1]s,8,1)<>"--"`, text))
}

// defect is something that may be wrong with a value: a formula that is true if it is, and
// the words for it.
type defect struct{ formula, words string }

// defects lists what a formula can find wrong with a column.
func (b *templateBuilder) defects(c sheet.Column) []defect {
	word := func(code string) string {
		return b.Words.Line(code, sheet.Arg{Name: "column", Value: c.Header}, sheet.Arg{Name: "least", Value: fmt.Sprint(sheet.MinBandwidth)}, sheet.Arg{Name: "most", Value: fmt.Sprint(sheet.MaxBandwidth)})
	}
	switch c.ID {
	case sheet.CircuitInstanceID:
		return []defect{{appearsTwice(), word("template-check-twice")}}
	case sheet.EngineerInstanceID:
		return []defect{{namesNoCircuit(), word("template-check-circuit")}}
	case sheet.EngineerCertificateNo:
		return []defect{{lostDigits(), word("template-check-number")}, {b.wrongDigit(), word("template-check-digit")}}
	case sheet.CircuitConstructionTime:
		return []defect{{impossibleDate(), word("template-check-date")}}
	case sheet.CircuitBandwidth:
		return []defect{{outOfBounds(), word("template-check-bandwidth")}}
	}
	if list := b.list[c.ID]; list != "" {
		return []defect{{b.unlisted(c, list), word("template-check-list")}}
	}
	return nil
}

// missing returns the words before and after the list of what a row lacks.
func (b *templateBuilder) missing() (before, after string) {
	const mark = "\x00"
	before, after, _ = strings.Cut(b.Words.Line("template-check-missing", sheet.Arg{Name: "columns", Value: mark}), mark)
	return before, after
}

// check returns the formula of the column #Check of a sheet: empty for an empty row, then
// what is missing, what is wrong, or that the row is ready.
func (b *templateBuilder) check(id sheet.SheetID) string {
	cols := b.columns(id)
	comma := b.Words.Line("mark-list")
	var lacks, list []string
	lack := func(formula, name string) {
		lacks = append(lacks, formula)
		list = append(list, fmt.Sprintf(`IF(%s,%s,"")`, formula, quoted(comma+name)))
	}
	good := quoted(b.Words.Line("template-check-ready"))
	for _, c := range cols {
		if c.Required {
			lack(empty(cellOf(c.ID)), c.Header)
		}
	}
	for _, c := range slices.Backward(cols) {
		for _, d := range slices.Backward(b.defects(c)) {
			good = fmt.Sprintf("IF(%s,%s,%s)", d.formula, quoted(d.words), good)
		}
	}
	if id == sheet.CircuitsSheet {
		lack(lacksEngineer(), b.Words.Line("template-check-engineer"))
	}
	before, after := b.missing()
	missing := fmt.Sprintf(`%s&MID(%s,%d,300)`, quoted(before), strings.Join(list, "&"), 1+len(utf16.Encode([]rune(comma))))
	if after != "" {
		missing += "&" + quoted(after)
	}
	return fmt.Sprintf(`IFERROR(IF(COUNTA($B%[1]d:$%[2]s%[1]d)=0,"",IF(OR(%[3]s),%[4]s,%[5]s)),%[6]s)`,
		firstRow, sheet.ColName(len(cols)+1), strings.Join(lacks, ","), missing, good, quoted(b.Words.Line("template-check-error")))
}

// quoted quotes a text for a formula.
func quoted(s string) string { return `"` + strings.ReplaceAll(s, `"`, `""`) + `"` }

// checks fills in the column #Check with one formula that all its rows share.
func (b *templateBuilder) checks(name string, id sheet.SheetID, rows int) error {
	first := fmt.Sprintf("A%d", firstRow)
	ref := fmt.Sprintf("%s:A%d", first, firstRow+max(rows, checkedRows)-1)
	shared := excelize.STCellFormulaTypeShared
	if err := b.SetCellFormula(name, first, b.check(id), excelize.FormulaOpts{Ref: &ref, Type: &shared}); err != nil {
		return err
	}
	before, _ := b.missing()
	return b.SetConditionalFormat(name, below("A"), []excelize.ConditionalFormatOptions{
		{Type: "formula", Format: &b.style.ready, Criteria: first + "=" + quoted(b.Words.Line("template-check-ready"))},
		{Type: "formula", Format: &b.style.missing, Criteria: fmt.Sprintf("LEFT(%s,%d)=%s", first, len(utf16.Encode([]rune(before))), quoted(before))},
		{Type: "formula", Format: &b.style.wrong, Criteria: "LEN(" + first + ")>0"},
	})
}
