package component

import (
	"context"
	"errors"
	"log/slog"
	"strings"
	"unicode"

	"baton/component/wire"
	"baton/desk"
	"baton/handoff"
	"baton/stanza"
)

// message deals with a message by where it was sent to.
func (c *Component) message(ctx context.Context, in incoming) {
	switch in.header.Type {
	case "error":
		c.bounced(in)
		return
	case "groupchat", "headline":
		c.log.Debug("ignored", "type", in.header.Type, "from", in.header.From)
		return
	}
	switch in.to.kind {
	case kindService:
		if c.rosters.granted(in) {
			return
		}
		c.toDesk(ctx, in)
	case kindDesk:
		c.rosters.heard(in.from)
		c.toDesk(ctx, in)
	case kindQueue:
		c.toQueue(ctx, in)
	case kindConversation:
		c.toConversation(ctx, in)
	}
}

// bounced takes a message of ours that came back.
func (c *Component) bounced(in incoming) {
	cond := errorCondition(in.Stanza)
	c.rosters.bounced(in, cond)
	if !c.acks.bounced(in.from, in.header.ID, returned(in.Stanza, cond)) {
		c.provokedBy(slog.LevelInfo, in.header.From, "a message came back", "condition", cond)
	}
}

// toQueue takes what a caller says.
func (c *Component) toQueue(ctx context.Context, in incoming) {
	local := c.localOf(ctx, in.to.local, in.from)
	said := c.read(ctx, in, local, true)
	switch {
	case said.encrypted:
		c.refuseEncrypted(in)
		return
	case !said.line:
		c.signal(ctx, in, desk.Signal{Entry: in.to.local, By: in.from}, said)
		return
	case len(said.Body) > c.cfg.MaxBody:
		c.tooLong(in)
		return
	}
	if local == "" && !c.within(in, c.limit.opens(in.from)) {
		return
	}
	c.agents.meet(c.contact(in.to.local), in.header.From)
	req := desk.CallerSays{Caller: c.caller(in), Text: said.Text}
	h := in.header
	c.submit(ctx, h, req, func(_ desk.Result, err error) {
		switch {
		case err != nil:
			c.refuse(h, err)
		case said.receipt: // of a repetition too: the first receipt may be lost
			c.receipt(h)
		}
	})
}

// receipt tells a caller that their message is journalled (XEP-0184 §5.4).
func (c *Component) receipt(h stanza.Header) {
	if h.ID == "" {
		return
	}
	b := append([]byte(nil), "<message type='chat'"...)
	b = wire.AppendAttr(b, "from", bare(h.To))
	b = wire.AppendAttr(b, "to", h.From)
	b = append(b, "><received xmlns='urn:xmpp:receipts'"...)
	b = wire.AppendAttr(b, "id", h.ID)
	c.write(append(b, "/><no-store xmlns='urn:xmpp:hints'/></message>"...))
}

// caller describes the sender of a message to a queue.
func (c *Component) caller(in incoming) desk.Caller {
	name := ""
	if nick, ok := in.Child("http://jabber.org/protocol/nick", "nick"); ok {
		name = c.callersName(string(nick.AppendText(nil)))
	}
	if name == "" {
		name = nameFromAddress(string(in.from))
	}
	if name = c.callersName(name); name == "" {
		name = "Customer"
	}
	lang := in.header.Lang
	if len(lang) > maxLang {
		lang = ""
	}
	return desk.Caller{Entry: in.to.local, Party: in.from, Reach: in.header.From, Name: name, Lang: lang}
}

// toConversation takes what an agent says: a command, or a line.
func (c *Component) toConversation(ctx context.Context, in incoming) {
	said := c.read(ctx, in, in.to.local, false)
	switch {
	case said.encrypted:
		c.refuseEncrypted(in)
		return
	case !said.line:
		c.signal(ctx, in, desk.Signal{Local: in.to.local, By: in.from}, said)
		return
	case len(said.Body) > c.cfg.MaxBody:
		c.tooLong(in)
		return
	}
	w := c.chatWord(in, said.Body)
	if w.is || w.spaced != "" {
		if _, is := c.agent(in.header.From); !is {
			c.dismissed(ctx, in, w.word, said.corrects)
		} else if w.spaced != "" {
			c.saySpaced(in, w.spaced)
		} else {
			c.commandWord(ctx, in, w.word, said.corrects)
		}
		return
	}
	if w.escaped != "" {
		said.unescape(w.escaped)
	}
	h := in.header
	c.submit(ctx, h, desk.AgentSays{Local: in.to.local, By: in.from, Text: said.Text,
		About: said.about, Changes: said.changes}, func(_ desk.Result, err error) {
		if err != nil {
			c.refuse(h, err)
			c.alsoInWords(h, err)
		}
	})
}

// unescape replaces the text of a message that began with the prefix twice.
func (t *content) unescape(text string) {
	before := len(t.Body) - len(text)
	t.Payload = retold(t.Body, t.Payload[t.bodyLen:], func(s string) string { return s[min(before, len(s)):] })
	t.Body, t.bodyLen = text, len(appendElement(nil, "body", text))
}

// alsoInWords tells an agent in a line what the error says: some clients show
// no errors of messages. Strangers get the error alone.
func (c *Component) alsoInWords(h stanza.Header, err error) {
	var refusal *desk.Refusal
	if errors.As(err, &refusal) {
		c.hint(bare(h.To), bare(h.From), c.inWords(c.voice(handoff.Party(bare(h.From))), err))
	}
}

// say sends a line of the service's own: not part of a dialog, not repeated.
func (c *Component) say(from, to, text string) {
	c.write(c.lineOf(from, to, text))
}

func (c *Component) refuseEncrypted(in incoming) {
	v := c.voiceFrom(in.header)
	c.fail(in.header, stanza.NotAcceptable, v.Say("encrypted"))
	c.hint(bare(in.header.To), string(in.from), v.Say("encrypted_undelivered"))
}

func (c *Component) tooLong(in incoming) {
	c.fail(in.header, stanza.NotAcceptable, c.voiceFrom(in.header).Say("message_too_long"))
}

// signal passes on what is no line: somebody types, has received, has read. It
// is worth nothing later, so it is not kept.
func (c *Component) signal(ctx context.Context, in incoming, req desk.Signal, said content) {
	if len(said.Payload) == 0 {
		return
	}
	h := in.header
	c.submit(ctx, h, req, func(res desk.Result, err error) {
		to, conv := res.To, res.Conversation
		if err != nil || to == "" {
			return
		}
		if desk.WayTo(c.cfg.Domain, to) != desk.XMPP {
			said.sign.Conversation, said.sign.To = conv, to
			c.desk.Show(said.sign)
			return
		}
		from := conv.Local
		if to == conv.Caller {
			from = conv.Entry
		}
		c.pass(from, string(to), said.Payload)
	})
}

// localOf returns the localpart of a caller's open conversation, or "".
func (c *Component) localOf(ctx context.Context, entry string, caller handoff.Party) string {
	conv, err := c.desk.OpenOf(entry, caller)
	if err != nil {
		return ""
	}
	return conv.Local
}

// nameFromAddress makes a name of an address: "carol.jones@…" is Carol Jones.
func nameFromAddress(addr string) string {
	local, _, at := strings.Cut(bare(addr), "@")
	if !at {
		return cleanName(addr)
	}
	words := strings.FieldsFunc(local, func(r rune) bool { return r == '.' || r == '_' || r == '-' })
	for i, w := range words {
		r := []rune(w)
		r[0] = unicode.ToUpper(r[0])
		words[i] = string(r)
	}
	return cleanName(strings.Join(words, " "))
}
