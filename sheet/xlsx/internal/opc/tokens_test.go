package opc

import (
	"bytes"
	"io"
	"strings"
	"testing"

	"github.com/loabatch/loabatch/sheet/xlsx/internal/xlsxtest"
	"github.com/loabatch/loabatch/sheet/xlsx/internal/xmltok"
)

// TestCorpusTokensAreThePart cuts every XML part of real workbooks into tokens, whose raw
// bytes must add up to the part.
func TestCorpusTokensAreThePart(t *testing.T) {
	parts := 0
	for name, b := range xlsxtest.Corpus(t) {
		c, err := Open(bytes.NewReader(b), int64(len(b)), Limits{})
		if err != nil {
			continue
		}
		for _, f := range c.Zip.File {
			if strings.HasSuffix(f.Name, ".xml") || strings.HasSuffix(f.Name, ".rels") {
				parts++
				checkTokensOf(t, name, c, f.Name)
			}
		}
	}
	t.Logf("%d parts", parts)
}

func checkTokensOf(t *testing.T, file string, c *Container, name string) {
	r, err := c.open(name)
	if err != nil {
		t.Errorf("%s: %s: %v", file, name, err)
		return
	}
	whole, err := io.ReadAll(r)
	if err != nil {
		t.Errorf("%s: %s: %v", file, name, err)
		return
	}
	tz := xmltok.New(bytes.NewReader(whole), name)
	var again []byte
	for {
		tok, err := tz.Next()
		if err == io.EOF {
			break
		}
		if err != nil {
			if xlsxtest.CodeOf(t, err) != "part-dtd" {
				t.Errorf("%s: %v", file, err)
			}
			return
		}
		again = append(again, tok.Raw...)
	}
	if tz.Charset == "utf-8" && !bytes.Equal(again, bytes.TrimPrefix(whole, []byte("\xef\xbb\xbf"))) {
		t.Errorf("%s: %s: the tokens differ from the part", file, name)
	}
}
