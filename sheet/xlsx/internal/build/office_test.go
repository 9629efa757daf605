package build

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/loabatch/loabatch/sheet"
	"github.com/xuri/excelize/v2"
)

// identityNumber appends the check character to 17 digits. Unlike the formula, it uses the
// recurrence of ISO 7064, not the weights.
func identityNumber(digits string) string {
	sum := 0
	for _, d := range digits {
		sum = (sum + int(d-'0')) * 2 % 11
	}
	return digits + string("0123456789X"[(12-sum)%11])
}

// typed is a text typed into a cell.
type typed struct{ sheet, cell, text string }

// typedRow types values into a row from column B on; an empty one leaves its cell alone.
func typedRow(name string, row int, values ...string) (list []typed) {
	for i, v := range values {
		if v != "" {
			list = append(list, typed{name, fmt.Sprintf("%s%d", sheet.ColName(i+2), row), v})
		}
	}
	return list
}

// TestOfficeChecksWhatIsTyped runs a script in LibreOffice that types into the blank workbooks,
// and reads what #Check and the guide say, what the formats mark, and what the validations
// accept.
func TestOfficeChecksWhatIsTyped(t *testing.T) {
	t.Run("en", func(t *testing.T) { typeIntoBlank(t, "blank.xlsx", sheet.English) })
	t.Run("zh", func(t *testing.T) { typeIntoBlank(t, "blank.zh.xlsx", sheet.Chinese) })
}

// chineseWords are the Chinese words of #Check, the guide and the dropdowns.
var chineseWords = strings.NewReplacer(
	"ready: 3 of 12", "已填好：3 / 12", "ready: 4 of 12", "已填好：4 / 12", "ready: 5 of 12", "已填好：5 / 12",
	"ready", "已填好", "missing: ", "缺少：", "an engineer", "施工工程师", ", ", "、", "not in the list: ", "不在列表中：",
	"wrong: this circuit has two rows", "有误：该专线有两行", "wrong: bandwidth, 2 to 10240", "有误：带宽应为 2 到 10240",
	"wrong: not a circuit of this workbook", "有误：不是本工作簿中的专线", "wrong: check digit of the ID number", "有误：身份证号码的校验位",
	"wrong: digits of the number are lost", "有误：号码的末尾几位已丢失", "wrong: there is no such date", "有误：没有这个日期",
	"Instance ID", "实例 ID", "Region ID", "地域 ID", "Company name", "公司名称", "Line type", "专线类型", "Construction company", "施工单位",
	"Construction time (UTC)", "施工时间 (UTC)", "Certificate number", "证件号码", "Certificate type", "证件类型",
	"China Telecom", "中国电信", "yes", "是", "no", "否", "Line provider", "线路运营商", "FIBRE", "光纤直连", "IDCard", "身份证", "Passport", "护照", "Male", "男",
)

