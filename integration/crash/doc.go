// Package crash kills the program at every point of package fault, and shows that
// nothing journalled is lost, doubled, or given to somebody it was not for.
//
// The program runs as a process of its own, built once with the tag fault, against
// a small server over TCP that plays all people too. They play a fixed story. For
// each point the program dies at its first passing, and in another run at a later
// one drawn from a seed; then it is started again and the story goes on: people do
// again what had no effect. In the end what they were shown is compared with the
// journal.
//
//	go test ./integration/crash -v                                  the table, and its seed
//	go test ./integration/crash -seed=7 -run 'Points/store.commit.after$'   one point, with that seed
package crash
