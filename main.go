// Command loabatch applies for Letters of Authorization of Express Connect circuits
// from an Excel workbook, one application per circuit, exactly once.
package main

import (
	"os"

	"github.com/loabatch/loabatch/batch/cli"
)

func main() { os.Exit(cli.Main()) }
