package component

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"baton/component/wire"
	"baton/desk"
	"baton/handoff"
	"baton/lang"
	"baton/stanza"
)

// operation is something an agent can have done, declared once, in operations.
// Its three faces (chat word, ad-hoc form, native stanza) each make an input of
// what they are told; what follows of it is the same.
//
// Its texts are help_NAME (one line for !help) and do_NAME (the ad-hoc command's
// name).
type operation struct {
	name   string   // the chat word, the native element, the ad-hoc command's node
	also   []string // other chat words
	params []param  // what it is told, in the order typed
	at     where
	danger bool // stands last among ad-hoc commands, and is asked for twice there
	rules  bool // for supervisors only
	admins bool // for administrators only

	// shown reports whether the ad-hoc command is any use there; nil: always.
	shown   func(s scene) bool
	request func(c *Component, a ask, x input) (desk.Request, error)
	// told is said when it worked; nil or empty: what follows says it.
	told func(c *Component, v lang.Voice, a ask, x input, res desk.Result) string
	// change is what it makes of agents or queues, instead of a request; it has a
	// form and no chat word.
	change func(a ask, x input) desk.Edit
	did    string // the text for an ad-hoc command of which nothing was told; empty: did
	// read is told for what takes reading the store.
	read func(ctx context.Context, c *Component, v lang.Voice, a ask, x input, res desk.Result) (string, error)

	iq    func(st stanza.Stanza) (input, error) // nil: there is no native stanza
	reply func(res desk.Result) []any           // the IQ result's payload; nil: empty
}

// where says at which addresses an operation works.
type where uint8

const (
	inChat where = 1 << iota // about the conversation it is said to
	atDesk                   // at the transfer desk, and the service
	visits                   // works in chats too, but is listed at the desk
)

// ask is who asks, and where.
type ask struct {
	by    handoff.Party
	local string // the conversation; empty at the transfer desk
	id    string // of the stanza
	once  string // its origin-id: the same one again is the same message

	entry string              // the agent or queue chosen in the form before
	shown map[string][]string // its settings as the form has them
}

// where returns where it is asked.
func (a ask) where() where {
	if a.local == "" {
		return atDesk
	}
	return inChat
}

// worksAt reports whether the operation can be asked for there.
func (o *operation) worksAt(w where) bool { return o.at&w != 0 || w == inChat && o.at&visits != 0 }

// operationNamed finds an operation by its name, or by any of its words.
func operationNamed(name string, words bool) *operation {
	ops := operations()
	i := slices.IndexFunc(ops, func(o operation) bool { return o.name == name || words && slices.Contains(o.also, name) })
	if i < 0 {
		return nil
	}
	return &ops[i]
}

// may refuses who lacks the role for an operation.
func (c *Component) may(o *operation, by handoff.Party) error {
	if err := c.mayAdminister(o, by); err != nil {
		return err
	}
	if a, _ := c.desk.Directory().Agent(by); o.rules && !a.Oversees() {
		return &said{cond: stanza.Forbidden, name: "for_supervisors"}
	}
	return nil
}

// carryOut has an operation done and says in words how it went. done is called
// once, on the desk's goroutine or another, and must not block. guard may put
// the request into another; nil: it goes as it is.
func (c *Component) carryOut(ctx context.Context, h stanza.Header, o *operation, a ask, x input,
	guard func(desk.Request) desk.Request, done func(string, desk.Result, error)) {
	err := c.may(o, a.by)
	if err == nil && o.change != nil {
		c.administer(o, a, x, done)
		return
	}
	var req desk.Request
	if err == nil {
		req, err = o.request(c, a, x)
	}
	if err != nil {
		done("", desk.Result{}, err)
		return
	}
	v := c.voice(a.by)
	if req == nil { // it only tells what is known
		done(o.told(c, v, a, x, desk.Result{}), desk.Result{}, nil)
		return
	}
	if guard != nil {
		req = guard(req)
	}
	c.submit(ctx, h, req, func(res desk.Result, err error) {
		if errors.Is(err, desk.ErrStore) {
			c.log.Error("a command failed", "command", o.name, "error", err)
		}
		switch {
		case err != nil:
			done("", res, err)
		case o.read != nil:
			c.readers.do(c, a.by, func(ctx context.Context) (string, error) { return o.read(ctx, c, v, a, x, res) },
				func(text string, err error) { done(text, res, err) })
		case o.told != nil:
			done(o.told(c, v, a, x, res), res, nil)
		default:
			done("", res, nil)
		}
	})
}

// word is a chat command as typed.
type word struct{ name, args string }

