package web

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"time"

	"baton/desk"
	"baton/handoff"
	"baton/lang"
)

// letter is an event on its way into a mailbox.
type letter struct {
	desk.WebEvent
	done func(error)
}

// Perform puts one item of the desk's outbox into its caller's mailbox; it
// implements desk.Channel. Repeated, it changes nothing there.
func (s *Server) Perform(ctx context.Context, item desk.Item, done func(error)) time.Duration {
	conv, err := s.desk.Conversation(ctx, item.Conversation)
	if err != nil {
		done(fmt.Errorf("its conversation cannot be loaded: %w", err))
		return 0
	}
	name, e, err := s.eventOf(ctx, item, conv)
	if err != nil {
		done(err)
		return 0
	}
	if name == "" {
		done(nil)
		return 0
	}
	e.At = item.At
	l, err := pack(conv.Local, name, e)
	if err != nil {
		done(fmt.Errorf("%w: %w", desk.ErrNever, err))
		return 0
	}
	l.done = done
	if _, ok := item.Effect.(handoff.Opened); ok {
		s.firstLine(ctx, conv)
	}
	if !s.hand(ctx, l) {
		done(desk.ErrDown)
	}
	return 0
}

// hand gives a letter to the writer; false when that has ended.
func (s *Server) hand(ctx context.Context, l letter) bool {
	select {
	case s.mail <- l:
		return true
	case <-s.over:
	case <-ctx.Done():
	}
	return false
}

// firstLine hands over what began a session, so that the greeting comes behind
// it. Whoever committed the line does the same, and sees to it that it succeeds.
func (s *Server) firstLine(ctx context.Context, conv desk.Conversation) {
	line, err := s.desk.Store().LineBySeq(ctx, s.desk.Domain(), conv.Local, conv.First)
	if err != nil || line.By != conv.Caller {
		return
	}
	if l, err := pack(conv.Local, lineItem(line.Seq), s.lineEvent(ctx, line, conv)); err == nil {
		l.done = func(error) {}
		s.hand(ctx, l)
	}
}

// pack makes a letter of an event.
func pack(local, item string, e event) (letter, error) {
	data, err := json.Marshal(e)
	return letter{WebEvent: desk.WebEvent{Local: local, Item: item, Kind: e.Kind, At: e.At, Data: data}}, err
}

// eventOf returns what the page shows of an item and the name by which it is
// known there; none if nothing is to be shown.
func (s *Server) eventOf(ctx context.Context, item desk.Item, conv desk.Conversation) (string, event, error) {
	dir, voice := s.desk.Directory(), lang.In(conv.Lang)
	switch f := item.Effect.(type) {
	case handoff.Line:
		return lineItem(f.Seq), s.lineEvent(ctx, *item.Line, conv), nil
	case handoff.Opened:
		q, _ := dir.Queue(conv.Entry)
		return fmt.Sprintf("opened:%d", f.Session), event{Kind: kindNotice, Session: f.Session,
			From: fromService, Name: dir.Title(conv.Entry), Text: q.Greeting}, nil
	case handoff.Notice:
		name, e := noticeOf(item, f, conv, voice)
		e.Name = dir.Title(conv.Entry)
		return name, e, nil
	case handoff.Moved:
		e := event{Kind: kindMoved, Session: f.Session, Epoch: f.Epoch, Reason: handoff.ReasonTransferred, From: fromService,
			Name: dir.NameOf(f.To)}
		if s.desk.Policy().TellCaller {
			e.Text = movedText(voice, dir, conv, f)
		}
		return fmt.Sprintf("moved:%d", f.Epoch), e, nil
	case handoff.Leave:
		return endedItem(f.Session), event{Kind: kindEnded, Session: f.Session, Epoch: f.Epoch, Reason: f.Reason,
			From: fromService, Text: voice.Say("caller_ended")}, nil
	case handoff.Undelivered:
		return fmt.Sprintf("undelivered:%d", item.ID), event{Kind: kindUndelivered, About: f.Seq,
			From: fromService, Text: voice.Say("web_undelivered")}, nil
	}
	return "", event{}, fmt.Errorf("%w: no way to show %T on a web page", desk.ErrNever, item.Effect)
}

func lineItem(seq uint64) string      { return "line:" + strconv.FormatUint(seq, 10) }
func endedItem(session uint64) string { return "ended:" + strconv.FormatUint(session, 10) }

// write puts letters into mailboxes, whatever waits in one transaction, until
// ctx ends.
func (s *Server) write(ctx context.Context) {
	for {
		select {
		case l := <-s.mail:
			s.post(context.WithoutCancel(ctx), s.gather(l))
		case <-ctx.Done():
			for {
				select {
				case l := <-s.mail:
					s.post(context.WithoutCancel(ctx), s.gather(l))
				default:
					return
				}
			}
		}
	}
}

// gather takes what waits behind l.
func (s *Server) gather(l letter) []letter {
	batch := []letter{l}
	for len(batch) < cap(s.mail) {
		select {
		case l := <-s.mail:
			batch = append(batch, l)
		default:
			return batch
		}
	}
	return batch
}

// post commits letters and tells the pages.
func (s *Server) post(ctx context.Context, batch []letter) {
	events := make([]desk.WebEvent, len(batch))
	for i, l := range batch {
		events[i] = l.WebEvent
	}
	err := s.box.PostWeb(ctx, s.desk.Domain(), events)
	if err != nil {
		s.log.Warn("the pages of visitors cannot be written yet", "error", err)
		err = errors.Join(desk.ErrLater, err)
	}
	for _, l := range batch {
		if err == nil {
			s.hub.news(l.Local)
		}
		l.done(err)
	}
}

// put commits one event and waits for it.
func (s *Server) put(ctx context.Context, local, item string, e event) error {
	l, err := pack(local, item, e)
	if err != nil {
		return err
	}
	end := make(chan error, 1)
	l.done = func(err error) { end <- err }
	if !s.hand(ctx, l) {
		return desk.ErrStopped
	}
	select {
	case err := <-end:
		return err
	case <-s.over:
		return desk.ErrStopped
	case <-ctx.Done():
		return ctx.Err()
	}
}

// heal puts into the mailboxes what visitors said and what the end of the
// program kept out of them.
func (s *Server) heal(ctx context.Context) error {
	lines, err := s.box.UnpostedWeb(ctx, s.desk.Domain())
	if err != nil {
		return err
	}
	var events []desk.WebEvent
	for _, l := range lines {
		p, err := pack(l.Conversation, lineItem(l.Seq), s.lineEvent(ctx, l, desk.Conversation{Local: l.Conversation,
			Conversation: handoff.Conversation{Caller: l.By}}))
		if err != nil {
			return err
		}
		events = append(events, p.WebEvent)
	}
	if err := s.box.PostWeb(ctx, s.desk.Domain(), events); err != nil {
		return err
	}
	for _, e := range events {
		s.hub.news(e.Local)
	}
	return nil
}
