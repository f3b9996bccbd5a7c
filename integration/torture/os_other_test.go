//go:build !linux

package torture

import "syscall"

func attributes() *syscall.SysProcAttr { return nil }
