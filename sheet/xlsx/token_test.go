package xlsx

import (
	"bytes"
	"io"
	"strings"
	"testing"
)

// TestCorpusTokensAreThePart cuts every XML part of real workbooks into tokens, whose
// raw bytes must be the part again.
func TestCorpusTokensAreThePart(t *testing.T) {
	for name, b := range corpus(t) {
		c, err := openContainer(bytes.NewReader(b), int64(len(b)), Limits{})
		if err != nil {
			t.Logf("%s: %v", name, err)
			continue
		}
		if _, err := c.workbook(); err != nil {
			t.Logf("%s: workbook: %v", name, err)
		}
		for _, f := range c.zip.File {
			if !strings.HasSuffix(f.Name, ".xml") && !strings.HasSuffix(f.Name, ".rels") {
				continue
			}
			r, err := c.open(f.Name)
			if err != nil {
				t.Errorf("%s: %s: %v", name, f.Name, err)
				continue
			}
			whole, err := io.ReadAll(r)
			if err != nil {
				t.Logf("%s: %s: %v", name, f.Name, err)
				continue
			}
			tz := newTokenizer(bytes.NewReader(whole), f.Name)
			var again []byte
			for {
				tok, err := tz.next()
				if err == io.EOF {
					break
				}
				if err != nil {
					t.Logf("%s: %v", name, err)
					again = nil
					break
				}
				again = append(again, tok.raw...)
			}
			if again != nil && tz.charset == "utf-8" && !bytes.Equal(again, bytes.TrimPrefix(whole, []byte("\xef\xbb\xbf"))) {
				t.Errorf("%s: %s: tokens are not the part", name, f.Name)
			}
		}
	}
}
