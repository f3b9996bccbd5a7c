package component

import (
	"context"
	"errors"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"

	"baton/desk"
	"baton/fault"
	"baton/handoff"
	"baton/stanza"
)

// Roster strategies: how contacts get into the agents' rosters.
const (
	RosterAuto      = "auto"         // the best the server allows, found out at every login
	RosterPrivilege = "privilege"    // XEP-0356
	RosterEjabberd  = "ejabberd-api" // ejabberd's mod_http_api
	RosterSubscribe = "subscribe"    // the agent is asked, by a subscription request
	RosterNone      = "none"         // not at all
)

// grantTimeout is how long after connecting a server may take to say what it
// grants.
const grantTimeout = 2 * time.Second

// strategy is one way of getting contacts into rosters; there is a file for
// each. The methods may block, until ctx ends at the latest; what they do may be
// done twice. They are never called twice at a time for one agent.
type strategy interface {
	name() string
	// put makes an item be in an agent's roster, as it is given.
	put(ctx context.Context, agent handoff.Party, item stanza.RosterItem) error
	// remove makes it be there no more.
	remove(ctx context.Context, agent handoff.Party, contact string) error
	// get returns an agent's roster; errNoRoster where that cannot be.
	get(ctx context.Context, agent handoff.Party) ([]stanza.RosterItem, error)
	// asks reports whether it is the agent who has to let a contact in.
	asks() bool
}

// eager is a strategy that can begin to put an item without waiting for
// anything. What is written to the same stream after it comes after it.
type eager interface {
	begin(agent handoff.Party, item stanza.RosterItem, done func(error))
}

// errNoRoster says that a strategy does not read rosters.
var errNoRoster = errors.New("rosters cannot be read")

// rosters finds out, at every login and for each server that agents live at,
// which strategy works, and carries out what is to be done to their rosters.
type rosters struct {
	c     *Component
	api   *ejabberdAPI                          // nil: none is configured
	trial func(handoff.Party) stanza.RosterItem // what it is tried with whether rosters can be changed

	mu    sync.Mutex
	link  context.Context // of the connection there is
	wg    *sync.WaitGroup // what goes on for it
	hosts map[string]*rosterHost
	tasks map[handoff.Party][]func(context.Context) // what waits for each agent's turn
	due   []handoff.Party                           // whose rosters are to be checked
	wake  chan struct{}

	checked map[handoff.Party]time.Time // when their rosters were last found or made right
	shut    map[binding]bool            // contacts that agents keep out
	said    map[binding]bool            // those of which they were told
	asked   map[binding]bool            // who was asked to let a contact in, over this connection
	failed  map[handoff.Party]bool      // whose rosters could not be looked after, as was said
}

// binding is a contact and the agent whose roster it is for.
type binding struct {
	agent handoff.Party
	local string
}

// rosterHost is a server that agents live at.
type rosterHost struct {
	name    string
	way     strategy      // nil: not chosen yet
	chosen  chan struct{} // closed when it is
	granted bool          // the server said what it grants
	grant   stanza.Privilege
	news    chan struct{} // it said so, or anew
}

func newRosters(c *Component) *rosters {
	r := &rosters{c: c, trial: c.deskItem, wake: make(chan struct{}, 1), tasks: map[handoff.Party][]func(context.Context){},
		checked: map[handoff.Party]time.Time{}, shut: map[binding]bool{}, said: map[binding]bool{}, asked: map[binding]bool{}, failed: map[handoff.Party]bool{}}
	if c.cfg.EjabberdAPI != "" {
		r.api = newEjabberdAPI(c.cfg.EjabberdAPI, c.cfg.HTTP)
	}
	return r
}

// begin looks after the rosters while one connection stands. end waits until
// nothing goes on any more.
func (r *rosters) begin(ctx context.Context) (end func()) {
	ctx, cancel := context.WithCancel(ctx)
	var wg sync.WaitGroup
	r.mu.Lock()
	r.link, r.wg, r.hosts = ctx, &wg, map[string]*rosterHost{}
	clear(r.asked)
	clear(r.checked)
	r.mu.Unlock()
	r.meet()
	wg.Go(func() { r.checks(ctx) })
	return func() {
		r.mu.Lock() // nothing begins while it ends
		cancel()
		r.mu.Unlock()
		wg.Wait()
		if r.api != nil {
			r.api.close()
		}
		r.mu.Lock()
		defer r.mu.Unlock()
		r.link, r.due = nil, nil
	}
}

// meet begins with the hosts of agents that are not known yet.
func (r *rosters) meet() {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, a := range r.c.desk.Directory().Agents {
		name := serverOf(string(a.JID))
		if r.link == nil || r.link.Err() != nil || r.hosts[name] != nil {
			continue
		}
		h := &rosterHost{name: name, chosen: make(chan struct{}), news: make(chan struct{}, 1)}
		r.hosts[name] = h
		if fixed := r.fixed(); fixed != nil {
			h.way = fixed
			close(h.chosen)
		}
		ctx := r.link
		r.wg.Go(func() { r.tend(ctx, h) })
	}
}

