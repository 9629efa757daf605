package xmltok

import (
	"bytes"
	"encoding/xml"
	"io"
	"strings"
	"testing"

	"github.com/loabatch/loabatch/sheet/xlsx/internal/xlsxtest"
)

// FuzzTokens cuts anything into tokens: their raw bytes are the part again, tags nest,
// and what we take for well-formed encoding/xml takes for it too, with the same tags.
func FuzzTokens(f *testing.F) {
	for _, s := range []string{xlsxtest.SheetXML, xlsxtest.StringsXML, xlsxtest.StylesXML, xlsxtest.RelsXML, "<a b='1'><!-- c --><![CDATA[d]]>&amp;</a>", "\xef\xbb\xbf<a/>", "<?xml version='1.0'?><x:a xmlns:x='y'/>"} {
		f.Add([]byte(s))
	}
	for _, b := range xlsxtest.SeedParts(f, ".xml") {
		f.Add(b)
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		tz := New(bytes.NewReader(b), "p")
		var again, tags []byte
		for {
			tok, err := tz.Next()
			if err == io.EOF {
				break
			}
			if err != nil {
				xlsxtest.CodeOf(t, err)
				return
			}
			again = append(again, tok.Raw...)
			if tok.Kind == StartTag || tok.Kind == EndTag {
				tags = append(append(tags, tok.Local...), ' ')
			}
			if tok.Kind == StartTag && tok.Empty {
				tags = append(append(tags, tok.Local...), ' ')
			}
		}
		if tz.Charset != "utf-8" {
			return
		}
		if want := bytes.TrimPrefix(b, []byte("\xef\xbb\xbf")); !bytes.Equal(again, want) {
			t.Fatalf("tokens %q are not the part %q", again, want)
		}
		if theirs, ok := tagsByEncodingXML(again); ok && theirs != string(tags) {
			t.Fatalf("tags %q, encoding/xml's %q", tags, theirs)
		}
	})
}

// tagsByEncodingXML lists the local names of all tags; false where encoding/xml finds
// fault, which it does for text and names that we pass on unread.
func tagsByEncodingXML(b []byte) (string, bool) {
	d := xml.NewDecoder(bytes.NewReader(b))
	var tags strings.Builder
	for {
		tok, err := d.RawToken()
		if err == io.EOF {
			return tags.String(), true
		}
		if err != nil {
			return "", false
		}
		switch tok := tok.(type) {
		case xml.StartElement:
			tags.WriteString(tok.Name.Local + " ")
		case xml.EndElement:
			tags.WriteString(tok.Name.Local + " ")
		}
	}
}
