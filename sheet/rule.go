package sheet

// Rule is one thing that is checked. Its code is stable: it names the rule in
// --severity, in reports and in explain, and is never used for anything else.
// What people read about it stands in the catalogue under the same code.
type Rule struct {
	Code     string
	Severity Severity // the default; Off means that it is applied only where it is asked for
	Sheet    SheetID  // BothSheets for rules of any cell
	Column   ColumnID // where the rule is about one column; NoColumn otherwise

	// Fixed rules cannot be lowered below an error: nothing could be sent for the
	// row, or it would be sent twice.
	Fixed bool
	// Input rules are about the workbook as a whole: what they find is an *InputError,
	// and no row is judged.
	Input bool
}

// Allows reports whether the rule may be given this severity.
func (r Rule) Allows(s Severity) bool { return s == Error || !r.Fixed && !r.Input }

// Rules lists every rule in the order of the documentation: the workbook, its
// headers, any cell, circuits, engineers.
func Rules() []Rule {
	all := make([]Rule, len(rules))
	for i, r := range rules {
		all[i] = *r
	}
	return all
}

// RuleByCode gives the rule of a code.
func RuleByCode(code string) (Rule, bool) {
	for _, r := range rules {
		if r.Code == code {
			return *r, true
		}
	}
	return Rule{}, false
}

// severities settles what each rule does in one Decode: its default, unless the
// options say otherwise; under Strict, warnings are errors.
func severities(o *Options) map[*Rule]Severity {
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
