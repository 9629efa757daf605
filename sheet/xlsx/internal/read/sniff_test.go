package read

import (
	"bytes"
	"errors"
	"io"
	"strings"
	"testing"

	"github.com/loabatch/loabatch/sheet"
	"github.com/loabatch/loabatch/sheet/xlsx/internal/opc"
	"github.com/loabatch/loabatch/sheet/xlsx/internal/xlsxtest"
)

func TestNotAWorkbook(t *testing.T) {
	lock := append([]byte("\x07Made Up"), bytes.Repeat([]byte(" "), 157)...)
	tests := []struct {
		name        string
		b           []byte
		code, found string
	}{
		{"nothing", nil, "file-empty", ""},
		{"zeros", make([]byte, 5000), "file-zeros", ""},
		{"encrypted", xlsxtest.Compound("EncryptionInfo", "EncryptedPackage"), "file-encrypted", ""},
		{"encrypted, entry in the second directory sector", xlsxtest.Compound("a", "b", "c", "EncryptedPackage"), "file-encrypted", ""},
		{"old xls", xlsxtest.Compound("Workbook"), "file-old-xls", "OLE"},
		{"older xls", xlsxtest.Compound("Book"), "file-old-xls", "OLE"},
		{"oldest xls", []byte("\x09\x04\x06\x00\x00\x00\x10\x00"), "file-old-xls", "BIFF"},
		{"old doc", xlsxtest.Compound("WordDocument"), "file-other-format", "OLE"},
		{"compound file cut short", xlsxtest.Compound("Workbook")[:600], "file-truncated", "600"},
		{"comma", []byte("Instance ID,Region ID\npc-made1,cn-hangzhou\n"), "file-csv", `","`},
		{"semicolon with mark", []byte("\xef\xbb\xbfInstance ID;Region ID\r\n"), "file-csv", `";"`},
		{"tab in UTF-16", xlsxtest.UTF16("\ufeffInstance ID\tRegion ID\r\n", false), "file-csv", `"\t"`},
		{"GBK", []byte("\xca\xb5\xc0\xfd,\xb5\xd8\xd3\xf2\n"), "file-csv", `","`},
		{"text", []byte("just a line\n"), "file-other-format", "TXT"},
		{"web page", []byte("<!DOCTYPE html>\n<html><body>sign in</body></html>"), "file-html", ""},
		{"table", []byte("<table><tr><td>1</td></tr></table>"), "file-html", ""},
		{"XML 2003", []byte(`<?xml version="1.0"?><Workbook xmlns="urn:schemas-microsoft-com:office:spreadsheet"/>`), "file-xml-2003", ""},
		{"flat ods", []byte(`<?xml version="1.0"?><office:document xmlns:office="urn:oasis:names:tc:opendocument:xmlns:office:1.0"/>`), "file-ods", ""},
		{"XML", []byte(`<?xml version="1.0"?><made/>`), "file-other-format", "XML"},
		{"table with a mark", []byte("\xef\xbb\xbf\n<meta><TABLE>"), "file-html", ""},
		{"a tag within CSV", []byte("Name,Remark\nx,<table>\n"), "file-csv", `","`},
		{"PDF", []byte("%PDF-1.7\n"), "file-other-format", "PDF"},
		{"empty archive", xlsxtest.Forged(), "file-other-format", "ZIP"},
		{"archive", xlsxtest.Forged(xlsxtest.Entry{Name: "a.txt", Data: []byte("x")}), "file-other-format", "ZIP"},
		{"ods", xlsxtest.Forged(xlsxtest.Entry{Name: "mimetype", Data: []byte("application/vnd.oasis.opendocument.spreadsheet")}), "file-ods", ""},
		{"docx", xlsxtest.Zipped(t, xlsxtest.PlainParts(xlsxtest.Part{Name: opc.ContentTypesPart, Content: strings.Replace(xlsxtest.TypesXML, "spreadsheetml.sheet.main", "wordprocessingml.document.main", 1)})), "file-other-format", "DOCX"},
		{"xlsb", xlsxtest.Zipped(t, xlsxtest.PlainParts(xlsxtest.Part{Name: opc.ContentTypesPart, Content: strings.Replace(xlsxtest.TypesXML, "vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml", "vnd.ms-excel.sheet.binary.macroEnabled.main", 1)})), "file-xlsb", ""},
		{"lock file", lock, "file-lock", ""},
		{"garbage", []byte("\x00\x01\x02\xfe\xdc made up garbage"), "file-not-workbook", ""},
		{"signature only", []byte("PK\x03\x04"), "file-truncated", "4"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			_, err := openBytes(test.b)
			if code := xlsxtest.CodeOf(t, err); code != test.code {
				t.Fatalf("got %q (%v), want %q", code, err, test.code)
			}
			var in *sheet.InputError
			errors.As(err, &in)
			if found := in.Problems[0].Arg("found"); found != test.found {
				t.Errorf("found %q, want %q", found, test.found)
			}
		})
	}
}

// TestUnreadable opens a file whose disk fails, or that is shorter than stated.
func TestUnreadable(t *testing.T) {
	good := xlsxtest.WithSheet(t, "<sheetData/>")
	if _, err := Open(failingAt{good, 0}, int64(len(good)), opc.Limits{}); xlsxtest.CodeOf(t, err) != "file-unreadable" {
		t.Errorf("at the start: %v", err)
	}
	if _, err := Open(bytes.NewReader(good[:100]), int64(len(good)), opc.Limits{}); xlsxtest.CodeOf(t, err) != "file-truncated" {
		t.Errorf("shorter than stated: %v", err)
	}
	for at := 1; at < len(good); at += 97 {
		b, err := Open(failingAt{good, int64(at)}, int64(len(good)), opc.Limits{})
		if err == nil {
			_, err = show(b, "Circuits")
		}
		if err == nil {
			err = b.CheckRest()
		}
		if xlsxtest.CodeOf(t, err) == "" {
			t.Errorf("at %d: no error", at)
		}
	}
}

// failingAt is a file that cannot be read at one byte.
type failingAt struct {
	b  []byte
	at int64
}

func (f failingAt) ReadAt(p []byte, off int64) (int, error) {
	if off <= f.at && f.at < off+int64(len(p)) {
		return 0, errors.New("made-up disk error")
	}
	n := copy(p, f.b[min(off, int64(len(f.b))):])
	if n < len(p) {
		return n, io.EOF
	}
	return n, nil
}
