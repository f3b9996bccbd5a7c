package stanza

import (
	"encoding/xml"
	"time"
)

// Mode is how a session is handed on.
type Mode string

// Modes of a transfer.
const (
	Warm    Mode = "warm"    // the holder keeps the caller until the target accepts; the default
	Blind   Mode = "blind"   // the holder lets go at once
	Consult Mode = "consult" // target and holder talk first, unseen by the caller
	Join    Mode = "join"    // the target joins, the holder stays
	Reclaim Mode = "reclaim" // only of an [Offer]: a former holder asks for the session back
)

// Target is whom a session is handed to: an agent, or any of a queue.
type Target struct {
	JID   string
	Queue string // instead of JID
	Skill string // only with Queue; empty: any
}

func (t Target) check(p place) {
	switch {
	case t == Target{}:
		p.fail("attribute jid or queue is missing")
	case t.JID != "" && t.Queue != "":
		p.fail("attributes jid and queue exclude each other")
	case t.Skill != "" && t.Queue == "":
		p.fail("attribute skill needs attribute queue")
	case t.JID != "":
		p.needJID("jid", t.JID)
	}
}

// History is how much of the dialog goes along, where it is not a number.
type History string

// Shares of the dialog.
const (
	ShareAll  History = "all"
	ShareNone History = "none"
)

// Share is how much of the dialog goes along; zero: as the queue's policy says.
type Share struct {
	History History
	Last    uint64 // instead of History: the newest so many messages
}

func (s *Share) read(r reader) {
	*s = Share{History: History(r.str("history")), Last: r.uint("last", 1)}
	if *s == (Share{}) {
		r.fail("attribute history or last is missing")
	}
}

func (s Share) check(p place) {
	oneOf(p, "history", s.History, "", ShareAll, ShareNone)
	if s.History != "" && s.Last != 0 {
		p.fail("attributes history and last exclude each other")
	}
}

// Transfer asks for a handoff (holder → conversation, IQ set); the answer is a
// [TransferAnswer].
type Transfer struct {
	Session SessionID // zero: the conversation's open one
	Mode    Mode
	Target  Target
	Reason  Texts
	Share   Share
	Form    *Form // information collected about the caller
}

func (t *Transfer) named(n xml.Name) bool { return n == xml.Name{Space: NS, Local: "transfer"} }

func (t *Transfer) read(r reader) {
	*t = Transfer{Session: r.session("session"), Mode: Mode(r.str("mode")), Reason: r.reasons(), Form: r.form()}
	if t.Mode == "" {
		t.Mode = Warm
	}
	if k, ok := r.child(NS, "target"); ok {
		t.Target = Target{JID: k.jid("jid"), Queue: k.str("queue"), Skill: k.str("skill")}
	} else {
		r.fail("element target is missing")
	}
	if k, ok := r.child(NS, "share"); ok {
		t.Share.read(k)
	}
}

// Validate returns an [*Error] naming what is wrong, if anything.
func (t Transfer) Validate() error {
	p := at("transfer")
	t.Session.check(p, "session", false)
	oneOf(p, "mode", t.Mode, Warm, Blind, Consult, Join)
	t.Target.check(p.in("target"))
	t.Share.check(p.in("share"))
	t.Form.checkData(p)
	return p.result()
}

func (t Transfer) node() *node {
	n := el(NS, "transfer").attr("session", t.Session.String()).attr("mode", string(t.Mode)).add(
		el(NS, "target").attr("jid", t.Target.JID).attr("queue", t.Target.Queue).attr("skill", t.Target.Skill),
	).add(t.Reason.nodes()...)
	if t.Share != (Share{}) {
		n.add(el(NS, "share").attr("history", string(t.Share.History)).attr("last", formatUint(t.Share.Last)))
	}
	return n.add(t.Form.nodeOrNil())
}

// UnmarshalXML implements [xml.Unmarshaler].
func (t *Transfer) UnmarshalXML(d *xml.Decoder, start xml.StartElement) error {
	return decode(d, start, t)
}

// MarshalXML implements [xml.Marshaler].
func (t Transfer) MarshalXML(e *xml.Encoder, _ xml.StartElement) error { return encode(e, t) }

// TransferState is where a transfer stands when it is answered.
type TransferState string

// TransferOffered: the target has been asked; an [Outcome] follows.
const TransferOffered TransferState = "offered"

// TransferAnswer is the result of a [Transfer].
type TransferAnswer struct {
	ID      string
	Session SessionID
	State   TransferState
	Expires time.Time // when the offer lapses unanswered
}

func (t *TransferAnswer) named(n xml.Name) bool { return n == xml.Name{Space: NS, Local: "transfer"} }

func (t *TransferAnswer) read(r reader) {
	*t = TransferAnswer{ID: r.str("id"), Session: r.session("session"), State: TransferState(r.str("state")), Expires: r.time("expires")}
}

// Validate returns an [*Error] naming what is wrong, if anything.
func (t TransferAnswer) Validate() error {
	p := at("transfer")
	p.need("id", t.ID)
	t.Session.check(p, "session", true)
	oneOf(p, "state", t.State, TransferOffered)
	p.needTime("expires", t.Expires)
	return p.result()
}

func (t TransferAnswer) node() *node {
	return el(NS, "transfer").attr("id", t.ID).attr("session", t.Session.String()).
		attr("state", string(t.State)).attr("expires", formatTime(t.Expires))
}

// UnmarshalXML implements [xml.Unmarshaler].
func (t *TransferAnswer) UnmarshalXML(d *xml.Decoder, start xml.StartElement) error {
	return decode(d, start, t)
}

// MarshalXML implements [xml.Marshaler].
func (t TransferAnswer) MarshalXML(e *xml.Encoder, _ xml.StartElement) error { return encode(e, t) }
