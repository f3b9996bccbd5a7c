package sms

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"baton/desk"
	"baton/handoff"
	"baton/lang"
	"baton/sms/gsm"
	"baton/sms/mobile"
)

// lane has what is to be sent to one phone of one conversation, in order.
type lane struct{ jobs []*job }

type job struct {
	item  desk.Item
	dones []func(error) // one for each time it was begun
}

// errBefore says why something was not even tried.
var errBefore = fmt.Errorf("%w: what was before it did not go out", desk.ErrLater)

// Perform implements [desk.Channel]: one segment after the other, the next when
// the carrier has accepted the one before, so that they arrive in order and none
// is sent again that was accepted.
func (s *Server) Perform(_ context.Context, item desk.Item, done func(error)) time.Duration {
	s.mu.Lock()
	defer s.mu.Unlock()
	if j := s.jobs[item.ID]; j != nil { // under way still
		j.dones = append(j.dones, done)
		return 0
	}
	if s.closed {
		go done(desk.ErrDown)
		return 0
	}
	j := &job{item, []func(error){done}}
	s.jobs[item.ID] = j
	l := s.lanes[item.Lane()]
	if l == nil {
		l = &lane{}
		s.lanes[item.Lane()] = l
		s.wg.Add(1)
		go s.work(item.Lane(), l)
	}
	l.jobs = append(l.jobs, j)
	return 0
}

// work carries out what is in a lane until nothing is.
func (s *Server) work(key desk.Lane, l *lane) {
	defer s.wg.Done()
	for {
		s.mu.Lock()
		if len(l.jobs) == 0 {
			delete(s.lanes, key)
			s.mu.Unlock()
			return
		}
		j := l.jobs[0]
		s.mu.Unlock()
		err := s.carry(s.ctx, j.item)
		s.mu.Lock()
		l.jobs = l.jobs[1:]
		delete(s.jobs, j.item.ID)
		var behind []*job
		if err != nil && !errors.Is(err, desk.ErrNever) { // they will be begun again behind it
			behind, l.jobs = l.jobs, nil
			for _, b := range behind {
				delete(s.jobs, b.item.ID)
			}
		}
		s.mu.Unlock()
		for _, done := range j.dones {
			done(err)
		}
		for _, b := range behind {
			for _, done := range b.dones {
				done(errBefore)
			}
		}
	}
}

// carry sends one item. Its errors are the desk's.
func (s *Server) carry(ctx context.Context, item desk.Item) error {
	conv, err := s.cfg.Desk.Conversation(ctx, item.Conversation)
	if err != nil {
		return fmt.Errorf("its conversation cannot be loaded: %w", err)
	}
	n, ok := s.number(strings.TrimPrefix(conv.Reach, reachBy))
	carrier := s.carriers[n.Carrier]
	text := s.textOf(item, conv, n)
	switch {
	case text == "":
		return nil
	case !ok || carrier == nil:
		return fmt.Errorf("%w: %s, which the caller wrote to, is no number of ours any more", desk.ErrNever, strings.TrimPrefix(conv.Reach, reachBy))
	}
	to := phoneOf(item.To)
	switch stopped, err := s.cfg.Store.StoppedSMS(ctx, n.Number, to); {
	case err != nil:
		return err
	case stopped && item.Kind != desk.KindLine: // nothing is lost
		return nil
	case stopped:
		return fmt.Errorf("%w: the caller has opted out by STOP", desk.ErrNever)
	}
	m := carrier.Cut(text)
	if len(m.Parts) > s.cfg.MaxSegments {
		return fmt.Errorf("%w: it would take %d text messages, %d at most are allowed; send it in parts", desk.ErrNever,
			len(m.Parts), s.cfg.MaxSegments)
	}
	return s.submit(ctx, carrier, n, conv, item, text, m)
}

// textOf returns what a phone is to show of an item: nothing of most.
func (s *Server) textOf(item desk.Item, conv desk.Conversation, n Number) string {
	switch e := item.Effect.(type) {
	case handoff.Line:
		if item.Line != nil {
			return item.Line.Body
		}
	case handoff.Opened:
		q, _ := s.cfg.Desk.Directory().Queue(conv.Entry)
		return q.Greeting
	case handoff.Notice:
		if e.Waiting { // their place changes often, and each text costs
			return ""
		}
		return sentences(n.voice(), e.Says)
	case handoff.Moved:
		if !s.cfg.TellTransfer {
			return ""
		}
		dir := s.cfg.Desk.Directory()
		if conv.Queue != conv.Entry {
			return n.voice().Say("caller_moved_team", lang.Args{"Team": strings.TrimSuffix(dir.Title(conv.Queue), " team")})
		}
		return n.voice().Say("caller_moved", lang.Args{"Who": dir.NameOf(e.To)})
	}
	return ""
}

// sentences puts phrases into words.
func sentences(v lang.Voice, says []handoff.Phrase) string {
	var out []string
	for _, p := range says {
		if p.Words != "" {
			out = append(out, p.Words)
			continue
		}
		args := lang.Args{}
		for name, value := range p.Args {
			args[name] = value
		}
		out = append(out, v.Say(p.Name, args))
	}
	return strings.Join(out, " ")
}

// submissions returns how many submissions a message takes, as something to
// range over.
func submissions(c Carrier, m gsm.Message) int {
	if c.Whole() {
		return 1
	}
	return len(m.Parts)
}

// submit sends the segments that were not accepted yet.
func (s *Server) submit(ctx context.Context, c Carrier, n Number, conv desk.Conversation, item desk.Item, text string, m gsm.Message) error {
	total := submissions(c, m)
	before, accepted, err := s.cfg.Store.SentSMS(ctx, item.ID)
	if err != nil {
		return err
	}
	if before != total { // the text is another one now, or its way
		accepted = nil
	}
	sent := mobile.Sent{Carrier: c.Name(), Item: item.ID, Total: total, Domain: item.Domain, Conversation: item.Conversation,
		To: phoneOf(item.To)}
	if item.Line != nil {
		sent.Seq, sent.Author = item.Line.Seq, string(item.Line.By)
	}
	news := false
	for i := range total {
		if accepted[i+1] {
			continue
		}
		id, err := c.Send(ctx, mobile.Submission{From: n.Number, To: sent.To, Text: text, Segment: m, N: i + 1,
			Ref: uint16(item.ID), Key: strconv.FormatInt(item.ID, 10) + "." + strconv.Itoa(i+1)})
		if err != nil {
			return s.failure(c, err)
		}
		sent.N, sent.ID, sent.At = i+1, id, s.cfg.Now()
		if err := s.accept(ctx, sent); err != nil {
			return err
		}
		news = true
	}
	if s.cfg.TellSegments && news && len(m.Parts) > 1 && item.Line != nil {
		s.cfg.Desk.Show(desk.Sign{Conversation: conv, To: item.Line.By, Segments: len(m.Parts)})
	}
	return nil
}

// failure says in the desk's words why a segment was not accepted.
func (s *Server) failure(c Carrier, err error) error {
	reason := func(mark error) string { return strings.TrimPrefix(err.Error(), mark.Error()+": ") }
	switch {
	case errors.Is(err, mobile.ErrNever):
		return fmt.Errorf("%w: %s", desk.ErrNever, reason(mobile.ErrNever))
	case errors.Is(err, mobile.ErrDown) && !s.isUp(c.Name()):
		return desk.ErrDown
	case errors.Is(err, mobile.ErrDown), errors.Is(err, mobile.ErrLater): // a link that is up again wakes nobody
		return fmt.Errorf("%w: %s", desk.ErrLater, reason(mobile.ErrLater))
	}
	return err
}
