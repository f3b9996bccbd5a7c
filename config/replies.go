package config

import (
	"strings"
	"unicode"
)

// replies checks the canned replies: each is called by one word.
func (v *validator) replies() {
	const most = 2000 // bytes of a text
	named := map[string]bool{}
	for i, r := range v.cfg.Chat.Replies {
		key := item("chat.replies", i)
		name := strings.ToLower(r.Name)
		switch {
		case name == "" || len(name) > 32 || strings.ContainsFunc(name, unicode.IsSpace):
			v.say(child(key, "name"), "found %q; write one word, which agents type behind !r, for example hours", r.Name)
		case named[name]:
			v.say(child(key, "name"), "%q is there twice; write another word", r.Name)
		case strings.TrimSpace(r.Text) == "" || len(r.Text) > most:
			v.say(child(key, "text"), "found %d bytes; write what is sent, %d bytes at most", len(r.Text), most)
		}
		named[name] = true
	}
}
