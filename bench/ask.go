package main

import (
	"context"
	"fmt"
	"strconv"
	"time"
)

// ask sends a request in somebody's name.
func (p *peer) ask(from, to, kind, payload string) (id string, err error) {
	p.asks++
	id = "q" + strconv.Itoa(p.asks)
	p.write(fmt.Appendf(nil, "<iq type='%s' from='%s/bench' to='%s' id='%s'>%s</iq>", kind, from, to, id, payload))
	return id, p.flush()
}

// listen lets wait hear what comes from now on, until the function it returns is
// called.
func (p *peer) listen() (stop func()) {
	for len(p.heard) > 0 {
		<-p.heard
	}
	p.taken.Store(true)
	return func() { p.taken.Store(false) }
}

// wait returns the next stanza that is the one.
func (p *peer) wait(ctx context.Context, what string, is func(heard) bool) (heard, error) {
	late := time.NewTimer(longest)
	defer late.Stop()
	for {
		select {
		case h := <-p.heard:
			if is(h) {
				return h, nil
			}
		case <-late.C:
			return heard{}, fmt.Errorf("waited %v in vain for %s", longest, what)
		case <-p.lost:
			return heard{}, fmt.Errorf("it closed its stream: %w", p.err)
		case <-ctx.Done():
			return heard{}, ctx.Err()
		}
	}
}

// result waits for the answer to a request, which must be a result.
func (p *peer) result(ctx context.Context, id string) (heard, error) {
	h, err := p.wait(ctx, "an answer", func(h heard) bool { return answers(h, id) })
	if err == nil && string(h.Type) != "result" {
		err = fmt.Errorf("refused: %s", h.Raw)
	}
	return h, err
}

func answers(h heard, id string) bool {
	return string(h.Local) == "iq" && string(h.ID) == id && string(h.Type) != "get" && string(h.Type) != "set"
}
