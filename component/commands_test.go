package component

import (
	"fmt"
	"net"
	"os"
	"reflect"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"context"
	"log/slog"

	"github.com/stretchr/testify/require"

	"baton/desk"
	"baton/handoff"
	"baton/lang"
	"baton/stanza"
)

// idle is a component that is not connected, with an office to ask about.
func idle() *Component {
	d := desk.New(desk.Config{Domain: "handoff.example.com", Directory: &desk.Directory{
		Queues: []desk.Queue{{Name: "support", Title: "Support"}, {Name: "billing", Title: "Billing"}},
		Agents: []desk.Agent{
			{JID: "alice@example.com", Name: "Alice", Queues: []string{"support"}},
			{JID: "sue@example.com", Name: "Sue", Roles: []string{"supervisor"}},
		},
	}})
	return New(Config{Domain: "handoff.example.com", Desk: d, Admin: nobodysOffice{}, Log: slog.New(slog.DiscardHandler), Prefix: "!", Mark: "⚙ ",
		Dial:    func(context.Context) (net.Conn, error) { return nil, net.ErrClosed },
		Replies: []Reply{{Name: "hours", Text: "Nine to five."}}})
}

// Every operation has its texts in every language, says where it works, and is
// in the documentation.
func TestOperationsAreComplete(t *testing.T) {
	docs, err := os.ReadFile("../docs/protocol.md")
	require.NoError(t, err)
	seen := map[string]bool{"help": true}
	last := false
	for _, o := range operations() {
		for _, word := range append([]string{o.name}, o.also...) {
			require.False(t, seen[word], "%s: the word is there twice", word)
			seen[word] = true
		}
		require.True(t, (o.request == nil) != (o.change == nil), o.name)
		require.NotZero(t, o.at&(inChat|atDesk), o.name)
		if !o.rules && !o.admins {
			require.True(t, o.danger || !last, "%s stands behind what is dangerous", o.name)
			last = last || o.danger
		}
		if o.change == nil {
			require.Contains(t, string(docs), "`!"+o.name, "docs/protocol.md")
		} else {
			require.Contains(t, string(docs), "`"+o.name+"`", "docs/protocol.md")
		}
		require.False(t, o.iq != nil && o.at&inChat == 0, o.name)
		for _, tag := range lang.Tags() {
			v := lang.In(tag.String())
			texts := []string{"help_" + o.name, "do_" + o.name}
			if o.did != "" {
				texts = append(texts, o.did)
			}
			for _, p := range o.params {
				if p.kind != aCount && p.kind != aSwitch { // never in a form
					texts = append(texts, "field_"+p.name)
				}
				if !p.formOnly {
					texts = append(texts, "param_"+p.name)
				}
				if p.required {
					require.NotEmpty(t, p.missing, "%s: %s", o.name, p.name)
					texts = append(texts, p.missing)
				}
			}
			for _, name := range texts {
				require.NotEqual(t, name, v.Say(name), "%s: %s has no such text", o.name, tag)
			}
		}
	}
}

// faces is what an operation's faces are told, each in its own way.
var faces = map[string]struct{ word, native string }{
	"target": {"billing", "<target xmlns='urn:xmpp:handoff:0' queue='billing'/>"},
	"agent":  {"alice@example.com", ""},
	"reason": {"wants a refund", "<reason xmlns='urn:xmpp:handoff:0'>wants a refund</reason>"},
	"text":   {"three words here", "three words here"},
	"info":   {"order=4711", ""},
	"name":   {"hours", ""},
	"number": {"#7", ""},
	"count":  {"", ""},
	"share":  {"", ""},
	"state":  {"", ""},
}

