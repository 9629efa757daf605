package sheet

import (
	"cmp"
	"iter"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/loabatch/loabatch/sheet/internal/nodata"
)

// Style is the style of a cell written into the copy; the codec chooses the colours.
type Style uint8

// The styles.
const (
	StylePlain  Style = iota // wrapped and top-aligned in added sheets, as all styles are; not wrapped beside data
	StyleHeader              // bold on grey
	StyleGood                // green: SUBMITTED, ALREADY, VALID
	StyleWarn                // amber: warnings, UNKNOWN, BLOCKED, NOT_ATTEMPTED
	StyleBad                 // red: INVALID, REFUSED, FAILED, errors
	StyleMuted               // grey: SKIPPED, notes
	StyleLink                // blue, underlined
	StyleTitle               // large and bold
)

// PutCell is a cell written into the copy: as a number if IsNumber, as a date if Time is
// not zero, and otherwise as an inline string, never as a formula.
type PutCell struct {
	Text     string
	Number   float64
	IsNumber bool
	Time     time.Time // UTC; shown to the second
	Style    Style
	Link     Ref    // a link to this cell of the workbook, unless its Row is 0
	LinkTo   string // name in Patch.Added of the sheet that Link leads to, whatever it is called in the copy; empty for a sheet of the workbook
	Stays    bool   // what is in the cell beside the data stays; the rest says nothing
}

// FileLink is the link of a result cell to a file.
type FileLink struct {
	Row, Col int
	Target   string // relative to the folder of the copy, or a file URL; escaped as a URL is
}

// Patch holds everything that distinguishes the copy from its source.
type Patch struct {
	Sheets []SheetPatch
	Added  []AddedSheet // in order, after the workbook's own; they replace those of an earlier run with the same name
	Open   string       // name in Added of the sheet that the copy opens on; empty to leave that as it is

	// Redact masks personal data in every part of the copy that is XML, for a copy that may
	// be mailed: numbers that identify a person, and what the masked columns and cells of
	// Sheets hold, wherever it occurs (see [Redactor]). Sheets, tables and names that are
	// called after such a value get another name, and what refers to them follows. Pictures,
	// macros and embedded files are not searched.
	Redact bool
}

// SheetPatch writes result columns beside the data of one sheet.
type SheetPatch struct {
	Sheet     string      // the sheet's name in the workbook
	HeaderRow int         // the row the headers are written into
	LastRow   int         // the last row of the data
	LastCol   int         // the last column of data or results: the right edge of the filter
	Columns   []PutColumn // the columns that are written; their earlier contents are replaced

	// Row returns the cells of one row, one for each of Columns, or nil if the row gets
	// none. It is called once for each row, in file order. The cells are valid until the
	// next call, for whichever sheet of the patch.
	Row func(number int) []PutCell
	// Rows is the number of rows for which Row returns cells. The source has all of them.
	Rows int
	// Keep reports whether the cells of Columns stay unchanged in a row for which Row returns
	// nil; otherwise they are cleared. Nil keeps none.
	Keep func(number int) bool

	// Masked lists columns whose values below the header are masked (see [Mask]), and
	// MaskedCells lists further cells. Text shared with other cells is masked there too.
	Masked      []int
	MaskedCells []Ref

	// Marks colours data cells that have a problem and adds notes to them.
	Marks []Mark
	// Files lists the files that result cells link to, by row. Links that an earlier run
	// made in these columns go.
	Files []FileLink

	KeyCol int   // the column that names a row, in view beside the results and printed with them; 0 for none
	First  int   // the first row that needs a person, which is selected; 0 for none
	Tab    Style // colour of the tab, unless the user has coloured it; StylePlain for none
}

// MaskPersonal redacts the copy: it masks every personal column of a workbook's tables and
// every other cell that was found to have a personal value.
func (p *Patch) MaskPersonal(w *Workbook) {
	p.Redact = true
	for id, t := range []*Table{&w.CircuitsTable, &w.EngineersTable} {
		s := p.sheet(t)
		for _, c := range Columns {
			if col, found := t.Columns[c.ID]; found && c.Personal {
				s.Masked = append(s.Masked, col)
			}
		}
		for _, c := range w.hidden[id] {
			s.MaskedCells = append(s.MaskedCells, Ref{Sheet: t.Sheet, Row: int(c.row), Col: int(c.col)})
		}
		s.hideFolders()
	}
}

