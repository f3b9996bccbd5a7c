package component

import (
	"fmt"
	"strings"

	"baton/handoff"
	"baton/lang"
	"baton/stanza"
)

// sendNotice tells the caller how things stand while they wait, in their
// language. What was true of a session that waited is not sent any more when it
// does not.
func (c *Component) sendNotice(j job, e handoff.Notice) {
	if e.Waiting && (j.conv.Phase != handoff.Waiting || j.conv.Session != e.Session) {
		j.done(nil)
		return
	}
	c.postMessage(j, stanza.Message{From: c.contact(j.conv.Entry), Body: saidIn(lang.In(j.conv.Lang), e.Says),
		ID: fmt.Sprintf("%s-n%d", shortID(j.conv.Local), j.ID)})
}

// saidIn puts phrases into one voice's words.
func saidIn(v lang.Voice, says []handoff.Phrase) string {
	var out []string
	for _, p := range says {
		if p.Words != "" {
			out = append(out, p.Words)
			continue
		}
		args := lang.Args{}
		for name, value := range p.Args {
			args[name] = value
		}
		out = append(out, v.Say(p.Name, args))
	}
	return strings.Join(out, " ")
}
