package client

import (
	"context"
	"fmt"
	"slices"
	"strings"
)

// RosterItem is one contact.
type RosterItem struct {
	JID, Name         string
	Subscription, Ask string
	Groups            []string // a set, sorted here
}

// String is the contact on one line, for people.
func (r RosterItem) String() string {
	return fmt.Sprintf("%s %q %s %v", r.JID, r.Name, r.Subscription, r.Groups)
}

// Roster is our contact list as fetched at login and changed by pushes since, sorted by JID.
func (c *Client) Roster() []RosterItem {
	c.mu.Lock()
	defer c.mu.Unlock()
	items := make([]RosterItem, 0, len(c.roster))
	for _, item := range c.roster {
		items = append(items, item)
	}
	slices.SortFunc(items, func(a, b RosterItem) int { return strings.Compare(a.JID, b.JID) })
	return items
}

func (c *Client) fetchRoster(ctx context.Context) error {
	reply, err := c.IQ(ctx, "", "get", "<query xmlns='"+nsRoster+"'/>")
	if err != nil {
		return fmt.Errorf("cannot fetch the roster: %w", err)
	}
	for _, item := range reply.Root().FindAll(nsRoster, "item") {
		c.setContact(newRosterItem(item))
	}
	return nil
}

// rosterPush takes a change of the roster; only our own account may send one (RFC 6121, section 2.1.6).
func (c *Client) rosterPush(e Event) (RosterItem, bool) {
	payload, _ := e.Payload()
	if e.Type != "set" || !payload.is(nsRoster, "query") || e.From != "" && e.From != c.Bare() {
		return RosterItem{}, false
	}
	element, ok := payload.Child(nsRoster, "item")
	if !ok {
		return RosterItem{}, false
	}
	item := newRosterItem(element)
	c.setContact(item)
	return item, true
}

func (c *Client) setContact(item RosterItem) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if item.Subscription == "remove" {
		delete(c.roster, item.JID)
		return
	}
	c.roster[item.JID] = item
}

func newRosterItem(e Element) RosterItem {
	item := RosterItem{
		JID: e.Attr("jid"), Name: e.Attr("name"), Subscription: e.Attr("subscription"), Ask: e.Attr("ask"),
	}
	for _, group := range e.FindAll(nsRoster, "group") {
		item.Groups = append(item.Groups, group.Text)
	}
	slices.Sort(item.Groups)
	return item
}
