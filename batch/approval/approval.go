// Package approval stores the plan of a run as a file that a second person reads and approves,
// and says what has changed when the run is to be made.
//
//  1. [Encode] writes a [Plan] as JSON: one line for each fact, row and engineer, for reading,
//     searching and comparing. A checksum over the rest comes last.
//  2. [Decode] accepts only such a file, whole and unchanged. The checksum finds damage and
//     careless edits. It is not a signature: to know that a plan is the approved one, keep
//     its checksum with the approval.
//  3. [Compare] compares a plan with a new one from the same workbooks.
//
// A plan contains what is sent for a circuit but no personal data. An engineer is represented by a
// check value (checks.go), which shows that the engineer was changed but not who it is.
package approval

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"
)

// Version is the version of the format. A program refuses plans of other versions: they were approved as
// another program understood them.
const Version = 1

// MaxSize is the maximum size of a plan file in bytes, about that of a million rows.
const MaxSize = 1 << 30

// Plan is what a run is to do.
type Plan struct {
	Version   int        `json:"loabatch_plan"`
	Command   string     `json:"command"` // that carries it out, such as submit
	MadeAt    time.Time  `json:"made_at"` // UTC, to the second
	MadeBy    Maker      `json:"made_by"`
	ChangeRef string     `json:"change_ref"` // a ticket number; may be empty
	Service   string     `json:"service"`    // which API: a scope of the ledger without its account
	Settings  []Setting  `json:"settings"`   // all options that affect what is sent, by name
	Checks    Checks     `json:"checks"`
	Workbooks []Workbook `json:"workbooks"` // in the order of their runs
}

// Maker says who made a plan.
type Maker struct {
	User    string `json:"user"` // on Host; may be empty
	Host    string `json:"host"`
	Caller  string `json:"caller"`  // ARN of the cloud user or role; may be empty
	Program string `json:"program"` // name and version
}

// Setting is an option of the command line and its value.
type Setting struct {
	Name  string `json:"name"`
	Value string `json:"value"`
}

// Workbook is the plan of one workbook.
type Workbook struct {
	Name      string     `json:"name"` // of the file, without its folder
	SHA256    string     `json:"sha256"`
	Rows      []Row      `json:"rows"`      // in sheet order
	Engineers []Engineer `json:"engineers"` // in sheet order
}

// Row is the plan of one row.
type Row struct {
	Cell string `json:"cell"` // that names the circuit
	Row  int    `json:"sheet_row"`
	Circuit
	Account   string `json:"account"`   // ID; empty if it cannot be used
	Profile   string `json:"profile"`   // credentials profile, as the row names it
	Operation string `json:"operation"` // empty if the row needs none
	Prediction
	Values    []Value `json:"values"`    // what is sent, except for engineers
	Engineers []int   `json:"engineers"` // their rows in the Engineers sheet, in the order in which they are sent
	Personal  string  `json:"personal"`  // check value of the personal data that is sent, except for engineers; empty for none
}

// Circuit names a circuit.
type Circuit struct {
	InstanceID string `json:"instance_id"`
	RegionID   string `json:"region_id"`
}

// Prediction is the result that a row would have if the run were made at once.
type Prediction struct {
	Step      string `json:"step"` // the operation that it is about, even if that is not sent
	Result    string `json:"result"`
	Reason    string `json:"reason"`
	ErrorCode string `json:"error_code"`
	State     string `json:"circuit_state"` // that the reason is about; may be empty
	LOAStatus string `json:"loa_status"`    // not compared: the other fields say what it means for the row
}

// Value is a parameter of the API.
type Value struct {
	Name  string `json:"name"`
	Value string `json:"value"`
}

// Engineer is a row of the Engineers sheet.
type Engineer struct {
	Row   int    `json:"row"`
	Check string `json:"check"`
}

// Errors of Decode.
var (
	ErrForeign = errors.New("not a plan")
	ErrDamaged = errors.New("the plan was changed after it was written")
)

// VersionError says that a plan is of another version of the format.
type VersionError struct{ Version int }

// Error names the version.
func (e *VersionError) Error() string { return fmt.Sprintf("plan of version %d", e.Version) }

// The beginning and the end of a file. Between them are the fields of the plan.
const (
	opening = "{\n \"loabatch_plan\": "
	closing = "\"sha256\": "
)

