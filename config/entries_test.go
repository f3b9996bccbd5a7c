package config

import (
	"encoding/json"
	"reflect"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

const staffed = minimal + `
queues:
  - {name: support, title: Support, overflow: billing}
  - {name: billing}
  - {name: sales}
`

// office is a configuration with three queues and two agents.
func office(t *testing.T, more string) Config {
	t.Helper()
	text := strings.Replace(staffed, "domains: [example.com]}", `domains: [example.com], list: [
  {jid: alice@example.com, name: Alice, queues: [support, sales], skills: [fr]},
  {jid: sue@example.com, roles: [supervisor, admin]}]}`, 1)
	cfg, err := load(t, "baton.yaml", text+more)
	require.NoError(t, err)
	return cfg
}

// Every setting of the example's agents and queues survives being written as
// settings, kept as JSON and read again.
func TestSettingsRoundTrip(t *testing.T) {
	cfg, err := load(t, "baton.yaml", Example())
	require.NoError(t, err)
	var entries []Entry
	kept := func(kind EntryKind, name string, s Settings) {
		raw, err := json.Marshal(s)
		require.NoError(t, err)
		var again Settings
		require.NoError(t, json.Unmarshal(raw, &again))
		require.Equal(t, s, again)
		entries = append(entries, Entry{kind, name, again})
	}
	for _, a := range cfg.Agents.List {
		kept(AgentEntry, a.JID.String(), a.Settings())
	}
	for _, q := range cfg.Queues {
		kept(QueueEntry, q.Name, q.Settings())
	}
	names, _ := keys(reflect.TypeFor[Queue]())
	require.Subset(t, names, []string{"form", "hours", "share"})
	for _, name := range names {
		require.Contains(t, cfg.Queues[0].Settings(), name)
	}
	empty := cfg
	empty.Agents.List, empty.Queues = nil, nil
	again, err := empty.With(entries...)
	require.NoError(t, err)
	require.Equal(t, cfg, again)
	again, err = cfg.With(entries...)
	require.NoError(t, err)
	require.Equal(t, cfg, again)
}

// A queue whose overflow waits for no time at all keeps that, though the default
// is another.
func TestSettingsKeepZero(t *testing.T) {
	cfg, err := office(t, "").With(Entry{QueueEntry, "support", Settings{"name": "support", "overflow": "sales", "overflow_after": "0s"}})
	require.NoError(t, err)
	again, err := cfg.With(Entry{QueueEntry, "support", cfg.Queues[0].Settings()})
	require.NoError(t, err)
	require.Equal(t, cfg, again)
	require.Zero(t, again.Queues[0].OverflowAfter)
}

func TestFill(t *testing.T) {
	was := Settings{"jid": "bob@example.com", "name": "Bob", "queues": []any{"support"}, "capacity": "4"}
	now := was.Fill(AgentEntry, map[string][]string{"name": {""}, "queues": {"support", "sales"}, "skills": {"fr, en,"}, "roles": {}, "lang": {" de "}})
	require.Equal(t, Settings{"jid": "bob@example.com", "queues": []any{"support", "sales"}, "capacity": "4",
		"skills": []any{"fr", "en"}, "lang": "de"}, now)
	require.Equal(t, "Bob", was["name"], "what it was made of changed")
	q := Settings{}.Fill(QueueEntry, map[string][]string{"greeting": {"Hello,", "one moment."}, "title": {"Ann, Bob"}})
	require.Equal(t, Settings{"greeting": "Hello,\none moment.", "title": "Ann, Bob"}, q)
	require.Equal(t, map[string][]string{"greeting": {"Hello,\none moment."}, "queues": {"a", "b"}},
		Settings{"greeting": "Hello,\none moment.", "queues": []any{"a", "b"}, "form": []any{map[string]any{"name": "x"}}}.Fields())
}

// The file's entries are the base; what was changed stands before them.
func TestWith(t *testing.T) {
	agent := func(jid string, s Settings) Entry {
		s["jid"] = jid
		return Entry{AgentEntry, jid, s}
	}
	queue := func(name string, s Settings) Entry {
		s["name"] = name
		return Entry{QueueEntry, name, s}
	}
	for name, tt := range map[string]struct {
		file    string // more of it
		entries []Entry
		want    []string // agent: queues, and queues
		err     string
	}{
		"nothing": {want: []string{"alice@example.com: support sales", "sue@example.com:", "support billing sales"}},
		"an agent more": {entries: []Entry{agent("bob@example.com", Settings{"queues": []any{"billing"}})},
			want: []string{"alice@example.com: support sales", "sue@example.com:", "bob@example.com: billing", "support billing sales"}},
		"an agent changed": {entries: []Entry{agent("alice@example.com", Settings{"queues": []any{"billing"}})},
			want: []string{"alice@example.com: billing", "sue@example.com:", "support billing sales"}},
		"an agent less": {entries: []Entry{{AgentEntry, "alice@example.com", nil}},
			want: []string{"sue@example.com:", "support billing sales"}},
		"one less that was never there": {entries: []Entry{{AgentEntry, "zoe@example.com", nil}, {QueueEntry, "old", nil}},
			want: []string{"alice@example.com: support sales", "sue@example.com:", "support billing sales"}},
		"a queue more, and its agent": {entries: []Entry{agent("bob@example.com", Settings{"queues": []any{"vip"}}), queue("vip", Settings{"overflow": "support"})},
			want: []string{"alice@example.com: support sales", "sue@example.com:", "bob@example.com: vip", "support billing sales vip"}},
		"a queue less is no agent's": {entries: []Entry{{QueueEntry, "sales", nil}, agent("bob@example.com", Settings{"queues": []any{"billing", "sales"}})},
			want: []string{"alice@example.com: support", "sue@example.com:", "bob@example.com: billing", "support billing"}},

		"a queue less that another overflows to": {entries: []Entry{{QueueEntry, "billing", nil}},
			err: `queue support: overflow: found "billing", which is no queue; add it under queues or write another (queues: support, sales)`},
		"a queue less that the page has": {file: "web: {queues: [sales]}\n", entries: []Entry{{QueueEntry, "sales", nil}},
			err: `web.queues[0]: found "sales", which is no queue; add it under queues or write another (queues: support, billing)`},
		"a queue less that a number leads to": {file: "sms: {smpp: [{name: m, address: localhost:2775, system_id: b, password: p, numbers: ['+15551234567 sales']}]}\n",
			entries: []Entry{{QueueEntry, "sales", nil}}, err: `sms.smpp[0].numbers[0]: found the queue "sales" in "+15551234567 sales", which is not in queues`},
		"the first queue less, that a number leads to without a word": {
			file:    "sms: {smpp: [{name: m, address: localhost:2775, system_id: b, password: p, numbers: ['+15551234567']}]}\n",
			entries: []Entry{{QueueEntry, "support", nil}}, err: `sms.smpp[0].numbers[0]: found the queue "support" in "+15551234567", which is not in queues`},
		"a ring": {entries: []Entry{queue("billing", Settings{"overflow": "support"})},
			err: `queue support: overflow: found "billing", which leads back to this queue (support → billing → support); leave the key out in one of them`},
		"no queue of that name": {entries: []Entry{agent("bob@example.com", Settings{"queues": []any{"bilding"}})},
			err: `agent bob@example.com: queues[0]: found "bilding", which is no queue; did you mean billing?`},
		"a number that is none": {entries: []Entry{agent("bob@example.com", Settings{"capacity": "many"})},
			err: `agent bob@example.com: capacity: found "many"; write a whole number`},
		"too large": {entries: []Entry{agent("bob@example.com", Settings{"capacity": "5000"})},
			err: `agent bob@example.com: capacity: found 5000; write a value from 1 to 1000`},
		"no such role": {entries: []Entry{agent("bob@example.com", Settings{"roles": []any{"boss"}})},
			err: `agent bob@example.com: roles[0]: found "boss"; write agent, supervisor or admin`},
		"not one of ours": {entries: []Entry{agent("bob@example.org", Settings{})},
			err: `agent bob@example.org: jid: found bob@example.org, but only accounts of agents.domains can be agents (example.com); add example.org there or write another address`},
		"a client's address": {entries: []Entry{agent("bob@example.com/home", Settings{})},
			err: `agent bob@example.com/home: jid: found "bob@example.com/home"; write it without the part after the slash: bob@example.com`},
		"no address": {entries: []Entry{agent("bob@", Settings{})},
			err: `agent: jid: found "bob@"; write an address such as alice@example.com (the domainpart must be between 1 and 1023 bytes)`},
		"nothing at all": {entries: []Entry{{AgentEntry, "", Settings{}}},
			err: `agent: jid: missing; write the agent's address, for example alice@example.com`},
		"a reserved name": {entries: []Entry{queue("desk", Settings{})},
			err: `queue desk: name: found "desk", which is reserved (desk, archive, admin); write another name`},
		"no such setting": {entries: []Entry{queue("vip", Settings{"colour": "red"})},
			err: `queue vip: colour: unknown key; known here: name, title, greeting, away, assign, ring, overflow, overflow_after, tell_position, hours, share, form`},
		"no hours": {entries: []Entry{queue("vip", Settings{"hours": "mo-fr 9-17"})},
			err: `queue vip: hours: found "mo-fr 9-17"; "9-17" is no known time zone; end with one such as Europe/Berlin or UTC`},
		"no duration": {entries: []Entry{queue("vip", Settings{"overflow": "sales", "overflow_after": "5"})},
			err: `queue vip: overflow_after: found "5"; write a duration such as 60s, 15m or 4h`},
	} {
		t.Run(name, func(t *testing.T) {
			cfg := office(t, tt.file)
			before := cfg.Agents.List[0].Queues
			got, err := cfg.With(tt.entries...)
			require.Equal(t, []string{"support", "sales"}, before, "the base changed")
			require.Len(t, cfg.Agents.List, 2, "the base changed")
			if tt.err != "" {
				require.ErrorContains(t, err, tt.err)
				require.Len(t, strings.Split(err.Error(), "\n"), 1, err)
				_, problems := cfg.Merge(tt.entries)
				require.ErrorContains(t, problems[0], tt.err)
				return
			}
			require.NoError(t, err)
			var lines, queues []string
			for _, a := range got.Agents.List {
				lines = append(lines, strings.TrimSpace(a.JID.String()+": "+strings.Join(a.Queues, " ")))
			}
			for _, q := range got.Queues {
				queues = append(queues, q.Name)
			}
			require.Equal(t, tt.want, append(lines, strings.Join(queues, " ")))
		})
	}
}

// What an entry does not say has the file's defaults.
func TestWithDefaults(t *testing.T) {
	got, err := office(t, "transfer: {share: none}\n").With(Entry{AgentEntry, "bob@example.com", Settings{"jid": "Bob@Example.com"}},
		Entry{QueueEntry, "vip", Settings{"name": "vip", "overflow": "support"}})
	require.NoError(t, err)
	bob := got.Agents.List[2]
	require.Equal(t, "bob@example.com", bob.JID.String())
	require.Equal(t, []Role{RoleAgent}, bob.Roles)
	require.Equal(t, 4, bob.Capacity)
	require.Equal(t, Person, bob.Kind)
	vip := got.Queues[3]
	require.Equal(t, "vip", vip.Title)
	require.Equal(t, AssignOffer, vip.Assign)
	require.Equal(t, "2m0s", vip.OverflowAfter.String())
	require.Equal(t, Share{Mode: ShareNone}, vip.Share)
}

// Entries that do not go with the file any more are left out; the others are
// not, nor what waits for one that is good.
func TestMerge(t *testing.T) {
	cfg := office(t, "")
	merged, problems := cfg.Merge([]Entry{
		{AgentEntry, "bob@example.com", Settings{"jid": "bob@example.com", "queues": []any{"vip"}}},
		{AgentEntry, "eve@example.com", Settings{"jid": "eve@example.com", "queues": []any{"gone"}}},
		{QueueEntry, "vip", Settings{"name": "vip"}},
		{AgentEntry, "alice@example.com", nil},
		{AgentEntry, "kim@example.com", Settings{"jid": "kim@example.com", "queues": []any{"vip"}}}, // the newest is tried first
	})
	require.NoError(t, problems[0])
	require.NoError(t, problems[4])
	require.EqualError(t, problems[1], `agent eve@example.com: queues[0]: found "gone", which is no queue; add it under queues or write another (queues: support, billing, sales, vip)`)
	require.NoError(t, problems[2])
	require.NoError(t, problems[3])
	require.Len(t, merged.Agents.List, 3)
	require.Equal(t, "bob@example.com", merged.Agents.List[1].JID.String())
	require.Equal(t, "kim@example.com", merged.Agents.List[2].JID.String())
	require.Len(t, merged.Queues, 4)
}
