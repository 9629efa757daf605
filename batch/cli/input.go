package cli

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io"
	"io/fs"
	"os"

	"github.com/loabatch/loabatch/sheet"
	"github.com/loabatch/loabatch/sheet/xlsx"
)

// maxInput bounds the size of an input file, in bytes. A workbook of a million rows
// has about a tenth of it.
const maxInput = 1 << 30

// input is one workbook, read once: what is checked, sent and copied is the same
// bytes, whatever happens to the file meanwhile.
type input struct {
	path     string
	content  []byte
	sha256   string // hex
	workbook *sheet.Workbook
	remarks  []sheet.Problem // on what its copy will be like
}

// reader gives the bytes as the codec takes them.
func (in *input) reader() (io.ReaderAt, int64) {
	return bytes.NewReader(in.content), int64(len(in.content))
}

// readInputs reads and decodes every input before anything is done with one of them.
// It gives those that can be read, and what is wrong with the others.
func readInputs(paths []string, o sheet.Options, f validationFlags) (inputs []*input, failed fileErrors) {
	for _, path := range paths {
		in, err := readInput(path, o, f.unpacked())
		if err != nil {
			failed = append(failed, fileError{path, err})
			continue
		}
		inputs = append(inputs, in)
	}
	return inputs, failed
}

func readInput(path string, o sheet.Options, unpacked int64) (*input, error) {
	in, err := readBytes(path)
	if err != nil {
		return nil, err
	}
	r, size := in.reader()
	book, err := xlsx.Open(r, size, xlsx.Limits{Unpacked: unpacked})
	if err != nil {
		return nil, named(err, path)
	}
	defer book.Close()
	if in.workbook, err = sheet.Decode(book, o); err != nil {
		return nil, named(err, path)
	}
	// a part that no row was read from would come into the copy as it is, damage and all
	if err := book.CheckRest(); err != nil {
		return nil, named(err, path)
	}
	return in, nil
}

// findObstacles finds what stands against a faithful copy, before anything is sent: what
// rules a copy out ends the command, the rest is told among the problems.
func (in *input) findObstacles() error {
	r, size := in.reader()
	var against []sheet.Problem
	for _, p := range xlsx.Obstacles(r, size, in.workbook) {
		if p.Severity == sheet.Error {
			against = append(against, p)
		} else {
			in.workbook.Problems = append(in.workbook.Problems, p)
			in.remarks = append(in.remarks, p)
		}
	}
	if len(against) > 0 {
		return named(&sheet.InputError{Problems: against}, in.path)
	}
	return nil
}

func readBytes(path string) (*input, error) {
	info, err := os.Stat(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil, failure(exitUsage, "input-missing", err, "file", path)
	case err != nil:
		return nil, failure(exitUsage, "input-unreadable", err, "file", path, "reason", cause(err))
	case info.IsDir():
		return nil, failure(exitUsage, "input-folder", nil, "file", path)
	case !info.Mode().IsRegular(): // a pipe or a device may never end
		return nil, failure(exitUsage, "input-no-file", nil, "file", path)
	case info.Size() > maxInput:
		return nil, failure(exitUsage, "input-too-large", nil, "file", path)
	}
	f, err := os.Open(path)
	if err != nil {
		return nil, failure(exitUsage, "input-unreadable", err, "file", path, "reason", cause(err))
	}
	defer f.Close()
	content := bytes.NewBuffer(make([]byte, 0, info.Size()+bytes.MinRead)) // one piece, and room to see the end
	if _, err := content.ReadFrom(io.LimitReader(f, maxInput)); err != nil {
		return nil, failure(exitUsage, "input-unreadable", err, "file", path, "reason", cause(err))
	}
	sum := sha256.Sum256(content.Bytes())
	return &input{path: path, content: content.Bytes(), sha256: hex.EncodeToString(sum[:])}, nil
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

// cause gives the operating system's words without the path that is told already.
func cause(err error) string {
	var path *fs.PathError
	var link *os.LinkError
	switch {
	case errors.As(err, &path):
		return path.Err.Error()
	case errors.As(err, &link):
		return link.Err.Error()
	}
	return err.Error()
}