// The three faces of an operation make the same request.
func TestFacesAgree(t *testing.T) {
	c := idle()
	for _, o := range operations() {
		for _, a := range []ask{{by: "sue@example.com", local: "carol.aaaaaaaa"}, {by: "sue@example.com"}} {
			if o.change != nil || !o.worksAt(a.where()) {
				continue
			}
			var words, natives []string
			form := &stanza.Form{Type: stanza.FormSubmit}
			for _, p := range o.params {
				face, ok := faces[p.name]
				require.True(t, ok, p.name)
				if p.formOnly || p.kind == aNumber && a.local != "" {
					continue
				}
				words, natives = append(words, face.word), append(natives, face.native)
				value := face.word
				if p.kind == aNumber {
					value = "7:1:3"
				}
				form.Fields = append(form.Fields, stanza.FormField{Var: p.name, Values: []string{value}})
			}
			typed, err := c.typed(&o, strings.Join(words, " "))
			require.NoError(t, err, o.name)
			want, err := o.request(c, a, typed)
			require.NoError(t, err, o.name)

			filled, picked, err := c.filled(&o, a, form)
			require.NoError(t, err, o.name)
			got, err := o.request(c, a, filled)
			require.NoError(t, err, o.name)
			require.Equal(t, want, got, "%s: form and word", o.name)
			if typed.number != 0 {
				require.Equal(t, &asOf{session: 1, epoch: 3}, picked, o.name)
			}
			if o.iq == nil || a.local == "" {
				continue
			}
			id := ""
			switch o.name {
			case "accept", "decline", "cancel": // they name the transfer
				id = " id='x-1'"
			}
			st, err := stanza.Parse([]byte(fmt.Sprintf("<iq type='set'><%s xmlns='urn:xmpp:handoff:0'%s>%s</%s></iq>",
				o.name, id, strings.Join(natives, ""), o.name)))
			require.NoError(t, err)
			native, err := o.iq(st)
			require.NoError(t, err, o.name)
			if id != "" {
				require.Equal(t, "x-1", native.id)
				native.id = ""
			}
			got, err = o.request(c, a, native)
			require.NoError(t, err, o.name)
			require.Equal(t, want, got, "%s: native and word", o.name)
		}
	}
}

// A form has only fields that every client shows, and asks twice for what is
// dangerous.
func TestForms(t *testing.T) {
	c := idle()
	shown := []stanza.FieldType{stanza.ListSingle, stanza.TextSingle, stanza.TextMulti, stanza.Boolean, stanza.ListMulti}
	for _, o := range operations() {
		for _, a := range []ask{{by: "sue@example.com", local: "carol.aaaaaaaa"}, {by: "sue@example.com"}} {
			f := c.form(&o, a, desk.Conversation{Info: []desk.Field{{Var: "order", Value: "4711"}}})
			require.NoError(t, f.Validate())
			require.Len(t, f.Instructions, 1, o.name)
			require.NotEmpty(t, f.Title)
			for _, field := range f.Fields {
				require.Contains(t, shown, field.Type, "%s: %s", o.name, field.Var)
				require.NotEmpty(t, field.Label)
			}
			twice := len(f.Fields) > 0 && f.Fields[len(f.Fields)-1].Var == sure
			require.Equal(t, o.danger, twice, o.name)
			require.True(t, len(f.Fields) > 0 || !c.needsForm(&o, a), o.name)
		}
	}
}

// Forms that wait are bounded for each agent and in all, and by time; one that
// was submitted is gone.
func TestFormsAreBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var f forms
		open := func(from string) formKey {
			return formKey{f.open(from, "desk@x", "n", asOf{session: 1, epoch: 2}), from, "desk@x", "n"}
		}
		first := open("alice@x/a")
		other := open("bob@x/b")
		var last formKey
		for i := range maxFormsEach {
			last = open(fmt.Sprintf("alice@x/%d", i))
		}
		require.False(t, f.has(first), "her oldest is forgotten")
		require.True(t, f.has(other))
		for _, foreign := range []formKey{
			{last.id, "alice@x/other", last.at, last.node}, {last.id, "bob@x/b", last.at, last.node},
			{last.id, last.from, "other@x", last.node}, {last.id, last.from, last.at, "m"}, {"", last.from, last.at, last.node},
		} {
			_, ok := f.take(foreign)
			require.False(t, ok, "%+v", foreign)
		}
		as, ok := f.take(last)
		require.True(t, ok)
		require.Equal(t, asOf{session: 1, epoch: 2}, as)
		_, ok = f.take(last)
		require.False(t, ok, "sent again")

		for i := range 2 * maxForms {
			open(fmt.Sprintf("agent%d@x/a", i))
		}
		require.Len(t, f.by, maxForms)
		kept := open("carol@x/c")
		time.Sleep(formLife - time.Nanosecond)
		require.True(t, f.has(kept))
		time.Sleep(time.Nanosecond)
		require.False(t, f.has(kept))
		_, ok = f.take(kept)
		require.False(t, ok)
		open("alice@x/a")
		require.Len(t, f.by, 1, "those that expired are forgotten")
	})
}

