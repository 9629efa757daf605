// Package templates holds the files embedded into the program: the blank workbook that
// is filled in, and the page of the HTML report.
//
// The workbook is generated from the one column table of package sheet; a test fails
// when the two differ, and go generate makes them agree again.
package templates

import _ "embed"

//go:generate go run generate.go

// Blank is the workbook to fill in, in English (an .xlsx file).
//
//go:embed blank.xlsx
var Blank []byte

// Report is the page of the HTML report, an html/template; package batch/report
// documents what it is filled with.
//
//go:embed report.html
var Report string
