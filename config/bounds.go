package config

import (
	"fmt"
	"io"
	"regexp"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"mellium.im/xmpp/jid"
)

// How long settings may be: people read them on one line, and clients show them in lists.
const (
	maxName      = 100 // characters of an agent's name and a queue's title
	maxQueueName = 64  // characters
	maxSkill     = 64  // characters
	maxWords     = 100 // entries of an agent's queues and skills
	maxShown     = 60  // characters of a value that an error repeats
)

// label checks a text that people see on one line.
func (v *validator) label(key, text string, most int) {
	if n := utf8.RuneCountInString(text); n > most {
		v.say(key, "found %q, which has %d characters; write %d at most", text, n, most)
	} else if i := strings.IndexFunc(text, unlabelled); i >= 0 {
		r, _ := utf8.DecodeRuneInString(text[i:])
		v.say(key, "found %q, in which %U breaks the line or turns what is written around it; write it without", text, r)
	}
}

// unlabelled says whether a character would make a label look like something else: those that control or break lines,
// and those that override or isolate the direction of the text around them.
func unlabelled(r rune) bool {
	return unicode.IsControl(r) || r == '\u2028' || r == '\u2029' || r >= '\u202A' && r <= '\u202E' || r >= '\u2066' && r <= '\u2069'
}

// message checks a text that the service sends.
func (v *validator) message(key, text string) {
	if most := v.cfg.Limits.Body; most > 0 && ByteSize(len(text)) > most {
		v.say(key, "found %d bytes; write what one message may have (limits.body is %s)", len(text), most)
	}
}

// words checks the length of a list.
func (v *validator) words(key string, list []string) {
	if len(list) > maxWords {
		v.say(key, "found %d entries; write %d at most", len(list), maxWords)
	}
}

// distinct leaves out words that were there before, in whatever case.
func distinct(words []string) (out []string) {
	seen := map[string]bool{}
	for _, w := range words {
		if same := strings.ToLower(strings.TrimSpace(w)); !seen[same] {
			seen[same] = true
			out = append(out, w)
		}
	}
	return out
}

// Makes says whether the localpart is one that a conversation can get. What stands for the caller's name may be anything:
// it was made by other rules once, perhaps.
func (s Session) Makes(localpart string) bool {
	pattern := regexp.QuoteMeta(s.Address)
	pattern = strings.ReplaceAll(pattern, `\{name\}`, `.+`)
	pattern = strings.ReplaceAll(pattern, `\{id\}`, `[a-z2-7]{8}`) // base32
	made, err := regexp.MatchString(`^(?s:`+pattern+`)$`, localpart)
	return err == nil && made
}

// clip shortens what an error repeats.
func clip(text string) string {
	if r := []rune(text); len(r) > maxShown {
		return string(r[:maxShown]) + "…"
	}
	return text
}

func clipAll(texts []string) []string {
	out := make([]string, len(texts))
	for i, text := range texts {
		out[i] = clip(text)
	}
	return out
}

// clipped shortens the values among the arguments of an error's text: addresses, and whatever is quoted.
func clipped(args []any) []any {
	out := make([]any, len(args))
	for i, arg := range args {
		switch arg := arg.(type) {
		case string:
			out[i] = excerpt(arg)
		case jid.JID:
			out[i] = excerpt(clip(arg.String()))
		default:
			out[i] = arg
		}
	}
	return out
}

// excerpt is a text that is short where it is quoted.
type excerpt string

// Format implements fmt.Formatter.
func (e excerpt) Format(f fmt.State, verb rune) {
	text := string(e)
	if verb == 'q' {
		text = strconv.Quote(clip(text))
	}
	_, _ = io.WriteString(f, text)
}
