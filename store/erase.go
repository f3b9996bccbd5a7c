package store

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"errors"
	"fmt"

	"baton/desk"
	"baton/handoff"
)

var (
	// ErrOpen means that a session of the caller is open.
	ErrOpen = errors.New("store: a session is open")
	// ErrUnconfirmed means that somebody did not want the caller erased.
	ErrUnconfirmed = errors.New("store: nothing was erased")
)

// Found counts what the database holds of a caller.
type Found struct {
	Conversations, Lines, Transfers int
	Open                            int // conversations with an open session
	Undelivered                     int // outbox items and dead letters
	// Elsewhere counts lines that they said or were told, as an agent, in
	// conversations of other callers. Those stay.
	Elsewhere int
}

// EraseOptions say how a caller is erased.
type EraseOptions struct {
	Options
	Force   bool                      // also while a session is open
	Confirm func(Found) (bool, error) // asked before anything is changed; nil: yes
}

// Erase removes everything that the database holds of a caller, in all domains
// and queues: conversations, lines, epochs, transfers with their outcomes,
// undelivered items and dead letters. The file is then written anew and the log
// emptied, so that no page that is free or was once rewritten holds any of it;
// that needs as much free space as the file has. It leaves the highest short
// number and a hash of each address, so that neither is given out again.
//
// The service must not run: [ErrInUse]. While a session is open it refuses
// without Force: [ErrOpen]. When the caller is not known it writes the file anew
// all the same, so that an erasure that was cut short can be finished by
// repeating it.
func Erase(ctx context.Context, src Source, caller handoff.Party, o EraseOptions) (Found, error) {
	if err := existing(src.Path); err != nil {
		return Found{}, err
	}
	s, err := Open(ctx, src, o.Options)
	if err != nil {
		return Found{}, err
	}
	found, err := s.erase(ctx, caller, o)
	return found, errors.Join(err, s.Close())
}

func (s *SQLite) erase(ctx context.Context, caller handoff.Party, o EraseOptions) (Found, error) {
	if err := s.settle(ctx); err != nil {
		return Found{}, err
	}
	found, err := s.found(ctx, caller)
	if err != nil {
		return found, s.explain("erase", err)
	}
	if found.Open > 0 && !o.Force {
		return found, fmt.Errorf("%w: %s is in %d: have the session ended first, or force it", ErrOpen, caller, found.Open)
	}
	if o.Confirm != nil {
		if ok, err := o.Confirm(found); !ok || err != nil {
			return found, errors.Join(ErrUnconfirmed, err)
		}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	// Readers hold the log; nobody reads any more.
	s.reading.SetMaxIdleConns(0)
	if _, err := s.conn.ExecContext(ctx, "PRAGMA secure_delete = ON"); err != nil {
		return found, s.explain("erase", err)
	}
	if err := s.transact(ctx, "erase", func(ctx context.Context) error { return s.remove(ctx, caller) }); err != nil {
		return found, err
	}
	if err := s.scrub(ctx); err != nil {
		return found, fmt.Errorf("%w: the records are deleted but traces may be left in the file: repeat the command", s.explain("erase", err))
	}
	return found, nil
}

// found counts what there is of a caller.
func (s *SQLite) found(ctx context.Context, caller handoff.Party) (f Found, err error) {
	const of = ` WHERE conv IN (SELECT id FROM conversations WHERE caller = :caller)`
	err = s.conn.QueryRowContext(ctx, `SELECT
		(SELECT count(*) FROM conversations WHERE caller = :caller),
		(SELECT count(*) FROM conversations WHERE caller = :caller AND phase <> 0),
		(SELECT count(*) FROM lines`+of+`), (SELECT count(*) FROM transfers`+of+`),
		(SELECT count(*) FROM outbox`+of+`) + (SELECT count(*) FROM dead_letters`+of+`),
		(SELECT count(*) FROM lines l JOIN conversations c ON c.id = l.conv
			WHERE c.caller <> :caller AND (l.author = :caller OR l.recipient = :caller))`,
		sql.Named("caller", string(caller))).
		Scan(&f.Conversations, &f.Open, &f.Lines, &f.Transfers, &f.Undelivered, &f.Elsewhere)
	return f, err
}

// remove deletes a caller's rows, what refers to others first.
func (s *SQLite) remove(ctx context.Context, caller handoff.Party) error {
	rows, err := s.conn.QueryContext(ctx, `SELECT id, domain, local, number FROM conversations WHERE caller = ?`, string(caller))
	if err != nil {
		return err
	}
	var gone []desk.Conversation
	for rows.Next() {
		var c desk.Conversation
		if err := rows.Scan(&c.Key, &c.Domain, &c.Local, &c.Number); err != nil {
			return errors.Join(err, rows.Close())
		}
		gone = append(gone, c)
	}
	if err := errors.Join(rows.Err(), rows.Close()); err != nil {
		return err
	}
	for _, c := range gone {
		if err := s.removeConversation(ctx, c); err != nil {
			return fmt.Errorf("conversation #%d: %w", c.Number, err)
		}
	}
	if err := s.removeWeb(ctx, caller); err != nil {
		return err
	}
	return s.removeSMS(ctx, caller)
}

func (s *SQLite) removeConversation(ctx context.Context, c desk.Conversation) error {
	for _, table := range []string{"web_events", "web_ratings", "backlog", "dead_letters", "outcomes", "transfers", "epochs", "lines"} {
		if _, err := s.conn.ExecContext(ctx, "DELETE FROM "+table+" WHERE conv = ?", c.Key); err != nil {
			return err
		}
	}
	if _, err := s.conn.ExecContext(ctx, "DELETE FROM conversations WHERE id = ?", c.Key); err != nil {
		return err
	}
	_, err := s.conn.ExecContext(ctx, `INSERT INTO numbers (domain, last) VALUES (?, ?)
		ON CONFLICT (domain) DO UPDATE SET last = max(last, excluded.last)`, c.Domain, c.Number)
	if err != nil {
		return err
	}
	_, err = s.conn.ExecContext(ctx, "INSERT INTO erased (address) VALUES (?)", erasedAddress(c.Domain, c.Local))
	return err
}

// scrub writes the file anew, without what had been deleted or overwritten, and
// empties the log.
func (s *SQLite) scrub(ctx context.Context) error {
	if _, err := s.conn.ExecContext(ctx, "VACUUM"); err != nil {
		return err
	}
	var busy, frames, copied int
	err := s.conn.QueryRowContext(ctx, "PRAGMA wal_checkpoint(TRUNCATE)").Scan(&busy, &frames, &copied)
	if err == nil && busy != 0 {
		err = fmt.Errorf("another program is reading %s: close it", s.path)
	}
	return err
}

// erasedAddress is what is kept of an address so that it is not given out again.
func erasedAddress(domain, local string) []byte {
	sum := sha256.Sum256([]byte(local + "@" + domain))
	return sum[:]
}
