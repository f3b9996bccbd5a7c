package component

import (
	"bytes"
	"context"
	"slices"
	"strconv"
	"strings"

	"baton/component/wire"
	"baton/desk"
	"baton/handoff"
)

// carriage says what becomes of a child of a relayed message.
type carriage uint8

const (
	drop   carriage = iota // anything unknown: a copy of ours would lend it our name
	carry                  // byte for byte
	thread                 // the same, and nothing but text
	state                  // byte for byte, and alone it is no line of the dialog
	refer                  // names another message: its id is translated
	mark                   // as refer, and alone it is no line of the dialog
)

// allowed is the allow-list of relayed children: what is not in it is unknown to
// us, and a copy of ours would lend it our name.
func allowed(ns, local []byte) carriage {
	if wire.IsStanzaNS(ns) && string(local) == "thread" {
		return thread
	}
	return relayed[string(ns)][string(local)]
}

var relayed = map[string]map[string]carriage{
	nsChatStates:                 {"active": state, "composing": state, "paused": state, "inactive": state, "gone": state},
	"urn:xmpp:receipts":          {"request": state, "received": mark},
	"urn:xmpp:chat-markers:0":    {"markable": state, "received": mark, "displayed": mark, "acknowledged": mark},
	"urn:xmpp:message-correct:0": {"replace": refer},
	"urn:xmpp:reply:0":           {"reply": refer},
	"urn:xmpp:reactions:0":       {"reactions": refer},
	"urn:xmpp:message-retract:1": {"retract": refer},
	"jabber:x:oob":               {"x": carry},
	"urn:xmpp:sfs:0":             {"file-sharing": carry, "sources": carry},
	"urn:xmpp:fallback:0":        {"fallback": carry},
	"urn:xmpp:styling:0":         {"unstyled": carry},
}

const nsChatStates = "http://jabber.org/protocol/chatstates"

// Of what is carried on a message may have that many of a kind; of everything
// else one.
const maxCarried = 8

// ofFiles are the namespaces that may stand within a shared file (XEP-0447):
// what is within an allowed element is seen by clients that look for it
// anywhere.
var ofFiles = []string{"urn:xmpp:sfs:0", "urn:xmpp:file:metadata:0", "urn:xmpp:hashes:2", "urn:xmpp:thumbs:1",
	"http://jabber.org/protocol/url-data", "urn:xmpp:esfs:0"}

// holdsOnly reports whether everything in an element is of its own namespace,
// or, for a file, of those that files need.
func holdsOnly(e wire.Element, ns string) bool {
	for k := range e.Children {
		is := string(k.NS)
		if is != ns && (ns != ofFiles[0] || !slices.Contains(ofFiles, is)) || !holdsOnly(k, ns) {
			return false
		}
	}
	return true
}

// isLeaf reports whether an element has no elements in it.
func isLeaf(e wire.Element) bool {
	for range e.Children {
		return false
	}
	return true
}

// content is what a message says, as far as it may be relayed.
type content struct {
	desk.Text
	line      bool // belongs to the dialog; otherwise only a sign of life
	receipt   bool // the caller asks for one (XEP-0184)
	encrypted bool // end-to-end: the text is not the text
	corrects  bool
	about     uint64 // the line it refers to; 0: none
	changes   bool   // it corrects that line, or takes it back
	bodyLen   int    // bytes at the front of Payload that are the body's element
	seen      map[string]int
	sign      desk.Sign // what it is besides, for those who are not reached by XMPP
}

// carriage says what becomes of a child of this message. What is carried byte
// for byte must mean the same in a copy, and hold nothing that would not be
// carried by itself.
func (t *content) carriage(e wire.Element) carriage {
	how := allowed(e.NS, e.Local)
	ok := how != drop && t.room(e, how)
	switch how {
	case carry:
		ok = ok && e.Portable() && holdsOnly(e, string(e.NS))
	case state, thread:
		ok = ok && e.Portable() && isLeaf(e)
	}
	if !ok {
		return drop
	}
	return how
}

