package cli_test

import (
	"archive/zip"
	"bytes"
	"context"
	"encoding/xml"
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/loabatch/loabatch/batch/simulator"
	"github.com/loabatch/loabatch/sheet"
	"github.com/loabatch/loabatch/sheet/xlsx"
)

// crashFaults are the faults of the crash test: a quarter of all calls fail in some way,
// before or after the effect.
const crashFaults = "503:3%,503-after:2%,html:3%,html-after:2%,drop:5%,drop-after:5%,throttle:5%,cut:3%,cut-after:2%,hang:0.5%,hang-after:0.5%"

// TestCrash kills a real run over real HTTP again and again, at random moments and with
// faults, and restarts it until it is done. Whatever happens, the service accepts each
// circuit once, sees no token with other parameters, and the last copy agrees with it row
// by row.
func TestCrash(t *testing.T) {
	t.Parallel()
	rows, kills, seeds := 300, 20, []uint64{1, 2, 3}
	if testing.Short() {
		rows, kills, seeds = 120, 6, seeds[:1]
	}
	for _, seed := range seeds {
		t.Run(fmt.Sprintf("seed %d", seed), func(t *testing.T) {
			t.Parallel() // most of it is waiting
			c := newCrash(t, rows, seed)
			killed := c.killUntil(kills)
			code := c.finish()
			stats := c.sim.Stats()
			t.Logf("seed %d: %d rows, %d kills, exit %d, %d requests, faults %v, accepted %d, duplicates %d, second tries %d, token mismatches %d",
				seed, rows, killed, code, stats.Requests, stats.Faults, stats.Accepted, stats.Duplicates, stats.SecondTries, stats.Mismatches)
			c.check(stats)
		})
	}
}

// crash is one workbook, one service and one ledger that outlive the runs.
type crash struct {
	*testing.T
	dir  string
	url  string
	sim  *simulator.Simulator
	rows int
	rand *rand.Rand
}

func newCrash(t *testing.T, rows int, seed uint64) *crash {
	faults, err := simulator.ParseFaults(crashFaults)
	if err != nil {
		t.Fatal(err)
	}
	c := &crash{T: t, dir: t.TempDir(), rows: rows, rand: rand.New(rand.NewPCG(seed, 7))}
	c.sim = simulator.New(simulator.Options{
		Keys: map[string]string{"id": "secret"}, Quota: -1, Faults: faults, Seed: seed, Late: 300 * time.Millisecond,
		AllowDuplicates: seed%2 == 0, // with even seeds, nothing but our own code prevents a second application
	})
	c.url = serve(t, c.sim)
	if err := os.WriteFile(c.path("in.xlsx"), packWorkbook(crashWorkbook(rows)), 0o600); err != nil {
		t.Fatal(err)
	}
	return c
}

// serve serves a simulator until the test ends and returns its URL.
func serve(t *testing.T, sim *simulator.Simulator) string {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	served := make(chan error, 1)
	go func() { served <- sim.Serve(ctx, listener) }()
	t.Cleanup(func() {
		cancel()
		if err := <-served; err != nil {
			t.Error(err)
		}
	})
	return "http://" + listener.Addr().String()
}

func (c *crash) path(name string) string { return filepath.Join(c.dir, name) }

// crashWorkbook has rows circuits in three regions, each with an engineer of its own.
func crashWorkbook(rows int) []gridSheet {
	circuits := gridSheet{name: "Circuits", rows: [][]string{{"Instance ID", "Region ID", "Company name", "Line type", "Construction company", "Construction time (UTC)"}}}
	engineers := gridSheet{name: "Engineers", rows: [][]string{{"Instance ID", "Name", "Certificate type", "Certificate number", "Gender", "Contact"}}}
	regions := []string{"cn-hangzhou", "cn-shanghai", "ap-southeast-1"}
	for i := range rows {
		id := fmt.Sprintf("pc-crash%05d", i)
		circuits.rows = append(circuits.rows, []string{id, regions[i%3], "Example Networks Ltd", "FIBRE", "Example Build Co", "2027-03-15T08:00:00Z"})
		engineers.rows = append(engineers.rows, []string{id, fmt.Sprintf("Testperson %d", i), "Passport", fmt.Sprintf("E%08d", i), "Female", "+86 139 0000 0000"})
	}
	return []gridSheet{circuits, engineers}
}

