package main

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"
)

// How often things are measured at each size; the median counts, of starts the
// least: whatever else the machine does makes them slower only.
const (
	starts     = 3
	relays     = 7
	relayed    = 1500 // messages of each
	pages      = 60
	handedOver = 2 // times each session goes to and fro
)

// point makes the store so large and measures everything.
func (p *plot) point(ctx context.Context, show *page, floor *racer, by string, size int) (point, error) {
	db, err := p.openDatabase(ctx)
	if err != nil {
		return point{}, err
	}
	bare, err := db.grow(ctx, by, size, func(done int) { show.progress("%d of %d %s made", done, size, by) })
	if err != nil {
		return point{}, err
	}
	out := point{By: by, Size: size, Figures: map[string]float64{}}
	r, took, err := p.restart(ctx, show)
	if r != nil {
		defer func() { p.next = r.peer.next; r.stop() }()
	}
	if err != nil {
		return point{}, err
	}
	out.Figures["start"] = milliseconds(took)
	out.Figures["select"] = float64(took) / float64(bare)
	if by == byConversations {
		f, ok := r.figures()
		if !ok {
			return point{}, errMute
		}
		out.Figures["memory"] = (float64(f.Heap) - float64(p.empty)) / float64(size-len(p.contacts))
	}
	if err := arrive(r.peer); err != nil {
		return point{}, err
	}
	if err := settle(ctx, r); err != nil {
		return point{}, err
	}
	for _, part := range []func(context.Context, *racer, map[string]float64) error{p.measurePages, p.measureTransfers} {
		if err := part(ctx, r, out.Figures); err != nil {
			return point{}, err
		}
	}
	return out, measureRelay(ctx, floor, r, out.Figures)
}

// restart starts the program some times and returns it with the least that it took
// until it answered.
func (p *plot) restart(ctx context.Context, show *page) (*racer, time.Duration, error) {
	var all []time.Duration
	for {
		show.progress("start %d of %d", len(all)+1, starts)
		r, took, err := p.start(ctx)
		if all = append(all, took); err != nil || len(all) == starts {
			return r, slices.Min(all), err
		}
		r.stop()
	}
}

// start starts the program and waits until it answers a ping.
func (p *plot) start(ctx context.Context) (*racer, time.Duration, error) {
	began := time.Now()
	r, err := enter(ctx, p.dir, "Baton", p.command)
	if err != nil {
		return r, 0, err
	}
	r.contacts, r.peer.next = p.contacts, p.next
	defer r.peer.listen()()
	id, err := r.peer.ask(agent, "desk@"+domain, "get", "<ping xmlns='urn:xmpp:ping'/>")
	if err != nil {
		return r, 0, err
	}
	h, err := r.peer.result(ctx, id)
	return r, h.at.Sub(began), err
}

// settle waits until the program has nothing to do.
func settle(ctx context.Context, r *racer) error {
	const look = 300 * time.Millisecond
	before, err := r.cpu()
	for late := time.Now().Add(2 * time.Minute); err == nil; {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(look):
		}
		var now time.Duration
		if now, err = r.cpu(); now-before < look/50 {
			return err
		}
		if before = now; time.Now().After(late) {
			return fmt.Errorf("%s is busy, and nobody asks for anything", r.name)
		}
	}
	return err
}

// deep is the contact of the conversation that most lines are in.
func (r *racer) deep() string {
	for contact := range r.contacts {
		if strings.HasPrefix(contact, localOf(0)+".") {
			return contact
		}
	}
	return ""
}

// localOf is how the address of a caller's conversation begins.
func localOf(i int) string { return strings.TrimSuffix(caller(i), "@bench.example") }

// measurePages reads the newest 50 lines of the longest conversation.
func (p *plot) measurePages(ctx context.Context, r *racer, into map[string]float64) error {
	defer r.peer.listen()()
	var all []time.Duration
	var before time.Duration
	for i := range pages + pages/6 {
		if i == pages/6 { // the first are to warm up
			all = nil
			before, _ = r.cpu()
		}
		began := time.Now()
		id, err := r.peer.ask(agent, r.deep(), "set", "<query xmlns='urn:xmpp:mam:2'><set xmlns='http://jabber.org/protocol/rsm'>"+
			"<max>50</max><before/></set></query>")
		if err != nil {
			return err
		}
		got := 0
		h, err := r.peer.wait(ctx, "a page", func(h heard) bool {
			if _, ok := h.Child("urn:xmpp:mam:2", "result"); ok {
				got++
			}
			return answers(h, id)
		})
		if err == nil && got != 50 {
			err = fmt.Errorf("a page has %d lines: %s", got, h.Raw)
		}
		if err != nil {
			return err
		}
		all = append(all, h.at.Sub(began))
	}
	after, err := r.cpu()
	into["page"] = milliseconds(median(all))
	into["page µs"] = float64((after - before).Microseconds()) / float64(len(all))
	return err
}

// measureTransfers hands the sessions that are there for it to and fro.
func (p *plot) measureTransfers(ctx context.Context, r *racer, into map[string]float64) error {
	before, err := r.cpu()
	if err != nil {
		return err
	}
	var all []time.Duration
	for range handedOver {
		took, err := toAndFro(ctx, r)
		if err != nil {
			return err
		}
		all = append(all, took...)
	}
	after, err := r.cpu()
	into["accept"] = milliseconds(median(all))
	into["transfer µs"] = float64((after - before).Microseconds()) / float64(len(all))
	return err
}

// measureRelay relays in turn with the floor; the ratio is of the same moment.
func measureRelay(ctx context.Context, floor, r *racer, into map[string]float64) error {
	var ratios, own []float64
	for i := range relays + 1 {
		least, err := drive(ctx, floor, load{window: 64, most: relayed}, time.Minute)
		if err != nil {
			return err
		}
		s, err := drive(ctx, r, load{window: 64, most: relayed}, time.Minute)
		if err != nil {
			return err
		}
		if i > 0 { // warm
			ratios, own = append(ratios, s.perMessage()/least.perMessage()), append(own, s.perMessage())
		}
	}
	into["relay"], into["relay µs"] = spreadOf(ratios).Median, spreadOf(own).Median
	return nil
}

// progress says what goes on, on a line of its own that the next one replaces.
func (p *page) progress(format string, args ...any) {
	fmt.Fprintf(p.w, "\r\x1b[K  "+format, args...)
}

// point prints what was measured at one size.
func (p *page) point(pt point) {
	fmt.Fprintf(p.w, "\r\x1b[K%10d %-18s", pt.Size, pt.By)
	names := make([]string, 0, len(pt.Figures))
	for name := range pt.Figures {
		names = append(names, name)
	}
	slices.Sort(names)
	for _, name := range names {
		fmt.Fprintf(p.w, "  %s %s", name, short(pt.Figures[name]))
	}
	fmt.Fprintln(p.w)
}
