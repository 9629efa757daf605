package xlsx

import (
	"strconv"

	"github.com/loabatch/loabatch/sheet"
)

// fault makes the error of an input that cannot be used: a code of the catalogue and
// its arguments, as name and value in turn. No argument ever holds the text of a cell.
func fault(code string, args ...string) *sheet.InputError {
	return faultAt(sheet.Ref{}, code, args...)
}

// faultAt is fault with the cell, row or sheet it concerns.
func faultAt(at sheet.Ref, code string, args ...string) *sheet.InputError {
	p := sheet.Problem{Code: code, Severity: sheet.Error, At: at}
	for i := 0; i+1 < len(args); i += 2 {
		p.Args = append(p.Args, sheet.Arg{Name: args[i], Value: args[i+1]})
	}
	return &sheet.InputError{Problems: []sheet.Problem{p}}
}

// partFault is damage within a part, at a byte of its unpacked form.
func partFault(code, part string, offset int64) *sheet.InputError {
	return fault(code, "part", part, "place", strconv.FormatInt(offset, 10))
}
