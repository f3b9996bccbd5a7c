package component

import (
	"bytes"
	"context"
	"strings"

	"baton/component/wire"
	"baton/desk"
)

// PlainText makes a message of what a caller wrote who does not come by XMPP,
// as one of a caller who does would be: without characters that XML forbids, and
// no line of it looks like one of the service's own.
func (c *Component) PlainText(text string) desk.Text {
	text = strings.Map(func(r rune) rune {
		switch {
		case r == '\r':
			return '\n'
		case r < 0x20 && r != '\n' && r != '\t', r == 0xfffe, r == 0xffff:
			return -1
		}
		return r
	}, strings.ToValidUTF8(strings.ReplaceAll(text, "\r\n", "\n"), "\uFFFD"))
	text = c.SafeText(text)
	return desk.Text{Body: text, Payload: appendElement(nil, "body", text)}
}

// receiptOf returns the receipt for a line that has arrived, where its author
// asked for one.
func (c *Component) receiptOf(s desk.Sign) []byte {
	if s.Arrived == 0 {
		return nil
	}
	line, err := c.desk.Store().LineBySeq(context.Background(), c.cfg.Domain, s.Conversation.Local, s.Arrived)
	if err != nil || line.By != s.To || line.StanzaID == "" || !asked(line.Payload) {
		return nil
	}
	b := wire.AppendAttr([]byte("<received xmlns='urn:xmpp:receipts'"), "id", line.StanzaID)
	return append(b, "/>"...)
}

// asked reports whether a line's children, behind its text, hold a request for a
// receipt (XEP-0184 §5.1).
func asked(payload []byte) bool {
	_, rest, _ := bytes.Cut(payload, endBody)
	return bytes.Contains(rest, []byte("<request")) && bytes.Contains(rest, []byte("urn:xmpp:receipts"))
}