func TestTyped(t *testing.T) {
	c := idle()
	for text, want := range map[string]input{
		"transfer billing wants  a refund": {target: desk.Target{Queue: "billing"}, text: "wants  a refund"},
		"transfer ALICE":                   {target: desk.Target{Agent: "alice@example.com"}},
		"transfer zoe@example.com/x why":   {target: desk.Target{Agent: "zoe@example.com"}, text: "why"},
		"transfer nobody":                  {target: desk.Target{Queue: "nobody"}},
		"accept":                           {},
		"accept 42":                        {number: 42},
		"decline #42 no time":              {number: 42, text: "no time"},
		"decline 42nd time":                {text: "42nd time"},
		"info a=b=c\nd = e ":               {info: []desk.Field{{Var: "a", Value: "b=c"}, {Var: "d", Value: "e"}}},
		"info a=":                          {info: []desk.Field{{Var: "a"}}},
		"history 5":                        {count: 5},
		"history all":                      {},
		"force #1 alice":                   {number: 1, target: desk.Target{Agent: "alice@example.com"}},
		"whisper #1 #2 is hers too":        {number: 1, text: "#2 is hers too"},
		"listen":                           {},
		"listen off":                       {set: desk.Off},
		"listen #1":                        {number: 1},
		"listen #1 off":                    {number: 1, set: desk.Off},
	} {
		w := split(text)
		got, err := c.typed(operationNamed(w.name, true), w.args)
		require.NoError(t, err, text)
		require.True(t, reflect.DeepEqual(want, got), "%s: %+v", text, got)
	}
	for text, want := range map[string]string{
		"transfer":                            "To whom? Add a queue (support, billing) or an agent's address, and why.",
		"accept but wait":                     "Say y, or y and the number.",
		"say":                                 "Say what?",
		"note \t":                             "Note what?",
		"info order":                          "Say what is known as key=value, such as order=4711. Without a value it is forgotten.",
		"info =1":                             "Say what is known as key=value, such as order=4711. Without a value it is forgotten.",
		"info a=" + strings.Repeat("x", 501):  "A field of the form is too long: 500 bytes at most.",
		"return " + strings.Repeat("x", 1001): "The reason is too long: 1000 bytes at most. Say it in the chat.",
		"note " + strings.Repeat("x", 17000):  "That is too long. Send it in parts.",
		"force #1 billing":                    "To which agent? Add an address.",
		"listen #1 please":                    "Say off, or nothing behind it.",
	} {
		w := split(text)
		_, err := c.typed(operationNamed(w.name, true), w.args)
		require.EqualError(t, err, want, text)
		cond, english := condition(err)
		require.Equal(t, want, english)
		require.Contains(t, []stanza.Condition{stanza.BadRequest, stanza.NotAcceptable}, cond)
	}
}

// An agent is spoken to in the configured language, else in that of what they
// sent last, else in English; what callers send teaches nothing.
func TestVoice(t *testing.T) {
	c := idle()
	hear := func(from, tag string) {
		c.heard(incoming{header: stanza.Header{From: from, Lang: tag}, from: handoff.Party(bare(from))})
	}
	speaks := func(who handoff.Party) string { return c.voice(who).Say("take_it") }
	require.Equal(t, "Take it?", speaks("alice@example.com"))
	hear("alice@example.com/a", "de-CH")
	require.Equal(t, "Übernehmen?", speaks("alice@example.com"))
	hear("alice@example.com/a", "")
	hear("alice@example.com/a", strings.Repeat("x", 36))
	require.Equal(t, "Übernehmen?", speaks("alice@example.com"))
	hear("alice@example.com/b", "tlh")
	require.Equal(t, "Take it?", speaks("alice@example.com"))
	hear("carol@example.net/a", "de")
	require.NotContains(t, c.voices.by, handoff.Party("carol@example.net"))
	c.desk.Directory().Agents[0].Lang = "de"
	require.Equal(t, "Übernehmen?", speaks("alice@example.com"))
}

func (f *forms) has(k formKey) bool {
	_, open := f.get(k)
	return open
}
