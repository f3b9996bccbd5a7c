package store

import (
	"context"
	"database/sql"
	"errors"
	"strings"
	"time"

	"baton/handoff"
	"baton/sms/gsm"
	"baton/sms/mobile"
)

// changeSMS runs do in a transaction of the writing connection.
func (s *SQLite) changeSMS(ctx context.Context, op string, do func(context.Context) error) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.transact(ctx, op, do)
}

// TakeSMS notes a message that came, and keeps it if it is a part of one. It
// returns what the message, or the message it is a part of, is known by. When
// it had come before by another connection, or as one of again (keys of
// messages on the same one), origin is what it was known by then.
func (s *SQLite) TakeSMS(ctx context.Context, in mobile.Inbound, again func(key string) bool, at time.Time) (origin string, err error) {
	err = s.changeSMS(ctx, "take a text message", func(ctx context.Context) error {
		var seen bool
		if origin, seen, err = s.seenSMS(ctx, in, again, at); err != nil || in.Part.Whole() || seen {
			return err
		}
		return s.keepPart(ctx, in, origin, at)
	})
	return origin, err
}

// seenSMS looks for a message among those that may be delivered once more, and
// notes it there.
func (s *SQLite) seenSMS(ctx context.Context, in mobile.Inbound, again func(string) bool, at time.Time) (string, bool, error) {
	if in.ID != "" {
		return in.Carrier + ":" + in.ID, false, nil
	}
	rows, err := s.conn.QueryContext(ctx, `SELECT origin, connection FROM sms_prints WHERE carrier = ? AND print = ? ORDER BY at`,
		in.Carrier, in.Print)
	if err != nil {
		return "", false, err
	}
	found := ""
	for rows.Next() {
		var origin, connection string
		if err := rows.Scan(&origin, &connection); err != nil {
			return "", false, errors.Join(err, rows.Close())
		}
		if found == "" && (connection != in.Connection || again(origin)) {
			found = origin
		}
	}
	if err := errors.Join(rows.Err(), rows.Close()); err != nil {
		return "", false, err
	}
	if found != "" { // it is now this connection's
		_, err = s.conn.ExecContext(ctx, `UPDATE sms_prints SET connection = ?, at = ? WHERE origin = ?`, in.Connection, micros(at), found)
		return found, true, err
	}
	_, err = s.conn.ExecContext(ctx, `INSERT INTO sms_prints (origin, carrier, print, connection, theirs, at) VALUES (?, ?, ?, ?, ?, ?)`,
		in.Key, in.Carrier, in.Print, in.Connection, in.From, micros(at))
	return in.Key, false, err
}

const ofSet = ` WHERE carrier = ? AND ours = ? AND theirs = ? AND ref = ? AND total = ?`

func setArgs(in mobile.Inbound) []any {
	return []any{in.Carrier, in.To, in.From, in.Ref, in.Part.Total}
}

// keepPart keeps a part of a message. The one with its number that came first
// counts.
func (s *SQLite) keepPart(ctx context.Context, in mobile.Inbound, origin string, at time.Time) error {
	_, err := s.conn.ExecContext(ctx, `INSERT INTO sms_parts (carrier, ours, theirs, ref, total, n, coding, data, origin, at)
		VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING`,
		append(setArgs(in), in.Part.N, in.Part.Coding, append([]byte{}, in.Part.Data...), origin, micros(at))...)
	return err
}

// PartsSMS returns the parts that are there of the message that in is a part of,
// and what that message is known by.
func (s *SQLite) PartsSMS(ctx context.Context, in mobile.Inbound) (parts []gsm.Part, origin string, err error) {
	rows, err := s.reading.QueryContext(ctx, `SELECT n, total, coding, data, origin FROM sms_parts`+ofSet+` ORDER BY at, n`, setArgs(in)...)
	if err != nil {
		return nil, "", s.readError("parts of a text message", err)
	}
	defer rows.Close()
	for rows.Next() {
		var p gsm.Part
		var known string
		if err := rows.Scan(&p.N, &p.Total, &p.Coding, &p.Data, &known); err != nil {
			return nil, "", s.readError("parts of a text message", err)
		}
		if origin == "" {
			origin = known
		}
		parts = append(parts, p)
	}
	if err := rows.Err(); err != nil {
		return nil, "", s.readError("parts of a text message", err)
	}
	return parts, origin, nil
}

