package inbox

import (
	"errors"
	"io/fs"
	"path/filepath"
)

// Night is one pass over the workbooks of a folder.
type Night struct {
	Folders
	Files Files

	// Past returns the run in the ledger that has finished with these bytes. If it is nil, every
	// workbook is new.
	Past func(sum string) (Ended, bool)
	// Run runs a workbook until its end is in the ledger. to tells where the workbook will be moved
	// for each exit code, "" if it stays: its copy belongs beside it. If Run returns a reason,
	// the workbook was left out instead.
	Run func(b Book, to func(exit int) string) (Ended, Reason)
	// Complete makes up for what a run that has finished with a workbook lacks: a night may have
	// been killed before its copy was written. folder is where the workbook goes.
	Complete func(b Book, run Ended, folder string)
	// Moved is called with the path of a workbook after its run; to is empty if it could
	// not be moved, because of err.
	Moved func(b Book, run Ended, to string, err error)
	// Left is called for each workbook that was left out.
	Left func(l Left)
}

// Ended is how a run ended.
type Ended struct {
	RunID string // empty if it was not begun, since the file cannot be read as a workbook
	Exit  int    // exit code
	Again bool   // the cause is not in the workbook, so it stays whatever the exit code
	Halt  bool   // the workbooks after this one would end the same way, or must not be begun
}

// finished reports whether the run is the last of its workbook.
func (e Ended) finished() bool { return !e.Again && Finished(e.Exit) }

// Take runs the workbooks that are new, and moves each to where it belongs, one after
// another.
func (n *Night) Take(books []Book) {
	had := map[string]Book{} // by bytes
	ends := map[string]Ended{}
	halted := false
	for _, b := range books {
		first, twice := had[b.SHA256]
		run, tonight := ends[b.SHA256]
		finished := tonight
		if !finished && n.Past != nil {
			run, finished = n.Past(b.SHA256)
		}
		switch {
		case finished && n.For(run.Exit) == "":
			n.Left(Left{Path: b.Path, SHA256: b.SHA256, Reason: Ran, Run: run, First: first.Path})
		case finished:
			if !tonight {
				n.Complete(b, run, n.For(run.Exit))
			}
			to, err := n.move(b, n.For(run.Exit))
			n.Left(Left{Path: b.Path, SHA256: b.SHA256, Reason: Ran, Run: run, First: first.Path, MovedTo: to, Err: err})
		case twice:
			n.Left(Left{Path: b.Path, SHA256: b.SHA256, Reason: Same, First: first.Path})
		case halted:
			n.Left(Left{Path: b.Path, SHA256: b.SHA256, Reason: Stopped})
		default:
			run, reason := n.Run(b, func(exit int) string { return n.free(b, n.For(exit)) })
			if reason != "" {
				n.Left(Left{Path: b.Path, SHA256: b.SHA256, Reason: reason})
				continue
			}
			had[b.SHA256] = b
			halted = run.Halt
			if !run.finished() {
				continue
			}
			ends[b.SHA256] = run
			if folder := n.For(run.Exit); folder != "" {
				to, err := n.move(b, folder)
				n.Moved(b, run, to, err)
			}
		}
	}
}

// maxNumber bounds the search for a free name.
const maxNumber = 100_000

// free returns the name that a workbook will have in a folder, as far as known now, or "" without a folder.
func (n *Night) free(b Book, folder string) string {
	if folder == "" {
		return ""
	}
	for i := range maxNumber {
		if path := numbered(folder, filepath.Base(b.Path), i+1); !n.Files.Exists(path) {
			return path
		}
	}
	return filepath.Join(folder, filepath.Base(b.Path))
}

// move moves a workbook into a folder, under its own name or the next free one, if its bytes are still
// those that were run.
func (n *Night) move(b Book, folder string) (to string, err error) {
	for i := range maxNumber {
		to = numbered(folder, filepath.Base(b.Path), i+1)
		if n.Files.Exists(to) {
			continue
		}
		if err = n.Files.Move(b.Path, to, b.SHA256); !errors.Is(err, fs.ErrExist) {
			break
		}
	}
	if err != nil {
		return "", err
	}
	return to, nil
}
