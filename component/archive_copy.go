package component

import (
	"baton/desk"
	"baton/handoff"
	"baton/stanza"
)

// DialogCopy writes the lines of one conversation as an archive of somebody who
// took part in it has them.
type DialogCopy struct {
	p     pager
	known knownAs
}

// DialogCopy begins a copy of a conversation for an archive of who's. They are
// shown as the two sides of a chat, as the conversation's own archive does.
func (c *Component) DialogCopy(conv desk.Conversation, who handoff.Party) *DialogCopy {
	p := pager{c: c, q: archiveQuery{h: stanza.Header{From: string(who), To: c.address(conv.Local)}, by: who, conv: conv}}
	x := &DialogCopy{p: p}
	x.known = knownAs{p: &x.p, sent: map[string]uint64{}, own: map[uint64]string{}}
	return x
}

// Append appends a line as <forwarded/> (XEP-0297). What refers to other lines
// is right if those came before.
func (x *DialogCopy) Append(dst []byte, l desk.Line) []byte {
	x.known.note(l)
	return x.p.forwarded(dst, l, x.known.in(l, x.p.voiced(l)))
}
