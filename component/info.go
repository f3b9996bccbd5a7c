package component

import (
	"encoding/xml"
	"runtime"
	"slices"
	"strings"
	"time"

	"mellium.im/xmpp/version"
	"mellium.im/xmpp/xtime"

	"baton/desk"
	"baton/stanza"
)

// software is the node by which presence names us (XEP-0115 §4).
const software = "urn:xmpp:handoff:0"

// infoOf is what an address says of itself. A contact says it is a person's
// client, so that clients treat it like one. The conversations have no name in
// it: theirs is on their card, and so one hash stands for all of them.
func (c *Component) infoOf(to place) stanza.DiscoInfo {
	name := ""
	switch to.kind {
	case kindService:
		return serviceInfo()
	case kindDesk, kindQueue:
		name = c.nameOf(to, nil)
	}
	info := stanza.DiscoInfo{
		Identities: []stanza.Identity{{Category: "client", Type: "pc", Name: name}},
		Features: []string{
			stanza.NSDiscoInfo, stanza.NSDiscoItems, stanza.NSCaps, stanza.NSChatStates, stanza.NSReceipts,
			"urn:xmpp:chat-markers:0", stanza.NSCorrect, "jabber:x:oob", stanza.NSVCard, "jabber:iq:version",
			"urn:xmpp:time", stanza.NSLast, stanza.NSPing, "urn:xmpp:reply:0", "urn:xmpp:reactions:0",
			"urn:xmpp:message-retract:1", stanza.NS,
		},
	}
	if to.kind != kindQueue {
		info.Features = append(info.Features, stanza.NSCommands)
	}
	if to.archive {
		info.Features = append(info.Features, stanza.NSArchive, stanza.ArchiveExtended, stanza.NSRSM, stanza.NSStanzaID)
	}
	return info
}

// capsOf is what the presence of a contact says of it. A conversation's goes to
// those alone who may read its archive.
func (c *Component) capsOf(local string) *stanza.Caps {
	to, _ := c.place(c.address(local))
	to.archive = to.kind == kindConversation && c.cfg.Archive != nil
	return c.infoOf(to).Caps(software)
}

// serviceInfo is what the service itself says.
func serviceInfo() stanza.DiscoInfo {
	return stanza.DiscoInfo{
		Identities: []stanza.Identity{{Category: "component", Type: "generic", Name: "Baton session handoff"}},
		Features: []string{stanza.NSDiscoInfo, stanza.NSDiscoItems, "jabber:iq:version", "urn:xmpp:time",
			stanza.NSLast, stanza.NSPing, stanza.NSCommands, stanza.NS},
	}
}

// info answers what every contact is asked. conv is the conversation addressed,
// whose asker has been found to be allowed to know of it; nil elsewhere.
func (c *Component) info(h stanza.Header, to place, st stanza.Stanza, conv *desk.Conversation) {
	answer := c.answers(h, to, st, conv)
	switch {
	case h.Type == "set", answer == nil:
		c.fail(h, stanza.ServiceUnavailable, "")
	case answer == notFound:
		c.fail(h, stanza.ItemNotFound, "")
	case answer == empty:
		c.result(h)
	default:
		c.result(h, answer)
	}
}

// Answers that are no payload.
var (
	notFound any = "not found"
	empty    any = "empty"
)

// answers returns the answer to a get; nil where nothing here handles it.
func (c *Component) answers(h stanza.Header, to place, st stanza.Stanza, conv *desk.Conversation) any {
	switch st.Payload() {
	case xml.Name{Space: stanza.NSDiscoInfo, Local: "query"}:
		return c.discoInfo(to, st.Node(stanza.NSDiscoInfo, "query"))
	case xml.Name{Space: stanza.NSDiscoItems, Local: "query"}:
		return c.discoItems(h, to, st.Node(stanza.NSDiscoItems, "query"))
	case xml.Name{Space: stanza.NSPing, Local: "ping"}:
		return empty
	case xml.Name{Space: stanza.NSVCard, Local: "vCard"}:
		return c.card(h, to, conv)
	case xml.Name{Space: "jabber:iq:version", Local: "query"}:
		return version.Query{Name: "Baton", Version: c.cfg.Version, OS: runtime.GOOS}
	case xml.Name{Space: "urn:xmpp:time", Local: "time"}:
		return xtime.Time{Time: time.Now()}
	case xml.Name{Space: stanza.NSLast, Local: "query"}:
		seconds := uint64(0) // a contact is there
		if to.kind == kindService {
			seconds = uint64(time.Since(c.started) / time.Second)
		}
		return stanza.LastActivity{Seconds: seconds}
	case xml.Name{Space: stanza.NSPubsub, Local: "pubsub"}:
		return c.pubsub(to, conv, st)
	}
	return nil
}

// theDesk is what the transfer desk is called in English.
const theDesk = "Transfer desk"

// nameOf returns what a contact is called.
func (c *Component) nameOf(to place, conv *desk.Conversation) string {
	switch {
	case conv != nil:
		return conv.Name + " · " + conv.Tag()
	case to.kind == kindQueue:
		return c.desk.Directory().Title(to.local)
	case to.kind == kindDesk: // where it is shown to an agent it is in their language; here one hash stands for all
		return theDesk
	}
	return "Baton session handoff"
}

// discoInfo answers service discovery. Asked for the node of a hash, it answers
// what that hash was made of (XEP-0115 §6.2): with the archive or without, since
// who was shown the one may meanwhile have a right to the other.
func (c *Component) discoInfo(to place, node string) any {
	info := c.infoOf(to)
	if node == "" {
		return info
	}
	for range 2 {
		if node == software+"#"+info.Ver() {
			info.Node = node
			return info
		}
		to.archive = to.kind == kindConversation && c.cfg.Archive != nil && !to.archive
		info = c.infoOf(to)
	}
	return notFound
}

// asksCaps reports whether it is an agents' server that asks what a hash of ours
// stands for, in its own name (ejabberd). The answer is the same for every address,
// and tells nothing of what there is.
func (c *Component) asksCaps(in incoming, st stanza.Stanza) bool {
	asks := in.header.Type == "get" && st.Payload() == xml.Name{Space: stanza.NSDiscoInfo, Local: "query"} &&
		st.Node(stanza.NSDiscoInfo, "query") != "" && !strings.ContainsAny(in.header.From, "@/")
	return asks && slices.ContainsFunc(c.desk.Directory().Agents, func(a desk.Agent) bool { return serverOf(string(a.JID)) == in.header.From })
}

func (c *Component) discoItems(h stanza.Header, to place, node string) any {
	items := stanza.DiscoItems{Node: node}
	if to.kind != kindService || node != "" {
		return items
	}
	for _, q := range c.desk.Directory().Queues {
		items.Items = append(items.Items, stanza.DiscoItem{JID: c.address(q.Name), Name: c.desk.Directory().Title(q.Name)})
	}
	if _, ok := c.agent(h.From); ok {
		items.Items = append(items.Items, stanza.DiscoItem{JID: c.address(localDesk), Name: c.voiceFrom(h).Say("desk_name")})
	}
	return items
}
