package component

import (
	"context"
	"errors"

	"baton/desk"
)

// dismissed deals with a command typed in a conversation by who is no agent, any
// more or at all: whoever holds the session can end it, and nothing else.
func (c *Component) dismissed(ctx context.Context, in incoming, w word, corrects bool) {
	h := in.header
	o := operationNamed(toneless(w.name), true)
	done := o != nil && o.name == "done" && !corrects
	c.submit(ctx, h, desk.Command{Local: in.to.local, By: in.from, Prefix: c.cfg.Prefix, Done: done},
		func(res desk.Result, err error) {
			v := c.voice(in.from) // as it was heard last
			if h.Lang != "" {
				v = c.voiceFrom(h)
			}
			var refusal *desk.Refusal
			if err != nil {
				c.refuse(h, err)
				if errors.As(err, &refusal) { // strangers get the error alone
					c.hint(bare(h.To), bare(h.From), c.inWords(v, err))
				}
				return
			}
			if text := o.told(c, v, ask{}, input{}, res); text != "" {
				c.say(bare(h.To), bare(h.From), text)
			}
		})
}
