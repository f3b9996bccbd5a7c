package store

import (
	"context"
	"database/sql"
	"errors"

	"baton/desk"
)

// mostRows bounds how many rows are remembered.
const mostRows = 4096

// still is what a conversation's row holds besides what each line changes. Where
// that is as it was, it is not written again: SQLite renews the indexes of all
// columns that a statement names.
type still struct {
	version                                int64 // that it was written with
	queue, holder                          string
	phase                                  int64
	session, epoch, first                  uint64
	hops                                   int
	offer, last, name, lang, reach, beside string
	info                                   string
}

// encodeRow returns a conversation's row, in two parts.
func encodeRow(c *desk.Conversation) (r still, route string, err error) {
	var errs [5]error
	r = still{queue: c.Queue, holder: string(c.Holder), phase: int64(c.Phase), session: c.Session, epoch: c.Epoch,
		first: c.First, hops: c.Hops, name: c.Name, lang: c.Lang, reach: c.Reach}
	r.offer, errs[0] = encodeOffer(c.Offer)
	r.last, errs[1] = encodeClosed(c.Last)
	r.info, errs[2] = encodeInfo(c.Info)
	r.beside, errs[3] = encodeBeside(c)
	route, errs[4] = encodeRoute(c.Route)
	return r, route, errors.Join(errs[:]...)
}

// updateRow replaces a conversation's row.
func (s *SQLite) updateRow(ctx context.Context, c *desk.Conversation, r still, route string) (res sql.Result, err error) {
	r.version = c.Version
	if s.rows[c.Key] == r {
		res, err = s.stmts.sayConv.ExecContext(ctx, c.Seq, route, c.Key, c.Version, c.Domain, c.Local, s.before(c))
	} else {
		res, err = s.stmts.updateConv.ExecContext(ctx, r.queue, r.phase, r.holder, r.session, r.epoch, c.Seq, r.first,
			r.hops, r.offer, r.last, r.name, r.lang, r.reach, r.info, r.beside, route, c.Key, c.Version, c.Domain,
			c.Local, s.before(c))
	}
	r.version++
	s.scratch.rows[c.Key] = r
	return res, err
}

// rowsWritten remembers the rows of a batch that is in the database.
func (s *SQLite) rowsWritten() {
	if len(s.rows) > mostRows {
		clear(s.rows)
	}
	for key, r := range s.scratch.rows {
		s.rows[key] = r
	}
}
