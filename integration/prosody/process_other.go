//go:build unix && !linux

package prosody

import "syscall"

func processAttributes(as *identity) *syscall.SysProcAttr {
	attr := &syscall.SysProcAttr{Setpgid: true}
	if as != nil {
		attr.Credential = as.credential()
	}
	return attr
}
