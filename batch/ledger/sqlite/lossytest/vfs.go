package lossytest

import (
	"errors"
	"path/filepath"
	"strings"
	"sync"
	"unsafe"

	"modernc.org/libc"
	sqlite3 "modernc.org/sqlite/lib"
)

// SQLite reaches files through a VFS (https://sqlite.org/vfs.html): a table of functions that
// open files, and for each file a table of functions that read and write it. Ours is the
// system's with some functions replaced, and the default from the first disk on. Files that
// are on no disk are left to the system.
var (
	registry sync.Mutex
	system   uintptr // the system's sqlite3_vfs; 0 until ours is registered
	disks    []*Disk
	open     = map[uintptr]*file{}   // by the address of the sqlite3_file
	tables   = map[uintptr]uintptr{} // our table of functions for each of the system's
)

// file is an open file on a disk.
type file struct {
	disk   *Disk
	path   string
	system *sqlite3.Tsqlite3_io_methods
}

// register adds a disk.
func register(d *Disk) error {
	registry.Lock()
	defer registry.Unlock()
	if system == 0 {
		tls := libc.NewTLS()
		defer tls.Close()
		found := sqlite3.Xsqlite3_vfs_find(tls, 0)
		name, err := libc.CString("lossy")
		if err != nil {
			return err
		}
		ours := libc.Xmalloc(tls, libc.Tsize_t(unsafe.Sizeof(sqlite3.Tsqlite3_vfs{})))
		vfs := at[sqlite3.Tsqlite3_vfs](ours)
		*vfs = *at[sqlite3.Tsqlite3_vfs](found)
		vfs.FpNext, vfs.FzName = 0, name
		vfs.FxOpen, vfs.FxDelete = pointer(openFile), pointer(deleteFile)
		if rc := sqlite3.Xsqlite3_vfs_register(tls, ours, 1); rc != sqlite3.SQLITE_OK {
			return errors.New("SQLite did not accept the file system")
		}
		system = found
	}
	disks = append(disks, d)
	return nil
}

// unregister removes a disk. Its files stay open and fail.
func unregister(d *Disk) {
	registry.Lock()
	defer registry.Unlock()
	for i := range disks {
		if disks[i] == d {
			disks = append(disks[:i], disks[i+1:]...)
			return
		}
	}
}

// diskOf returns the disk that holds a path, or nil.
func diskOf(path string) *Disk {
	for _, d := range disks {
		if strings.HasPrefix(path, d.folder) {
			return d
		}
	}
	return nil
}

// at is the value at an address outside Go's memory.
func at[T any](address uintptr) *T { return *(**T)(unsafe.Pointer(&address)) }

// pointer is a Go function as C sees it.
func pointer[F any](f F) uintptr { return *(*uintptr)(unsafe.Pointer(&f)) }

// function is a C function as Go sees it.
func function[F any](address uintptr) F { return *(*F)(unsafe.Pointer(&address)) }

type (
	openFunc     = func(tls *libc.TLS, vfs, name, handle uintptr, flags int32, out uintptr) int32
	deleteFunc   = func(tls *libc.TLS, vfs, name uintptr, dirSync int32) int32
	closeFunc    = func(tls *libc.TLS, handle uintptr) int32
	writeFunc    = func(tls *libc.TLS, handle, data uintptr, size int32, offset int64) int32
	truncateFunc = func(tls *libc.TLS, handle uintptr, size int64) int32
)

func openFile(tls *libc.TLS, _, name, handle uintptr, flags int32, out uintptr) int32 {
	vfs := at[sqlite3.Tsqlite3_vfs](system)
	rc := function[openFunc](vfs.FxOpen)(tls, system, name, handle, flags, out)
	if rc != sqlite3.SQLITE_OK || name == 0 {
		return rc
	}
	registry.Lock()
	defer registry.Unlock()
	path := filepath.Clean(libc.GoString(name))
	d := diskOf(path)
	if d == nil {
		return rc
	}
	d.opened(path)
	f := at[sqlite3.Tsqlite3_file](handle)
	open[handle] = &file{disk: d, path: path, system: at[sqlite3.Tsqlite3_io_methods](f.FpMethods)}
	f.FpMethods = table(tls, f.FpMethods)
	return rc
}

// table returns our table of functions for one of the system's.
func table(tls *libc.TLS, systems uintptr) uintptr {
	if ours, ok := tables[systems]; ok {
		return ours
	}
	ours := libc.Xmalloc(tls, libc.Tsize_t(unsafe.Sizeof(sqlite3.Tsqlite3_io_methods{})))
	m := at[sqlite3.Tsqlite3_io_methods](ours)
	*m = *at[sqlite3.Tsqlite3_io_methods](systems)
	m.FxClose, m.FxWrite, m.FxTruncate, m.FxSync = pointer(closeFile), pointer(writeFile), pointer(truncateFile), pointer(syncFile)
	tables[systems] = ours
	return ours
}

func opened(handle uintptr) *file {
	registry.Lock()
	defer registry.Unlock()
	return open[handle]
}

func closeFile(tls *libc.TLS, handle uintptr) int32 {
	registry.Lock()
	f := open[handle]
	delete(open, handle)
	registry.Unlock()
	return function[closeFunc](f.system.FxClose)(tls, handle)
}

func writeFile(tls *libc.TLS, handle, data uintptr, size int32, offset int64) int32 {
	f := opened(handle)
	if code := f.disk.refused(); code != 0 {
		return int32(code)
	}
	switch f.disk.write(f.path, int(offset), unsafe.Slice(at[byte](data), size)) {
	case failed:
		return sqlite3.SQLITE_IOERR_WRITE
	case full:
		return sqlite3.SQLITE_FULL
	}
	return function[writeFunc](f.system.FxWrite)(tls, handle, data, size, offset)
}

func truncateFile(tls *libc.TLS, handle uintptr, size int64) int32 {
	f := opened(handle)
	if f.disk.truncate(f.path, int(size)) != done {
		return sqlite3.SQLITE_IOERR_TRUNCATE
	}
	return function[truncateFunc](f.system.FxTruncate)(tls, handle, size)
}

// syncFile does not sync the real disk: nothing is read from it after a power failure.
func syncFile(_ *libc.TLS, handle uintptr, _ int32) int32 {
	f := opened(handle)
	if f.disk.sync(f.path) != done {
		return sqlite3.SQLITE_IOERR_FSYNC
	}
	return sqlite3.SQLITE_OK
}

func deleteFile(tls *libc.TLS, _, name uintptr, dirSync int32) int32 {
	registry.Lock()
	path := filepath.Clean(libc.GoString(name))
	d := diskOf(path)
	registry.Unlock()
	if d != nil && d.remove(path) != done {
		return sqlite3.SQLITE_IOERR_DELETE
	}
	return function[deleteFunc](at[sqlite3.Tsqlite3_vfs](system).FxDelete)(tls, system, name, dirSync)
}
