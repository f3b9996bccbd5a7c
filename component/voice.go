package component

import (
	"errors"
	"fmt"
	"sync"

	"baton/desk"
	"baton/handoff"
	"baton/lang"
	"baton/stanza"
)

// voices knows which language the agents' clients speak, for those whose
// language is not configured.
type voices struct {
	mu sync.Mutex
	by map[handoff.Party]string // BCP 47
}

// heard notes the language of what an agent sent last.
func (c *Component) heard(in incoming) {
	tag := in.header.Lang
	if tag == "" || len(tag) > maxLang || in.to.kind == kindQueue { // a caller's
		return
	}
	c.voices.mu.Lock()
	defer c.voices.mu.Unlock()
	if c.voices.by[in.from] == tag {
		return
	}
	if _, ok := c.agent(in.header.From); !ok {
		return
	}
	if c.voices.by == nil {
		c.voices.by = map[handoff.Party]string{}
	}
	c.voices.by[in.from] = tag
}

// voice returns the language an agent is spoken to in: the configured one, else
// the one of what they sent last, else English.
func (c *Component) voice(who handoff.Party) lang.Voice {
	if a, ok := c.desk.Directory().Agent(who); ok && a.Lang != "" {
		return lang.In(a.Lang)
	}
	c.voices.mu.Lock()
	defer c.voices.mu.Unlock()
	return lang.In(c.voices.by[who])
}

// voiceTo is voice for whoever an item goes to: callers have a language of their
// own.
func (c *Component) voiceTo(j job) lang.Voice {
	if j.To == j.conv.Caller {
		return lang.In(j.conv.Lang)
	}
	return c.voice(j.To)
}

// voiceFrom is the language of whoever sent something.
func (c *Component) voiceFrom(h stanza.Header) lang.Voice {
	if _, ok := c.agent(h.From); ok {
		return c.voice(handoff.Party(bare(h.From)))
	}
	return lang.In(h.Lang)
}

// said is a refusal in whichever language it is read.
type said struct {
	cond stanza.Condition
	name string // of the text
	args lang.Args
}

func (s *said) Error() string { return lang.Voice{}.Say(s.name, s.args) }

// As makes a said a [*stanza.Error] too, in English.
func (s *said) As(target any) bool {
	e, ok := target.(**stanza.Error)
	if ok {
		*e = &stanza.Error{Condition: s.cond, Text: s.Error()}
	}
	return ok
}

// usage is a refusal that explains a command.
func usage(name string, args lang.Args) error { return &said{stanza.BadRequest, name, args} }

// inWords returns what a refusal says to a person.
func (c *Component) inWords(v lang.Voice, err error) string {
	var s *said
	var refusal *desk.Refusal
	switch {
	case errors.As(err, &s):
		return v.Say(s.name, s.args)
	case errors.As(err, &refusal):
		return refusalIn(v, refusal)
	}
	cond, text := condition(err)
	if text == "" {
		text = cond.Text()
	}
	return v.Say(text) // English where the language has no such sentence
}

// refusalIn returns the desk's sentence in another language.
func refusalIn(v lang.Voice, r *desk.Refusal) string {
	if r.Format == "" {
		return r.Text
	}
	return fmt.Sprintf(v.Say(r.Format), r.Args...)
}
