package store

import (
	"bufio"
	"cmp"
	"context"
	"database/sql"
	"encoding/json"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"baton/desk"
	"baton/handoff"
)

// PIE says what ExportPIE writes.
type PIE struct {
	Filter
	// Account is whose archive the dialog is put into, a bare address; empty: of
	// each conversation's holder, or the last it had.
	Account handoff.Party
	// Copy returns what appends the lines of a conversation as <forwarded/>
	// (XEP-0297), as that account's archive has them.
	Copy func(desk.Conversation, handoff.Party) func(dst []byte, l desk.Line) []byte
}

// ErrNothing means that no conversation was held by anybody, or there is none.
var ErrNothing = errors.New("store: there is nothing to export")

// ExportPIE writes dialogs as a document of XEP-0227 (urn:xmpp:pie:0), for another
// server to take in: in the account of each agent an archive (urn:xmpp:pie:0#mam)
// of what was said, oldest first. What others said in private is not in it. It
// reads as [Export] does, and returns how many messages it wrote.
func ExportPIE(ctx context.Context, src Source, o PIE, w io.Writer) (n int, err error) {
	err = look(ctx, src, func(tx *sql.Tx) error {
		x := pieWriter{ctx: ctx, tx: tx, o: o, to: bufio.NewWriter(w)}
		err := x.document()
		n = x.n
		return err
	})
	return n, err
}

type pieWriter struct {
	ctx context.Context
	tx  *sql.Tx
	o   PIE
	to  *bufio.Writer
	n   int
}

// pieAccount is whose archive gets which conversations.
type pieAccount struct {
	host, user string
	convs      []desk.Conversation
}

func (x *pieWriter) document() error {
	accounts, err := x.accounts()
	if err != nil {
		return err
	}
	if len(accounts) == 0 {
		return ErrNothing
	}
	fmt.Fprint(x.to, "<?xml version='1.0' encoding='UTF-8'?>\n<server-data xmlns='urn:xmpp:pie:0'>\n")
	for i, a := range accounts {
		if i == 0 || accounts[i-1].host != a.host {
			fmt.Fprintf(x.to, "<host jid='%s'>\n", escaped(a.host))
		}
		fmt.Fprintf(x.to, "<user name='%s'>\n<archive xmlns='urn:xmpp:pie:0#mam'>\n", escaped(a.user))
		if err := x.archive(a); err != nil {
			return err
		}
		fmt.Fprint(x.to, "</archive>\n</user>\n")
		if i == len(accounts)-1 || accounts[i+1].host != a.host {
			fmt.Fprint(x.to, "</host>\n")
		}
	}
	fmt.Fprint(x.to, "</server-data>\n")
	return x.to.Flush()
}

// accounts finds out whose archives there will be, by host and name.
func (x *pieWriter) accounts() ([]pieAccount, error) {
	convs, err := x.o.chosen(x.ctx, x.tx)
	if err != nil {
		return nil, err
	}
	by := map[handoff.Party]*pieAccount{}
	for _, c := range convs {
		who := cmp.Or(x.o.Account, c.Holder)
		if who == "" {
			err := x.tx.QueryRowContext(x.ctx, `SELECT holder FROM epochs WHERE conv = ? ORDER BY epoch DESC LIMIT 1`, c.Key).Scan(&who)
			if errors.Is(err, sql.ErrNoRows) {
				continue // nobody ever held it
			}
			if err != nil {
				return nil, err
			}
		}
		a := by[who]
		if a == nil {
			user, host, ok := strings.Cut(string(who), "@")
			if !ok {
				return nil, fmt.Errorf("%q is no account's address", who)
			}
			a = &pieAccount{host: host, user: user}
			by[who] = a
		}
		a.convs = append(a.convs, c)
	}
	var all []pieAccount
	for _, a := range by {
		all = append(all, *a)
	}
	slices.SortFunc(all, func(a, b pieAccount) int { return cmp.Or(cmp.Compare(a.host, b.host), cmp.Compare(a.user, b.user)) })
	return all, nil
}

// archive writes the lines of an account's conversations, by their time.
func (x *pieWriter) archive(a pieAccount) (err error) {
	who := handoff.Party(a.user + "@" + a.host)
	copies, keys := map[string]func([]byte, desk.Line) []byte{}, []int64{}
	for _, c := range a.convs {
		copies[c.Local] = x.o.Copy(c, who)
		keys = append(keys, c.Key)
	}
	list, err := json.Marshal(keys)
	if err != nil {
		return err
	}
	rows, err := x.tx.QueryContext(x.ctx, `SELECT c.local, `+lineColumns+` FROM dialog l JOIN conversations c ON c.id = l.conv
		WHERE l.conv IN (SELECT value FROM json_each(:convs)) AND (l.private = 0 OR l.author = :who OR l.recipient = :who)
		ORDER BY l.at, l.conv, l.seq`, sql.Named("convs", string(list)), sql.Named("who", string(who)))
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	var buf []byte
	for rows.Next() {
		l, err := scanLine(rows)
		if err != nil {
			return err
		}
		fmt.Fprintf(x.to, "<result xmlns='urn:xmpp:mam:2' id='%s-%d'>", escaped(l.Conversation), l.Seq)
		buf = copies[l.Conversation](buf[:0], l)
		x.to.Write(buf)
		if _, err := x.to.WriteString("</result>\n"); err != nil {
			return fmt.Errorf("writing: %w", err)
		}
		x.n++
	}
	return rows.Err()
}

func escaped(s string) string {
	var b strings.Builder
	_ = xml.EscapeText(&b, []byte(s)) // a Builder takes everything
	return b.String()
}
