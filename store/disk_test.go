package store

import (
	"database/sql"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"slices"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/ncruces/go-sqlite3"
	ncruces "github.com/ncruces/go-sqlite3/driver"
	_ "github.com/ncruces/go-sqlite3/embed"
	"github.com/ncruces/go-sqlite3/vfs"
	"github.com/stretchr/testify/require"
)

// disk is a disk in memory under a SQLite of another make, which lets its file
// system be replaced. It shows what was written, writes down every operation
// that changes it, for a power cut to be played from (see cut), and can fail.
type disk struct {
	shm string // folder for the memory that connections share

	mu    sync.Mutex
	files map[string]*inode
	ops   []op
	fault func(op) error // asked before every operation; nil: none fails
	short func(name string, off int64) bool
}

// inode is a file's content, whatever its name is. The locks are those of
// connections to it.
type inode struct {
	name     string
	data     []byte
	shared   int
	reserved bool
	pending  bool
}

type opKind int

const (
	opCreate opKind = iota
	opDelete
	opWrite
	opTruncate
	opSync
)

func (k opKind) String() string {
	return [...]string{"create", "delete", "write", "truncate", "sync"}[k]
}

// op is one operation that changes the disk. Its file is an inode: a name may
// come again.
type op struct {
	kind   opKind
	file   *inode
	off    int64 // of a truncate: the size after it
	data   []byte
	folder bool  // syncs the folder too
	err    error // it failed so, and changed nothing; a sync then never reached the platter
}

var disks atomic.Int64

// driver returns a driver whose databases are on the disk, for as long as the
// test runs or until drop is called.
func (d *disk) driver() (drv driver, drop func()) {
	name := fmt.Sprintf("disk%d", disks.Add(1))
	vfs.Register(name, boot{d, filepath.Join(d.shm, name)})
	return driver{
		open: func(dsn string) (*sql.DB, error) { return ncruces.Open(dsn + "&vfs=" + name) },
		code: func(err error) int {
			if e, ok := errors.AsType[sqlite3.ExtendedErrorCode](err); ok {
				return int(e)
			}
			return 0
		},
		claim: func(path string) (string, func() error, error) {
			if d.find(path) == nil { // as checkFiles does
				d.create(path)
			}
			return path, func() error { return nil }, nil
		},
	}, func() { vfs.Unregister(name) }
}

// openOn opens a store on a disk.
func openOn(t testing.TB, d *disk) (*SQLite, func()) {
	t.Helper()
	s, drop, err := tryOpenOn(t, d)
	require.NoError(t, err)
	return s, func() { require.NoError(t, s.Close()); drop() }
}

func tryOpenOn(t testing.TB, d *disk) (*SQLite, func(), error) {
	drv, drop := d.driver()
	s, err := open(t.Context(), Source{"/baton.db"}, Options{}, drv)
	if err != nil {
		drop()
		return s, drop, err
	}
	s.journal.most = 30 // so that it is put into the tables now and then
	return s, drop, nil
}

// note writes an operation down, unless it fails.
func (d *disk) note(o op) error {
	if d.fault != nil {
		o.err = d.fault(o)
	}
	if o.err == nil || o.kind == opSync {
		d.ops = append(d.ops, o)
	}
	return o.err
}

func (d *disk) find(name string) *inode {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.files[name]
}

func (d *disk) create(name string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	f := &inode{name: name}
	if d.note(op{kind: opCreate, file: f}) == nil {
		d.files[name] = f
	}
}

// boot is the disk as a file system of one run of the machine.
type boot struct {
	*disk
	shm string
}

func (b boot) Open(name string, flags vfs.OpenFlag) (vfs.File, vfs.OpenFlag, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	const kept = vfs.OPEN_MAIN_DB | vfs.OPEN_MAIN_JOURNAL | vfs.OPEN_WAL
	if flags&kept == 0 { // temporary: no power cut is of interest to it
		return &handle{disk: &disk{}, file: &inode{}}, flags, nil
	}
	f := b.files[name]
	if f == nil {
		if flags&vfs.OPEN_CREATE == 0 {
			return nil, flags, sqlite3.CANTOPEN
		}
		f = &inode{name: name}
		if err := b.note(op{kind: opCreate, file: f}); err != nil {
			return nil, flags, sqlite3.CANTOPEN
		}
		b.files[name] = f
	}
	h := &handle{disk: b.disk, file: f, shm: vfs.NewSharedMemory(b.shm, flags),
		readOnly: flags&vfs.OPEN_READONLY != 0, folder: flags&(vfs.OPEN_MAIN_JOURNAL|vfs.OPEN_WAL) != 0}
	return h, flags, nil
}

