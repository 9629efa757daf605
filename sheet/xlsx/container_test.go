package xlsx

import (
	"archive/zip"
	"bytes"
	"encoding/binary"
	"hash/crc32"
	"io"
	"strings"
	"testing"

	"github.com/loabatch/loabatch/sheet/xlsx/internal/xlsxtest"
)

// entry is one entry of a hand-made zip file: what its local header and its directory
// entry say may differ from the truth.
type entry struct {
	name      string
	localName string // the same when empty
	data      []byte // as stored
	method    uint16
	flags     uint16
	packed    uint32 // as the directory says; the length of data when 0
	unpacked  uint32 // as both headers say; the length of data when 0
	local     uint32 // unpacked size in the local header, when it differs
	crc       uint32 // of data when 0
	at        int    // use the local header of the entry with this index instead of an own one, counting from 1
}

// forged writes a zip file that lies as told.
func forged(entries ...entry) []byte {
	var out, dir bytes.Buffer
	le := binary.LittleEndian
	offsets := make([]int, len(entries))
	for i, e := range entries {
		e.fill()
		offsets[i] = out.Len()
		if e.at > 0 {
			offsets[i] = offsets[e.at-1]
		} else {
			h := append([]byte{}, localSignature...)
			h = le.AppendUint16(h, 20)
			h = e.common(h, e.local)
			h = le.AppendUint16(le.AppendUint16(h, uint16(len(e.localName))), 0)
			out.Write(h)
			out.WriteString(e.localName)
			out.Write(e.data)
		}
		d := append([]byte("PK\x01\x02"), 20, 0, 20, 0)
		d = e.common(d, e.unpacked)
		d = le.AppendUint16(d, uint16(len(e.name)))
		d = append(d, make([]byte, 12)...)
		d = le.AppendUint32(d, uint32(offsets[i]))
		dir.Write(d)
		dir.WriteString(e.name)
	}
	at := out.Len()
	out.Write(dir.Bytes())
	end := append([]byte("PK\x05\x06"), 0, 0, 0, 0)
	end = le.AppendUint16(le.AppendUint16(end, uint16(len(entries))), uint16(len(entries)))
	end = le.AppendUint32(le.AppendUint32(end, uint32(dir.Len())), uint32(at))
	out.Write(append(end, 0, 0))
	return out.Bytes()
}

func (e *entry) fill() {
	if e.localName == "" {
		e.localName = e.name
	}
	if e.packed == 0 {
		e.packed = uint32(len(e.data))
	}
	if e.unpacked == 0 {
		e.unpacked = uint32(len(e.data))
	}
	if e.local == 0 {
		e.local = e.unpacked
	}
	if e.crc == 0 {
		e.crc = crc32.ChecksumIEEE(e.data)
	}
}

// common appends what both headers have: flags to sizes.
func (e *entry) common(h []byte, unpacked uint32) []byte {
	le := binary.LittleEndian
	h = le.AppendUint16(le.AppendUint16(h, e.flags), e.method)
	h = append(h, 0, 0, 0, 0)
	return le.AppendUint32(le.AppendUint32(le.AppendUint32(h, e.crc), e.packed), unpacked)
}

func TestContainerRefuses(t *testing.T) {
	data := []byte("made-up content")
	tests := []struct {
		name    string
		entries []entry
		code    string
	}{
		{"nothing wrong", []entry{{name: "a.xml", data: data}, {name: "b/", data: nil}}, ""},
		{"same name", []entry{{name: "a.xml", data: data}, {name: "a.xml", data: data}}, "zip-part-twice"},
		{"same name in other case", []entry{{name: "xl/a.xml", data: data}, {name: "XL/A.xml", data: data}}, "zip-part-twice"},
		{"same name with backslash", []entry{{name: "xl/a.xml", data: data}, {name: `xl\a.xml`, data: data}}, "zip-part-twice"},
		{"same name with a slash in front", []entry{{name: "a.xml", data: data}, {name: "/a.xml", data: data}}, "zip-part-twice"},
		{"up", []entry{{name: "xl/../../a.xml", data: data}}, "zip-part-name"},
		{"up with backslash", []entry{{name: `..\a.xml`, data: data}}, "zip-part-name"},
		{"drive", []entry{{name: "C:/a.xml", data: data}}, "zip-part-name"},
		{"zero byte", []entry{{name: "a.xml\x00.png", data: data}}, "zip-part-name"},
		{"double slash", []entry{{name: "//host/a.xml", data: data}}, "zip-part-name"},
		{"no name", []entry{{name: "", data: data}}, "zip-part-name"},
		{"shared bytes", []entry{{name: "a.xml", data: data}, {name: "a.xml", localName: "a.xml", data: data, at: 1}}, "zip-part-twice"},
		{"same bytes under two names", []entry{{name: "a.xml", data: data}, {name: "b.xml", data: data, at: 1}}, "zip-part-header"},
		{"another name in the local header", []entry{{name: "a.xml", localName: "b.xml", data: data}}, "zip-part-header"},
		{"another size in the local header", []entry{{name: "a.xml", data: data, local: 99}}, "zip-part-size"},
		{"stored but longer", []entry{{name: "a.xml", data: data, unpacked: 99}}, "zip-part-size"},
		{"reaches into the next", []entry{{name: "a.xml", data: data, packed: 40, unpacked: 40}, {name: "b.xml", data: data}}, "zip-overlap"},
		{"reaches beyond the file", []entry{{name: "a.xml", data: data, method: zip.Deflate, flags: streamed, packed: 1 << 20}}, "zip-part-size"},
		{"reaches into the directory", []entry{{name: "a.xml", data: data, method: zip.Deflate, flags: streamed, packed: 20}}, "zip-part-size"},
		{"encrypted", []entry{{name: "a.xml", data: data, flags: 1}}, "zip-part-encrypted"},
		{"bzip2", []entry{{name: "a.xml", data: data, method: 12}}, "zip-part-method"},
		{"bomb by ratio", []entry{{name: "a.xml", data: data, method: zip.Deflate, unpacked: 2 << 20}}, "zip-ratio"},
		{"picture of one colour", []entry{{name: "xl/media/image1.bmp", data: data, method: zip.Deflate, unpacked: 2 << 20}}, ""},
		{"bomb by total", []entry{{name: "a.xml", data: bytes.Repeat(data, 1000), method: zip.Deflate, unpacked: 3 << 20},
			{name: "b.xml", data: bytes.Repeat(data, 1000), method: zip.Deflate, unpacked: 3 << 20}}, "file-too-large"},
		{"many parts", []entry{{name: "a"}, {name: "b"}, {name: "c"}, {name: "d"}}, "zip-many-parts"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			b := forged(test.entries...)
			_, err := openContainer(bytes.NewReader(b), int64(len(b)), Limits{Unpacked: 4 << 20, Parts: 3})
			if code := xlsxtest.CodeOf(t, err); code != test.code {
				t.Errorf("got %q (%v), want %q", code, err, test.code)
			}
		})
	}
}

