package cli

import (
	"cmp"
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/loabatch/loabatch/batch"
	"github.com/loabatch/loabatch/batch/cli/accounts"
	"github.com/loabatch/loabatch/batch/cli/book"
	"github.com/loabatch/loabatch/batch/cli/database"
	"github.com/loabatch/loabatch/batch/cli/exit"
	"github.com/loabatch/loabatch/batch/cli/files"
	"github.com/loabatch/loabatch/batch/cli/nights"
	"github.com/loabatch/loabatch/batch/cli/record"
	"github.com/loabatch/loabatch/batch/durable"
	"github.com/loabatch/loabatch/batch/inbox"
	"github.com/loabatch/loabatch/batch/ledger"
	"github.com/loabatch/loabatch/batch/notify"
	"github.com/loabatch/loabatch/batch/report"
	"github.com/loabatch/loabatch/sheet/xlsx"
)

// namedFolders returns the folders that the flags name; they are empty if the command names files.
// A flag together with file names is an error; a variable is not, as it may be meant for other
// commands.
func (a *app) namedFolders(cmd *cobra.Command, f folderFlags, paths []string) (inbox.Folders, error) {
	typed := func(flag string) bool { return argument(a.env.Args, "--"+flag) != "" }
	switch {
	case len(paths) > 0 && typed(inFlag):
		return inbox.Folders{}, exit.Failure(exit.Usage, "folder-and-files", nil, "file", paths[0])
	case f.in == "" || len(paths) > 0:
		for _, flag := range []string{doneFlag, failedFlag} {
			if typed(flag) {
				return inbox.Folders{}, exit.Failure(exit.Usage, "folder-without-in", nil, "flag", flag)
			}
		}
		return inbox.Folders{}, someFiles(cmd, paths)
	}
	return inbox.Folders{In: f.in, Done: f.done, Failed: f.failed}, nil
}

// night is one pass over the workbooks of a folder.
type night struct {
	*app
	s       *invocation
	ctx     context.Context
	folders inbox.Folders
	sends   bool // not a dry run, and not simulated
	base    int  // number of claims that belong to the command itself

	past  *nights.Past
	diary nights.Diary
	docs  []report.Document // with --json of every workbook, else of the last one
	ends  []exit.Input
}

// processFolder runs a command over the workbooks of a folder. They are read one after
// another: a bad one does not affect the rest, and a thousand do not fill the memory.
func (a *app) processFolder(cmd *cobra.Command, f submitFlags, folders inbox.Folders) error {
	s, err := a.newInvocation(cmd.Name(), f, nil)
	if err != nil {
		return err
	}
	defer s.close()
	s.night, s.args = true, settingsLine(cmd, nil)
	n := &night{app: a, s: s, ctx: cmd.Context(), folders: folders, base: len(s.files), past: nights.NewPast(nil)}
	n.diary = nights.Diary{Lines: a.lines, Onwards: func(path string) string { return a.onwards(s.args, path) }}
	n.sends = s.run.dryRun == dryRunOff && !f.run.simulate
	if n.sends && database.Is(f.service.ledger) {
		n.diary.Elsewhere = n.movedElsewhere
	}
	if err := n.checkFolders(); err != nil {
		return err
	}
	if n.sends && !database.Is(f.service.ledger) { // with a database, hosts work on the same workbooks together
		unlock, locked, err := durable.LockFolder(folders.In)
		if err != nil {
			return exit.Failure(exit.Usage, "folder-unreadable", err, "file", folders.In, "reason", exit.Cause(err))
		}
		if locked {
			return exit.Failure(exit.Locked, "folder-locked", nil, "file", folders.In)
		}
		s.closers = append(s.closers, closeFunc(unlock))
	}
	books, err := n.look()
	if err != nil {
		return err
	}
	switch err := n.openFor(books); {
	case errors.Is(err, errDeclined):
		a.lines.Say("not-confirmed", nil)
		for _, b := range books {
			n.tell(inbox.Left{Path: b.Path, Reason: inbox.Stopped})
		}
		return n.end()
	case err != nil:
		return err
	}
	n.ctx, s.signals = a.watchSignals(n.ctx)
	defer s.signals.stop()
	a.bePatient(n.ctx, s)
	policy := inbox.Night{Folders: n.folders, Files: inbox.Disk{}, Past: n.finishedWith, Run: n.take, Complete: n.complete, Moved: n.tellMoved, Left: n.tell}
	policy.Take(books)
	return n.end()
}

