//go:build unix && !linux

package program

import "syscall"

func attributes(as syscall.Credential) *syscall.SysProcAttr {
	attr := &syscall.SysProcAttr{}
	if as.Uid != 0 {
		attr.Credential = &as
	}
	return attr
}
