package letters

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"
	"unicode/utf16"
)

// The files of testdata have made-up names. LibreOffice 7.4 wrote chinese, english and columns
// (subsets of Noto fonts), whose first page was removed by qpdf; scan has one image, and locked is english
// with a password.
func testFile(t testing.TB, name string) []byte {
	t.Helper()
	content, err := os.ReadFile(filepath.Join("testdata", name+".pdf"))
	if err != nil {
		t.Fatal(err)
	}
	return content
}

var (
	chineseFacts = Facts{InstanceID: "pc-bp1test0000000000001", Company: "测试云帆科技（北京）有限公司", Builder: "样例通信工程有限公司", Private: []string{"张测试"}}
	englishFacts = Facts{InstanceID: "pc-bp1test0000000000002", Company: "Sample Cloud Trading Co., Ltd.", Builder: "Example Wiring GmbH"}
	columnsFacts = Facts{InstanceID: "pc-bp1test0000000000003", Company: "测试云帆科技发展（北京朝阳望京）国际网络技术有限公司"}
)

// reader is shared by the tests.
var reader sandbox

func readText(ctx context.Context, pdf []byte) (text, unread string, err error) {
	return reader.read(ctx, pdf, maxTime)
}

// TestLetters reads letters made by real programs, and finds in them exactly what was applied for.
func TestLetters(t *testing.T) {
	for name, facts := range map[string]Facts{"chinese": chineseFacts, "english": englishFacts, "columns": columnsFacts} {
		text, unread, err := readText(t.Context(), testFile(t, name))
		if err != nil || unread != "" {
			t.Errorf("%s: %q, %v", name, unread, err)
			continue
		}
		if list := Compare(text, facts); len(list) > 0 {
			t.Errorf("%s differs: %q\n%q", name, list, text)
		}
		other := Facts{InstanceID: "pc-bp1other000000000009", Company: "Another Company Ltd."}
		list := Compare(text, other)
		if len(list) != 2 || list[0].Found != facts.InstanceID || list[1].Found != strings.TrimSuffix(facts.Company, ".") && list[1].Found != strings.NewReplacer("（", "(", "）", ")").Replace(facts.Company) {
			t.Errorf("%s against another row: %+v", name, list)
		}
	}
}

// TestUnread keeps letters whose text cannot be read.
func TestUnread(t *testing.T) {
	if testing.Short() {
		t.Skip("PDFium takes a while with the race detector")
	}
	for name, want := range map[string]string{"scan": unreadNoText, "locked": unreadEncrypted} {
		text, unread, err := readText(t.Context(), testFile(t, name))
		if text != "" || unread != want || err != nil {
			t.Errorf("%s: %q, %q, %v; want %q", name, text, unread, err, want)
		}
	}
}

// build writes a PDF of one page whose objects from number 4 on are given.
func build(content string, more ...string) []byte {
	objects := append([]string{
		"<< /Type /Catalog /Pages 2 0 R >>",
		"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
		"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 612 792] /Contents 4 0 R /Resources << /Font << /F1 5 0 R >> >> >>",
		fmt.Sprintf("<< /Length %d >>\nstream\n%s\nendstream", len(content), content),
	}, more...)
	return assemble(objects)
}

func assemble(objects []string) []byte {
	var b bytes.Buffer
	b.WriteString("%PDF-1.4\n")
	var offsets []int
	for i, o := range objects {
		offsets = append(offsets, b.Len())
		fmt.Fprintf(&b, "%d 0 obj\n%s\nendobj\n", i+1, o)
	}
	start := b.Len()
	fmt.Fprintf(&b, "xref\n0 %d\n0000000000 65535 f \n", len(objects)+1)
	for _, o := range offsets {
		fmt.Fprintf(&b, "%010d 00000 n \n", o)
	}
	fmt.Fprintf(&b, "trailer\n<< /Root 1 0 R /Size %d >>\nstartxref\n%d\n%%%%EOF\n", len(objects)+1, start)
	return b.Bytes()
}

const helvetica = "<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>"

// chinesePDF is a letter whose font is not in the file: its encoding is one of the
// predefined ones.
func chinesePDF(encoding, text string) []byte {
	var hex strings.Builder
	for _, unit := range utf16.Encode([]rune(text)) {
		fmt.Fprintf(&hex, "%04X", unit)
	}
	return build("BT /F1 12 Tf 50 700 Td <"+hex.String()+"> Tj ET",
		"<< /Type /Font /Subtype /Type0 /BaseFont /STSong-Light /Encoding /"+encoding+" /DescendantFonts [6 0 R] /ToUnicode 8 0 R >>",
		"<< /Type /Font /Subtype /CIDFontType0 /BaseFont /STSong-Light /CIDSystemInfo << /Registry (Adobe) /Ordering (GB1) /Supplement 4 >> /FontDescriptor 7 0 R >>",
		"<< /Type /FontDescriptor /FontName /STSong-Light /Flags 6 /FontBBox [0 0 1000 1000] /ItalicAngle 0 /Ascent 800 /Descent -200 /StemV 80 >>",
		fmt.Sprintf("<< /Length %d >>\nstream\n%s\nendstream", len(toUnicode), toUnicode))
}

