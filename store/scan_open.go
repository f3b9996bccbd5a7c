package store

import (
	"cmp"
	"context"
	"database/sql"
	"errors"
	"fmt"

	"baton/desk"
	"baton/handoff"
)

// convCount is how many convColumns are.
const convCount = 23

// readAhead is how many conversations are read while as many are taken in.
const readAhead = 256

// eachConversation runs a query of convColumns and calls each with every row. There
// may be a million, and nobody is served meanwhile: they are read in another
// goroutine, database/sql does not convert the columns, and JSON is read by
// encoding/json only where it is not as short as encode.go makes it mostly. What each
// gets is its own until it returns.
func eachConversation(ctx context.Context, q *sql.Stmt, each func(*desk.Conversation), args ...any) error {
	rows, err := q.QueryContext(ctx, args...)
	if err != nil {
		return err
	}
	read, free := make(chan []desk.Conversation), make(chan []desk.Conversation, 2)
	free <- make([]desk.Conversation, 0, readAhead)
	free <- make([]desk.Conversation, 0, readAhead)
	go func() {
		defer close(read)
		err = errors.Join(readConversations(rows, read, free), rows.Close())
	}()
	for some := range read {
		for i := range some {
			each(&some[i])
		}
		free <- some[:0]
	}
	return err
}

func readConversations(rows *sql.Rows, read chan<- []desk.Conversation, free <-chan []desk.Conversation) error {
	var row, dest [convCount]any
	for i := range dest {
		dest[i] = &row[i]
	}
	some := <-free
	for rows.Next() {
		if err := rows.Scan(dest[:]...); err != nil {
			return err
		}
		some = some[:len(some)+1]
		r := columns{left: row[:]}
		if err := r.conversation(&some[len(some)-1]); err != nil {
			return err
		}
		if len(some) == cap(some) {
			read <- some
			some = <-free
		}
	}
	read <- some
	return rows.Err()
}

// scanConversation reads convColumns.
func scanConversation(r row) (desk.Conversation, error) {
	var row, dest [convCount]any
	for i := range dest {
		dest[i] = &row[i]
	}
	if err := r.Scan(dest[:]...); err != nil {
		return desk.Conversation{}, err
	}
	var c desk.Conversation
	all := columns{left: row[:]}
	err := all.conversation(&c)
	return c, err
}

// columns are those of a row that have not been read yet, as the driver made them:
// numbers are int64, texts string. The tables are STRICT, so they are nothing else.
type columns struct {
	left []any
	err  error
}

func (r *columns) next() any {
	v := r.left[0]
	r.left = r.left[1:]
	return v
}

func (r *columns) number() int64 {
	v := r.next()
	n, ok := v.(int64)
	if !ok && r.err == nil {
		r.err = fmt.Errorf("the database holds %T where a number was expected", v)
	}
	return n
}

func (r *columns) text() string {
	v := r.next()
	t, ok := v.(string)
	if !ok && r.err == nil {
		r.err = fmt.Errorf("the database holds %T where a text was expected", v)
	}
	return t
}

// conversation reads convColumns, in their order.
func (r *columns) conversation(c *desk.Conversation) error {
	*c = desk.Conversation{}
	c.Key, c.Domain, c.Local, c.Number, c.Entry, c.Queue = r.number(), r.text(), r.text(), r.number(), r.text(), r.text()
	c.Caller, c.Phase, c.Holder = handoff.Party(r.text()), handoff.Phase(r.number()), handoff.Party(r.text())
	c.Session, c.Epoch, c.Seq = uint64(r.number()), uint64(r.number()), uint64(r.number())
	c.First, c.Hops = uint64(r.number()), int(r.number())
	offer, last := r.text(), r.text()
	c.Name, c.Lang, c.Reach = r.text(), r.text(), r.text()
	info := r.text()
	c.Version = r.number()
	beside, route := r.text(), r.text()
	var err1, err2, err3, err4, err5 error
	c.Offer, err1 = decodeOffer(offer)
	c.Last, err2 = decodeClosed(last)
	c.Info, err3 = decodeInfo(info)
	err4 = decodeBeside(beside, c)
	c.Route, err5 = decodeRoute(route)
	if err := cmp.Or(r.err, err1, err2, err3, err4, err5); err != nil {
		return fmt.Errorf("conversation %s: %w", c.Local, err)
	}
	return nil
}
