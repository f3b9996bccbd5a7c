package client

import (
	"context"
	"fmt"
	"time"
)

// ArchiveQuery says what to fetch (XEP-0313).
type ArchiveQuery struct {
	At   string // whose archive; empty: our own
	With string // only messages from or to this JID; empty: all
	Max  int    // size of a page, default 50; all pages are fetched
}

// Archived is a message out of an archive.
type Archived struct {
	ID             string // the archive's own
	Stamp          time.Time
	From, To, Body string
	XML            string // the message as it came
}

// Archive fetches all that matches, oldest first.
func (c *Client) Archive(ctx context.Context, q ArchiveQuery) ([]Archived, error) {
	ctx, cancel := withDefaultWait(ctx)
	defer cancel()
	if q.Max <= 0 {
		q.Max = 50
	}
	var all []Archived
	for after := ""; ; {
		page, last, err := c.archivePage(ctx, q, after)
		if err != nil {
			return all, fmt.Errorf("archive of %q: %w", q.At, err)
		}
		all = append(all, page...)
		if last {
			return all, nil
		}
		after = page[len(page)-1].ID
	}
}

func (c *Client) archivePage(ctx context.Context, q ArchiveQuery, after string) (page []Archived, last bool, err error) {
	fields := ""
	if q.With != "" {
		fields = fmt.Sprintf("<x xmlns='jabber:x:data' type='submit'><field var='FORM_TYPE' type='hidden'><value>%s</value></field>"+
			"<field var='with'><value>%s</value></field></x>", nsMAM, escape(q.With))
	}
	if after != "" {
		after = "<after>" + escape(after) + "</after>"
	}
	id, from := newID(), c.Mark()
	reply, err := c.IQ(ctx, q.At, "set", fmt.Sprintf("<query xmlns='%s' queryid='%s'>%s<set xmlns='%s'><max>%d</max>%s</set></query>",
		nsMAM, id, fields, nsRSM, q.Max, after))
	if err != nil {
		return nil, false, err
	}
	for _, e := range c.Since(from) { // the results came before the reply
		result, ok := e.Root().Child(nsMAM, "result")
		if ok && result.Attr("queryid") == id && c.answersFor(e.From, q.At) {
			page = append(page, newArchived(result))
		}
	}
	fin, ok := reply.Find(nsMAM, "fin")
	if !ok {
		return nil, false, fmt.Errorf("the reply to the query has no <fin/>: %s", reply.XML)
	}
	return page, fin.Attr("complete") == "true" || len(page) == 0, nil
}

func newArchived(result Element) Archived {
	a := Archived{ID: result.Attr("id")}
	forwarded, _ := result.Child(nsForward, "forwarded")
	if delay, ok := forwarded.Child(nsDelay, "delay"); ok {
		a.Stamp, _ = time.Parse(time.RFC3339, delay.Attr("stamp")) // zero if it is no time
	}
	message, _ := forwarded.Child(nsClient, "message")
	body, _ := message.Child(nsClient, "body")
	a.From, a.To, a.Body, a.XML = message.Attr("from"), message.Attr("to"), body.Text, message.XML
	return a
}
