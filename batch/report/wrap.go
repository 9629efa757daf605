package report

import (
	"bufio"
	"bytes"
	"encoding/csv"
	"io"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/rivo/uniseg"
)

// Width returns the width of a text in terminal cells. A wide character takes two; combining
// marks and escape sequences for colour take none.
func Width(s string) int { return uniseg.StringWidth(withoutColor(s)) }

// withoutColor removes the escape sequences that paint writes.
func withoutColor(s string) string {
	for {
		before, rest, found := strings.Cut(s, "\x1b[")
		if !found {
			return s
		}
		_, after, _ := strings.Cut(rest, "m")
		s = before + after
	}
}

// Wrap breaks a line into lines of at most width terminal cells, and indents all but the
// first. It breaks at blanks and beside wide characters, since Chinese is written without
// blanks, but never between a mark and the character it belongs to. A word that is wider
// than a line is neither cut nor moved: it may be a path or an ID to copy. A width of 0
// means no limit.
func Wrap(line string, width, indent int) string {
	if width <= 0 || Width(line) <= width {
		return line
	}
	lead := line[:len(line)-len(strings.TrimLeft(line, " "))]
	margin := strings.Repeat(" ", min(indent, width/2))
	var b strings.Builder
	b.WriteString(lead)
	used, empty := len(lead), true
	for word := range strings.SplitSeq(line[len(lead):], " ") {
		blank := " "
		for _, piece := range pieces(word) {
			w := Width(piece)
			switch {
			case empty:
			case used+len(blank)+w <= width || w > width-len(margin) && used < width:
				b.WriteString(blank)
				used += len(blank)
			default:
				b.WriteString("\n" + margin)
				used = len(margin)
			}
			b.WriteString(piece)
			used, empty, blank = used+w, false, ""
		}
	}
	return b.String()
}

// pieces splits a word where a line may break beside a wide character (Unicode UAX #14). A
// word without one is a single piece: the other breaks that the standard allows are within
// paths and IDs.
func pieces(word string) []string {
	if !strings.ContainsFunc(word, wide) {
		return []string{word}
	}
	var list []string
	before, state := rune(0), -1
	for word != "" {
		var piece string
		piece, word, _, state = uniseg.FirstLineSegmentInString(word, state)
		first, _ := utf8.DecodeRuneInString(piece)
		if last := len(list) - 1; last >= 0 && !wide(before) && !wide(first) {
			list[last] += piece
		} else {
			list = append(list, piece)
		}
		before, _ = utf8.DecodeLastRuneInString(piece)
	}
	return list
}

// wide reports whether a character takes two terminal cells.
func wide(r rune) bool { return r >= 0x1100 && uniseg.StringWidth(string(r)) == 2 }

// Seconds formats whole seconds for people: 4s, 1m03s, 2h05m.
func Seconds(words Words, d time.Duration) string {
	if d < time.Minute {
		return words.Line("elapsed-seconds", numberArg("seconds", int(d.Round(time.Second)/time.Second)))
	}
	return elapsed(words, d.Seconds())
}

// NarrowTable is like Table if the rows and their header fit into a width. If not, the
// columns of head are side by side, and each column of below that is not empty follows on
// separate lines with its heading. A width of 0 means no limit.
func NarrowTable(w io.Writer, rows [][]string, width int, head, below []int) error {
	var whole bytes.Buffer
	if err := Table(&whole, rows); err != nil {
		return err
	}
	fits := true
	for line := range strings.Lines(whole.String()) {
		fits = fits && (width <= 0 || Width(strings.TrimRight(line, "\n")) <= width)
	}
	if fits {
		_, err := w.Write(whole.Bytes())
		return err
	}
	narrow := make([][]string, len(rows))
	for i, row := range rows {
		for _, column := range head {
			narrow[i] = append(narrow[i], row[column])
		}
	}
	var table bytes.Buffer
	_ = Table(&table, narrow) // a buffer never fails
	label := 0
	for _, column := range below {
		label = max(label, Width(rows[0][column]))
	}
	b := bufio.NewWriter(w)
	i := 0
	for line := range strings.Lines(table.String()) {
		b.WriteString(strings.TrimRight(line, " \n") + "\n")
		for _, column := range below {
			if text := Printable(rows[i][column]); i > 0 && text != "" && text != "-" {
				b.WriteString(Wrap("  "+Pad(rows[0][column], label)+"  "+text, width, label+4) + "\n")
			}
		}
		i++
	}
	return b.Flush()
}

// CSVTable writes rows as CSV for spreadsheet programs, like CSV.
func CSVTable(w io.Writer, rows [][]string) error {
	if _, err := io.WriteString(w, byteOrderMark); err != nil {
		return err
	}
	c := csv.NewWriter(w)
	c.UseCRLF = true
	for _, row := range rows {
		safe := make([]string, len(row))
		for i, cell := range row {
			safe[i] = csvField(cell)
		}
		_ = c.Write(safe) // Flush keeps its error
	}
	c.Flush()
	return c.Error()
}
