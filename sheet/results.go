package sheet

import (
	"cmp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/loabatch/loabatch/sheet/internal/bulk"
)

// resultWidths are the least widths of the result columns, in characters.
var resultWidths = [...]float64{
	ColResult: 16, ColMessage: 60, ColErrorCode: 34, ColRequestID: 38, ColSubmittedAt: 21, ColAttempts: 10, ColClientToken: 38, ColLOAStatus: 14, ColLOAAskedAt: 21, ColLetter: 44,
}

// resultWidth returns the width of a result column: room for its header and, where it has
// one of some words, for the longest of them.
func (l Language) resultWidth(id ResultColumn) float64 {
	longest := textWidth(l.ResultHeader(id))
	switch id {
	case ColResult:
		for _, r := range AllResults {
			longest = max(longest, textWidth(l.Result(r)))
		}
	case ColLOAStatus:
		for status := range vocabularies[l].states {
			longest = max(longest, textWidth(l.State(status)))
		}
	}
	return max(resultWidths[id], float64(longest+2))
}

// textWidth returns the width of a text, in characters of the Latin alphabet: those of East
// Asia are twice as wide.
func textWidth(s string) (n int) {
	for _, r := range s {
		n++
		if r >= 0x1100 {
			n++
		}
	}
	return n
}

// ResultColumns returns the positions of the result columns, with their headers in a
// language: where an earlier run wrote them, and the others to the right of the table. A
// column beyond [MaxCol] means that the sheet has no room. The columns about the time after
// the letter come with later, or where an earlier run wrote one of them.
func (t *Table) ResultColumns(l Language, later bool) []PutColumn {
	count := earlyResults
	if later || t.hasLater() {
		count = len(ResultHeaders)
	}
	next := t.LastCol
	for _, col := range t.Results {
		next = max(next, col)
	}
	columns := make([]PutColumn, count)
	for id := range columns {
		col, found := t.Results[ResultColumn(id)]
		if !found {
			next++
			col = next
		}
		columns[id] = PutColumn{Col: col, Header: l.ResultHeader(ResultColumn(id)), Width: l.resultWidth(ResultColumn(id)), Wrap: id == int(ColMessage), Print: id <= int(ColErrorCode), Letters: id == int(ColLetter)}
	}
	columns[ColResult].Shades = resultShades()
	return columns
}

// hasLater reports whether an earlier run wrote columns about the time after the letter.
func (t *Table) hasLater() bool { return t.Results[ColLOAAskedAt] > 0 || t.Results[ColLetter] > 0 }

// Results turns the results of the circuits into the cells that are written beside the
// data of both sheets. An engineer's row gets INVALID if it has errors of its own, and
// otherwise the worst result of its circuits; it keeps its cells if all of them do. The
// caller fills in Added. Headers and results are in a language, that of the words.
func Results(w *Workbook, rows []RowResult, words Words, l Language) Patch {
	r := newResulter(w, rows, words, l)
	circuits := r.patch(&w.CircuitsTable, CircuitInstanceID, len(w.Circuits), r.circuitCells, r.keepsCircuit)
	for i := range rows {
		circuits.needs(rows[i].Row, rows[i].Result)
	}
	engineers := r.patch(&w.EngineersTable, EngineerInstanceID, len(w.Engineers), r.engineerCells, r.keepsEngineer)
	for i := range w.Engineers {
		if e := &w.Engineers[i]; e.Invalid {
			engineers.needs(e.Row, Invalid)
		}
	}
	return Patch{Sheets: []SheetPatch{circuits, engineers}}
}

// needs takes the result of a row into account: the first that needs a person is selected,
// and the worst colours the tab.
func (p *SheetPatch) needs(row int, r Result) {
	style := r.Style()
	if style == StyleWarn || style == StyleBad {
		if p.First == 0 || row < p.First {
			p.First = row
		}
	}
	if style != StyleMuted {
		p.Tab = max(p.Tab, style)
	}
}

// resulter builds the cells of the result columns, row by row.
type resulter struct {
	w         *Workbook
	words     Words
	language  Language
	results   []RowResult
	later     bool // some row has a value of the columns about the time after the letter
	errors    *RowErrors
	byRow     bulk.Index    // of results
	engineers bulk.Index    // of w.Engineers
	sums      []engineerSum // by engineer
	cells     []PutCell     // of the latest row
}

