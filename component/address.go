package component

import (
	"strings"

	"baton/desk"
	"baton/handoff"
)

// localDesk is the agents' permanent contact.
const localDesk = "desk"

// resource is the one resource that everything comes from: presence without
// one shows as offline in some clients.
const resource = "/chat"

// kind says what one of our addresses is.
type kind uint8

// The kinds of addresses (docs/protocol.md, section 1).
const (
	kindService kind = iota + 1
	kindDesk
	kindQueue
	kindConversation // or nothing: the desk knows
)

// place is one of our addresses.
type place struct {
	kind  kind
	local string

	archive bool // who asks may read the conversation's archive
}

// place finds out what an address of ours is; false if it is not ours.
func (c *Component) place(to string) (place, bool) {
	local, domain, at := strings.Cut(bare(to), "@")
	if !at {
		local, domain = "", local
	}
	if !strings.EqualFold(domain, c.cfg.Domain) {
		return place{}, false
	}
	local = strings.ToLower(local)
	switch {
	case local == "":
		return place{kind: kindService}, true
	case local == localDesk:
		return place{kind: kindDesk, local: local}, true
	}
	if _, ok := c.desk.Directory().Queue(local); ok {
		return place{kind: kindQueue, local: local}, true
	}
	return place{kind: kindConversation, local: local}, true
}

// address returns the bare address with that localpart.
func (c *Component) address(local string) string { return local + "@" + c.cfg.Domain }

// contact returns the full address that the contact with that localpart writes
// from.
func (c *Component) contact(local string) string { return c.address(local) + resource }

// agent returns the agent a stanza comes from.
func (c *Component) agent(from string) (desk.Agent, bool) {
	return c.desk.Directory().Agent(handoff.Party(bare(from)))
}

// serverOf returns the server an address is at.
func serverOf(addr string) string {
	_, domain, at := strings.Cut(bare(addr), "@")
	if !at {
		return bare(addr)
	}
	return domain
}

// shortID returns the part of a conversation's localpart that nobody shares.
func shortID(local string) string { return local[strings.LastIndexByte(local, '.')+1:] }
