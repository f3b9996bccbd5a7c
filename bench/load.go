package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"
)

// load is how messages come: window of them under way at any time, or rate a
// second, evenly.
type load struct {
	window int
	rate   int
	most   int // messages at most; 0: as many as there is time for
}

func (l load) name() string {
	if l.rate > 0 {
		return fmt.Sprintf("r%d", l.rate)
	}
	return fmt.Sprintf("w%d", l.window)
}

func (l load) String() string {
	if l.rate > 0 {
		return fmt.Sprintf("%d messages a second", l.rate)
	}
	return fmt.Sprintf("%d under way", l.window)
}

// sample is one measurement of one contender.
type sample struct {
	messages int
	took     time.Duration
	cpu      time.Duration // of the contender's process
	p50, p99 time.Duration // from our write to our read
}

func (s sample) perMessage() float64 {
	return float64(s.cpu.Nanoseconds()) / 1000 / float64(max(s.messages, 1))
}

func (s sample) perSecond() float64 { return float64(s.messages) / s.took.Seconds() }

// errSilent: a message did not come back.
var errSilent = errors.New("no message came back for 20 s")

const (
	patience = 20 * time.Second
	longest  = 5 * time.Minute // that anything takes with a million conversations
)

// drive puts a load on a contender and measures it, warm-up left out.
func drive(ctx context.Context, r *racer, l load, length time.Duration) (sample, error) {
	if _, err := relay(ctx, r, l, length/4); err != nil {
		return sample{}, fmt.Errorf("%s: %w", r.name, err)
	}
	cpu, err := r.cpu()
	if err != nil {
		return sample{}, err
	}
	s, err := relay(ctx, r, l, length)
	if err != nil {
		return sample{}, fmt.Errorf("%s: %w", r.name, err)
	}
	after, err := r.cpu()
	s.cpu = after - cpu
	return s, err
}

// relay sends for length, waits until all has come back, and measures that.
func relay(ctx context.Context, r *racer, l load, length time.Duration) (sample, error) {
	began := time.Now()
	sent := make([]time.Time, 0, 1<<16)
	var delays []time.Duration
	idle := time.NewTimer(patience)
	defer idle.Stop()
	var tick <-chan time.Time
	if l.rate > 0 {
		t := time.NewTicker(time.Millisecond)
		defer t.Stop()
		tick = t.C
	}
	far := r.far
	first := far.count()
	for {
		elapsed := time.Since(began)
		over := elapsed >= length || l.most > 0 && len(sent) >= l.most
		for !over && due(l, len(sent), len(delays), elapsed) {
			sent = append(sent, time.Now())
			far.send()
			over = l.most > 0 && len(sent) >= l.most
		}
		if err := far.flush(); err != nil {
			return sample{}, err
		}
		if over && len(delays) == len(sent) {
			break
		}
		select {
		case n := <-far.relayed():
			now := time.Now()
			delays = append(delays, now.Sub(sent[n-first]))
			idle.Reset(patience)
		case <-tick:
		case <-idle.C:
			return sample{}, errSilent
		case <-far.ended():
			return sample{}, fmt.Errorf("the stream has ended: %w", far.why())
		case <-ctx.Done():
			return sample{}, ctx.Err()
		}
	}
	slices.Sort(delays)
	at := func(q float64) time.Duration { return delays[min(int(q*float64(len(delays))), len(delays)-1)] }
	return sample{messages: len(delays), took: time.Since(began), p50: at(0.5), p99: at(0.99)}, nil
}

// far is the other end of what is relayed: who sends messages, and who gets them.
type far interface {
	send()               // queues the next message
	flush() error        // writes what is queued
	count() int          // of messages sent so far
	relayed() <-chan int // messages that came, by number
	ended() <-chan struct{}
	why() error // once it has ended
}

// due reports whether another message is to be sent now.
func due(l load, sent, back int, elapsed time.Duration) bool {
	if l.rate > 0 {
		return float64(sent) <= elapsed.Seconds()*float64(l.rate)
	}
	return sent-back < l.window
}
