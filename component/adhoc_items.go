package component

import (
	"encoding/xml"
	"fmt"
	"slices"

	"baton/desk"
	"baton/stanza"
)

// commandsOf lists the ad-hoc commands that are of use to an agent at an
// address, numbered because clients sort them as they please; what cannot be
// undone stands last.
func (c *Component) commandsOf(to place, by desk.Agent, conv *desk.Conversation, standing desk.Standing) []stanza.DiscoItem {
	a := ask{by: by.JID}
	if conv != nil {
		a.local = conv.Local
	}
	s := scene{c: c, agent: by, conv: conv, standing: standing}
	v := c.voice(by.JID)
	at := c.cfg.Domain
	if to.local != "" {
		at = c.address(to.local)
	}
	var items []stanza.DiscoItem
	for _, last := range []bool{false, true} {
		for _, o := range operations() {
			if o.danger == last && o.at&a.where() != 0 && c.may(&o, by.JID) == nil && (o.shown == nil || o.shown(s)) {
				items = append(items, stanza.DiscoItem{JID: at, Node: nodeOf(o.name), Name: v.Say("do_" + o.name)})
			}
		}
	}
	digits := len(fmt.Sprint(len(items)))
	for i := range items {
		items[i].Name = fmt.Sprintf("%0*d %s", digits, i+1, items[i].Name)
	}
	return items
}

// commandDisco answers what is asked about the ad-hoc commands of an address;
// nil where that is not what is asked.
func (c *Component) commandDisco(h stanza.Header, to place, st stanza.Stanza, conv *desk.Conversation, standing desk.Standing) any {
	by, ok := c.agent(h.From)
	if to.kind == kindQueue || h.Type != "get" || !ok && st.Payload().Space != stanza.NSDiscoItems {
		return nil
	}
	switch st.Payload() {
	case xml.Name{Space: stanza.NSDiscoItems, Local: "query"}:
		node := st.Node(stanza.NSDiscoItems, "query")
		if node != stanza.NSCommands {
			return nil
		}
		items := stanza.DiscoItems{Node: node}
		if ok {
			items.Items = c.commandsOf(to, by, conv, standing)
		}
		return items
	case xml.Name{Space: stanza.NSDiscoInfo, Local: "query"}:
		node := st.Node(stanza.NSDiscoInfo, "query")
		if node == stanza.NSCommands {
			return stanza.DiscoInfo{Node: node, Identities: []stanza.Identity{{Category: "automation", Type: "command-list"}},
				Features: []string{stanza.NSDiscoItems}}
		}
		items := c.commandsOf(to, by, conv, standing)
		i := slices.IndexFunc(items, func(i stanza.DiscoItem) bool { return i.Node == node })
		if i < 0 {
			return nil
		}
		return stanza.DiscoInfo{Node: node, Identities: []stanza.Identity{{Category: "automation", Type: "command-node", Name: items[i].Name}},
			Features: []string{stanza.NSCommands, stanza.NSForm}}
	}
	return nil
}
