package desk

import (
	"crypto/rand"
	"encoding/base32"
	"errors"
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"

	"baton/handoff"
)

// Caller is who writes to a queue, as far as the channel knows.
type Caller struct {
	Entry string        // the queue's name
	Party handoff.Party // the key of the conversation, with Entry
	Reach string        // where exactly the caller is, a full JID for XMPP
	Name  string        // what to call them
	Lang  string
}

// Connect opens a session for the caller, or finds the open one.
type Connect struct {
	Caller
	Info []Field // what is known about the caller
}

func (r Connect) apply(w *work) (Result, error) {
	if err := w.caller(r.Caller); err != nil {
		return Result{}, err
	}
	w.learn(r.Info)
	if w.conv.Phase == handoff.Idle {
		if err := w.admit(); err != nil {
			return Result{}, err
		}
	}
	err := w.step(handoff.Connect{}, nil)
	if errors.Is(err, handoff.ErrOpen) {
		err, w.changed = nil, w.changed || w.moved
	}
	return Result{}, err
}

// Text is a message as it came: what it says, and what a copy of it carries.
type Text struct {
	StanzaID string
	OriginID string // XEP-0359; the same one again is the same message
	Body     string
	Payload  []byte // the allowed child elements, byte for byte
}

// CallerSays journals a caller's message, opening a session where none is.
type CallerSays struct {
	Caller
	Text
	Info []Field // what is known about the caller, as in Connect
}

func (r CallerSays) apply(w *work) (Result, error) {
	if err := w.caller(r.Caller); err != nil {
		return Result{}, err
	}
	if dup, err := w.repeated(r.Party, r.OriginID); dup.Seq > 0 || err != nil {
		return Result{Line: dup, Duplicate: true}, err
	}
	w.learn(r.Info)
	if w.conv.Phase == handoff.Idle {
		if err := w.admit(); err != nil {
			return Result{}, err
		}
		if err := w.step(handoff.Connect{}, nil); err != nil {
			return Result{}, err
		}
	}
	return w.say(handoff.Say{By: r.Party}, RoleCaller, w.conv.Name, r.Text)
}

// learn notes what is known about the caller.
func (w *work) learn(info []Field) {
	if len(info) > 0 {
		w.conv.Info = mergeInfo(w.conv.Info, info)
		w.changed = true
	}
}

// caller loads the caller's conversation, or begins one.
func (w *work) caller(c Caller) error {
	if _, ok := w.d.Directory().Queue(c.Entry); !ok {
		return refuse(ErrHidden, "There is no queue %q here.", c.Entry)
	}
	err := w.byCaller(c.Entry, c.Party)
	switch old := w.was; {
	case errors.Is(err, ErrHidden):
		err = w.begin(c)
	case err == nil:
		var forgets bool
		if forgets, err = w.forgets(); forgets {
			w.forgotten, err = old, w.begin(c)
		}
	}
	if err != nil {
		return err
	}
	if w.conv.Phase == handoff.Idle {
		w.conv.Queue = c.Entry // whoever returns starts at the queue they write to
	}
	if c.Reach != "" && c.Reach != w.conv.Reach {
		w.conv.Reach, w.moved = c.Reach, true
	}
	if c.Lang != "" {
		w.conv.Lang = c.Lang
	}
	return nil
}

// begin makes the record of a caller who never wrote before.
func (w *work) begin(c Caller) error {
	for {
		local := strings.NewReplacer("{name}", slug(c.Name), "{id}", w.d.cfg.NewID()).Replace(w.d.Policy().IDFormat)
		err := w.byLocal(local)
		if errors.Is(err, ErrHidden) {
			w.was = nil
			w.conv = Conversation{Domain: w.d.cfg.Domain, Local: local, Number: w.d.number,
				Entry: c.Entry, Queue: c.Entry, Name: c.Name}
			w.conv.Caller = c.Party
			w.d.number++
			return nil
		}
		if err != nil {
			return err
		}
	}
}

// repeated returns the line that by said with this origin-id before.
func (w *work) repeated(by handoff.Party, origin string) (Line, error) {
	if origin == "" || w.conv.Seq == 0 {
		return Line{}, nil
	}
	for _, l := range w.b.Lines {
		if l.Conversation == w.conv.Local && l.By == by && l.OriginID == origin {
			return l, nil
		}
	}
	l, err := w.d.cfg.Store.LineByOrigin(w.ctx, w.d.cfg.Domain, w.conv.Local, by, origin)
	if errors.Is(err, ErrNotFound) {
		return Line{}, nil
	}
	if err != nil {
		return Line{}, errors.Join(ErrStore, err)
	}
	return l, nil
}

func (w *work) say(e handoff.Say, role Role, name string, t Text) (Result, error) {
	if err := w.fitsInbox(e.By); err != nil {
		return Result{}, err
	}
	said := Line{Role: role, Name: name, StanzaID: t.StanzaID, OriginID: t.OriginID,
		Body: t.Body, Payload: t.Payload}
	if err := w.step(e, &said); err != nil {
		return Result{}, err
	}
	return Result{Line: w.lines[len(w.lines)-1]}, nil
}

// slug returns the readable part of a conversation's address: lower-case ASCII
// letters, digits and single hyphens, 24 at most.
func slug(name string) string {
	var b strings.Builder
	for _, r := range norm.NFKD.String(strings.ToLower(name)) {
		switch {
		case r < unicode.MaxASCII && (unicode.IsLower(r) || unicode.IsDigit(r)):
			b.WriteRune(r)
		case unicode.Is(unicode.Mn, r): // an accent NFKD took off its letter
		case b.Len() > 0 && !strings.HasSuffix(b.String(), "-"):
			b.WriteByte('-')
		}
		if b.Len() == 24 {
			break
		}
	}
	if s := strings.Trim(b.String(), "-"); s != "" {
		return s
	}
	return "caller"
}

// RandomID returns 8 base32 characters from the system's randomness.
func RandomID() string {
	var b [5]byte
	rand.Read(b[:]) // never fails, it ends the program instead
	return strings.ToLower(base32.StdEncoding.EncodeToString(b[:]))
}
