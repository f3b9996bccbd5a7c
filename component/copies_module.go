package component

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"baton/component/wire"
	"baton/desk"
	"baton/handoff"
	"baton/stanza"
)

// Bounds of a request to the module.
const (
	copyTimeout = 30 * time.Second
	copyBytes   = 128 << 10 // of XML; Prosody takes 512 KiB
)

// archiveModule is mod_baton_archive on a Prosody host (contrib/prosody).
type archiveModule struct {
	c    *Component
	host string
}

func (archiveModule) name() string { return "mod_baton_archive" }

// query finds out whether the module is there, and serves us.
func (m archiveModule) query(ctx context.Context) error {
	_, err := m.ask(ctx, "get", copyRequest("query"))
	return err
}

func (m archiveModule) removeCopy(ctx context.Context, agent handoff.Party, contact string) error {
	_, err := m.ask(ctx, "set", copyRequest("remove", "user", userOf(agent), "with", contact))
	return err
}

// move puts the conversation's lines that are in one agent's archive into the
// other's, as far as the other may read them: not what was said in private, nor
// more than the transfer shared. They keep their time stamps, and show who
// spoke as the conversation's own archive does.
func (m archiveModule) move(ctx context.Context, conv desk.Conversation, from, heir handoff.Party) error {
	if m.c.cfg.Archive == nil {
		return nil
	}
	conv.Holder = heir // who may have ended the session since
	view, err := m.c.desk.View(ctx, m.c.cfg.Archive, conv, desk.Holder, heir)
	if err != nil {
		return err
	}
	x := transcript{m: m, ctx: ctx, conv: conv, from: from, view: view}
	for after := ""; ; {
		rows, err := m.rows(ctx, from, m.c.address(conv.Local), after)
		if err != nil || len(rows) == 0 {
			return err
		}
		if err := x.carry(rows); err != nil {
			return err
		}
		after = rows[len(rows)-1].Key
	}
}

// rows lists what an agent's archive holds of a conversation, some at a time.
func (m archiveModule) rows(ctx context.Context, agent handoff.Party, contact, after string) ([]stanza.ArchiveRow, error) {
	raw, err := m.ask(ctx, "get", copyRequest("rows", "user", userOf(agent), "with", contact, "after", after))
	if err != nil {
		return nil, err
	}
	st, err := stanza.Parse(raw)
	var rows stanza.ArchiveRows
	if err == nil {
		err = st.Decode(&rows)
	}
	if err != nil {
		return nil, fmt.Errorf("the answer of mod_baton_archive cannot be read: %w", err)
	}
	return rows.Rows, nil
}

// ask sends a request and waits for the answer.
func (m archiveModule) ask(ctx context.Context, typ string, payload []byte) ([]byte, error) {
	type answer struct {
		raw []byte
		err error
	}
	answered := make(chan answer, 1)
	m.c.iqs.send(m.c.cfg.Domain, m.host, typ, payload, copyTimeout, func(r reply, err error) {
		switch {
		case errors.Is(err, errLost):
			err = desk.ErrDown
		case err == nil && r.failed:
			err = &refusedError{r.condition()}
		}
		answered <- answer{slices.Clone(r.Raw), err}
	})
	select {
	case a := <-answered:
		return a.raw, a.err
	case <-ctx.Done():
		return nil, desk.ErrDown
	}
}

// copyRequest writes a request with its attributes, names and values by turns;
// what is empty is left out.
func copyRequest(name string, attrs ...string) []byte {
	return append(copyElement(name, attrs...), "/>"...)
}

func copyElement(name string, attrs ...string) []byte {
	b := append([]byte("<"+name), " xmlns='"+stanza.NSCopies+"'"...)
	return appendAttrs(b, attrs...)
}

func appendAttrs(b []byte, attrs ...string) []byte {
	for pair := range slices.Chunk(attrs, 2) {
		if pair[1] != "" {
			b = wire.AppendAttr(b, pair[0], pair[1])
		}
	}
	return b
}

func userOf(agent handoff.Party) string {
	user, _, _ := strings.Cut(string(agent), "@")
	return user
}

// transcript carries lines from one agent's archive to another's.
type transcript struct {
	m    archiveModule
	ctx  context.Context
	conv desk.Conversation
	from handoff.Party
	view desk.View // the other's
}

// carry has those rows copied that are lines the other may read.
func (x *transcript) carry(rows []stanza.ArchiveRow) error {
	begin := append(copyElement("copy", "user", userOf(x.from), "with", x.m.c.address(x.conv.Local), "to", userOf(x.view.Reader)), '>')
	b := slices.Clone(begin)
	send := func() error {
		if len(b) == len(begin) {
			return nil
		}
		_, err := x.m.ask(x.ctx, "set", append(b, "</copy>"...))
		b = slices.Clone(begin)
		return err
	}
	for _, row := range rows {
		line, ok, err := x.line(row)
		if err != nil {
			return err
		}
		if !ok {
			continue
		}
		next := x.row(row, line)
		if len(b)+len(next) > copyBytes {
			if err := send(); err != nil {
				return err
			}
		}
		b = append(b, next...)
	}
	return send()
}

// row writes a line as the other sees it.
func (x *transcript) row(row stanza.ArchiveRow, l desk.Line) []byte {
	c, heir := x.m.c, x.view.Reader
	attrs := []string{"key", row.Key, "id", copyID(x.conv.Local, l.Seq, true)}
	children := l.Payload
	switch {
	case l.By == heir:
		attrs = append(attrs, "own", "true")
		if l.StanzaID != "" {
			attrs[3] = l.StanzaID
		}
	default:
		_, resource, _ := strings.Cut(c.contact(x.conv.Local), "/")
		if l.By != x.conv.Caller {
			resource = c.nameIn(l)
		}
		attrs = append(attrs, "resource", resource)
		children = c.voiced(l, x.conv.Caller, true, c.desk.Directory().NameOf(l.To))
	}
	if len(children) > copyBytes/2 {
		l.Body = l.Body[:min(len(l.Body), maxResult)]
		children = appendElement(nil, "body", strings.ToValidUTF8(l.Body, ""))
	}
	b := append(appendAttrs([]byte("<row"), attrs...), "><message xmlns='jabber:client'>"...)
	return append(append(b, children...), "</message></row>"...)
}

// line finds the line that a message in an archive is, if the other may read it.
func (x *transcript) line(row stanza.ArchiveRow) (desk.Line, bool, error) {
	store, domain, local := x.m.c.desk.Store(), x.m.c.cfg.Domain, x.conv.Local
	line, err := desk.Line{}, error(desk.ErrNotFound)
	if row.Own {
		line, err = store.LineByStanza(x.ctx, domain, local, x.from, row.ID, 0)
	} else if seq, ok := seqOf(local, row.ID, true); ok {
		line, err = store.LineBySeq(x.ctx, domain, local, seq)
	}
	switch {
	case errors.Is(err, desk.ErrNotFound): // a command, or a line of the service's own
		return line, false, nil
	case err != nil:
		return line, false, err
	}
	shown := slices.ContainsFunc(x.view.Spans, func(s desk.Span) bool { return s.First <= line.Seq && line.Seq <= s.Through && !s.Own })
	return line, shown && !line.Private, nil
}
