package stanza

import (
	"encoding/xml"
	"slices"
	"strconv"

	xmpp "mellium.im/xmpp/stanza"
)

// Show is how available somebody is (RFC 6121 §4.7.2.1); empty: available.
type Show string

// Values of Show.
const (
	Away         Show = "away"
	Chat         Show = "chat"
	DoNotDisturb Show = "dnd"
	ExtendedAway Show = "xa"
)

func shows() []Show { return []Show{"", Away, Chat, DoNotDisturb, ExtendedAway} }

// Caps advertises who one is by a hash over one's [DiscoInfo] (XEP-0115, sha-1).
type Caps struct {
	Node string // URI of the software
	Ver  string // DiscoInfo.Ver
}

// Presence is a presence of the service's own, or one read from a stanza. It is
// encoded without a namespace of its own, to take its stream's.
type Presence struct {
	From, To, ID string
	Type         xmpp.PresenceType // empty: available
	Lang         string
	Show         Show // one that is not known is read as available
	Status       string
	Priority     int8
	Nick         string // XEP-0172
	Caps         *Caps
	Avatar       string // hex SHA-1 of the vCard's picture (XEP-0153)
}

func (p *Presence) named(n xml.Name) bool { return isStanza(n) && n.Local == "presence" }

func (p *Presence) read(r reader) {
	ns := r.n.name.Space
	*p = Presence{
		From: r.str("from"), To: r.str("to"), ID: r.str("id"), Type: xmpp.PresenceType(r.str("type")), Lang: r.n.lang,
		Show: Show(r.text(ns, "show")), Status: r.text(ns, "status"), Nick: r.text(NSNick, "nick"),
	}
	if !slices.Contains(shows(), p.Show) {
		p.Show = ""
	}
	// A priority that is no number is as good as none.
	if n, err := strconv.ParseInt(r.text(ns, "priority"), 10, 8); err == nil {
		p.Priority = int8(n)
	}
	if all := r.children(NSCaps, "c"); len(all) > 0 && all[0].str("hash") == "sha-1" {
		p.Caps = &Caps{Node: all[0].str("node"), Ver: all[0].str("ver")}
	}
	if all := r.children(NSAvatar, "x"); len(all) > 0 {
		p.Avatar = all[0].text(NSAvatar, "photo")
	}
}

// Validate returns an [*Error] naming what is wrong, if anything.
func (p Presence) Validate() error {
	at := at("presence")
	oneOf(at, "type", p.Type, xmpp.AvailablePresence, xmpp.UnavailablePresence, xmpp.SubscribePresence, xmpp.SubscribedPresence,
		xmpp.UnsubscribePresence, xmpp.UnsubscribedPresence, xmpp.ProbePresence, xmpp.ErrorPresence)
	if !slices.Contains(shows(), p.Show) {
		at.fail("element show holds %s", quote(string(p.Show)))
	}
	return at.result()
}

func (p Presence) node() *node {
	n := el("", "presence",
		textEl("", "show", string(p.Show)), textEl("", "status", p.Status),
	).attr("from", p.From).attr("to", p.To).attr("id", p.ID).attr("type", string(p.Type)).withLang(p.Lang)
	if p.Priority != 0 {
		n.add(textEl("", "priority", strconv.Itoa(int(p.Priority))))
	}
	n.add(textEl(NSNick, "nick", p.Nick))
	if p.Caps != nil {
		n.add(el(NSCaps, "c").attr("hash", "sha-1").attr("node", p.Caps.Node).attr("ver", p.Caps.Ver))
	}
	if p.Avatar != "" {
		n.add(el(NSAvatar, "x", textEl(NSAvatar, "photo", p.Avatar)))
	}
	return n
}

// UnmarshalXML implements [xml.Unmarshaler].
func (p *Presence) UnmarshalXML(d *xml.Decoder, start xml.StartElement) error {
	return decode(d, start, p)
}

// MarshalXML implements [xml.Marshaler].
func (p Presence) MarshalXML(e *xml.Encoder, _ xml.StartElement) error { return encode(e, p) }