// LinkResults links the Result of each row that needs a person to the first row of an added sheet that links to
// a cell of that row, or of its engineers' rows that have errors.
func (p *Patch) LinkResults(w *Workbook, added string) {
	i := slices.IndexFunc(p.Added, func(a AddedSheet) bool { return a.Name == added })
	if i < 0 {
		return
	}
	first := map[Ref]int{} // by a sheet and a row of it
	n := 0
	for cells := range p.Added[i].Rows {
		n++
		for _, c := range cells {
			row := Ref{Sheet: c.Link.Sheet, Row: c.Link.Row}
			if _, there := first[row]; !there && row.Row > 0 {
				first[row] = n
			}
		}
	}
	errors := NewRowErrors(w, w.Problems)
	for i := range p.Sheets {
		s := &p.Sheets[i]
		cells := s.Row
		s.Row = func(number int) []PutCell {
			put := cells(number)
			if len(put) <= int(ColResult) {
				return put
			}
			if style := ParseResult(put[ColResult].Text).Style(); style != StyleBad && style != StyleWarn {
				return put // nothing about it needs a person
			}
			at := first[Ref{Sheet: s.Sheet, Row: number}]
			if c := w.CircuitAt(number); c != nil && s.Sheet == w.CircuitsTable.Sheet && len(errors.Own(c)) == 0 {
				if list := errors.Of(c); len(list) > 0 { // of its engineers, rather than a note of its own
					at = cmp.Or(first[Ref{Sheet: list[0].At.Sheet, Row: list[0].At.Row}], at)
				}
			}
			if at > 0 {
				put[ColResult].Link, put[ColResult].LinkTo = Ref{Sheet: added, Row: at, Col: 1}, added
			}
			return put
		}
	}
}

// sheet returns the patch of a table's sheet, and adds an empty one if there is none.
func (p *Patch) sheet(t *Table) *SheetPatch {
	i := slices.IndexFunc(p.Sheets, func(s SheetPatch) bool { return s.Sheet == t.Sheet })
	if i < 0 {
		i = len(p.Sheets)
		p.Sheets = append(p.Sheets, SheetPatch{
			Sheet: t.Sheet, HeaderRow: t.HeaderRow, LastRow: t.LastRow, LastCol: t.LastCol,
			Row: func(int) []PutCell { return nil },
		})
	}
	return &p.Sheets[i]
}

// PutColumn is one result column.
type PutColumn struct {
	Col    int     // 1 to MaxCol
	Header string  //
	Width  float64 // in characters
	Wrap   bool    // long text is wrapped
	Print  bool    // part of what is printed
	Shades []Shade // colours by what a cell says, for as long as it says so

	Letters bool // its cells may link to files
}

// Shade colours the cells of a column that hold one of some texts.
type Shade struct {
	Style Style
	Texts []string // without quotes
}

// resultShades colours the words of the Result column, in every language: rows that a run
// left out keep what an earlier one wrote.
func resultShades() (shades []Shade) {
	for _, r := range AllResults {
		i := slices.IndexFunc(shades, func(s Shade) bool { return s.Style == r.Style() })
		if i < 0 {
			i = len(shades)
			shades = append(shades, Shade{Style: r.Style()})
		}
		for _, l := range Languages {
			if text := l.Result(r); !slices.Contains(shades[i].Texts, text) {
				shades[i].Texts = append(shades[i].Texts, text)
			}
		}
	}
	return shades
}

// Mark is a note on a cell that has a problem.
type Mark struct {
	Row, Col int
	Style    Style  // StyleBad or StyleWarn
	Note     string // rendered message
}

// AddedSheet is a whole sheet that is added to the copy.
type AddedSheet struct {
	Name   string    // by which the patch and later runs know it, whatever the copy calls it
	Title  string    // its name in the copy, unless the user has another sheet of that name or has renamed it; empty for Name
	Widths []float64 // of its columns, in characters
	Freeze int       // the number of rows that stay in view
	Filter bool      // a filter on the last frozen row
	Tab    Style     // colour of the tab; StylePlain for none
	Rows   iter.Seq[[]PutCell]
	Count  int // the number of rows that Rows yields
	Chart  *Chart
}

// Chart is a bar chart over two columns of its sheet.
type Chart struct {
	Title      string
	Categories Range // one column
	Values     Range // one column of numbers, as many rows
	At         Ref   // top-left corner; Sheet is ignored
}