// Encode writes a plan and returns its checksum, in hex.
func Encode(w io.Writer, p *Plan) (sum string, err error) {
	var b bytes.Buffer
	b.WriteString("{\n")
	field := func(name string, value any) { fmt.Fprintf(&b, " %s: %s,\n", encode(name), encode(value)) }
	field("loabatch_plan", p.Version)
	field("command", p.Command)
	field("made_at", p.MadeAt)
	field("made_by", p.MadeBy)
	field("change_ref", p.ChangeRef)
	field("service", p.Service)
	list(&b, " ", "settings", p.Settings)
	field("checks", p.Checks)
	b.WriteString(" \"workbooks\": [")
	for i := range p.Workbooks {
		book := &p.Workbooks[i]
		fmt.Fprintf(&b, "%s\n  {\n   \"name\": %s,\n   \"sha256\": %s,\n", pick(i > 0, ",", ""), encode(book.Name), encode(book.SHA256))
		list(&b, "   ", "rows", book.Rows)
		list(&b, "   ", "engineers", book.Engineers)
		b.Truncate(b.Len() - len(",\n"))
		b.WriteString("\n  }")
	}
	b.WriteString("\n ],\n ")
	sum = digest(b.Bytes())
	fmt.Fprintf(&b, "%s%s\n}\n", closing, encode(sum))
	_, err = w.Write(b.Bytes())
	return sum, err
}

// list writes a field that is a list, with each element on a line of its own.
func list[E any](b *bytes.Buffer, indent, name string, elements []E) {
	fmt.Fprintf(b, "%s%s: [", indent, encode(name))
	for i := range elements {
		fmt.Fprintf(b, "%s\n%s %s", pick(i > 0, ",", ""), indent, encode(elements[i]))
	}
	fmt.Fprintf(b, "\n%s],\n", indent)
}

// encode returns a value as JSON, escaping what would be unreadable in a terminal or a ticket.
func encode(v any) string {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	_ = e.Encode(v) // strings, numbers and times of four-digit years: it cannot fail
	text := strings.TrimSuffix(b.String(), "\n")
	if !strings.ContainsFunc(text, hidden) {
		return text
	}
	b.Reset()
	for _, r := range text {
		if hidden(r) {
			fmt.Fprintf(&b, `\u%04x`, r)
		} else {
			b.WriteRune(r)
		}
	}
	return b.String()
}

// hidden reports whether a character is invisible or changes how others look: a control character that
// JSON does not escape, a direction mark, or a zero-width character.
func hidden(r rune) bool {
	switch {
	case r >= 0x7F && r <= 0x9F, r == 0xAD, r == 0x61C, r >= 0x200B && r <= 0x200F, r >= 0x2028 && r <= 0x202E, r >= 0x2060 && r <= 0x206F, r == 0xFEFF:
		return true
	}
	return false
}

func pick(first bool, a, b string) string {
	if first {
		return a
	}
	return b
}

func digest(b []byte) string {
	sum := sha256.Sum256(b)
	return hex.EncodeToString(sum[:])
}

// Is reports whether a file begins like a plan.
func Is(start []byte) bool { return bytes.HasPrefix(normal(start), []byte(opening)) }

// Decode reads a plan, and returns it with its checksum. Line endings may have been changed on the way,
// as mail does. The error is [ErrForeign], [ErrDamaged], a [*VersionError], or the reader's.
func Decode(r io.Reader) (p *Plan, sum string, err error) {
	content, err := io.ReadAll(io.LimitReader(r, MaxSize+1))
	if err != nil {
		return nil, "", err
	}
	content = normal(content)
	if !Is(content) {
		return nil, "", ErrForeign
	}
	var version struct {
		Version int `json:"loabatch_plan"`
	}
	firstLine, _, _ := bytes.Cut(content[len("{\n"):], []byte("\n"))
	if json.Unmarshal([]byte("{"+strings.TrimSuffix(string(firstLine), ",")+"}"), &version) == nil && version.Version != Version {
		return nil, "", &VersionError{version.Version}
	}
	end := bytes.LastIndex(content, []byte(closing))
	if len(content) > MaxSize || end < 0 {
		return nil, "", ErrDamaged
	}
	p = &Plan{}
	read := struct {
		*Plan
		Sum string `json:"sha256"`
	}{Plan: p}
	if err := json.Unmarshal(content, &read); err != nil || read.Sum != digest(content[:end]) || !p.sound() {
		return nil, "", ErrDamaged
	}
	// The file is exactly what Encode writes: nothing was left out or read differently.
	var again bytes.Buffer
	if _, err := Encode(&again, p); err != nil || !bytes.Equal(again.Bytes(), content) {
		return nil, "", ErrDamaged
	}
	return p, read.Sum, nil
}

// normal undoes what mail programs and editors do to line endings and the start of the file.
func normal(content []byte) []byte {
	content = bytes.TrimPrefix(content, []byte("\xEF\xBB\xBF"))
	return bytes.ReplaceAll(content, []byte("\r\n"), []byte("\n"))
}

// sound reports whether a plan can be carried out; Encode does not check that.
func (p *Plan) sound() bool {
	return p.Command != "" && len(p.Workbooks) > 0 && p.Checks.sound() &&
		slices.IsSortedFunc(p.Settings, func(a, b Setting) int { return strings.Compare(a.Name, b.Name) })
}
