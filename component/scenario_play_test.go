package component_test

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing/synctest"
	"time"
)

// play plays a scenario to its end.
func (w *world) play(steps []step) (err error) {
	defer func() {
		if w.halt != nil {
			err = errors.Join(err, w.halt())
		}
	}()
	for _, s := range steps {
		if err := w.step(s); err != nil {
			return fmt.Errorf("%s: %s: %w", s.where(), s.word, err)
		}
	}
	synctest.Wait()
	if err := w.none(); err != nil {
		return fmt.Errorf("at the end: %w", err)
	}
	if err := w.end(); err != nil {
		return fmt.Errorf("closing: %w", err)
	}
	return nil
}

// step plays one step. What came out before must have been expected before
// anything new happens.
func (w *world) step(s step) error {
	switch s.word {
	case "config":
		return w.office.read(s.text)
	case "server":
		w.server.set(func() { w.server.mode = s.text })
		return nil
	case "auto":
		w.server.set(func() { w.server.auto = strings.Fields(s.text) })
		return nil
	case "api":
		mode, unknown, _ := strings.Cut(s.text, " ")
		w.server.set(func() { w.server.api, w.server.unknown = mode, strings.Fields(unknown) })
		return nil
	case "roster":
		return w.edit(strings.Fields(s.text))
	case "native":
		w.server.set(func() { w.server.native = append(w.server.native, strings.Fields(s.text)...) })
		return nil
	}
	if w.halt == nil {
		if err := w.start(); err != nil {
			return err
		}
	}
	synctest.Wait()
	if err := w.server.complaint(); err != nil {
		return err
	}
	switch s.word {
	case "out":
		return w.out(s)
	case "out?":
		w.out(s) // it may come
		return nil
	case "{":
		return w.block(s.any)
	case "bytes":
		return w.bytes(s.text)
	}
	if err := w.none(); err != nil {
		return err
	}
	return w.act(s)
}

// act plays what is not about what comes out.
func (w *world) act(s step) error {
	switch s.word {
	case "none":
		return nil // checked already
	case "in":
		raw, err := w.names.fill(s.text)
		if err != nil {
			return err
		}
		return w.server.send(raw)
	case "tick":
		d, err := time.ParseDuration(s.text)
		time.Sleep(d)
		return err
	case "drop":
		return w.server.drop()
	case "restart":
		down, err := time.ParseDuration(cmp.Or(s.text, "0s"))
		return errors.Join(err, w.kill(down))
	case "reread":
		return w.reread(s.text)
	case "connected":
		if up, why := w.component.Connected(); !up {
			return fmt.Errorf("it is not: %s", why)
		}
		return nil
	case "unconnected":
		up, why := w.component.Connected()
		if up {
			return errors.New("it is connected")
		}
		return w.names.text(s.text, why)
	case "pauses":
		return w.pauses(strings.Fields(s.text))
	case "rosters":
		return w.rosters(s.text)
	case "log":
		return w.logged(s.text)
	case "pending":
		return w.count(s.text, w.desk.Outbox().Pending())
	case "dead":
		st, err := w.store.Stats(context.Background())
		return errors.Join(err, w.count(s.text, st.Dead))
	case "journal":
		return w.journal(s.text)
	}
	return errors.New("there is no such step")
}

func (w *world) count(want string, got int) error {
	if want != strconv.Itoa(got) {
		return fmt.Errorf("want %s, got %d", want, got)
	}
	return nil
}

// pauses checks the pauses between the attempts to connect, in order.
func (w *world) pauses(want []string) error {
	w.server.mu.Lock()
	dials := slices.Clone(w.server.dials)
	w.server.mu.Unlock()
	for i, span := range want {
		if i+1 >= len(dials) {
			return fmt.Errorf("there were %d attempts", len(dials))
		}
		from, to, _ := strings.Cut(span, "-")
		least, err1 := time.ParseDuration(from)
		most, err2 := time.ParseDuration(to)
		if err := errors.Join(err1, err2); err != nil {
			return err
		}
		if p := dials[i+1].Sub(dials[i]); p < least || p > most {
			return fmt.Errorf("pause %d was %v, want %s", i+1, p, span)
		}
	}
	return nil
}

// journal compares the bodies of all lines of a conversation.
func (w *world) journal(text string) error {
	local, want, _ := strings.Cut(text, " ")
	local, err := w.names.fill(local)
	if err != nil {
		return err
	}
	lines, err := w.store.Lines(context.Background(), ourDomain, local, 1, 1<<40, 0)
	if err != nil {
		return err
	}
	var bodies []string
	for _, l := range lines {
		bodies = append(bodies, l.Body)
	}
	return w.names.text(strings.TrimSpace(want), strings.Join(bodies, " | "))
}