func (b boot) Delete(name string, folder bool) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	f := b.files[name]
	if f == nil {
		return sqlite3.IOERR_DELETE_NOENT
	}
	if err := b.note(op{kind: opDelete, file: f, folder: folder}); err != nil {
		return err
	}
	delete(b.files, name)
	return nil
}

func (b boot) Access(name string, _ vfs.AccessFlag) (bool, error) { return b.find(name) != nil, nil }

func (b boot) FullPathname(name string) (string, error) { return name, nil }

// handle is an open file.
type handle struct {
	*disk
	file     *inode
	shm      vfs.SharedMemory
	lock     vfs.LockLevel
	readOnly bool
	folder   bool // sync the folder with the first sync, as SQLite does on Unix
}

func (h *handle) Close() error {
	err := h.Unlock(vfs.LOCK_NONE)
	if h.shm != nil {
		err = errors.Join(err, h.shm.Close())
	}
	return err
}

func (h *handle) SharedMemory() vfs.SharedMemory { return h.shm }

func (h *handle) ReadAt(b []byte, off int64) (int, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if off >= int64(len(h.file.data)) {
		return 0, io.EOF
	}
	n := copy(b, h.file.data[off:])
	if h.short != nil && h.short(h.file.name, off) {
		return 0, io.EOF
	}
	if n < len(b) {
		return n, io.EOF
	}
	return n, nil
}

func (h *handle) WriteAt(b []byte, off int64) (int, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if err := h.note(op{kind: opWrite, file: h.file, off: off, data: slices.Clone(b)}); err != nil {
		return 0, err
	}
	h.file.write(b, off)
	return len(b), nil
}

func (h *handle) Truncate(size int64) error {
	h.mu.Lock()
	defer h.mu.Unlock()
	if err := h.note(op{kind: opTruncate, file: h.file, off: size}); err != nil {
		return err
	}
	h.file.truncate(size)
	return nil
}

func (h *handle) Sync(vfs.SyncFlag) error {
	h.mu.Lock()
	defer h.mu.Unlock()
	err := h.note(op{kind: opSync, file: h.file, folder: h.folder})
	h.folder = h.folder && err != nil
	return err
}

func (h *handle) Size() (int64, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	return int64(len(h.file.data)), nil
}

// The two of a local file system on Linux, as the program's SQLite sees it.

func (h *handle) SectorSize() int { return 4096 }

func (h *handle) DeviceCharacteristics() vfs.DeviceCharacteristic {
	return vfs.IOCAP_POWERSAFE_OVERWRITE
}

// Pragma answers what this SQLite was built without, and the store asserts.
func (h *handle) Pragma(name, _ string) (string, error) {
	if name == "mmap_size" {
		return "0", nil
	}
	return "", sqlite3.NOTFOUND
}

func (h *handle) Lock(lock vfs.LockLevel) error {
	h.mu.Lock()
	defer h.mu.Unlock()
	f := h.file
	switch {
	case h.lock >= lock:
		return nil
	case lock == vfs.LOCK_SHARED && f.pending, lock == vfs.LOCK_RESERVED && f.reserved:
		return sqlite3.BUSY
	case lock == vfs.LOCK_SHARED:
		f.shared++
	case lock == vfs.LOCK_RESERVED:
		f.reserved = true
	case lock == vfs.LOCK_EXCLUSIVE:
		if f.pending && h.lock < vfs.LOCK_PENDING {
			return sqlite3.BUSY
		}
		f.pending, h.lock = true, vfs.LOCK_PENDING
		if f.shared > 1 {
			return sqlite3.BUSY
		}
	}
	h.lock = lock
	return nil
}

func (h *handle) Unlock(lock vfs.LockLevel) error {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.lock <= lock {
		return nil
	}
	if h.lock >= vfs.LOCK_RESERVED {
		h.file.reserved = false
	}
	if h.lock >= vfs.LOCK_PENDING {
		h.file.pending = false
	}
	if lock < vfs.LOCK_SHARED {
		h.file.shared--
	}
	h.lock = lock
	return nil
}

func (h *handle) CheckReservedLock() (bool, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.file.reserved, nil
}

func (f *inode) write(b []byte, off int64) {
	f.grow(off + int64(len(b)))
	copy(f.data[off:], b)
}

func (f *inode) grow(size int64) {
	if n := size - int64(len(f.data)); n > 0 {
		f.data = append(f.data, make([]byte, n)...)
	}
}

func (f *inode) truncate(size int64) {
	f.grow(size)
	f.data = f.data[:size:size]
}
