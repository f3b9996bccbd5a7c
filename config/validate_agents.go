package config

import (
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"slices"
	"strings"
	"time"

	"golang.org/x/text/language"
	"mellium.im/xmpp/jid"
)

// reserved localparts of the component's domain have a meaning of their own.
var reserved = []string{"desk", "archive", "admin"}

func (v *validator) queueNames() (names []string) {
	for _, q := range v.cfg.Queues {
		if q.Name != "" {
			names = append(names, q.Name)
		}
	}
	return names
}

func (v *validator) queues() {
	first := map[string]int{}
	for i := range v.cfg.Queues {
		q, at := &v.cfg.Queues[i], item("queues", i)
		v.queueName(q.Name, child(at, "name"))
		if n, twice := first[q.Name]; twice && q.Name != "" {
			v.say(child(at, "name"), "found %q, which %s has too; write another name or remove one of them", q.Name, item("queues", n))
		} else {
			first[q.Name] = i
		}
		switch {
		case q.Overflow == "":
		case q.Overflow == q.Name:
			v.say(child(at, "overflow"), "found %q, which is this queue itself; write another queue or leave the key out", q.Overflow)
		default:
			v.knownQueue(child(at, "overflow"), q.Overflow)
			v.overflowRing(i)
		}
		between(v, child(at, "overflow_after"), q.OverflowAfter, 0, 7*24*time.Hour)
		v.label(child(at, "title"), q.Title, maxName)
		v.message(child(at, "greeting"), q.Greeting)
		v.message(child(at, "away"), q.Away)
		if q.Title == "" {
			q.Title = q.Name
		}
		if q.Share == (Share{}) {
			q.Share = v.cfg.Transfer.Share
		}
	}
}

// overflowRing reports a queue that overflows into itself by way of others, at
// the first of them alone.
func (v *validator) overflowRing(first int) {
	start, names := v.cfg.Queues[first].Name, []string{v.cfg.Queues[first].Name}
	for q, ok := v.cfg.Queue(start); ok && q.Overflow != "" && len(names) <= len(v.cfg.Queues); {
		names = append(names, q.Overflow)
		if q.Overflow == start {
			v.say(child(item("queues", first), "overflow"), "found %q, which leads back to this queue (%s); leave the key out in one of them",
				v.cfg.Queues[first].Overflow, strings.Join(clipAll(names), " → "))
			return
		}
		q, ok = v.cfg.Queue(q.Overflow)
		if i := slices.IndexFunc(v.cfg.Queues, func(o Queue) bool { return o.Name == q.Name }); i < first {
			return // a ring was reported there
		}
	}
}

func (v *validator) queueName(name, key string) {
	j, err := jid.New(name, "example.com", "")
	switch {
	case name == "":
		v.say(key, "missing; write the part before the @ of the queue's address, for example support")
	case slices.Contains(reserved, strings.ToLower(name)):
		v.say(key, "found %q, which is reserved (%s); write another name", name, strings.Join(reserved, ", "))
	case err != nil:
		v.say(key, "found %q, which cannot stand before the @ of an address; write small letters, digits, - and _, for example support", name)
	case j.Localpart() != name:
		v.say(key, "found %q, which servers would turn into another spelling; write %s", name, clip(j.Localpart()))
	case v.cfg.Session.Makes(name) && strings.Contains(v.cfg.Session.Address, "{id}"):
		v.say(key, "found %q, which could be the address of a conversation (session.address is %q); write another name, for example support",
			name, v.cfg.Session.Address)
	default:
		v.label(key, name, maxQueueName)
	}
}

// knownQueue reports a queue that is not in the list.
func (v *validator) knownQueue(key, name string) {
	names := v.queueNames()
	// A queue whose name could not be read may be the one that is meant.
	unsure := v.about("queues") || len(names) < len(v.cfg.Queues)
	switch near := nearest(name, names); {
	case slices.Contains(names, name) || unsure:
	case near != "":
		v.say(key, "found %q, which is no queue; did you mean %s?", name, near)
	default:
		v.say(key, "found %q, which is no queue; add it under queues or write another (%s)", name, within("queues", names))
	}
}

