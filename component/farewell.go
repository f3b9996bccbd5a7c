package component

import (
	"context"
	"errors"
	"sync"
	"time"

	"baton/component/wire"
)

// maxFarewells bounds how often the component connects again to answer what came
// too late: while people talk, something comes over each of these links too.
const maxFarewells = 3

// owed is what whoever sent something has yet to hear when the component closes.
//
// The server hands stanzas over until it has read our end of stream, behind which
// nothing can be said. What was committed of them needs no answer; what was refused
// would be gone without a word. Such answers go over another link.
type owed struct {
	mu      sync.Mutex
	open    int           // requests the desk has not answered
	none    chan struct{} // closed when open gets 0; nil: nobody waits
	closing bool
	late    []byte // answers that no link took
}

// asked counts a request, and returns what to call when it was answered.
func (o *owed) asked() (answered func()) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.open++
	return func() {
		o.mu.Lock()
		defer o.mu.Unlock()
		if o.open--; o.open == 0 && o.none != nil {
			close(o.none)
			o.none = nil
		}
	}
}

// close has answers kept from now on that no link takes.
func (o *owed) close() {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.closing = true
}

// keep takes an answer that no link took.
func (o *owed) keep(b []byte) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.closing && len(o.late)+len(b) <= maxAhead {
		o.late = append(o.late, b...)
	}
}

// wait returns when the desk has answered everything: it answers to the end.
func (o *owed) wait() {
	o.mu.Lock()
	if o.open == 0 {
		o.mu.Unlock()
		return
	}
	none := make(chan struct{})
	o.none = none
	o.mu.Unlock()
	<-none
}

func (o *owed) take() []byte {
	o.mu.Lock()
	defer o.mu.Unlock()
	late := o.late
	o.late = nil
	return late
}

// answer writes what somebody is told about what they sent.
func (c *Component) answer(b []byte) {
	if !c.write(b) {
		c.owed.keep(b)
	}
}

// farewell answers what came too late for the link that was closed.
func (c *Component) farewell() {
	c.owed.wait()
	for range maxFarewells {
		late := c.owed.take()
		if len(late) == 0 {
			return
		}
		if err := c.sayLate(late); err != nil {
			c.log.Warn("some could not be told that what they sent was refused: it came while the link was being closed", "error", err)
			return
		}
		c.owed.wait()
	}
	if late := c.owed.take(); len(late) > 0 {
		c.log.Warn("some could not be told that what they sent was refused: it came while the link was being closed", "bytes", len(late))
	}
}

// sayLate connects to say that alone. What comes meanwhile is taken.
func (c *Component) sayLate(late []byte) error {
	ctx, cancel := context.WithTimeout(context.Background(), closeTimeout)
	defer cancel()
	conn, err := c.cfg.Dial(ctx)
	if err != nil {
		return err
	}
	l, err := negotiate(ctx, conn, c.cfg.Domain, c.cfg.Secret, wire.Limits{Stanza: c.cfg.MaxStanza})
	if err != nil {
		return err
	}
	l.write(late)
	l.close()
	var wg sync.WaitGroup
	wg.Go(l.writer)
	l.conn.SetReadDeadline(time.Now().Add(closeTimeout))
	err = l.reader(func(st wire.Stanza, err error) { c.receive(context.Background(), st, err) })
	l.conn.Close()
	wg.Wait()
	if errors.Is(err, wire.ErrClosed) {
		return nil
	}
	return err
}
