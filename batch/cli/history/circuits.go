package history

import (
	"cmp"
	"io"
	"math"
	"strconv"
	"time"

	"github.com/loabatch/loabatch/batch/cli/accounts"
	"github.com/loabatch/loabatch/batch/cli/loa"
	"github.com/loabatch/loabatch/batch/cli/reasons"
	"github.com/loabatch/loabatch/batch/ledger"
	"github.com/loabatch/loabatch/batch/report"
	"github.com/loabatch/loabatch/batch/waiting"
	"github.com/loabatch/loabatch/sheet"
)

// eventLine is one thing that happened to a circuit, in the JSON of history.
type eventLine struct {
	RunID      string       `json:"run_id"`
	Scope      string       `json:"scope"`
	Region     string       `json:"region_id"`
	SheetRow   int          `json:"sheet_row"`
	Begun      *time.Time   `json:"begun_at"`
	Finished   *time.Time   `json:"finished_at"`
	Result     sheet.Result `json:"result"`
	Message    string       `json:"message"`
	ErrorCode  string       `json:"error_code"`
	RequestID  string       `json:"request_id"`
	Token      string       `json:"client_token"`
	Generation int          `json:"generation"`
	Attempts   int          `json:"attempts"`
	LOAStatus  string       `json:"loa_status"`
}

// Circuit lists what happened to a circuit.
func (p *Printer) Circuit(circuit string, events []ledger.Event) error {
	list := make([]eventLine, len(events))
	for i, e := range events {
		o := e.Outcome
		message, _ := reasons.Message(p.Lines.Words, &o)
		list[i] = eventLine{accounts.Whole(e.RunID), string(e.Scope), o.Key.Region, o.Row, moment(e.Begun), moment(e.Finished), o.Result, message,
			o.ErrorCode, o.RequestID, o.Token, o.Generation, o.Attempts, o.LOAStatus}
	}
	if p.JSON {
		return report.Value(p.Out, struct {
			InstanceID string      `json:"instance_id"`
			Events     []eventLine `json:"events"`
		}{circuit, list})
	}
	rows := p.begin("history-events")
	for _, e := range list {
		rows = append(rows, []string{e.RunID, stampOf(e.Begun), stampOf(e.Finished), strconv.Itoa(e.Attempts), p.Lines.Words.Vocabulary().Result(e.Result), e.RequestID, e.Token, e.Message, e.Scope})
	}
	return p.table(rows, []int{0, 1, 3, 4}, []int{2, 5, 6, 7, 8})
}

// waitingLine is a circuit that waits for somebody, in the JSON of history.
type waitingLine struct {
	InstanceID   string        `json:"instance_id"`
	Region       string        `json:"region_id"`
	Scope        string        `json:"scope"`
	Company      string        `json:"company"`
	LOAStatus    string        `json:"loa_status"`
	Since        time.Time     `json:"since"`
	Days         float64       `json:"days"`
	AskedAt      time.Time     `json:"asked_at"`
	WaitingFor   waiting.Party `json:"waiting_for"`
	Message      string        `json:"message"` // for whom, and for what
	Rejections   int           `json:"rejections"`
	Letter       string        `json:"letter"`
	LetterSHA256 string        `json:"letter_sha256"`
}

// companyLine counts the results of a company's applications, in the JSON of history.
type companyLine struct {
	Company     string `json:"company"`
	Circuits    int    `json:"circuits"`
	Reviewed    int    `json:"reviewed"`
	Rejections  int    `json:"rejections"`
	RejectedNow int    `json:"rejected_now"`
}

// stateLine is how long LOAs stayed in a status, in the JSON of history; null if none has left it.
type stateLine struct {
	LOAStatus   string   `json:"loa_status"`
	CircuitsNow int      `json:"circuits_now"`
	Times       int      `json:"times"`
	MedianDays  *float64 `json:"median_days"`
	LongestDays *float64 `json:"longest_days"`
}

// days is a time in days, to a tenth.
func days(d time.Duration) float64 { return math.Round(d.Hours()/24*10) / 10 }

func daysText(n float64) string { return strconv.FormatFloat(n, 'f', 1, 64) }

// Waiting lists the circuits that wait for somebody, and statistics of how long all circuits
// have waited. known says that the ledger knows any LOA.
func (p *Printer) Waiting(o waiting.Overview, known bool, now time.Time) error {
	lines, companies, states := make([]waitingLine, len(o.Circuits)), make([]companyLine, len(o.Companies)), make([]stateLine, len(o.States))
	for i, c := range o.Circuits {
		lines[i] = waitingLine{c.Key.InstanceID, c.Key.Region, string(c.Scope), c.Company, cmp.Or(c.Status, report.NoLOA), c.Since, days(c.Waits), c.Asked, c.For, loa.Awaits(p.Lines.Words, c.Status), c.Rejected, c.Letter.Path, c.Letter.SHA256}
	}
	for i, c := range o.Companies {
		companies[i] = companyLine{c.Name, c.Circuits, c.Reviewed, c.Rejected, c.StillOpen}
	}
	for i, s := range o.States {
		states[i] = stateLine{LOAStatus: cmp.Or(s.Status, report.NoLOA), CircuitsNow: s.Now, Times: s.Times}
		if s.Times > 0 {
			median, longest := days(s.Median), days(s.Longest)
			states[i].MedianDays, states[i].LongestDays = &median, &longest
		}
	}
	if p.JSON {
		return report.Value(p.Out, struct {
			AsOf      time.Time     `json:"as_of"`
			Waiting   []waitingLine `json:"waiting"`
			Companies []companyLine `json:"companies"`
			States    []stateLine   `json:"loa_states"`
		}{now.UTC().Truncate(time.Second), lines, companies, states})
	}
	if !known && !p.CSV {
		p.Lines.Say("no-loas", nil)
		return nil
	}
	state := p.Lines.Words.Vocabulary().State
	rows := p.begin("history-waiting")
	for _, l := range lines {
		rows = append(rows, []string{l.InstanceID, state(l.LOAStatus), report.Stamp(l.Since), daysText(l.Days), l.Message, l.Company, l.Region, strconv.Itoa(l.Rejections), l.Scope})
	}
	if p.CSV {
		return report.CSVTable(p.Out, rows)
	}
	if len(lines) == 0 {
		p.Lines.Say("no-waiting", nil)
	} else if err := p.table(rows, []int{0, 1, 3}, []int{2, 4, 5, 6, 7, 8}); err != nil {
		return err
	}
	rows = p.begin("history-companies")
	for _, c := range companies {
		rows = append(rows, []string{cmp.Or(c.Company, "-"), strconv.Itoa(c.Circuits), strconv.Itoa(c.Reviewed), strconv.Itoa(c.Rejections), strconv.Itoa(c.RejectedNow)})
	}
	if err := p.below(rows); err != nil {
		return err
	}
	rows = p.begin("history-states")
	for _, s := range states {
		median, longest := "-", "-"
		if s.Times > 0 {
			median, longest = daysText(*s.MedianDays), daysText(*s.LongestDays)
		}
		rows = append(rows, []string{state(s.LOAStatus), strconv.Itoa(s.CircuitsNow), strconv.Itoa(s.Times), median, longest})
	}
	return p.below(rows)
}

// below prints a table below another one.
func (p *Printer) below(rows [][]string) error {
	if _, err := io.WriteString(p.Out, "\n"); err != nil {
		return err
	}
	return p.table(rows, []int{0, 1}, []int{2, 3, 4})
}
