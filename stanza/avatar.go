package stanza

import (
	"encoding/base64"
	"encoding/xml"
	"slices"
	"strconv"
)

// NSPubsub is the namespace of XEP-0060.
const NSPubsub = "http://jabber.org/protocol/pubsub"

// Nodes of XEP-0084, which are the namespaces of what is in them too.
const (
	NodeAvatar     = "urn:xmpp:avatar:metadata"
	NodeAvatarData = "urn:xmpp:avatar:data"
)

// PubsubItems asks for what is in a node (XEP-0060 §6.5).
type PubsubItems struct {
	Node string
	IDs  []string // only these items; none: all
}

func (x *PubsubItems) named(n xml.Name) bool { return n == xml.Name{Space: NSPubsub, Local: "pubsub"} }

func (x *PubsubItems) read(r reader) {
	*x = PubsubItems{}
	items, ok := r.child(NSPubsub, "items")
	if !ok {
		return // something else is asked for
	}
	x.Node = items.str("node")
	for _, k := range items.children(NSPubsub, "item") {
		x.IDs = append(x.IDs, k.str("id"))
	}
}

// Wants reports whether it asks for an item.
func (x PubsubItems) Wants(id string) bool { return len(x.IDs) == 0 || slices.Contains(x.IDs, id) }

// UnmarshalXML implements [xml.Unmarshaler].
func (x *PubsubItems) UnmarshalXML(d *xml.Decoder, start xml.StartElement) error {
	return decode(d, start, x)
}

// Avatar answers [PubsubItems] with a picture (XEP-0084): what is known of it or,
// with Whole, its bytes.
type Avatar struct {
	Photo         Photo
	Width, Height int // pixels
	Whole         bool
}

func (x Avatar) node() *node {
	name := NodeAvatar
	what := el(NodeAvatar, "metadata", el(NodeAvatar, "info").attr("bytes", strconv.Itoa(len(x.Photo.Data))).
		attr("id", x.Photo.Hash()).attr("type", x.Photo.Type).attr("width", strconv.Itoa(x.Width)).attr("height", strconv.Itoa(x.Height)))
	if x.Whole {
		name = NodeAvatarData
		what = el(NodeAvatarData, "data")
		what.text = base64.StdEncoding.EncodeToString(x.Photo.Data)
	}
	item := el(NSPubsub, "item", what).attr("id", x.Photo.Hash())
	return el(NSPubsub, "pubsub", el(NSPubsub, "items", item).attr("node", name))
}

// Validate returns nil.
func (x Avatar) Validate() error { return nil }

// MarshalXML implements [xml.Marshaler].
func (x Avatar) MarshalXML(e *xml.Encoder, _ xml.StartElement) error { return encode(e, x) }
