package component

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"

	"baton/desk"
	"baton/handoff"
	"baton/stanza"
)

// Bounds of requests to ejabberd's API.
const (
	apiTimeout  = 10 * time.Second
	apiRequests = 4       // at a time
	maxAnswer   = 8 << 20 // bytes; a roster of some ten thousand contacts
)

// errNoAccount says that ejabberd knows no such account.
var errNoAccount = errors.New("ejabberd has no such account")

// ejabberdAPI writes rosters by the commands of mod_admin_extra that
// mod_http_api serves. It is granted to an address, not to a password: there is
// none to keep.
type ejabberdAPI struct {
	base  string // without the last slash
	http  http.Client
	slots chan struct{}
}

// newEjabberdAPI makes it for the address of mod_http_api; via nil: the usual
// transport, but without a proxy.
func newEjabberdAPI(base string, via http.RoundTripper) *ejabberdAPI {
	if via == nil {
		t := http.DefaultTransport.(*http.Transport).Clone()
		t.Proxy = nil
		via = t
	}
	return &ejabberdAPI{base: strings.TrimSuffix(base, "/"), slots: make(chan struct{}, apiRequests),
		http: http.Client{Transport: via, Timeout: apiTimeout,
			CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}}
}

func (*ejabberdAPI) name() string { return RosterEjabberd }
func (*ejabberdAPI) asks() bool   { return false }

// close gives up the connections that idle.
func (e *ejabberdAPI) close() { e.http.CloseIdleConnections() }

func (e *ejabberdAPI) put(ctx context.Context, agent handoff.Party, item stanza.RosterItem) error {
	if err := e.known(ctx, agent); err != nil { // or it would write a row that belongs to nobody, and call it fine
		if errors.Is(err, errNoAccount) {
			return fmt.Errorf("%w: %w: %s; create it, or correct agents.list", desk.ErrNever, err, agent)
		}
		return err
	}
	args := itemArgs(agent, item.JID)
	args["nick"], args["group"], args["subs"] = item.Name, strings.Join(item.Groups, ";"), string(item.Subscription)
	return e.do(ctx, "add_rosteritem", args)
}

// remove takes an item out. It does nothing, and is content, where there is
// none, nor an account.
func (e *ejabberdAPI) remove(ctx context.Context, agent handoff.Party, contact string) error {
	return e.do(ctx, "delete_rosteritem", itemArgs(agent, contact))
}

// get returns a roster; ejabberd gives an item once for each of its groups.
func (e *ejabberdAPI) get(ctx context.Context, agent handoff.Party) ([]stanza.RosterItem, error) {
	var rows []struct{ JID, Nick, Subscription, Ask, Group string }
	if err := e.call(ctx, "get_roster", accountArgs(agent), &rows); err != nil {
		return nil, err
	}
	var items []stanza.RosterItem
	at := map[string]int{}
	for _, row := range rows {
		i, seen := at[row.JID]
		if !seen {
			i = len(items)
			at[row.JID] = i
			items = append(items, stanza.RosterItem{JID: row.JID, Name: row.Nick, Subscription: stanza.Subscription(row.Subscription)})
		}
		if row.Group != "" {
			items[i].Groups = append(items[i].Groups, row.Group)
		}
	}
	return items, nil
}

// known returns errNoAccount if ejabberd does not have the agent's account.
func (e *ejabberdAPI) known(ctx context.Context, agent handoff.Party) error {
	var result int
	err := e.call(ctx, "check_account", accountArgs(agent), &result)
	if err == nil && result != 0 {
		return errNoAccount
	}
	return err
}

// do calls a command that answers 0 if all went well.
func (e *ejabberdAPI) do(ctx context.Context, command string, args map[string]string) error {
	var result int
	err := e.call(ctx, command, args, &result)
	if err == nil && result != 0 {
		return fmt.Errorf("ejabberd's API: %s answered %d", command, result)
	}
	return err
}

func accountArgs(agent handoff.Party) map[string]string {
	user, host, _ := strings.Cut(string(agent), "@")
	return map[string]string{"user": user, "host": host}
}

func itemArgs(agent handoff.Party, contact string) map[string]string {
	localuser, localhost, _ := strings.Cut(string(agent), "@")
	user, host, _ := strings.Cut(contact, "@")
	return map[string]string{"localuser": localuser, "localhost": localhost, "user": user, "host": host}
}

// call calls a command and decodes what it answers.
func (e *ejabberdAPI) call(ctx context.Context, command string, args map[string]string, result any) error {
	select {
	case e.slots <- struct{}{}:
		defer func() { <-e.slots }()
	case <-ctx.Done():
		return ctx.Err()
	}
	body, err := json.Marshal(args)
	if err != nil {
		return fmt.Errorf("%w: %w", desk.ErrNever, err)
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, e.base+"/"+command, bytes.NewReader(body))
	if err != nil {
		return fmt.Errorf("%w: roster.ejabberd_api: %w", desk.ErrNever, err)
	}
	req.Header.Set("Content-Type", "application/json")
	resp, err := e.http.Do(req)
	if err != nil {
		return fmt.Errorf("ejabberd's API (roster.ejabberd_api): %w", err)
	}
	defer resp.Body.Close()
	answer, err := io.ReadAll(io.LimitReader(resp.Body, maxAnswer))
	switch {
	case err != nil:
		return fmt.Errorf("ejabberd's API: %s: %w", command, err)
	case resp.StatusCode != http.StatusOK:
		return fmt.Errorf("ejabberd's API: %s: %s", command, advice(resp.StatusCode))
	}
	if err := json.Unmarshal(answer, result); err != nil {
		return fmt.Errorf("ejabberd's API: %s answered something else: is roster.ejabberd_api the address of mod_http_api? (%w)", command, err)
	}
	return nil
}

// advice says what to do about a refusal. What the answer's body says is not
// repeated: it may be anybody's.
func advice(status int) string {
	switch status {
	case http.StatusUnauthorized, http.StatusForbidden:
		return fmt.Sprintf("not allowed (HTTP %d): grant check_account, get_roster, add_rosteritem and delete_rosteritem to this machine's address in api_permissions", status)
	case http.StatusNotFound:
		return "not found (HTTP 404): load mod_admin_extra, and let roster.ejabberd_api be the address of mod_http_api"
	}
	return fmt.Sprintf("HTTP %d; see ejabberd's log", status)
}