// DropPartsSMS forgets the parts of a message that has been put together.
func (s *SQLite) DropPartsSMS(ctx context.Context, in mobile.Inbound) error {
	return s.changeSMS(ctx, "forget parts of a text message", func(ctx context.Context) error {
		_, err := s.conn.ExecContext(ctx, `DELETE FROM sms_parts`+ofSet, setArgs(in)...)
		return err
	})
}

// WaitingSMS counts the messages of which parts are waiting: those of one phone,
// and all.
func (s *SQLite) WaitingSMS(ctx context.Context, from string) (theirs, all int, err error) {
	err = s.reading.QueryRowContext(ctx, `SELECT
		(SELECT count(*) FROM (SELECT DISTINCT carrier, ours, ref, total FROM sms_parts WHERE theirs = ?)),
		(SELECT count(*) FROM sms_parts)`, from).Scan(&theirs, &all)
	if err != nil {
		return 0, 0, s.readError("parts of text messages", err)
	}
	return theirs, all, nil
}

// StaleSMS returns the messages of which no part came since before, or all parts
// are there: one part of each, without its data.
func (s *SQLite) StaleSMS(ctx context.Context, before time.Time) ([]mobile.Inbound, error) {
	rows, err := s.reading.QueryContext(ctx, `SELECT carrier, ours, theirs, ref, total FROM sms_parts
		GROUP BY carrier, ours, theirs, ref, total HAVING max(at) < ? OR count(*) = total ORDER BY max(at)`, micros(before))
	if err != nil {
		return nil, s.readError("parts of text messages", err)
	}
	defer rows.Close()
	var out []mobile.Inbound
	for rows.Next() {
		var in mobile.Inbound
		if err := rows.Scan(&in.Carrier, &in.To, &in.From, &in.Ref, &in.Part.Total); err != nil {
			return nil, s.readError("parts of text messages", err)
		}
		out = append(out, in)
	}
	if err := rows.Err(); err != nil {
		return nil, s.readError("parts of text messages", err)
	}
	return out, nil
}

// SettleSMS forgets messages that will not be delivered again.
func (s *SQLite) SettleSMS(ctx context.Context, keys []string) error {
	return s.changeSMS(ctx, "settle text messages", func(ctx context.Context) error {
		for _, k := range keys {
			if _, err := s.conn.ExecContext(ctx, `DELETE FROM sms_prints WHERE origin = ?`, k); err != nil {
				return err
			}
		}
		return nil
	})
}

// StopSMS notes that a phone wants no more from our number, or wants it again.
// It reports whether that is news.
func (s *SQLite) StopSMS(ctx context.Context, ours, theirs string, stop bool, at time.Time) (news bool, err error) {
	query, args := `DELETE FROM sms_stopped WHERE ours = ? AND theirs = ?`, []any{ours, theirs}
	if stop {
		query, args = `INSERT INTO sms_stopped (ours, theirs, at) VALUES (?, ?, ?) ON CONFLICT DO NOTHING`, append(args, micros(at))
	}
	err = s.changeSMS(ctx, "note who wants no text messages", func(ctx context.Context) error {
		res, err := s.conn.ExecContext(ctx, query, args...)
		if err != nil {
			return err
		}
		n, err := res.RowsAffected()
		news = n > 0
		return err
	})
	return news, err
}

// StoppedSMS reports whether a phone wants no more from our number.
func (s *SQLite) StoppedSMS(ctx context.Context, ours, theirs string) (stopped bool, err error) {
	err = s.reading.QueryRowContext(ctx, `SELECT EXISTS (SELECT 1 FROM sms_stopped WHERE ours = ? AND theirs = ?)`, ours, theirs).Scan(&stopped)
	if err != nil {
		return false, s.readError("who wants no text messages", err)
	}
	return stopped, nil
}

// removeSMS deletes what is kept of a phone.
func (s *SQLite) removeSMS(ctx context.Context, caller handoff.Party) error {
	number, _, _ := strings.Cut(string(caller), "@")
	if !strings.HasPrefix(number, "+") {
		return nil
	}
	early := `DELETE FROM sms_early WHERE (carrier, message) IN (SELECT carrier, message FROM sms_sent WHERE theirs = ?)`
	if _, err := s.conn.ExecContext(ctx, early, number); err != nil {
		return err
	}
	for _, table := range []string{"sms_parts", "sms_prints", "sms_sent", "sms_stopped"} {
		if _, err := s.conn.ExecContext(ctx, "DELETE FROM "+table+" WHERE theirs = ?", number); err != nil {
			return err
		}
	}
	return nil
}

// noRows makes nothing of an error that says that there is no such row.
func noRows(err error) error {
	if errors.Is(err, sql.ErrNoRows) {
		return nil
	}
	return err
}
