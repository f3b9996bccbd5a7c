package component

import (
	"regexp"
	"strconv"
	"strings"

	"baton/desk"
	"baton/handoff"
	"baton/lang"
	"baton/stanza"
)

// param is something an operation is told. Its texts are param_NAME (in !help)
// and field_NAME (in forms).
type param struct {
	name     string
	kind     kindOfParam
	required bool
	formOnly bool   // not typed
	missing  string // the text that asks for it

	second bool             // it is in the second form
	key    string           // of a setting, as the configuration file has it
	form   stanza.FieldType // of a setting
	words  []string         // that a setting can be
	usual  string           // what a setting is if nobody says
}

type kindOfParam uint8

const (
	aTarget kindOfParam = iota + 1 // a queue or an agent
	anAgent
	aNumber  // a session's, #42
	aText    // for people, of any length; the rest of what is typed
	aReason  // a line; the rest of what is typed
	someInfo // key=value; the rest of what is typed
	aCount
	aName    // of a canned reply
	anEntry  // an agent or queue to be changed
	aSetting // of an agent or a queue
	aShare
	aSwitch // on or off
)

// input is what an operation was told, by whichever face.
type input struct {
	target  desk.Target
	mode    handoff.Mode // of a native transfer
	number  int64
	id      string // of a transfer
	session string
	text    string // or a reason
	lang    string // of the reason
	share   *desk.Share
	info    []desk.Field
	count   int
	name    string

	entry    string              // the agent or queue to be changed
	settings map[string][]string // what they are to be, under the keys of the configuration file
	set      desk.Switch
}

// typed reads what stands behind a command's word.
func (c *Component) typed(o *operation, args string) (input, error) {
	var x input
	for _, p := range o.params {
		if p.formOnly {
			continue
		}
		value := args
		switch p.kind {
		case aTarget, anAgent, aName, aSwitch:
			w := split(args)
			value, args = w.name, w.args
		case aNumber, aCount:
			m := leadingNumber.FindStringSubmatch(args)
			value = ""
			if m != nil {
				value, args = m[1], strings.TrimSpace(args[len(m[0]):])
			}
		default:
			args = ""
		}
		if err := c.fill(&x, p, value); err != nil {
			return x, err
		}
	}
	if args != "" && o.name == "accept" { // "yes, but wait" is no yes
		return x, usage("just_y", nil)
	}
	return x, nil
}

var leadingNumber = regexp.MustCompile(`^#?(\d{1,18})(?:\s+|$)`)

// fill takes one value, as typed or as submitted in a form.
func (c *Component) fill(x *input, p param, value string) error {
	if strings.TrimSpace(value) == "" {
		if p.required {
			return usage(p.missing, lang.Args{"Queues": strings.Join(c.queueNames(), ", ")})
		}
		return nil
	}
	var err error
	switch p.kind {
	case aTarget:
		x.target = c.target(value)
	case anAgent:
		if x.target = c.target(value); x.target.Agent == "" {
			return usage("which_agent", nil)
		}
	case aNumber:
		x.number, err = strconv.ParseInt(strings.TrimPrefix(value, "#"), 10, 64)
	case aCount:
		x.count, err = strconv.Atoi(strings.TrimSpace(value))
	case aReason:
		x.text = value
		return brief(value)
	case aText:
		if x.text = value; len(value) > c.cfg.MaxBody {
			return &said{cond: stanza.NotAcceptable, name: "too_long"}
		}
	case someInfo:
		x.info, err = readInfo(value)
		return err
	case aName:
		x.name = value
	case aSwitch:
		set, ok := switches[stanza.Switch(value)]
		if x.set = set; !ok {
			return usage("on_or_off", nil)
		}
	case aShare:
		n, _ := strconv.Atoi(value)
		if value != asQueue {
			x.share = &desk.Share{None: value == "none", Last: n}
		}
	}
	if err != nil {
		return usage("no_number", lang.Args{"Value": value})
	}
	return nil
}

// asQueue is the choice of a share that leaves it to the queue's setting.
const asQueue = "default"

// readInfo reads lines of key=value.
func readInfo(text string) ([]desk.Field, error) {
	var out []desk.Field
	for line := range strings.Lines(text) {
		if strings.TrimSpace(line) == "" {
			continue
		}
		key, value, ok := strings.Cut(line, "=")
		key, value = cleanName(key), strings.TrimSpace(value)
		switch {
		case !ok || key == "":
			return nil, usage("info_how", nil)
		case max(len(key), len(value)) > maxField:
			return nil, &said{stanza.NotAcceptable, "field_too_long", lang.Args{"Most": maxField}}
		}
		out = append(out, desk.Field{Var: key, Value: value})
	}
	return out, nil
}

// brief refuses a reason that is none any more.
func brief(reason string) error {
	if len(reason) <= maxReason {
		return nil
	}
	return &said{stanza.NotAcceptable, "reason_too_long", lang.Args{"Most": maxReason}}
}

// target finds out whom a typed name means. A name that is no queue's may be an
// agent's.
func (c *Component) target(name string) desk.Target {
	dir := c.desk.Directory()
	if strings.Contains(name, "@") {
		return desk.Target{Agent: handoff.Party(bare(name))}
	}
	if _, ok := dir.Queue(name); ok {
		return desk.Target{Queue: name}
	}
	for _, a := range dir.Agents {
		local, _, _ := strings.Cut(string(a.JID), "@")
		if strings.EqualFold(local, name) || strings.EqualFold(a.Name, name) {
			return desk.Target{Agent: a.JID}
		}
	}
	return desk.Target{Queue: name}
}

func (c *Component) queueNames() []string {
	var names []string
	for _, q := range c.desk.Directory().Queues {
		names = append(names, q.Name)
	}
	return names
}

// unless returns the conversation addressed, unless a number says another.
func (a ask) unless(number int64) string {
	if number != 0 {
		return ""
	}
	return a.local
}

// text makes of words a line of the dialog.
func (c *Component) text(a ask, words string) desk.Text {
	words = c.disarm(words)
	return desk.Text{StanzaID: a.id, OriginID: a.once, Body: words, Payload: appendElement(nil, "body", words)}
}
