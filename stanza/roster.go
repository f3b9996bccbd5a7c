package stanza

import "encoding/xml"

// Subscription is who sees whose presence (RFC 6121 §2.1.2.5).
type Subscription string

// Subscriptions.
const (
	SubscriptionNone   Subscription = "none"
	SubscriptionTo     Subscription = "to"
	SubscriptionFrom   Subscription = "from"
	SubscriptionBoth   Subscription = "both"
	SubscriptionRemove Subscription = "remove" // in a set: take the item out
)

// RosterItem is one contact of a roster.
type RosterItem struct {
	JID          string
	Name         string
	Subscription Subscription
	Ask          string
	Groups       []string
}

// Roster asks for a roster, holds it, or changes one item of it (RFC 6121 §2).
// With the roster privilege it goes to the user's bare address. mellium's
// roster.IQ always writes a ver attribute, which asks for versioning, and loses
// an item whose address it cannot parse, hence this one.
type Roster struct {
	Ver   string
	Items []RosterItem
}

func (q *Roster) named(n xml.Name) bool { return n == xml.Name{Space: NSRoster, Local: "query"} }

func (q *Roster) read(r reader) {
	*q = Roster{Ver: r.str("ver")}
	for _, k := range r.children(NSRoster, "item") {
		i := RosterItem{JID: k.str("jid"), Name: k.str("name"), Subscription: Subscription(k.str("subscription")), Ask: k.str("ask")}
		for _, g := range k.children(NSRoster, "group") {
			if g.n.text != "" {
				i.Groups = append(i.Groups, g.n.text)
			}
		}
		q.Items = append(q.Items, i)
	}
}

// Validate returns an [*Error] naming what is wrong, if anything.
func (q Roster) Validate() error {
	p := at("query")
	for _, i := range q.Items {
		p.in("item").need("jid", i.JID)
		oneOf(p.in("item"), "subscription", i.Subscription,
			"", SubscriptionNone, SubscriptionTo, SubscriptionFrom, SubscriptionBoth, SubscriptionRemove)
	}
	return p.result()
}

func (q Roster) node() *node {
	n := el(NSRoster, "query").attr("ver", q.Ver)
	for _, i := range q.Items {
		k := el(NSRoster, "item").attr("jid", i.JID).attr("name", i.Name).
			attr("subscription", string(i.Subscription)).attr("ask", i.Ask)
		for _, g := range i.Groups {
			k.add(textEl(NSRoster, "group", g))
		}
		n.add(k)
	}
	return n
}

// UnmarshalXML implements [xml.Unmarshaler].
func (q *Roster) UnmarshalXML(d *xml.Decoder, start xml.StartElement) error {
	return decode(d, start, q)
}

// MarshalXML implements [xml.Marshaler].
func (q Roster) MarshalXML(e *xml.Encoder, _ xml.StartElement) error { return encode(e, q) }
