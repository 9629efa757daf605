package cli_test

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/loabatch/loabatch/batch/cli"
)

// benchedBook is a workbook of n circuits and one engineer. In a wrong one every cell of
// the circuits has a mistake.
func benchedBook(n int, wrong bool) []byte {
	circuits := [][]string{{"Instance ID", "Region ID", "Company name", "Line type", "Construction company", "Construction time (UTC)", "Bandwidth (Mbit/s)", "Peer location", "Client token"}}
	for i := range n {
		row := []string{fmt.Sprintf("pc-bp1%06d", i), "cn-hangzhou", "Example Networks", "MSTP", "Example Build", "2027-01-15", "1000", "Hangzhou", ""}
		if wrong {
			row = []string{fmt.Sprint("vbr-", i), "cn-hangzou", "Exam\u200bple", "SDH", "Bui\u200bld", "03/04/2027", "1G", fmt.Sprint("ＡＢ", i), "my token"}
		}
		circuits = append(circuits, row)
	}
	return packWorkbook([]gridSheet{{name: "Circuits", rows: circuits}, {name: "Engineers", rows: [][]string{
		{"Instance ID", "Name", "Certificate type", "Certificate number", "Gender", "Contact"},
		{"*", "Test Person", "Passport", "X7654321", "Male", "+447700900999"},
	}}})
}

// BenchmarkWrongWorkbook measures the commands over a workbook that is right and one that is
// wrong all over. The latter should cost at most half as much again.
func BenchmarkWrongWorkbook(b *testing.B) {
	const rows = 100_000
	for _, wrong := range []bool{false, true} {
		dir := b.TempDir()
		input := filepath.Join(dir, "in.xlsx")
		if err := os.WriteFile(input, benchedBook(rows, wrong), 0o600); err != nil {
			b.Fatal(err)
		}
		for name, args := range map[string][]string{
			"validate": {"validate", input},
			"copy":     {"submit", "--dry-run", "-o", filepath.Join(dir, "out.xlsx"), input},
		} {
			b.Run(fmt.Sprintf("%s/wrong=%v", name, wrong), func(b *testing.B) {
				b.ReportAllocs()
				runtime.GC()
				for range b.N {
					var stdout, stderr bytes.Buffer
					cli.Run(context.Background(), cli.Env{
						Args: args, Stdin: strings.NewReader(""), Stdout: &stdout, Stderr: &stderr,
						Getenv: func(string) string { return "" }, Now: time.Now,
					})
					if stdout.Len() == 0 {
						b.Fatal(stderr.String())
					}
				}
			})
		}
	}
}
