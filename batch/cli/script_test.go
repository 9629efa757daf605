package cli_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/loabatch/loabatch/sheet"
	"github.com/loabatch/loabatch/sheet/xlsx"
)

// scriptCommands are what the scripts have beyond testscript's own:
//
//	exits CODE PROGRAM ARG...   runs a program and wants this exit code
//	rows FILE SHEET HEADER...   prints these columns of every row of a sheet, separated by |
//	sheets FILE                 prints the names of its sheets
//	workbook FILE TEXT          makes a workbook from text: [Sheet], then rows of cells separated by |
//	jsonkey FILE KEY...         prints values of a JSON document's top level
var scriptCommands = map[string]func(*testscript.TestScript, bool, []string){
	"exits":    wantExit,
	"rows":     printRows,
	"sheets":   printSheets,
	"jsonkey":  printJSONKeys,
	"workbook": makeWorkbook,
}

func testdata(t *testing.T) string {
	dir, err := filepath.Abs("../../testdata")
	if err != nil {
		t.Fatal(err)
	}
	return dir
}

func wantExit(ts *testscript.TestScript, _ bool, args []string) {
	want, err := strconv.Atoi(args[0])
	ts.Check(err)
	code := 0
	var exit *exec.ExitError
	if err := ts.Exec(args[1], args[2:]...); errors.As(err, &exit) {
		code = exit.ExitCode()
	} else {
		ts.Check(err)
	}
	if code != want {
		ts.Fatalf("exit code %d, wanted %d", code, want)
	}
}

func openBook(ts *testscript.TestScript, name string) *xlsx.Book {
	matches, _ := filepath.Glob(ts.MkAbs(name))
	if len(matches) != 1 {
		ts.Fatalf("%s matches %d files", name, len(matches))
	}
	content, err := os.ReadFile(matches[0])
	ts.Check(err)
	book, err := xlsx.Open(bytes.NewReader(content), int64(len(content)), xlsx.Limits{})
	ts.Check(err)
	return book
}

func printSheets(ts *testscript.TestScript, _ bool, args []string) {
	book := openBook(ts, args[0])
	for _, s := range book.Sheets() {
		fmt.Fprintln(ts.Stdout(), s.Name)
	}
}

// printRows finds the header row as the first that has all the headers.
func printRows(ts *testscript.TestScript, _ bool, args []string) {
	book, wanted := openBook(ts, args[0]), args[2:]
	var cols []int
	for row, err := range book.Rows(args[1]) {
		ts.Check(err)
		if cols == nil {
			cols = headerColumns(row, wanted)
			continue
		}
		values := make([]string, len(cols))
		for i, col := range cols {
			if j := slices.IndexFunc(row.Cells, func(c sheet.Cell) bool { return c.Col == col }); j >= 0 {
				values[i] = row.Cells[j].Value
			}
		}
		fmt.Fprintf(ts.Stdout(), "%d|%s\n", row.Number, strings.Join(values, "|"))
	}
	if cols == nil {
		ts.Fatalf("sheet %s of %s has no row with the headers %q", args[1], args[0], wanted)
	}
}

func headerColumns(row sheet.Row, wanted []string) []int {
	var cols []int
	for _, header := range wanted {
		i := slices.IndexFunc(row.Cells, func(c sheet.Cell) bool { return c.Value == header })
		if i < 0 {
			return nil
		}
		cols = append(cols, row.Cells[i].Col)
	}
	return cols
}

func printJSONKeys(ts *testscript.TestScript, _ bool, args []string) {
	text := ts.ReadFile(args[0])
	var doc map[string]json.RawMessage
	ts.Check(json.Unmarshal([]byte(text), &doc))
	for _, key := range args[1:] {
		value, ok := doc[key]
		if !ok {
			ts.Fatalf("no key %s", key)
		}
		fmt.Fprintf(ts.Stdout(), "%s=%s\n", key, value)
	}
}

// makeWorkbook writes the text as a workbook: the text of every cell as it stands.
func makeWorkbook(ts *testscript.TestScript, _ bool, args []string) {
	var sheets []gridSheet
	for line := range strings.Lines(ts.ReadFile(args[1])) {
		line = strings.TrimRight(line, "\n")
		if name, ok := strings.CutPrefix(line, "["); ok {
			sheets = append(sheets, gridSheet{name: strings.TrimSuffix(name, "]")})
			continue
		}
		last := &sheets[len(sheets)-1]
		last.rows = append(last.rows, strings.Split(line, "|"))
	}
	ts.Check(os.WriteFile(ts.MkAbs(args[0]), packWorkbook(sheets), 0o600))
}
