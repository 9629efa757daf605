//go:build ignore

// Command generate writes the blank workbooks that are embedded in the program. Run
// go generate ./templates after changing the columns or the wording of the template.
package main

import (
	"bytes"
	"log"
	"os"

	"github.com/loabatch/loabatch/batch/cli/prose"
	"github.com/loabatch/loabatch/batch/cloud"
	"github.com/loabatch/loabatch/sheet"
	"github.com/loabatch/loabatch/sheet/xlsx"
)

func main() {
	log.SetFlags(0)
	write("blank.xlsx", sheet.English, prose.English)
	write("blank.zh.xlsx", sheet.Chinese, prose.Chinese)
}

func write(file string, l sheet.Language, words xlsx.TemplateWords) {
	var b bytes.Buffer
	if err := xlsx.WriteTemplate(&b, xlsx.Template{Language: l, Words: words, Regions: cloud.KnownRegions()}); err != nil {
		log.Fatal(err)
	}
	if err := os.WriteFile(file, b.Bytes(), 0o644); err != nil {
		log.Fatal(err)
	}
}
