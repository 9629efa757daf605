package sheet

import "slices"

// Rule is one thing that is checked. Its code is stable: it identifies the rule in
// --severity, in reports and in explain, and is never reused. The text about it is in the
// catalogue under the same code.
type Rule struct {
	Code     string
	Severity Severity // the default; a rule that is Off applies only on request
	Sheet    SheetID  // BothSheets for rules that apply to either
	Column   ColumnID // the column of a rule about a single one; NoColumn otherwise

	// A Fixed rule is always an error: otherwise nothing could be sent for the row, or
	// it would be sent twice.
	Fixed bool
	// An Input rule is about the workbook as a whole. Its problems are returned in an
	// *InputError, and no row is read.
	Input bool
}

// Allows reports whether the rule may have this severity.
func (r Rule) Allows(s Severity) bool { return s == Error || !r.Fixed && !r.Input }

// ruleFamily is the rules of one theme about one sheet. Each is declared with add beside
// its check, which is the one place that a new rule needs in the code.
type ruleFamily struct {
	sheet SheetID
	rules []*Rule
}

// The families. Go initialises the variables of a file from top to bottom, so a family
// holds its rules in the order of their declarations.
var (
	workbookRules = ruleFamily{sheet: BothSheets}     // rules_workbook.go
	besideRules   = ruleFamily{sheet: BothSheets}     // rules_beside.go
	cellRules     = ruleFamily{sheet: BothSheets}     // rules_cells.go, then rules_values.go
	circuitRules  = ruleFamily{sheet: CircuitsSheet}  // rules_circuits.go, up to the construction time
	timeRules     = ruleFamily{sheet: CircuitsSheet}  // rules_times.go
	requestRules  = ruleFamily{sheet: CircuitsSheet}  // rules_circuits.go, after the construction time
	engineerRules = ruleFamily{sheet: EngineersSheet} // rules_engineers.go
	identityRules = ruleFamily{sheet: EngineersSheet} // rules_identity.go
)

// add registers a rule at the end of the family.
func (f *ruleFamily) add(r Rule) *Rule {
	r.Sheet = f.sheet
	f.rules = append(f.rules, &r)
	return &r
}

// allRules lists every rule in the order of the documentation. It is a function because
// the families are complete only once the package is initialised.
func allRules() []*Rule {
	return slices.Concat(workbookRules.rules, besideRules.rules, cellRules.rules, circuitRules.rules, timeRules.rules,
		requestRules.rules, engineerRules.rules, identityRules.rules)
}

// Rules lists every rule in the order of the documentation: the workbook and its headers,
// what lies beside the data, cells in general, circuits, engineers.
func Rules() []Rule {
	var all []Rule
	for _, r := range allRules() {
		all = append(all, *r)
	}
	return all
}

// RuleByCode finds a rule by its code.
func RuleByCode(code string) (Rule, bool) {
	for _, r := range allRules() {
		if r.Code == code {
			return *r, true
		}
	}
	return Rule{}, false
}

// severities gives each rule's severity for one Decode: its default unless the options
// say otherwise. With Strict, warnings become errors.
func severities(o *Options) map[*Rule]Severity {
	rules := allRules()
	m := make(map[*Rule]Severity, len(rules))
	for _, r := range rules {
		s := r.Severity
		if asked, ok := o.Severities[r.Code]; ok && r.Allows(asked) {
			s = asked
		}
		if s == Warning && o.Strict {
			s = Error
		}
		m[r] = s
	}
	return m
}
