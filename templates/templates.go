// Package templates holds the files embedded into the program.
package templates

import _ "embed"

// Report is the page of the HTML report, an html/template; package batch/report
// documents what it is filled with.
//
//go:embed report.html
var Report string