func newResulter(w *Workbook, rows []RowResult, words Words, l Language) *resulter {
	r := &resulter{
		w: w, words: words, language: l, results: rows, errors: NewRowErrors(w, w.Problems),
		byRow:     bulk.NewIndex(len(rows), func(i int) int { return rows[i].Row }),
		engineers: bulk.NewIndex(len(w.Engineers), func(i int) int { return w.Engineers[i].Row }),
		cells:     make([]PutCell, len(ResultHeaders)),
	}
	r.sums = sumEngineers(w, r)
	r.later = slices.ContainsFunc(rows, func(res RowResult) bool { return !res.LOAAskedAt.IsZero() || res.Letter != Letter{} })
	return r
}

func (r *resulter) patch(t *Table, key ColumnID, count int, cells func(int) []PutCell, keeps func(int) bool) SheetPatch {
	p := SheetPatch{KeyCol: t.Columns[key], Sheet: t.Sheet, HeaderRow: t.HeaderRow, LastRow: t.LastRow, LastCol: t.LastCol, Columns: t.ResultColumns(r.language, r.later && t == &r.w.CircuitsTable), Row: cells, Marks: r.marks(t)}
	kept := r.kept(t)
	if p.Rows = count - kept; kept > 0 {
		p.Keep = keeps
	}
	for _, c := range p.Columns {
		p.LastCol = max(p.LastCol, c.Col)
	}
	if t == &r.w.CircuitsTable && len(p.Columns) > earlyResults {
		p.Files = r.letters(p.Columns[ColLetter].Col)
	}
	return p
}

// kept counts the rows of a table that keep their result cells.
func (r *resulter) kept(t *Table) (n int) {
	if t == &r.w.CircuitsTable {
		for i := range r.results {
			if r.results[i].Keep {
				n++
			}
		}
		return n
	}
	for i := range r.sums {
		if r.sums[i].keeps() {
			n++
		}
	}
	return n
}

// keepsCircuit reports whether a row of the circuits keeps its result cells.
func (r *resulter) keepsCircuit(number int) bool {
	i, found := r.byRow.At(number)
	return found && r.results[i].Keep
}

// keepsEngineer reports whether a row of the engineers does.
func (r *resulter) keepsEngineer(number int) bool {
	i, found := r.engineers.At(number)
	return found && r.sums[i].keeps()
}

// circuitCells returns the cells of a row of the circuits, or nil.
func (r *resulter) circuitCells(number int) []PutCell {
	i, found := r.byRow.At(number)
	if !found || r.results[i].Keep {
		return nil
	}
	res, _ := r.complete(&r.results[i], r.w.CircuitsTable.Sheet)
	r.carry(&res)
	return r.cellsOf(res)
}

// carry adds what an earlier run wrote about the LOA if it is still true: when it had the
// status that it still has, and its letter unless that has been withdrawn or belongs to
// another circuit.
func (r *resulter) carry(res *RowResult) {
	c := r.w.CircuitAt(res.Row)
	if c == nil {
		return
	}
	if res.LOAAskedAt.IsZero() && res.LOAStatus == c.LastRun().LOAStatus {
		res.LOAAskedAt = c.LastRun().LOAAskedAt
	}
	if res.Letter == (Letter{}) {
		res.Letter = c.letterAt(res.LOAStatus)
	}
}

// letters lists the letters that the cells of a column link to, those of rows that keep
// their cells included.
func (r *resulter) letters(col int) (files []FileLink) {
	for i := range r.results {
		res := r.results[i]
		if c := r.w.CircuitAt(res.Row); res.Keep && c != nil {
			res.Letter = c.LastRun().Letter
		} else {
			r.carry(&res)
		}
		if target := res.Letter.target(); target != "" {
			files = append(files, FileLink{Row: res.Row, Col: col, Target: target})
		}
	}
	slices.SortFunc(files, func(a, b FileLink) int { return cmp.Compare(a.Row, b.Row) })
	return files
}

// complete returns a circuit's result, to be read in one of the sheets. The message of an
// INVALID one lists its own errors and those of its engineers; then listed is true.
func (r *resulter) complete(res *RowResult, sheet string) (out RowResult, listed bool) {
	out = *res
	if out.Result != Invalid || out.Keep {
		return out, false
	}
	c := r.w.CircuitAt(out.Row)
	if c == nil {
		return out, false
	}
	list := r.errors.Of(c)
	if len(list) == 0 {
		return out, false
	}
	out.Message = r.message(list, sheet)
	out.ErrorCode = cmp.Or(out.ErrorCode, list[0].Code)
	return out, true
}