// Redactor masks personal data in text of any kind: numbers that identify a person (see
// [MaskNumbers]) and, wherever they occur as words, the personal values that it knows.
type Redactor struct {
	alone   map[string]bool // values, folded, that are masked where they are all of a text
	within  map[string]bool // values that are masked within a text as well
	lengths map[rune][]int  // of the values of within, in characters, by the first one; longest first
}

// NewRedactor returns a Redactor that knows no values yet.
func NewRedactor() *Redactor {
	return &Redactor{alone: map[string]bool{}, within: map[string]bool{}, lengths: map[rune][]int{}}
}

// minKnownDigits is how many digits a value without letters must have to be masked in other
// cells: shorter ones are quantities as often as numbers of a person.
const minKnownDigits = 6

// Learn adds a personal value: a name, a certificate number, a contact. Placeholders and
// the words of closed lists, which end up in personal columns by mistake, are left out. A
// name of one word is masked only where it is all of a text, since companies and places
// have such names too.
func (r *Redactor) Learn(value string) {
	value = trimOuter(value)
	key := foldKey(value)
	digits, letters, wide, words := 0, 0, 0, len(strings.Fields(value))
	for _, c := range value {
		switch {
		case unicode.IsDigit(c):
			digits++
		case c >= 0x2E80 && unicode.IsLetter(c):
			wide++
		case unicode.IsLetter(c):
			letters++
		}
	}
	switch {
	case letters == 0 && wide == 0 && digits < minKnownDigits, letters+digits+wide < 2:
		return
	case nodata.Of(strings.Map(narrow, value), key) != nodata.Data:
		return
	}
	for _, list := range valueKeys {
		if _, listed := list[key]; listed {
			return
		}
	}
	r.add(value, wide > 1 || digits > 0 || words > 1 || strings.ContainsRune(value, '@'))
	if digits >= minKnownDigits {
		r.add(strings.Map(func(c rune) rune {
			if strings.ContainsRune(" -().", narrow(c)) {
				return -1
			}
			return c
		}, value), true)
	}
}

// add adds one spelling of a value, which is masked within texts or only where it is alone.
func (r *Redactor) add(value string, within bool) {
	folded := foldText(value)
	r.alone[string(folded)] = true
	if !within {
		return
	}
	r.within[string(folded)] = true
	if n := len(folded); !slices.Contains(r.lengths[folded[0]], n) {
		r.lengths[folded[0]] = append(r.lengths[folded[0]], n)
		slices.SortFunc(r.lengths[folded[0]], func(a, b int) int { return b - a })
	}
}

// foldText returns the characters of a text in lower case and half width, one for each.
func foldText(s string) []rune {
	folded := make([]rune, 0, len(s))
	for _, c := range s {
		folded = append(folded, unicode.ToLower(narrow(c)))
	}
	return folded
}

// Text returns a text with personal data masked. It has as many characters as before.
func (r *Redactor) Text(s string) string {
	if len(r.alone) == 0 || s == "" {
		return MaskNumbers(s)
	}
	folded := foldText(s)
	text := strings.TrimFunc(string(folded), isOuter)
	if r.alone[text] {
		return strings.Replace(s, trimOuter(s), Mask(trimOuter(s)), 1)
	}
	var masked []rune
	for i := 0; i < len(folded); i++ {
		n := r.valueAt(folded, i)
		if n == 0 {
			continue
		}
		if masked == nil {
			masked = []rune(s)
		}
		copy(masked[i:], []rune(Mask(string(masked[i:i+n]))))
		i += n - 1
	}
	if masked == nil {
		return MaskNumbers(s)
	}
	return MaskNumbers(string(masked))
}

// valueAt returns the length of the longest known value that starts at i, or 0. A value that
// begins or ends with a letter or a digit of an alphabet is not part of a longer word.
func (r *Redactor) valueAt(text []rune, i int) int {
	lengths := r.lengths[text[i]]
	if len(lengths) == 0 || i > 0 && inWord(text[i-1]) && inWord(text[i]) {
		return 0
	}
	for _, n := range lengths {
		end := i + n
		if end <= len(text) && !(end < len(text) && inWord(text[end-1]) && inWord(text[end])) && r.within[string(text[i:end])] {
			return n
		}
	}
	return 0
}

// inWord reports whether a character is a letter or digit of a script that writes words
// apart, which Chinese does not.
func inWord(c rune) bool {
	if c < utf8.RuneSelf {
		return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9'
	}
	return c < 0x2E80 && (unicode.IsLetter(c) || unicode.IsDigit(c))
}
