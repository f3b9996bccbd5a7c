package store

import (
	"context"
	"database/sql"
	"errors"
	"slices"

	"baton/desk"
	"baton/handoff"
)

// mostKnown bounds how many conversations are remembered, some 10 MB.
const mostKnown = 16384

// remember keeps a conversation as it was committed. The caller holds SQLite.mu.
func (s *SQLite) remember(c *desk.Conversation) {
	if _, ok := s.known[c.Key]; !ok && len(s.known) >= mostKnown {
		for other := range s.known {
			delete(s.known, other)
			break
		}
	}
	s.known[c.Key] = *c
}

// learn returns a conversation as it was last committed. The caller holds SQLite.mu.
func (s *SQLite) learn(ctx context.Context, c *desk.Conversation) (desk.Conversation, bool) {
	if c.Key == 0 {
		return desk.Conversation{}, false
	}
	was, ok := s.known[c.Key]
	if !ok {
		var err error
		if was, err = s.ByLocal(ctx, c.Domain, c.Local); err != nil {
			return was, false
		}
		s.remember(&was)
	}
	return was, was.Key == c.Key && was.Domain == c.Domain && was.Local == c.Local
}

// onlySaid reports whether nothing has happened in an open conversation but that
// people spoke: whether its number of lines and the time are all that differs.
func onlySaid(was desk.Conversation, now *desk.Conversation) bool {
	return now.Phase != handoff.Idle && micros(was.Route.Heard) != 0 && micros(now.Route.Heard) != 0 && alike(was, now)
}

// alike reports whether two conversations differ in nothing but what each line
// changes.
func alike(was desk.Conversation, now *desk.Conversation) bool {
	a, b := &was.Offer, &now.Offer
	return alikeRoutes(was.Route, now.Route) && was.Key == now.Key && was.Caller == now.Caller && was.Holder == now.Holder && was.Phase == now.Phase &&
		was.Session == now.Session && was.Epoch == now.Epoch && was.First == now.First && was.Hops == now.Hops &&
		was.Last == now.Last && was.Aside == now.Aside && was.Quiet == now.Quiet && was.Was == now.Was &&
		slices.Equal(was.Guests, now.Guests) &&
		a.ID == b.ID && a.By == b.By && a.Mode == b.Mode && a.Timeout == b.Timeout && micros(a.Expires) == micros(b.Expires) &&
		slices.Equal(a.Ringing, b.Ringing) && slices.Equal(a.Next, b.Next) && slices.Equal(a.Passed, b.Passed) &&
		was.Domain == now.Domain && was.Local == now.Local && was.Number == now.Number && was.Entry == now.Entry &&
		was.Queue == now.Queue && was.Name == now.Name && was.Lang == now.Lang && was.Reach == now.Reach &&
		slices.Equal(was.Info, now.Info)
}

func alikeRoutes(a, b desk.Routing) bool {
	return micros(a.Since) == micros(b.Since) && a.Skill == b.Skill && a.Last == b.Last && a.Place == b.Place &&
		micros(a.PlacedAt) == micros(b.PlacedAt) && micros(a.Closed) == micros(b.Closed)
}

// rowTexts are the JSON texts of a conversation's row.
type rowTexts struct{ offer, last, info, beside, route string }

func encodeRow(c *desk.Conversation) (r rowTexts, err error) {
	var errs [5]error
	r.offer, errs[0] = encodeOffer(c.Offer)
	r.last, errs[1] = encodeClosed(c.Last)
	r.info, errs[2] = encodeInfo(c.Info)
	r.beside, errs[3] = encodeBeside(c)
	r.route, errs[4] = encodeRoute(c.Route)
	return r, errors.Join(errs[:]...)
}

// updateRow replaces a conversation's row. Where nothing but what each line changes
// is new, the rest is not written: SQLite renews the indexes of all columns that a
// statement names.
func (s *SQLite) updateRow(ctx context.Context, c *desk.Conversation) (sql.Result, error) {
	r, err := encodeRow(c)
	if err != nil {
		return nil, err
	}
	if was, ok := s.known[c.Key]; ok && was.Version == c.Version && alike(was, c) {
		return s.stmts.sayConv.ExecContext(ctx, c.Seq, r.route, c.Key, c.Version, c.Domain, c.Local, s.before(c))
	}
	return s.stmts.updateConv.ExecContext(ctx, c.Queue, int64(c.Phase), string(c.Holder), c.Session, c.Epoch, c.Seq, c.First,
		c.Hops, r.offer, r.last, c.Name, c.Lang, c.Reach, r.info, r.beside, r.route, c.Key, c.Version, c.Domain,
		c.Local, s.before(c))
}
