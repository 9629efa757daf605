//go:build ignore

// Prepares workbooks for their pictures; make runs it. All values are made up.
//
//	go run books.go fill blank.xlsx filled.xlsx    fills in rows like somebody who is half done
//	go run books.go first copy.xlsx shown.xlsx     lets a results copy open on its first sheet
package main

import (
	"archive/zip"
	"bytes"
	"errors"
	"fmt"
	"io"
	"log"
	"os"
	"regexp"
	"strings"
	"time"

	"github.com/xuri/excelize/v2"
)

var rows = map[string][][]any{
	"Circuits": {
		{"pc-bp1sample00000001", "cn-hangzhou", "Example Networks Ltd", "FIBRE", "Example Build Co", day(0, "08:00"), 1000, "Example Road 1, Hangzhou"},
		{"pc-bp1sample00000002", "cn-hangzhou", "Example Networks Ltd", "FIBRE", "Example Build Co", day(1, "08:00"), 1000},
		{"pc-uf6sample00000003", "cn-shanghai", "Example Networks Ltd"},
		{"pc-uf6sample00000004", "cn-shanghai", "Example Networks Ltd", "MSTP", "Example Build Co", day(1, "13:30")},
		{"pc-t4nsample00000005", "ap-southeast-1", "Example Networks Ltd", "MPLSVPN", "Example Build Co", day(2, "08:00"), 20480},
		{"pc-t4nsample00000006", "ap-southeast-1", "Example Networks Ltd", "FIBRE", "Example Build Co", day(3, "08:00"), 10240},
	},
	"Engineers": {
		{"pc-bp1sample00000001, pc-bp1sample00000002", "Testperson A", "Passport", "X00000001", "Female", "+86 139 0000 0000"},
		{"pc-uf6sample00000003", "Testperson A", "Passport", "X00000001", "Female", "+86 139 0000 0000"},
		{"pc-t4nsample00000005; pc-t4nsample00000006", "Testperson B", "Passport", "X00000002", "Male", "+86 139 0000 0001"},
	},
}

// day is a time on the n-th day of a coming month, as somebody would type it.
func day(n int, clock string) string {
	return time.Now().UTC().AddDate(0, 3, n).Format("2006-01-02 ") + clock
}

func main() {
	log.SetFlags(0)
	var err error
	switch from, to := os.Args[2], os.Args[3]; os.Args[1] {
	case "fill":
		err = fill(from, to)
	case "first":
		err = first(from, to)
	}
	if err != nil {
		log.Fatal(err)
	}
}

func fill(from, to string) error {
	book, err := excelize.OpenFile(from)
	if err != nil {
		return err
	}
	for name, list := range rows {
		for i, values := range list {
			if err := book.SetSheetRow(name, fmt.Sprintf("B%d", 4+i), &values); err != nil {
				return err
			}
		}
	}
	panes, err := book.GetPanes("Circuits")
	if err != nil {
		return err
	}
	for i := range panes.Selection {
		panes.Selection[i].ActiveCell, panes.Selection[i].SQRef = "C10", "C10"
	}
	if err := book.SetPanes("Circuits", &panes); err != nil {
		return err
	}
	return book.SaveAs(to)
}

// first changes only which sheet is in front, and keeps the view of each sheet.
func first(from, to string) error {
	z, err := zip.OpenReader(from)
	if err != nil {
		return err
	}
	defer z.Close()
	f, err := os.Create(to)
	if err != nil {
		return err
	}
	w := zip.NewWriter(f)
	for _, part := range z.File {
		r, err := part.Open()
		if err != nil {
			return err
		}
		content, err := io.ReadAll(r)
		if err != nil {
			return err
		}
		switch {
		case part.Name == "xl/workbook.xml":
			content = regexp.MustCompile(` activeTab="\d+"`).ReplaceAll(content, nil)
		case strings.HasPrefix(part.Name, "xl/worksheets/"):
			content = bytes.Replace(content, []byte(` tabSelected="1"`), nil, 1)
		}
		p, err := w.Create(part.Name)
		if err != nil {
			return err
		}
		if _, err := p.Write(content); err != nil {
			return err
		}
	}
	return errors.Join(w.Close(), f.Close())
}
