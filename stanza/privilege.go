package stanza

import (
	"encoding/xml"
	"slices"
	"strconv"
)

// Perm is one thing a server lets the component do (XEP-0356 §4 to §7).
type Perm struct {
	Access     string // roster, message, presence, iq
	Type       string // none; get, set, both (roster, iq); outgoing (message); managed_entity, roster (presence)
	Push       bool   // roster changes are told
	Namespaces []PermNamespace
}

// PermNamespace is a namespace of IQs that may be sent for a user.
type PermNamespace struct {
	NS   string
	Type string // get, set, both
}

// Privilege is what a server grants, told in a message after login: once, or
// once for each of its hosts, and anew when it changes. With no Perms it grants
// nothing.
type Privilege struct {
	NS    string // NSPrivilege1 or NSPrivilege2
	Perms []Perm
}

// MayGetRoster tells whether rosters may be read.
func (p Privilege) MayGetRoster() bool { return p.grants("roster", "get", "both") }

// MaySetRoster tells whether rosters may be changed.
func (p Privilege) MaySetRoster() bool { return p.grants("roster", "set", "both") }

// MaySend tells whether messages may be sent for users ([PrivilegedMessage]).
func (p Privilege) MaySend() bool { return p.grants("message", "outgoing") }

func (p Privilege) grants(access string, types ...string) bool {
	return slices.ContainsFunc(p.Perms, func(q Perm) bool {
		return q.Access == access && slices.Contains(types, q.Type)
	})
}

func isPrivilege(n xml.Name) bool {
	return n.Local == "privilege" && (n.Space == NSPrivilege1 || n.Space == NSPrivilege2)
}

func (p *Privilege) named(n xml.Name) bool { return isPrivilege(n) }

func (p *Privilege) read(r reader) {
	*p = Privilege{NS: r.n.name.Space}
	for _, k := range r.children(p.NS, "perm") {
		q := Perm{Access: k.str("access"), Type: k.str("type")}
		k.need("access", q.Access)
		q.Push = q.pushDefault(p.NS)
		if v, ok := k.n.get("push"); ok && q.Access == "roster" {
			q.Push = v == "true" || v == "1"
		}
		for _, ns := range k.children(p.NS, "namespace") {
			q.Namespaces = append(q.Namespaces, PermNamespace{NS: ns.str("ns"), Type: ns.str("type")})
		}
		p.Perms = append(p.Perms, q)
	}
}

// pushDefault is what a left-out push attribute means: there were no pushes in
// the first namespace, and they come with reading in the second.
func (q Perm) pushDefault(ns string) bool {
	return ns == NSPrivilege2 && q.Access == "roster" && (q.Type == "get" || q.Type == "both")
}

// Validate returns an [*Error] naming what is wrong, if anything.
func (p Privilege) Validate() error { return checkPrivilegeNS(p.NS) }

func checkPrivilegeNS(ns string) error {
	if ns != NSPrivilege1 && ns != NSPrivilege2 {
		return refuse("privilege: %s is not a namespace of XEP-0356", quote(ns))
	}
	return nil
}

func (p Privilege) node() *node {
	n := el(p.NS, "privilege")
	for _, q := range p.Perms {
		k := el(p.NS, "perm").attr("access", q.Access).attr("type", q.Type)
		if q.Access == "roster" && q.Push != q.pushDefault(p.NS) {
			k.attr("push", strconv.FormatBool(q.Push))
		}
		for _, ns := range q.Namespaces {
			k.add(el(p.NS, "namespace").attr("ns", ns.NS).attr("type", ns.Type))
		}
		n.add(k)
	}
	return n
}

// UnmarshalXML implements [xml.Unmarshaler].
func (p *Privilege) UnmarshalXML(d *xml.Decoder, start xml.StartElement) error {
	return decode(d, start, p)
}

// MarshalXML implements [xml.Marshaler].
func (p Privilege) MarshalXML(e *xml.Encoder, _ xml.StartElement) error { return encode(e, p) }

// PrivilegedMessage is a message sent as if by one of the server's users
// (XEP-0356 §5); it rides in a message to the bare host of that user, and its
// From is the user's bare address.
type PrivilegedMessage struct {
	NS      string // the namespace the server granted it in
	Message Message
}

func (p *PrivilegedMessage) named(n xml.Name) bool { return isPrivilege(n) }

func (p *PrivilegedMessage) read(r reader) {
	*p = PrivilegedMessage{NS: r.n.name.Space}
	k, ok := r.child(NSForward, "forwarded")
	if !ok {
		r.fail("element forwarded is missing")
		return
	}
	if k, ok = k.child(nsClient, "message"); !ok {
		r.in("forwarded").fail("element message in namespace %s is missing", nsClient)
		return
	}
	p.Message.read(k)
}

// Validate returns an [*Error] naming what is wrong, if anything.
func (p PrivilegedMessage) Validate() error {
	if err := checkPrivilegeNS(p.NS); err != nil {
		return err
	}
	at := at("privilege/forwarded/message")
	at.need("from", p.Message.From)
	at.need("to", p.Message.To)
	p.Message.check(at)
	return at.result()
}

func (p PrivilegedMessage) node() *node {
	return el(p.NS, "privilege", el(NSForward, "forwarded", p.Message.nodeIn(nsClient)))
}

// UnmarshalXML implements [xml.Unmarshaler].
func (p *PrivilegedMessage) UnmarshalXML(d *xml.Decoder, start xml.StartElement) error {
	return decode(d, start, p)
}

// MarshalXML implements [xml.Marshaler].
func (p PrivilegedMessage) MarshalXML(e *xml.Encoder, _ xml.StartElement) error { return encode(e, p) }
