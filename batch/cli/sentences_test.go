package cli_test

import (
	"flag"
	"fmt"
	"os"
	"slices"
	"strings"
	"sync"

	"github.com/loabatch/loabatch/batch/cli/prose"
)

// sentenceFile is the environment variable that names the file in which the tests, and the
// programs that they run, record the code of each sentence that they say.
const sentenceFile = "SENTENCES_SAID"

// recordSentence returns a function that appends each code once to the file.
func recordSentence() func(code string) {
	path, mark := os.Getenv(sentenceFile), "+"
	if path == "" {
		f, err := os.CreateTemp("", "sentences")
		if err != nil {
			panic(err)
		}
		path, mark = f.Name(), "-"
		f.Close()
		os.Setenv(sentenceFile, path)
	}
	f, err := os.OpenFile(path, os.O_APPEND|os.O_WRONLY, 0)
	if err != nil {
		panic(err)
	}
	var known sync.Map
	return func(code string) {
		if _, said := known.LoadOrStore(code, true); !said {
			fmt.Fprintln(f, mark+code)
		}
	}
}

// everySentenceSaid reports whether the tests made the commands say every sentence of the
// catalogue, if all of them ran.
func everySentenceSaid() bool {
	path := os.Getenv(sentenceFile)
	whole := true
	flag.Visit(func(f *flag.Flag) {
		switch f.Name {
		case "test.run", "test.skip", "test.short", "test.list":
			whole = whole && f.Value.String() == ""
		}
	})
	text, err := os.ReadFile(path)
	if err != nil {
		panic(err)
	}
	if keep := os.Getenv("SENTENCES_KEEP"); keep != "" {
		os.WriteFile(keep, text, 0o644)
	}
	os.Remove(path)
	if !whole {
		return true
	}
	said := strings.Fields(string(text))
	for _, code := range prose.English.All() {
		if !slices.Contains(said, "+"+code) && !slices.Contains(said, "-"+code) {
			fmt.Fprintln(os.Stderr, "never said:", code)
		}
	}
	return true
}
