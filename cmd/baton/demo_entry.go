package main

import (
	"encoding/json"
	"fmt"
	"os"
	"strings"
	"time"

	"baton/integration/client"
)

const nsHandoff = "urn:xmpp:handoff:0"

// entry is one thing somebody saw on their client, or wrote with it.
type entry struct {
	At     time.Time `json:"at"`
	Scene  string    `json:"scene,omitempty"`
	Who    string    `json:"who"`
	Kind   entryKind `json:"kind"`
	Chat   string    `json:"chat,omitempty"`   // the contact, by the name this client has for it
	Author string    `json:"author,omitempty"` // who of the cast wrote it; empty: Baton
	Text   string    `json:"text,omitempty"`
}

type entryKind string

const (
	wrote     entryKind = "wrote"     // by Who
	got       entryKind = "got"       // a message
	corrected entryKind = "corrected" // a message that replaces an earlier one (XEP-0308)
	refused   entryKind = "refused"   // a stanza error
	appeared  entryKind = "appeared"  // a contact, in the roster
	left      entryKind = "left"      // a contact
)

// received makes an entry of what a client received. Requests, presence and
// what other protocols say show nowhere in a chat client, and not here.
func (p *play) received(c *person, e client.Event) (entry, bool) {
	switch {
	case e.Kind == client.KindRoster:
		return contactEntry(c, e.At, e.Item), true
	case e.Kind != client.KindMessage:
		return entry{}, false
	}
	out := entry{At: e.At, Who: c.id, Chat: c.chatName(bareOf(e.From)), Text: e.Body, Kind: got, Author: p.author(c, e)}
	if err := e.Error(); err != nil {
		out.Kind, out.Text = refused, err.Condition+": "+err.Text
		return out, true
	}
	if e.Has("urn:xmpp:message-correct:0", "replace") {
		out.Kind = corrected
	}
	return out, e.Body != ""
}

// author finds out whose line a copy is, for its colour: the copy itself says
// it only to agents.
func (p *play) author(at *person, e client.Event) string {
	for _, l := range p.lines {
		if l.by != at && l.kind == dialog && l.text == e.Body {
			return l.by.id
		}
	}
	return ""
}

func contactEntry(c *person, at time.Time, item client.RosterItem) entry {
	e := entry{At: at, Who: c.id, Kind: appeared, Text: item.Name}
	if item.Subscription == "remove" {
		e.Kind, e.Text = left, c.chatName(item.JID)
		return e
	}
	c.chats[item.JID] = item.Name
	if len(item.Groups) > 0 {
		e.Text = fmt.Sprintf("%s (%s)", item.Name, strings.Join(item.Groups, ", "))
	}
	return e
}

// chatName is what a person's client calls a chat: the contact's name, or the
// address of who is none.
func (p *person) chatName(address string) string {
	if name := p.chats[address]; name != "" {
		return name
	}
	return address
}

func bareOf(address string) string {
	bare, _, _ := strings.Cut(address, "/")
	return bare
}

// writeRecord writes the transcript as JSON.
func writeRecord(path string, entries []entry) error {
	text, err := json.MarshalIndent(entries, "", "  ")
	if err != nil {
		return err
	}
	if err := os.WriteFile(path, append(text, '\n'), 0o600); err != nil {
		return fmt.Errorf("the transcript cannot be written: %w", err)
	}
	return nil
}
