package simulation

import (
	"os"
	"runtime/debug"
	"testing"
)

func TestMain(m *testing.M) {
	debug.SetGCPercent(400) // what a history leaves is short-lived
	os.Exit(m.Run())
}
