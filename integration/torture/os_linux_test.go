package torture

import "syscall"

// attributes: the process dies with us, however we die.
func attributes() *syscall.SysProcAttr { return &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL} }
