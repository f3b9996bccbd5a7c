// Command bench measures what relaying a message costs, and prints it beside what
// others pay for the same.
//
//	go run ./bench                     # under three minutes
//	go run ./bench -full
//	go run ./bench -only transfer      # or one load
//	go run ./bench -growth             # how costs grow: docs/growth.json, docs/growth.svg
//	go run ./bench -through prosody    # or ejabberd: docs/through.json
//
// It plays the XMPP server (XEP-0114) to components that run as processes of
// their own: Baton, which journals each message before it relays it; the floor,
// a relay that swaps the addresses of a stanza by bytes, with one write for each,
// and keeps nothing; bare, the same with mellium.im/xmpp; slixmpp where Python
// has it, and @xmpp/component where npm can install it. All get the same messages;
// what counts is the processor time that the scheduler charged to their process.
// Those that are written in Go say how many objects they allocated, too: Baton in
// builds with the tag profile only, which changes nothing else.
//
// The machine is expected to be noisy. Contenders take turns within a round, each
// figure is compared with the floor's of the same round, and the median of those
// ratios is printed with the least and the greatest. A round in which other
// programs used more than a quarter of a processor is thrown away and counted;
// when there is no time left to wait for quiet ones, it counts, and that is said.
//
// A transfer is measured from the accept to the first message that the new agent
// gets, beside a round trip through the floor and the commit of one row to a
// database as durable as Baton's, of the same round.
//
// With -growth one store grows: rows are copied by SQL of those that Baton wrote
// for sessions of its own. At each size Baton is started on it, and start-up,
// memory, transfers, archive pages and relaying between 64 of the callers are
// measured. Conversations beyond these are held by agents who are not there; half
// of the lines are in one conversation, whose pages are read, the others in the
// rest of the 64: at 10⁶ lines each of these has some 8,000.
//
// With -through there is a throwaway server for each contender, with accounts and
// archives as integration/prosody and integration/ejabberd configure it; callers
// and agent are logged in to it.
package main