// bytes checks that what came last holds exactly these bytes.
func (w *world) bytes(text string) error {
	text, err := w.names.fill(text)
	if err != nil {
		return err
	}
	if w.last == nil || !strings.Contains(w.last.raw, text) {
		return fmt.Errorf("they are not in the stanza\n%s", w.show(w.last))
	}
	return nil
}

// none checks that nothing is left that was not expected.
func (w *world) none() error {
	if len(w.server.left()) > 0 {
		return fmt.Errorf("something came before that the scenario does not expect\n%s", w.rest())
	}
	return nil
}

// out takes the next stanza to its receiver, which must match.
func (w *world) out(s step) error {
	pattern, err := parsePattern(s.text)
	if err != nil {
		return err
	}
	for _, r := range w.server.left() {
		if maps.Clone(w.names).text(pattern.attr("to"), r.attr("to")) != nil {
			continue
		}
		if err := w.names.match(pattern, r.element); err != nil {
			return fmt.Errorf("%w\n  expected  %s\n  got       %s\n%s", err, s.text, r.raw, w.rest())
		}
		w.server.expected(r)
		w.last = r
		return nil
	}
	return fmt.Errorf("nothing came to %s\n  expected  %s\n%s", pattern.attr("to"), s.text, w.rest())
}

// block takes the next stanzas to the receivers it names, in any order.
func (w *world) block(steps []step) error {
	var patterns []*element
	var candidates []*received
	left := w.server.left()
	for _, s := range steps {
		p, err := parsePattern(s.text)
		if err != nil || s.word != "out" {
			return fmt.Errorf("%s: only out lines can stand in a block: %w", s.where(), err)
		}
		i := slices.IndexFunc(left, func(r *received) bool {
			return maps.Clone(w.names).text(p.attr("to"), r.attr("to")) == nil
		})
		if i < 0 {
			return fmt.Errorf("%s: nothing more came to %s\n  expected  %s\n%s", s.where(), p.attr("to"), s.text, w.rest())
		}
		patterns, candidates = append(patterns, p), append(candidates, left[i])
		left = slices.Delete(left, i, i+1)
	}
	found, at, err := assign(w.names, patterns, candidates)
	if err != nil {
		return fmt.Errorf("%s: %w\n  expected  %s\n%s", steps[at].where(), err, steps[at].text, w.rest())
	}
	maps.Copy(w.names, found)
	for _, r := range candidates {
		w.server.expected(r)
	}
	return nil
}

// assign finds an order in which all candidates match the patterns. When there
// is none, it returns the furthest pattern that nothing matched.
func assign(n names, patterns []*element, candidates []*received) (names, int, error) {
	if len(patterns) == 0 {
		return n, 0, nil
	}
	furthest := 0
	worst := errors.New("nothing like it came")
	for i, c := range candidates {
		trial := maps.Clone(n)
		if err := trial.match(patterns[0], c.element); err != nil {
			if len(candidates) == 1 {
				worst = err
			}
			continue
		}
		found, at, err := assign(trial, patterns[1:], slices.Delete(slices.Clone(candidates), i, i+1))
		if err == nil {
			return found, 0, nil
		}
		if at+1 > furthest {
			furthest, worst = at+1, err
		}
	}
	return nil, furthest, worst
}

// rest shows what came and was not expected, each as the line that would expect
// it: to be read before it is copied.
func (w *world) rest() string {
	left := w.server.left()
	if len(left) == 0 {
		return "  nothing else came"
	}
	var b strings.Builder
	b.WriteString("  what came and is not expected:\n")
	for _, r := range left {
		b.WriteString(w.show(r))
	}
	return b.String()
}

var (
	doubleQuotes = regexp.MustCompile(`="([^"']*)"`)
	emptyElement = regexp.MustCompile(`<([\w:-]+)((?:[^<>]*[^<>/])?)></([\w:-]+)>`)
)

// show writes a stanza as the line that would expect it.
func (w *world) show(r *received) string {
	if r == nil {
		return "  nothing came yet"
	}
	line := emptyElement.ReplaceAllString(doubleQuotes.ReplaceAllString(r.raw, "='$1'"), "<$1$2/>")
	for _, name := range slices.Sorted(maps.Keys(w.names)) {
		line = strings.ReplaceAll(line, w.names[name], "$"+name)
	}
	line = strings.NewReplacer("&#xA;", "\n     |", "\n", "\n     |", "&gt;", ">").Replace(line)
	return "out  " + strings.Replace(line, "><", ">\n       <", 1) + "\n"
}
