// Package book reads a workbook once, so the same bytes are checked, sent and copied,
// whatever happens to the file meanwhile, and writes its copy.
package book

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io"
	"io/fs"
	"os"
	"time"

	"github.com/loabatch/loabatch/batch/cli/exit"
	"github.com/loabatch/loabatch/batch/cli/files"
	"github.com/loabatch/loabatch/batch/cli/password"
	"github.com/loabatch/loabatch/batch/durable"
	"github.com/loabatch/loabatch/sheet"
	"github.com/loabatch/loabatch/sheet/xlsx"
)

// maxInput is the largest size of an input file, in bytes: about ten times a workbook of a
// million rows.
const maxInput = 1 << 30

// Input is one workbook, read once: the same bytes are checked, sent and copied, whatever
// happens to the file meanwhile.
type Input struct {
	Path     string
	Content  []byte // decrypted
	SHA256   string // of the file itself, in hex
	Workbook *sheet.Workbook
	Remarks  []sheet.Problem // about its copy

	encryption *xlsx.Encryption // of the file, and of its copy; nil for none

	Reading time.Duration // how long it took to read and check
}

// Limits say how a workbook may be read.
type Limits struct {
	Unpacked int64            // its maximum size when unpacked, in bytes
	Password *password.Source // of an encrypted workbook; nil for none
}

// Workbooks returns the workbooks of inputs.
func Workbooks(inputs []*Input) []*sheet.Workbook {
	books := make([]*sheet.Workbook, len(inputs))
	for i, in := range inputs {
		books[i] = in.Workbook
	}
	return books
}

// reader returns the bytes as the codec takes them.
func (in *Input) reader() (io.ReaderAt, int64) {
	return bytes.NewReader(in.Content), int64(len(in.Content))
}

// ReadAll reads and decodes every input before any of them is processed. It returns
// those that can be read, and the errors of the others.
func ReadAll(paths []string, o sheet.Options, l Limits) (inputs []*Input, failed exit.Files) {
	for _, path := range paths {
		in, err := Read(path, o, l)
		if err != nil {
			failed = append(failed, exit.File{Path: path, Err: err})
			continue
		}
		inputs = append(inputs, in)
	}
	return inputs, failed
}

// Read reads and decodes a workbook.
func Read(path string, o sheet.Options, l Limits) (*Input, error) {
	start := time.Now()
	in, err := readBytes(path)
	if err != nil {
		return nil, err
	}
	defer func() { in.Reading = time.Since(start) }()
	limits := xlsx.Limits{Unpacked: l.Unpacked}
	if err := in.decrypt(l.Password, limits); err != nil {
		return nil, named(err, path)
	}
	r, size := in.reader()
	book, err := xlsx.Open(r, size, limits)
	if err != nil {
		return nil, named(err, path)
	}
	defer book.Close()
	if in.Workbook, err = sheet.Decode(book, o); err != nil {
		return nil, named(err, path)
	}
	// The other parts are copied unchanged: damage in them would end up in the copy.
	if err := book.CheckRest(); err != nil {
		return nil, named(err, path)
	}
	return in, nil
}

// decrypt replaces the content of an encrypted workbook with the workbook, which stays in
// memory. Without a password it prompts for one if it can. A password for a workbook that is
// not encrypted is only worth a note, since several inputs may share it.
func (in *Input) decrypt(from *password.Source, limits xlsx.Limits) (err error) {
	r, size := in.reader()
	if !xlsx.Encrypted(r, size) {
		if from.Given() {
			in.Remarks = append(in.Remarks, sheet.Problem{Code: "file-not-encrypted", Severity: sheet.Note})
		}
		return nil
	}
	content, encryption, err := xlsx.Decrypt(r, size, from.Password(), limits)
	if code(err) == xlsx.CodeNoPassword && from.Prompt(in.Path) {
		content, encryption, err = xlsx.Decrypt(r, size, from.Password(), limits)
	}
	in.Content, in.encryption = content, encryption
	return err
}