// Reconfigured makes the agents known that a new configuration brought.
func (c *Component) Reconfigured() {
	c.rosters.meet()
	c.rosters.mu.Lock()
	hosts := slices.Collect(maps.Values(c.rosters.hosts))
	c.rosters.mu.Unlock()
	for _, h := range hosts {
		if c.rosters.knownWay(h.name) != nil {
			c.rosters.checkHost(h)
		}
	}
}

// granted takes the server's advertisement; false if the message is none. Only
// a host that agents live at can grant anything.
func (r *rosters) granted(in incoming) bool {
	_, v2 := in.Child(stanza.NSPrivilege2, "privilege")
	_, v1 := in.Child(stanza.NSPrivilege1, "privilege")
	host := in.header.From
	if !v1 && !v2 || strings.ContainsAny(host, "@/") {
		return false
	}
	if !slices.ContainsFunc(r.c.desk.Directory().Agents, func(a desk.Agent) bool { return serverOf(string(a.JID)) == host }) {
		return true
	}
	var adv stanza.Privilege
	st, err := stanza.Parse(in.Raw)
	if err == nil {
		err = st.Decode(&adv)
	}
	if err != nil {
		r.c.log.Warn("the server's grant of privileges cannot be read", "host", host, "error", err)
		return true
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	h := r.hosts[host]
	if h == nil {
		return true
	}
	news := !h.granted || h.grant.NS != adv.NS || h.grant.MaySetRoster() != adv.MaySetRoster() || h.grant.MayGetRoster() != adv.MayGetRoster()
	h.grant, h.granted = adv, true
	if news {
		select {
		case h.news <- struct{}{}:
		default:
		}
	}
	return true
}

// knownWay returns the strategy chosen for a host; nil while none is.
func (r *rosters) knownWay(host string) strategy {
	r.mu.Lock()
	defer r.mu.Unlock()
	if h := r.hosts[host]; h != nil {
		return h.way
	}
	return nil
}

// way waits until the strategy for a host is chosen.
func (r *rosters) way(ctx context.Context, host string) (strategy, error) {
	r.mu.Lock()
	h := r.hosts[host]
	r.mu.Unlock()
	if h == nil { // an agent the configuration has no more
		return noRoster{}, nil
	}
	select {
	case <-h.chosen:
		return r.knownWay(host), nil
	case <-ctx.Done():
		return nil, desk.ErrDown
	}
}

// do carries out a task when it is the agent's turn; it does not wait. The
// task gets a context that ends with the connection.
func (r *rosters) do(agent handoff.Party, task func(context.Context, strategy) error, done func(error)) {
	run := func(ctx context.Context) {
		w, err := r.way(ctx, serverOf(string(agent)))
		if err == nil {
			err = task(ctx, w)
		}
		fault.Point("roster.arranged")
		if ctx.Err() != nil && err != nil {
			err = desk.ErrDown // whatever it was, it is tried again over the next connection
		}
		done(err)
	}
	if !r.queue(agent, run, false) {
		done(desk.ErrDown)
	}
}

// now is do for a put that can begin at once, if nothing else waits for the
// agent's turn: the contact should be there before what it says. False: it cannot.
func (r *rosters) now(agent handoff.Party, item stanza.RosterItem, done func(error)) bool {
	w, ok := r.knownWay(serverOf(string(agent))).(eager)
	if !ok {
		return false
	}
	answered := make(chan error, 1)
	if !r.queue(agent, func(ctx context.Context) {
		select {
		case err := <-answered:
			done(err)
		case <-ctx.Done():
			done(desk.ErrDown)
		}
	}, true) {
		return false
	}
	fault.Point("roster.bind.before")
	w.begin(agent, item, func(err error) { answered <- err })
	return true
}

// queue lets a task wait for the agent's turn; false without a connection, or
// if it must be first and is not.
func (r *rosters) queue(agent handoff.Party, task func(context.Context), first bool) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.link == nil || r.link.Err() != nil || first && len(r.tasks[agent]) > 0 {
		return false
	}
	r.tasks[agent] = append(r.tasks[agent], task)
	if len(r.tasks[agent]) == 1 {
		ctx := r.link
		r.wg.Go(func() { r.work(ctx, agent) })
	}
	return true
}

// work carries out what waits for an agent, one task after the other: they
// must not overtake each other on different ways to the server.
func (r *rosters) work(ctx context.Context, agent handoff.Party) {
	for {
		r.mu.Lock()
		task := r.tasks[agent][0]
		r.mu.Unlock()
		task(ctx)
		r.mu.Lock()
		r.tasks[agent] = r.tasks[agent][1:]
		last := len(r.tasks[agent]) == 0
		if last {
			delete(r.tasks, agent)
		}
		r.mu.Unlock()
		if last {
			return
		}
	}
}
