package nights

import (
	"errors"
	"io/fs"
	"strconv"

	"github.com/loabatch/loabatch/batch/cli/console"
	"github.com/loabatch/loabatch/batch/cli/exit"
	"github.com/loabatch/loabatch/batch/durable"
	"github.com/loabatch/loabatch/batch/inbox"
	"github.com/loabatch/loabatch/batch/report"
)

// Diary reports what was done with the workbooks of a folder, and counts them.
type Diary struct {
	Lines   *console.Lines
	Onwards func(path string) string // the command that continues with a workbook that was moved there

	// Elsewhere reports whether another host has moved a workbook of these bytes; nil without others.
	Elsewhere func(path, sum string) bool

	Taken   int               // workbooks that were processed
	Moved   int               // workbooks that have left the folder
	Others  int               // workbooks that other hosts have moved
	Stayed  int               // of the workbooks that were left out
	Unmoved bool              // a workbook that a run has finished with could not be moved
	Left    []report.NotTaken // what was left out
}

// TellMoved says where a workbook has been moved.
func (d *Diary) TellMoved(path, to string) {
	d.Lines.Note("folder-moved", map[string]string{"file": path, "target": to})
	d.Moved++
}

// TellUnmoved says why a workbook that should have been moved stays in the folder. If someone
// has removed or changed it meanwhile, all is well: if it is still there, it is a new workbook.
func (d *Diary) TellUnmoved(path, sum string, err error) {
	switch {
	case errors.Is(err, fs.ErrNotExist) && d.elsewhere(path, sum):
		d.Lines.Note("folder-left-elsewhere", map[string]string{"file": path})
		d.Others++
	case errors.Is(err, fs.ErrNotExist) && !durable.Exists(path):
		d.Lines.Note("folder-left-gone", map[string]string{"file": path})
	case errors.Is(err, durable.ErrChanged):
		d.Lines.Note("folder-left-edited", map[string]string{"file": path})
	default:
		d.Unmoved = true
		d.Lines.Warn("folder-unmoved", map[string]string{"file": path, "reason": exit.Cause(err)})
	}
}

// elsewhere reports whether another host has moved a workbook.
func (d *Diary) elsewhere(path, sum string) bool {
	return d.Elsewhere != nil && !durable.Exists(path) && d.Elsewhere(path, sum)
}

// TellLeft says that a workbook was left out, and why.
func (d *Diary) TellLeft(l inbox.Left) {
	args := map[string]string{"file": l.Path, "first": l.First, "run": l.Run.RunID, "exit": strconv.Itoa(l.Run.Exit), "target": l.MovedTo}
	code := "folder-left-" + string(l.Reason)
	if l.Reason == inbox.Ran && l.Run.RunID == "" {
		code = "folder-left-bad"
	}
	others := d.Others
	if l.Reason == inbox.Gone && d.elsewhere(l.Path, l.SHA256) {
		code = "folder-left-elsewhere"
		d.Others++
	}
	left := report.NotTaken{Input: l.Path, Reason: string(l.Reason), RunID: l.Run.RunID, MovedTo: l.MovedTo}
	switch l.Reason {
	case inbox.Unreadable:
		code, args = "input-unreadable", map[string]string{"file": l.Path, "reason": exit.Cause(l.Err)}
		if durable.IsInUse(l.Err) {
			code = "input-in-use"
		}
		d.Lines.Error(code, args)
	case inbox.Lock, inbox.Own:
	case inbox.Ran:
		left.ExitCode = &l.Run.Exit
		switch {
		case l.Err != nil:
			d.TellUnmoved(l.Path, l.SHA256, l.Err)
		case l.MovedTo != "":
			args["command"] = d.Onwards(l.MovedTo)
			code += "-moved"
			d.Lines.Note(code, args)
			d.Moved++
		case l.Run.RunID == "":
			d.Lines.Note(code, args)
		}
	default:
		d.Lines.Note(code, args)
	}
	left.Message, _ = d.Lines.Words.Render(code, args)
	d.Left = append(d.Left, left)
	if l.MovedTo == "" && d.Others == others {
		d.Stayed++
	}
}

// End says what happened to the folder as a whole.
func (d *Diary) End(folder string) {
	if d.Taken+d.Moved+d.Others == 0 {
		d.Lines.Say("folder-empty", map[string]string{"file": folder})
		return
	}
	code := "folder-ended"
	if d.Others > 0 {
		code = "folder-ended-hosts"
	}
	d.Lines.Say(code, map[string]string{
		"file": folder, "count": strconv.Itoa(d.Taken), "moved": strconv.Itoa(d.Moved), "others": strconv.Itoa(d.Others), "n": strconv.Itoa(d.Stayed),
	})
}
