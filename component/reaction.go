package component

import (
	"context"
	"errors"
	"strings"

	"baton/component/wire"
	"baton/desk"
	"baton/handoff"
	"baton/lang"
)

const nsReactions = "urn:xmpp:reactions:0"

// corrected is what the id of an offer's correction has behind the offer's own
// (sendOutcome).
const corrected = "-t"

// reacts takes a reaction to a message of the transfer desk (XEP-0444), and
// reports whether the message is one. 👍 on an offer takes it, 👎 lets it pass,
// as the words do; on anything else, and any other emoji, does nothing. What a
// client writes beside a reaction, for those who know none (XEP-0428), is no
// word.
func (c *Component) reacts(ctx context.Context, in incoming) bool {
	e, ok := in.Child(nsReactions, "reactions")
	if !ok {
		return false
	}
	o := answerOf(e)
	raw, _ := e.Attr("id")
	id := strings.TrimSuffix(string(wire.Unescape(nil, raw)), corrected)
	if o == nil || id == "" {
		return true
	}
	at, to, v := bare(in.header.To), string(in.from), c.voice(in.from)
	t, err := c.desk.Store().TransferByID(ctx, c.cfg.Domain, id)
	switch {
	case errors.Is(err, desk.ErrNotFound):
		return true
	case err != nil:
		c.log.Error("a reaction failed", "from", in.from, "error", err)
		c.say(at, to, c.inWords(v, errors.Join(desk.ErrStore, err)))
		return true
	}
	a := ask{by: in.from, local: t.Conversation, id: in.header.ID}
	c.carryOut(ctx, in.header, o, a, input{id: t.ID}, nil, func(_ string, _ desk.Result, err error) {
		if err == nil || errors.Is(err, desk.ErrHidden) { // whoever was not asked learns no more than of an id that never was
			return
		}
		c.readers.do(c, in.from, func(ctx context.Context) (string, error) {
			return c.unanswered(ctx, v, o, t, in.from, err)
		}, func(text string, err error) {
			if err != nil {
				text = c.inWords(v, err)
			}
			if text != "" {
				c.say(at, to, text)
			}
		})
	})
	return true
}

// answerOf returns what the reactions to an offer answer; nil: nothing, and
// nothing where they say both. They are all that there are now (XEP-0444 §3.2):
// none when they were taken back.
func answerOf(reactions wire.Element) *operation {
	name, n := "", 0
	for r := range reactions.Children {
		if n++; n > maxReactions || !r.Is(nsReactions, "reaction") {
			continue
		}
		said := map[string]string{"👍": "accept", "👎": "decline"}[toneless(strings.TrimSpace(string(r.AppendText(nil))))]
		if said != "" && name != "" && said != name {
			return nil
		}
		name = max(name, said)
	}
	if name == "" {
		return nil
	}
	return operationNamed(name, false)
}

// toneless returns an emoji without its skin tone, and without what asks for it
// as a picture.
func toneless(emoji string) string {
	return strings.TrimRight(emoji, "🏻🏼🏽🏾🏿\ufe0f")
}

// unanswered says why an answer came to nothing: nothing to whoever gave the same
// one before, since a client repeats a reaction with each further one, and that
// they have it to whoever took it.
func (c *Component) unanswered(ctx context.Context, v lang.Voice, o *operation, t desk.Transfer, by handoff.Party, why error) (string, error) {
	outcomes, err := c.desk.Store().Outcomes(ctx, c.cfg.Domain, t.ID)
	if err != nil {
		return "", errors.Join(desk.ErrStore, err)
	}
	for _, e := range outcomes {
		took := e.State == handoff.Accepted && e.By == by
		switch {
		case e.To != by || e.Role != handoff.AsTarget:
		case took && o.name == "accept", e.State == handoff.Declined && o.name == "decline":
			return "", nil
		case took:
			conv, err := c.desk.Conversation(ctx, t.Conversation)
			if err != nil {
				return "", errors.Join(desk.ErrStore, err)
			}
			return c.outcomeText(v, conv, t, e.Outcome), nil
		}
	}
	return c.inWords(v, why), nil
}
