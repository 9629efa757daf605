package sheet_test

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/loabatch/loabatch/sheet"
)

// The mutation workbook: mutants correct circuits with two engineers each, which are then
// each damaged in one known way, and a few reserves, which are not.
const (
	mutants  = 200
	reserves = 40
)

// mutant is one correct circuit that will be damaged.
type mutant struct {
	g    *grid
	n    int      // from 0
	want []string // "code cell", for all of the damage
}

func (m *mutant) id() string      { return circuitID(m.n) }
func (m *mutant) reserve() string { return circuitID(mutants + m.n%reserves) }
func circuitID(n int) string      { return fmt.Sprintf("pc-bp1%06d", n) }

// cell returns a cell of the circuit: A to I.
func (m *mutant) cell(col string) string { return fmt.Sprint(col, m.n+2) }

// engineer returns a cell of its first or second engineer.
func (m *mutant) engineer(col string, k int) string { return fmt.Sprint("E:", col, 2*m.n+k+1) }

// expect notes what must be found at a cell, named as for set.
func (m *mutant) expect(code, cell string) {
	name := "Circuits"
	if rest, ok := strings.CutPrefix(cell, "E:"); ok {
		name, cell = "Engineers", rest
	}
	m.want = append(m.want, code+" "+name+"!"+cell)
}

// circuit damages a cell of the circuit.
func circuit(code, col, value string) func(*mutant) {
	return func(m *mutant) { m.g.set(m.cell(col), value); m.expect(code, m.cell(col)) }
}

// engineer damages a cell of the second engineer.
func engineer(code, col, value string) func(*mutant) {
	return func(m *mutant) { m.g.set(m.engineer(col, 2), value); m.expect(code, m.engineer(col, 2)) }
}

// lone assigns the engineers to a reserve, so that the circuit's ID is the only damage.
func lone(m *mutant) {
	m.g.set(m.engineer("A", 1), m.reserve())
	m.g.set(m.engineer("A", 2), m.reserve())
}

// then calls functions one after the other.
func then(fs ...func(*mutant)) func(*mutant) {
	return func(m *mutant) {
		for _, f := range fs {
			f(m)
		}
	}
}

