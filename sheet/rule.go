package sheet

import (
	"slices"
	"strings"
	"sync"
)

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

	number int   // from 0, in the order of registration
	stage  stage // what it is about
}

// ruleCount is how many rules are registered.
var ruleCount int

// Allows reports whether the rule may have this severity.
func (r Rule) Allows(s Severity) bool { return s == Error || !r.Fixed && !r.Input }

// ruleFamily is the rules of one theme about one sheet. Each is declared with add beside
// its check, which is the one place that a new rule needs in the code.
type ruleFamily struct {
	sheet SheetID
	stage stage // of all its rules; for anyStage each rule's column decides
	rules []*Rule
}

// stage is the part of a circuit's way that a rule or a column is about.
type stage uint8

const (
	anyStage        stage = iota // the circuit itself: its ID, region and account
	applicationOnly              // what an application sends
	completionOnly               // what is known after the letter
)

// stageOf returns the stage of a column.
func stageOf(id ColumnID) stage {
	switch {
	case id == CircuitInstanceID, id == CircuitRegionID, id == CircuitAccount, id == NoColumn:
		return anyStage
	case id >= CircuitLineCode && id <= CircuitConfirm:
		return completionOnly
	}
	return applicationOnly
}

// Applied reports whether a column is about the application alone, and not about what follows.
func (id ColumnID) Applied() bool { return stageOf(id) == applicationOnly }

// Followed reports whether a column is for the time after the letter.
func (id ColumnID) Followed() bool { return stageOf(id) == completionOnly }

// needs reports whether what is about a stage counts for the purpose.
func (p Purpose) needs(s stage) bool {
	return p == ForAdvance || s == anyStage || (s == applicationOnly) == (p == ForApplication)
}

// The families. Go initialises the variables of a file from top to bottom, so a family
// holds its rules in the order of their declarations.
var (
	workbookRules   = ruleFamily{sheet: BothSheets}                             // rules_workbook.go
	besideRules     = ruleFamily{sheet: BothSheets}                             // rules_beside.go
	cellRules       = ruleFamily{sheet: BothSheets}                             // rules_cells.go, then rules_values.go
	circuitRules    = ruleFamily{sheet: CircuitsSheet}                          // rules_circuits.go, up to the construction time
	timeRules       = ruleFamily{sheet: CircuitsSheet, stage: applicationOnly}  // rules_times.go
	requestRules    = ruleFamily{sheet: CircuitsSheet, stage: applicationOnly}  // rules_circuits.go, after the construction time
	completionRules = ruleFamily{sheet: CircuitsSheet, stage: completionOnly}   // rules_circuits.go, of the columns for the time after the letter
	engineerRules   = ruleFamily{sheet: EngineersSheet, stage: applicationOnly} // rules_engineers.go
	identityRules   = ruleFamily{sheet: EngineersSheet, stage: applicationOnly} // rules_identity.go
)

// add registers a rule at the end of the family.
func (f *ruleFamily) add(r Rule) *Rule {
	r.Sheet, r.stage, r.number = f.sheet, f.stage, ruleCount
	if r.stage == anyStage {
		r.stage = stageOf(r.Column)
	}
	ruleCount++
	f.rules = append(f.rules, &r)
	return &r
}

// allRules lists every rule in the order of the documentation. It is a function because
// the families are complete only once the package is initialised.
var allRules = sync.OnceValue(func() []*Rule {
	return slices.Concat(workbookRules.rules, besideRules.rules, cellRules.rules, circuitRules.rules, timeRules.rules,
		requestRules.rules, completionRules.rules, engineerRules.rules, identityRules.rules)
})

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
	if r := ruleOf(code); r != nil {
		return *r, true
	}
	return Rule{}, false
}

// ruleOf returns the rule with a code, or nil.
func ruleOf(code string) *Rule {
	for _, r := range allRules() {
		if r.Code == code {
			return r
		}
	}
	return nil
}

// severities are the severities of the rules for one Decode, by their numbers.
type severities []Severity

// of returns the severity of a rule.
func (s severities) of(r *Rule) Severity { return s[r.number] }

// newSeverities gives each rule its severity: its default unless the options say
// otherwise. With Strict, warnings become errors.
func newSeverities(o *Options) severities {
	all := make(severities, ruleCount)
	for _, r := range allRules() {
		all[r.number] = o.severity(r)
	}
	return all
}

func (o *Options) severity(r *Rule) Severity { return o.severityIn(r, r.stage) }

// severityIn returns the severity of a rule in a cell of a stage.
func (o *Options) severityIn(r *Rule, at stage) Severity {
	s := r.Severity
	asked, ok := o.Severities[r.Code]
	if ok = ok && r.Allows(asked); ok {
		s = asked
	}
	switch needs := o.Purpose.needs(at); {
	case !needs && o.Purpose == ForCompletion:
		return min(s, Note)
	case !needs && !(ok && r.stage == at):
		s = min(s, Warning)
	}
	if s == Warning && o.Strict {
		s = Error
	}
	return s
}

