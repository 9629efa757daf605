package histories

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/loabatch/loabatch/batch"
	"github.com/loabatch/loabatch/sheet"
)

// book is a workbook as kept by people: rows of a Circuits sheet, without the cells.
type book struct {
	name string
	rows []bookRow
	of   *book     // the original, if this is a process's snapshot
	read time.Time // when the snapshot was taken
}

// bookRow is one row of a book.
type bookRow struct {
	instance string
	region   string
	version  int        // of the content; 0 is the first
	bad      bool       // it names a construction company that the service rejects
	own      string     // the Client token column
	past     sheet.Past // the result columns, if the book is a results copy
	broken   bool       // a cell has a value that validation rejects
}

// keep writes an outcome into the result columns, as package sheet does.
func (r *bookRow) keep(o *batch.Outcome) {
	before := r.past
	r.past = sheet.Past{
		Result: string(o.Result), ErrorCode: o.ErrorCode, ClientToken: o.Token, RequestID: o.RequestID, LOAStatus: o.LOAStatus,
		SubmittedAt: o.SubmittedAt.UTC().Truncate(time.Second),
	}
	switch o.Result {
	case sheet.Unknown:
		r.past.SubmittedAt = o.Tried.UTC().Truncate(time.Second)
	case sheet.Invalid, sheet.NotAttempted, sheet.Refused:
		if o.Result == sheet.Refused && o.ErrorCode != batch.CodeNoCircuit {
			break
		}
		if before.MayStand() {
			r.past.ClientToken, r.past.SubmittedAt, r.past.LOAStatus = before.ClientToken, before.SubmittedAt, cmp.Or(r.past.LOAStatus, before.LOAStatus)
		}
	}
}

func (b *book) clone(name string) *book {
	return &book{name: name, rows: slices.Clone(b.rows)}
}

// snapshot is what a process reads: another one may write a results copy meanwhile.
func (w *world) snapshot(b *book) *book {
	w.mu.Lock()
	defer w.mu.Unlock()
	read := b.clone(b.name)
	read.of, read.read = b, time.Now()
	return read
}

func (b *book) String() string {
	var s strings.Builder
	fmt.Fprintf(&s, "%s:", b.name)
	for _, r := range b.rows {
		fmt.Fprintf(&s, " %s/%s/v%d", r.instance, r.region, r.version)
		if r.bad {
			s.WriteString("!")
		}
		if r.broken {
			s.WriteString("?")
		}
		if r.past.Result != "" {
			s.WriteString("+" + r.past.Result)
		}
	}
	return s.String()
}

// construction is when all construction starts: some time after every history.
var construction = time.Date(2027, 1, 15, 8, 0, 0, 0, time.UTC)

// circuit is the row as Decode would read it. An odd version differs from the previous one only in what
// Describe does not echo, an even one also in what it does.
func (r *bookRow) circuit(row int, engineers int32) sheet.Circuit {
	c := sheet.Circuit{
		Row: row, InstanceID: r.instance, RegionID: r.region, CompanyName: "Example Ltd", LineType: "FIBRE", Si: "Example Builders",
		ConstructionTime: construction, Bandwidth: 100 + r.version, ClientToken: r.own, Engineers: []int32{0}, Past: new(r.past), Invalid: r.broken,
	}
	if echoed := r.version / 2; echoed > 0 {
		c.CompanyName = fmt.Sprintf("Example %d Ltd", echoed)
	}
	if r.bad {
		c.Si = refusedBuilder
	}
	if r.version%3 == 2 && engineers > 1 {
		c.Engineers = []int32{0, 1}
	}
	return c
}

// workbook is the book as Decode would read it.
func (b *book) workbook() *sheet.Workbook {
	w := &sheet.Workbook{
		CircuitsTable: sheet.Table{
			Sheet: "Circuits", HeaderRow: 1, Columns: map[sheet.ColumnID]int{sheet.CircuitInstanceID: 1},
			Headers: map[sheet.ColumnID]string{sheet.CircuitInstanceID: "Instance ID"},
		},
		EngineersTable: sheet.Table{Sheet: "Engineers", HeaderRow: 1},
		Engineers: []sheet.Engineer{
			{Row: 2, All: true, Name: "Made Up", CertificateType: "IDCard", CertificateNo: "000000199001010000", Gender: "Male", Contact: "00000000000"},
			{Row: 3, Name: "Made Up Too", CertificateType: "Passport", CertificateNo: "X0000000", Gender: "Female", Contact: "00000000001"},
		},
	}
	for i := range b.rows {
		w.Circuits = append(w.Circuits, b.rows[i].circuit(i+2, int32(len(w.Engineers))))
	}
	return w
}

// ownToken is how the tokens start that people choose themselves.
const ownToken = "own-token-"

// regions are those of the account.
var regions = []string{"cn-hangzhou", "eu-central-1"}

// edit is something that people do to their workbooks between two nights.
type edit struct {
	name string
	do   func(w *world, b *book, d dice)
}

