package store

import (
	"context"
	"database/sql"
	"time"

	"baton/sms/mobile"
)

// maxEarlySMS bounds how many receipts are kept that nobody waits for: of
// messages that somebody else sent by the same account, for example.
const maxEarlySMS = 10_000

// SentSMS returns how many segments an outbox item had when it was sent, and
// which of them were accepted.
func (s *SQLite) SentSMS(ctx context.Context, item int64) (total int, accepted map[int]bool, err error) {
	rows, err := s.reading.QueryContext(ctx, `SELECT n, total FROM sms_sent WHERE item = ?`, item)
	if err != nil {
		return 0, nil, s.readError("sent segments", err)
	}
	defer rows.Close()
	accepted = map[int]bool{}
	for rows.Next() {
		var n int
		if err := rows.Scan(&n, &total); err != nil {
			return 0, nil, s.readError("sent segments", err)
		}
		accepted[n] = true
	}
	if err := rows.Err(); err != nil {
		return 0, nil, s.readError("sent segments", err)
	}
	return total, accepted, nil
}

// AcceptSMS notes that a carrier accepted a segment. When its receipt had come
// already, that counts.
func (s *SQLite) AcceptSMS(ctx context.Context, m mobile.Sent) (v mobile.Verdict, err error) {
	err = s.changeSMS(ctx, "note a sent segment", func(ctx context.Context) error {
		var state mobile.State
		var reason string
		if m.ID != "" {
			err := s.conn.QueryRowContext(ctx, `DELETE FROM sms_early WHERE carrier = ? AND message = ? RETURNING state, reason`,
				m.Carrier, m.ID).Scan(&state, &reason)
			if noRows(err) != nil {
				return err
			}
		}
		_, err := s.conn.ExecContext(ctx, `INSERT OR REPLACE INTO sms_sent
			(item, n, total, carrier, message, domain, conv, seq, author, theirs, state, reason, told, at)
			VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 0, ?)`,
			m.Item, m.N, m.Total, m.Carrier, m.ID, m.Domain, m.Conversation, m.Seq, m.Author, m.To, state, reason, micros(m.At))
		if err == nil {
			v, err = s.verdictSMS(ctx, m.Item)
		}
		return err
	})
	return v, err
}

// ReportSMS notes a receipt. What is final stays as it is; one that nobody waits
// for is kept for a while: it may be early.
func (s *SQLite) ReportSMS(ctx context.Context, r mobile.Report, at time.Time) (v mobile.Verdict, err error) {
	err = s.changeSMS(ctx, "note a receipt", func(ctx context.Context) error {
		var item, n int64
		var state mobile.State
		err := s.conn.QueryRowContext(ctx, `SELECT item, n, state FROM sms_sent WHERE carrier = ? AND message = ?
			ORDER BY at DESC, item DESC LIMIT 1`, r.Carrier, r.ID).Scan(&item, &n, &state)
		switch {
		case err == nil && state == mobile.Pending && r.State == mobile.Pending:
			return nil
		case err == nil && state != mobile.Pending:
			v, err = s.verdictSMS(ctx, item)
			return err
		case err == nil:
			if _, err := s.conn.ExecContext(ctx, `UPDATE sms_sent SET state = ?, reason = ? WHERE item = ? AND n = ?`,
				r.State, r.Reason, item, n); err != nil {
				return err
			}
			v, err = s.verdictSMS(ctx, item)
			return err
		case noRows(err) != nil || r.State == mobile.Pending:
			return noRows(err)
		}
		_, err = s.conn.ExecContext(ctx, `INSERT INTO sms_early (carrier, message, state, reason, at) VALUES (?, ?, ?, ?, ?)
			ON CONFLICT DO NOTHING`, r.Carrier, r.ID, r.State, r.Reason, micros(at))
		if err == nil { // the newest stay
			_, err = s.conn.ExecContext(ctx, `DELETE FROM sms_early WHERE at < (SELECT at FROM sms_early ORDER BY at DESC LIMIT 1 OFFSET ?)`,
				maxEarlySMS-1)
		}
		return err
	})
	return v, err
}

// verdictSMS returns what became of an item, if nobody was told yet.
func (s *SQLite) verdictSMS(ctx context.Context, item int64) (mobile.Verdict, error) {
	v := mobile.Verdict{Item: item}
	var total, arrived, failed, told int
	err := s.conn.QueryRowContext(ctx, `SELECT max(total), count(*) FILTER (WHERE state = 1), count(*) FILTER (WHERE state = 2),
		max(told), max(conv), max(seq), max(author), max(reason) FROM sms_sent WHERE item = ?`, item).
		Scan(&total, &arrived, &failed, &told, &v.Conversation, &v.Seq, &v.Author, &v.Reason)
	switch {
	case err != nil:
		return mobile.Verdict{}, err
	case told > 0:
	case failed > 0:
		v.State = mobile.Failed
	case arrived == total:
		v.State = mobile.Delivered
	}
	return v, nil
}

// ToldSMS notes that the author knows what became of an item.
func (s *SQLite) ToldSMS(ctx context.Context, item int64) error {
	return s.changeSMS(ctx, "note what an author knows", func(ctx context.Context) error {
		_, err := s.conn.ExecContext(ctx, `UPDATE sms_sent SET told = 1 WHERE item = ?`, item)
		return err
	})
}

// UntoldSMS returns what authors do not know yet.
func (s *SQLite) UntoldSMS(ctx context.Context) (out []mobile.Verdict, err error) {
	err = s.changeSMS(ctx, "find what authors do not know", func(ctx context.Context) error {
		rows, err := s.conn.QueryContext(ctx, `SELECT DISTINCT item FROM sms_sent WHERE told = 0 AND state <> 0 ORDER BY item`)
		if err != nil {
			return err
		}
		items, err := scanIDs(rows)
		if err != nil {
			return err
		}
		for _, item := range items {
			v, err := s.verdictSMS(ctx, item)
			if err != nil {
				return err
			}
			if v.State != mobile.Pending {
				out = append(out, v)
			}
		}
		return nil
	})
	return out, err
}

func scanIDs(rows *sql.Rows) (ids []int64, err error) {
	defer rows.Close()
	for rows.Next() {
		var id int64
		if err := rows.Scan(&id); err != nil {
			return nil, err
		}
		ids = append(ids, id)
	}
	return ids, rows.Err()
}

// ForgetSMS forgets what is of no use any more: receipts and possible repeats
// from before repeats, and what was sent before sent, unless it is in the outbox
// still.
func (s *SQLite) ForgetSMS(ctx context.Context, repeats, sent time.Time) error {
	return s.changeSMS(ctx, "forget old text messages", func(ctx context.Context) error {
		for _, d := range []struct {
			query string
			at    time.Time
		}{
			{`DELETE FROM sms_prints WHERE at < ?`, repeats},
			{`DELETE FROM sms_early WHERE at < ?`, repeats},
			{`DELETE FROM sms_sent WHERE at < ? AND item NOT IN (SELECT id FROM outbox)`, sent},
		} {
			if _, err := s.conn.ExecContext(ctx, d.query, micros(d.at)); err != nil {
				return err
			}
		}
		return nil
	})
}
