package cli

import (
	"context"
	"maps"
	"path/filepath"
	"slices"

	"github.com/spf13/pflag"

	"github.com/loabatch/loabatch/batch"
	"github.com/loabatch/loabatch/batch/cli/download"
	"github.com/loabatch/loabatch/batch/cli/exit"
	"github.com/loabatch/loabatch/batch/cli/files"
	"github.com/loabatch/loabatch/batch/cli/prose"
	"github.com/loabatch/loabatch/batch/cloud"
	"github.com/loabatch/loabatch/batch/durable"
	"github.com/loabatch/loabatch/batch/ledger"
	"github.com/loabatch/loabatch/batch/letters"
	"github.com/loabatch/loabatch/batch/plan"
	"github.com/loabatch/loabatch/batch/report"
	"github.com/loabatch/loabatch/sheet"
)

// downloadFlag is the name of the flag.
const downloadFlag = "download"

func registerDownload(flags *pflag.FlagSet, dir *string) {
	flags.StringVar(dir, downloadFlag, "", "fetch each letter that is available into the folder `DIR`, once, as a PDF that only you can read, and compare it with its row")
}

// openLetters creates the folder of --download before the API is asked anything, and prepares
// fetching the letters.
func (a *app) openLetters(s *invocation) error {
	if s.flags.download == "" || s.run.dryRun != dryRunOff {
		return nil
	}
	dir := files.Absolute(files.Follow(a.lines, s.flags.download))
	if err := durable.MkdirAll(dir, 0o700); err != nil {
		return exit.Failure(exit.Usage, "download-folder", err, "path", dir, "reason", exit.Cause(err))
	}
	endpoint, _ := cloud.ParseEndpoint(s.flags.service.endpoint) // an invalid one is reported when the service is opened
	s.fetcher = &letters.Fetcher{Dir: dir, Loopback: s.flags.run.simulate || endpoint.Loopback, Agent: "loabatch/" + version()}
	s.closers = append(s.closers, closeFunc(s.fetcher.Close))
	return nil
}

// letterOf is the result of fetching the letter of a row; zero if none was wanted.
type letterOf = download.Result

// fetchLetters fetches the letters of the rows whose LOAs have one, given the status of each.
// The results have the order of the rows.
func (a *app) fetchLetters(ctx context.Context, s *invocation, done *finished, status func(i int) string) []letterOf {
	if s.fetcher == nil {
		return nil
	}
	known := a.knownLOAs(context.WithoutCancel(ctx), s, done)
	book := done.in.workbook
	all := make([]letterOf, len(book.Circuits))
	sources := make([]*download.Source, len(done.parts))
	var rows []download.Row
	var places []int
	for i := range book.Circuits {
		c := &book.Circuits[i]
		n := done.partOf(c)
		if !download.Served(status(i)) || done.parts[n].opened.service == nil {
			continue
		}
		if sources[n] == nil {
			sources[n] = s.letterSource(done, done.parts[n].opened.service)
		}
		key := plan.KeyOf(c)
		rows = append(rows, download.Row{Key: key, Known: known[key].Letter, Source: sources[n], Facts: facts(book, c), Done: status(i) == batch.LOAComplete})
		places = append(places, i)
	}
	for i, r := range download.All(ctx, s.signals.drain, rows, a.panicked) {
		all[places[i]] = r
		if r.State == download.Again {
			a.lines.Note("letter-again", map[string]string{"circuit": sheet.MaskNumbers(rows[i].Key.InstanceID), "path": r.Letter.Path})
		}
	}
	return all
}

// downloadFor fetches the letters of a run's rows, if they are wanted.
func (a *app) downloadFor(ctx context.Context, s *invocation, done *finished) {
	if done.ledger == nil || s.fetcher == nil {
		return
	}
	done.letters = a.fetchLetters(ctx, s, done, func(i int) string {
		l, _ := done.seenLOA(i)
		return l.Status
	})
	for _, r := range done.letters {
		done.letterFacts.count(r)
	}
	a.sayLetters(s, done.letterFacts)
	if lookups := int(s.lookups.Swap(0)); !done.shared { // each host makes its own
		done.totals.requests += lookups
	}
	done.problems = append(done.problems, letterProblems(done.in.workbook, done.letters)...)
	sheet.SortProblems(done.problems, done.in.workbook.CircuitsTable.Sheet, done.in.workbook.EngineersTable.Sheet)
}

// facts are what the letter of a row should say.
func facts(book *sheet.Workbook, c *sheet.Circuit) letters.Facts {
	f := letters.Facts{InstanceID: c.InstanceID, Company: c.CompanyName, Builder: c.Si}
	for _, n := range c.Engineers {
		f.Private = append(f.Private, book.Engineers[n].Name.Reveal())
	}
	return f
}

