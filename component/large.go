package component

import (
	"crypto/rand"
	"log/slog"
	"regexp"
	"slices"
	"strings"

	"baton/component/wire"
	"baton/handoff"
	"baton/lang"
	"baton/stanza"
)

// Bounds of what is listed, so that a large office's lists can be sent and read.
const (
	mostChoices  = 200      // of a field; people look for no more
	longTold     = 1 << 10  // bytes of an ad-hoc answer whose title is its first line alone
	directoryMax = 32 << 10 // bytes of !directory
	settingMost  = 200      // bytes of a setting listed there
)

// tooLargeFor is the answer to h instead of one that no client takes: every
// request is answered (RFC 6120 §8.2.3).
func (c *Component) tooLargeFor(h stanza.Header, size int) []byte {
	c.provokedBy(slog.LevelWarn, h.From, "an answer was too large: an error is sent instead", "to", short(h.To), "bytes", size)
	return h.Fail(stanza.ResourceConstraint, c.voiceFrom(h).Say("answer_too_large"))
}

// lineOf makes a line of the service's own; one that no client takes says that
// instead.
func (c *Component) lineOf(from, to, text string) []byte {
	b := append([]byte(nil), "<message type='chat'"...)
	b = wire.AppendAttr(b, "from", from+resource)
	b = wire.AppendAttr(b, "to", to)
	b = wire.AppendAttr(b, "id", rand.Text())
	b = append(b, '>')
	begun := len(b)
	b = appendElement(b, "body", c.cfg.Mark+text)
	if size := len(b); size > maxPost {
		c.provokedBy(slog.LevelWarn, to, "an answer was too large: a line is sent instead", "to", from, "bytes", size)
		b = appendElement(b[:begun], "body", c.cfg.Mark+c.voice(handoff.Party(bare(to))).Say("answer_too_large"))
	}
	return append(b, "</message>"...)
}

var toAttr = regexp.MustCompile(`^<[^>]*?\sto=(?:'([^']*)'|"([^"]*)")`)

// recipient is whom a stanza of ours is for, as it is written there: our
// addresses stand before what strangers chose, such as an id.
func recipient(stanzas []byte) string {
	m := toAttr.FindSubmatch(stanzas[:min(len(stanzas), 16<<10)])
	if m == nil {
		return ""
	}
	return string(slices.Concat(m[1], m[2]))
}

// few makes a field of one with more choices than a list takes: what was a choice
// is written. What the answer is checked against is the same.
func few(field *stanza.FormField, p param, v lang.Voice) {
	n := len(field.Options)
	if n <= mostChoices {
		return
	}
	how := "too_many_choices"
	if p.kind == aNumber {
		how = "too_many_sessions"
	}
	field.Label += " (" + v.Say(how, lang.Args{"Most": n}) + ")"
	field.Options = nil
	if field.Type == stanza.ListMulti {
		field.Type = stanza.TextMulti
	} else {
		field.Type = stanza.TextSingle
	}
}

// titleOf is the title of an answer: all of it, as some clients show nothing else,
// unless it is long.
func titleOf(text string) string {
	if len(text) <= longTold {
		return text
	}
	first, _, _ := strings.Cut(text, "\n")
	return quoted(first)
}

// cutShort cuts a text that is only to be recognised.
func cutShort(text string, most int) string {
	if len(text) <= most {
		return text
	}
	return strings.ToValidUTF8(text[:most], "") + "…"
}

// andMore says how many a list leaves out.
func andMore(v lang.Voice, left int) string {
	if left <= 0 {
		return ""
	}
	return "\n" + v.Say("and_more", lang.Args{"Count": left})
}
