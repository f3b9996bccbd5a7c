// Package simulation is a test of the whole system over long random histories:
// the desk, its store and the component as they ship, against a server and
// clients that are made up, in virtual time.
//
// A history is a list of steps drawn from a seed. People talk, hand sessions on
// and change their minds; messages come twice; agents die, dawdle and leave; the
// server drops the link, hangs, and is away; messages bounce and rosters are
// refused; the store fails; the process is killed between two commits; the clock
// jumps. Then all faults end, and 30 s later what people were shown is compared
// with what was committed.
//
//	go test ./integration/simulation                            a few hundred histories
//	make simulate N=50000 SEED=1                                as many as you like
//	go test ./integration/simulation -run TestHistory -seed=N   one, told step by step
package simulation
