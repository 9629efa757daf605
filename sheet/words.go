package sheet

// Words renders what people read. The catalogue behind it belongs to the caller, so
// that a further language changes nothing here.
type Words interface {
	// Problem gives the sentence of a problem and what to do about it; the hint may be empty.
	Problem(Problem) (message, hint string)
	// Line gives one line by its code, with its placeholders filled.
	Line(code string, args ...Arg) string
}
