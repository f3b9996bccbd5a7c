package doctor

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"baton/component"
)

// Payloads of requests.
const (
	askVersion = "<query xmlns='jabber:iq:version'/>"
	askTime    = "<time xmlns='urn:xmpp:time'/>"
	askInfo    = "<query xmlns='http://jabber.org/protocol/disco#info'/>"
	askItems   = "<query xmlns='http://jabber.org/protocol/disco#items'/>"
)

// info is an answer to askInfo.
type info struct {
	Identities []struct {
		Category string `xml:"category,attr"`
		Type     string `xml:"type,attr"`
		Name     string `xml:"name,attr"`
	} `xml:"query>identity"`
	Features []struct {
		Var string `xml:"var,attr"`
	} `xml:"query>feature"`
}

func (i info) has(feature string) bool {
	for _, f := range i.Features {
		if f.Var == feature {
			return true
		}
	}
	return false
}

// ask sends a request from the component's domain.
func (v *visit) ask(ctx context.Context, p *component.Probe, to, payload string, answer any) error {
	ctx, cancel := step(ctx)
	defer cancel()
	return p.Ask(ctx, v.cfg.Component.Domain, to, payload, answer)
}

// host looks at one domain that agents live at.
func (v *visit) host(ctx context.Context, p *component.Probe, host string) {
	v.part = host
	if !v.server(ctx, p, host) {
		return
	}
	for _, check := range []func(context.Context, *component.Probe, string){v.clock, v.privileges, v.rosters, v.guests} {
		if ctx.Err() == nil {
			check(ctx, p, host)
		}
	}
}

// server finds out what software it is; false: there is no such server.
func (v *visit) server(ctx context.Context, p *component.Probe, host string) bool {
	var version struct {
		Name    string `xml:"query>name"`
		Version string `xml:"query>version"`
	}
	var i info
	_ = v.ask(ctx, p, host, askVersion, &version) // it need not tell
	err := v.ask(ctx, p, host, askInfo, &i)
	name := version.Name
	for _, id := range i.Identities {
		if id.Category == "server" {
			name = cmp.Or(name, id.Name)
		}
	}
	v.on, v.archives = softwareOf(name), i.has(nsArchive)
	switch {
	case name != "":
		v.ok("server", "%s %s", clean(name), clean(version.Version))
	case err == nil:
		v.ok("server", "it does not say what it is")
	default:
		v.add("server", Wrong, host+" does not answer: "+plainAnswer(err), "agents.domains must be hosts of the server that component.address is of; their agents cannot be reached")
		return false
	}
	return true
}

// clean makes a server's own words fit into a line.
func clean(text string) string {
	text = strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7f {
			return ' '
		}
		return r
	}, text)
	return strings.TrimSpace(text[:min(len(text), 64)])
}

func plainAnswer(err error) string {
	var refused *component.Refused
	switch {
	case errors.As(err, &refused):
		return orElse(refused.Condition, "an error")
	case errors.Is(err, context.DeadlineExceeded):
		return fmt.Sprintf("silence for %v", stepTimeout)
	}
	return err.Error()
}

// How far clocks may be apart.
const (
	offALittle = 2 * time.Second
	offALot    = 5 * time.Minute
)

// clock compares the server's clock with ours (XEP-0202).
func (v *visit) clock(ctx context.Context, p *component.Probe, host string) {
	var answer struct {
		UTC string `xml:"time>utc"`
	}
	begun := time.Now()
	err := v.ask(ctx, p, host, askTime, &answer)
	took := time.Since(begun)
	theirs, parseErr := time.Parse(time.RFC3339, answer.UTC)
	if err != nil || parseErr != nil {
		v.add("clock", NotChecked, "the server does not tell its time; ours is "+begun.UTC().Format(time.RFC3339),
			v.on.advise(`"time" in modules_enabled`, "mod_time: {}"))
		return
	}
	// It is told in whole seconds, most often.
	off := max(begun.Sub(theirs.Add(time.Second)), theirs.Sub(begun.Add(took)), 0).Round(time.Second / 10)
	text := fmt.Sprintf("the server's is %v from ours", off)
	const fix = "let both machines take their time from the same source (NTP)"
	switch {
	case off > offALot:
		v.add("clock", Wrong, text+": messages will look older or newer than they are", fix)
	case off > offALittle:
		v.add("clock", Degraded, text, fix)
	default:
		v.ok("clock", "as the server's, to the second")
	}
}

// privileges looks at what is granted (XEP-0356).
func (v *visit) privileges(ctx context.Context, p *component.Probe, host string) {
	g, told := p.Grant(ctx, host)
	if !told || len(g.Perms) == 0 {
		v.add("privileges", Degraded, "none are granted (XEP-0356)", v.fixPrivilege(host))
		return
	}
	var has, missing []string
	for _, want := range []struct{ access, types string }{{"roster", "both"}, {"message", "outgoing"}, {"presence", "managed_entity roster"}} {
		granted := ""
		for _, perm := range g.Perms {
			if perm.Access == want.access {
				granted = perm.Type
			}
		}
		if slices.Contains(strings.Fields(want.types), granted) {
			has = append(has, want.access+" "+granted)
		} else {
			missing = append(missing, want.access)
		}
	}
	text := g.NS + ": " + orElse(strings.Join(has, ", "), "nothing of use")
	if len(missing) > 0 {
		v.add("privileges", Degraded, text+"; missing: "+strings.Join(missing, ", "), v.fixPrivilege(host))
		return
	}
	v.ok("privileges", "%s", text)
}

// guestNames are what hosts for people without accounts are usually called.
var guestNames = []string{"anon.", "anonymous.", "guest.", "guests."}

// guests looks for a host where people log in without an account: they could
// write to agents past the queues. Whether it is one, servers do not tell.
func (v *visit) guests(ctx context.Context, p *component.Probe, host string) {
	var items struct {
		Items []struct {
			JID string `xml:"jid,attr"`
		} `xml:"query>item"`
	}
	_ = v.ask(ctx, p, host, askItems, &items)
	var names []string
	for _, n := range guestNames {
		names = append(names, n+host)
	}
	for _, i := range items.Items[:min(len(items.Items), 20)] {
		if !strings.Contains(i.JID, "@") && i.JID != v.cfg.Component.Domain && !slices.Contains(v.cfg.Agents.Domains, i.JID) {
			names = append(names, i.JID)
		}
	}
	slices.Sort(names)
	names = slices.Compact(names)
	var wg sync.WaitGroup
	hosts := make([]bool, len(names))
	for n, name := range names {
		wg.Go(func() {
			var i info
			if v.ask(ctx, p, name, askInfo, &i) == nil {
				for _, id := range i.Identities {
					hosts[n] = hosts[n] || id.Category == "server"
				}
			}
		})
	}
	wg.Wait()
	var found []string
	for n, name := range names {
		if hosts[n] {
			found = append(found, name)
		}
	}
	text := "servers do not tell whether people without an account can write to agents past the queues"
	if len(found) > 0 {
		text = "there are also " + strings.Join(found, ", ") + "; " + text
	}
	v.add("guests", NotChecked, text, v.fixGuests())
}
