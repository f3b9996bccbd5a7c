package throwaway

import "syscall"

// processAttributes: a group of its own, so that Ctrl-C reaches only us and we stop it in order; and it dies with us.
func processAttributes(as *identity) *syscall.SysProcAttr {
	attr := &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
	if as != nil {
		attr.Credential = as.credential()
	}
	return attr
}