// typeIntoBlank types into one of the blank workbooks.
func typeIntoBlank(t *testing.T, file string, l sheet.Language) {
	say := func(s string) string { return s }
	if l == sheet.Chinese {
		say = chineseWords.Replace
	}
	circuits, engineers, guide := l.SheetName(sheet.CircuitsSheet), l.SheetName(sheet.EngineersSheet), l.AddedName(GuideName)
	circuit := func(row int, id string, rest ...string) []typed {
		return typedRow(circuits, row, append([]string{id}, rest...)...)
	}
	whole := []string{"cn-hangzhou", "Example Networks", say("FIBRE"), "Example Build", "2099-01-15 08:00"}
	engineer := func(row int, ids, kind, number string) []typed {
		return typedRow(engineers, row, ids, "Testperson A", say(kind), number, say("Male"), "+86 139 0000 0000")
	}
	right, small := identityNumber("99999919900101001"), identityNumber("99999919900101009")
	for small[17] != 'X' {
		small = identityNumber(fmt.Sprintf("%017d", mustInt(small[:17])+1))
	}
	wrong := right[:16] + string('0'+(right[16]-'0'+1)%10) + right[17:]

	s := newOffice(t, "../../../../templates/"+file)
	s.enter(circuit(4, "pc-first00001", whole...))
	s.enter(circuit(5, "pc-second0001", "cn-nowhere", " ", "Copper"))
	s.enter(circuit(6, "pc-lonely0001", whole...))
	s.enter(circuit(7, "pc-twice00001", whole...))
	s.enter(circuit(8, "pc-twice00001", whole...))
	s.enter(circuit(9, "", "cn-hangzhou"))
	s.enter(circuit(10, "vbr-other0001", "cn-hangzhou", "Example Networks", say("FIBRE"), "Example Build", "1999-01-15", "1", "", strings.Repeat("x", 65)))
	s.enter(circuit(11, "pc-third00001", "cn-hangzhou", "Example Networks", say("FIBRE"), "Example Build", "2099-01-15T08:00:00Z", "10240", "", "token"))
	s.enter(circuit(12, "pc-third00002", "cn-nowhere", "Example Networks", say("FIBRE"), "Example Build", "2099-01-15 08:00"))
	s.enter(circuit(14, "pc-fifth00001", "cn-hangzhou", "Example Networks", say("FIBRE"), "Example Build", "2099-02-30"))
	s.enter(circuit(15, "pc-fifth00002", "cn-hangzhou", "Example Networks", say("FIBRE"), "Example Build", "2099-02-28T08:00:00+08:00"))
	s.enter(engineer(17, "pc-fifth00001,pc-fifth00002", "Passport", "E00000001"))
	s.enter(circuit(2003, "pc-last000001"))
	s.enter(engineer(4, "pc-first00001", "IDCard", right))
	s.enter(engineer(5, "pc-second0001, pc-twice00001", "IDCard", small[:17]+"x"))
	s.enter(engineer(14, " pc-first00001；pc-second0001\npc-twice00001、pc-third00001;", "Passport", "E00000001"))
	s.enter(engineer(15, "pc-first00001 pc-second0001", "Passport", "E00000001"))
	s.enter(engineer(6, "pc-nowhere001", "Passport", "E00000001"))
	s.enter(engineer(7, "pc-first00001", "IDCard", wrong))
	s.enter(engineer(8, "pc-first00001; pc-nowhere001", "IDCard", right))
	s.enter(engineer(9, "vbr-other0001", "Passport", wrong))
	s.enter(engineer(10, "pc-third00001", "Residence", ""))
	s.enter(engineer(12, "pc-third00002", "Residence", "E00000001"))
	s.enter(typedRow(engineers, 13, "pc-third00002", "Testperson A", say("IDCard"), "", say("Male"), "+86 139 0000 0000"))
	s.number(engineers, "E13", "999999199001010000")
	for _, read := range []struct{ sheet, cell, want string }{
		{circuits, "A4", "ready"},
		{circuits, "A5", "missing: Company name, Construction company, Construction time (UTC)"},
		{circuits, "A6", "missing: an engineer"},
		{circuits, "A7", "wrong: this circuit has two rows"},
		{circuits, "A8", "wrong: this circuit has two rows"},
		{circuits, "A9", "missing: Instance ID, Company name, Line type, Construction company, Construction time (UTC)"},
		{circuits, "A10", "wrong: bandwidth, 2 to 10240"},
		{circuits, "A11", "ready"},
		{circuits, "A12", "not in the list: Region ID"},
		{circuits, "A13", ""},
		{circuits, "A14", "wrong: there is no such date"},
		{circuits, "A15", "ready"},
		{circuits, "A2003", "missing: Region ID, Company name, Line type, Construction company, Construction time (UTC), an engineer"},
		{engineers, "A4", "ready"},
		{engineers, "A5", "ready"},
		{engineers, "A6", "wrong: not a circuit of this workbook"},
		{engineers, "A7", "wrong: check digit of the ID number"},
		{engineers, "A8", "wrong: not a circuit of this workbook"},
		{engineers, "A9", "ready"},
		{engineers, "A10", "missing: Certificate number"},
		{engineers, "A12", "not in the list: Certificate type"},
		{engineers, "A14", "ready"},
		{engineers, "A15", "wrong: not a circuit of this workbook"},
		{engineers, "A13", "wrong: digits of the number are lost"},
		{guide, "B4", "ready: 3 of 12"},
		{guide, "B5", "ready: 5 of 12"},
	} {
		s.read(read.sheet, read.cell, say(read.want))
	}
	for cell, want := range map[typed]bool{
		{circuits, "B5", ""}: true, {circuits, "B7", ""}: false, {circuits, "B10", ""}: false,
		{circuits, "C4", ""}: true, {circuits, "C5", ""}: false,
		{circuits, "E4", ""}: true, {circuits, "E5", ""}: false,
		{circuits, "G4", ""}: true, {circuits, "G10", ""}: false, {circuits, "G11", ""}: true,
		{circuits, "H10", ""}: false, {circuits, "H11", ""}: true,
		{circuits, "J10", ""}: false, {circuits, "J11", ""}: true,
		{engineers, "B4", ""}: true, {engineers, "B6", ""}: false,
		{engineers, "D4", ""}: true, {engineers, "D10", ""}: false,
		{engineers, "E4", ""}: true, {engineers, "E5", ""}: true, {engineers, "E7", ""}: false, {engineers, "E9", ""}: true,
	} {
		s.accepts(cell.sheet, cell.cell, want)
	}
	for cell, want := range map[typed]int{
		{circuits, "A4", ""}: 1, {circuits, "A5", ""}: 2, {circuits, "A10", ""}: 3, {circuits, "A13", ""}: 0,
		{circuits, "B4", ""}: 0, {circuits, "B7", ""}: 1, {circuits, "B9", ""}: 2, {circuits, "B13", ""}: 0, {circuits, "C12", ""}: 1, {circuits, "H10", ""}: 1, {circuits, "H11", ""}: 0, {circuits, "H4", ""}: 0,
		{circuits, "D4", ""}: 0, {circuits, "D5", ""}: 1,
		{engineers, "B4", ""}: 0, {engineers, "B6", ""}: 1, {engineers, "B8", ""}: 1, {engineers, "B20", ""}: 0,
		{engineers, "E4", ""}: 0, {engineers, "E7", ""}: 2, {engineers, "E10", ""}: 3, {engineers, "E13", ""}: 1,
	} {
		s.marked(cell.sheet, cell.cell, want)
	}
	// An engineer for every circuit is also one for the circuit that had none.
	s.enter(engineer(11, "*", "Passport", "E00000001"))
	s.read(circuits, "A6", say("ready"))
	s.read(engineers, "A11", say("ready"))
	s.read(guide, "B4", say("ready: 4 of 12"))
	// A value of the API is right in any language, although no dropdown accepts it.
	s.enter(circuit(13, "pc-fourth0001", "cn-hangzhou", "Example Networks", "FIBRE", "Example Build", "2099-01-15 08:00"))
	s.read(circuits, "A13", say("ready"))
	// So is any spelling that the reader accepts.
	s.enter(circuit(13, "pc-fourth0001", "cn-hangzhou", "Example Networks", "Optical  fiber", "Example Build", "2099-01-15 08:00"))
	s.read(circuits, "A13", say("ready"))
	s.enter(circuit(13, "pc-fourth0001", "cn-hangzhou", "Example Networks", "裸光纤", "Example Build", "2099-01-15 08:00"))
	s.read(circuits, "A13", say("ready"))
	s.enter(circuit(13, "pc-fourth0001", "cn-hangzhou", "Example Networks", "MPLS-VPN", "Example Build", "2099-01-15 08:00"))
	s.read(circuits, "A13", say("ready"))
	s.enter(typedRow(engineers, 16, "pc-fourth0001", "Testperson A", "居民身份证", right, "女性", "+86 139 0000 0000"))
	s.read(engineers, "A16", say("ready"))
	s.enter(typedRow(engineers, 16, "pc-fourth0001", "Testperson A", "IDCard", wrong, "Female", "+86 139 0000 0000"))
	s.read(engineers, "A16", say("wrong: check digit of the ID number"))
	s.enter(typedRow(engineers, 16, "", "", "", right))
	s.read(engineers, "A16", say("ready"))
	// After the letter: the code of a finished line is missing, and a circuit is confirmed too early.
	for row, v := range map[int][]string{4: {"", "A/1", say("China Telecom"), "", say("yes"), ""}, 6: {"L-1", "", "CMCC", "", say("no"), say("yes")}, 11: {"", "", "", "", "", ""}, 15: {"L-1", "A/1", "Example Fibre", "", "Y", "maybe"}} {
		s.enter(typedRow(circuits, row, append(make([]string, 10), v...)...))
	}
	for cell, want := range map[string]int{"L4": 1, "M4": 0, "N4": 0, "Q4": 0, "L6": 0, "M6": 0, "N6": 0, "Q6": 2, "L11": 0, "M11": 0, "Q11": 0, "N15": 1, "P15": 0, "Q15": 1} {
		s.marked(circuits, cell, want)
	}
	s.read(circuits, "A4", say("ready"))
	s.read(circuits, "A15", say("not in the list: Line provider"))
	s.accepts(circuits, "N4", true)
	s.accepts(circuits, "N15", false)
	s.run()
}

