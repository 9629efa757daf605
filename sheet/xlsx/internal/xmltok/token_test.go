package xmltok

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/loabatch/loabatch/sheet/xlsx/internal/xlsxtest"
)

// describe lists the tokens of a part, one a line: kind, depth, name, raw bytes.
func describe(tz *Tokenizer) (string, error) {
	var b strings.Builder
	for {
		t, err := tz.Next()
		if err == io.EOF {
			return b.String(), nil
		}
		if err != nil {
			return b.String(), err
		}
		name := map[Kind]string{StartTag: "start", EndTag: "end", CharData: "text", CDATA: "cdata", Comment: "comment", ProcInst: "inst"}[t.Kind]
		if t.Empty {
			name = "empty"
		}
		fmt.Fprintf(&b, "%s %d %s|%s|%s@%d\n", name, t.Depth, t.Prefix, t.Local, t.Raw, t.offset)
	}
}

func TestTokens(t *testing.T) {
	tests := []struct{ name, xml, want string }{
		{"all kinds", `<?xml version="1.0"?><a><!-- <b> --><b:c d='>"'/>x&amp;y<![CDATA[<z>]]></a >`, "" +
			"inst 0 ||<?xml version=\"1.0\"?>@0\n" +
			"start 1 |a|<a>@21\n" +
			"comment 1 ||<!-- <b> -->@24\n" +
			"empty 2 b|c|<b:c d='>\"'/>@36\n" +
			"text 1 ||x&amp;y@49\n" +
			"cdata 1 ||<![CDATA[<z>]]>@56\n" +
			"end 1 |a|</a >@71\n"},
		{"nesting", "<a><b></b><b/></a>\n", "start 1 |a|<a>@0\nstart 2 |b|<b>@3\nend 2 |b|</b>@6\nempty 2 |b|<b/>@10\nend 1 |a|</a>@14\ntext 0 ||\n@18\n"},
		{"space in tags", "<a\n b = \"1\"\tc='2' ></a>", "start 1 |a|<a\n b = \"1\"\tc='2' >@0\nend 1 |a|</a>@19\n"},
		{"byte order mark", "\xef\xbb\xbf<a/>", "empty 1 |a|<a/>@0\n"},
		{"brackets in text", "<a>]] > ></a>", "start 1 |a|<a>@0\ntext 1 ||]] > >@3\nend 1 |a|</a>@9\n"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			for _, r := range []io.Reader{strings.NewReader(test.xml), iotest.OneByteReader(strings.NewReader(test.xml)), iotest.DataErrReader(strings.NewReader(test.xml))} {
				got, err := describe(New(r, "p"))
				if err != nil || got != test.want {
					t.Errorf("got %v\n%s\nwant\n%s", err, got, test.want)
				}
			}
		})
	}
}

func TestTokensRefuse(t *testing.T) {
	tests := []struct{ name, xml, code string }{
		{"nothing", "", "part-truncated"},
		{"only space", " \n", "part-truncated"},
		{"text before the root", "x<a/>", "part-malformed"},
		{"text after the root", "<a/>x", "part-malformed"},
		{"zeros after the root", "<a/>\x00\x00", "part-malformed"},
		{"two roots", "<a/><b/>", "part-malformed"},
		{"not closed", "<a><b></b>", "part-truncated"},
		{"closed too often", "<a/></a>", "part-malformed"},
		{"crossed", "<a><b></a></b>", "part-malformed"},
		{"other prefix", "<x:a></y:a>", "part-malformed"},
		{"cut in a tag", "<a><b", "part-truncated"},
		{"cut in an attribute", `<a b="c`, "part-truncated"},
		{"cut in a comment", "<a><!-- ", "part-truncated"},
		{"cut in CDATA", "<a><![CDATA[ ]]", "part-truncated"},
		{"cut in an instruction", "<?xml ", "part-truncated"},
		{"cut after a bracket", "<a><", "part-truncated"},
		{"DTD", `<!DOCTYPE a [<!ENTITY b "c">]><a/>`, "part-dtd"},
		{"declaration", "<a><!ELEMENT b></a>", "part-malformed"},
		{"no quotes", "<a b=c/>", "part-malformed"},
		{"no value", "<a b/>", "part-malformed"},
		{"no space between attributes", `<a b="1"c="2"/>`, "part-malformed"},
		{"attribute twice", `<a b="1" b="2"/>`, "part-malformed"},
		{"bracket in a value", `<a b="<"/>`, "part-malformed"},
		{"bracket in a tag", `<a <b/>`, "part-malformed"},
		{"digit as name", "<1/>", "part-malformed"},
		{"no name", "< a/>", "part-malformed"},
		{"two colons", "<a:b:c/>", "part-malformed"},
		{"colon at the end", "<a:/>", "part-malformed"},
		{"slash within", "<a / b='1'>", "part-malformed"},
		{"CDATA outside", "<![CDATA[x]]><a/>", "part-malformed"},
		{"other encoding", `<?xml version="1.0" encoding="GBK"?><a/>`, "part-encoding"},
		{"says UTF-16 but is not", `<?xml version="1.0" encoding="UTF-16"?><a/>`, "part-encoding"},
		{"too deep", strings.Repeat("<a>", maxDepth+1), "part-deep"},
		{"too many attributes", "<a" + attributes(maxAttrs+1) + "/>", "part-malformed"},
		{"long text", "<a>" + strings.Repeat("x", maxToken+1<<20), "part-token-long"},
		{"long tag", "<a b='" + strings.Repeat("x", maxToken+1<<20), "part-token-long"},
		{"long comment", "<a><!--" + strings.Repeat("x", maxToken+1<<20), "part-token-long"},
		{"many namespaces", strings.Repeat("<a"+namespaces(200)+">", 6), "part-malformed"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			_, err := describe(New(strings.NewReader(test.xml), "p"))
			if code := xlsxtest.CodeOf(t, err); code != test.code {
				t.Errorf("got %q (%v), want %q", code, err, test.code)
			}
		})
	}
}

