package component

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"baton/component/wire"
	"baton/desk"
	"baton/handoff"
	"baton/stanza"
)

// operation is something an agent can have done. It is declared once, in
// operations; each face (chat word, native stanza) reads its request in its own
// way and says the result in its own way.
type operation struct {
	name   string   // the chat word, and the native element
	also   []string // other chat words
	usage  string   // what follows the word
	help   string   // one line for !help
	atDesk bool     // works at the transfer desk too

	word  func(c *Component, a ask, args string) (desk.Request, error)
	told  func(c *Component, res desk.Result) string // said in chat when it worked; nil: what follows says it
	iq    func(a ask, st stanza.Stanza) (desk.Request, error)
	reply func(res desk.Result) []any // the IQ result's payload; nil: empty
}

// ask is who asks, and where.
type ask struct {
	by    handoff.Party
	local string // the conversation; empty at the transfer desk
	id    string // of the stanza
	once  string // its origin-id: the same one again is the same message
}

// operations is the table of everything an agent can say to the service.
func operations() []operation {
	return []operation{
		{
			name: "transfer", usage: "QUEUE or AGENT [reason]",
			help: "offer this chat to a queue or an agent; you keep it until they accept",
			word: wordTransfer(handoff.Warm), told: toldTransfer, iq: iqTransfer, reply: replyTransfer,
		},
		{
			name: "blind", usage: "QUEUE or AGENT [reason]",
			help: "hand this chat on and let go at once; it waits until somebody takes it",
			word: wordTransfer(handoff.Blind), told: toldTransfer,
		},
		{
			name: "consult", usage: "QUEUE or AGENT [reason]",
			help: "talk with a colleague first; the customer sees nothing of it",
			word: wordTransfer(handoff.Consult), told: toldTransfer,
		},
		{
			name: "join", usage: "QUEUE or AGENT [reason]",
			help: "ask a colleague into this chat; you stay",
			word: wordTransfer(handoff.Join), told: toldTransfer,
		},
		{
			name: "say", usage: "TEXT",
			help: "while you consult: speak to the customer all the same",
			word: func(c *Component, a ask, args string) (desk.Request, error) {
				if args == "" {
					return nil, usage("Say what?")
				}
				args = c.disarm(args) // the word in front of it is gone
				return desk.AgentSays{Local: a.local, By: a.by, Aloud: true, Text: desk.Text{StanzaID: a.id,
					OriginID: a.once, Body: args, Payload: appendElement(nil, "body", args)}}, nil
			},
		},
		{
			name: "return", usage: "[reason]",
			help: "put this chat back into the queue",
			word: func(_ *Component, a ask, args string) (desk.Request, error) {
				return desk.Return{Local: a.local, By: a.by, Reason: args}, brief(args)
			},
		},
		{
			name: "reclaim", usage: "[reason]",
			help: "ask for a chat back that you handed on",
			word: func(_ *Component, a ask, args string) (desk.Request, error) {
				return desk.Handoff{Local: a.local, By: a.by, Target: desk.Target{Agent: a.by}, Reason: args}, brief(args)
			},
			told: func(c *Component, res desk.Result) string {
				if res.Conversation.Holder == res.Transfer.By {
					return "" // the handover message says it
				}
				return "Asked " + c.desk.Directory().NameOf(res.Conversation.Holder) + " for it."
			},
		},
		{
			name: "accept", also: []string{"y", "yes", "👍"}, usage: "[number]", atDesk: true,
			help: "take the chat you are offered (at the transfer desk just: y)",
			word: func(_ *Component, a ask, args string) (desk.Request, error) {
				n, rest, err := number(args)
				if err == nil && rest != "" {
					err = usage("Say y, or y and the number.")
				}
				return desk.Accept{Answer: desk.Answer{By: a.by, Local: a.unless(n), Number: n}}, err
			},
			iq: iqAccept, reply: replyAccept,
		},
		{
			name: "decline", also: []string{"n", "no", "👎"}, usage: "[number] [reason]", atDesk: true,
			help: "let the offer pass (at the transfer desk just: n)",
			word: func(_ *Component, a ask, args string) (desk.Request, error) {
				n, rest, err := number(args)
				if err == nil {
					err = brief(rest)
				}
				return desk.Decline{Answer: desk.Answer{By: a.by, Local: a.unless(n), Number: n}, Reason: rest}, err
			},
			iq: iqDecline,
		},
		{
			name: "cancel",
			help: "take back the transfer you offered, or end the consultation",
			word: func(_ *Component, a ask, _ string) (desk.Request, error) {
				return desk.Cancel{Local: a.local, By: a.by}, nil
			},
			told: func(_ *Component, res desk.Result) string {
				if res.Resumed {
					return "What you write goes to " + res.Conversation.Name + " again."
				}
				return "" // an outcome says it
			},
			iq: iqCancel,
		},
		{
			name: "done",
			help: "end this session; as a guest: leave it",
			word: func(_ *Component, a ask, _ string) (desk.Request, error) {
				return desk.Disconnect{Local: a.local, By: a.by, Reason: string(stanza.ReasonDone)}, nil
			},
			told: func(_ *Component, res desk.Result) string {
				if res.Conversation.Phase != handoff.Idle {
					return "" // a guest who left is told otherwise
				}
				return "The session with " + res.Conversation.Name + " is closed."
			},
		},
	}
}

