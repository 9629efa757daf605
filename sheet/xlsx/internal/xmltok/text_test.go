package xmltok

import (
	"bytes"
	"encoding/xml"
	"io"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/loabatch/loabatch/sheet/xlsx/internal/xlsxtest"
)

func TestAppendText(t *testing.T) {
	tests := []struct {
		raw, want string
		ok        bool
	}{
		{"", "", true},
		{"plain", "plain", true},
		{"a&amp;b&lt;c&gt;d&quot;e&apos;f", `a&b<c>d"e'f`, true},
		{"&#65;&#x42;&#x1F600;", "AB😀", true},
		{"one\r\ntwo\rthree\nfour", "one\ntwo\nthree\nfour", true},
		{"&#13;&#10;", "\r\n", true},
		{"建设 ä", "建设 ä", true},
		{"tab\t", "tab\t", true},
		{"&nbsp;", "", false},
		{"&amp", "", false},
		{"a & b", "", false},
		{"&;", "", false},
		{"&#;", "", false},
		{"&#x;", "", false},
		{"&#12a;", "", false},
		{"&#0;", "", false},
		{"&#xD800;", "", false},
		{"&#x110000;", "", false},
		{"&#99999999999;", "", false},
		{"\x01", "", false},
		{"\xff", "", false},
	}
	for _, test := range tests {
		got, ok := AppendText(nil, []byte(test.raw))
		if ok != test.ok || ok && string(got) != test.want {
			t.Errorf("%q: got %q, %v; want %q, %v", test.raw, got, ok, test.want, test.ok)
		}
	}
}

// FuzzText compares our reading of text with that of encoding/xml: if both accept it, the
// characters must be the same.
func FuzzText(f *testing.F) {
	for _, s := range []string{"plain", "&amp;&#65;&#x42;", "a\r\nb\rc", "建&#xfffe;", "&unknown;", "\x01", "&#xD83D;&#xDE00;"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		if strings.ContainsAny(s, "<") || strings.Contains(s, "]]>") {
			return
		}
		ours, ok := AppendText(nil, []byte(s))
		var theirs struct {
			Text string `xml:",chardata"`
		}
		err := xml.Unmarshal([]byte("<a>"+s+"</a>"), &theirs)
		if ok && !utf8.Valid(ours) {
			t.Fatalf("%q: gives invalid UTF-8 %q", s, ours)
		}
		if ok && err == nil && string(ours) != theirs.Text {
			t.Fatalf("%q: ours %q, encoding/xml's %q", s, ours, theirs.Text)
		}
		if !ok && err == nil && !strings.ContainsRune(theirs.Text, utf8.RuneError) { // it replaces what we refuse
			t.Fatalf("%q: refused, encoding/xml reads %q", s, theirs.Text)
		}
	})
}

func TestUnescapeX(t *testing.T) {
	tests := []struct{ in, want string }{
		{"plain", "plain"},
		{"a_x000D_b", "a\rb"},
		{"_x005F_x000D_", "_x000D_"},
		{"_x4E2D_", "中"},
		{"_xD83D__xDE00_", "😀"},
		{"_xD83D_", "_xD83D_"},
		{"_xD83D_x", "_xD83D_x"},
		{"_x000D", "_x000D"},
		{"_x00G0_", "_x00G0_"},
		{"_X000D_", "_X000D_"},
		{"__x000a_", "_\n"},
	}
	for _, test := range tests {
		if got := UnescapeXString(test.in); got != test.want {
			t.Errorf("%q: got %q, want %q", test.in, got, test.want)
		}
	}
}

// FuzzXString escapes any text and reads it back.
func FuzzXString(f *testing.F) {
	for _, s := range []string{"", "_x0041_", "_", "_x", "__x005F_x0041_", "a<b>&\"'", "\r\n\t\x00\x1f", "😀\uFFFE\uFFFF", "_xD83D__xDE00_", "_x0000\x05"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		s = strings.ToValidUTF8(s, "?")
		xml, ok := AppendText(nil, AppendXString(nil, s))
		if !ok {
			t.Fatalf("%q is escaped to something that is not XML", s)
		}
		if got := UnescapeXString(string(xml)); got != s {
			t.Errorf("%q is read back as %q from %q", s, got, xml)
		}
	})
}

// FuzzTokens cuts anything into tokens: their raw bytes add up to the part, tags nest, and
// what we find well-formed is so for encoding/xml, too, with the same tags.
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
			t.Fatalf("tokens %q differ from the part %q", again, want)
		}
		if theirs, ok := tagsByEncodingXML(again); ok && theirs != string(tags) {
			t.Fatalf("tags %q, encoding/xml's %q", tags, theirs)
		}
	})
}

// tagsByEncodingXML lists the local names of all tags; false if encoding/xml finds an error,
// which it may in text and names that we only copy.
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