func (v *validator) agents() {
	a := &v.cfg.Agents
	if len(a.Domains) == 0 {
		v.say("agents.domains", "missing; write the domains whose accounts may be agents, for example [example.com]")
	}
	for i, d := range a.Domains {
		key := item("agents.domains", i)
		a.Domains[i] = v.domain(key, d, "example.com") // empty if it is none
		if a.Domains[i] != "" && a.Domains[i] == v.cfg.Component.Domain {
			v.say(key, "found %q, which is component.domain; write the domain of the agents' own accounts", d)
		}
	}
	first := map[string]int{}
	for i, agent := range a.List {
		at := item("agents.list", i)
		v.agentJID(agent.JID, child(at, "jid"))
		if n, twice := first[agent.JID.String()]; twice && agent.JID.String() != "" {
			v.say(child(at, "jid"), "found %s, which %s has too; put both into one", agent.JID, item("agents.list", n))
		} else {
			first[agent.JID.String()] = i
		}
		v.agent(agent, at)
		a.List[i].Skills = distinct(agent.Skills)
	}
}

func (v *validator) agentJID(j jid.JID, key string) {
	domains := slices.DeleteFunc(slices.Clone(v.cfg.Agents.Domains), func(d string) bool { return d == "" })
	switch {
	case j.String() == "":
		v.say(key, "missing; write the agent's address, for example alice@example.com")
	case j.Localpart() == "":
		v.say(key, "found %q; write a whole address, for example alice@%s", j, j.Domainpart())
	case j.Resourcepart() != "":
		v.say(key, "found %q; write it without the part after the slash: %s", j, j.Bare())
	case len(domains) > 0 && !slices.Contains(domains, j.Domainpart()):
		v.say(key, "found %s, but only accounts of agents.domains can be agents (%s); add %s there or write another address",
			j, strings.Join(clipAll(domains), ", "), clip(j.Domainpart()))
	}
}

func (v *validator) agent(a Agent, at string) {
	between(v, child(at, "capacity"), a.Capacity, 1, 1000)
	if len(a.Roles) == 0 {
		v.say(child(at, "roles"), "found an empty list; write [agent], or leave the key out, which means the same")
	}
	v.label(child(at, "name"), a.Name, maxName)
	v.words(child(at, "queues"), a.Queues)
	v.words(child(at, "skills"), a.Skills)
	for i, q := range a.Queues {
		key := item(child(at, "queues"), i)
		v.knownQueue(key, q)
		if slices.Contains(a.Queues[:i], q) {
			v.say(key, "found %q a second time; remove it", q)
		}
	}
	for i, s := range a.Skills {
		if strings.TrimSpace(s) == "" {
			v.say(item(child(at, "skills"), i), "found %q; write a word, for example fr", s)
		}
		v.label(item(child(at, "skills"), i), s, maxSkill)
	}
	if _, err := language.Parse(a.Lang); a.Lang != "" && err != nil {
		v.say(child(at, "lang"), "found %q; write a language tag, for example fr or pt-BR", a.Lang)
	}
}

// TLSConfig is what to dial the server with; nil for a plain link. An error names the file that is to blame.
func (c Component) TLSConfig() (*tls.Config, error) {
	if c.TLS == nil {
		return nil, nil
	}
	t := &tls.Config{ServerName: c.TLS.ServerName, MinVersion: tls.VersionTLS12}
	if t.ServerName == "" {
		t.ServerName = c.Address.Host()
	}
	if c.TLS.CAFile == "" {
		return t, nil
	}
	pem, _, err := readRegular(c.TLS.CAFile, 1<<20)
	if err != nil {
		return nil, fmt.Errorf("%s: %w; write the name of a PEM file with the authority's certificate", c.TLS.CAFile, err)
	}
	t.RootCAs = x509.NewCertPool()
	if !t.RootCAs.AppendCertsFromPEM(pem) {
		return nil, fmt.Errorf("%s: there is no certificate in it; write the name of a PEM file with the authority's certificate", c.TLS.CAFile)
	}
	return t, nil
}
