package store

import (
	"context"
	"database/sql"
	sqldriver "database/sql/driver"
	"fmt"
	"os"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/require"

	"baton/desk"
)

// costs is what journalling takes for a message of 0.67 kB.
type costs struct {
	statements float64 // executed
	log        float64 // bytes written to the write-ahead log
}

// TestCostOfJournalling bounds what is written for a message, and what SQLite is
// asked for: both are the same on every machine, unlike the time that they take.
// What grows here is what each message costs in processor time and in wear. The
// bounds are a tenth above what was counted when they were set; when that falls,
// they follow.
func TestCostOfJournalling(t *testing.T) {
	for _, tt := range []struct {
		together int // messages in one commit
		most     costs
	}{
		{1, costs{3.9, 7_900}},
		{8, costs{1.03, 3_060}},
		{64, costs{0.81, 1_690}},
	} {
		t.Run(fmt.Sprint(tt.together), func(t *testing.T) {
			var count atomic.Int64
			got := journalling(t, &count, tt.together)
			t.Logf("a message: %.2f statements, %.0f bytes of the log", got.statements, got.log)
			require.LessOrEqual(t, got.statements, tt.most.statements, "statements")
			require.LessOrEqual(t, got.log, tt.most.log, "bytes of the log")
			require.Greater(t, got.log, 670.0, "a message that is kept is written")
		})
	}
}

// journalling commits messages of 64 conversations, so many together, each commit with
// the confirmations of the one before.
func journalling(t *testing.T, count *atomic.Int64, together int) costs {
	const messages = 2048
	src := tempSource(t)
	drv := onDisk
	drv.background = false // the log grows, so that it can be measured
	drv.open = func(dsn string) (*sql.DB, error) { return openCounted(dsn, count) }
	s, err := open(t.Context(), src, Options{}, drv)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, s.Close()) })
	convs := make([]*desk.Conversation, 64)
	for i := range convs {
		convs[i] = waiting(int64(i + 1))
	}
	mustCommit(t, s, &desk.Batch{Conversations: convs})
	_, err = s.conn.ExecContext(t.Context(), "PRAGMA wal_autocheckpoint = 0") // or the log begins anew
	require.NoError(t, err)
	payload := []byte("<body>" + strings.Repeat("hello ", 110) + "</body>")
	var done []int64
	before, size := count.Load(), logSize(t, s)
	for sent := 0; sent < messages; sent += together {
		b := &desk.Batch{Done: done}
		for i := range together {
			c := convs[(sent+i)%len(convs)]
			b.Conversations = append(b.Conversations, c)
			said(b, c, 1)
			b.Lines[i].Payload = payload
		}
		mustCommit(t, s, b)
		done = nil
		for _, it := range b.Items {
			done = append(done, it.ID)
		}
	}
	return costs{
		statements: float64(count.Load()-before) / messages,
		log:        float64(logSize(t, s)-size) / messages,
	}
}

func logSize(t *testing.T, s *SQLite) int64 {
	info, err := os.Stat(s.path + "-wal")
	require.NoError(t, err)
	return info.Size()
}

// openCounted opens a database whose statements are counted when they run.
func openCounted(dsn string, count *atomic.Int64) (*sql.DB, error) {
	plain, err := sql.Open("sqlite", dsn)
	if err != nil {
		return nil, err
	}
	defer plain.Close()
	return sql.OpenDB(connector{plain.Driver(), dsn, count}), nil
}

type connector struct {
	driver sqldriver.Driver
	dsn    string
	count  *atomic.Int64
}

func (c connector) Driver() sqldriver.Driver { return c.driver }

func (c connector) Connect(context.Context) (sqldriver.Conn, error) {
	conn, err := c.driver.Open(c.dsn)
	if err != nil {
		return nil, err
	}
	return countedConn{conn.(sqliteConn), c.count}, nil
}

// sqliteConn is what the driver's connections can do, and database/sql uses.
type sqliteConn interface {
	sqldriver.Conn
	sqldriver.ConnPrepareContext
	sqldriver.ConnBeginTx
	sqldriver.ExecerContext
	sqldriver.QueryerContext
}

type countedConn struct {
	sqliteConn
	count *atomic.Int64
}

func (c countedConn) ExecContext(ctx context.Context, query string, args []sqldriver.NamedValue) (sqldriver.Result, error) {
	c.count.Add(1)
	return c.sqliteConn.ExecContext(ctx, query, args)
}

func (c countedConn) QueryContext(ctx context.Context, query string, args []sqldriver.NamedValue) (sqldriver.Rows, error) {
	c.count.Add(1)
	return c.sqliteConn.QueryContext(ctx, query, args)
}

func (c countedConn) PrepareContext(ctx context.Context, query string) (sqldriver.Stmt, error) {
	stmt, err := c.sqliteConn.PrepareContext(ctx, query)
	if err != nil {
		return nil, err
	}
	return countedStmt{stmt.(sqliteStmt), c.count}, nil
}

type sqliteStmt interface {
	sqldriver.Stmt
	sqldriver.StmtExecContext
	sqldriver.StmtQueryContext
}

type countedStmt struct {
	sqliteStmt
	count *atomic.Int64
}

func (s countedStmt) ExecContext(ctx context.Context, args []sqldriver.NamedValue) (sqldriver.Result, error) {
	s.count.Add(1)
	return s.sqliteStmt.ExecContext(ctx, args)
}

func (s countedStmt) QueryContext(ctx context.Context, args []sqldriver.NamedValue) (sqldriver.Rows, error) {
	s.count.Add(1)
	return s.sqliteStmt.QueryContext(ctx, args)
}
