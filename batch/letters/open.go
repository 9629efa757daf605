package letters

import (
	"context"
	"os"
)

// Open reads the text of a letter that was fetched before, and reports whether it is still what
// it was, as [Kept] does.
func (f *Fetcher) Open(ctx context.Context, path, sum string) (Letter, bool) {
	if !Kept(path, sum) {
		return Letter{}, false
	}
	body, err := os.ReadFile(path)
	if err != nil {
		return Letter{}, false
	}
	l := Letter{Path: path, SHA256: sum, Size: int64(len(body))}
	if l.Text, l.Unread, err = f.reader.read(ctx, body, maxTime); err != nil {
		return Letter{}, false
	}
	return l, true
}
