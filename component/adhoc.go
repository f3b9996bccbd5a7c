package component

import (
	"cmp"
	"context"
	"crypto/rand"
	"errors"
	"strings"

	"baton/desk"
	"baton/lang"
	"baton/stanza"
)

// nodeOf is the node by which an operation's ad-hoc command is called.
func nodeOf(name string) string { return stanza.NS + "#" + name }

// adhoc is one step of an ad-hoc command (XEP-0050).
type adhoc struct {
	c   *Component
	ctx context.Context
	h   stanza.Header
	o   *operation
	a   ask
	cmd stanza.Command
}

// commandIQ takes a step of an ad-hoc command. Whatever comes of it is a result
// with a sentence: some clients show no errors. Only who may not know of the
// address gets an error.
func (c *Component) commandIQ(ctx context.Context, in incoming, st stanza.Stanza) {
	s := adhoc{c: c, ctx: ctx, h: in.header, a: ask{by: in.from, id: in.header.ID}}
	if in.to.kind == kindConversation {
		s.a.local = in.to.local
	}
	if a, ok := c.agent(in.header.From); !ok || a.Bot && in.to.kind != kindConversation {
		c.refuse(s.h, desk.ErrHidden)
		return
	}
	if err := st.Decode(&s.cmd); err != nil {
		s.unlessHidden(func(desk.Result) { c.refuse(s.h, err) })
		return
	}
	name, ok := strings.CutPrefix(s.cmd.Node, nodeOf(""))
	if ok {
		s.o = operationNamed(name, false)
	}
	if s.o == nil || !s.o.worksAt(s.a.where()) {
		s.unlessHidden(func(desk.Result) { c.fail(s.h, stanza.ItemNotFound, "") })
		return
	}
	s.step()
}

// step does what the client asks for. No action, next and complete all submit
// what was filled in.
func (s adhoc) step() {
	c := s.c
	cancels := s.cmd.Action == stanza.ActionCancel || s.cmd.Form != nil && s.cmd.Form.Type == stanza.FormCancel
	switch {
	case cancels:
		c.forms.take(s.key(s.cmd.Session))
		s.unlessHidden(func(desk.Result) {
			c.result(s.h, stanza.Command{Node: s.cmd.Node, Session: s.cmd.Session, Status: stanza.CommandCanceled})
		})
	case s.cmd.Session == "":
		s.begin()
	case s.cmd.Action == stanza.ActionPrev: // what was chosen stays
		if as, ok := c.forms.get(s.key(s.cmd.Session)); ok {
			id := s.cmd.Session
			s.a.entry, s.a.shown = as.entry, as.shown
			s.unlessHidden(func(res desk.Result) { s.ask(id, res) })
			return
		}
		s.over()
	default:
		as, ok := c.forms.take(s.key(s.cmd.Session))
		if !ok {
			s.over()
			return
		}
		s.submit(as)
	}
}

func (s adhoc) key(id string) formKey { return formKey{id, s.h.From, bare(s.h.To), s.cmd.Node} }

// over answers what belongs to no form that is open: it was sent before, or is
// too old, or somebody else's.
func (s adhoc) over() {
	s.unlessHidden(func(desk.Result) { s.fails(&said{name: "form_over"}) })
}

// begin sends the form, or does at once what needs none.
func (s adhoc) begin() {
	if err := s.c.may(s.o, s.a.by); err != nil {
		s.unlessHidden(func(desk.Result) { s.fails(err) })
		return
	}
	if !s.c.needsForm(s.o, s.a) {
		s.carryOut(input{}, nil)
		return
	}
	s.unlessHidden(func(res desk.Result) { s.ask("", res) })
}

// ask sends the form; id is that of the one it is sent for again.
func (s adhoc) ask(id string, res desk.Result) {
	if id == "" {
		id = s.c.forms.open(s.h.From, bare(s.h.To), s.cmd.Node, asOf{session: res.Conversation.Session, epoch: res.Conversation.Epoch})
	}
	s.c.result(s.h, stanza.Command{Node: s.cmd.Node, Session: id, Status: stanza.CommandExecuting,
		Form: s.c.form(s.o, s.a, res.Conversation), More: s.o.goesOn(s.a)})
}