func attributes(n int) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, ` a%d=""`, i)
	}
	return b.String()
}

func namespaces(n int) string { return strings.ReplaceAll(attributes(n), " a", " xmlns:a") }

// TestTokensAcrossReads puts a token over every possible end of the buffer.
func TestTokensAcrossReads(t *testing.T) {
	const tail = `<b c="d">text</b><!-- e --></a>`
	for pad := firstRead - len(tail) - 8; pad < firstRead+4; pad++ {
		xml := "<a>" + strings.Repeat(" ", pad) + tail
		tz := New(strings.NewReader(xml), "p")
		var again []byte
		for {
			tok, err := tz.Next()
			if err == io.EOF {
				break
			}
			if err != nil {
				t.Fatalf("pad %d: %v", pad, err)
			}
			if tok.offset != int64(len(again)) {
				t.Fatalf("pad %d: offset %d, want %d", pad, tok.offset, len(again))
			}
			again = append(again, tok.Raw...)
		}
		if string(again) != xml {
			t.Fatalf("pad %d: the tokens differ from the part", pad)
		}
	}
}

func TestTokensPassOnReadErrors(t *testing.T) {
	broken := errors.New("made-up disk error")
	for _, xml := range []string{"", "<a", "<a>", "<a>text", "<a/>", "\xff\xfe<\x00a\x00"} {
		tz := New(io.MultiReader(strings.NewReader(xml), iotest.ErrReader(broken)), "p")
		if _, err := describe(tz); err != broken {
			t.Errorf("%q: got %v, want the reader's error", xml, err)
		}
	}
}

func TestAttributes(t *testing.T) {
	tz := New(strings.NewReader(`<x:a xmlns:x="http://schemas.openxmlformats.org/spreadsheetml/2006/main" xmlns:q="http://purl.oclc.org/ooxml/officeDocument/relationships" x:r="1" r="2" q:id="3" id="4"/>`), "p")
	tok, err := tz.Next()
	if err != nil {
		t.Fatal(err)
	}
	if v, ok := tok.Attr("r"); !ok || string(v) != "2" {
		t.Errorf("r = %q, %v", v, ok)
	}
	if v, ok := tok.AttrIn(RelSpace, "id"); !ok || string(v) != "3" {
		t.Errorf("q:id = %q, %v", v, ok)
	}
	if _, ok := tok.Attr("x:r"); ok {
		t.Error("x:r is found as an attribute without a prefix")
	}
	if !tok.Is("a") || tok.Is("b") {
		t.Error("Is compares wrongly")
	}
}

// TestNamespaces returns the namespace of each element, in the order of their start tags.
func TestNamespaces(t *testing.T) {
	const main, strict = "http://schemas.openxmlformats.org/spreadsheetml/2006/main", "http://purl.oclc.org/ooxml/spreadsheetml/main"
	tests := []struct {
		xml  string
		want []Space
	}{
		{"<a><b/></a>", []Space{NoSpace, NoSpace}},
		{"<a xmlns='" + main + "'><b/><c xmlns='urn:x'><d/></c><e/></a>", []Space{MainSpace, MainSpace, OtherSpace, OtherSpace, MainSpace}},
		{"<x:a xmlns:x='" + strict + "'><x:b/><b/><y:b/></x:a>", []Space{StrictSpace, StrictSpace, NoSpace, OtherSpace}},
		{"<a xmlns='" + main + "'><b xmlns=''/><b/></a>", []Space{MainSpace, NoSpace, MainSpace}},
		{"<x:a xmlns:x='" + main + "'><x:b xmlns:x='urn:x'/><x:c/></x:a>", []Space{MainSpace, OtherSpace, MainSpace}},
	}
	for _, test := range tests {
		var got []Space
		tz := New(strings.NewReader(test.xml), "p")
		for {
			tok, err := tz.Next()
			if err == io.EOF {
				break
			}
			if err != nil {
				t.Fatal(err)
			}
			if tok.Kind == StartTag {
				got = append(got, tok.Space)
			}
		}
		if fmt.Sprint(got) != fmt.Sprint(test.want) {
			t.Errorf("%s: got %v, want %v", test.xml, got, test.want)
		}
	}
}

func TestUTF16(t *testing.T) {
	const xml = `<?xml version="1.0" encoding="UTF-16"?><a b="ä">建设 😀</a>`
	want, err := describe(New(strings.NewReader(strings.Replace(xml, "UTF-16", "UTF-8", 1)), "p"))
	if err != nil {
		t.Fatal(err)
	}
	want = strings.Replace(want, "UTF-8", "UTF-16", 1)
	for _, big := range []bool{false, true} {
		for _, mark := range []string{"", "\ufeff"} {
			tz := New(iotest.HalfReader(bytes.NewReader(xlsxtest.UTF16(mark+xml, big))), "p")
			got, err := describe(tz)
			if err != nil || withoutOffsets(got) != withoutOffsets(want) {
				t.Errorf("big endian %v, mark %q: %v\n%s\nwant\n%s", big, mark, err, got, want)
			}
			if tz.Charset != "utf-16" || tz.bom != (mark != "") {
				t.Errorf("charset %q, mark %v", tz.Charset, tz.bom)
			}
		}
	}
}

func withoutOffsets(s string) string {
	lines := strings.Split(s, "\n")
	for i := range lines {
		lines[i], _, _ = strings.Cut(lines[i], "@")
	}
	return strings.Join(lines, "\n")
}
