// Package torture kills the program again and again under load, on real servers,
// and counts what became of every message.
//
// Callers say numbered lines and ask for receipts (XEP-0184), agents answer with
// numbered lines and hand sessions on, natively and by words. In every cycle, at
// a moment drawn from the seed, something goes wrong: mostly kill -9 of the program, under load or
// while it starts; sometimes SIGTERM, a cut link or a crash of the server. Callers say again, with the
// same origin-id, what came back or got no receipt. In the end the journal is
// compared with what everybody's client showed.
//
//	go test ./integration/torture              a few cycles on each make of server
//	make torture N=500 SEED=7                  as many as you like, with a table
//
// What was said, not journalled, not returned to its sender, and not said again is
// in the window that XEP-0114 leaves open. It is counted for each fault, after a
// crash of the server too, which loses what it had not passed on. How wide it is depends on how much is under way: here up to 30 lines of each
// of three callers, and what the agents say.
//
// The seed fixes what is done when; how the processes interleave it cannot fix.
package torture