// room counts a child, and reports whether so many of its kind may be there.
func (t *content) room(e wire.Element, how carriage) bool {
	if t.seen == nil {
		t.seen = map[string]int{}
	}
	kind := string(e.NS) // of states only one, whichever it is
	if how != state {
		kind += " " + string(e.Local)
	}
	t.seen[kind]++
	return t.seen[kind] == 1 || how == carry && t.seen[kind] <= maxCarried
}

// read takes out of a message what may be relayed. References are translated
// to the ids that the other side knows; those that mean nothing there are
// dropped.
func (c *Component) read(ctx context.Context, in incoming, local string, toAgent bool) content {
	out := content{Text: desk.Text{StanzaID: in.header.ID}}
	var body []byte
	var written wire.Element
	for child := range in.Children {
		switch {
		case wire.IsStanzaNS(child.NS) && string(child.Local) == "body":
			if body == nil { // the first one counts, whatever its language
				out.line, written = true, child
				out.Body, body = c.body(child)
				if out.Body != "" && !plainBody(body) && (!toAgent || holdsBracketed(out.Body)) { // something goes in front of it
					body = appendElement(nil, "body", out.Body)
				}
			}
			continue
		case child.Is("urn:xmpp:sid:0", "origin-id"):
			id, _ := child.Attr("id")
			out.OriginID = string(wire.Unescape(nil, id))
			continue
		case isEncryption(child.NS, child.Local):
			out.encrypted = true
			continue
		case toAgent && child.Is("urn:xmpp:receipts", "request"):
			out.receipt = true // ours to give: it is here, whoever reads it when
			continue
		}
		switch out.carriage(child) {
		case state:
			if string(child.NS) == nsChatStates {
				out.sign.State = string(child.Local)
			}
			out.Payload = append(out.Payload, child.Raw...)
		case carry:
			out.line = out.line || string(child.NS) != "urn:xmpp:styling:0"
			fallthrough
		case thread:
			out.Payload = append(out.Payload, child.Raw...)
		case refer:
			out.corrects = out.corrects || string(child.NS) == "urn:xmpp:message-correct:0"
			b, seq := c.translate(ctx, child, in.from, local, toAgent)
			if seq > 0 {
				out.about, out.changes = seq, changes(child.NS)
			}
			if b != nil {
				out.line = true
				out.Payload = append(out.Payload, b...)
			}
		case mark:
			b, seq := c.translate(ctx, child, in.from, local, toAgent)
			if string(child.Local) == "displayed" {
				out.sign.Read = seq
			}
			out.Payload = append(out.Payload, b...)
		}
	}
	out.bodyLen = len(body)
	out.Payload = append(body, c.besideSafe(written, out.Payload)...)
	return out
}

// body returns a message's text and the element that carries it on: the bytes
// as they came, unless they hold something that must not reach a screen.
func (c *Component) body(e wire.Element) (string, []byte) {
	text := string(e.AppendText(nil))
	safe := c.disarm(text)
	if safe == text && e.Portable() && isLeaf(e) { // some clients show what is in elements within it too
		return text, slices.Clone(e.Raw)
	}
	return safe, appendElement(nil, "body", safe)
}

// plainBody reports whether the first end tag in the bytes is the body's own.
func plainBody(raw []byte) bool {
	return bytes.Index(raw, endBody) == len(raw)-len(endBody)
}

var endBody = []byte("</body>")

func isEncryption(ns, local []byte) bool {
	return string(ns) == "urn:xmpp:eme:0" || string(ns) == "jabber:x:encrypted" ||
		string(ns) == "urn:xmpp:openpgp:0" || string(ns) == "eu.siacs.conversations.axolotl" ||
		bytes.HasPrefix(ns, []byte("urn:xmpp:omemo:"))
}