// edits are what people do, the frequent ones several times.
var edits = []edit{
	{"edit a row", editRow}, {"edit a row", editRow}, {"edit a row", editRow},
	{"edit a row back", editBack},
	{"correct what was refused", correct}, {"correct what was refused", correct},
	{"split", split}, {"merge", merge}, {"copy", copyBook}, {"reorder", reorder}, {"rename", rename},
	{"use the original again", original},
	{"change a region", changeRegion},
}

// edit does one thing to one book. If ledgers know each other's applications only from results copies,
// nobody goes back to an older one.
func (w *world) edit(d dice) {
	b := pick(d.at(1), w.books)
	list := edits
	if w.allowed("ledgers") {
		list = append(slices.Clip(list), edit{"break a cell", breakCell}, edit{"mend the cells", mendCells}, edit{"mend the cells", mendCells})
	}
	e := pick(d.at(2), list)
	if len(b.rows) == 0 || w.carried() && (e.name == "copy" || e.name == "use the original again") {
		return
	}
	e.do(w, b, d.at(3))
	w.trace("  %s: %s", e.name, b)
}

func editRow(_ *world, b *book, d dice) {
	r := &b.rows[d.at(1).n(len(b.rows))]
	r.version, r.bad = r.version+1+d.at(2).n(2), d.at(3).chance(0.1)
}

func breakCell(_ *world, b *book, d dice) { b.rows[d.n(len(b.rows))].broken = true }

func mendCells(_ *world, b *book, _ dice) {
	for i := range b.rows {
		b.rows[i].broken = false
	}
}

func editBack(_ *world, b *book, d dice) {
	r := &b.rows[d.at(1).n(len(b.rows))]
	r.version, r.bad = max(0, r.version-1-d.at(2).n(2)), false
}

func correct(_ *world, b *book, d dice) {
	for i := range b.rows {
		if r := &b.rows[i]; r.bad || r.past.Result == string(sheet.Refused) && d.at(uint64(i)).chance(0.5) {
			r.version, r.bad = r.version+1, false
		}
	}
}

// split moves some rows to a new book.
func split(w *world, b *book, d dice) {
	if len(b.rows) < 2 || len(w.books) > 4 {
		return
	}
	at := 1 + d.n(len(b.rows)-1)
	half := &book{name: w.newName(), rows: slices.Clone(b.rows[at:])}
	b.rows = b.rows[:at]
	w.books = append(w.books, half)
}

// merge moves the rows of the last book to another, except for circuits that are already there.
func merge(w *world, b *book, _ dice) {
	end := w.books[len(w.books)-1]
	if end == b {
		return
	}
	for _, r := range end.rows {
		if !slices.ContainsFunc(b.rows, func(x bookRow) bool { return x.instance == r.instance }) {
			b.rows = append(b.rows, r)
		}
	}
	w.books = w.books[:len(w.books)-1]
}

func copyBook(w *world, b *book, _ dice) {
	if len(w.books) < 4 {
		w.books = append(w.books, b.clone(w.newName()))
	}
}

func reorder(_ *world, b *book, d dice) {
	for i := range b.rows {
		j := d.at(uint64(i)).n(i + 1)
		b.rows[i], b.rows[j] = b.rows[j], b.rows[i]
	}
}

func rename(w *world, b *book, _ dice) { b.name = w.newName() }

// original removes the result columns: people continue with the file that they had.
func original(_ *world, b *book, _ dice) {
	for i := range b.rows {
		b.rows[i].past = sheet.Past{}
	}
}

func changeRegion(w *world, b *book, d dice) {
	if !w.allowed("region") {
		return
	}
	r := &b.rows[d.at(1).n(len(b.rows))]
	r.region = pick(d.at(2), regions)
}

func (w *world) newName() string {
	w.names++
	return fmt.Sprintf("book%d", w.names)
}

// firstBooks are the workbooks that a history starts with: one, or two of different circuits.
func (w *world) firstBooks(d dice, circuits int) {
	b := &book{name: w.newName()}
	w.books = []*book{b}
	for i := range circuits {
		one := d.at(uint64(i))
		if i == 3 {
			b = &book{name: w.newName()}
			w.books = append(w.books, b)
		}
		r := bookRow{instance: fmt.Sprintf("pc-%d", i), region: regions[i%len(regions)], bad: one.at(1).chance(0.1)}
		if one.at(2).chance(0.15) {
			r.own = fmt.Sprint(ownToken, i)
		}
		b.rows = append(b.rows, r)
	}
}

// foreign is the void LOA, if any, for which another program, or one whose ledger is gone, applied long
// before the history.
func (r *bookRow) foreign(d dice, started time.Time) []*letter {
	if !d.at(1).chance(0.4) {
		return nil
	}
	of := *r
	of.version, of.bad = pick(d.at(2), []int{0, 0, 1, 2}), false
	c := of.circuit(2, 2)
	content := request{
		instance: r.instance, region: r.region, token: "foreign", parameters: "foreign",
		company: c.CompanyName, si: c.Si, line: c.LineType, time: c.ConstructionTime.UTC().Format(sheet.SentTime),
	}
	return []*letter{{status: pick(d.at(3), []string{"Rejected", "Rejected", "Deleted"}), content: content, at: started.Add(-48 * time.Hour)}}
}
