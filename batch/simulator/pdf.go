package simulator

import (
	"bytes"
	"compress/zlib"
	"fmt"
	"maps"
	"slices"
	"strings"
	"unicode/utf16"
)

// Layout of the letters, in points: A4.
const (
	pageWidth, pageHeight = 595, 842
	pageMargin            = 72
	fontSize, lineHeight  = 12, 20
	lineColumns           = 70 // of half an em; a wide character takes two
)

// pdf is a PDF file under construction (ISO 32000-1). Its objects are numbered from 1 in
// the order in which they are added; the first is the catalogue.
type pdf struct {
	bytes.Buffer
	offsets []int
}

func newPDF() *pdf {
	p := &pdf{}
	p.WriteString("%PDF-1.4\n%\xe2\xe3\xcf\xd3\n")
	return p
}

// object adds an object.
func (p *pdf) object(format string, args ...any) {
	p.offsets = append(p.offsets, p.Len())
	fmt.Fprintf(p, "%d 0 obj\n"+format+"\nendobj\n", append([]any{len(p.offsets)}, args...)...)
}

// stream adds a compressed stream with the entries of its dictionary.
func (p *pdf) stream(entries string, content []byte) {
	var packed bytes.Buffer
	z := zlib.NewWriter(&packed)
	_, _ = z.Write(content) // a bytes.Buffer takes everything
	_ = z.Close()
	p.object("<< %s /Filter /FlateDecode /Length %d >>\nstream\n%s\nendstream", entries, packed.Len(), packed.Bytes())
}

// finish adds the cross-reference table and returns the file.
func (p *pdf) finish() []byte {
	start := p.Len()
	fmt.Fprintf(p, "xref\n0 %d\n0000000000 65535 f \n", len(p.offsets)+1)
	for _, offset := range p.offsets {
		fmt.Fprintf(p, "%010d 00000 n \n", offset)
	}
	fmt.Fprintf(p, "trailer\n<< /Size %d /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n", len(p.offsets)+1, start)
	return p.Bytes()
}

// textPDF returns a page with lines of text. ASCII is set in Helvetica, everything else in a
// Chinese font that viewers supply, encoded in UTF-16 with a map back to Unicode.
func textPDF(lines []string) []byte {
	p := newPDF()
	p.object("<< /Type /Catalog /Pages 2 0 R >>")
	p.object("<< /Type /Pages /Kids [3 0 R] /Count 1 >>")
	p.object("<< /Type /Page /Parent 2 0 R /MediaBox [0 0 %d %d] /Resources << /Font << /F1 4 0 R /F2 5 0 R >> >> /Contents 9 0 R >>", pageWidth, pageHeight)
	p.object("<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica /Encoding /WinAnsiEncoding >>")
	p.object("<< /Type /Font /Subtype /Type0 /BaseFont /STSong-Light-UniGB-UTF16-H /Encoding /UniGB-UTF16-H /DescendantFonts [6 0 R] /ToUnicode 8 0 R >>")
	p.object("<< /Type /Font /Subtype /CIDFontType0 /BaseFont /STSong-Light /CIDSystemInfo << /Registry (Adobe) /Ordering (GB1) /Supplement 4 >> /DW 1000 /FontDescriptor 7 0 R >>")
	p.object("<< /Type /FontDescriptor /FontName /STSong-Light /Flags 6 /FontBBox [-25 -254 1000 880] /ItalicAngle 0 /Ascent 880 /Descent -120 /CapHeight 880 /StemV 93 >>")
	codes := codesOf(lines)
	p.stream("", unicodeMap(codes))
	p.stream("", pageText(lines, codes))
	return p.finish()
}

// codesOf returns the codes of the non-ASCII characters of lines in the Chinese font: UTF-16, or for
// surrogate pairs, which readers cope with less well, a code of the private use area.
func codesOf(lines []string) map[rune]uint16 {
	codes := map[rune]uint16{}
	private := uint16(0xe000)
	for _, r := range strings.Join(lines, "") {
		switch _, known := codes[r]; {
		case r < 0x80 || known:
		case r <= 0xffff:
			codes[r] = uint16(r)
		default:
			codes[r] = private
			private++
		}
	}
	return codes
}

