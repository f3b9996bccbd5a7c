package store

import (
	"context"
	"errors"
	"fmt"

	"baton/desk"
	"baton/handoff"
)

// routeJSON is what the database keeps of a desk.Routing.
type routeJSON struct {
	Since    int64         `json:"since_us,omitempty"`
	Skill    string        `json:"skill,omitempty"`
	Heard    int64         `json:"heard_us,omitempty"`
	Last     handoff.Party `json:"last,omitempty"`
	Place    int           `json:"place,omitempty"`
	PlacedAt int64         `json:"placed_us,omitempty"`
	Closed   int64         `json:"closed_us,omitempty"`
}

func encodeRoute(r desk.Routing) (string, error) {
	j := routeJSON{micros(r.Since), r.Skill, micros(r.Heard), r.Last, r.Place, micros(r.PlacedAt), micros(r.Closed)}
	if j == (routeJSON{}) {
		return "", nil
	}
	return encode(j)
}

func decodeRoute(text string) (desk.Routing, error) {
	var j routeJSON
	short := flat(text, func(f flatField) bool {
		switch f.name {
		case "since_us":
			return f.number(&j.Since)
		case "skill":
			return f.text(&j.Skill)
		case "heard_us":
			return f.number(&j.Heard)
		case "last":
			return f.text((*string)(&j.Last))
		case "placed_us":
			return f.number(&j.PlacedAt)
		case "closed_us":
			return f.number(&j.Closed)
		}
		return false
	})
	var err error
	if !short {
		j = routeJSON{}
		err = decode(text, &j)
	}
	return desk.Routing{Since: fromMicros(j.Since), Skill: j.Skill, Heard: fromMicros(j.Heard), Last: j.Last,
		Place: j.Place, PlacedAt: fromMicros(j.PlacedAt), Closed: fromMicros(j.Closed)}, err
}

// routeAsRead returns what decodeRoute would of what encodeRoute makes of it.
func routeAsRead(r desk.Routing) desk.Routing {
	r.Since, r.Heard, r.PlacedAt, r.Closed = asRead(r.Since), asRead(r.Heard), asRead(r.PlacedAt), asRead(r.Closed)
	return r
}

// writePause notes an agent's pause, or its end.
func (s *SQLite) writePause(ctx context.Context, p desk.Paused) error {
	if p.Since.IsZero() {
		_, err := s.stmts.resume.ExecContext(ctx, p.Domain, string(p.Agent))
		return err
	}
	_, err := s.stmts.pause.ExecContext(ctx, p.Domain, string(p.Agent), micros(p.Since))
	return err
}

// forget parts a caller from a conversation of theirs that is over, so that they
// can begin another one.
func (s *SQLite) forget(ctx context.Context, c *desk.Conversation) error {
	res, err := s.stmts.forget.ExecContext(ctx, c.Key, c.Version)
	if err != nil {
		return err
	}
	if n, err := res.RowsAffected(); err != nil || n != 1 {
		return errors.Join(fmt.Errorf("%w: it cannot be forgotten", desk.ErrStale), err)
	}
	return nil
}

func scanPaused(r row) (desk.Paused, error) {
	var p desk.Paused
	var since int64
	err := r.Scan(&p.Domain, (*string)(&p.Agent), &since)
	p.Since = fromMicros(since)
	return p, err
}
