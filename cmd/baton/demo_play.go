package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"baton/integration/client"
)

// play is the story being played, and what came of it.
type play struct {
	*stage
	screen *screen
	live   bool

	began   time.Time
	step    string
	number  int    // of the scene
	lines   []line // what was written, in order
	entries []entry
	fresh   []entry // of this step, not shown yet
	contact string  // the conversation's address, once an agent has it
}

// line is something one of the cast wrote.
type line struct {
	by   *person
	id   string
	text string
	kind lineKind
	at   time.Time
}

type lineKind uint8

const (
	dialog  lineKind = iota // belongs to the dialog
	command                 // is for Baton
	tooLate                 // must be refused
)

// scene is one step of the story: people do something, and what must come of it
// is awaited at the clients it must come to.
type scene struct {
	title string
	play  func(context.Context) error
}

// story plays all scenes. The first thing that does not happen ends it.
func (p *play) story(ctx context.Context) error {
	p.began = time.Now()
	for _, c := range p.cast {
		for _, item := range c.Roster() {
			p.fresh = append(p.fresh, contactEntry(c, time.Now(), item))
		}
		c.shown = c.Mark()
	}
	p.screen.cast(p.cast)
	p.screen.show(p.take())
	return p.perform(ctx, p.scenes())
}

// perform plays scenes, the numbers going on from those before.
func (p *play) perform(ctx context.Context, scenes []scene) error {
	for _, s := range scenes {
		p.step = s.title
		p.number++
		p.screen.scene(p.number, s.title, time.Since(p.began))
		if err := s.play(ctx); err != nil {
			p.collect()
			p.screen.show(p.take())
			return fmt.Errorf("“%s” did not come about: %w", s.title, err)
		}
		p.collect()
		p.screen.show(p.take())
	}
	return nil
}

// collect takes into the transcript what the clients received since last time.
func (p *play) collect() {
	for _, c := range p.cast {
		if c.number != "" {
			p.fresh = append(p.fresh, p.texted(c)...)
			continue
		}
		events := c.Since(c.shown)
		c.shown += client.Mark(len(events))
		for _, e := range events {
			if entry, ok := p.received(c, e); ok {
				p.fresh = append(p.fresh, entry)
			}
		}
	}
}

// take returns what is new in the transcript, in the order in which it happened.
func (p *play) take() []entry {
	fresh := p.fresh
	slices.SortStableFunc(fresh, func(a, b entry) int { return a.At.Compare(b.At) })
	for i := range fresh {
		fresh[i].Scene = p.step
	}
	p.entries = append(p.entries, fresh...)
	p.fresh = nil
	return fresh
}

// writes has somebody write something, after as long as it takes people.
func (p *play) writes(ctx context.Context, who *person, to, text string, kind lineKind) error {
	if p.live {
		select {
		case <-time.After(400*time.Millisecond + time.Duration(min(len(text), 60))*18*time.Millisecond):
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	}
	if err := ctx.Err(); err != nil {
		return context.Cause(ctx)
	}
	at, id := time.Now(), ""
	if who.number != "" {
		p.centre.Write(who.number, to, text)
	} else {
		var err error
		if id, err = who.Send(to, text); err != nil {
			return fmt.Errorf("%s cannot send: %w", who.name, err)
		}
	}
	p.lines = append(p.lines, line{by: who, id: id, text: text, kind: kind, at: at})
	p.fresh = append(p.fresh, entry{At: at, Who: who.id, Kind: wrote, Chat: who.chatName(to), Author: who.id, Text: text})
	return nil
}

// expectation is something that must come to somebody's client.
type expectation struct {
	who   *person
	what  string
	match func(client.Event) bool
}

// await waits for all of it, in whatever order it comes, since the transcript
// was last brought up to date.
func (p *play) await(ctx context.Context, all ...expectation) error {
	var errs []error
	for _, x := range all {
		if _, err := x.who.ExpectSince(ctx, x.who.shown, x.what, x.match); err != nil {
			return errors.Join(append(errs, err)...)
		}
	}
	return nil
}