func mustInt(s string) (n int) {
	fmt.Sscan(s, &n)
	return n
}

// office collects a script that LibreOffice runs on a workbook, in Basic: it enters values,
// and prints what it reads.
type office struct {
	t     *testing.T
	path  string
	file  *excelize.File
	lines []string
	what  []string
	want  []string
}

// newOffice starts a script on a copy of a workbook, or skips the test.
func newOffice(t *testing.T, path string) *office {
	t.Helper()
	if testing.Short() {
		t.Skip("LibreOffice takes long to start")
	}
	if os.Getenv("LOABATCH_OFFICE") == "" {
		t.Skip("LOABATCH_OFFICE is not set: .ci/run has LibreOffice type into the template, which takes half a minute")
	}
	if _, err := exec.LookPath("soffice"); err != nil {
		t.Skip("soffice is not installed (install libreoffice-calc)")
	}
	content, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	o := &office{t: t, path: filepath.Join(t.TempDir(), "typed.xlsx")}
	if err := os.WriteFile(o.path, content, 0o600); err != nil {
		t.Fatal(err)
	}
	if o.file, err = excelize.OpenReader(bytes.NewReader(content)); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { o.file.Close() })
	return o
}

func (o *office) add(format string, args ...any) {
	o.lines = append(o.lines, fmt.Sprintf(format, args...))
}

