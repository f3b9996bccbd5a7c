package config

import (
	"fmt"
	"os"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/stretchr/testify/require"
)

// A queue must not have an address that a conversation has or can get.
func TestQueueNamedLikeAConversation(t *testing.T) {
	for _, tt := range []struct {
		address, name string
		refused       bool
	}{
		{"{name}.{id}", "carol.fn24nsse", true},
		{"{name}.{id}", "carol.jones.fn24nsse", true},
		{"{name}.{id}", "café.fn24nsse", true},
		{"{name}.{id}", "carol.fn24nss1", false}, // 0, 1, 8 and 9 are not in base32
		{"{name}.{id}", "carol.fn24nss", false},
		{"{name}.{id}", "carol.fn24nssee", false},
		{"{name}.{id}", ".fn24nsse", false},
		{"{name}.{id}", "carol-fn24nsse", false},
		{"{name}.{id}", "customer", false},
		{"{id}", "customer", true},
		{"{id}", "support1", false},
		{"{id}.{name}", "fn24nsse.carol", true},
		{"{id}.{name}", "carol.fn24nsse", false},
		{"chat-{id}", "chat-fn24nsse", true},
		{"chat-{id}", "carol.fn24nsse", false},
	} {
		t.Run(tt.address+" "+tt.name, func(t *testing.T) {
			text := fmt.Sprintf("%squeues: [{name: %s}]\nsession: {address: %q}\n", minimal, tt.name, tt.address)
			cfg, err := load(t, "baton.yaml", text)
			problem := fmt.Sprintf("name: found %q, which could be the address of a conversation (session.address is %q); write another name, for example support",
				tt.name, tt.address)
			if tt.refused {
				require.EqualError(t, err, "baton.yaml:3: queues[0]."+problem)
			} else {
				require.NoError(t, err)
				require.Equal(t, tt.name, cfg.Queues[0].Name)
			}

			base, err := load(t, "baton.yaml", fmt.Sprintf("%ssession: {address: %q}\n", minimal, tt.address))
			require.NoError(t, err)
			_, err = base.With(Entry{QueueEntry, tt.name, Settings{"name": tt.name}})
			if tt.refused {
				require.EqualError(t, err, "queue "+tt.name+": "+problem)
			} else {
				require.NoError(t, err)
			}
		})
	}
}

// An address that lacks the identifier is what is wrong, not every queue.
func TestQueueBesideABrokenAddress(t *testing.T) {
	_, err := load(t, "baton.yaml", minimal+"queues: [{name: support}]\nsession: {address: '{name}'}\n")
	require.ErrorContains(t, err, "session.address")
	require.NotContains(t, err.Error(), "queues[0]")
}

