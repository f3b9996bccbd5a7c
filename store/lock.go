package store

import (
	"errors"
	"fmt"
	"io"
	"os"
	"strconv"
	"strings"
	"syscall"
)

// ErrInUse means that another process has the database open.
var ErrInUse = errors.New("store: the database is in use")

// lock is the claim of one process on a database. The kernel lets go of it when
// the process ends, however it ends. The file stays: removing it would let two
// processes hold locks on two files of the same name.
type lock struct{ f *os.File }

// acquire claims the database at path by locking the file beside it, which
// then says who has it.
func acquire(path string) (*lock, error) {
	name := path + ".lock"
	f, err := os.OpenFile(name, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, fileError(name, err)
	}
	err = syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
	if errors.Is(err, syscall.EWOULDBLOCK) {
		who := holderOf(f)
		f.Close()
		return nil, fmt.Errorf("%w: %s is open in %s: stop that one first, or give this one a database of its own",
			ErrInUse, path, who)
	}
	if err == nil {
		err = sign(f)
	}
	if err != nil {
		f.Close()
		return nil, fmt.Errorf("store: cannot lock %s: %w: keep the database on a local disk", name, err)
	}
	return &lock{f}, nil
}

func (l *lock) release() error { return l.f.Close() }

func sign(f *os.File) error {
	if err := f.Truncate(0); err != nil {
		return err
	}
	_, err := f.WriteAt([]byte(strconv.Itoa(os.Getpid())+"\n"), 0)
	return err
}

func holderOf(f *os.File) string {
	text, _ := io.ReadAll(io.LimitReader(f, 32))
	pid, err := strconv.Atoi(strings.TrimSpace(string(text)))
	if err != nil {
		return "another process"
	}
	if pid == os.Getpid() {
		return "this process already"
	}
	return fmt.Sprintf("process %d", pid)
}