// code returns the code of an input's error, or "".
func code(err error) string {
	if bad, ok := errors.AsType[*sheet.InputError](err); ok {
		return bad.Problems[0].Code
	}
	return ""
}

// FindObstacles looks for obstacles to a faithful copy, before anything is sent. Those that
// make a copy impossible are returned as an error, the others are added to the problems.
func (in *Input) FindObstacles() error {
	r, size := in.reader()
	var against []sheet.Problem
	for _, p := range xlsx.Obstacles(r, size, in.Workbook) {
		if p.Severity == sheet.Error {
			against = append(against, p)
		} else {
			in.Workbook.Problems = append(in.Workbook.Problems, p)
			in.Remarks = append(in.Remarks, p)
		}
	}
	if len(against) > 0 {
		return named(&sheet.InputError{Problems: against}, in.Path)
	}
	return nil
}

func readBytes(path string) (*Input, error) {
	info, err := os.Stat(path)
	switch {
	case errors.Is(err, fs.ErrNotExist), err != nil && exit.Cause(err) == "cause-name-characters": // a pattern that matches nothing
		if near := files.Near(path); near != "" {
			return nil, exit.Failure(exit.Usage, "input-missing-near", err, "file", path, "near", near)
		}
		return nil, exit.Failure(exit.Usage, "input-missing", err, "file", path)
	case err != nil && durable.Reserved(path):
		return nil, exit.Failure(exit.Usage, "input-no-file", err, "file", path)
	case err != nil:
		return nil, unreadable(path, err)
	case info.IsDir():
		return nil, exit.Failure(exit.Usage, "input-folder", nil, "file", path)
	case files.IsLock(path):
		return nil, exit.Failure(exit.Usage, "input-lock-file", nil, "file", path)
	case !durable.IsFile(info.Mode()): // a pipe or a device may never end
		return nil, exit.Failure(exit.Usage, "input-no-file", nil, "file", path)
	case info.Size() > maxInput:
		return nil, exit.Failure(exit.Usage, "input-too-large", nil, "file", path)
	}
	absent := durable.Absent(path)
	f, err := os.Open(path)
	if err != nil {
		return nil, unreadable(path, err)
	}
	defer f.Close()
	content := bytes.NewBuffer(make([]byte, 0, info.Size()+bytes.MinRead)) // one allocation, with room to detect the end
	if _, err := content.ReadFrom(io.LimitReader(f, maxInput)); err != nil {
		return nil, unreadable(path, err)
	}
	sum := sha256.Sum256(content.Bytes())
	in := &Input{Path: path, Content: content.Bytes(), SHA256: hex.EncodeToString(sum[:])}
	if absent {
		in.Remarks = append(in.Remarks, sheet.Problem{Code: "file-fetched", Severity: sheet.Note})
	}
	return in, nil
}

func unreadable(path string, err error) error {
	if durable.IsInUse(err) {
		return exit.Failure(exit.Usage, "input-in-use", err, "file", path)
	}
	return exit.Failure(exit.Usage, "input-unreadable", err, "file", path, "reason", exit.Cause(err))
}

// named adds the file's name to an input error, for the prose.
func named(err error, path string) error {
	var bad *sheet.InputError
	if !errors.As(err, &bad) {
		return err
	}
	for i := range bad.Problems {
		bad.Problems[i].Args = append(bad.Problems[i].Args, sheet.Arg{Name: "file", Value: path})
	}
	return bad
}

// Bad reports whether an error is about the content of a workbook, rather than, say, the disk,
// a folder or a missing password, which may be fine another night.
func Bad(err error) bool {
	if own, ok := errors.AsType[*exit.Error](err); ok {
		return own.Code == "input-too-large"
	}
	_, ok := errors.AsType[*sheet.InputError](err)
	return ok && code(err) != xlsx.CodeNoPassword
}
