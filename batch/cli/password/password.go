// Package password finds the password of encrypted workbooks: in a file, in a variable, or
// by asking at a terminal. It is never an argument of the command line, which other users of
// the machine can see, and it passes from here to the codec and nowhere else.
package password

import (
	"bytes"
	"encoding/binary"
	"errors"
	"io"
	"io/fs"
	"os"
	"runtime"
	"strings"
	"unicode/utf16"

	"github.com/loabatch/loabatch/sheet/xlsx"
)

// Variable is the environment variable that has the password. It belongs to no flag.
const Variable = "LOABATCH_PASSWORD"

// Source is where a command gets the password.
type Source struct {
	// Ask asks for the password of a workbook at a terminal. It is nil where nobody can be
	// asked. Errors and an empty answer count as none.
	Ask func(file string) (string, error)

	password xlsx.Password
	given    bool
	public   bool
	asked    bool
}

// Error says what is wrong with a password that was given.
type Error struct {
	Code  string // in the catalogue: password-unreadable, password-empty, password-text or password-long
	Where string // the file or the variable
	Err   error  // why the file cannot be read; otherwise nil
}

func (e *Error) Error() string { return e.Code }

func (e *Error) Unwrap() error { return e.Err }

// New reads the password from a file or, if file is "", uses the variable's text. If both are
// empty, the source has no password yet. Errors are of type *Error.
func New(file, variable string) (*Source, error) {
	s := &Source{}
	where, text := Variable, variable
	switch {
	case file != "":
		line, mode, err := firstLine(file)
		if err != nil {
			return nil, &Error{"password-unreadable", file, err}
		}
		where, text, s.public = file, line, public(mode)
	case variable == "":
		return s, nil
	}
	password, err := xlsx.NewPassword(text)
	switch {
	case errors.Is(err, xlsx.ErrNoPassword):
		return nil, &Error{"password-empty", where, nil}
	case errors.Is(err, xlsx.ErrLongPassword):
		return nil, &Error{"password-long", where, nil}
	case err != nil:
		return nil, &Error{"password-text", where, nil}
	}
	s.password, s.given = password, true
	return s, nil
}

// longest is how much of a password file is read, in bytes: more than any first line needs.
const longest = 4096

// firstLine returns the first line of a file, without byte order mark and line ending,
// and the file's mode. The file may be a pipe.
func firstLine(path string) (string, fs.FileMode, error) {
	f, err := os.Open(path)
	if err != nil {
		return "", 0, err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return "", 0, err
	}
	content, err := io.ReadAll(io.LimitReader(f, longest))
	if err != nil {
		return "", 0, err
	}
	line, _, _ := strings.Cut(decoded(content), "\n")
	return strings.TrimSuffix(line, "\r"), info.Mode(), nil
}

// decoded returns a text without a byte order mark: UTF-8, or UTF-16 as PowerShell writes it. What
// is neither stays unchanged.
func decoded(content []byte) string {
	var order binary.ByteOrder = binary.LittleEndian
	text, marked := bytes.CutPrefix(content, []byte("\xff\xfe"))
	if !marked {
		order = binary.BigEndian
		text, marked = bytes.CutPrefix(content, []byte("\xfe\xff"))
	}
	if !marked || len(text)%2 != 0 {
		return string(bytes.TrimPrefix(content, []byte("\xef\xbb\xbf")))
	}
	units := make([]uint16, len(text)/2)
	for i := range units {
		units[i] = order.Uint16(text[2*i:])
	}
	return string(utf16.Decode(units))
}

// public reports whether every user of the machine can read a file. Its group is not
// worth a warning: systemd and Kubernetes hand over secrets like that.
// On Windows, the mode does not tell who may read a file.
func public(mode fs.FileMode) bool {
	return mode.IsRegular() && mode.Perm()&0o004 != 0 && runtime.GOOS != "windows"
}

// Given reports whether a file or the variable has a password.
func (s *Source) Given() bool { return s != nil && s.given }

// Public reports whether the password comes from a file that every user can read.
func (s *Source) Public() bool { return s.public }

// Password returns the password, or the zero Password if it is not known yet.
func (s *Source) Password() xlsx.Password {
	if s == nil {
		return xlsx.Password{}
	}
	return s.password
}

// Silent returns a source that never asks, for files that the user did not name.
func (s *Source) Silent() *Source {
	if s == nil {
		return nil
	}
	return &Source{password: s.password, given: s.given}
}

// Prompt asks for the password of a workbook, and keeps it for those that follow. It reports
// whether there is one; it asks once.
func (s *Source) Prompt(file string) bool {
	if s == nil || s.Ask == nil || s.given || s.asked {
		return false
	}
	s.asked = true
	text, err := s.Ask(file)
	if err != nil {
		return false
	}
	s.password, err = xlsx.NewPassword(text)
	return err == nil
}
