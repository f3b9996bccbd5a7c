package sms

import (
	"context"
	"errors"
	"fmt"
	"hash/fnv"
	"maps"
	"regexp"
	"time"

	"baton/desk"
	"baton/sms/gsm"
	"baton/sms/mobile"
)

// Bounds against parts that never become a message.
const (
	maxParts = 64     // of one message
	maxSets  = 16     // messages of one phone of which parts are missing
	maxAll   = 20_000 // parts waiting of all phones
	maxText  = 16 << 10
)

// slow is how late an acknowledgement may be before the message must be expected
// once more on the same connection.
const slow = 3 * time.Second

var phone = regexp.MustCompile(`^\+[0-9]{3,20}$`)

// Message implements [mobile.Handler]: it returns when the message is journalled,
// or the part kept.
func (s *Server) Message(ctx context.Context, in mobile.Inbound) error {
	began := s.cfg.Now()
	n, ok := s.number(in.To)
	switch {
	case !ok:
		return fmt.Errorf("%w: %s is not among the numbers of sms", mobile.ErrReject, in.To)
	case !phone.MatchString(in.From):
		s.log.Warn("a message of a sender whom nobody can answer was dropped", "from", in.From, "number", n.Number)
		return nil
	case len(in.Part.Data) > maxText:
		return fmt.Errorf("%w: a message of %d octets", mobile.ErrReject, len(in.Part.Data))
	}
	in.To = n.Number
	if err := s.room(ctx, in); err != nil {
		return err
	}
	origin, err := s.cfg.Store.TakeSMS(ctx, in, s.again, began)
	if err != nil {
		return fmt.Errorf("%w: %w", mobile.ErrBusy, err)
	}
	if in.Part.Whole() {
		err = s.said(ctx, n, in.From, gsm.Join([]gsm.Part{in.Part}), origin)
	} else {
		err = s.assemble(ctx, in, false)
	}
	if err == nil && in.ID == "" {
		s.note(in.Key, origin, began)
	}
	return err
}

// note remembers what a message is known by, and that it was dealt with in time.
func (s *Server) note(key, origin string, began time.Time) {
	now := s.cfg.Now()
	s.mu.Lock()
	defer s.mu.Unlock()
	if key != origin {
		s.known[key] = origin
	}
	if now.Sub(began) < slow {
		s.answered[origin] = now
	}
}

// again reports whether a message is to be expected once more on the connection
// that it came by.
func (s *Server) again(origin string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	_, ok := s.answered[origin]
	return !ok
}

// Settled implements [mobile.Handler]. What was acknowledged late may come once
// more all the same.
func (s *Server) Settled(ctx context.Context, keys []string) {
	var over []string
	s.mu.Lock()
	for _, k := range keys {
		origin, ok := s.known[k]
		if !ok {
			origin = k
		}
		delete(s.known, k)
		if _, inTime := s.answered[origin]; inTime {
			delete(s.answered, origin)
			over = append(over, origin)
		}
	}
	s.mu.Unlock()
	if len(over) == 0 {
		return
	}
	if err := s.cfg.Store.SettleSMS(ctx, over); err != nil {
		s.log.Warn("repeats may not be told from new messages", "error", err)
		now := s.cfg.Now()
		s.mu.Lock()
		maps.Copy(s.answered, timed(over, now))
		s.mu.Unlock()
	}
}

func timed(keys []string, at time.Time) map[string]time.Time {
	m := make(map[string]time.Time, len(keys))
	for _, k := range keys {
		m[k] = at
	}
	return m
}

// room refuses parts beyond what may wait.
func (s *Server) room(ctx context.Context, in mobile.Inbound) error {
	switch {
	case in.Part.Whole():
		return nil
	case in.Part.Total > maxParts:
		return fmt.Errorf("%w: a message in %d parts, %d at most are put together", mobile.ErrReject, in.Part.Total, maxParts)
	}
	theirs, all, err := s.cfg.Store.WaitingSMS(ctx, in.From)
	switch {
	case err != nil:
		return fmt.Errorf("%w: %w", mobile.ErrBusy, err)
	case theirs < maxSets && all < maxAll:
		return nil
	}
	if parts, _, err := s.cfg.Store.PartsSMS(ctx, in); err == nil && len(parts) > 0 {
		return nil // of one that waits already
	}
	if theirs >= maxSets {
		return fmt.Errorf("%w: parts of %d messages of one phone are waiting for the rest", mobile.ErrReject, theirs)
	}
	return fmt.Errorf("%w: %d parts of messages are waiting for the rest", mobile.ErrBusy, all)
}

// assemble puts a message together when all its parts are there, or with late
// whatever is there.
func (s *Server) assemble(ctx context.Context, in mobile.Inbound, late bool) error {
	parts, origin, err := s.cfg.Store.PartsSMS(ctx, in)
	switch {
	case err != nil:
		return fmt.Errorf("%w: %w", mobile.ErrBusy, err)
	case len(parts) == 0, !late && !gsm.Complete(parts): // the one before was the last, or there will be others
		return nil
	}
	n, ok := s.number(in.To)
	if ok {
		if err := s.said(ctx, n, in.From, gsm.Join(parts), origin); err != nil {
			return err
		}
	}
	if err := s.cfg.Store.DropPartsSMS(ctx, in); err != nil {
		return fmt.Errorf("%w: %w", mobile.ErrBusy, err)
	}
	return nil
}

// said hands what a phone wrote to the desk.
func (s *Server) said(ctx context.Context, n Number, from, text, origin string) error {
	done, err := s.obey(ctx, n, from, text, origin)
	if !done && err == nil {
		_, err = s.cfg.Desk.Do(ctx, s.says(n, from, text, origin))
	}
	switch {
	case err == nil:
		return nil
	case errors.Is(err, desk.ErrHidden): // there is no such queue
		return fmt.Errorf("%w: %w", mobile.ErrReject, err)
	}
	return fmt.Errorf("%w: %w", mobile.ErrBusy, err)
}

// says is the desk's request for what a phone wrote.
func (s *Server) says(n Number, from, text, origin string) desk.CallerSays {
	t := s.cfg.Text(text)
	t.OriginID, t.StanzaID = "sms:"+origin, origin
	return desk.CallerSays{Caller: desk.Caller{Entry: n.Queue, Party: s.party(from), Reach: reachBy + n.Number, Name: from,
		Lang: n.Lang}, Text: t}
}

// hashed makes a reference of a key.
func hashed(key string) uint16 {
	h := fnv.New32a()
	h.Write([]byte(key))
	return uint16(h.Sum32())
}
