package throwaway

import (
	"context"
	"io/fs"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"strconv"
	"syscall"
)

// identity is the system user a server runs as when we are root.
type identity struct{ uid, gid int }

func (i *identity) credential() *syscall.Credential {
	return &syscall.Credential{Uid: uint32(i.uid), Gid: uint32(i.gid)}
}

// unprivileged finds who the server should run as: nil for "as we are", which is so if we are not root, if there is no
// user of that name, or if that user could not reach dir.
func unprivileged(ctx context.Context, name, dir string) (*identity, error) {
	if os.Geteuid() != 0 {
		return nil, nil
	}
	u, err := user.Lookup(name)
	if err != nil {
		return nil, nil
	}
	uid, errUID := strconv.Atoi(u.Uid)
	gid, errGID := strconv.Atoi(u.Gid)
	if errUID != nil || errGID != nil {
		return nil, nil
	}
	id := &identity{uid: uid, gid: gid}
	if err := give(dir, uid, gid); err != nil {
		return nil, err
	}
	probe := exec.CommandContext(ctx, "test", "-w", dir)
	probe.Dir = "/"
	probe.SysProcAttr = &syscall.SysProcAttr{Credential: id.credential()}
	if probe.Run() == nil {
		return id, nil
	}
	return nil, give(dir, os.Geteuid(), os.Getegid())
}

// give makes a whole folder somebody's.
func give(dir string, uid, gid int) error {
	return filepath.WalkDir(dir, func(path string, _ fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		return os.Lchown(path, uid, gid)
	})
}
