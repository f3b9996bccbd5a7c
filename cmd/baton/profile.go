//go:build profile

package main

import (
	"fmt"
	"os"
	"runtime/pprof"

	"baton/bench/stats"
)

// startProfile writes a processor profile to the file that BATON_CPUPROFILE names
// until the function it returns is called, and tells what is allocated at the
// socket that BATON_STATS names. Only the benchmarks' program has it.
func startProfile() (stop func()) {
	if err := stats.Serve(); err != nil {
		fmt.Fprintln(os.Stderr, "baton: no figures:", err)
	}
	path := os.Getenv("BATON_CPUPROFILE")
	if path == "" {
		return func() {}
	}
	f, err := os.Create(path)
	if err == nil {
		err = pprof.StartCPUProfile(f)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "baton: no profile:", err)
		return func() {}
	}
	return func() { pprof.StopCPUProfile(); f.Close() }
}