// basic quotes a text for Basic.
func basic(s string) string {
	return `"` + strings.NewReplacer(`"`, `""`, "\n", `" & Chr(10) & "`).Replace(s) + `"`
}

// enter types values. A typed date or number becomes one, unless the cell is formatted as
// text.
func (o *office) enter(list []typed) {
	for _, v := range list {
		o.add("enter %s, %s, %s", basic(v.sheet), basic(v.cell), basic(v.text))
	}
}

// number enters a number like a paste, in any format of the cell.
func (o *office) number(name, cell, value string) {
	o.add("doc.Sheets.getByName(%s).getCellRangeByName(%s).Value = %s", basic(name), basic(cell), value)
}

// read expects a text in a cell.
func (o *office) read(name, cell, want string) {
	o.add("Print #1, doc.Sheets.getByName(%s).getCellRangeByName(%s).String", basic(name), basic(cell))
	o.what, o.want = append(o.what, name+"!"+cell), append(o.want, want)
}

// evaluate expects the result of a formula in a cell. The formula is that of the first row.
func (o *office) evaluate(what, name, cell, formula, want string) {
	o.add("Print #1, evaluated(%s, %s, %s)", basic(name), basic(cell[1:]), basic("="+calcFormula(formula)))
	o.what, o.want = append(o.what, what+" "+name+"!"+cell), append(o.want, want)
}

// calcFormula converts a formula to the syntax of LibreOffice's interface.
func calcFormula(formula string) string {
	parts := strings.Split(formula, `"`)
	for i := 0; i < len(parts); i += 2 { // those outside of quotes
		parts[i] = strings.NewReplacer(",", ";", "!", ".").Replace(parts[i])
	}
	return strings.Join(parts, `"`)
}

// accepts expects the validation of a cell to accept its value, or not.
func (o *office) accepts(name, cell string, want bool) {
	o.t.Helper()
	all, err := o.file.GetDataValidations(name)
	if err != nil {
		o.t.Fatal(err)
	}
	dv := validationOf(all, cell[:1])
	if dv == nil {
		o.t.Fatalf("%s!%s has no validation", name, cell)
	}
	first := fmt.Sprintf("%s%d", cell[:1], firstRow)
	unescaped := strings.NewReplacer("&lt;", "<", "&gt;", ">", "&amp;", "&").Replace(dv.Formula1)
	formula := unescaped
	switch dv.Type {
	case "list":
		formula = fmt.Sprintf("COUNTIF(%s,%s)>0", unescaped, first)
	case "whole":
		formula = fmt.Sprintf("AND(ISNUMBER(%[1]s),%[1]s>=%[2]s,%[1]s<=%[3]s)", first, dv.Formula1, dv.Formula2)
	case "textLength":
		formula = fmt.Sprintf("AND(LEN(%[1]s)>=%[2]s,LEN(%[1]s)<=%[3]s)", first, dv.Formula1, dv.Formula2)
	}
	o.evaluate("validation of", name, cell, fmt.Sprintf(`IF(%s,"yes","no")`, formula), map[bool]string{true: "yes", false: "no"}[want])
}