// translate rebuilds an element that names another message for the other side
// of the conversation, and returns the number of the line it names; nil and 0
// when that is not known.
func (c *Component) translate(ctx context.Context, e wire.Element, from handoff.Party, local string, toAgent bool) ([]byte, uint64) {
	raw, ok := e.Attr("id")
	if !ok || local == "" {
		return nil, 0
	}
	line, ok := c.named(ctx, local, from, string(wire.Unescape(nil, raw)), !toAgent)
	if !ok {
		return nil, 0
	}
	if line.By != from && changes(e.NS) || line.Role == desk.RoleNote && !toAgent {
		return nil, line.Seq // nobody changes what another said, and no caller knows of notes
	}
	id := copyID(local, line.Seq, toAgent)
	if toAgent != (line.Role == desk.RoleCaller) { // the other side wrote it: they know it by their own id
		id = line.StanzaID
	}
	out := append([]byte("<"), e.Local...)
	out = wire.AppendRawAttr(out, "xmlns", e.NS)
	out = wire.AppendAttr(out, "id", id)
	if string(e.NS) == "urn:xmpp:reply:0" {
		out = wire.AppendAttr(out, "to", c.seenAs(line, local, toAgent))
	}
	if string(e.NS) != "urn:xmpp:reactions:0" {
		return append(out, "/>"...), line.Seq
	}
	out = append(out, '>')
	n := 0
	for r := range e.Children {
		text := r.AppendText(nil)
		if n++; n > maxReactions || string(r.Local) != "reaction" || len(text) > maxReaction {
			continue
		}
		out = append(out, "<reaction>"...)
		out = wire.AppendEscapedText(out, text)
		out = append(out, "</reaction>"...)
	}
	return append(out, "</reactions>"...), line.Seq
}

// A reaction is an emoji (XEP-0444 §3.1); a text in its place would stand where
// no mark tells whose it is.
const (
	maxReactions = 16
	maxReaction  = 48 // bytes; a family of four has 25
)

// changes reports whether an element of that namespace changes an earlier
// message.
func changes(ns []byte) bool {
	return string(ns) == "urn:xmpp:message-correct:0" || string(ns) == "urn:xmpp:message-retract:1"
}

// seenAs returns the address a line's author has for the receiver of a reply to
// it: the receiver's own for their own lines, else the contact they write to.
func (c *Component) seenAs(line desk.Line, local string, toAgent bool) string {
	switch {
	case toAgent == (line.Role != desk.RoleCaller):
		return string(line.By)
	case toAgent:
		return c.address(local)
	}
	conv, err := c.desk.Conversation(context.Background(), local)
	if err != nil {
		return c.address(local)
	}
	return c.address(conv.Entry)
}

// referenceReach is how many lines back somebody may mean one by the id of their own
// stanza, which are looked through: an id that they made up must not cost more.
const referenceReach = 2000

// named finds the line that somebody means by id: the id of a copy they got, or
// of a stanza they sent.
func (c *Component) named(ctx context.Context, local string, by handoff.Party, id string, agent bool) (desk.Line, bool) {
	store := c.desk.Store()
	if seq, ok := seqOf(local, id, agent); ok {
		if line, err := store.LineBySeq(ctx, c.cfg.Domain, local, seq); err == nil {
			return line, true
		}
	}
	line, err := store.LineByStanza(ctx, c.cfg.Domain, local, by, id, referenceReach)
	return line, err == nil
}

// copyID is the id of the copy of a line that goes to the agent or to the
// caller: always the same, so that a retransmission is known for one.
func copyID(local string, seq uint64, agent bool) string {
	return shortID(local) + side(agent) + strconv.FormatUint(seq, 36)
}

// seqOf is the reverse of copyID.
func seqOf(local, id string, agent bool) (uint64, bool) {
	rest, ok := strings.CutPrefix(id, shortID(local)+side(agent))
	if !ok {
		return 0, false
	}
	seq, err := strconv.ParseUint(rest, 36, 64)
	return seq, err == nil
}

func side(agent bool) string {
	if agent {
		return "-a"
	}
	return "-c"
}

// appendElement appends an element of the stream's own namespace.
func appendElement(dst []byte, name, text string) []byte {
	dst = append(dst, '<')
	dst = append(dst, name...)
	dst = append(dst, '>')
	dst = wire.AppendEscapedText(dst, text)
	dst = append(dst, "</"...)
	dst = append(dst, name...)
	return append(dst, '>')
}
