package doctor

import (
	"fmt"
	"path/filepath"

	"github.com/loabatch/loabatch/batch/cli/exit"
	"github.com/loabatch/loabatch/batch/durable"
)

// Folder is a folder that a run writes to.
type Folder struct {
	Path string
	Size int64 // of the workbooks whose copies go there, in bytes
}

// Folders checks that folders can be written to and have room for what is written there. A
// folder may be listed more than once.
func (f *Findings) Folders(list []Folder) {
	sizes, order := map[string]int64{}, []string{}
	for _, folder := range list {
		path := filepath.Clean(folder.Path)
		if _, known := sizes[path]; !known {
			order = append(order, path)
		}
		sizes[path] += folder.Size
	}
	for _, path := range order {
		if err := durable.CheckFolder(path); err != nil {
			f.Note(Fail, "folder", "", "doctor-folder-unwritable", "folder", path, "reason", exit.Cause(err))
			continue
		}
		if drive := durable.MappedDrive(path); drive != "" {
			f.Note(Warn, "folder", "", "doctor-mapped-drive", "folder", path, "drive", drive)
		}
		free, err := durable.Free(path)
		switch need := Room(sizes[path]); {
		case err != nil:
			f.Note(OK, "folder", "", "doctor-folder", "folder", path)
		case free < need:
			f.Note(Fail, "folder", "", "doctor-folder-full", "folder", path, "free", Bytes(free), "need", Bytes(need))
		default:
			f.Note(OK, "folder", "", "doctor-folder-room", "folder", path, "free", Bytes(free))
		}
	}
}

// minRoom is what a run may need besides its copies: the ledger grows by 200 KB for 1,000
// rows, and the log by about as much.
const minRoom = 64 << 20

// Room returns how many bytes a folder must have free for the copies of workbooks of a total
// size: a copy has marks and two more sheets, and is written before the one that it replaces is
// removed; reports come on top.
func Room(size int64) uint64 { return minRoom + 4*uint64(max(size, 0)) }

// Bytes formats a size for people.
func Bytes(n uint64) string {
	switch {
	case n >= 1<<30:
		return fmt.Sprintf("%.1f GiB", float64(n)/(1<<30))
	case n >= 1<<20:
		return fmt.Sprintf("%d MiB", n>>20)
	}
	return fmt.Sprintf("%d KiB", n>>10)
}
