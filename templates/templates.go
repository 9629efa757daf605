// Package templates holds the files embedded in the program: the blank workbooks to fill in,
// and the page of the HTML report.
//
// The workbooks are generated from the column table of package sheet. A test fails if they
// differ from it; go generate brings them up to date.
package templates

import _ "embed"

//go:generate go run generate.go

// Blank is the workbook to fill in, in English (an .xlsx file).
//
//go:embed blank.xlsx
var Blank []byte

// BlankChinese is the workbook to fill in, in Chinese.
//
//go:embed blank.zh.xlsx
var BlankChinese []byte

// Report is the page of the HTML report, an html/template. Package batch/report documents
// its data.
//
//go:embed report.html
var Report string
