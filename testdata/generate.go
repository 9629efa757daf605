//go:build ignore

// Command generate writes the two sample workbooks: applications.xlsx, 41 rows with a
// few realistic mistakes, and clean.xlsx, without any. Run it in this folder:
//
//	go run generate.go
//
// All people in them are invented. Identity numbers have the unassigned area code 999999 and
// valid check digits; passport numbers start with X000; phone numbers come from the block
// that Ofcom reserves for drama (+44 7700 900000 to 900999). The construction times are on
// weekdays in spring 2028.
package main

import (
	"bytes"
	"crypto/sha256"
	"encoding/base32"
	"fmt"
	"log"
	"os"
	"strings"
	"time"

	"github.com/loabatch/loabatch/batch/cli/prose"
	"github.com/loabatch/loabatch/batch/cloud"
	"github.com/loabatch/loabatch/sheet/xlsx"
)

// region describes the circuits of one region.
type region struct {
	id, prefix string
	companies  []string
	builders   []string
	sites      []string
	zone       *time.Location
}

var regions = []region{
	{"cn-hangzhou", "bp1", []string{"杭州示例贸易有限公司", "Example Trading (Hangzhou) Co., Ltd.", "Sample Logistics Co., Ltd."},
		[]string{"浙江样例通信工程有限公司", "Placeholder Telecom Engineering"}, []string{"Hangzhou, building 1, room 101", "杭州市示例路 1 号机房", "Hangzhou, dock 4"}, time.FixedZone("", 8*3600)},
	{"cn-shanghai", "uf6", []string{"Example Retail (Shanghai) Co., Ltd.", "上海样例零售有限公司"},
		[]string{"Sample Fibre Works (Shanghai)", "上海占位工程有限公司"}, []string{"Shanghai, hall B2", "上海市样例路 20 号"}, time.FixedZone("", 8*3600)},
	{"ap-southeast-1", "t4n", []string{"Example Shipping Pte. Ltd.", "Sample Finance Pte. Ltd."},
		[]string{"Placeholder Cabling Pte. Ltd."}, []string{"Singapore, level 3, cage 12", "Singapore, level 5, cage 2"}, time.FixedZone("", 8*3600)},
}

var (
	lineTypes  = []string{"MSTP", "MPLSVPN", "FIBRE", "Other"}
	bandwidths = []any{100, 200, 500, 1000, 2000, 10000, nil}
	surnames   = strings.Fields("Ansible Bramble Candle Dapple Ember Fiddle Gravel Harrow Indigo Jumble")
	given      = strings.Fields("Test Sample Dummy Mock Proof Draft")
)

// instanceID returns a realistic circuit ID that depends only on its arguments.
func instanceID(prefix string, n int) string {
	sum := sha256.Sum256(fmt.Appendf(nil, "loabatch sample %s %d", prefix, n))
	return "pc-" + prefix + strings.ToLower(base32.StdEncoding.EncodeToString(sum[:])[:17])
}

// start returns the n-th construction time, within working hours.
func start(n int, zone *time.Location) time.Time {
	day := time.Date(2028, 3, 6, 9+n%8, 0, 0, 0, zone).AddDate(0, 0, n)
	for day.Weekday() == time.Saturday || day.Weekday() == time.Sunday {
		day = day.AddDate(0, 0, 2)
	}
	return day
}

// spelt returns a time in one of the ways people write it.
func spelt(n int, t time.Time) any {
	switch n % 4 {
	case 0:
		return t.UTC() // a date cell
	case 1:
		return t.UTC().Format("2006-01-02T15:04:05Z")
	case 2:
		return t.Format("2006-01-02T15:04:05-07:00")
	}
	return t.UTC().Format("2006-01-02 15:04")
}

// circuitRows returns rows for the given number of circuits in each region.
func circuitRows(counts ...int) [][]any {
	var rows [][]any
	for i, r := range regions {
		for n := range counts[i] {
			k := len(rows)
			rows = append(rows, []any{
				instanceID(r.prefix, n), r.id, r.companies[n%len(r.companies)], lineTypes[k%len(lineTypes)], r.builders[n%len(r.builders)],
				spelt(k, start(k, r.zone)), bandwidths[k%len(bandwidths)], r.sites[n%len(r.sites)],
			})
		}
	}
	return rows
}

// engineer returns a row of the Engineers sheet.
func engineer(n int, circuits string) []any {
	gender := "Male"
	if n%3 == 1 {
		gender = "Female"
	}
	name := given[n%len(given)] + " " + surnames[n/len(given)%len(surnames)]
	contact := fmt.Sprintf("+44 7700 900%03d", n)
	if n%5 == 4 {
		return []any{circuits, name, "Passport", fmt.Sprintf("X000%05d", n), gender, contact}
	}
	return []any{circuits, name, "IDCard", identity(n, gender), gender, contact}
}

