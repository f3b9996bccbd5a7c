package stanza

import "encoding/xml"

// NSCommands is the namespace of ad-hoc commands (XEP-0050).
const NSCommands = "http://jabber.org/protocol/commands"

// CommandAction is what a client asks of a command (XEP-0050 §4).
type CommandAction string

// The actions. None, and one that is not known, is ActionExecute.
const (
	ActionExecute  CommandAction = "execute"
	ActionCancel   CommandAction = "cancel"
	ActionPrev     CommandAction = "prev"
	ActionNext     CommandAction = "next"
	ActionComplete CommandAction = "complete"
)

// CommandStatus is where a command stands.
type CommandStatus string

// The states of a command.
const (
	CommandExecuting CommandStatus = "executing" // its form waits to be filled in
	CommandCompleted CommandStatus = "completed"
	CommandCanceled  CommandStatus = "canceled"
)

// NoteType is how a command's note is meant.
type NoteType string

// The types of a note.
const (
	NoteInfo  NoteType = "info"
	NoteWarn  NoteType = "warn"
	NoteError NoteType = "error"
)

// Command asks for an ad-hoc command (IQ set), or answers: then it has a Status.
// A form that waits to be filled in can be completed, or sent for the next one
// where there is More, and nothing else.
type Command struct {
	Node    string
	Session string // of the command; empty: it begins
	Action  CommandAction
	Status  CommandStatus
	Note    string // empty: none
	Kind    NoteType
	Form    *Form
	More    bool // behind the form that waits comes another
}

func (c *Command) named(n xml.Name) bool {
	return n == xml.Name{Space: NSCommands, Local: "command"}
}

func (c *Command) read(r reader) {
	*c = Command{Node: r.str("node"), Session: r.str("sessionid"), Action: CommandAction(r.str("action")),
		Status: CommandStatus(r.str("status")), Form: r.form()}
	if k, ok := r.child(NSCommands, "actions"); ok {
		c.More = k.has(NSCommands, "next")
	}
	switch c.Action {
	case ActionCancel, ActionPrev, ActionNext, ActionComplete:
	default:
		c.Action = ActionExecute
	}
	for _, k := range r.children(NSCommands, "note") {
		c.Note, c.Kind = k.n.text, NoteType(k.str("type"))
	}
	if c.Note != "" && c.Kind == "" {
		c.Kind = NoteInfo
	}
}

// Validate returns an [*Error] naming what is wrong, if anything.
func (c Command) Validate() error {
	p := at("command")
	p.need("node", c.Node)
	if c.Note != "" {
		oneOf(p.in("note"), "type", c.Kind, NoteInfo, NoteWarn, NoteError)
	}
	if c.Form != nil {
		c.Form.check(p.in("x"))
	}
	return p.result()
}

func (c Command) node() *node {
	n := el(NSCommands, "command").attr("node", c.Node).attr("sessionid", c.Session).attr("status", string(c.Status))
	if c.Status == "" {
		n.attr("action", string(c.Action))
	}
	if c.Status == CommandExecuting {
		way := ActionComplete
		if c.More {
			way = ActionNext
		}
		n.add(el(NSCommands, "actions", el(NSCommands, string(way))).attr("execute", string(way)))
	}
	if note := textEl(NSCommands, "note", c.Note); note != nil {
		n.add(note.attr("type", string(c.Kind)))
	}
	return n.add(c.Form.nodeOrNil())
}

// UnmarshalXML implements [xml.Unmarshaler].
func (c *Command) UnmarshalXML(d *xml.Decoder, start xml.StartElement) error {
	return decode(d, start, c)
}

// MarshalXML implements [xml.Marshaler].
func (c Command) MarshalXML(e *xml.Encoder, _ xml.StartElement) error { return encode(e, c) }