// damages lists the known ways to damage a row, at least one for every rule of rows.
var damages = []func(*mutant){
	func(m *mutant) { hideLine("Circuits", m.n+2)(m.g); m.expect("hidden-row", m.cell("A")) },
	func(m *mutant) { hideLine("Engineers", 2*m.n+2)(m.g); m.expect("hidden-row", m.engineer("A", 1)) },
	func(m *mutant) {
		merge("Circuits", m.n+1, 3, m.n+2, 3)(m.g)
		circuit("cell-merged", "C", "")(m)
	},
	circuit("stray-value", "T", "a remark"),
	func(m *mutant) {
		lone(m)
		totals("Circuits", m.n+2, 1, 9)(m.g)
		circuit("totals-row", "A", "Total")(m)
	},
	then(lone, circuit("summary-row", "A", "合计")), engineer("summary-row", "A", "Total: 2"),
	then(lone, circuit("signature-row", "A", "Prepared by: Test Person")), engineer("signature-row", "A", "签字："),
	func(m *mutant) {
		lone(m)
		m.g.find("Circuits").lines[m.n+1] = strings.TrimSpace(circuitsHead)
		m.expect("header-row-repeated", m.cell("A"))
	},
	func(m *mutant) {
		m.g.find("Engineers").lines[2*m.n+2] = "专线 | 姓名 | 证件类型 | 证件号码 | 性别 | 联系方式"
		m.expect("header-row-repeated", m.engineer("A", 2))
	},
	circuit("cell-length", "H", strings.Repeat("Hangzhou ", 30)),
	then(circuit("cell-length", "H", strings.Repeat("杭州", 350)), func(m *mutant) { m.expect("circuit-request-long", m.cell("A")) }),
	circuit("cell-error", "E", "!#REF!"), engineer("cell-error", "B", "!#N/A"),
	circuit("cell-formula-empty", "C", "~"), circuit("cell-formula", "H", "~Hangzhou"),
	circuit("cell-boolean", "C", "?TRUE"), circuit("cell-date", "I", "@46115"),
	engineer("cell-digits-lost", "D", "=110101199001011000"), engineer("cell-stored-number", "F", "=13800000000"),
	engineer("cell-exponent", "D", "1.10101E+17"),
	engineer("cell-number-form", "F", "=13800000000.5"), circuit("cell-number-form", "C", "=0.25{0%}"), circuit("cell-number-form", "H", `=1390{"¥"0}`),
	engineer("cell-as-shown", "F", "=57188000000{000000000000}"), engineer("cell-stored-number", "F", "=1.38E10"), engineer("cell-stored-number", "F", "=13800000000.0"),
	engineer("cell-apostrophe", "F", "''13800000000"), circuit("cell-apostrophe", "G", "''1000"),
	circuit("cell-formula-text", "C", "'=C2"), circuit("cell-formula-text", "H", "＝C2"), engineer("cell-formula-text", "F", "'+F2"), engineer("cell-formula-text", "A", "'=A2"),
	circuit("cell-formula-text", "D", "'=D2"), circuit("cell-error-text", "E", "#NAME?"), circuit("cell-error-text", "B", "Err:502"), engineer("cell-error-text", "B", "#####"),
	circuit("cell-picture", "H", `~'=DISPIMG("ID_1",1)`), engineer("cell-picture", "D", `~'=DISPIMG("ID_1",1)`),
	circuit("cell-placeholder", "C", "待定"), circuit("cell-placeholder", "E", "'-"), circuit("cell-placeholder", "F", "TBD"), engineer("cell-placeholder", "D", "n/a"),
	engineer("cell-placeholder", "E", "同上"), circuit("cell-placeholder-optional", "H", "见附件"), circuit("cell-placeholder-optional", "H", "'-"),
	circuit("cell-line-break", "H", `'Example\nStreet`), circuit("cell-control", "C", "Exam\x07ple"),
	circuit("cell-invisible", "E", "Exam\u200bple"), engineer("cell-confusable", "D", "\u0425123456"),
	then(circuit("cell-confusable", "A", "pc-\u0430aaa1"), lone),
	circuit("cell-decomposed", "C", "Socie\u0301te"), engineer("cell-unreadable", "B", "\ufffd\ufffd"),
	circuit("cell-full-width", "C", "ＡＢＣ"), circuit("cell-trimmed", "B", "' cn-hangzhou"), circuit("cell-narrowed", "B", "cn－hangzhou"),
	circuit("cell-spelling", "D", "光纤"), engineer("cell-spelling", "E", "女"), circuit("cell-rich", "C", "%Example"),

	then(circuit("circuit-instance-missing", "A", ""), lone), then(circuit("circuit-instance-malformed", "A", "vbr-1"), lone),
	func(m *mutant) {
		lone(m)
		circuit("circuit-instance-twice", "A", m.reserve())(m)
		m.expect("circuit-instance-twice", fmt.Sprint("A", mutants+m.n%reserves+2))
	},
	circuit("circuit-region-missing", "B", ""), circuit("circuit-region-malformed", "B", "Hangzhou"), circuit("circuit-region-unknown", "B", "cn-hangzou"),
	circuit("circuit-company-missing", "C", ""), circuit("circuit-line-type-missing", "D", ""), circuit("circuit-line-type-unknown", "D", "SDH"),
	circuit("circuit-si-missing", "E", ""),
	circuit("circuit-time-missing", "F", ""), circuit("circuit-time-malformed", "F", "soon"), circuit("circuit-time-ambiguous", "F", "03/04/2027"),
	circuit("circuit-time-impossible", "F", "2027-02-30"), circuit("circuit-time-gap", "F", "2027-03-28 02:30"), circuit("circuit-time-of-day", "F", "08:00"),
	circuit("circuit-time-serial", "F", "=46402"), circuit("circuit-time-past", "F", "2016-01-15T08:00:00Z"), circuit("circuit-time-far", "F", "2072-01-15T08:00:00Z"),
	circuit("circuit-time-night", "F", "2027-01-17T02:00:00Z"), circuit("circuit-time-echo", "F", "2027-01-15"),
	circuit("circuit-bandwidth-malformed", "G", "1G"), circuit("circuit-bandwidth-range", "G", "=20480"),
	circuit("circuit-token-malformed", "I", "my token"),
	circuit("circuit-line-code-missing", "L", ""), circuit("circuit-line-label-missing", "M", ""), circuit("circuit-line-provider-unknown", "N", "Example Fibre"),
	circuit("circuit-line-contact-masked", "O", "+4*********23"), circuit("circuit-line-contact-form", "O", "示例"), circuit("circuit-line-contact-malformed", "O", "110"),
	circuit("circuit-finished-unknown", "P", "nearly"), circuit("circuit-confirm-unknown", "Q", "maybe"),
	func(m *mutant) {
		m.g.set(m.cell("P"), "no")
		circuit("circuit-confirm-unfinished", "Q", "yes")(m)
	},
	circuit("cell-formula-text", "L", "'=L2"), circuit("cell-placeholder-optional", "M", "TBD"), circuit("cell-error", "N", "!#N/A"),
	func(m *mutant) { circuit("circuit-token-personal", "I", fmt.Sprint(13800000000+m.n))(m) },
	func(m *mutant) {
		circuit("circuit-token-twice", "I", fmt.Sprint("token-", mutants+m.n%reserves))(m)
		m.expect("circuit-token-twice", fmt.Sprint("I", mutants+m.n%reserves+2))
	},
	func(m *mutant) { lone(m); m.expect("circuit-engineers-missing", m.cell("A")) },
	func(m *mutant) {
		engineers(15, m.id())(m.g)
		m.expect("circuit-engineers-many", m.cell("A"))
	},

	engineer("engineer-circuit-missing", "A", ""), engineer("engineer-circuit-unknown", "A", "pc-nowhere"),
	func(m *mutant) { engineer("engineer-circuit-malformed", "A", m.id()+" and others")(m) },
	func(m *mutant) { engineer("engineer-circuit-repeated", "A", m.id()+","+m.id())(m) },
	func(m *mutant) { engineer("engineer-circuit-star", "A", "*,"+m.id())(m) },
	engineer("engineer-name-missing", "B", ""), engineer("engineer-certificate-type-missing", "C", ""), engineer("engineer-certificate-type-unknown", "C", "Other"),
	engineer("engineer-certificate-type-permit", "C", "台胞证"), engineer("engineer-certificate-type-residence", "C", "港澳台居民居住证"),
	engineer("engineer-certificate-missing", "D", ""), engineer("engineer-gender-missing", "E", ""), engineer("engineer-gender-unknown", "E", "M"),
	engineer("engineer-contact-missing", "F", ""),
	engineer("engineer-masked", "B", "示*"), engineer("engineer-masked", "D", "00**************28"), engineer("engineer-masked", "F", "13*******00"),
	func(m *mutant) {
		for k := 1; k <= 2; k++ {
			m.g.set(m.engineer("C", k), "Passport")
			m.g.set(m.engineer("D", k), "E0000001")
			m.expect("engineer-twice", m.engineer("D", k))
		}
	},
	engineer("engineer-id-permit", "D", "H00000000"), engineer("engineer-id-residence", "D", idNumber("81000019900101000")),
	engineer("engineer-id-form", "D", "A123456(7)"), engineer("engineer-certificate-malformed", "D", "00000019900101002"), engineer("engineer-certificate-malformed", "D", "123456"), engineer("engineer-id-old-form", "D", "000000900101002"),
	engineer("engineer-id-check-digit", "D", "000000199001010020"), engineer("engineer-id-birth-date", "D", idNumber("00000019901301002")),
	engineer("engineer-id-age", "D", idNumber("00000020190101002")), engineer("engineer-id-gender", "E", "Male"),
	func(m *mutant) {
		m.g.set(m.engineer("C", 2), "Passport")
		engineer("engineer-passport-form", "D", "E 0000-0")(m)
	},
	engineer("engineer-contact-form", "F", "name@example.com"), engineer("engineer-contact-malformed", "F", "110"),
}

