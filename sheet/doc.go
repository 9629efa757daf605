// Package sheet knows the meaning of a workbook of applications. It works on typed cells
// and never on bytes; the codec for .xlsx files is package sheet/xlsx, which relates to
// this package as image/png does to image.
//
// The data goes one way, and each stage is a value that can be printed and tested:
//
//  1. A [Book] yields rows of typed cells with their positions.
//  2. [Decode] finds the two sheets and their columns with the table [Columns], reads every
//     row, normalises what may be normalised (and notes it), applies every [Rule], and
//     returns a [Workbook]: circuits, engineers, and all problems.
//  3. After the run, [Results] turns the result of every row into a [Patch], which the codec
//     writes into a copy of the file.
//
// A rule is declared beside its check, in the file of its family (rules_*.go), and
// registered there.
//
// Beyond the standard library the package imports only golang.org/x/text and rooms of its
// own: internal/dates reads dates, internal/nodata recognises text in place of data, and
// internal/numfmt shows a number as its format does. It holds no prose beyond the names of
// columns, as a [Problem] carries a code and its arguments, and it reads no clock.
package sheet
