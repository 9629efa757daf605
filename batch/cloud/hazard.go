package cloud

import (
	"os"
	"strings"
)

// HazardError says that the environment would make a library print secrets.
type HazardError struct {
	Variable string // DEBUG
	Value    string // the offending word: sdk, credential, tea or dara
}

// Error gives the variable and the word.
func (e *HazardError) Error() string { return e.Variable + "=" + e.Value + " would print secrets" }

// debugWords are the words of DEBUG that make a library print URLs, headers and bodies,
// with keys, tokens and personal data, to standard output: the SDK's, the credentials
// library's, and those of the libraries underneath it. Each reads DEBUG while it is
// initialised, before main, so that unsetting it later changes nothing: the
// program must refuse to go on, or start again without it.
var debugWords = []string{"sdk", "credential", "tea", "dara"}

// debugAtStart is what the libraries saw.
var debugAtStart = os.Getenv("DEBUG")

// Hazard reports, as a *HazardError, whether the environment that the program was started
// in makes a library print secrets. New refuses to run then.
func Hazard() error { return hazard(debugAtStart) }

func hazard(debug string) error {
	for word := range strings.SplitSeq(debug, ",") {
		for _, bad := range debugWords {
			if strings.TrimSpace(word) == bad {
				return &HazardError{Variable: "DEBUG", Value: bad}
			}
		}
	}
	return nil
}