// unless returns the conversation addressed, unless a number says another.
func (a ask) unless(number int64) string {
	if number != 0 {
		return ""
	}
	return a.local
}

var leadingNumber = regexp.MustCompile(`^#?(\d{1,18})(?:\s+|$)`)

// number takes a short number off the front of args.
func number(args string) (int64, string, error) {
	m := leadingNumber.FindStringSubmatch(args)
	if m == nil {
		return 0, args, nil
	}
	n, err := strconv.ParseInt(m[1], 10, 64)
	return n, strings.TrimSpace(args[len(m[0]):]), err
}

// usage is a refusal that explains a command.
func usage(format string, args ...any) error {
	return &stanza.Error{Condition: stanza.BadRequest, Text: fmt.Sprintf(format, args...)}
}

// word is a chat command as typed.
type word struct{ name, args string }

// command finds out whether what an agent said to a conversation is a command:
// it begins with the prefix, once. What bots and others say never is.
func (c *Component) command(in incoming, body string) (word, bool) {
	a, ok := c.agent(in.header.From)
	p := c.cfg.Prefix
	if !ok || a.Bot || p == "" {
		return word{}, false
	}
	rest, ok := strings.CutPrefix(body, p)
	if !ok || rest == "" || strings.HasPrefix(rest, p) || strings.HasPrefix(rest, " ") {
		return word{}, false
	}
	return split(rest), true
}

func split(text string) word {
	name, args := text, ""
	if i := strings.IndexFunc(text, func(r rune) bool { return r == ' ' || r == '\n' || r == '\t' }); i >= 0 {
		name, args = text[:i], strings.TrimSpace(text[i:])
	}
	return word{strings.ToLower(name), args}
}

// toDesk takes what an agent says to the transfer desk: only answers and help,
// with or without the prefix.
func (c *Component) toDesk(ctx context.Context, in incoming) {
	a, ok := c.agent(in.header.From)
	if !ok {
		c.fail(in.header, stanza.ItemNotFound, "")
		return
	}
	said := c.read(ctx, in, "", false)
	body := strings.TrimSpace(said.Body)
	if a.Bot || body == "" || said.corrects {
		return
	}
	c.commandWord(ctx, in, split(strings.TrimPrefix(body, c.cfg.Prefix)), false)
}