// command is a run as an operator would start it, every time in the same way. It makes
// few attempts: restarting is quicker than the long backoff after many.
func (c *crash) command() *exec.Cmd {
	cmd := exec.Command("loabatch", "submit", "--endpoint", c.url, "--yes", "--rate", "100000/1s", "--timeout", "1s", "--max-attempts", "4",
		"--ledger", c.path("ledger.db"), "-o", c.path("out.xlsx"), "--report", "csv,json", "--log-format", "json", "--log-file", c.path("log.json"), c.path("in.xlsx"))
	cmd.Env = append(os.Environ(), "ALIBABA_CLOUD_ACCESS_KEY_ID=id", "ALIBABA_CLOUD_ACCESS_KEY_SECRET=secret")
	return cmd
}

// killUntil starts runs and kills each at a random moment, until that many were killed
// or three times as many were started.
func (c *crash) killUntil(kills int) int {
	killed := 0
	for starts := 0; killed < kills && starts < 3*kills; starts++ {
		cmd := c.command()
		if err := cmd.Start(); err != nil {
			c.Fatal(err)
		}
		time.AfterFunc(time.Duration(60+c.rand.IntN(150))*time.Millisecond, func() { cmd.Process.Kill() })
		err := cmd.Wait()
		var exit *exec.ExitError
		if errors.As(err, &exit) && exit.ExitCode() == -1 {
			killed++
		}
	}
	return killed
}

// finish runs to the end, and again as long as the exit code says that rows are
// unsettled.
func (c *crash) finish() int {
	for range 10 {
		cmd := c.command()
		var out bytes.Buffer
		cmd.Stdout, cmd.Stderr = &out, &out
		err := cmd.Run()
		var exit *exec.ExitError
		switch {
		case err == nil:
			return 0
		case errors.As(err, &exit) && exit.ExitCode() == 5:
			continue
		}
		c.Fatalf("%v\n%s", err, &out)
	}
	return 5
}

// check compares what the service accepted with what we promise and with the copy.
func (c *crash) check(stats simulator.Stats) {
	if stats.Duplicates != 0 || stats.SecondTries != 0 || stats.Mismatches != 0 || stats.Tokenless != 0 {
		c.Errorf("duplicates %d, second tries %d, token mismatches %d, without token %d", stats.Duplicates, stats.SecondTries, stats.Mismatches, stats.Tokenless)
	}
	results := c.results()
	if len(results) != c.rows {
		c.Errorf("the copy has %d rows with a result, want %d", len(results), c.rows)
	}
	seen := 0
	for _, circuit := range stats.Circuits {
		seen++
		if circuit.Accepted != 1 {
			c.Errorf("%s was accepted %d times", circuit.InstanceID, circuit.Accepted)
		}
		row := results[circuit.InstanceID]
		if row == nil || row[1] != "SUBMITTED" && row[1] != "ALREADY" {
			c.Errorf("%s was accepted, but the copy says %q", circuit.InstanceID, row)
			continue
		}
		if row[2] != circuit.Token {
			c.Errorf("%s was accepted under token %s, but the copy says %s", circuit.InstanceID, circuit.Token, row[2])
		}
	}
	if seen != c.rows {
		c.Errorf("the service saw %d circuits, want %d", seen, c.rows)
	}
	c.checkPrivacy()
}

// results reads instance ID, result and token of every row of the last copy.
func (c *crash) results() map[string][]string {
	content, err := os.ReadFile(c.path("out.xlsx"))
	if err != nil {
		c.Fatal(err)
	}
	book, err := xlsx.Open(bytes.NewReader(content), int64(len(content)), xlsx.Limits{})
	if err != nil {
		c.Fatal(err)
	}
	var cols []int
	results := map[string][]string{}
	for row, err := range book.Rows("Circuits") {
		if err != nil {
			c.Fatal(err)
		}
		if cols == nil {
			cols = headerColumns(row, []string{"Instance ID", "Result", "Client token used"})
			continue
		}
		values := make([]string, len(cols))
		for i, col := range cols {
			if j := slices.IndexFunc(row.Cells, func(cell sheet.Cell) bool { return cell.Col == col }); j >= 0 {
				values[i] = row.Cells[j].Value
			}
		}
		results[values[0]] = values
	}
	return results
}

