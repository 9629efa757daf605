package opc

import (
	"archive/zip"
	"bytes"
	"hash/crc32"
	"io"
	"strings"
	"testing"

	"github.com/loabatch/loabatch/sheet/xlsx/internal/xlsxtest"
)

func TestContainerRefuses(t *testing.T) {
	data := []byte("made-up content")
	tests := []struct {
		name    string
		entries []xlsxtest.Entry
		code    string
	}{
		{"nothing wrong", []xlsxtest.Entry{{Name: "a.xml", Data: data}, {Name: "b/", Data: nil}}, ""},
		{"same name", []xlsxtest.Entry{{Name: "a.xml", Data: data}, {Name: "a.xml", Data: data}}, "zip-part-twice"},
		{"same name in other case", []xlsxtest.Entry{{Name: "xl/a.xml", Data: data}, {Name: "XL/A.xml", Data: data}}, "zip-part-twice"},
		{"same name with backslash", []xlsxtest.Entry{{Name: "xl/a.xml", Data: data}, {Name: `xl\a.xml`, Data: data}}, "zip-part-twice"},
		{"same name with a slash in front", []xlsxtest.Entry{{Name: "a.xml", Data: data}, {Name: "/a.xml", Data: data}}, "zip-part-twice"},
		{"up", []xlsxtest.Entry{{Name: "xl/../../a.xml", Data: data}}, "zip-part-name"},
		{"up with backslash", []xlsxtest.Entry{{Name: `..\a.xml`, Data: data}}, "zip-part-name"},
		{"drive", []xlsxtest.Entry{{Name: "C:/a.xml", Data: data}}, "zip-part-name"},
		{"zero byte", []xlsxtest.Entry{{Name: "a.xml\x00.png", Data: data}}, "zip-part-name"},
		{"double slash", []xlsxtest.Entry{{Name: "//host/a.xml", Data: data}}, "zip-part-name"},
		{"no name", []xlsxtest.Entry{{Name: "", Data: data}}, "zip-part-name"},
		{"shared bytes", []xlsxtest.Entry{{Name: "a.xml", Data: data}, {Name: "a.xml", LocalName: "a.xml", Data: data, At: 1}}, "zip-part-twice"},
		{"same bytes under two names", []xlsxtest.Entry{{Name: "a.xml", Data: data}, {Name: "b.xml", Data: data, At: 1}}, "zip-part-header"},
		{"another name in the local header", []xlsxtest.Entry{{Name: "a.xml", LocalName: "b.xml", Data: data}}, "zip-part-header"},
		{"another size in the local header", []xlsxtest.Entry{{Name: "a.xml", Data: data, Local: 99}}, "zip-part-size"},
		{"stored but longer", []xlsxtest.Entry{{Name: "a.xml", Data: data, Unpacked: 99}}, "zip-part-size"},
		{"reaches into the next", []xlsxtest.Entry{{Name: "a.xml", Data: data, Packed: 40, Unpacked: 40}, {Name: "b.xml", Data: data}}, "zip-overlap"},
		{"reaches beyond the file", []xlsxtest.Entry{{Name: "a.xml", Data: data, Method: zip.Deflate, Flags: streamed, Packed: 1 << 20}}, "zip-part-size"},
		{"reaches into the directory", []xlsxtest.Entry{{Name: "a.xml", Data: data, Method: zip.Deflate, Flags: streamed, Packed: 20}}, "zip-part-size"},
		{"encrypted", []xlsxtest.Entry{{Name: "a.xml", Data: data, Flags: 1}}, "zip-part-encrypted"},
		{"bzip2", []xlsxtest.Entry{{Name: "a.xml", Data: data, Method: 12}}, "zip-part-method"},
		{"bomb by ratio", []xlsxtest.Entry{{Name: "a.xml", Data: data, Method: zip.Deflate, Unpacked: 2 << 20}}, "zip-ratio"},
		{"picture of one colour", []xlsxtest.Entry{{Name: "xl/media/image1.bmp", Data: data, Method: zip.Deflate, Unpacked: 2 << 20}}, ""},
		{"bomb by total", []xlsxtest.Entry{{Name: "a.xml", Data: bytes.Repeat(data, 1000), Method: zip.Deflate, Unpacked: 3 << 20},
			{Name: "b.xml", Data: bytes.Repeat(data, 1000), Method: zip.Deflate, Unpacked: 3 << 20}}, "file-too-large"},
		{"many parts", []xlsxtest.Entry{{Name: "a"}, {Name: "b"}, {Name: "c"}, {Name: "d"}}, "zip-many-parts"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			b := xlsxtest.Forged(test.entries...)
			_, err := Open(bytes.NewReader(b), int64(len(b)), Limits{Unpacked: 4 << 20, Parts: 3})
			if code := xlsxtest.CodeOf(t, err); code != test.code {
				t.Errorf("got %q (%v), want %q", code, err, test.code)
			}
		})
	}
}

// TestOpenPart reads parts whose bytes do not match the directory.
func TestOpenPart(t *testing.T) {
	data := bytes.Repeat([]byte("made-up content "), 20)
	packed := packedBytes(t, data)
	flipped := bytes.Clone(packed)
	flipped[len(flipped)/2] ^= 0xff
	tests := []struct {
		name string
		e    xlsxtest.Entry
		code string
	}{
		{"stored", xlsxtest.Entry{Data: data}, ""},
		{"packed", xlsxtest.Entry{Data: packed, Method: zip.Deflate, Unpacked: uint32(len(data)), Crc: crc32.ChecksumIEEE(data)}, ""},
		{"wrong checksum", xlsxtest.Entry{Data: data, Crc: 1}, "part-checksum"},
		{"wrong checksum, packed", xlsxtest.Entry{Data: packed, Method: zip.Deflate, Unpacked: uint32(len(data)), Crc: 1}, "part-checksum"},
		{"says less than it has", xlsxtest.Entry{Data: packed, Method: zip.Deflate, Unpacked: 10, Crc: crc32.ChecksumIEEE(data)}, "zip-part-size"},
		{"says more than it has", xlsxtest.Entry{Data: packed, Method: zip.Deflate, Unpacked: uint32(len(data)) + 1, Crc: crc32.ChecksumIEEE(data)}, "part-truncated"},
		{"packed data cut short", xlsxtest.Entry{Data: packed[:len(packed)-5], Method: zip.Deflate, Unpacked: uint32(len(data)), Crc: crc32.ChecksumIEEE(data)}, "part-truncated"},
		{"no packed data", xlsxtest.Entry{Data: []byte("\x07\x07\x07"), Method: zip.Deflate, Unpacked: uint32(len(data))}, "part-packing"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			test.e.Name = "a.xml"
			b := xlsxtest.Forged(test.e)
			c, err := Open(bytes.NewReader(b), int64(len(b)), Limits{})
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
	b := xlsxtest.Forged(xlsxtest.Entry{Name: "a.xml"})
	c, err := Open(bytes.NewReader(b), int64(len(b)), Limits{})
	if err != nil {
		t.Fatal(err)
	}
	_, err = c.open("b.xml")
	if code := xlsxtest.CodeOf(t, err); code != "part-missing" {
		t.Errorf("a missing part: %q", code)
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
	if got := Quoted("a\x00\n" + strings.Repeat("x", 200)); len(got) > 130 || strings.ContainsAny(got, "\x00\n") {
		t.Errorf("got %q", got)
	}
}
