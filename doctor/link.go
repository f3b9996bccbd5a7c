package doctor

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/dustin/go-humanize"

	"baton/component"
)

func (v *visit) probe() component.ProbeConfig {
	c := component.ProbeConfig{Domain: v.cfg.Component.Domain, Address: v.cfg.Component.Address.String(),
		Secret: v.cfg.Component.Secret.Reveal(), Dial: v.o.Dial,
		Roster: string(v.cfg.Roster.Strategy), EjabberdAPI: v.cfg.Roster.EjabberdAPI, HTTP: v.o.API}
	for _, a := range v.cfg.Agents.List {
		c.Agents = append(c.Agents, a.JID.Bare().String())
	}
	return c
}

// needLink is what cannot be looked at without a connection.
const needLink = "server, clock, privileges, rosters, accounts, archive, guests, second login, large stanzas"

// login connects as the service does; nil: that failed, and was told.
func (v *visit) login(ctx context.Context) *component.Probe {
	ctx, cancel := step(ctx)
	defer cancel()
	p, err := component.Login(ctx, v.probe())
	if err != nil {
		text, fix := v.refusal(err)
		v.add("login", Wrong, text, fix)
		v.add("the rest", NotChecked, needLink+": these need the link", "mend the login, then run doctor again")
		return nil
	}
	c := v.cfg.Component
	text := fmt.Sprintf("%s, as %s", c.Address, c.Domain)
	switch {
	case c.TLS != nil:
		v.ok("login", "%s, by TLS", text)
	case !c.Address.Local():
		v.add("login", Degraded, text+", in the clear, secret and all", "component.tls, with TLS at the server. "+
			v.on.advise("mod_net_multiplex with ssl_ports", "tls: true for the listener with module: ejabberd_service"))
	default:
		v.ok("login", "%s, within this machine", text)
	}
	return p
}

// refusal says why a login failed and what to change.
func (v *visit) refusal(err error) (text, fix string) {
	c := v.cfg.Component
	var cert *tls.CertificateVerificationError
	switch {
	case errors.As(err, &cert):
		return fmt.Sprintf("the certificate at %s is not trusted: %v", c.Address, cert.Err), "component.tls.ca_file (who signed it) or component.tls.server_name (whose it is)"
	case errors.Is(err, component.ErrUnreachable):
		return fmt.Sprintf("the server cannot be reached at %s: %s", c.Address, cause(err)), v.fixAddress()
	case errors.Is(err, component.ErrSecret):
		return "the server refused the login as " + c.Domain + ": the secret is not ours, or (ejabberd) the domain is not there", v.fixSecret()
	case errors.Is(err, component.ErrDomain):
		return "the server knows no component " + c.Domain, v.fixDomain()
	case errors.Is(err, component.ErrConflict):
		return "another program is connected as " + c.Domain + ": it was left alone",
			"stop it, then run doctor again; if none should be there, one hangs: " + v.fixKickNew() + " lets the next one take over"
	}
	return fmt.Sprintf("what answers at %s is no server for components: %s", c.Address, cause(err)), "component.address must be the port for components. " +
		v.on.advise("component_ports", "the listener with module: ejabberd_service")
}

// cause is the innermost error's text: the outer ones repeat where.
func cause(err error) string {
	if errors.Is(err, context.DeadlineExceeded) {
		return fmt.Sprintf("no answer within %v", stepTimeout)
	}
	for {
		switch next := err.(type) {
		case interface{ Unwrap() error }:
			if next.Unwrap() == nil {
				return err.Error()
			}
			err = next.Unwrap()
		case interface{ Unwrap() []error }:
			err = next.Unwrap()[len(next.Unwrap())-1]
		default:
			return err.Error()
		}
	}
}

// Of the pings to ourselves.
const (
	pings     = 20
	pingLimit = time.Second
	slow      = 30 * time.Millisecond // on one machine: Nagle's algorithm and delayed acknowledgements take 40
)

// alone finds out whether what is sent to us comes to us, and how fast; false:
// nothing more should be tried.
func (v *visit) alone(ctx context.Context, p *component.Probe) bool {
	var took []time.Duration
	astray, proof := 0, false
	for len(took)+astray < pings && astray < 4 && !proof && ctx.Err() == nil {
		one, cancel := context.WithTimeout(ctx, pingLimit)
		d, ours, err := p.Echo(one, 0)
		cancel()
		if err == nil && ours {
			took = append(took, d)
		} else {
			astray++
			proof = err == nil // another answered: we leave, not to disturb it
		}
	}
	domain := v.cfg.Component.Domain
	switch {
	case ctx.Err() != nil:
		return false
	case len(took) == 0 && !proof:
		v.add("round trip", Wrong, "nothing that is sent to "+domain+" comes back", "see the server's log. "+
			v.on.advise("is there a second host of that name?", "is "+domain+" also one of its hosts?"))
		return false
	case proof || astray > 1:
		v.add("one connection", Wrong, fmt.Sprintf("another program is connected as %s: of %d stanzas %d went to it", domain, len(took)+astray, astray),
			"stop it: the server gives each stanza to one of them at random. The rest was not checked")
		return false
	}
	slices.Sort(took)
	median := took[len(took)/2]
	text := fmt.Sprintf("%s, median of %d", median.Round(10*time.Microsecond), len(took))
	if median > slow && v.cfg.Component.Address.Local() {
		v.add("round trip", Degraded, text+": slow for one machine, as with Nagle's algorithm", v.fixNagle())
	} else {
		v.ok("round trip", "%s", text)
	}
	return true
}

// takeover is how long a server may take to end a connection for a newcomer's
// sake.
const takeover = time.Second

// second logs in once more, and returns the connection that stands.
func (v *visit) second(ctx context.Context, p *component.Probe) *component.Probe {
	ctx, cancel := step(ctx)
	defer cancel()
	q, err := component.Login(ctx, v.probe())
	switch {
	case errors.Is(err, component.ErrConflict):
		v.add("second login", Degraded, "refused while the first stands (conflict = kick_new): a Baton that hangs keeps its successor out", v.fixKickNew())
		return p
	case err != nil:
		v.add("second login", NotChecked, "it failed: "+cause(err), "")
		return p
	}
	select {
	case <-p.Gone():
		v.ok("second login", "a newcomer takes over from a Baton that hangs (kick_old)")
		p.Close()
		return q
	case <-time.After(takeover):
	case <-ctx.Done():
	}
	v.ok("second login", "the server takes any number, and gives each stanza to one of them at random: run one Baton for %s", v.cfg.Component.Domain)
	q.Close()
	return p
}

// large sends ourselves stanzas as large as they get.
func (v *visit) large(ctx context.Context, p *component.Probe) {
	sizes := []int{int(v.cfg.Limits.Stanza)}
	if sizes[0] < largest {
		sizes = append(sizes, largest)
	}
	var fine []string
	for _, size := range sizes {
		one, cancel := step(ctx)
		_, _, err := p.Echo(one, size)
		cancel()
		name := humanize.IBytes(uint64(size))
		if err == nil {
			fine = append(fine, name)
			continue
		}
		status, what := Wrong, "is limits.stanza"
		if size != sizes[0] {
			status, what = Degraded, "a long dialog that is handed over may take"
		}
		text := fmt.Sprintf("a stanza of %s, which %s, does not come back", name, what)
		if reason := p.Broken(); reason != "" {
			text += " (" + reason + ")"
		}
		v.add("large stanzas", status, text, v.fixSize())
		return
	}
	v.ok("large stanzas", "%s come through", strings.Join(fine, " and "))
}

// largest is about what the service sends at most, in bytes.
const largest = 200 << 10
