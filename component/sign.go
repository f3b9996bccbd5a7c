package component

import (
	"context"
	"crypto/rand"

	"baton/component/wire"
	"baton/desk"
	"baton/lang"
)

// showSign sends an agent the sign of a caller who is not reached by XMPP.
func (c *Component) showSign(s desk.Sign) {
	var payload []byte
	if _, known := relayed[nsChatStates][s.State]; known {
		payload = append(payload, '<')
		payload = append(payload, s.State...)
		payload = append(wire.AppendAttr(payload, "xmlns", nsChatStates), "/>"...)
	}
	if s.Read > 0 {
		line, err := c.desk.Store().LineBySeq(context.Background(), c.cfg.Domain, s.Conversation.Local, s.Read)
		if err == nil && line.By == s.To && line.StanzaID != "" {
			payload = append(payload, "<displayed xmlns='urn:xmpp:chat-markers:0'"...)
			payload = append(wire.AppendAttr(payload, "id", line.StanzaID), "/>"...)
		}
	}
	payload = append(payload, c.receiptOf(s)...)
	if s.Segments > 0 {
		c.say(c.address(s.Conversation.Local), string(s.To), c.voice(s.To).Say("sms_segments", lang.Args{"Count": s.Segments}))
	}
	if len(payload) > 0 {
		c.pass(s.Conversation.Local, string(s.To), payload)
	}
}

// pass sends what passes: a message without text, that nobody keeps.
func (c *Component) pass(from, to string, payload []byte) {
	b := append([]byte(nil), "<message type='chat'"...)
	b = wire.AppendAttr(b, "from", c.contact(from))
	b = wire.AppendAttr(b, "to", to)
	b = wire.AppendAttr(b, "id", rand.Text())
	b = append(b, '>')
	b = append(b, payload...)
	c.write(append(b, "<no-store xmlns='urn:xmpp:hints'/></message>"...))
}