// idNumber appends the check character to 17 digits, by the table of weights in GB 11643,
// which the code under test does not use.
func idNumber(digits string) string {
	weights := [...]int{7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2}
	sum := 0
	for i, w := range weights {
		sum += w * int(digits[i]-'0')
	}
	return digits + "10X98765432"[sum%11:sum%11+1]
}

// mutationBook returns the damaged workbook and everything that must be found in it.
func mutationBook() (*grid, map[string]bool) {
	var circuits, staff strings.Builder
	circuits.WriteString(strings.TrimSpace(circuitsHead) + "| Remarks | #Own | Line code | Line label | Line provider | Line contact | Construction finished | Confirm circuit")
	staff.WriteString(strings.TrimSpace(engineersHead) + " | | Phone")
	for n := range mutants + reserves {
		fmt.Fprintf(&circuits, "\n%s | cn-hangzhou | Example Networks | MSTP | Example Build | 2027-01-15T08:00:00Z | =1000 | Hangzhou | token-%d | a note | 1 | HZ-SH-10GE%[2]dNP | A12-F03 | 中国电信 | +447700900123 | yes | no", circuitID(n), n)
		fmt.Fprintf(&staff, "\n%s | Test Person | Passport | X%07d | Male | +447700900123\n%s | 示例 | IDCard | %s | Female | 13800000000", circuitID(n), n, circuitID(n), idNumber(fmt.Sprintf("0000001990%02d01%02d2", 1+n%12, n/12)))
	}
	g := (&grid{}).add("专线", circuits.String()).add("Engineers", staff.String())
	g.find("专线").info.Name = "Circuits"
	g.find("Circuits").info.Hidden = true
	g.find("Engineers").hidden = []int{6}
	excelTable("Engineers", sheet.Range{Row1: 1, Col1: 1, Row2: 2*(mutants+reserves) + 1, Col2: 6})(g)
	want := map[string]bool{"header-unknown Circuits!J1": true, "hidden-sheet Circuits!A1": true, "hidden-column Engineers!F1": true, "header-outside-table Engineers!H1": true}
	for n := range mutants {
		m := &mutant{g: g, n: n}
		damages[(n+3)%len(damages)](m)
		for _, w := range m.want {
			want[w] = true
		}
	}
	last := len(g.find("Circuits").lines)
	for n := range 5 { // a list that continues below the data
		g.set(fmt.Sprint("G", last+n+1), "=1000")
	}
	want[fmt.Sprintf("values-below-data Circuits!G%d", last+1)] = true
	return g, want
}