// checkFolders checks the folders before anything is sent. Folders that are missing are not
// created: one on a network drive that is not mounted would end up under its mount point.
func (n *night) checkFolders() error {
	for _, named := range []struct{ flag, path string }{{inFlag, n.folders.In}, {doneFlag, n.folders.Done}, {failedFlag, n.folders.Failed}} {
		if named.path == "" {
			continue
		}
		if err := checkNightly(named.flag, named.path, n.folders.In); err != nil {
			return err
		}
		if !n.sends || named.flag == inFlag && n.folders.Done+n.folders.Failed == "" {
			continue
		}
		if err := durable.CheckFolder(named.path); err != nil {
			return exit.Failure(exit.Usage, "folder-unwritable", err, "file", named.path, "reason", exit.Cause(err))
		}
	}
	if !n.sends && n.folders.Done+n.folders.Failed != "" {
		n.lines.Note("folder-stays", nil)
		n.folders.Done, n.folders.Failed = "", ""
	}
	if o := n.s.flags.output.output; o != "" && !files.IsFolder(o) {
		return exit.Failure(exit.Usage, "output-no-folder", nil, "file", o)
	}
	return nil
}

// checkNightly checks that a flag names a folder, and not that of --in unless it is --in.
func checkNightly(flag, path, in string) error {
	info, err := os.Stat(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return exit.Failure(exit.Usage, "folder-missing", err, "flag", flag, "file", path)
	case err != nil:
		return exit.Failure(exit.Usage, "folder-unreadable", err, "file", path, "reason", exit.Cause(err))
	case !info.IsDir():
		return exit.Failure(exit.Usage, "folder-no-folder", nil, "flag", flag, "file", path)
	case flag != inFlag && files.Same(path, in):
		return exit.Failure(exit.Usage, "folder-same", nil, "flag", flag, "file", path)
	}
	return nil
}

// sealedCopy reports whether a file is a results copy with the bytes that were written.
func sealedCopy(f inbox.File, size int64, _ string) bool {
	_, sealed := xlsx.Sealed(f, size)
	return sealed
}

// look lists the workbooks of the folder, and reports what is left out.
func (n *night) look() ([]inbox.Book, error) {
	now := n.env.Now()
	if n.sends {
		if there, err := durable.FolderTime(n.folders.In); err == nil { // otherwise the folder is read-only, and this clock must do
			now = there
		}
	}
	own := func(f inbox.File, size int64, sum string) bool {
		return sealedCopy(f, size, sum) || n.past.Wrote(sum)
	}
	if err := n.readRuns(); err != nil {
		return nil, err
	}
	books, left, err := inbox.Look(inbox.Disk{}, n.folders.In, now, own, files.ReportName.MatchString)
	if err != nil {
		return nil, exit.Failure(exit.Usage, "folder-unreadable", err, "file", n.folders.In, "reason", exit.Cause(err))
	}
	for _, l := range left {
		n.tell(l)
	}
	return books, nil
}

// readRuns reads the runs in the ledger, if there is one and this command uses it.
func (n *night) readRuns() error {
	if n.s.run.dryRun == dryRunOffline || n.s.flags.run.simulate {
		return nil
	}
	store, err := n.ledgers.Past(n.ctx, n.s.flags.service.ledger)
	if err != nil || store == nil {
		return err
	}
	defer store.Close()
	runs, err := store.Runs(n.ctx, 0)
	if err != nil {
		return n.ledgers.Failure(err)
	}
	n.past = nights.NewPast(runs)
	return nil
}

// openFor opens what the command needs, if there are any workbooks, and asks for confirmation.
func (n *night) openFor(books []inbox.Book) error {
	if len(books) == 0 {
		return nil
	}
	if err := n.app.open(n.ctx, n.s, nil); err != nil {
		return err
	}
	n.choose()
	if !n.sends {
		return nil
	}
	fresh := slices.DeleteFunc(slices.Clone(books), func(b inbox.Book) bool { _, finished := n.past.Finished(b.SHA256); return finished })
	return n.confirm(n.s.flags.run.yes, len(fresh), func() (string, error) { return n.askAbout(fresh) })
}

// choose chooses the runs that have finished with their workbooks for this command.
func (n *night) choose() { n.past.Choose(n.s.command, len(n.s.run.only) > 0, n.ofAccount) }