// marked expects the format of a cell that applies: 1 is the first of its column, 0 none.
func (o *office) marked(name, cell string, want int) {
	o.t.Helper()
	all, err := o.file.GetConditionalFormats(name)
	if err != nil {
		o.t.Fatal(err)
	}
	rules := all[below(cell[:1])]
	formula := `"0"`
	for i := len(rules) - 1; i >= 0; i-- {
		formula = fmt.Sprintf(`IF(%s,"%d",%s)`, rules[i].Criteria, i+1, formula)
	}
	o.evaluate("format of", name, cell, formula, fmt.Sprint(want))
}

// The script's start and end. The scratch cell for a formula is in column Z, and filling it
// down moves its references.
const (
	scriptStart = `
Dim doc As Object

Sub enter(name As String, cell As String, text As String)
	Dim target As Object
	target = doc.Sheets.getByName(name).getCellRangeByName(cell)
	If target.NumberFormat = doc.NumberFormats.queryKey("@", target.CharLocale, False) Then
		target.String = text
	Else
		target.FormulaLocal = text
	End If
End Sub

Function evaluated(name As String, row As String, formula As String) As String
	Dim page As Object
	page = doc.Sheets.getByName(name)
	page.getCellRangeByName("Z4").Formula = formula
	If row <> "4" Then page.copyRange(page.getCellRangeByName("Z" & row).CellAddress, page.getCellRangeByName("Z4").RangeAddress)
	evaluated = page.getCellRangeByName("Z" & row).String
	page.getCellRangeByName("Z4").Formula = ""
	page.getCellRangeByName("Z" & row).Formula = ""
End Function

Sub Main
	Dim hidden(0) As New com.sun.star.beans.PropertyValue
	hidden(0).Name = "Hidden"
	hidden(0).Value = True
`
	scriptEnd = `
	Close #1
	doc.close(True)
	StarDesktop.terminate()
End Sub
`
)

// run runs the script in a separate profile and compares what it printed.
func (o *office) run() {
	o.t.Helper()
	profile := o.t.TempDir()
	o.soffice(profile, "--terminate_after_init") // which writes an empty module
	out := filepath.Join(profile, "out.txt")
	source := scriptStart + fmt.Sprintf("\tdoc = StarDesktop.loadComponentFromURL(%s, \"_blank\", 0, hidden())\n\tOpen %s For Output As #1\n\t%s",
		basic("file://"+o.path), basic(out), strings.Join(o.lines, "\n\t")) + scriptEnd
	module := `<?xml version="1.0" encoding="UTF-8"?>` + "\n" +
		`<script:module xmlns:script="http://openoffice.org/2000/script" script:name="Module1" script:language="StarBasic">` + escaped(source) + `</script:module>`
	if err := os.WriteFile(filepath.Join(profile, "user", "basic", "Standard", "Module1.xba"), []byte(module), 0o600); err != nil {
		o.t.Fatal(err)
	}
	said := o.soffice(profile, "macro:///Standard.Module1.Main")
	printed, err := os.ReadFile(out)
	if err != nil {
		o.t.Fatalf("soffice: %v: %s", err, said)
	}
	got := strings.Split(strings.TrimSuffix(string(printed), "\n"), "\n")
	if len(got) != len(o.want) {
		o.t.Errorf("the script printed %d lines, want %d", len(got), len(o.want))
	}
	for i := range min(len(got), len(o.want)) {
		if got[i] != o.want[i] {
			o.t.Errorf("%s is %q, want %q", o.what[i], got[i], o.want[i])
		}
	}
}

// soffice runs LibreOffice and returns its output.
func (o *office) soffice(profile, do string) []byte {
	o.t.Helper()
	ctx, cancel := context.WithTimeout(o.t.Context(), 5*time.Minute)
	defer cancel()
	said, err := exec.CommandContext(ctx, "soffice", "-env:UserInstallation=file://"+profile, "--headless", "--norestore", do).CombinedOutput()
	if err != nil {
		o.t.Fatalf("soffice %s: %v: %s", do, err, said)
	}
	return said
}
