//go:build unix && !linux

package throwaway

import "syscall"

func processAttributes(as *identity) *syscall.SysProcAttr {
	attr := &syscall.SysProcAttr{Setpgid: true}
	if as != nil {
		attr.Credential = as.credential()
	}
	return attr
}
