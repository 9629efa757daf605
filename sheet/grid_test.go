package sheet_test

import (
	"fmt"
	"iter"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/loabatch/loabatch/sheet"
)

// grid is a workbook written as text: one sheet is a list of lines, with cells separated by
// |. A cell is text, trimmed, unless it starts with a mark:
//
//	=N   a number, such as =46037.5         @N   the same with a date format
//	=N{F} the same with the number format F, such as =7{000}
//	~V   a formula whose value is V         ~    a formula without a value
//	!V   an error literal, such as !#REF!   ?V   a boolean
//	'V   a text with its outer space, and with \n and \t as escapes
//	%V   a text made of formatted runs      ^V   an ISO 8601 date cell
//
// A line that starts with - is hidden; an empty line is an empty row.
type grid struct {
	sheets   []gridSheet
	date1904 bool
}

type gridSheet struct {
	info   sheet.SheetInfo
	lines  []string
	merged []sheet.Range
	tables []sheet.ExcelTable
	hidden []int // columns
}

func (g *grid) add(name string, text string) *grid {
	text = strings.Trim(text, "\n")
	g.sheets = append(g.sheets, gridSheet{info: sheet.SheetInfo{Name: name}, lines: strings.Split(text, "\n")})
	return g
}

func (g *grid) find(name string) *gridSheet {
	for i := range g.sheets {
		if g.sheets[i].info.Name == name {
			return &g.sheets[i]
		}
	}
	return nil
}

func (g *grid) Sheets() (infos []sheet.SheetInfo) {
	for _, s := range g.sheets {
		infos = append(infos, s.info)
	}
	return infos
}

func (g *grid) Date1904() bool                                 { return g.date1904 }
func (g *grid) Merged(name string) []sheet.Range               { return g.find(name).merged }
func (g *grid) Tables(name string) ([]sheet.ExcelTable, error) { return g.find(name).tables, nil }
func (g *grid) HiddenColumn(name string, col int) bool {
	return slices.Contains(g.find(name).hidden, col)
}
func (g *grid) Extent(string) sheet.Range { return sheet.Range{} }

func (g *grid) Rows(name string) iter.Seq2[sheet.Row, error] {
	return func(yield func(sheet.Row, error) bool) {
		s := g.find(name)
		for i, line := range s.lines {
			row := sheet.Row{Number: i + 1}
			line, row.Hidden = strings.CutPrefix(line, "-")
			for j, text := range strings.Split(line, "|") {
				if c := gridCell(text); c.Type != sheet.BlankCell || c.Formula {
					c.Col = j + 1
					c.HiddenCol = slices.Contains(s.hidden, c.Col)
					row.Cells = append(row.Cells, c)
				}
			}
			if len(row.Cells) > 0 && !yield(row, nil) {
				return
			}
		}
	}
}

func gridCell(s string) sheet.Cell {
	raw := strings.TrimLeft(s, " ")
	s = strings.TrimSpace(s)
	if s == "" {
		return sheet.Cell{}
	}
	value := s[1:]
	switch s[0] {
	case '=':
		number, format, _ := strings.Cut(strings.TrimSuffix(value, "}"), "{")
		return sheet.Cell{Type: sheet.NumberCell, Value: number, Format: format}
	case '@':
		return sheet.Cell{Type: sheet.NumberCell, Value: value, DateStyle: true}
	case '!':
		return sheet.Cell{Type: sheet.ErrorCell, Value: value}
	case '?':
		return sheet.Cell{Type: sheet.BoolCell, Value: value}
	case '^':
		return sheet.Cell{Type: sheet.DateCell, Value: value}
	case '~':
		c := gridCell(value)
		c.Formula = true
		return c
	case '%':
		return sheet.Cell{Type: sheet.TextCell, Value: value, Rich: true}
	case '\'':
		return sheet.Cell{Type: sheet.TextCell, Value: strings.NewReplacer(`\n`, "\n", `\t`, "\t", `\r`, "\r").Replace(raw[1:])}
	}
	return sheet.Cell{Type: sheet.TextCell, Value: s}
}

// set changes one cell, such as B2 of Circuits or E:B2 of Engineers, and adds lines as needed.
func (g *grid) set(cell, value string) {
	name := "Circuits"
	if rest, ok := strings.CutPrefix(cell, "E:"); ok {
		name, cell = "Engineers", rest
	}
	s := g.find(name)
	col, row := int(cell[0]-'A'), 0
	fmt.Sscan(cell[1:], &row)
	for len(s.lines) < row {
		s.lines = append(s.lines, "")
	}
	cells := strings.Split(s.lines[row-1], "|")
	for len(cells) <= col {
		cells = append(cells, "")
	}
	cells[col] = value
	s.lines[row-1] = strings.Join(cells, "|")
}

const circuitsHead = "Instance ID | Region ID | Company name | Line type | Construction company | Construction time (UTC) | Bandwidth (Mbit/s) | Peer location | Client token\n"
const engineersHead = "Instance ID | Name | Certificate type | Certificate number | Gender | Contact\n"

// now is the time of the tests.
var now = time.Date(2026, 11, 24, 9, 0, 0, 0, time.UTC)

// good is a workbook without any problem.
func good() *grid {
	g := &grid{}
	return g.add("Circuits", circuitsHead+
		"pc-aaaa1 | cn-hangzhou | Example Networks | MSTP | Example Build | 2027-01-15T08:00:00Z | =1000 | Hangzhou | token-1\n"+
		"pc-aaaa2 | cn-shanghai | 示例网络（中国）有限公司 | FIBRE | Example Build | 2027-01-18T08:00:00Z | | |",
	).add("Engineers", engineersHead+
		"pc-aaaa1, pc-aaaa2 | Test Person | Passport | X1234567 | Male | +447700900123\n"+
		"* | Other Person | IDCard | 000000199001010018 | Male | +447700900124")
}

func decode(t *testing.T, g *grid, o sheet.Options) *sheet.Workbook {
	t.Helper()
	if o.Now.IsZero() {
		o.Now = now
	}
	w, err := sheet.Decode(g, o)
	if err != nil {
		t.Fatal(err)
	}
	return w
}
