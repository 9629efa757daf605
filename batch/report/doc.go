// Package report shows what came of a run, to people and to programs. It renders and
// decides nothing: the [Document] it is given holds every figure and every rendered
// sentence about a row, and each form below is a view of that one value.
//
//  1. [Text] is the summary on the terminal, made to be read in ten seconds: what
//     happened, counts with the next step, causes with their cells, where the copy is,
//     the command to run next.
//  2. [JSON] is the document itself, for programs; its keys are a promise.
//  3. [Sheets] gives the Errors and Summary sheets of the results copy.
//  4. [CSV] and [HTML] are error reports as files, to be mailed or kept.
//
// Labels come from a catalogue behind [Words]; codes, result words and figures are
// the same in every language. Personal data never reaches a Document: values are
// masked where the problem is found, so every view is fit to be shown.
//
// The order is the sheet's everywhere, except that causes are sorted by weight.
package report