// TestOpenPart reads parts whose bytes are not what the directory promises.
func TestOpenPart(t *testing.T) {
	data := bytes.Repeat([]byte("made-up content "), 20)
	packed := packedBytes(t, data)
	flipped := bytes.Clone(packed)
	flipped[len(flipped)/2] ^= 0xff
	tests := []struct {
		name string
		e    entry
		code string
	}{
		{"stored", entry{data: data}, ""},
		{"packed", entry{data: packed, method: zip.Deflate, unpacked: uint32(len(data)), crc: crc32.ChecksumIEEE(data)}, ""},
		{"wrong checksum", entry{data: data, crc: 1}, "part-checksum"},
		{"wrong checksum, packed", entry{data: packed, method: zip.Deflate, unpacked: uint32(len(data)), crc: 1}, "part-checksum"},
		{"says less than it has", entry{data: packed, method: zip.Deflate, unpacked: 10, crc: crc32.ChecksumIEEE(data)}, "zip-part-size"},
		{"says more than it has", entry{data: packed, method: zip.Deflate, unpacked: uint32(len(data)) + 1, crc: crc32.ChecksumIEEE(data)}, "part-truncated"},
		{"packed data cut short", entry{data: packed[:len(packed)-5], method: zip.Deflate, unpacked: uint32(len(data)), crc: crc32.ChecksumIEEE(data)}, "part-truncated"},
		{"no packed data", entry{data: []byte("\x07\x07\x07"), method: zip.Deflate, unpacked: uint32(len(data))}, "part-packing"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			test.e.name = "a.xml"
			b := forged(test.e)
			c, err := openContainer(bytes.NewReader(b), int64(len(b)), Limits{})
			if err != nil {
				t.Fatal(err)
			}
			r, err := c.open("/A.XML")
			if err != nil {
				t.Fatal(err)
			}
			got, err := io.ReadAll(r)
			if code := xlsxtest.CodeOf(t, err); code != test.code || code == "" && !bytes.Equal(got, data) {
				t.Errorf("got %q, %d bytes; want %q", code, len(got), test.code)
			}
			if _, again := r.Read(make([]byte, 1)); test.code != "" && again != err {
				t.Errorf("a second read gives %v, the first %v", again, err)
			}
		})
	}
	b := forged(entry{name: "a.xml"})
	c, err := openContainer(bytes.NewReader(b), int64(len(b)), Limits{})
	if err != nil {
		t.Fatal(err)
	}
	_, err = c.open("b.xml")
	if code := xlsxtest.CodeOf(t, err); code != "part-missing" {
		t.Errorf("a part that is not there: %q", code)
	}
}

// packedBytes deflates.
func packedBytes(t *testing.T, data []byte) []byte {
	var out bytes.Buffer
	z := zip.NewWriter(&out)
	w, err := z.Create("a")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := w.Write(data); err != nil {
		t.Fatal(err)
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	r, err := zip.NewReader(bytes.NewReader(out.Bytes()), int64(out.Len()))
	if err != nil {
		t.Fatal(err)
	}
	raw, err := r.File[0].OpenRaw()
	if err != nil {
		t.Fatal(err)
	}
	b, err := io.ReadAll(raw)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func TestQuoted(t *testing.T) {
	if got := quoted("a\x00\n" + strings.Repeat("x", 200)); len(got) > 130 || strings.ContainsAny(got, "\x00\n") {
		t.Errorf("got %q", got)
	}
}
