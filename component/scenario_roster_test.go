package component_test

import (
	"bytes"
	"encoding/json"
	"encoding/xml"
	"fmt"
	"io"
	"maps"
	"net"
	"net/http"
	"path"
	"slices"
	"strings"
	"syscall"
	"time"
)

// rosterItem is one contact of somebody.
type rosterItem struct{ name, sub, group string }

// rosterBooks are the rosters the server keeps, by owner and contact.
type rosterBooks map[string]map[string]rosterItem

func (b rosterBooks) put(owner, contact string, i rosterItem) {
	if b[owner] == nil {
		b[owner] = map[string]rosterItem{}
	}
	b[owner][contact] = i
}

// take carries out a request of RFC 6121 §2 and returns the answer's payload;
// false where there is nothing to remove.
func (b rosterBooks) take(owner, typ string, query *element) (string, bool) {
	if typ == "get" {
		var out strings.Builder
		for _, contact := range slices.Sorted(maps.Keys(b[owner])) {
			i := b[owner][contact]
			fmt.Fprintf(&out, "<item jid='%s' name='%s' subscription='%s'>", contact, i.name, i.sub)
			if i.group != "" {
				fmt.Fprintf(&out, "<group>%s</group>", i.group)
			}
			out.WriteString("</item>")
		}
		return "<query xmlns='jabber:iq:roster'>" + out.String() + "</query>", true
	}
	for _, k := range query.kids {
		item := k.(*element)
		if item.attr("subscription") == "remove" {
			_, has := b[owner][item.attr("jid")]
			delete(b[owner], item.attr("jid"))
			return "", has
		}
		i := rosterItem{name: item.attr("name"), sub: item.attr("subscription")}
		if len(item.kids) > 0 {
			i.group = item.kids[0].(*element).kids[0].(string)
		}
		b.put(owner, item.attr("jid"), i)
	}
	return "", true
}

// api plays ejabberd's mod_http_api on the server's rosters. Its modes are in
// README.md.
type api struct{ s *fakeServer }

func (a api) RoundTrip(req *http.Request) (*http.Response, error) {
	a.s.mu.Lock()
	mode := a.s.api
	a.s.mu.Unlock()
	body, err := io.ReadAll(req.Body)
	if err != nil {
		return nil, err
	}
	var args map[string]string
	if err := json.Unmarshal(body, &args); err != nil || req.Method != http.MethodPost {
		a.s.complain("the API: %s %s: %v", req.Method, body, err)
	}
	switch mode {
	case "", "down":
		return nil, &net.OpError{Op: "dial", Net: "tcp", Err: syscall.ECONNREFUSED}
	case "slow":
		select {
		case <-time.After(time.Hour):
		case <-req.Context().Done():
		}
		return nil, req.Context().Err()
	case "500":
		return answered(500, `"internal_error"`), nil
	case "denied":
		return answered(403, `{"status":"error","code":32,"message":"AccessRules: Account does not have the right to perform the operation."}`), nil
	case "other":
		return answered(200, "<html>It works!</html>"), nil
	}
	if command := path.Base(req.URL.Path); strings.HasSuffix(command, "_rosteritem") && a.s.refused() {
		return answered(500, `"internal_error"`), nil
	}
	return answered(200, a.call(path.Base(req.URL.Path), args)), nil
}

// call carries out a command, and shows it as a stanza if it changes anything.
func (a api) call(command string, args map[string]string) string {
	a.s.mu.Lock()
	defer a.s.mu.Unlock()
	owner, contact := args["localuser"]+"@"+args["localhost"], args["user"]+"@"+args["host"]
	switch command {
	case "check_account":
		if slices.Contains(a.s.unknown, contact) {
			return "1"
		}
		return "0"
	case "get_roster":
		rows := []map[string]string{}
		for jid, i := range a.s.books[contact] {
			rows = append(rows, map[string]string{"jid": jid, "nick": i.name, "subscription": i.sub, "ask": "none", "group": i.group})
		}
		b, _ := json.Marshal(rows)
		return string(b)
	case "add_rosteritem":
		a.s.books.put(owner, contact, rosterItem{args["nick"], args["subs"], args["group"]})
	case "delete_rosteritem":
		delete(a.s.books[owner], contact)
	default:
		return `{"status":"error"}`
	}
	var b bytes.Buffer
	fmt.Fprintf(&b, "<api to='%s' call='%s' contact='%s'", owner, command, contact)
	for _, key := range []string{"nick", "group", "subs"} {
		if args[key] != "" {
			fmt.Fprintf(&b, " %s='", key)
			xml.EscapeText(&b, []byte(args[key]))
			b.WriteByte('\'')
		}
	}
	b.WriteString("/>")
	if slices.Contains(a.s.auto, "roster") {
		return "0"
	}
	e, err := parseElement(b.String())
	if err != nil {
		panic(err)
	}
	a.s.got = append(a.s.got, &received{b.String(), e})
	return "0"
}

func answered(status int, body string) *http.Response {
	return &http.Response{StatusCode: status, Body: io.NopCloser(strings.NewReader(body)), Header: http.Header{}}
}

// edit changes somebody's roster as they would by hand: "alice put
// bob@example.com", "alice drop carol.$c@handoff.example.com".
func (w *world) edit(words []string) error {
	if len(words) < 3 {
		return fmt.Errorf("want AGENT put CONTACT [NAME [GROUP]], AGENT group CONTACT GROUP, or AGENT drop CONTACT, got %q", words)
	}
	contact, err := w.names.fill(words[2])
	w.server.set(func() {
		owner, item := words[0]+"@example.com", rosterItem{sub: "both"}
		switch words[1] {
		case "drop":
			delete(w.server.books[owner], contact)
			return
		case "group":
			item = w.server.books[owner][contact]
			item.group = words[3]
			w.server.books.put(owner, contact, item)
			return
		}
		if len(words) > 3 {
			item.name = words[3]
		}
		if len(words) > 4 {
			item.group = words[4]
		}
		w.server.books.put(owner, contact, item)
	})
	return err
}

// rosters compares somebody's roster: "alice Transfer desk | Carol · #1 (Handoff: support)".
func (w *world) rosters(text string) error {
	owner, want, _ := strings.Cut(text, " ")
	var items []string
	w.server.set(func() {
		for contact, i := range w.server.books[owner+"@example.com"] {
			item := i.name
			if item == "" {
				item = contact
			}
			if i.sub != "both" {
				item += " " + i.sub
			}
			if i.group != "" {
				item += " (" + i.group + ")"
			}
			items = append(items, item)
		}
	})
	slices.Sort(items)
	if got := strings.Join(items, " | "); got != strings.TrimSpace(want) {
		return fmt.Errorf("want %q, got %q", strings.TrimSpace(want), got)
	}
	return nil
}

// logged checks how often a text is in the log: "1 strategy=subscribe".
func (w *world) logged(text string) error {
	count, what, _ := strings.Cut(text, " ")
	what, err := w.names.fill(what)
	if err != nil {
		return err
	}
	return w.count(count, strings.Count(w.log.String(), what))
}
