// Package sheet knows what a workbook of applications means. It works on typed
// cells and never on bytes; the codec for .xlsx files is package sheet/xlsx, which
// stands to this package as image/png stands to image.
//
// The way of the data, each stage a value that can be printed and tested:
//
//  1. A [Book] gives rows of typed cells with their positions.
//  2. Decode finds the two sheets and their columns by the one table [Columns],
//     reads every row, normalises what may be normalised (and notes it), applies
//     every rule, and gives a [Workbook]: circuits, engineers, and all problems.
//  3. After the run, Results turns the outcome of every row into a [Patch], which the
//     codec puts into a copy of the file.
//
// Beyond the standard library the package imports only golang.org/x/text. It holds no prose
// beyond the names of columns, as a [Problem] carries a code and its arguments, and it
// reads no clock.
package sheet
