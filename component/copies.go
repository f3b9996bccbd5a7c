package component

import (
	"context"
	"errors"
	"sync"

	"baton/desk"
	"baton/handoff"
)

// copies takes from former holders what their own server archived of a
// conversation, and gives it to who has the session now where the server can do
// that. How, is found out once over a connection for each server that agents
// live at.
type copies struct {
	c *Component

	mu    sync.Mutex
	link  context.Context // of the connection there is
	wg    *sync.WaitGroup // what goes on for it
	hosts map[string]*copyHost
}

// copyHost is a server that agents live at.
type copyHost struct {
	found chan struct{} // closed when it is known
	way   archivist     // nil: there is none
}

// archivist is a way to the archives of a server's users. Its methods may block,
// until ctx ends at the latest; what they do may be done twice.
type archivist interface {
	name() string
	// removeCopy takes all messages with a contact out of an agent's archive.
	removeCopy(ctx context.Context, agent handoff.Party, contact string) error
}

// begin finds out what the servers allow, while one connection stands. end waits
// until nothing goes on any more.
func (x *copies) begin(ctx context.Context) (end func()) {
	ctx, cancel := context.WithCancel(ctx)
	var wg sync.WaitGroup
	x.mu.Lock()
	x.link, x.wg, x.hosts = ctx, &wg, map[string]*copyHost{}
	x.mu.Unlock()
	x.meet()
	return func() {
		x.mu.Lock() // nothing begins while it ends
		cancel()
		x.mu.Unlock()
		wg.Wait()
		x.mu.Lock()
		defer x.mu.Unlock()
		x.link = nil
	}
}

// meet begins with the hosts of agents that are not known yet, if the settings
// have copies taken.
func (x *copies) meet() {
	if x.c.desk.Policy().Copies == desk.CopiesStay {
		return
	}
	for _, a := range x.c.desk.Directory().Agents {
		x.host(serverOf(string(a.JID)))
	}
}

// host returns what is known of a server, and begins to find it out; nil
// without a connection.
func (x *copies) host(name string) *copyHost {
	x.mu.Lock()
	defer x.mu.Unlock()
	if x.link == nil || x.link.Err() != nil {
		return nil
	}
	h := x.hosts[name]
	if h == nil {
		h = &copyHost{found: make(chan struct{})}
		x.hosts[name] = h
		ctx := x.link
		x.wg.Go(func() {
			h.way = x.find(ctx, name)
			close(h.found)
		})
	}
	return h
}

// surrender takes a former holder's copy, away from the outbox.
func (c *Component) surrender(j job, e handoff.Surrender) {
	x := &c.copies
	x.mu.Lock()
	defer x.mu.Unlock()
	if x.link == nil || x.link.Err() != nil {
		j.done(desk.ErrDown)
		return
	}
	ctx := x.link
	x.wg.Go(func() {
		err := x.take(ctx, j.conv.Local, e)
		if err != nil && ctx.Err() != nil {
			err = desk.ErrDown // whatever it was, it is tried again over the next connection
		}
		j.done(err)
	})
}

// take takes one copy, unless its owner takes part in the conversation by now.
func (x *copies) take(ctx context.Context, local string, e handoff.Surrender) error {
	policy := x.c.desk.Policy()
	if policy.Copies == desk.CopiesStay {
		return nil
	}
	h := x.host(serverOf(string(e.To)))
	if h == nil {
		return desk.ErrDown
	}
	select {
	case <-h.found:
	case <-ctx.Done():
		return desk.ErrDown
	}
	conv, theirs, err := x.theirs(ctx, local, e.To)
	if err != nil || theirs || h.way == nil {
		return err
	}
	m, moves := h.way.(archiveModule)
	if heir := heirOf(conv, e); moves && policy.Copies == desk.CopiesMove && heir != "" &&
		serverOf(string(heir)) == serverOf(string(e.To)) {
		if err := m.move(ctx, conv, e.To, heir); err != nil {
			return err
		}
		if _, theirs, err = x.theirs(ctx, local, e.To); err != nil || theirs { // it took its time
			return err
		}
	}
	return h.way.removeCopy(ctx, e.To, x.c.address(local))
}

// theirs returns a conversation as it is now, and whether somebody may keep
// their copy of it: they take part in it, or it was erased.
func (x *copies) theirs(ctx context.Context, local string, owner handoff.Party) (desk.Conversation, bool, error) {
	conv, err := x.c.desk.Conversation(ctx, local)
	if errors.Is(err, desk.ErrNotFound) {
		return conv, true, nil
	}
	return conv, conv.Has(owner), err
}

// heirOf returns who gets a copy: who holds the session now, or did last.
// Nobody, where that was somebody whose own copy is to be taken as well.
func heirOf(conv desk.Conversation, e handoff.Surrender) handoff.Party {
	switch {
	case conv.Holder != "":
		return conv.Holder
	case conv.Epoch == e.Epoch:
		return e.Heir
	}
	return ""
}