// command finds out whether what an agent said to a conversation is a command:
// it begins with the prefix, once. What bots say never is; of others, who may have
// been agents, it is kept from the caller.
func (c *Component) command(in incoming, body string) (word, bool) {
	a, ok := c.agent(in.header.From)
	p := c.cfg.Prefix
	if ok && c.desk.IsBot(in.to.local, a.JID) || p == "" {
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

// toDesk takes what an agent says to the transfer desk: commands, with or
// without the prefix.
func (c *Component) toDesk(ctx context.Context, in incoming) {
	a, ok := c.agent(in.header.From)
	if !ok {
		c.fail(in.header, stanza.ItemNotFound, "")
		return
	}
	said := c.read(ctx, in, "", false)
	body := strings.TrimSpace(said.Body)
	if a.Bot || said.corrects || c.reacts(ctx, in) || body == "" {
		return
	}
	rest, _ := c.marked(body)
	c.commandWord(ctx, in, split(strings.TrimSpace(rest)), false)
}

// commandWord runs a chat command and answers in a line. A correction of a
// command is not run: what was typed first has been.
func (c *Component) commandWord(ctx context.Context, in incoming, w word, corrects bool) {
	at, to := bare(in.header.To), string(in.from)
	v, p := c.voice(in.from), c.cfg.Prefix
	a := ask{by: in.from, id: in.header.ID}
	if once, ok := in.Child("urn:xmpp:sid:0", "origin-id"); ok {
		raw, _ := once.Attr("id")
		a.once = string(wire.Unescape(nil, raw))
	}
	if in.to.kind == kindConversation {
		a.local = in.to.local
	}
	if corrects {
		c.say(at, to, v.Say("corrected_command"))
		return
	}
	if w.name == "help" {
		c.say(at, to, c.help(v, a, w.args))
		return
	}
	o := operationNamed(toneless(w.name), true)
	switch {
	case o == nil && a.local == "":
		c.hint(at, to, v.Say("desk_hint", lang.Args{"P": p}))
		return
	case o == nil:
		c.say(at, to, v.Say("no_command", lang.Args{"P": p, "Word": w.name}))
		return
	case o.change != nil:
		c.say(at, to, c.byForm(v, o, a))
		return
	case !o.worksAt(a.where()):
		c.hint(at, to, v.Say("say_in_chat"))
		return
	}
	x, err := c.typed(o, w.args)
	if err != nil {
		c.say(at, to, c.inWords(v, err))
		return
	}
	c.carryOut(ctx, in.header, o, a, x, nil, func(text string, _ desk.Result, err error) {
		if err != nil {
			text = c.inWords(v, err)
		}
		if text != "" {
			c.say(at, to, text)
		}
	})
}

// help lists the commands, or explains one.
func (c *Component) help(v lang.Voice, a ask, about string) string {
	p := c.cfg.Prefix
	if name := strings.TrimPrefix(split(about).name, p); name != "" {
		o := operationNamed(name, true)
		if o == nil {
			return v.Say("help_unknown", lang.Args{"P": p, "Word": name})
		}
		if err := c.may(o, a.by); err != nil {
			return c.inWords(v, err)
		}
		if o.change != nil {
			return sentence(v.Say("help_"+o.name)) + " " + c.byForm(v, o, a)
		}
		text := c.helpOn(v, o)
		if len(o.also) > 0 {
			text += "\n" + v.Say("help_also", lang.Args{"Words": strings.Join(o.also, ", ")})
		}
		return text
	}
	var b strings.Builder
	b.WriteString(v.Say("help_intro"))
	for _, o := range operations() {
		if o.at&a.where() != 0 && o.change == nil && c.may(&o, a.by) == nil {
			b.WriteString("\n" + c.helpOn(v, &o))
		}
	}
	if a.local == "" {
		b.WriteString("\n" + v.Say("help_in_chats"))
	} else {
		fmt.Fprintf(&b, "\n%shelp – %s\n%s\n%s", p, v.Say("help_help"), v.Say("help_at_desk"), v.Say("help_escape", lang.Args{"P": p}))
	}
	return b.String()
}

// helpOn explains a command in a line.
func (c *Component) helpOn(v lang.Voice, o *operation) string {
	use := c.cfg.Prefix + o.name
	for _, x := range o.params {
		if word := v.Say("param_" + x.name); x.formOnly {
			continue
		} else if x.required {
			use += " " + word
		} else {
			use += " [" + word + "]"
		}
	}
	return use + " – " + v.Say("help_"+o.name)
}
