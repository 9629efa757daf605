package cli_test

import (
	"archive/zip"
	"bytes"
	"context"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/loabatch/loabatch/batch/cli"
)

// personalData are made-up values of every kind with the part that may be shown nowhere.
var personalData = []struct{ value, secret string }{
	{"999999199001011234", "99199001011"},
	{"99999919900101123X", "99199001011"},
	{"999999 19900101 1234", "19900101 12"},
	{"９９９９９９１９９００１０１１２３４", "１９９００１０１"},
	{"13812345678", "812345"},
	{"138 1234 5678", "1234 5"},
	{"138-1234-5678", "1234-5"},
	{"+8613812345678", "6138123456"},
	{"+86 138 1234 5678", "138 1234 5"},
	{"008613812345678", "138123456"},
	{"１３８１２３４５６７８", "８１２３４５"},
	{"+447700900123", "77009001"},
	{"0571-87654321", "1-876543"},
	{"138/1234/5678", "1234/5"},
	{"138\u20091234—5678", "1234—5"},
	{"00447700900123", "77009001"},
	{"E12345678", "2345678"},
	{"EA1234567", "1234567"},
}

// TestMisplacedPersonalData puts personal data where it does not belong and looks for it
// in everything that is printed or written, apart from a copy that is not redacted.
func TestMisplacedPersonalData(t *testing.T) {
	t.Parallel()
	for seed := range uint64(60) {
		random := rand.New(rand.NewPCG(seed, 8))
		circuits := [][]string{
			{"Instance ID", "Region ID", "Company name", "Line type", "Construction company", "Construction time (UTC)", "Bandwidth (Mbit/s)", "Peer location", "Client token", "Remarks"},
			{"pc-a1", "cn-hangzhou", "Example Networks", "MSTP", "Example Build", "2027-03-15", "1000", "Hangzhou", "", ""},
			{"pc-a2", "cn-hangzhou", "Example Networks", "MSTP", "Example Build", "2027-03-15", "1000", "Hangzhou", "", ""},
		}
		staff := [][]string{
			{"Instance ID", "Name", "Certificate type", "Certificate number", "Gender", "Contact", "Notes"},
			{"*", "Test Person", "Passport", "X7654321", "Male", "+447700900999", ""},
			{"pc-a1", "Other Person", "Passport", "X7654322", "Female", "+447700900998", ""},
		}
		var secrets []string
		place := func(rows [][]string, row, col int) {
			data := personalData[random.IntN(len(personalData))]
			wrap := []string{"%s", "Slippery %s", "%s, pc-a1", "电话%s", "Slippery-%s", " %s "}[random.IntN(6)]
			if rows[row][col] != "" && row == 0 {
				wrap = rows[row][col] + " (%s)"
			}
			rows[row][col] = fmt.Sprintf(wrap, data.value)
			secrets = append(secrets, data.secret)
			if col == 0 && &rows[0] == &staff[0] { // where a name is recognised too
				rows[row][col] = strings.Replace(rows[row][col], "Slippery", "Slipperson", 1)
				secrets = append(secrets, "lipperson")
			}
		}
		place(circuits, random.IntN(2), 9)
		place(circuits, 1, random.IntN(9))
		place(circuits, 2, random.IntN(9))
		place(staff, 2, []int{0, 0, 2, 4, 6}[random.IntN(5)])
		place(staff, 0, 6)
		sheets := []gridSheet{{name: "Circuits", rows: circuits}, {name: "Engineers", rows: staff}}
		if random.IntN(3) == 0 {
			data := personalData[random.IntN(10)]
			sheets[0].name = "List " + data.value
			secrets = append(secrets, data.secret)
		}
		data := personalData[random.IntN(10)] // on a sheet that is not ours, and in its name
		sheets = append(sheets, gridSheet{name: "Staff " + data.value, rows: [][]string{{"Ask Test Person", data.value}, {"+44 7700 900999", "x7654321; OTHER PERSON"}}})
		secrets = append(secrets, data.secret, "est Perso", "THER PERSO", "00 9009", "765432")
		searchOutputs(t, fmt.Sprintf("seed %d, %q", seed, secrets), packWorkbook(sheets), secrets)
	}
}

// searchOutputs runs the commands over a workbook and looks for secrets in their outputs.
func searchOutputs(t *testing.T, name string, book []byte, secrets []string) {
	t.Helper()
	dir := t.TempDir()
	input := filepath.Join(dir, "in.xlsx")
	if err := os.WriteFile(input, book, 0o600); err != nil {
		t.Fatal(err)
	}
	outputs := map[string][]byte{}
	for label, args := range map[string][]string{
		"text":   {"validate", input},
		"json":   {"validate", "--json", input},
		"off":    {"validate", "--severity", "circuit-region-unknown=warning", "--severity", "circuit-instance-malformed=warning", "--json", input},
		"submit": {"submit", "--simulate", "--json", "--redact", "--report", "csv,json,html", "--log-level", "debug", "--log-format", "json", "-o", filepath.Join(dir, "out.xlsx"), input},
	} {
		var stdout, stderr bytes.Buffer
		cli.Run(context.Background(), cli.Env{
			Args: args, Stdin: strings.NewReader(""), Stdout: &stdout, Stderr: &stderr,
			Getenv: func(string) string { return "" }, Now: time.Now,
		})
		outputs[label], outputs[label+", errors"] = stdout.Bytes(), stderr.Bytes()
	}
	written, err := filepath.Glob(filepath.Join(dir, "out.*"))
	if err != nil {
		t.Fatal(err)
	}
	for _, path := range written {
		content, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		outputs[filepath.Base(path)] = content
		if z, err := zip.NewReader(bytes.NewReader(content), int64(len(content))); err == nil {
			for _, f := range z.File {
				outputs[f.Name] = unpackedPart(t, f)
			}
		}
	}
	for where, content := range outputs {
		for _, secret := range secrets {
			if i := bytes.Index(content, []byte(secret)); i >= 0 {
				t.Errorf("%s: %s has %q: %s", name, where, secret, content[max(0, i-120):min(len(content), i+80)])
			}
		}
	}
}

func unpackedPart(t *testing.T, f *zip.File) []byte {
	r, err := f.Open()
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	content, err := io.ReadAll(r)
	if err != nil {
		t.Fatal(err)
	}
	return content
}

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