// checkPrivacy looks for personal data where it must not be: in the log and the ledger.
func (c *crash) checkPrivacy() {
	for _, name := range []string{"log.json", "out.csv", "out.json", "ledger.db", "ledger.db-wal"} {
		content, err := os.ReadFile(c.path(name))
		if errors.Is(err, os.ErrNotExist) {
			continue
		}
		if err != nil {
			c.Fatal(err)
		}
		for _, private := range []string{"Testperson", "E00000007", "139 0000", "secret"} {
			if strings.Contains(string(content), private) {
				c.Errorf("%s holds %q", name, private)
			}
		}
	}
}

// gridSheet is a sheet as rows of texts.
type gridSheet struct {
	name string
	rows [][]string
}

// packWorkbook makes the smallest workbook that holds the sheets: inline strings, no
// styles, no shared strings. The tests make their inputs with it, so each shows what its
// input holds.
func packWorkbook(sheets []gridSheet) []byte {
	const spreadsheet = `xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"`
	const office = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
	parts := map[string]string{
		"_rels/.rels": `<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="rId1" Type="` + office + `/officeDocument" Target="xl/workbook.xml"/></Relationships>`,
	}
	types := `<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"><Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/><Default Extension="xml" ContentType="application/xml"/><Override PartName="/xl/workbook.xml" ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml"/><Override PartName="/xl/styles.xml" ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.styles+xml"/>`
	book := `<workbook ` + spreadsheet + ` xmlns:r="` + office + `"><sheets>`
	rels := `<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="rId0" Type="` + office + `/styles" Target="styles.xml"/>`
	for i, s := range sheets {
		n := i + 1
		types += fmt.Sprintf(`<Override PartName="/xl/worksheets/sheet%d.xml" ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.worksheet+xml"/>`, n)
		book += fmt.Sprintf(`<sheet name="%s" sheetId="%d" r:id="rId%d"/>`, escaped(s.name), n, n)
		rels += fmt.Sprintf(`<Relationship Id="rId%d" Type="%s/worksheet" Target="worksheets/sheet%d.xml"/>`, n, office, n)
		parts[fmt.Sprintf("xl/worksheets/sheet%d.xml", n)] = `<worksheet ` + spreadsheet + `><sheetData>` + gridRows(s.rows) + `</sheetData></worksheet>`
	}
	parts["[Content_Types].xml"] = types + `</Types>`
	parts["xl/workbook.xml"] = book + `</sheets></workbook>`
	parts["xl/_rels/workbook.xml.rels"] = rels + `</Relationships>`
	parts["xl/styles.xml"] = `<styleSheet ` + spreadsheet + `><fonts count="1"><font><sz val="11"/><name val="Calibri"/></font></fonts><fills count="2"><fill><patternFill patternType="none"/></fill><fill><patternFill patternType="gray125"/></fill></fills><borders count="1"><border><left/><right/><top/><bottom/><diagonal/></border></borders><cellStyleXfs count="1"><xf numFmtId="0" fontId="0" fillId="0" borderId="0"/></cellStyleXfs><cellXfs count="1"><xf numFmtId="0" fontId="0" fillId="0" borderId="0" xfId="0"/></cellXfs></styleSheet>`

	var packed bytes.Buffer
	z := zip.NewWriter(&packed)
	for _, name := range []string{"[Content_Types].xml", "_rels/.rels", "xl/workbook.xml", "xl/_rels/workbook.xml.rels", "xl/styles.xml"} {
		addPart(z, name, parts[name])
		delete(parts, name)
	}
	for i := range sheets {
		name := fmt.Sprintf("xl/worksheets/sheet%d.xml", i+1)
		addPart(z, name, parts[name])
	}
	z.Close()
	return packed.Bytes()
}

func addPart(z *zip.Writer, name, content string) {
	w, _ := z.Create(name) // writing to memory does not fail
	w.Write([]byte(`<?xml version="1.0" encoding="UTF-8" standalone="yes"?>` + "\n" + content))
}

func gridRows(rows [][]string) string {
	var b strings.Builder
	for i, row := range rows {
		fmt.Fprintf(&b, `<row r="%d">`, i+1)
		for j, value := range row {
			if value != "" {
				fmt.Fprintf(&b, `<c r="%s%d" t="inlineStr"><is><t xml:space="preserve">%s</t></is></c>`, sheet.ColName(j+1), i+1, escaped(value))
			}
		}
		b.WriteString(`</row>`)
	}
	return b.String()
}

func escaped(s string) string {
	var b strings.Builder
	xml.EscapeText(&b, []byte(s))
	return b.String()
}
