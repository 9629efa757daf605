package xlsx

import (
	"archive/zip"
	"bytes"
	"fmt"
	"io"
	"slices"
	"strings"
)

// settle writes a generated workbook again so that its bytes depend on its parts alone:
// content types first, as programs that sniff a file's type expect, then the rest by
// name, all without times.
func settle(w io.Writer, raw []byte) error {
	r, err := zip.NewReader(bytes.NewReader(raw), int64(len(raw)))
	if err != nil {
		return err
	}
	slices.SortFunc(r.File, func(a, b *zip.File) int { return strings.Compare(settleOrder(a.Name), settleOrder(b.Name)) })
	z := zip.NewWriter(w)
	for _, f := range r.File {
		part, err := readPart(f)
		if err != nil {
			return err
		}
		if f.Name == corePropsPart {
			part = []byte(officeCoreProps.Replace(string(part)))
		}
		dst, err := z.CreateHeader(&zip.FileHeader{Name: f.Name, Method: zip.Deflate})
		if err != nil {
			return err
		}
		if _, err := dst.Write(part); err != nil {
			return err
		}
	}
	return z.Close()
}

const corePropsPart = "docProps/core.xml"

// officeCoreProps gives the core properties the prefix that Office gives them. Excelize
// writes them into the default namespace, which is the same to XML and not to programs
// that look for cp:coreProperties by name, such as exceljs. Text holds no <.
var officeCoreProps = strings.NewReplacer(
	"<coreProperties xmlns=", "<cp:coreProperties xmlns:cp=", "</coreProperties>", "</cp:coreProperties>",
	"<lastModifiedBy>", "<cp:lastModifiedBy>", "</lastModifiedBy>", "</cp:lastModifiedBy>",
)

// settleOrder puts the content types first, then the package's relationships.
func settleOrder(name string) string {
	switch {
	case name == "[Content_Types].xml":
		return "0"
	case strings.HasPrefix(name, "_rels/"):
		return "1" + name
	}
	return "2" + name
}

// readPart reads one part of a workbook that this program generated itself.
func readPart(f *zip.File) ([]byte, error) {
	r, err := f.Open()
	if err != nil {
		return nil, err
	}
	defer r.Close()
	part, err := io.ReadAll(r)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", f.Name, err)
	}
	return part, nil
}
