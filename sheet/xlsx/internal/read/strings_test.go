package read

import (
	"fmt"
	"strings"
	"testing"

	"github.com/loabatch/loabatch/sheet/xlsx/internal/xlsxtest"
	"github.com/loabatch/loabatch/sheet/xlsx/internal/xmltok"
)

const sstOpen = `<sst xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main">`

// tableOf reads a shared strings part.
func tableOf(xml string, limit int) (*stringTable, error) {
	st := &stringTable{}
	return st, st.read(xmltok.New(strings.NewReader(xml), "p"), limit)
}

func TestSharedStrings(t *testing.T) {
	tests := []struct {
		name, si, want string
		rich           bool
	}{
		{"plain", "<si><t>made up</t></si>", "made up", false},
		{"spaces kept", `<si><t xml:space="preserve"> a  b </t></si>`, " a  b ", false},
		{"runs", `<si><r><t>one</t></r><r><rPr><b/></rPr><t>, two</t></r></si>`, "one, two", true},
		{"phonetic left out", `<si><t>建设</t><rPh sb="0" eb="1"><t>ken</t></rPh><phoneticPr fontId="1"/></si>`, "建设", false},
		{"phonetic before the text", `<si><rPh sb="0" eb="1"><t>ken</t></rPh><t>建设</t></si>`, "建设", false},
		{"CDATA", "<si><t><![CDATA[a<b&c]]>d</t></si>", "a<b&cd", false},
		{"comment within", "<si><t>a<!-- no -->b</t></si>", "ab", false},
		{"entities", "<si><t>a&amp;b&#10;c</t></si>", "a&b\nc", false},
		{"escapes", "<si><t>a_x000D_b_x005F_x000D_</t></si>", "a\rb_x000D_", false},
		{"escape over two runs", "<si><r><t>_x00</t></r><r><t>41_</t></r></si>", "A", true},
		{"empty", "<si><t></t></si>", "", false},
		{"empty element", "<si/>", "", false},
		{"empty t", "<si><t/></si>", "", false},
		{"white space between", "<si>\n  <t>a</t>\n</si>", "a", false},
		{"foreign elements", `<si><y:t xmlns:y="urn:y">no</y:t><t>yes</t></si>`, "yes", false},
		{"long", "<si><t>" + strings.Repeat("x", chunkSize+1) + "</t></si>", strings.Repeat("x", chunkSize+1), false},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			st, err := tableOf(sstOpen+"<si><t>before</t></si>"+test.si+"<si><t>after</t></si></sst>", 10)
			if err != nil {
				t.Fatal(err)
			}
			if got, rich, ok := st.at(1); got != test.want || rich != test.rich || !ok {
				t.Errorf("got %.40q, %v, %v; want %.40q, %v", got, rich, ok, test.want, test.rich)
			}
			if before, _, _ := st.at(0); before != "before" {
				t.Errorf("before: %q", before)
			}
			if after, _, _ := st.at(2); after != "after" {
				t.Errorf("after: %q", after)
			}
		})
	}
}

func TestSharedStringsRefuse(t *testing.T) {
	tests := []struct{ name, xml, code string }{
		{"another root", "<worksheet/>", "part-wrong-root"},
		{"another namespace", `<sst xmlns="urn:other"/>`, "part-wrong-root"},
		{"too many", sstOpen + strings.Repeat("<si/>", 11) + "</sst>", "part-many-strings"},
		{"too long", sstOpen + "<si><t>" + strings.Repeat("x", xmltok.LongestText+1) + "</t></si></sst>", "part-token-long"},
		{"bad entity", sstOpen + "<si><t>&bad;</t></si></sst>", "part-malformed"},
		{"cut short", sstOpen + "<si><t>a</t></si>", "part-truncated"},
	}
	for _, test := range tests {
		_, err := tableOf(test.xml, 10)
		if code := xlsxtest.CodeOf(t, err); code != test.code {
			t.Errorf("%s: got %q, want %q", test.name, code, test.code)
		}
	}
}

// TestSharedStringsFillChunks puts strings of many lengths end to end over many chunks.
func TestSharedStringsFillChunks(t *testing.T) {
	const n = 3000
	text := func(i int) string { return fmt.Sprintf("%d:%s", i, strings.Repeat("ä", i*7%900)) }
	var b strings.Builder
	b.WriteString(sstOpen)
	for i := range n {
		fmt.Fprintf(&b, "<si><t>%s</t></si>", text(i))
	}
	b.WriteString("</sst>")
	st, err := tableOf(b.String(), n)
	if err != nil {
		t.Fatal(err)
	}
	if len(st.chunks) < 3 {
		t.Errorf("only %d chunks", len(st.chunks))
	}
	for i := range n {
		if got, _, ok := st.at(i); !ok || got != text(i) {
			t.Fatalf("string %d: got %.30q, want %.30q", i, got, text(i))
		}
	}
	for _, i := range []int{-1, n} {
		if _, _, ok := st.at(i); ok {
			t.Errorf("string %d exists", i)
		}
	}
}

// TestSharedStringsMemory bounds what a table takes by the bytes of its part, for the
// shortest strings and for longer ones.
func TestSharedStringsMemory(t *testing.T) {
	for _, text := range []string{"a", "pc-made0000001", "a text of a length that addresses have, made up"} {
		xml := sstOpen + strings.Repeat("<si><t>"+text+"</t></si>", 100_000) + "</sst>"
		st, err := tableOf(xml, 1_000_000)
		if err != nil {
			t.Fatal(err)
		}
		taken := 8*cap(st.entries) + cap(st.filling)
		for _, c := range st.chunks {
			taken += len(c)
		}
		if 2*taken > 3*len(xml) {
			t.Errorf("%q: %d bytes for a part of %d", text, taken, len(xml))
		}
	}
}

// FuzzSharedStrings reads anything as a table: it never panics, and every index that it has can be read.
func FuzzSharedStrings(f *testing.F) {
	f.Add([]byte(xlsxtest.StringsXML))
	f.Add([]byte(sstOpen + `<si><t>a_x000D_b</t></si><si/><si><r><t>x</t></r><rPh><t>y</t></rPh></si></sst>`))
	for _, part := range xlsxtest.SeedParts(f, "sharedStrings.xml") {
		f.Add(part)
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		st, err := tableOf(string(b), 1000)
		if err != nil {
			xlsxtest.CodeOf(t, err)
			return
		}
		for i := range st.entries {
			if _, _, ok := st.at(i); !ok {
				t.Fatalf("string %d of %d is missing", i, len(st.entries))
			}
		}
	})
}
