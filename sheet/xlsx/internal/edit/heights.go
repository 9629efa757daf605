package edit

import (
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/loabatch/loabatch/sheet"
	"github.com/loabatch/loabatch/sheet/xlsx/internal/read"
	"github.com/loabatch/loabatch/sheet/xlsx/internal/xmltok"
)

// Rows with wrapped text get a height, since not every program computes one when it opens a file. It is not
// marked as set by hand, so it follows the text when that changes.

// Heights in points; Excel's bound is 409.
const (
	lineHeight  = 15
	tallLine    = 17 // with East Asian characters
	titleHeight = 24
	maxHeight   = 405
)

// linesOf returns into how many lines a text is wrapped in a column of the given width in characters, and
// whether it has East Asian characters, which are taller. A line is broken after a blank or a hyphen, at
// an East Asian character, or anywhere if nothing else helps.
func linesOf(text string, width float64) (lines int, tall bool) {
	room := max(width-1, 2)
	for part := range strings.SplitSeq(text, "\n") {
		lines++
		used, word := 0.0, 0.0 // of the line up to the last place to break it, and after that
		for _, r := range part {
			w := widthOf(r)
			wide := r >= eastAsian
			tall = tall || wide
			if wide || r == ' ' {
				used, word = used+word, 0
			}
			if used+word+w > room && r != ' ' {
				lines++
				if used == 0 { // the word is longer than a line
					word = 0
				}
				used = 0
			}
			word += w
			if wide || r == ' ' || r == '-' {
				used, word = used+word, 0
			}
		}
	}
	return lines, tall
}

// eastAsian is the first character that is about twice as wide as others.
const eastAsian = 0x1100

// asciiWidths are the widths of the ASCII characters in the usual typefaces, in digits, rounded up.
var asciiWidths = func() (widths [utf8.RuneSelf]float64) {
	for r := range widths {
		switch {
		case strings.ContainsRune(" .,:;'|!iljI", rune(r)):
			widths[r] = 0.55
		case strings.ContainsRune("frt-/()[]", rune(r)):
			widths[r] = 0.7
		case strings.ContainsRune("mwMW%@_", rune(r)):
			widths[r] = 1.6
		case r >= 'A' && r <= 'Z':
			widths[r] = 1.25
		default:
			widths[r] = 1
		}
	}
	return widths
}()

// widthOf returns the width of a character, as asciiWidths has it for some.
func widthOf(r rune) float64 {
	switch {
	case r < utf8.RuneSelf:
		return asciiWidths[r]
	case r >= eastAsian:
		return 2.1
	}
	return 1
}

// wrapped collects the lines of the texts of a row.
type wrapped struct {
	lines int
	tall  bool
}

func (w *wrapped) add(text string, width float64) {
	lines, tall := linesOf(text, width)
	w.lines, w.tall = max(w.lines, lines), w.tall || tall
}

// line returns the height of a line.
func (w *wrapped) line() float64 {
	if w.tall {
		return tallLine
	}
	return lineHeight
}

// heightText formats a height.
func heightText(points float64) string {
	return strconv.FormatFloat(min(points, maxHeight), 'f', -1, 64)
}

// height returns how a row's tag changes to make its wrapped text visible. A height that the user has set
// stays.
func (s *sheetPatcher) height(t *xmltok.Token, cells []sheet.PutCell) []xmltok.Edit {
	edits := []xmltok.Edit{xmltok.Without("spans")}
	row := wrapped{lines: 1}
	for _, c := range s.cols {
		if c.Wrap {
			row.add(cells[c.at].Text, c.Width)
		}
	}
	var bad bool
	lines := float64(row.lines)
	if row.lines == 1 || read.IsTrue(t.Value("customHeight", &bad)) {
		return edits
	}
	line, err := strconv.ParseFloat(t.Value("ht", &bad), 64)
	if err != nil {
		return append(edits, xmltok.WithAttr("ht", heightText(lines*row.line())))
	}
	return append(edits, xmltok.WithAttr("ht", heightText(max(line, lines*min(max(line, 1), row.line())))))
}

// height returns the height of a row of an added sheet, "" for the default.
func (w *sheetWriter) height(cells []sheet.PutCell) string {
	row, title := wrapped{lines: 1}, false
	for i := range cells {
		title = title || cells[i].Style == sheet.StyleTitle
		if i < len(w.a.Widths) && cells[i].Style != sheet.StyleTitle {
			row.add(cells[i].Text, w.a.Widths[i])
		}
	}
	switch {
	case title:
		return heightText(titleHeight)
	case row.lines > 1 || row.tall:
		return heightText(float64(row.lines) * row.line())
	}
	return ""
}
