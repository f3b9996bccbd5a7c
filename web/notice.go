package web

import (
	"fmt"
	"strings"

	"baton/desk"
	"baton/handoff"
	"baton/lang"
)

// noticeOf is what the page shows of how things stand while its caller waits;
// none once that is not true any more.
func noticeOf(item desk.Item, f handoff.Notice, conv desk.Conversation, voice lang.Voice) (string, event) {
	if f.Waiting && (conv.Phase != handoff.Waiting || conv.Session != f.Session) {
		return "", event{}
	}
	var says []string
	for _, p := range f.Says {
		if p.Words != "" {
			says = append(says, p.Words)
			continue
		}
		args := lang.Args{}
		for name, value := range p.Args {
			args[name] = value
		}
		says = append(says, voice.Say(p.Name, args))
	}
	return fmt.Sprintf("notice:%d", item.ID), event{Kind: kindNotice, Session: f.Session, From: fromService, Text: strings.Join(says, " ")}
}
