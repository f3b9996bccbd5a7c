package main

import (
	"bytes"
	"context"
	"database/sql"
	"fmt"
	"path/filepath"
	"slices"
	"time"

	_ "modernc.org/sqlite" // the commit that transfers are compared with

	"baton/component/wire"
)

const nsHandoff = "urn:xmpp:handoff:0"

// handOver has a session transferred and returns how long it took from the accept
// to the first message that its new agent got from the contact.
func handOver(ctx context.Context, p *peer, contact, from, to string) (time.Duration, error) {
	defer p.listen()()
	id, err := p.ask(from, contact, "set", fmt.Sprintf("<transfer xmlns='%s'><target jid='%s'/></transfer>", nsHandoff, to))
	if err != nil {
		return 0, err
	}
	res, err := p.result(ctx, id)
	if err != nil {
		return 0, fmt.Errorf("transferring: %w", err)
	}
	offered, ok := res.Child(nsHandoff, "transfer")
	if !ok {
		return 0, fmt.Errorf("no transfer in %s", res.Raw)
	}
	_, err = p.wait(ctx, "the offer", func(h heard) bool { return isText(h, "desk@"+domain, to) })
	if err != nil {
		return 0, err
	}
	transfer, _ := offered.Attr("id")
	began := time.Now()
	if id, err = p.ask(to, contact, "set", fmt.Sprintf("<accept xmlns='%s' id='%s'/>", nsHandoff, transfer)); err != nil {
		return 0, err
	}
	var first, answered time.Time // in either order
	_, err = p.wait(ctx, "the first message", func(h heard) bool {
		switch {
		case answers(h, id):
			answered = h.at
			if string(h.Type) != "result" {
				err = fmt.Errorf("refused: %s", h.Raw)
			}
		case first.IsZero() && isText(h, contact, to):
			first = h.at
		}
		return err != nil || !first.IsZero() && !answered.IsZero()
	})
	return first.Sub(began), err
}

func isText(h heard, from, to string) bool {
	_, ok := h.Child(wire.NSComponent, "body")
	return ok && string(h.Local) == "message" && bare(string(h.From)) == from && bare(string(h.To)) == to
}

// toAndFro hands each session to the second agent and back, and returns all times.
func toAndFro(ctx context.Context, r *racer) ([]time.Duration, error) {
	there, err := handAll(ctx, r, agent, second)
	if err != nil {
		return nil, err
	}
	back, err := handAll(ctx, r, second, agent)
	return append(there, back...), err
}

// handAll hands each session from one agent to the other.
func handAll(ctx context.Context, r *racer, from, to string) ([]time.Duration, error) {
	var all []time.Duration
	for _, contact := range r.handed() {
		took, err := handOver(ctx, r.peer, contact, from, to)
		if err != nil {
			return nil, fmt.Errorf("%s: a transfer of %s: %w", r.name, contact, err)
		}
		all = append(all, took)
	}
	return all, nil
}

// handovers is what transfers took, in rounds with what they are compared with.
type handovers struct {
	accept       []time.Duration // all of them
	rounds       []handoverRound
	trip, commit time.Duration // medians of the rounds' medians
	over         spread        // ms that the median accept took beyond a round trip and a commit, by round
	ratio        spread
	p50, p99     time.Duration
}

type handoverRound struct{ accept, trip, commit time.Duration } // medians

// measureTransfers plays rounds: the round trip of a message through the floor,
// one commit of one row to the same disk, transfers.
func measureTransfers(ctx context.Context, dir string, racers []*racer, rounds int) (*handovers, error) {
	floor, own := racers[0], racers[slices.IndexFunc(racers, func(r *racer) bool { return r.name == "Baton" })]
	commit, stop, err := commits(dir)
	if err != nil {
		return nil, err
	}
	defer stop()
	out := &handovers{}
	from, to := agent, second
	for range 4 * rounds { // short ones: what is compared is to be of the same moment
		s, err := relay(ctx, floor, load{window: 1}, 100*time.Millisecond)
		if err != nil {
			return nil, err
		}
		wrote, err := commit(30)
		if err != nil {
			return nil, err
		}
		took, err := handAll(ctx, own, from, to)
		from, to = to, from
		if err != nil {
			return nil, err
		}
		out.accept = append(out.accept, took...)
		out.rounds = append(out.rounds, handoverRound{median(took), s.p50, wrote})
	}
	out.sum()
	return out, nil
}

func (h *handovers) sum() {
	slices.Sort(h.accept)
	h.p50, h.p99 = median(h.accept), h.accept[len(h.accept)*99/100]
	var trips, commits []time.Duration
	var over, ratio []float64
	for _, r := range h.rounds {
		trips, commits = append(trips, r.trip), append(commits, r.commit)
		over = append(over, milliseconds(r.accept-r.trip-r.commit))
		ratio = append(ratio, float64(r.accept)/float64(r.trip+r.commit))
	}
	h.trip, h.commit, h.over, h.ratio = median(trips), median(commits), spreadOf(over), spreadOf(ratio)
}

// commits makes a database as durable as Baton's and returns what puts rows of a
// message's size into it, one a transaction, and says what the median took.
func commits(dir string) (run func(n int) (time.Duration, error), stop func() error, err error) {
	db, err := sql.Open("sqlite", "file:"+filepath.Join(dir, "commit.db")+
		"?_pragma=journal_mode(wal)&_pragma=synchronous(full)&_pragma=mmap_size(0)")
	if err != nil {
		return nil, nil, err
	}
	db.SetMaxOpenConns(1)
	if _, err := db.Exec("CREATE TABLE said (id INTEGER PRIMARY KEY, text BLOB NOT NULL)"); err != nil {
		return nil, nil, err
	}
	insert, err := db.Prepare("INSERT INTO said (text) VALUES (?)")
	if err != nil {
		return nil, nil, err
	}
	row := bytes.Repeat([]byte("x"), 670)
	return func(n int) (time.Duration, error) {
		var all []time.Duration
		for range n {
			began := time.Now()
			if _, err := insert.Exec(row); err != nil {
				return 0, err
			}
			all = append(all, time.Since(began))
		}
		return median(all), nil
	}, db.Close, nil
}

func median(d []time.Duration) time.Duration {
	return slices.Sorted(slices.Values(d))[len(d)/2]
}

func milliseconds(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 }