// ofAccount reports whether a run was made in the account of this command, or in those that
// the rows of its workbook name.
func (n *night) ofAccount(r ledger.RunSummary) bool {
	if r.ID != accounts.Whole(r.ID) {
		return false
	}
	if own, _ := n.s.account(n.s.flags.service.profile); own.service != nil && r.Scope == own.service.scope {
		return true
	}
	if _, same := r.Scope.Account(scopeOf(n.s.flags.service, n.s.flags.run)); !same {
		return false
	}
	saved, err := record.ReadOptions(r.Options)
	return err == nil && len(saved.Accounts) > 0
}

// askAbout returns the question before the new workbooks are sent. Those that cannot be
// read are not part of it.
func (n *night) askAbout(books []inbox.Book) (string, error) {
	var all []sending
	going := 0
	for _, b := range books {
		in, err := book.Read(b.Path, n.s.options, n.s.flags.validation.limits())
		if err != nil {
			continue
		}
		w, err := n.sendingOf(n.ctx, n.s, in)
		if err != nil {
			return "", err
		}
		going += w.going
		all = append(all, w)
	}
	if going == 0 {
		return "", nil
	}
	return n.question(n.s.command, all, n.s.service.endpoint, n.s.accounts), nil
}

// finishedWith returns the run that has finished with a workbook of these bytes. Other hosts
// may have made it since this command started.
func (n *night) finishedWith(sum string) (inbox.Ended, bool) {
	if shared, ok := n.s.store.(ledger.Shared); ok {
		if runs, err := shared.Runs(n.ctx, 0); err == nil { // otherwise the run itself reports it
			n.past = nights.NewPast(runs)
			n.choose()
		}
	}
	r, ok := n.past.Finished(sum)
	if !ok {
		return inbox.Ended{}, false
	}
	return inbox.Ended{RunID: r.ID, Exit: r.End.ExitCode}, true
}

// take runs one workbook.
func (n *night) take(b inbox.Book, to func(code int) string) (ended inbox.Ended, reason inbox.Reason) {
	defer batch.Guard(func(panicked error) { ended, reason = n.failed(b, "", exit.Bug(panicked)), "" }) // one workbook must not block the others every night
	in, err := book.Read(b.Path, n.s.options, n.s.flags.validation.limits())
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return inbox.Ended{}, inbox.Gone
	case err == nil && in.SHA256 != b.SHA256:
		return inbox.Ended{}, inbox.Changed
	case b.Fresh && book.Bad(err):
		return inbox.Ended{}, inbox.Writing
	case err != nil:
		return n.failed(b, "", err), ""
	}
	n.s.files = n.s.files[:n.base]
	n.s.files.Read(in.Path)
	targets, err := n.outputs(n.ctx, n.s, []*book.Input{in})
	if err != nil {
		return n.failed(b, "", err), ""
	}
	n.remarks(in)
	t := targets[0]
	t.To, t.Outside = to, n.s.flags.output.output != ""
	doc, sent, err := n.one(n.ctx, n.s, in, t)
	if err != nil {
		return n.failed(b, t.RunID, err), ""
	}
	n.add(*doc, sent)
	if doc.Rows == 0 {
		n.lines.Warn("no-circuits", map[string]string{"file": doc.Input})
	}
	if !n.s.flags.output.json {
		_ = n.print(doc) // withOutput says if it fails
	}
	halt := !slices.Contains([]string{"", string(batch.StopMaxFailures), string(batch.StopAccount)}, doc.StopReason) // other workbooks may use other accounts
	return inbox.Ended{RunID: doc.RunID, Exit: doc.ExitCode, Again: len(doc.Waiting) > 0, Halt: halt}, ""
}

// failed keeps the document of a workbook whose run did not complete, and returns how it
// ended. Only an error of the workbook itself is final.
func (n *night) failed(b inbox.Book, runID string, err error) inbox.Ended {
	n.fail(err)
	if runID == "" { // otherwise it has been added
		n.monitor.Add(notify.Run{Input: files.Absolute(b.Path), ExitCode: exit.Of(err)})
	}
	n.add(n.unfinished(report.Document{Command: n.s.command, DryRun: n.s.run.dryRun != dryRunOff, RunID: runID}, b.Path, err), false)
	return inbox.Ended{RunID: runID, Exit: exit.Of(err), Again: !book.Bad(err), Halt: n.ctx.Err() != nil}
}

