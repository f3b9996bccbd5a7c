package component

import (
	"bytes"
	"crypto/rand"
	"slices"
	"strconv"
	"time"

	"baton/component/wire"
	"baton/desk"
	"baton/stanza"
)

// maxResult is how much is shown of the text of a line that cannot be sent whole,
// in bytes.
const maxResult = 16 << 10

// results writes the messages of a page.
func (p *pager) results(q *stanza.ArchiveQuery, lines []desk.Line) []byte {
	known := knownAs{p: p, sent: map[string]uint64{}, own: map[uint64]string{}}
	for _, l := range lines {
		known.note(l)
	}
	lines = slices.Clone(lines)
	if q.Flip {
		slices.Reverse(lines)
	}
	var out []byte
	for _, l := range lines {
		from := len(out)
		out = p.result(out, q.ID, l, known.in(l, p.voiced(l)))
		if len(out)-from > maxPost {
			l.Body = l.Body[:min(len(l.Body), maxResult)]
			l.Payload = appendElement(nil, "body", l.Body)
			out = p.result(out[:from], q.ID, l, p.voiced(l))
		}
	}
	return out
}

// result appends the message that carries one line, so that a client knows it for
// the one it has.
func (p *pager) result(dst []byte, queryID string, l desk.Line, children []byte) []byte {
	dst = append(dst, "<message"...)
	dst = wire.AppendAttr(dst, "from", p.q.h.To)
	dst = wire.AppendAttr(dst, "to", p.q.h.From)
	dst = wire.AppendAttr(dst, "id", rand.Text())
	dst = append(dst, "><result xmlns='urn:xmpp:mam:2'"...)
	if queryID != "" {
		dst = wire.AppendAttr(dst, "queryid", queryID)
	}
	dst = wire.AppendAttr(dst, "id", p.ids.of(l.Seq))
	dst = p.forwarded(append(dst, '>'), l, children)
	return append(dst, "</result></message>"...)
}

// forwarded appends a line (XEP-0297) as the reader's client got or sent it.
func (p *pager) forwarded(dst []byte, l desk.Line, children []byte) []byte {
	dst = append(dst, "<forwarded xmlns='urn:xmpp:forward:0'><delay xmlns='urn:xmpp:delay'"...)
	dst = wire.AppendAttr(dst, "from", p.c.cfg.Domain)
	dst = wire.AppendAttr(dst, "stamp", l.At.UTC().Format(time.RFC3339Nano))
	dst = append(dst, "/><message xmlns='jabber:client' type='chat'"...)
	dst = p.envelope(dst, l)
	dst = append(dst, "><author xmlns='urn:xmpp:handoff:0'"...)
	dst = wire.AppendAttr(dst, "role", wireRole(l.Role))
	dst = wire.AppendAttr(dst, "jid", string(l.By))
	dst = wire.AppendAttr(dst, "name", l.Name)
	dst = append(append(dst, "/>"...), children...)
	if origin := p.origin(l); origin != "" {
		dst = append(dst, "<origin-id xmlns='urn:xmpp:sid:0'"...)
		dst = append(wire.AppendAttr(dst, "id", origin), "/>"...)
	}
	dst = append(dst, "<session xmlns='urn:xmpp:handoff:0'"...)
	dst = wire.AppendAttr(dst, "id", l.Conversation+"."+strconv.FormatUint(l.Session, 10))
	dst = wire.AppendAttr(dst, "epoch", strconv.FormatUint(l.Epoch, 10))
	return append(dst, "/></message></forwarded>"...)
}

// envelope appends the addresses and the id that a line has for the reader:
// their own lines went from them to the contact, all others came from it.
func (p *pager) envelope(dst []byte, l desk.Line) []byte {
	if l.By == p.q.by {
		dst = wire.AppendAttr(dst, "from", string(p.q.by))
		dst = wire.AppendAttr(dst, "to", p.c.address(l.Conversation))
	} else {
		dst = wire.AppendAttr(dst, "from", p.c.contact(l.Conversation))
		dst = wire.AppendAttr(dst, "to", string(p.q.by))
	}
	return wire.AppendAttr(dst, "id", p.idOf(l))
}

// idOf returns the id of the message that brought the line to the reader, or
// that the reader sent.
func (p *pager) idOf(l desk.Line) string {
	if l.By == p.q.by && l.StanzaID != "" {
		return l.StanzaID
	}
	return copyID(l.Conversation, l.Seq, true)
}

func (p *pager) origin(l desk.Line) string {
	if l.By == p.q.by {
		return l.OriginID
	}
	return copyID(l.Conversation, l.Seq, true)
}

// voiced returns a line's children as the reader sees them. All voices but their
// own come from one contact, so each but the caller's says whose it is, and the
// caller can speak in nobody's name.
func (p *pager) voiced(l desk.Line) []byte {
	if l.By == p.q.by {
		return l.Payload
	}
	heardBy := "you"
	if l.To != p.q.by {
		heardBy = p.c.desk.Directory().NameOf(l.To)
	}
	return p.c.voiced(l, p.q.conv.Caller, true, heardBy)
}

// knownAs translates references to other lines into the ids that the reader
// knows them by, as far as the page tells.
type knownAs struct {
	p    *pager
	sent map[string]uint64 // lines by the id their author gave them
	own  map[uint64]string // the ids of the reader's own
}

func (k *knownAs) note(l desk.Line) {
	if l.Role == desk.RoleCaller {
		return // nobody knows those by the caller's ids
	}
	k.sent[l.StanzaID] = l.Seq
	if l.By == k.p.q.by && l.StanzaID != "" {
		k.own[l.Seq] = l.StanzaID
	}
}

// in returns a line's children with their references translated.
func (k *knownAs) in(l desk.Line, children []byte) []byte {
	if !bytes.Contains(children, []byte(" id='")) {
		return children
	}
	doc := append(append([]byte("<message>"), children...), "</message>"...)
	st, err := wire.New(bytes.NewReader(doc), wire.Limits{Stanza: len(doc) + 1}).Next()
	if err != nil {
		return children
	}
	var out []byte
	for e := range st.Children {
		raw := e.Raw
		if c := allowed(e.NS, e.Local); c == refer || c == mark {
			raw = k.reference(l.Conversation, e)
		}
		out = append(out, raw...)
	}
	return out
}

// reference returns an element that names another message, naming it as the
// reader knows it.
func (k *knownAs) reference(local string, e wire.Element) []byte {
	raw, ok := e.Attr("id")
	id := string(wire.Unescape(nil, raw))
	seq, known := seqOf(local, id, true)
	if !known {
		seq, known = seqOf(local, id, false)
	}
	if !known {
		seq, known = k.sent[id]
	}
	if !ok || !known {
		return e.Raw
	}
	as, mine := k.own[seq]
	if !mine {
		as = copyID(local, seq, true)
	}
	return bytes.Replace(e.Raw, wire.AppendAttr(nil, "id", id), wire.AppendAttr(nil, "id", as), 1)
}
