package letters

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/loabatch/loabatch/batch/durable"
)

// hashDigits is how much of a letter's SHA-256 is in the name of a second letter.
const hashDigits = 12

// keep gives a letter a name in the folder. It replaces no file.
func (f *Fetcher) keep(r Request, body []byte, sum string) (path string, err error) {
	if err := durable.MkdirAll(f.Dir, 0o700); err != nil {
		return "", f.fileError(err)
	}
	durable.RemoveStale(f.Dir) // left by killed runs
	name := "LOA-" + plain(r.Region) + "-" + plain(r.InstanceID)
	for _, name := range []string{name + ".pdf", name + "-" + sum[:hashDigits] + ".pdf"} {
		path = filepath.Join(f.Dir, name)
		if Kept(path, sum) {
			return path, nil
		}
		err := durable.CreateFile(path, func(w io.Writer) error {
			_, err := w.Write(body)
			return err
		}, nil)
		if err == nil || errors.Is(err, fs.ErrExist) && Kept(path, sum) {
			return path, nil
		}
		if !errors.Is(err, fs.ErrExist) {
			return "", f.fileError(err)
		}
	}
	return "", refuse(codeTaken, "path", path)
}

// plain replaces what does not belong in a file name. Region and circuit IDs contain nothing of the kind.
func plain(id string) string {
	return strings.Map(func(c rune) rune {
		switch {
		case c >= 'a' && c <= 'z', c >= 'A' && c <= 'Z', c >= '0' && c <= '9', c == '-', c == '_':
			return c
		}
		return '_'
	}, id)
}

// Open reads the text of a letter that was fetched before, and reports whether it is unchanged, as [Kept] does.
func (f *Fetcher) Open(ctx context.Context, path, sum string) (Letter, bool) {
	body, ok := readKept(path, sum)
	if !ok {
		return Letter{}, false
	}
	text, unread, err := f.text(ctx, body, sum)
	return Letter{Path: path, SHA256: sum, Size: int64(len(body)), Text: text, Unread: unread}, err == nil
}

// Kept reports whether a letter is unchanged since it was fetched: a regular file, not a symbolic link, with the
// SHA-256 sum, in hex.
func Kept(path, sum string) bool {
	_, ok := readKept(path, sum)
	return ok
}

// readKept reads a letter that is unchanged since it was fetched.
func readKept(path, sum string) (body []byte, ok bool) {
	before, err := os.Lstat(path)
	if err != nil || !durable.IsFile(before.Mode()) || before.Size() > MaxSize {
		return nil, false
	}
	file, err := os.Open(path)
	if err != nil {
		return nil, false
	}
	defer file.Close()
	if opened, err := file.Stat(); err != nil || !os.SameFile(before, opened) {
		return nil, false
	}
	body, err = io.ReadAll(io.LimitReader(file, MaxSize+1))
	return body, err == nil && digest(body) == sum
}

func digest(body []byte) string {
	sum := sha256.Sum256(body)
	return hex.EncodeToString(sum[:])
}
