// Command bench measures what relaying a message costs, and prints it beside what
// others pay for the same.
//
//	go run ./bench            # under three minutes
//	go run ./bench -full
//
// It plays the XMPP server (XEP-0114) to components that run as processes of
// their own: Baton, which journals each message before it relays it; the floor,
// a relay that swaps the addresses of a stanza by bytes, with one write for each,
// and keeps nothing; bare, the same with mellium.im/xmpp; and slixmpp where Python
// has it. All get the same messages; what counts is the processor time that the
// scheduler charged to their process.
//
// The machine is expected to be noisy. Contenders take turns within a round, each
// figure is compared with the floor's of the same round, and the median of those
// ratios is printed with the least and the greatest. A round in which other
// programs used more than a quarter of a processor is thrown away and counted.
package main
