package sheet

import "strings"

// maxListed is how many errors and warnings of one rule are listed one by one unless the
// options say otherwise: more than anyone reads, and few enough that a workbook in which
// every cell is wrong costs about as much as a correct one.
const maxListed = 10_000

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

// kept is what becomes of a problem that was found.
type kept uint8

const (
	counted    kept = iota // only counted
	keptForRow             // not listed, but the message and mark of its row
	keptListed
)

// take counts a problem and decides what becomes of it.
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
func (l *listing) finish(problems []Problem, severity map[*Rule]Severity) (all []Unlisted) {
	for _, r := range allRules() {
		if n := l.rules[r.number].unlisted; n > 0 {
			all = append(all, Unlisted{Code: r.Code, Severity: severity[r], Count: n})
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