// maxInMessage is how many errors a row's message lists; the rest are counted.
const maxInMessage = 5

// message lists errors, one per line, each followed by what to do about it. Their cells
// are named relative to the sheet.
func (r *resulter) message(list []Problem, sheet string) string {
	var b strings.Builder
	said := ""
	for n, p := range list {
		if n > 0 {
			b.WriteByte('\n')
		}
		if n == maxInMessage {
			b.WriteString(r.words.Line("rows-more", Arg{"n", strconv.Itoa(len(list) - n)}))
			break
		}
		cell := p.At.Cell()
		if p.At.Sheet != sheet {
			cell = p.At.String()
		}
		text, hint := r.words.Problem(p)
		b.WriteString(cell + vocabularies[r.language].colon + text)
		if hint != "" && hint != said {
			b.WriteString("\n" + hint)
			said = hint
		}
	}
	if more := unlistedIn(list); more > 0 {
		b.WriteString("\n" + r.words.Line("rows-unlisted", Arg{"n", strconv.Itoa(more)}))
	}
	return b.String()
}

// cellsOf returns the cells of a result in the order of the result columns. They are valid
// until the next call.
func (r *resulter) cellsOf(res RowResult) []PutCell {
	cells := r.cells
	clear(cells)
	cells[ColResult].Text = r.language.Result(res.Result)
	cells[ColMessage].Text = res.Message
	cells[ColErrorCode].Text = res.ErrorCode
	cells[ColRequestID].Text = res.RequestID
	if !res.SubmittedAt.IsZero() {
		cells[ColSubmittedAt].Time = res.SubmittedAt.UTC().Truncate(time.Second)
	}
	if res.Result != "" && res.Attempts >= 0 {
		cells[ColAttempts] = PutCell{Number: float64(res.Attempts), IsNumber: true}
	}
	cells[ColClientToken].Text = res.ClientToken
	cells[ColLOAStatus].Text = r.language.State(res.LOAStatus)
	if !res.LOAAskedAt.IsZero() {
		cells[ColLOAAskedAt].Time = res.LOAAskedAt.UTC().Truncate(time.Second)
	}
	cells[ColLetter] = res.Letter.cell()
	return cells
}

// MaxNotes is how many cells of a sheet get a note. Each note is a drawing of its own, and
// thousands of them make a sheet slow to open; the Errors sheet lists all problems.
const MaxNotes = 1000

// marks returns the data cells of a sheet that have errors or warnings, and the instance
// IDs of rows that were not accepted, the first of them with what is wrong and what to do.
func (r *resulter) marks(t *Table) []Mark {
	marks := r.problemMarks(t)
	if t != &r.w.CircuitsTable {
		return marks
	}
	found := len(marks)
	for i := range r.results {
		if m, ok := r.rowMark(&r.results[i]); ok {
			marks = append(marks, m)
		}
	}
	if len(marks) > found {
		slices.SortStableFunc(marks, func(a, b Mark) int { return cmp.Or(cmp.Compare(a.Row, b.Row), cmp.Compare(a.Col, b.Col)) })
	}
	return marks
}

// rowMark returns the mark of a row that was not accepted though it is valid. The errors
// of an INVALID row have marks of their own.
func (r *resulter) rowMark(res *RowResult) (Mark, bool) {
	switch res.Result {
	case Refused, Failed, Unknown, NotAttempted, Blocked:
		if col := r.w.CircuitsTable.Columns[CircuitInstanceID]; col > 0 {
			return Mark{Row: res.Row, Col: col, Style: res.Result.Style(), Note: res.Message}, true
		}
	}
	return Mark{}, false
}