// Settings that people see, or that are sent, have a longest length; what is over it is not repeated in full.
func TestLongSettings(t *testing.T) {
	many := func(n int, one string) (list []any) {
		for range n {
			list = append(list, one)
		}
		return list
	}
	skills := func(n int) (list []any) {
		for i := range n {
			list = append(list, fmt.Sprint("skill", i))
		}
		return list
	}
	for name, tt := range map[string]struct {
		entry Entry
		err   string // empty: it is taken
	}{
		"agent's name": {agentWith("name", strings.Repeat("é", 100)), ""},
		"agent's name, one more": {agentWith("name", strings.Repeat("é", 101)),
			`agent alice@example.com: name: found "` + strings.Repeat("é", 60) + `…", which has 101 characters; write 100 at most`},
		"title":           {queueWith("title", strings.Repeat("é", 100)), ""},
		"title, one more": {queueWith("title", strings.Repeat("é", 101)), `queue sales: title: found "` + strings.Repeat("é", 60) + `…", which has 101 characters; write 100 at most`},
		"queue's name":    {Entry{QueueEntry, "", Settings{"name": strings.Repeat("q", 64)}}, ""},
		"queue's name, one more": {Entry{QueueEntry, "", Settings{"name": strings.Repeat("q", 65)}},
			"queue " + strings.Repeat("q", 60) + `…: name: found "` + strings.Repeat("q", 60) + `…", which has 65 characters; write 64 at most`},
		"greeting":           {queueWith("greeting", strings.Repeat("é", 1000)), ""},
		"greeting, one more": {queueWith("greeting", strings.Repeat("é", 1000)+"!"), "queue sales: greeting: found 2001 bytes; write what one message may have (limits.body is 2000B)"},
		"away":               {queueWith("away", strings.Repeat("a", 2000)), ""},
		"away, one more":     {queueWith("away", strings.Repeat("a", 2001)), "queue sales: away: found 2001 bytes; write what one message may have (limits.body is 2000B)"},
		"skills":             {agentWith("skills", skills(100)), ""},
		"skills, one more":   {agentWith("skills", skills(101)), "agent alice@example.com: skills: found 101 entries; write 100 at most"},
		"skill":              {agentWith("skills", []any{"fr", strings.Repeat("s", 64)}), ""},
		"skill, one more": {agentWith("skills", []any{"fr", strings.Repeat("s", 65)}),
			`agent alice@example.com: skills[1]: found "` + strings.Repeat("s", 60) + `…", which has 65 characters; write 64 at most`},
		"queues": {agentWith("queues", many(101, "support")), "agent alice@example.com: queues: found 101 entries; write 100 at most"},
		"no queue at all": {agentWith("queues", []any{strings.Repeat("q", 500)}), `agent alice@example.com: queues[0]: found "` + strings.Repeat("q", 60) +
			`…", which is no queue; add it under queues or write another (queues: support, billing, sales)`},

		"a line's end":   {agentWith("name", "Alice\nsays"), `agent alice@example.com: name: found "Alice\nsays", in which U+000A breaks the line or turns what is written around it; write it without`},
		"an escape":      {queueWith("title", "Sales\x1b[2J"), `queue sales: title: found "Sales\x1b[2J", in which U+001B`},
		"C1":             {queueWith("title", "Sales\u0085"), `in which U+0085`},
		"paragraph":      {queueWith("title", "Sales\u2029now"), `in which U+2029`},
		"override":       {agentWith("name", "ecila\u202e"), `agent alice@example.com: name: found "ecila\u202e", in which U+202E`},
		"embedding":      {agentWith("name", "\u202aAlice"), `in which U+202A`},
		"isolate":        {queueWith("title", "\u2066Sales"), `in which U+2066`},
		"isolate's end":  {queueWith("title", "Sales\u2069"), `in which U+2069`},
		"in a skill":     {agentWith("skills", []any{"f\u202er"}), `agent alice@example.com: skills[0]: found "f\u202er", in which U+202E`},
		"right to left":  {agentWith("name", "שָׂרָה \u200f(Sara) 👩\u200d💻"), ""},
		"greeting lines": {queueWith("greeting", "Hello,\none moment."), ""},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := office(t, "limits: {body: 2000}\n").With(tt.entry)
			if tt.err == "" {
				require.NoError(t, err)
				return
			}
			require.ErrorContains(t, err, tt.err)
			require.Less(t, utf8.RuneCountInString(err.Error()), 350)
		})
	}
}

func agentWith(key string, value any) Entry {
	return Entry{AgentEntry, "alice@example.com", Settings{"jid": "alice@example.com", key: value}}
}

func queueWith(key string, value any) Entry {
	return Entry{QueueEntry, "sales", Settings{"name": "sales", key: value}}
}