// letterSource is where the letters of an account come from. Each lookup waits for its quota.
func (s *invocation) letterSource(done *finished, acc *service) *download.Source {
	quotas := s.quotasOf(acc)
	source := &download.Source{Dir: s.fetcher.Dir, Fetch: s.fetcher.Fetch, Open: s.fetcher.Open, Kept: letters.Kept}
	source.Find = func(ctx context.Context, key batch.Key) (loa batch.LOA, found bool, err error) {
		err = batch.RetryRead(ctx, s.flags.run.maxAttempts, func() error {
			answered, err := quotas.Window(key.Region, string(batch.LookupAPI)).Acquire(ctx)
			if err != nil {
				return err
			}
			s.lookups.Add(1)
			loa, found, err = acc.Find(ctx, key)
			answered(err)
			return err
		})
		return loa, found, err
	}
	source.Keep = func(ctx context.Context, key batch.Key, l ledger.Letter) error {
		if s.store == nil {
			return nil
		}
		return s.store.KeepLetter(ctx, acc.scope, key, l)
	}
	return source
}

// letterFacts sum up the letters of a run.
type letterFacts struct {
	fetched, kept int
	failed        int // that could not be fetched
	different     int // rows whose letter is about another circuit or company
}

func (f *letterFacts) count(r letterOf) {
	switch r.State {
	case download.Kept:
		f.kept++
	case download.Fetched, download.Again:
		f.fetched++
	case download.Failed, download.Unasked:
		f.failed++
	}
	if slices.ContainsFunc(r.Differences, letters.Difference.Certain) {
		f.different++
	}
}

// letterProblems are the problems of letters, each at its row: an error if the letter is about
// another circuit or company, a warning if it does not say, cannot be read or is missing.
func letterProblems(book *sheet.Workbook, all []letterOf) (list []sheet.Problem) {
	t := &book.CircuitsTable
	for i, r := range all {
		c := &book.Circuits[i]
		p := sheet.Problem{Severity: sheet.Warning, Value: c.InstanceID, Column: t.Headers[sheet.CircuitInstanceID],
			At: sheet.Ref{Sheet: t.Sheet, Row: c.Row, Col: t.Columns[sheet.CircuitInstanceID]}}
		if r.Code != "" {
			q := p
			q.Code = r.Code
			for _, name := range slices.Sorted(maps.Keys(r.Args)) {
				q.Args = append(q.Args, sheet.Arg{Name: name, Value: r.Args[name]})
			}
			if r.Cause != nil {
				q.Args = append(q.Args, sheet.Arg{Name: "reason", Value: exit.Cause(r.Cause)})
			}
			list = append(list, q)
		}
		for _, d := range r.Differences {
			q := p
			q.Code, q.Args = d.Code, []sheet.Arg{{Name: "want", Value: d.Want}, {Name: "found", Value: d.Found}}
			if d.Certain() {
				q.Severity = sheet.Error
			}
			if d.OfCompany() {
				q.Value, q.Column, q.At.Col = c.CompanyName, t.Headers[sheet.CircuitCompanyName], t.Columns[sheet.CircuitCompanyName]
			}
			list = append(list, q)
		}
	}
	return list
}

// sayLetters prints how many letters were fetched.
func (a *app) sayLetters(s *invocation, f letterFacts) {
	if s.fetcher != nil && f != (letterFacts{}) {
		a.lines.Say("letters-done", map[string]string{"fetched": number(f.fetched), "kept": number(f.kept), "failed": number(f.failed), "folder": s.fetcher.Dir})
	}
}

// describeLetter adds the state of its letter to a row of a document.
func describeLetter(app *report.Application, r letterOf) {
	app.Letter, app.LetterSHA256, app.LetterState, app.LetterCode = r.Letter.Path, r.Letter.SHA256, string(r.State), r.Code
	if len(r.Differences) > 0 {
		app.LetterCode = r.Differences[0].Code
	}
}

// letterHint says what to do first about a letter: not to pass on one that is about another
// circuit or company. It is empty if there is nothing to do.
func letterHint(words *prose.Catalogue, r letterOf) (hint string) {
	code := r.Code
	for _, d := range slices.Backward(r.Differences) {
		if code == "" || d.Certain() {
			code = d.Code
		}
	}
	if code != "" {
		_, hint = words.Render(code, r.Args)
	}
	return hint
}

// letterCell is a letter as the copy names it.
func letterCell(copyPath string, l ledger.Letter) sheet.Letter {
	if l.Path == "" {
		return sheet.Letter{}
	}
	return sheet.LetterFrom(files.Absolute(copyPath), filepath.Clean(l.Path), l.SHA256)
}
