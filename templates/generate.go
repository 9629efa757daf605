//go:build ignore

// Command generate writes the blank workbook that is embedded in the program. Run
// go generate ./templates after changing the columns or the wording of the template.
package main

import (
	"bytes"
	"log"
	"os"

	"github.com/loabatch/loabatch/batch/cli/prose"
	"github.com/loabatch/loabatch/batch/cloud"
	"github.com/loabatch/loabatch/sheet/xlsx"
)

func main() {
	log.SetFlags(0)
	var b bytes.Buffer
	if err := xlsx.WriteTemplate(&b, xlsx.Template{Words: prose.English, Regions: cloud.KnownRegions()}); err != nil {
		log.Fatal(err)
	}
	if err := os.WriteFile("blank.xlsx", b.Bytes(), 0o644); err != nil {
		log.Fatal(err)
	}
}
