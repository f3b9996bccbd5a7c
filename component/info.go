package component

import (
	"encoding/xml"
	"runtime"
	"time"

	"mellium.im/xmpp/version"
	"mellium.im/xmpp/xtime"

	"baton/desk"
	"baton/stanza"
)

// software is the node by which presence names us (XEP-0115 §4).
const software = "urn:xmpp:handoff:0"

// contactInfo is what the desk, the queues and the conversations say of
// themselves. A person's client, so that clients treat them like one.
func contactInfo(name string) stanza.DiscoInfo {
	return stanza.DiscoInfo{
		Identities: []stanza.Identity{{Category: "client", Type: "pc", Name: name}},
		Features: []string{
			stanza.NSDiscoInfo, stanza.NSDiscoItems, stanza.NSCaps, stanza.NSChatStates, stanza.NSReceipts,
			"urn:xmpp:chat-markers:0", stanza.NSCorrect, "jabber:x:oob", stanza.NSVCard, "jabber:iq:version",
			"urn:xmpp:time", stanza.NSLast, stanza.NSPing, "urn:xmpp:reply:0", "urn:xmpp:reactions:0",
			"urn:xmpp:message-retract:1", stanza.NS,
		},
	}
}

// serviceInfo is what the service itself says.
func serviceInfo() stanza.DiscoInfo {
	return stanza.DiscoInfo{
		Identities: []stanza.Identity{{Category: "component", Type: "generic", Name: "Baton session handoff"}},
		Features: []string{stanza.NSDiscoInfo, stanza.NSDiscoItems, "jabber:iq:version", "urn:xmpp:time",
			stanza.NSLast, stanza.NSPing, stanza.NS},
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
	name := c.nameOf(to, conv)
	switch st.Payload() {
	case xml.Name{Space: stanza.NSDiscoInfo, Local: "query"}:
		return discoInfo(to, name, st.Node(stanza.NSDiscoInfo, "query"))
	case xml.Name{Space: stanza.NSDiscoItems, Local: "query"}:
		return c.discoItems(h, to, st.Node(stanza.NSDiscoItems, "query"))
	case xml.Name{Space: stanza.NSPing, Local: "ping"}:
		return empty
	case xml.Name{Space: stanza.NSVCard, Local: "vCard"}:
		return stanza.VCard{FullName: name, Nickname: name}
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
	case xml.Name{Space: "http://jabber.org/protocol/pubsub", Local: "pubsub"}:
		return notFound // no avatar, no keys
	}
	return nil
}

// nameOf returns what a contact is called.
func (c *Component) nameOf(to place, conv *desk.Conversation) string {
	switch {
	case conv != nil:
		return conv.Name + " · " + conv.Tag()
	case to.kind == kindQueue:
		return c.desk.Directory().Title(to.local)
	case to.kind == kindDesk:
		return "Transfer desk"
	}
	return "Baton session handoff"
}

func discoInfo(to place, name, node string) any {
	info := contactInfo(name)
	if to.kind == kindService {
		info = serviceInfo()
	}
	if node == "" {
		if to.archive {
			info.Features = append(info.Features, stanza.NSArchive, stanza.ArchiveExtended, stanza.NSRSM)
		}
		return info
	}
	if node != software+"#"+contactInfo("").Ver() {
		return notFound
	}
	// What our presence's hash was made of (XEP-0115 §6.2).
	info = contactInfo("")
	info.Node = node
	return info
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
		items.Items = append(items.Items, stanza.DiscoItem{JID: c.address(localDesk), Name: "Transfer desk"})
	}
	return items
}
