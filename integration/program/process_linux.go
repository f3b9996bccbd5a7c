package program

import "syscall"

// attributes: the process dies with us, however we die.
func attributes(as syscall.Credential) *syscall.SysProcAttr {
	attr := &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	if as.Uid != 0 {
		attr.Credential = &as
	}
	return attr
}