// SeverityOf returns the severity that the options give a rule, Off if there is none with
// this code: for rules that are checked outside this package.
func (o *Options) SeverityOf(code string) Severity {
	if r := ruleOf(code); r != nil {
		return o.severity(r)
	}
	return Off
}

// maxListed is how many errors and warnings of one rule are listed one by one unless the
// options say otherwise: more than anyone reads, and few enough that a workbook in which
// every cell is wrong costs about as much as a correct one.
const maxListed = 4_000

// Unlisted counts the problems of one rule that were found but are not listed.
type Unlisted struct {
	Code     string
	Severity Severity
	Count    int
}

// listing decides which problems are listed. Beyond the bound of its rule a problem is
// only counted, with two exceptions: each row's first error, or else its first warning,
// is kept as the row's message and mark; and every note about a row without errors is
// listed, because the row is sent as the notes say.
type listing struct {
	most    int // of each rule
	rules   []ruleListing
	sheet   string       // of rows
	rows    []rowListing // by row, of the sheet that is being read
	others  map[string][]rowListing
	missing []unlistedMissing
}

// ruleListing counts the problems of one rule.
type ruleListing struct{ listed, unlisted int }

// rowListing is what is listed of one row.
type rowListing struct {
	gravest Severity // the gravest severity kept
	more    int32    // errors that are not kept
}

// unlistedMissing is an empty cell whose problem is not listed; a merged range may still
// explain the cell.
type unlistedMissing struct {
	row, col int32
	rule     *Rule
}

func newListing(most int) *listing {
	if most <= 0 {
		most = maxListed
	}
	return &listing{most: most, rules: make([]ruleListing, ruleCount), others: map[string][]rowListing{}}
}

// row returns the entry of a row.
func (l *listing) row(at *Ref) *rowListing {
	if at.Sheet != l.sheet {
		l.others[l.sheet] = l.rows
		l.sheet, l.rows = at.Sheet, l.others[at.Sheet]
	}
	if n := at.Row + 1 - len(l.rows); n > 0 {
		l.rows = append(l.rows, make([]rowListing, n+len(l.rows))...)
	}
	return &l.rows[at.Row]
}

// kept says what is kept of a problem.
type kept uint8

const (
	counted    kept = iota // only counted
	keptForRow             // not listed, but the message and mark of its row
	keptListed
)

// take counts a problem and decides what is kept of it.
func (l *listing) take(r *Rule, s Severity, at *Ref) kept {
	rule, row := &l.rules[r.number], l.row(at)
	first := s > Note && s > row.gravest
	if rule.listed < l.most || s == Note && row.gravest != Error {
		rule.listed++
		row.gravest = max(row.gravest, s)
		return keptListed
	}
	rule.unlisted++
	if first {
		row.gravest = s
		return keptForRow
	}
	if s == Error {
		row.more++
	}
	if strings.HasSuffix(r.Code, "-missing") {
		l.missing = append(l.missing, unlistedMissing{int32(at.Row), int32(at.Col), r})
	}
	return counted
}

// withdraw takes back the kept problem of an empty cell.
func (l *listing) withdraw(r *Rule, p *Problem) {
	l.row(&p.At).gravest = Off
	if p.RowOnly {
		l.rules[r.number].unlisted--
	}
}

// withdrawUnlisted takes back the unlisted problems of the empty cells of a column, in
// the rows for which covered is true.
func (l *listing) withdrawUnlisted(sheet string, col int, covered func(row int) bool) {
	for i := range l.missing {
		m := &l.missing[i]
		if m.rule == nil || int(m.col) != col || !covered(int(m.row)) {
			continue
		}
		l.rules[m.rule.number].unlisted--
		if row := l.row(&Ref{Sheet: sheet, Row: int(m.row)}); row.more > 0 {
			row.more--
		}
		m.rule = nil
	}
}

// finish adds to the first error of each row how many further errors of the row were only
// counted, and returns the counts of the rules.
func (l *listing) finish(problems []Problem, severity severities) (all []Unlisted) {
	for _, r := range allRules() {
		if n := l.rules[r.number].unlisted; n > 0 {
			all = append(all, Unlisted{Code: r.Code, Severity: severity.of(r), Count: n})
		}
	}
	if all == nil {
		return nil
	}
	for i := range problems {
		if p := &problems[i]; p.Severity == Error && p.At.Row > 0 {
			row := l.row(&p.At)
			p.More, row.more = row.more, 0
		}
	}
	return all
}
