//go:build ignore

// Command generate writes the blank workbook that is embedded into the program. Run it
// with go generate ./templates after a change of the columns or of the template's words.
package main

import (
	"bytes"
	"log"
	"os"

	"github.com/loabatch/loabatch/batch/cli/prose"
	"github.com/loabatch/loabatch/sheet"
	"github.com/loabatch/loabatch/sheet/xlsx"
)

// words renders the English catalogue.
type words struct{}

func (words) Line(code string, args ...sheet.Arg) string {
	if _, ok := prose.English.Entry(code); !ok {
		log.Fatalf("the catalogue has no entry %s", code)
	}
	named := map[string]string{}
	for _, a := range args {
		named[a.Name] = a.Value
	}
	message, _ := prose.English.Render(code, named)
	return message
}

func main() {
	log.SetFlags(0)
	var b bytes.Buffer
	if err := xlsx.WriteTemplate(&b, xlsx.Template{Words: words{}}); err != nil {
		log.Fatal(err)
	}
	if err := os.WriteFile("blank.xlsx", b.Bytes(), 0o644); err != nil {
		log.Fatal(err)
	}
}