func TestMutations(t *testing.T) {
	g, want := mutationBook()
	o := zone("Europe/Berlin")
	o.Purpose = sheet.ForAdvance
	o.Now, o.Regions, o.Severities = now, regions, map[string]sheet.Severity{"cell-rich": sheet.Note}
	compareMutations(t, decode(t, g, o), want, true)

	o.DefaultRegion = "cn-shanghai"
	for w := range maps.Clone(want) {
		if cell, ok := strings.CutPrefix(w, "circuit-region-missing "); ok {
			delete(want, w)
			want["circuit-region-default "+cell] = true
		}
	}
	compareMutations(t, decode(t, g, o), want, false)
}

// compareMutations compares what was found with the damage, and logs rule × found.
func compareMutations(t *testing.T, w *sheet.Workbook, want map[string]bool, all bool) {
	t.Helper()
	type count struct{ done, found int }
	counts := map[string]*count{}
	of := func(key string) *count {
		code, _, _ := strings.Cut(key, " ")
		if counts[code] == nil {
			counts[code] = &count{}
		}
		return counts[code]
	}
	found := map[string]bool{}
	for _, p := range w.Problems {
		key := p.Code + " " + p.At.String()
		if found[key] {
			t.Errorf("reported twice: %s", key)
		}
		found[key] = true
		if !want[key] {
			t.Errorf("false: %s %v", key, p.Args)
		}
	}
	for key := range want {
		of(key).done++
		if found[key] {
			of(key).found++
		} else {
			t.Errorf("missed: %s", key)
		}
	}
	var table strings.Builder
	for _, code := range slices.Sorted(maps.Keys(counts)) {
		fmt.Fprintf(&table, "\n%-36s %3d of %3d", code, counts[code].found, counts[code].done)
	}
	t.Logf("rule × found, %d damages in %d circuits:%s", len(want), mutants, table.String())
	if !all {
		return
	}
	elsewhere := []string{"header-row-late", "header-after-hidden", "circuit-region-default", "circuit-changed-after-submission", "circuit-line-changed-after-completion", "circuit-region-changed-after-submission", "circuit-account-changed-after-submission", "circuit-account-malformed"}
	for _, r := range sheet.Rules() {
		if counts[r.Code] == nil && !r.Input && !slices.Contains(elsewhere, r.Code) {
			t.Errorf("no damage violates %s", r.Code)
		}
	}
}

// TestMutatedWorkbooks damages the workbook as a whole: each damage is found, and nothing
// else.
func TestMutatedWorkbooks(t *testing.T) {
	for code, damage := range map[string]func(*grid){
		"sheet-missing":      rename("Engineers", "People"),
		"sheet-misspelt":     rename("Engineers", "Enginers"),
		"sheet-twice":        func(g *grid) { g.add("专线", circuitsHead) },
		"header-row-missing": func(g *grid) { g.find("Engineers").lines[0] = "" },
		"sheet-empty":        func(g *grid) { g.find("Engineers").lines = nil },
		"header-missing":     func(g *grid) { g.set("E:E1", "") },
		"header-misspelt":    func(g *grid) { g.set("E:E1", "Gendre") },
		"header-twice":       func(g *grid) { g.set("E:G1", "Sex") },
		"header-apart": func(g *grid) {
			for i := 0; i < len(moved()); i += 2 {
				g.set(moved()[i], "")
			}
			g.set("L1", "Bandwidth")
		},
	} {
		g := good()
		damage(g)
		_, err := sheet.Decode(g, sheet.Options{Now: now})
		var input *sheet.InputError
		if !errors.As(err, &input) || len(input.Problems) != 1 || input.Problems[0].Code != code {
			t.Errorf("%s: got %v", code, err)
		}
	}
}