// toUnicode maps one code to 𠮷, a character beyond the basic plane.
const toUnicode = "/CIDInit /ProcSet findresource begin 12 dict begin begincmap /CMapType 2 def\n" +
	"1 begincodespacerange <0000> <FFFF> endcodespacerange\n1 beginbfchar <5409> <D842DFB7> endbfchar\nendcmap end end"

// TestFontNotEmbedded reads Chinese text without a font.
func TestFontNotEmbedded(t *testing.T) {
	if testing.Short() {
		t.Skip("PDFium takes a while with the race detector")
	}
	for _, company := range []string{"测试云帆科技（北京）有限公司", "测试𠮷云帆有限公司"} {
		pdf := chinesePDF("UniGB-UCS2-H", strings.ReplaceAll("公司名称："+company+" pc-bp1test", "𠮷", "吉"))
		text, unread, err := readText(t.Context(), pdf)
		if list := Compare(text, Facts{Company: company}); err != nil || unread != "" || len(list) > 0 || strings.Contains(text, "\x00") {
			t.Errorf("%q, %q, %v, %q", text, unread, err, list)
		}
	}
}

// TestHostileFiles stays within the limits, whatever a file claims.
func TestHostileFiles(t *testing.T) {
	if testing.Short() {
		t.Skip("PDFium takes a while with the race detector")
	}
	many := strings.Repeat("[", 1<<20)
	files := map[string][]byte{
		"a page tree that contains itself": assemble([]string{"<< /Type /Catalog /Pages 2 0 R >>", "<< /Type /Pages /Kids [2 0 R] /Count 1 >>"}),
		"two thousand million pages": assemble([]string{"<< /Type /Catalog /Pages 2 0 R >>", "<< /Type /Pages /Kids [3 0 R] /Count 2000000000 >>",
			"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 612 792] >>"}),
		"deep":         build(many, helvetica),
		"deep object":  build("BT ET", many+strings.Repeat("]", 1<<20)),
		"much text":    build("BT /F1 12 Tf "+strings.Repeat("(made-up text) Tj ", 1<<18)+"ET", helvetica),
		"no catalogue": assemble([]string{"<< /Type /Nothing >>"}),
		"no object":    []byte("%PDF-1.4\n%%EOF"),
	}
	for name, file := range files {
		start := time.Now()
		text, unread, err := reader.read(t.Context(), file, time.Second)
		var own *Error
		if text != "" || unread == "" && !errors.As(err, &own) {
			t.Errorf("%s: %.40q, %q, %v", name, text, unread, err)
		}
		t.Logf("%s: %s, %q, %v", name, time.Since(start).Round(time.Millisecond), unread, err)
	}
	if _, unread, err := readText(t.Context(), testFile(t, "english")); unread != "" || err != nil {
		t.Errorf("afterwards a good letter cannot be read: %q, %v", unread, err)
	}
}

// TestVirtualTime reads letters in virtual time: what is kept between two runs belongs to neither.
func TestVirtualTime(t *testing.T) {
	if testing.Short() {
		t.Skip("PDFium takes a while with the race detector")
	}
	letter := testFile(t, "english")
	for range 2 {
		synctest.Test(t, func(t *testing.T) {
			var s sandbox
			defer s.close()
			if _, unread, err := s.read(t.Context(), letter, maxTime); unread != "" || err != nil {
				t.Errorf("%q, %v", unread, err)
			}
		})
	}
}

// TestReadIsStopped checks that reading ends with its context, and that the next letter is read.
func TestReadIsStopped(t *testing.T) {
	if testing.Short() {
		t.Skip("PDFium takes a while with the race detector")
	}
	stopped := errors.New("made-up signal")
	ctx, cancel := context.WithCancelCause(t.Context())
	time.AfterFunc(100*time.Millisecond, func() { cancel(stopped) })
	pdf := build("BT /F1 12 Tf "+strings.Repeat("(made-up text) Tj ", 1<<19)+"ET", helvetica)
	if _, _, err := readText(ctx, pdf); !errors.Is(err, stopped) {
		t.Errorf("%v, want the cause", err)
	}
	if _, unread, err := readText(t.Context(), testFile(t, "english")); unread != "" || err != nil {
		t.Errorf("the next: %q, %v", unread, err)
	}
}
