package server

// Facts are how the makes differ, as far as a test must know.
type Facts struct {
	Privilege   string // the namespace of XEP-0356 it speaks
	RosterByAPI bool   // rosters cannot be written by XEP-0356, but by the server's HTTP API, at /api of Addresses.HTTP
	// MovesArchive: with the module of contrib/prosody, lines can be put into a user's archive; otherwise they can only
	// be removed, by the HTTP API.
	MovesArchive bool
	// NamesUnknownComponent: a component it does not know is told so; otherwise it gets the answer to a wrong secret.
	NamesUnknownComponent bool
	// OneConnection: it refuses a second connection for a component's domain; otherwise it takes any number, and gives
	// each stanza to one of them at random.
	OneConnection bool
	// LosesAtClose: what its router has given to the component's process, and that has not written when it reads the
	// component's end of stream, is lost without an error to its sender; otherwise it is handed over, or comes back.
	LosesAtClose bool
}

var facts = map[string]Facts{
	Prosody:  {Privilege: "urn:xmpp:privilege:2", MovesArchive: true, NamesUnknownComponent: true, OneConnection: true},
	Ejabberd: {Privilege: "urn:xmpp:privilege:1", RosterByAPI: true, LosesAtClose: true},
}
