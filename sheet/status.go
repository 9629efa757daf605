package sheet

import (
	"cmp"
	"net/url"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

// Letter is the file of a letter of authorization.
type Letter struct {
	Path   string // relative to the folder of the copy if possible; with slashes
	SHA256 string // in hexadecimal; may be empty
}

// LetterFrom returns a letter as named in a copy of the workbook. Both paths are absolute or relative to the
// same folder.
func LetterFrom(copyPath, file, sha256 string) Letter {
	if rel, err := filepath.Rel(filepath.Dir(copyPath), file); err == nil {
		file = rel
	}
	return Letter{Path: filepath.ToSlash(file), SHA256: sha256}
}

// MoveLetters makes the letters that earlier runs wrote into the workbook relative to the folder
// of its copy. Both paths are absolute.
func (w *Workbook) MoveLetters(source, copyPath string) {
	from := cmp.Or(w.folder, filepath.Dir(source))
	if w.folder = filepath.Dir(copyPath); w.folder == from {
		return
	}
	for i := range w.Circuits {
		past := w.Circuits[i].Past
		if past == nil {
			continue
		}
		l := &past.Letter
		if file := filepath.FromSlash(l.Path); file != "" && !filepath.IsAbs(file) {
			*l = LetterFrom(copyPath, filepath.Join(from, file), l.SHA256)
		}
	}
}

// letterAt returns the letter that an earlier run wrote into the row, unless an LOA with this
// status does not have a letter, or it belongs to another circuit.
func (c *Circuit) letterAt(status string) Letter {
	if c.InstanceID != "" && strings.Contains(c.LastRun().Letter.Path, c.InstanceID) && hasLetter(status) {
		return c.LastRun().Letter
	}
	return Letter{}
}

// letterMark is between the path and the checksum in a cell.
const letterMark = " (SHA-256 "

// String returns the text of the letter's cell.
func (l Letter) String() string {
	if l.SHA256 == "" {
		return l.Path
	}
	return l.Path + letterMark + l.SHA256 + ")"
}

// parseLetter reads the cell of a letter.
func parseLetter(s string) Letter {
	s = trimOuter(s)
	if i := strings.LastIndex(s, letterMark); i > 0 && strings.HasSuffix(s, ")") {
		return Letter{Path: s[:i], SHA256: s[i+len(letterMark) : len(s)-1]}
	}
	return Letter{Path: s}
}

// cell returns the cell of a letter.
func (l Letter) cell() PutCell {
	if l.Path == "" {
		return PutCell{}
	}
	return PutCell{Text: l.String(), Style: StyleLink}
}

// target returns where the link to the letter leads, or "" without one.
func (l Letter) target() string {
	switch {
	case l.Path == "":
		return ""
	case strings.HasPrefix(l.Path, "/"): // or a Windows share
		return (&url.URL{Scheme: "file", Path: l.Path}).String()
	case len(l.Path) > 2 && l.Path[1] == ':' && l.Path[2] == '/': // a Windows drive
		return (&url.URL{Scheme: "file", Path: "/" + l.Path}).String()
	}
	return (&url.URL{Path: l.Path}).String()
}

// hideFolders reduces each letter to its name and checksum: a redacted copy goes to people who do not have
// the file, and folders may be named after a person.
func (p *SheetPatch) hideFolders() {
	at := slices.IndexFunc(p.Columns, func(c PutColumn) bool { return c.Letters })
	if at < 0 {
		return
	}
	cells := p.Row
	p.Files = nil
	p.Row = func(number int) []PutCell {
		put := cells(number)
		if at < len(put) {
			l := parseLetter(put[at].Text)
			put[at] = PutCell{Text: Letter{Path: path.Base(l.Path), SHA256: l.SHA256}.String()}
		}
		return put
	}
}

// The states of an LOA, as the API spells them, in the order in which it goes through them.
const (
	LOAApplying   = "Applying"   // Alibaba Cloud reviews it
	LOAAccept     = "Accept"     // it was approved, but its letter is not there yet
	LOAAvailable  = "Available"  // its letter is there
	LOACompleting = "Completing" // construction was reported as finished
	LOAComplete   = "Complete"   // the circuit was confirmed
	LOARejected   = "Rejected"
	LOADeleted    = "Deleted"

	NoLOA = "none" // our word, of a circuit without an LOA
)

// VoidLOA reports whether an LOA with this status is no longer valid. A status that the API
// pages do not list counts as valid, so no circuit is applied for twice.
func VoidLOA(status string) bool { return status == LOARejected || status == LOADeleted }

// CodeNoCircuit is the API's error code for a circuit that the account does not have in the
// region.
const CodeNoCircuit = "InvalidInstanceId.NotFound"

// hasLetter reports whether an LOA with a status has its letter.
func hasLetter(status string) bool {
	return status != LOAApplying && status != NoLOA && !VoidLOA(status)
}

// LOAResult is what the status command says about a row.
type LOAResult struct {
	Status  string    // of the LOA, as the API has it
	AskedAt time.Time // when it had that status; UTC; zero if that is not known
	Letter  Letter
	Message string // rendered; empty leaves the row's message as it is
}

// StatusPatch writes what is known of the LOAs, by row, into their columns of the Circuits
// sheet and changes nothing else. A column, whose header and states are in a language, is
// where an earlier run wrote it, or else to the right of the table; all but the status are
// left out where there is nothing to say.
func StatusPatch(w *Workbook, rows map[int]LOAResult, l Language) Patch {
	t := &w.CircuitsTable
	wanted := map[ResultColumn]bool{ColLOAStatus: true, ColLOAAskedAt: t.hasLater(), ColLetter: t.hasLater()}
	for _, r := range rows {
		wanted[ColMessage] = wanted[ColMessage] || r.Message != ""
		wanted[ColLOAAskedAt] = wanted[ColLOAAskedAt] || !r.AskedAt.IsZero()
		wanted[ColLetter] = wanted[ColLetter] || r.Letter != Letter{}
	}
	wanted[ColLOAAskedAt] = wanted[ColLOAAskedAt] || wanted[ColLetter] || wanted[ColMessage] // which tells whose the others are
	var ids []ResultColumn
	var columns []PutColumn
	last := t.LastCol
	for _, col := range t.Results {
		last = max(last, col)
	}
	for id, c := range t.ResultColumns(l, true) {
		if !wanted[ResultColumn(id)] {
			continue
		}
		if t.Results[ResultColumn(id)] == 0 {
			last++
			c.Col = last
		}
		c.Print = c.Print && t.Results[ColResult] > 0
		ids, columns = append(ids, ResultColumn(id)), append(columns, c)
	}
	p := SheetPatch{Sheet: t.Sheet, HeaderRow: t.HeaderRow, LastRow: t.LastRow, LastCol: last, Columns: columns, Rows: len(rows)}
	cells := make([]PutCell, len(ids))
	at := func(row int) (LOAResult, bool) {
		r, found := rows[row]
		if c := w.CircuitAt(row); found && c != nil && r.Letter == (Letter{}) {
			r.Letter = c.letterAt(r.Status)
		}
		return r, found
	}
	p.Row = func(row int) []PutCell {
		r, found := at(row)
		if !found {
			return nil
		}
		for i, id := range ids {
			cells[i] = r.cell(id, l)
		}
		return cells
	}
	if i := slices.Index(ids, ColLetter); i >= 0 {
		for row := range rows {
			r, _ := at(row)
			if target := r.Letter.target(); target != "" {
				p.Files = append(p.Files, FileLink{Row: row, Col: columns[i].Col, Target: target})
			}
		}
		slices.SortFunc(p.Files, func(a, b FileLink) int { return a.Row - b.Row })
	}
	return Patch{Sheets: []SheetPatch{p}}
}

// cell returns what a row says in a result column.
func (r *LOAResult) cell(id ResultColumn, l Language) PutCell {
	switch id {
	case ColMessage:
		return PutCell{Text: r.Message, Stays: r.Message == ""}
	case ColLOAAskedAt:
		if r.AskedAt.IsZero() {
			return PutCell{}
		}
		return PutCell{Time: r.AskedAt.UTC().Truncate(time.Second)}
	case ColLetter:
		return r.Letter.cell()
	}
	return PutCell{Text: l.State(r.Status)}
}