// identity returns an 18-digit identity number (GB 11643, ISO 7064 MOD 11-2) without a
// real area code.
func identity(n int, gender string) string {
	serial := 100 + 2*(n%400)
	if gender == "Male" {
		serial++
	}
	s := fmt.Sprintf("999999%04d%02d%02d%03d", 1970+n%30, 1+n%12, 1+n%28, serial)
	sum := 0
	for i, c := range s {
		sum += int(c-'0') * ((1 << (17 - i)) % 11)
	}
	return s + string("10X98765432"[sum%11])
}

// engineerRows gives every circuit an engineer and every second circuit one more. Some
// engineers work on two circuits. The circuits in without get none.
func engineerRows(circuits [][]any, without ...string) [][]any {
	var rows [][]any
	for i, c := range circuits {
		id := c[0].(string)
		if strings.Contains(strings.Join(without, " "), id) {
			continue
		}
		rows = append(rows, engineer(len(rows), id))
		switch {
		case i%4 == 1 && i > 0:
			rows = append(rows, engineer(len(rows), id+", "+circuits[i-1][0].(string)))
		case i%4 == 3:
			rows = append(rows, engineer(len(rows), id))
		}
	}
	return rows
}

// Indices of the columns that get mistakes.
const (
	instance, regionCol, company, lineType, when, bandwidth = 0, 1, 2, 3, 5, 6
	certificate, sex                                        = 3, 4
)

// applications returns the workbook with mistakes.
func applications() xlsx.Template {
	c := circuitRows(15, 14, 11)
	c[4][instance] = "pc-bp1notallocated3kx7" // rejected by the simulator
	c[20][instance] = "pc-uf6hasloa9c2m4t"    // has an LOA in the simulator
	e := engineerRows(c, c[17][instance].(string))

	c[2][company] = c[2][company].(string) + "  "              // trailing spaces
	c[6][bandwidth] = 20480                                    // above the API's limit
	c[9][when] = "2028-02-30"                                  // no such day
	c[12][regionCol] = "cn-hangzou"                            // a typing mistake
	c[15][regionCol] = "cn-shanghai "                          // pasted with a space
	c[22][lineType] = "SDH"                                    // no longer accepted
	c[25][when] = "03/04/2028"                                 // March or April?
	c[27][lineType] = "mstp"                                   // case does not matter
	c[33][bandwidth] = "1000"                                  // a number as text
	c = append(c, append([]any{}, c[30]...))                   // the same circuit twice
	c[len(c)-1][company] = "Sample Finance Pte Ltd"            // under another name
	e[11][certificate] = 999999198507120000.0                  // entered as a number, which loses digits
	e[18][certificate] = flip(e[18][certificate].(string))     // a wrong digit
	e[30][sex] = "male"                                        // case does not matter
	e = append(e, engineer(len(e), "pc-t4nsomethingelse0001")) // a circuit that is not in the sheet
	return xlsx.Template{Words: prose.English, Regions: cloud.KnownRegions(), Circuits: c, Engineers: e}
}

// flip changes the third-last digit of a number.
func flip(s string) string {
	b := []byte(s)
	b[len(b)-3] = '0' + (b[len(b)-3]-'0'+1)%10
	return string(b)
}

// afterLetter returns the last columns of the n-th circuit.
func afterLetter(n int) []any {
	provider := []string{"China Telecom", "China Unicom", "China Mobile", "Other ISPs in China"}[n%4]
	finished, confirm := "yes", "no"
	switch n % 4 {
	case 1:
		confirm = "yes"
	case 3:
		finished = "no"
	}
	return []any{fmt.Sprintf("EX-10GE%04dNP", 101+n), fmt.Sprintf("A%02d-F%02d-P%02d", 1+n/4, 1+n%4, 1+n), provider, fmt.Sprintf("+44 7700 900%03d", 500+n), finished, confirm}
}

// clean returns the workbook without mistakes. One engineer works on every circuit.
func clean() xlsx.Template {
	c := circuitRows(6, 4, 2)
	for n := range c {
		c[n] = append(append(c[n], nil, nil), afterLetter(n)...) // without a token and an account
	}
	return xlsx.Template{Words: prose.English, Regions: cloud.KnownRegions(), Circuits: c, Engineers: append(engineerRows(c), engineer(90, "*"))}
}

func main() {
	log.SetFlags(0)
	for name, t := range map[string]xlsx.Template{"applications.xlsx": applications(), "clean.xlsx": clean()} {
		var b bytes.Buffer
		if err := xlsx.WriteTemplate(&b, t); err != nil {
			log.Fatal(err)
		}
		if err := os.WriteFile(name, b.Bytes(), 0o644); err != nil {
			log.Fatal(err)
		}
		fmt.Println(name, len(t.Circuits), "circuits,", len(t.Engineers), "engineers,", b.Len(), "bytes")
	}
}
