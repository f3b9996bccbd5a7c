package component_test

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"baton/component"
	"baton/desk"
	"baton/handoff"
)

// office is what a scenario's config says; README.md lists the words.
type office struct {
	directory desk.Directory
	policy    desk.Policy
	outbox    desk.OutboxOptions
	component component.Config
	probes    bool // are to be expected
}

func newOffice() office {
	return office{
		policy:    desk.Policy{OfferTimeout: time.Minute, MaxHops: 8, TellCaller: true},
		component: component.Config{Prefix: "!", Mark: "⚙ ", Settle: 1500 * time.Millisecond, Version: "1.0", Roster: component.RosterNone, StatusPause: -1},
	}
}

// read takes "queues: … agents: …", the lines of a config block.
func (o *office) read(text string) error {
	for text != "" {
		key, rest, ok := strings.Cut(text, ":")
		if !ok {
			return fmt.Errorf("config: %q is not key: value", text)
		}
		value := rest
		text = ""
		if m := nextKey.FindStringIndex(rest); m != nil {
			value, text = rest[:m[0]], strings.TrimSpace(rest[m[0]:])
		}
		if err := o.set(strings.TrimSpace(key), strings.TrimSpace(value)); err != nil {
			return fmt.Errorf("config: %s: %w", key, err)
		}
	}
	return nil
}

var nextKey = regexp.MustCompile(`\s(status|replies|queues|agents|offer|hops|tell|settle|roster|maxstanza|maxbody|tries|grace|inbox|former|probes):`)

func (o *office) set(key, value string) (err error) {
	switch key {
	case "queues":
		return o.each(value, o.queue)
	case "agents":
		return o.each(value, o.agent)
	case "offer":
		o.policy.OfferTimeout, err = time.ParseDuration(value)
	case "grace":
		o.policy.Grace, err = time.ParseDuration(value)
	case "settle":
		o.component.Settle, err = time.ParseDuration(value)
	case "hops":
		o.policy.MaxHops, err = strconv.Atoi(value)
	case "tries":
		o.outbox.Tries, err = strconv.Atoi(value)
	case "maxstanza":
		o.component.MaxStanza, err = strconv.Atoi(value)
	case "inbox":
		o.policy.Inbox, err = strconv.Atoi(value)
	case "maxbody":
		o.component.MaxBody, err = strconv.Atoi(value)
	case "former":
		o.policy.FormerReadsOwn = value == "own"
	case "tell":
		o.policy.TellCaller = value == "yes"
	case "status":
		o.component.StatusPause, err = time.ParseDuration(value)
	case "replies":
		return o.each(value, func(name string, _ []string, text string) error {
			o.component.Replies = append(o.component.Replies, component.Reply{Name: name, Text: text})
			return nil
		})
	case "roster":
		o.component.Roster = value
	case "probes":
		o.probes = value == "shown"
	default:
		err = fmt.Errorf("there is no such setting")
	}
	return err
}

var quoted = regexp.MustCompile(`"([^"]*)"`)

func (o *office) each(list string, add func(name string, words []string, greeting string) error) error {
	for _, item := range strings.Split(list, ";") {
		text := ""
		if m := quoted.FindStringSubmatch(item); m != nil {
			text = m[1]
			item = strings.Replace(item, m[0], "", 1)
		}
		words := strings.Fields(item)
		if len(words) == 0 {
			return fmt.Errorf("an empty entry in %q", list)
		}
		if err := add(words[0], words[1:], text); err != nil {
			return fmt.Errorf("%s: %w", words[0], err)
		}
	}
	return nil
}

// closed are the hours of a queue that never opens.
type closed struct{}

func (closed) Opens(time.Time) time.Time { return time.Time{} }

func (o *office) queue(name string, words []string, greeting string) error {
	q := desk.Queue{Name: name, Title: title(name), Greeting: greeting}
	for _, w := range words {
		switch key, value, _ := strings.Cut(w, "="); key {
		case "auto":
			q.Auto = true
		case "places":
			q.TellPosition = true
		case "closed":
			q.Hours = closed{}
		case "all":
			q.RingAll = true
		case "share":
			n, err := strconv.Atoi(value)
			if err != nil && value != "none" {
				return err
			}
			q.Share = desk.Share{None: value == "none", Last: n}
		default:
			return fmt.Errorf("%q is not known of a queue", w)
		}
	}
	o.directory.Queues = append(o.directory.Queues, q)
	return nil
}

func (o *office) agent(name string, words []string, _ string) error {
	a := desk.Agent{JID: handoff.Party(name + "@example.com"), Name: title(name)}
	for _, w := range words {
		key, value, _ := strings.Cut(w, "=")
		_, isQueue := o.directory.Queue(key)
		switch {
		case isQueue:
			a.Queues = append(a.Queues, key)
		case key == "bot":
			a.Bot = true
		case key == "lang":
			a.Lang = value
		case key == "supervisor", key == "admin":
			a.Roles = append(a.Roles, key)
		case key == "skill":
			a.Skills = append(a.Skills, value)
		case key == "capacity":
			n, err := strconv.Atoi(value)
			if err != nil {
				return err
			}
			a.Capacity = n
		default:
			return fmt.Errorf("%q is neither a queue nor known of an agent", w)
		}
	}
	if slices.ContainsFunc(o.directory.Agents, func(b desk.Agent) bool { return b.JID == a.JID }) {
		return fmt.Errorf("twice")
	}
	o.directory.Agents = append(o.directory.Agents, a)
	return nil
}

func title(name string) string { return strings.ToUpper(name[:1]) + name[1:] }