// No value that is wrong comes back in full, wherever it stands; what to write instead does.
func TestErrorsAreShort(t *testing.T) {
	long := strings.Repeat("x", 5000)
	for _, more := range []string{
		"queues: [{name: " + long + "}]", "queues: [{name: " + strings.ToUpper(long) + "}]", "queues: [{name: 'a@" + long + "'}]", "queues: [{name: a, title: " + long + "}]",
		"queues: [{name: a, overflow: " + long + "}]", "queues: [{name: " + long + ", overflow: b}, {name: b, overflow: " + long + "}]",
		"queues: [{name: a, hours: mo-fr 9-17 " + long + "}]", "queues: [{name: a, share: " + long + "}]", "queues: [{name: a, form: [{name: " + long + "}]}]",
		"chat: {prefix: " + long + "}", "chat: {system_mark: " + long + "}", "chat: {replies: [{name: " + long + ", text: x}]}",
		"session: {address: " + long + "}", "web: {public_url: " + long + "}", "web: {queues: [" + long + "]}", "http: {listen: " + long + "}",
		"roster: {ejabberd_api: " + long + "}", "sms: {smpp: [{name: m, address: " + long + ", system_id: b, password: p, numbers: [" + long + "]}]}",
		"log: {level: " + long + "}", "queues: [{name: " + strings.ToUpper(long[:1000]) + "}]", "queues: [{name: " + long[:1000] + "}, {name: a, overflow: unknown}]",
	} {
		_, err := load(t, "baton.yaml", minimal+more+"\n")
		require.Error(t, err, more[:30])
		require.NotContains(t, strings.ToLower(err.Error()), long[:61], more[:30])
	}
	domain := long[:63] + "." + long[:63] + ".example"
	for _, agents := range []string{"domains: [" + long + "]", "domains: [a@" + domain + "]", "domains: [xn--" + long[:900] + "]",
		"domains: [example.com], list: [{jid: a@xn--" + long[:900] + "}]", "domains: [example.com], list: [{jid: a@" + domain + "}]", "domains: [" + domain + "], list: [{jid: a@example.com}]", "domains: [example.com], list: [{jid: " + long + "}]",
		"domains: [example.com], list: [{jid: " + long[:1000] + "@example.com/x}]", "domains: [example.com], list: [{jid: " + long[:1000] + "@example.org}]",
		"domains: [example.com], list: [{jid: a@example.com, lang: " + long + "}]", "domains: [example.com], list: [{jid: a@example.com, skills: [" + long + "]}]",
		"domains: [example.com], list: [{jid: a@example.com, name: " + long + "}]", "domains: [example.com], list: [{jid: a@example.com, queues: [" + long + "]}]"} {
		_, err := load(t, "baton.yaml", strings.Replace(minimal, "domains: [example.com]", agents, 1))
		require.Error(t, err, agents[:30])
		require.NotContains(t, err.Error(), long[:61], agents[:30])
	}
	_, err := office(t, "").With(Entry{AgentEntry, "", Settings{"jid": long[:1000] + "@example.com", "capacity": "0"}})
	require.ErrorContains(t, err, "capacity: found 0")
	require.NotContains(t, err.Error(), long[:61])
	// Where a file is, is said in full: it has to be found.
	name := t.TempDir() + "/" + long[:200]
	_, err = load(t, "baton.yaml", strings.Replace(minimal, "secret: s3cret", "secret_file: "+name, 1))
	require.ErrorContains(t, err, name)
}

// A skill is there once, as it was written first.
func TestSkillsOnce(t *testing.T) {
	text := strings.Replace(minimal, "domains: [example.com]", "domains: [example.com], list: [{jid: a@example.com, skills: [Français, vip, FRANÇAIS, VIP, de, vip ]}]", 1)
	cfg, err := load(t, "baton.yaml", text)
	require.NoError(t, err)
	require.Equal(t, []string{"Français", "vip", "de"}, cfg.Agents.List[0].Skills)
	base := office(t, "")
	was := []any{"fr", "FR", "en"}
	got, err := base.With(agentWith("skills", was))
	require.NoError(t, err)
	require.Equal(t, []string{"fr", "en"}, got.Agents.List[0].Skills)
	require.Equal(t, []any{"fr", "FR", "en"}, was, "what it was made of changed")
}

// A path in a list that was set as a whole by the environment counts from the working directory, as any other there.
func TestPathsOfListsInTheEnvironment(t *testing.T) {
	t.Chdir(t.TempDir())
	require.NoError(t, os.Mkdir("etc", 0o700))
	require.NoError(t, os.WriteFile("here.pem", testCA(t), 0o644))
	require.NoError(t, os.WriteFile("etc/there.pem", testCA(t), 0o644))
	bind := "[{name: m, address: 'localhost:2775', system_id: b, password: p, numbers: ['+15551234567'], tls: {ca_file: %s}}]"
	text := minimal + "queues: [{name: support}]\n"
	require.NoError(t, os.WriteFile("etc/baton.yaml", []byte(text+"sms: {smpp: "+fmt.Sprintf(bind, "there.pem")+"}\n"), 0o600))
	cfg, err := Load("etc/baton.yaml", nil)
	require.NoError(t, err)
	require.Equal(t, "etc/there.pem", cfg.SMS.SMPP[0].TLS.CAFile)
	t.Setenv("BATON_SMS_SMPP", fmt.Sprintf(bind, "here.pem"))
	cfg, err = Load("etc/baton.yaml", nil)
	require.NoError(t, err)
	require.Equal(t, "here.pem", cfg.SMS.SMPP[0].TLS.CAFile)
}
