package server

// Facts are how the makes differ, as far as a test must know.
type Facts struct {
	Privilege   string // the namespace of XEP-0356 it speaks
	RosterByAPI bool   // rosters cannot be written by XEP-0356, but by the server's HTTP API, at /api of Addresses.HTTP
	// NamesUnknownComponent: a component it does not know is told so; otherwise it gets the answer to a wrong secret.
	NamesUnknownComponent bool
	// OneConnection: it refuses a second connection for a component's domain; otherwise it takes any number, and gives
	// each stanza to one of them at random.
	OneConnection bool
	// LosesAtClose: what it holds for a component at the moment that one closes its stream in order is lost without an
	// error to its sender; otherwise it is handed over, or comes back.
	LosesAtClose bool
}

var facts = map[string]Facts{
	Prosody:  {Privilege: "urn:xmpp:privilege:2", NamesUnknownComponent: true, OneConnection: true},
	Ejabberd: {Privilege: "urn:xmpp:privilege:1", RosterByAPI: true, LosesAtClose: true},
}
