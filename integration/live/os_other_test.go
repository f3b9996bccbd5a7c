//go:build !linux

package live

import "syscall"

func attributes(*user) *syscall.SysProcAttr { return nil }

func children() []string { return nil }
