package cli

import (
	"context"
	"maps"
	"path/filepath"
	"time"

	"github.com/spf13/pflag"

	"github.com/loabatch/loabatch/batch"
	"github.com/loabatch/loabatch/batch/cli/download"
	"github.com/loabatch/loabatch/batch/cli/exit"
	"github.com/loabatch/loabatch/batch/cli/files"
	"github.com/loabatch/loabatch/batch/cloud"
	"github.com/loabatch/loabatch/batch/durable"
	"github.com/loabatch/loabatch/batch/ledger"
	"github.com/loabatch/loabatch/batch/letters"
	"github.com/loabatch/loabatch/batch/plan"
	"github.com/loabatch/loabatch/sheet"
)

// seenLOA is what a run has learned about the LOA of a row, if anything: an accepted row has
// the status that its operation leads to, any other the status that the API reported.
func (done *finished) seenLOA(i int) (l ledger.LOA, seen bool) {
	o := &done.outcomes[i]
	l = ledger.LOA{Key: o.Key, Status: o.LOAStatus, Asked: done.info.started.Round(0).UTC(), Company: done.in.Workbook.Circuits[i].CompanyName}
	switch {
	case o.Result == sheet.Submitted:
		l.Status, l.Since, l.Asked = o.Operation.LeadsTo(), o.SubmittedAt, o.SubmittedAt
	case o.LOAStatus == "" || o.Reason == batch.ReasonInLedger || !o.ConcernsCircuit() && o.Reason != batch.ReasonUnfinished:
		return ledger.LOA{}, false
	}
	return l, true
}

// rememberLOAs records in the ledger what a run that may send has learned about LOAs, and reads
// since when they have had their status.
func (a *app) rememberLOAs(ctx context.Context, s *invocation, done *finished) {
	if done.ledger == nil {
		return
	}
	seen := make([][]ledger.LOA, len(done.parts))
	for i := range done.outcomes {
		if l, ok := done.seenLOA(i); ok {
			n := done.partOf(&done.in.Workbook.Circuits[i])
			if o := &done.outcomes[i]; o.Result == sheet.Submitted && o.Operation == batch.Reapply { // the LOA that it replaces was rejected
				seen[n] = append(seen[n], ledger.LOA{Key: l.Key, Status: batch.LOARejected, Asked: done.info.started.Round(0).UTC()})
			}
			seen[n] = append(seen[n], l)
		}
	}
	a.saveLOAs(ctx, s, done, seen)
	if done.info.command != advance {
		return
	}
	done.since = map[int]time.Time{}
	known := a.knownLOAs(context.WithoutCancel(ctx), s, done)
	for i, o := range done.outcomes {
		if l, seen := done.seenLOA(i); seen && known[o.Key].Status == l.Status {
			done.since[o.Row] = known[o.Key].Since
		}
	}
}

// knownLOAs reads what the ledger knows about the current LOAs of a run's circuits: nothing
// without a ledger, or if it cannot be read.
func (a *app) knownLOAs(ctx context.Context, s *invocation, done *finished) map[batch.Key]ledger.LOA {
	known := map[batch.Key]ledger.LOA{}
	for i, keys := range done.division.Keys(done.in.Workbook) {
		if s.store == nil || done.parts[i].opened.service == nil || len(keys) == 0 {
			continue
		}
		var present map[batch.Key]ledger.LOA
		err := s.patiently(ctx, func() (err error) {
			present, err = s.store.LOAs(ctx, done.parts[i].opened.service.scope, keys)
			return err
		})
		if err != nil {
			a.lines.Warn("loas-unread", map[string]string{"reason": a.ledgers.Cause(err)})
			return known
		}
		maps.Copy(known, present)
	}
	return known
}

// saveLOAs records in the ledger the LOAs that were seen, for the part of the run that saw them.
func (a *app) saveLOAs(ctx context.Context, s *invocation, done *finished, seen [][]ledger.LOA) {
	for i, list := range seen {
		if s.store == nil || done.parts[i].opened == nil || done.parts[i].opened.service == nil || len(list) == 0 {
			continue
		}
		err := s.patiently(ctx, func() error {
			return s.store.SawLOAs(context.WithoutCancel(ctx), done.parts[i].opened.service.scope, list)
		})
		if err != nil {
			a.lines.Warn("loas-unsaved", map[string]string{"reason": a.ledgers.Cause(err)})
			return
		}
	}
}

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

// fetchLetters fetches the letters of the rows whose LOAs have one, given the status of each.
// The results have the order of the rows.
func (a *app) fetchLetters(ctx context.Context, s *invocation, done *finished, status func(i int) string) []download.Result {
	if s.fetcher == nil {
		return nil
	}
	known := a.knownLOAs(context.WithoutCancel(ctx), s, done)
	book := done.in.Workbook
	all := make([]download.Result, len(book.Circuits))
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
		rows = append(rows, download.Row{Key: key, Known: known[key].Letter, Source: sources[n], Facts: download.FactsOf(book, c), Done: status(i) == batch.LOAComplete})
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
		done.letterFacts.Add(r)
	}
	a.sayLetters(s, done.letterFacts)
	if lookups := int(s.lookups.Swap(0)); !done.shared { // each host makes its own
		done.totals.requests += lookups
	}
	done.problems = append(done.problems, download.Problems(done.in.Workbook, done.letters)...)
	sheet.SortProblems(done.problems, done.in.Workbook.CircuitsTable.Sheet, done.in.Workbook.EngineersTable.Sheet)
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
		return s.patiently(ctx, func() error { return s.store.KeepLetter(ctx, acc.scope, key, l) })
	}
	return source
}

// sayLetters prints how many letters were fetched.
func (a *app) sayLetters(s *invocation, f download.Sum) {
	if s.fetcher != nil && f != (download.Sum{}) {
		a.lines.Say("letters-done", map[string]string{"fetched": number(f.Fetched), "kept": number(f.Kept), "failed": number(f.Failed), "folder": s.fetcher.Dir})
	}
}

// letterCell is a letter as the copy names it.
func letterCell(copyPath string, l ledger.Letter) sheet.Letter {
	if l.Path == "" {
		return sheet.Letter{}
	}
	return sheet.LetterFrom(files.Absolute(copyPath), filepath.Clean(l.Path), l.SHA256)
}