// pageText returns the operators that set lines of text, folded to the width of the page.
func pageText(lines []string, codes map[rune]uint16) []byte {
	var b bytes.Buffer
	fmt.Fprintf(&b, "BT\n%d TL\n%d %d Td\n", lineHeight, pageMargin, pageHeight-pageMargin)
	for _, line := range lines {
		for _, folded := range fold(line) {
			for _, run := range runs(folded) {
				if run[0] < 0x80 {
					fmt.Fprintf(&b, "/F1 %d Tf (%s) Tj\n", fontSize, strings.NewReplacer(`\`, `\\`, "(", `\(`, ")", `\)`).Replace(run))
				} else {
					fmt.Fprintf(&b, "/F2 %d Tf <", fontSize)
					for _, r := range run {
						fmt.Fprintf(&b, "%04X", codes[r])
					}
					b.WriteString("> Tj\n")
				}
			}
			b.WriteString("T*\n")
		}
	}
	b.WriteString("ET\n")
	return b.Bytes()
}

// fold cuts a line into pieces that fit the page.
func fold(line string) []string {
	pieces := []string{""}
	columns := 0
	for _, r := range line {
		width := 1
		if r >= 0x80 {
			width = 2
		}
		if columns += width; columns > lineColumns {
			pieces, columns = append(pieces, ""), width
		}
		pieces[len(pieces)-1] += string(r)
	}
	return pieces
}

// runs cuts a line where ASCII and other characters meet.
func runs(line string) []string {
	var all []string
	start := 0
	for i := range line {
		if i > start && (line[i] < 0x80) != (line[start] < 0x80) {
			all, start = append(all, line[start:i]), i
		}
	}
	if start < len(line) {
		all = append(all, line[start:])
	}
	return all
}

// unicodeMap returns the CMap from the character codes of the Chinese font to Unicode.
func unicodeMap(codes map[rune]uint16) []byte {
	var b bytes.Buffer
	b.WriteString("/CIDInit /ProcSet findresource begin\n12 dict begin\nbegincmap\n" +
		"/CIDSystemInfo << /Registry (Adobe) /Ordering (UCS) /Supplement 0 >> def\n/CMapName /Adobe-Identity-UCS def\n/CMapType 2 def\n" +
		"1 begincodespacerange\n<0000> <FFFF>\nendcodespacerange\n")
	for part := range slices.Chunk(slices.Sorted(maps.Keys(codes)), 100) { // the most that a block may have
		fmt.Fprintf(&b, "%d beginbfchar\n", len(part))
		for _, r := range part {
			fmt.Fprintf(&b, "<%04X> <", codes[r])
			for _, unit := range utf16.AppendRune(nil, r) {
				fmt.Fprintf(&b, "%04X", unit)
			}
			b.WriteString(">\n")
		}
		b.WriteString("endbfchar\n")
	}
	b.WriteString("endcmap\nCMapName currentdict /CMap defineresource pop\nend\nend\n")
	return b.Bytes()
}

// imagePDF returns a page that is a picture, like a scan: it contains no text.
func imagePDF() []byte {
	p := newPDF()
	p.object("<< /Type /Catalog /Pages 2 0 R >>")
	p.object("<< /Type /Pages /Kids [3 0 R] /Count 1 >>")
	p.object("<< /Type /Page /Parent 2 0 R /MediaBox [0 0 %d %d] /Resources << /XObject << /I 4 0 R >> >> /Contents 5 0 R >>", pageWidth, pageHeight)
	const side = 64
	p.stream(fmt.Sprintf("/Type /XObject /Subtype /Image /Width %[1]d /Height %[1]d /ColorSpace /DeviceGray /BitsPerComponent 8", side), bytes.Repeat([]byte{0xe0, 0xff, 0xff, 0xff}, side*side/4))
	p.stream("", fmt.Appendf(nil, "q %d 0 0 %d 0 0 cm /I Do Q\n", pageWidth, pageHeight))
	return p.finish()
}
