package web

import (
	"bytes"
	"cmp"
	"context"
	"encoding/xml"
	"net/url"
	"path"
	"slices"
	"strconv"
	"strings"
	"time"

	"baton/desk"
	"baton/handoff"
	"baton/lang"
)

// Kinds of events.
const (
	kindLine        = "line"        // somebody said something
	kindNotice      = "notice"      // the service did
	kindMoved       = "moved"       // the leg to one agent has ended, another has the session
	kindEnded       = "ended"       // the session has
	kindUndelivered = "undelivered" // something the visitor said could not be brought to anybody
)

// Authors of events.
const (
	fromYou     = "you"
	fromAgent   = "agent"
	fromBot     = "bot"
	fromService = "service"
)

// event is what a page shows, as JSON.
type event struct {
	Kind string    `json:"kind"`
	At   time.Time `json:"at"`
	From string    `json:"from"`
	Name string    `json:"name,omitempty"`
	Text string    `json:"text,omitempty"`

	Seq uint64   `json:"seq,omitempty"` // the line's number
	ID  string   `json:"id,omitempty"`  // of the visitor's own line: what POST /api/messages gave
	URL *linked  `json:"file,omitempty"`
	How string   `json:"how,omitempty"`   // what a line does to the line About: replace, retract, react
	Set []string `json:"emoji,omitempty"` // of a reaction: all there are now

	About   uint64 `json:"about,omitempty"`
	Session uint64 `json:"session,omitempty"`
	Epoch   uint64 `json:"epoch,omitempty"`
	Reason  string `json:"reason,omitempty"`
}

// linked is a file to look at or fetch.
type linked struct {
	URL   string `json:"url"`
	Name  string `json:"name"`
	Image bool   `json:"image,omitempty"` // one of ours that the page may show
}

// lineEvent returns what a page shows of a line.
func (s *Server) lineEvent(ctx context.Context, l desk.Line, conv desk.Conversation) event {
	e := event{Kind: kindLine, At: l.At, From: fromAgent, Name: l.Name, Text: l.Body, Seq: l.Seq}
	switch {
	case l.By == conv.Caller:
		e.From, e.Name, e.ID = fromYou, "", l.StanzaID
	case l.Role == desk.RoleBot:
		e.From = fromBot
	}
	s.readPayload(ctx, l, conv, &e)
	return e
}

// child is an element that rides with a message.
type child struct {
	XMLName  xml.Name
	ID       string   `xml:"id,attr"`
	URL      string   `xml:"url"`
	Reaction []string `xml:"reaction"`
}

// readPayload puts into an event what rides with the line: files, and what it
// does to an earlier one.
func (s *Server) readPayload(ctx context.Context, l desk.Line, conv desk.Conversation, e *event) {
	dec := xml.NewDecoder(bytes.NewReader(l.Payload))
	for {
		t, err := dec.Token()
		if err != nil {
			return
		}
		start, ok := t.(xml.StartElement)
		if !ok {
			continue
		}
		var c child
		if dec.DecodeElement(&c, &start) != nil {
			return
		}
		switch c.XMLName.Space {
		case "jabber:x:oob":
			if e.URL = s.linked(ctx, c.URL); e.URL != nil && e.Text == strings.TrimSpace(c.URL) {
				e.Text = ""
			}
		case "urn:xmpp:message-correct:0":
			e.does("replace", s.lineOf(ctx, conv, c.ID))
		case "urn:xmpp:message-retract:1":
			e.does("retract", s.lineOf(ctx, conv, c.ID))
		case "urn:xmpp:reactions:0":
			e.does("react", s.lineOf(ctx, conv, c.ID))
			e.Set = c.Reaction
		}
	}
}

func (e *event) does(how string, about uint64) {
	if about > 0 {
		e.How, e.About = how, about
	}
}

// referenceReach is how many lines back a visitor's own is known by its id.
const referenceReach = 2000

// lineOf returns the number of the line that a reference in a caller's copy
// means: the component's id of a copy, which ends in -c and the number to base
// 36, or the id that the visitor's own line had.
func (s *Server) lineOf(ctx context.Context, conv desk.Conversation, id string) uint64 {
	short := conv.Local[strings.LastIndexByte(conv.Local, '.')+1:]
	if rest, ok := strings.CutPrefix(id, short+"-c"); ok {
		seq, _ := strconv.ParseUint(rest, 36, 64)
		return seq
	}
	line, err := s.desk.Store().LineByStanza(ctx, s.desk.Domain(), conv.Local, conv.Caller, id, referenceReach)
	if err != nil {
		return 0
	}
	return line.Seq
}

// linked returns the file an address is of; nil where it is none to click on.
func (s *Server) linked(ctx context.Context, address string) *linked {
	u, err := url.Parse(strings.TrimSpace(address))
	if err != nil || u.Host == "" || u.Scheme != "https" && u.Scheme != "http" {
		return nil
	}
	f := &linked{URL: u.String(), Name: cmp.Or(path.Base(u.Path), u.Host)}
	if u.Scheme == s.public.Scheme && u.Host == s.public.Host {
		if key, _, ok := strings.Cut(strings.TrimPrefix(u.Path, "/files/"), "/"); ok {
			if known, err := s.box.WebFile(ctx, key); err == nil {
				f.Name, f.Image, f.URL = known.Name, isImage(known.Type), u.EscapedPath() // on this site, whatever it is called today
			}
		}
	}
	return f
}

// movedText tells the caller who talks with them now.
func movedText(voice lang.Voice, dir *desk.Directory, conv desk.Conversation, f handoff.Moved) string {
	if conv.Queue != conv.Entry {
		return voice.Say("caller_moved_team", lang.Args{"Team": strings.TrimSuffix(dir.Title(conv.Queue), " team")})
	}
	return voice.Say("caller_moved", lang.Args{"Who": dir.NameOf(f.To)})
}

// fold puts events into the order in which they happened, applies corrections
// and the like to the lines they are about, and leaves them out.
func fold(events []event) []event {
	slices.SortStableFunc(events, func(a, b event) int {
		if a.Seq > 0 && b.Seq > 0 {
			return cmp.Compare(a.Seq, b.Seq)
		}
		return a.At.Compare(b.At)
	})
	at := map[uint64]int{}
	var out []event
	for _, e := range events {
		i, known := at[e.About]
		switch {
		case e.How == "" || !known:
			if e.Seq > 0 {
				at[e.Seq] = len(out)
			}
			out = append(out, e)
		case e.How == "react":
			out[i].Set = e.Set
		case e.How == "retract":
			out[i].Text, out[i].URL, out[i].How = "", nil, e.How
			at[e.Seq] = i
		case e.How == "replace":
			out[i].Text, out[i].URL, out[i].How = e.Text, e.URL, e.How
			at[e.Seq] = i // a correction of the correction
		}
	}
	return out
}