// commandWord runs a chat command and answers in a line. A correction of a
// command is not run: what was typed first has been.
func (c *Component) commandWord(ctx context.Context, in incoming, w word, corrects bool) {
	at, to := bare(in.header.To), string(in.from)
	atDesk := in.to.kind != kindConversation
	if corrects {
		c.say(at, to, "A corrected command is not run. Type it again.")
		return
	}
	if w.name == "help" {
		c.say(at, to, c.help(atDesk))
		return
	}
	ops := operations()
	i := slices.IndexFunc(ops, func(o operation) bool { return o.name == w.name || slices.Contains(o.also, w.name) })
	switch {
	case i < 0 && atDesk:
		c.hint(at, to, "Here you answer offers: y or n. "+c.cfg.Prefix+"help lists what else you can say.")
		return
	case i < 0:
		c.say(at, to, fmt.Sprintf("There is no command %s%s; nothing was sent. %shelp lists them; to send a text that begins with %s, double it: %s%s",
			c.cfg.Prefix, w.name, c.cfg.Prefix, c.cfg.Prefix, c.cfg.Prefix, c.cfg.Prefix+w.name))
		return
	case atDesk && !ops[i].atDesk:
		c.hint(at, to, "Say that in the chat it is about.")
		return
	}
	a := ask{by: in.from, id: in.header.ID}
	if once, ok := in.Child("urn:xmpp:sid:0", "origin-id"); ok {
		raw, _ := once.Attr("id")
		a.once = string(wire.Unescape(nil, raw))
	}
	if !atDesk {
		a.local = in.to.local
	}
	req, err := ops[i].word(c, a, w.args)
	if err != nil {
		c.say(at, to, c.inWords(err))
		return
	}
	told := ops[i].told
	c.submit(ctx, in.header, req, func(res desk.Result, err error) {
		switch {
		case err != nil:
			c.say(at, to, c.inWords(err))
		case told != nil:
			if text := told(c, res); text != "" {
				c.say(at, to, text)
			}
		}
	})
}

// inWords returns what a refusal says to a person.
func (c *Component) inWords(err error) string {
	cond, text := condition(err)
	if text == "" {
		text = cond.Text()
	}
	if errors.Is(err, desk.ErrStore) {
		c.log.Error("a command failed", "error", err)
	}
	return text
}

// help lists the commands.
func (c *Component) help(atDesk bool) string {
	var b strings.Builder
	b.WriteString("You can say:")
	for _, o := range operations() {
		if atDesk && !o.atDesk {
			continue
		}
		fmt.Fprintf(&b, "\n%s", strings.TrimSpace(c.cfg.Prefix+o.name+" "+o.usage)+" – "+o.help)
	}
	if atDesk {
		b.WriteString("\nMore commands work in the chats you hold.")
	} else {
		fmt.Fprintf(&b, "\n%shelp – this list\n%s%stext sends %stext.", c.cfg.Prefix, c.cfg.Prefix, c.cfg.Prefix, c.cfg.Prefix)
	}
	return b.String()
}

// wordTransfer reads "billing wants a refund" and "bob@example.com …". A name
// that is no queue's may be an agent's.
func wordTransfer(mode handoff.Mode) func(*Component, ask, string) (desk.Request, error) {
	return func(c *Component, a ask, args string) (desk.Request, error) {
		w := split(args)
		if w.name == "" {
			return nil, usage("To whom? Add a queue (%s) or an agent's address, and why.", strings.Join(c.queueNames(), ", "))
		}
		return desk.Handoff{Local: a.local, By: a.by, Mode: mode, Target: c.target(w.name), Reason: w.args}, brief(w.args)
	}
}

// target finds out whom a typed name means.
func (c *Component) target(name string) desk.Target {
	dir := c.desk.Directory()
	if strings.Contains(name, "@") {
		return desk.Target{Agent: handoff.Party(bare(name))}
	}
	if _, ok := dir.Queue(name); ok {
		return desk.Target{Queue: name}
	}
	for _, a := range dir.Agents {
		local, _, _ := strings.Cut(string(a.JID), "@")
		if strings.EqualFold(local, name) || strings.EqualFold(a.Name, name) {
			return desk.Target{Agent: a.JID}
		}
	}
	return desk.Target{Queue: name}
}

func (c *Component) queueNames() []string {
	var names []string
	for _, q := range c.desk.Directory().Queues {
		names = append(names, q.Name)
	}
	return names
}

func toldTransfer(c *Component, res desk.Result) string {
	dir := c.desk.Directory()
	to := dir.Title(res.Transfer.Target.Queue)
	if res.Transfer.Target.Agent != "" {
		to = dir.NameOf(res.Transfer.Target.Agent)
	}
	back := " " + c.cfg.Prefix + "cancel takes it back."
	switch {
	case res.Conversation.Offer.ID != res.Transfer.ID: // to the agent consulted: moved at once
		return ""
	case res.Transfer.Mode == handoff.Blind.String():
		return "Offered to " + to + ". You have let go of this chat. Closed for you."
	case res.Transfer.Mode == handoff.Consult.String():
		return "Asked " + to + " for advice." + back
	case res.Transfer.Mode == handoff.Join.String():
		return "Asked " + to + " to join." + back
	}
	return "Offered to " + to + "; you keep this chat until it is accepted." + back
}