// problemMarks returns the cells that have errors or warnings.
func (r *resulter) problemMarks(t *Table) []Mark {
	count := 0
	for i := range r.w.Problems {
		if r.w.Problems[i].Marks(t.Sheet) {
			count++
		}
	}
	if count == 0 {
		return nil
	}
	marks := make([]Mark, 0, count)
	for i := range r.w.Problems {
		p := &r.w.Problems[i]
		if !p.Marks(t.Sheet) {
			continue
		}
		note := ""
		if len(marks) <= MaxNotes {
			var hint string
			if note, hint = r.words.Problem(*p); hint != "" {
				note += "\n" + hint
			}
		}
		style := StyleWarn
		if p.Severity == Error {
			style = StyleBad
		}
		if n := len(marks); n > 0 && marks[n-1].Row == p.At.Row && marks[n-1].Col == p.At.Col {
			last := &marks[n-1]
			last.Note += "\n" + note
			if style == StyleBad {
				last.Style = StyleBad
			}
			continue
		}
		marks = append(marks, Mark{Row: p.At.Row, Col: p.At.Col, Style: style, Note: note})
	}
	return marks
}

// engineerSum summarises the results of one engineer's circuits.
type engineerSum struct {
	circuits int
	worst    int32 // index of the first circuit with the worst result
	alike    int   // number of circuits with that result
	kept     int   // number of circuits whose rows keep their results
}

// keeps reports whether the engineer's row keeps its result cells.
func (s *engineerSum) keeps() bool { return s.circuits > 0 && s.kept == s.circuits }

// sumEngineers summarises the circuits of every engineer.
func sumEngineers(w *Workbook, r *resulter) []engineerSum {
	sums := make([]engineerSum, len(w.Engineers))
	for i := range w.Circuits {
		c := &w.Circuits[i]
		k, found := r.byRow.At(c.Row)
		if !found {
			continue
		}
		for _, e := range c.Engineers {
			s := &sums[e]
			switch {
			case s.circuits == 0 || worse(r.results[k].Result, r.results[s.worst].Result):
				s.worst, s.alike = int32(k), 1
			case r.results[k].Result == r.results[s.worst].Result:
				s.alike++
			}
			s.circuits++
			if r.results[k].Keep {
				s.kept++
			}
		}
	}
	return sums
}

// engineerCells returns the cells of a row of the engineers, or nil.
func (r *resulter) engineerCells(number int) []PutCell {
	i, found := r.engineers.At(number)
	if !found {
		return nil
	}
	e, s := &r.w.Engineers[i], &r.sums[i]
	if s.keeps() {
		return nil
	}
	cells := r.engineerResult(e, s)
	if s.circuits != 1 || e.Invalid {
		cells[ColAttempts] = PutCell{}
	}
	return cells
}

func (r *resulter) engineerResult(e *Engineer, s *engineerSum) []PutCell {
	if e.Invalid {
		out := RowResult{Result: Invalid}
		if list := r.errors.appendRow(nil, &r.errors.engineers, e.Row); len(list) > 0 {
			out.Message, out.ErrorCode = r.message(list, r.w.EngineersTable.Sheet), list[0].Code
		}
		return r.cellsOf(out)
	}
	if s.circuits == 0 {
		return r.cellsOf(RowResult{Result: Skipped, Message: r.words.Line("rows-no-circuit")})
	}
	worst, listed := r.complete(&r.results[s.worst], r.w.EngineersTable.Sheet)
	if listed && s.circuits == 1 {
		return r.cellsOf(worst) // each line names its cell
	}
	circuit := Ref{Sheet: r.w.CircuitsTable.Sheet, Row: worst.Row, Col: r.w.CircuitsTable.Columns[CircuitInstanceID]}
	if s.circuits == 1 {
		worst.Message = r.words.Line("rows-one-circuit", Arg{"cell", circuit.String()}, Arg{"message", worst.Message})
		return r.cellsOf(worst)
	}
	sentence, args := "rows-circuits", []Arg{{"n", strconv.Itoa(s.alike)}, {"of", strconv.Itoa(s.circuits)}, {"result", r.language.Result(worst.Result)}}
	switch {
	case worst.Result == Submitted && s.alike < s.circuits: // the others are ALREADY
		sentence, args = "rows-circuits-accepted", append(args, Arg{"left", strconv.Itoa(s.circuits - s.alike)}, Arg{"other", r.language.Result(Already)})
	case listed:
		sentence = "rows-circuits-cells"
		fallthrough
	default:
		args = append(args, Arg{"cell", circuit.String()}, Arg{"message", worst.Message})
	}
	message := r.words.Line(sentence, args...)
	return r.cellsOf(RowResult{Result: worst.Result, Message: message, ErrorCode: worst.ErrorCode})
}