// add keeps the document and the exit code of a workbook.
func (n *night) add(doc report.Document, sent bool) {
	if !n.s.flags.output.json {
		n.docs = n.docs[:0]
	}
	n.docs, n.ends = append(n.docs, doc), append(n.ends, exit.Input{Code: doc.ExitCode, Sent: sent})
	n.diary.Taken++
}

// complete writes the copy of a past run again if it is missing: the night was killed before it
// moved the workbook, and the copy was not written or someone has removed it.
func (n *night) complete(b inbox.Book, run inbox.Ended, folder string) {
	before, _ := n.past.Finished(b.SHA256)
	written, _ := before.Copy()
	path := filepath.Join(cmp.Or(n.s.flags.output.output, folder), filepath.Base(written))
	if written == "" || durable.Exists(written) || durable.Exists(path) {
		return
	}
	again := func() (err error) {
		defer batch.Guard(func(panicked error) { err = exit.Bug(panicked) })
		past, saved, err := n.pastRun(n.ctx, n.s.store, run.RunID)
		if err != nil {
			return err
		}
		done, err := n.again(past, saved, b.Path, n.s.flags.validation.password)
		if err != nil {
			return err
		}
		done.ledgerFlag = n.s.flags.service.ledger
		t := files.Target{RunID: run.RunID, Path: path, Reports: files.Reports(path, n.s.flags.output.reports)}
		n.deliver(done, t, n.s.flags.output)
		return nil
	}
	if err := again(); err != nil {
		n.fail(err)
		return
	}
	n.lines.Note("folder-copy-again", map[string]string{"file": path, "run": run.RunID})
}

// tellMoved reports where a workbook was moved after its run.
func (n *night) tellMoved(b inbox.Book, run inbox.Ended, to string, err error) {
	if err != nil {
		n.diary.TellUnmoved(b.Path, b.SHA256, err)
		return
	}
	n.docs[len(n.docs)-1].MovedTo = to
	n.monitor.Moved(files.Absolute(b.Path), files.Absolute(to))
	n.diary.TellMoved(b.Path, to)
	n.hasMoved(b.Path, b.SHA256, run.RunID, to)
}

// movedElsewhere reports whether a workbook is in one of the folders that hosts move them to.
func (n *night) movedElsewhere(path, sum string) bool {
	ext := filepath.Ext(path)
	name := strings.TrimSuffix(filepath.Base(path), ext) // a number may follow it
	for _, folder := range []string{n.folders.Done, n.folders.Failed} {
		if folder == "" {
			continue
		}
		found, _ := os.ReadDir(folder) // ignore what cannot be read
		for _, there := range found {
			if strings.HasPrefix(there.Name(), name) && filepath.Ext(there.Name()) == ext && files.DigestOf(filepath.Join(folder, there.Name())) == sum {
				return true
			}
		}
	}
	return false
}

// hasMoved logs that a workbook has left the folder, and moves with it what earlier nights
// wrote about it.
func (n *night) hasMoved(path, sum, runID, to string) {
	n.past.Follow(sum, files.Absolute(n.folders.In), filepath.Dir(to))
	n.s.log.Info("workbook moved", "run_id", runID, "input", path, "moved_to", to)
}

// tell reports a workbook that was left out.
func (n *night) tell(l inbox.Left) {
	n.diary.TellLeft(l)
	switch {
	case l.Reason == inbox.Unreadable:
		n.ends = append(n.ends, exit.Input{Code: exit.Usage})
	case l.Reason == inbox.Ran && (l.MovedTo != "" || l.Err != nil):
		n.ends = append(n.ends, exit.Input{Code: l.Run.Exit, Sent: n.past.Sent(l.Run.RunID)})
		if l.Err == nil {
			n.hasMoved(l.Path, l.SHA256, l.Run.RunID, l.MovedTo)
		}
	}
}

// end prints what happened, and sets the exit code of the command.
func (n *night) end() error {
	if n.diary.Unmoved {
		n.ends = append(n.ends, exit.Input{Code: exit.Unfinished})
	}
	n.exit = exit.Worst(n.ends)
	n.diary.End(n.folders.In)
	if n.s.flags.output.json {
		return report.JSONFolder(n.env.Stdout, n.folders.In, n.docs, n.diary.Left, n.exit)
	}
	return nil
}