// submit has done what was filled in, if the session is still where it was when
// the form was sent.
func (s adhoc) submit(as asOf) {
	if s.second(as) {
		return
	}
	if s.o.danger && !isYes(s.cmd.Form.Value(sure)) {
		s.unlessHidden(func(desk.Result) { s.completed(stanza.NoteInfo, s.c.voice(s.a.by).Say("not_sure")) })
		return
	}
	x, picked, err := s.c.filled(s.o, s.a, s.cmd.Form)
	if err != nil {
		s.unlessHidden(func(desk.Result) { s.fails(err) })
		return
	}
	if picked != nil {
		as = *picked
	}
	s.carryOut(x, func(req desk.Request) desk.Request {
		if s.a.local == "" && picked == nil {
			return req // about no conversation
		}
		return desk.AsOf{Local: s.a.local, Number: x.number, By: s.a.by, Session: as.session, Epoch: as.epoch, Request: req}
	})
}

func (s adhoc) carryOut(x input, guard func(desk.Request) desk.Request) {
	s.c.carryOut(s.ctx, s.h, s.o, s.a, x, guard, func(text string, res desk.Result, err error) {
		switch {
		case errors.Is(err, desk.ErrHidden) && s.a.local != "" && x.number == 0 && refusalText(err) == "":
			s.c.refuse(s.h, err)
		case err != nil:
			s.fails(err)
		case text == "":
			s.completed(stanza.NoteInfo, s.did(res.Conversation))
		default:
			s.completed(stanza.NoteInfo, text)
		}
	})
}

// did says what was done where the chat says it elsewhere.
func (s adhoc) did(conv desk.Conversation) string {
	dir, name := s.c.desk.Directory(), cmp.Or(s.o.did, "did")
	switch {
	case name != "you_took" || conv.Holder == s.a.by:
	case conv.Aside == s.a.by:
		name = "you_advise"
	case conv.Has(s.a.by):
		name = "you_joined"
	default: // asked for it back
		name = "has_it_again"
	}
	return s.c.voice(s.a.by).Say(name, lang.Args{"Who": conv.Tag() + " (" + conv.Name + ")", "Name": conv.Name,
		"Queue": dir.Title(conv.Queue), "By": dir.NameOf(conv.Holder), "P": s.c.cfg.Prefix})
}

// refusalText is what the desk says of a refusal; empty where it says nothing.
func refusalText(err error) string {
	var r *desk.Refusal
	if errors.As(err, &r) {
		return r.Text
	}
	return ""
}

func (s adhoc) fails(err error) {
	s.completed(stanza.NoteError, s.c.inWords(s.c.voice(s.a.by), err))
}

// completed ends the command with a sentence, in the three places of which every
// client shows one; what is long has a title of its own.
func (s adhoc) completed(kind stanza.NoteType, text string) {
	id := cmp.Or(s.cmd.Session, rand.Text()) // every answer has one (XEP-0050 §3.3)
	s.c.result(s.h, stanza.Command{Node: s.cmd.Node, Session: id, Status: stanza.CommandCompleted,
		Note: text, Kind: kind, Form: &stanza.Form{Type: stanza.FormResult, Title: titleOf(text), Instructions: []string{text}}})
}

// unlessHidden goes on once it is known that the asker may know of the address.
// What goes on must not ask the desk.
func (s adhoc) unlessHidden(then func(desk.Result)) {
	if s.a.local == "" {
		then(desk.Result{})
		return
	}
	s.c.submit(s.ctx, s.h, desk.See{Local: s.a.local, By: s.a.by}, func(res desk.Result, err error) {
		if err != nil {
			s.c.refuse(s.h, err)
			return
		}
		then(res)
	})
}
