package config

import (
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/spf13/pflag"
	"github.com/stretchr/testify/require"
	"mellium.im/xmpp/jid"
)

var update = flag.Bool("update", false, "write the golden error texts anew")

const minimal = "component: {domain: handoff.example.com, secret: s3cret}\nagents: {domains: [example.com]}\n"

// samples copies testdata into a new folder, for its owner only, goes there and returns the names that match.
func samples(t *testing.T, pattern string) []string {
	t.Helper()
	files, err := filepath.Glob(filepath.Join("..", "testdata", "config", pattern))
	require.NoError(t, err)
	require.NotEmpty(t, files)
	dir := t.TempDir()
	var names []string
	for _, f := range files {
		data, err := os.ReadFile(f)
		require.NoError(t, err)
		require.NoError(t, os.WriteFile(filepath.Join(dir, filepath.Base(f)), data, 0o600))
		names = append(names, filepath.Base(f))
	}
	t.Chdir(dir)
	return names
}

// Every bad file has its whole message beside it, as a person would read it.
func TestErrorTexts(t *testing.T) {
	golden, err := filepath.Abs(filepath.Join("..", "testdata", "config"))
	require.NoError(t, err)
	for _, name := range samples(t, "bad-*") {
		if strings.HasSuffix(name, ".txt") {
			continue
		}
		t.Run(name, func(t *testing.T) {
			_, err := Load(name, nil)
			require.Error(t, err)
			require.NotContains(t, err.Error(), "s3cret")
			require.NotContains(t, err.Error(), "hunter2")
			file := filepath.Join(golden, name+".txt")
			if *update {
				require.NoError(t, os.WriteFile(file, []byte(err.Error()+"\n"), 0o644))
			}
			want, readErr := os.ReadFile(file)
			require.NoError(t, readErr)
			require.Equal(t, string(want), err.Error()+"\n")
		})
	}
}

func TestGoodFiles(t *testing.T) {
	for _, name := range samples(t, "good-*") {
		_, err := Load(name, nil)
		require.NoError(t, err, name)
	}
}

// The three formats say the same.
func TestFullConfiguration(t *testing.T) {
	samples(t, "good-full.*")
	want := Config{
		Component: Component{Domain: "handoff.example.com", Address: Endpoint{"tcp", "[::1]:5347"}, Secret: "s3cret"},
		Store:     Store{Postgres, "postgres://baton:pg-pass@db.example.com/baton?sslmode=require"},
		DataDir:   "state",
		Agents: Agents{Domains: []string{"example.com", "example.org"}, List: []Agent{
			{JID: jid.MustParse("alice@example.com"), Name: "Alice", Queues: []string{"support"}, Roles: []Role{RoleAgent},
				Kind: Person, Capacity: 2, Skills: []string{"fr"}, Lang: "fr"},
			{JID: jid.MustParse("robo@example.org"), Queues: []string{"support", "billing"}, Roles: []Role{RoleAgent},
				Kind: Bot, Capacity: 4},
		}},
		Queues: []Queue{
			{Name: "support", Title: "support", Greeting: "Hello, one moment please.", Away: "Later.", Assign: AssignAuto,
				Ring: RingAll, Overflow: "billing", OverflowAfter: 2 * time.Minute, Hours: mustHours(t, "mo-fr 09:00-17:00 Europe/Berlin"), Share: Share{ShareLast, 20}},
			{Name: "billing", Title: "Billing", Assign: AssignOffer, Ring: RingOne, Share: Share{Mode: ShareNone}},
		},
		Offer:    Offer{30 * time.Second},
		Session:  Session{0, 5 * time.Minute, 24 * time.Hour, "{id}.{name}"},
		Chat:     Chat{Prefix: "/", SystemMark: "* ", Settle: 2 * time.Second},
		Transfer: Transfer{3, false, Share{Mode: ShareNone}},
		Archive:  Archive{FormerOwn, 0, CopyMove},
		Roster:   Roster{RosterEjabberdAPI, "Baton {queue}", "https://xmpp.example.com/api"},
		Limits:   Limits{1 << 20, 2048, Rate{100, time.Minute}, 8, 2 * time.Millisecond},
		HTTP:     HTTP{":8080"},
		Web: Web{Enabled: true, PublicURL: "https://chat.example.com", Queues: []string{"support"},
			EmbedOrigins: []string{"https://www.example.com", "http://localhost:3000"}, TrustedProxies: []string{"127.0.0.1", "10.0.0.0/8"},
			IdentitySecret: "0123456789abcdef0123456789abcdef", Sessions: Rate{5, time.Minute}, Messages: Rate{2, time.Second},
			Files: WebFiles{1 << 20, 2 << 20, []string{"image/png"}}},
		SMS: SMS{MaxSegments: 10, TellSegments: true, SMPP: []SMPP{{Name: "main", Address: "smpp.example.net:2775", SystemID: "baton",
			Password: "sms-pass", Numbers: []string{"+15551234567"}, Window: 10, Coding0: "gsm7", Coding1: "ascii", Long: "udh",
			ReceiptIDs: "same"}}},
		Log: Log{"debug", LogJSON},
	}
	for _, name := range []string{"good-full.yaml", "good-full.toml", "good-full.json"} {
		got, err := Load(name, nil)
		require.NoError(t, err, name)
		require.Equal(t, want, got, name)
	}
}

func TestEmptyTLSSectionAsksForTLS(t *testing.T) {
	samples(t, "good-tls.yaml")
	cfg, err := Load("good-tls.yaml", nil)
	require.NoError(t, err)
	require.Equal(t, &TLS{}, cfg.Component.TLS)
}

func TestEnvironmentAlone(t *testing.T) {
	t.Setenv("BATON_COMPONENT_DOMAIN", "handoff.example.com")
	t.Setenv("BATON_COMPONENT_SECRET", "s3cret")
	t.Setenv("BATON_COMPONENT_ADDRESS", "xmpp.example.com:5347")
	t.Setenv("BATON_COMPONENT_TLS_SERVER_NAME", "server.example")
	t.Setenv("BATON_AGENTS_DOMAINS", "example.com, example.org")
	t.Setenv("BATON_AGENTS_LIST", `[{"jid": "alice@example.com", "queues": ["support"]}]`)
	t.Setenv("BATON_QUEUES", "- {name: support, assign: auto}\n- {name: billing}")
	t.Setenv("BATON_OFFER_TIMEOUT", "5s")
	t.Setenv("BATON_LIMITS_STANZA", "128KiB")
	t.Setenv("BATON_LIMITS_INBOX", "7")
	t.Setenv("BATON_TRANSFER_TELL_CALLER", "false")
	t.Setenv("BATON_WEB_EMBED_ORIGINS", `["https://a.example"]`)
	t.Setenv("BATON_STORE", "")
	cfg, err := Load("", nil)
	require.NoError(t, err)

	want := Default()
	want.Component = Component{Domain: "handoff.example.com", Secret: "s3cret", Address: Endpoint{"tcp", "xmpp.example.com:5347"},
		TLS: &TLS{ServerName: "server.example"}}
	want.Agents = Agents{Domains: []string{"example.com", "example.org"}, List: []Agent{{JID: jid.MustParse("alice@example.com"),
		Queues: []string{"support"}, Roles: []Role{RoleAgent}, Kind: Person, Capacity: 4}}}
	want.Queues = []Queue{
		{Name: "support", Title: "support", Assign: AssignAuto, Ring: RingOne, Share: Share{Mode: ShareAll}},
		{Name: "billing", Title: "billing", Assign: AssignOffer, Ring: RingOne, Share: Share{Mode: ShareAll}},
	}
	want.Offer.Timeout, want.Limits.Stanza, want.Limits.Inbox = 5*time.Second, 128<<10, 7
	want.Transfer.TellCaller, want.Web.EmbedOrigins = false, []string{"https://a.example"}
	require.Equal(t, want, cfg)
}

func TestNothingGiven(t *testing.T) {
	_, err := Load("", nil)
	require.EqualError(t, err, `4 problems in the configuration:
  no configuration file was named; pass --config FILE (YAML, TOML or JSON), or set everything by BATON_… variables
  component.domain: missing; write the address the XMPP server knows this service by, for example handoff.example.com
  component.secret: missing; write the secret the XMPP server has for this component, or component.secret_file with the name of a file that holds it, or set BATON_COMPONENT_SECRET
  agents.domains: missing; write the domains whose accounts may be agents, for example [example.com]`)
}

func TestEnvironmentErrors(t *testing.T) {
	for name, value := range map[string]string{
		"BATON_COMPONENT_SECERT": "s3cret", "BATON_LOG": "debug", "BATON_QUEUES_0_NAME": "support", "BATON_STOER": "sqlite:x",
		"BATON_OFFER_TIMEOUT": "60", "BATON_LIMITS_INBOX": "many", "BATON_TRANSFER_TELL_CALLER": "yes", "BATON_SMS_SMPP": "main",
		"BATON_AGENTS_LIST": "[{jid: alice@elsewhere.example, rolls: []}]", "BATON_CHAT_PREFIX": "x",
		// of no concern here
		"BATON_CONFIG": "x", "BATON_WEB_SERVICE_HOST": "10.0.0.1", "BATON_WEB_PORT_80_TCP": "tcp://10.0.0.1:80", "BATON_DEMO_KEEP": "1",
	} {
		t.Setenv(name, value)
	}
	_, err := load(t, "baton.yaml", minimal+"chat: {prefix: \"!\"}\n")
	require.EqualError(t, err, `10 problems in the configuration:
  environment BATON_COMPONENT_SECERT: unknown variable; did you mean BATON_COMPONENT_SECRET?
  environment BATON_LOG: unknown variable; known: BATON_LOG_LEVEL, BATON_LOG_FORMAT
  environment BATON_QUEUES_0_NAME: unknown variable; known: BATON_QUEUES
  environment BATON_STOER: unknown variable; did you mean BATON_STORE?
  environment BATON_AGENTS_LIST: agents.list[0].rolls: unknown key; did you mean agents.list[0].roles?
  environment BATON_OFFER_TIMEOUT: offer.timeout: found "60"; write a duration such as 60s, 15m or 4h
  environment BATON_TRANSFER_TELL_CALLER: transfer.tell_caller: found "yes"; write true or false
  environment BATON_LIMITS_INBOX: limits.inbox: found "many"; write a whole number
  environment BATON_SMS_SMPP: sms.smpp: found text that is no list; write it as YAML or JSON: [{key: value}, {key: value}]
  environment BATON_CHAT_PREFIX: chat.prefix: found "x"; write one to four signs that no sentence begins with, for example "!"`)
}

func TestPrecedence(t *testing.T) {
	file := minimal + "offer: {timeout: 10s}\nsession: {idle: 10s}\nhttp: {listen: 127.0.0.1:1}\nlog: {level: warn}\n"
	t.Setenv("BATON_SESSION_IDLE", "20s")
	t.Setenv("BATON_HTTP_LISTEN", "127.0.0.1:2")
	t.Setenv("BATON_LOG_FORMAT", "json")
	flags := pflag.NewFlagSet("baton", pflag.ContinueOnError)
	AddFlags(flags)
	flags.String("config", "", "")
	flags.Duration("chat-settle", time.Hour, "") // any key can be a flag; its default does not count
	flags.StringSlice("agents-domains", nil, "")
	flags.Int("limits-inbox", 1, "")
	require.NoError(t, flags.Parse([]string{"--http-listen=127.0.0.1:3", "--agents-domains=a.example,b.example", "--limits-inbox=9",
		"--data-dir=state"}))

	t.Chdir(t.TempDir())
	require.NoError(t, os.Mkdir("etc", 0o700))
	require.NoError(t, os.WriteFile("etc/baton.yaml", []byte(file), 0o600))
	cfg, err := Load("etc/baton.yaml", flags)
	require.NoError(t, err)
	require.Equal(t, 10*time.Second, cfg.Offer.Timeout, "the file beats the default")
	require.Equal(t, 20*time.Second, cfg.Session.Idle, "the environment beats the file")
	require.Equal(t, "127.0.0.1:3", cfg.HTTP.Listen, "a flag beats the environment")
	require.Equal(t, Log{"warn", LogJSON}, cfg.Log, "neighbours are left alone")
	require.Equal(t, Default().Chat.Settle, cfg.Chat.Settle)
	require.Equal(t, []string{"a.example", "b.example"}, cfg.Agents.Domains)
	require.Equal(t, 9, cfg.Limits.Inbox)
	require.Equal(t, "state", cfg.DataDir, "a flag's path counts from the working directory")
}

func TestFlagErrors(t *testing.T) {
	flags := pflag.NewFlagSet("baton", pflag.ContinueOnError)
	AddFlags(flags)
	require.NoError(t, flags.Parse([]string{"--store=mysql:x", "--http-listen=8080", "--log-level=loud"}))
	t.Chdir(t.TempDir())
	require.NoError(t, os.WriteFile("baton.yaml", []byte(minimal), 0o600))
	_, err := Load("baton.yaml", flags)
	require.EqualError(t, err, `3 problems in the configuration:
  flag --store: store: found "mysql:x"; write sqlite:FILE or postgres://user:password@host/database
  flag --log-level: log.level: found "loud"; write debug, info, warn or error
  flag --http-listen: http.listen: found "8080"; write host:port, for example 127.0.0.1:8080`)
}

func TestPathsCountFromTheFile(t *testing.T) {
	t.Chdir(t.TempDir())
	require.NoError(t, os.Mkdir("etc", 0o700))
	require.NoError(t, os.WriteFile("etc/secret", []byte("from a file\n"), 0o600))
	text := strings.Replace(minimal, "secret: s3cret", "secret_file: secret", 1) + "data_dir: ../state\n"
	require.NoError(t, os.WriteFile("etc/baton.yaml", []byte(text), 0o644), "it holds no secret")
	cfg, err := Load("etc/baton.yaml", nil)
	require.NoError(t, err)
	require.Equal(t, "from a file", cfg.Component.Secret.Reveal())
	require.Equal(t, filepath.Join("state", "baton.db"), cfg.StorePath())
}

func TestUnusableFiles(t *testing.T) {
	t.Chdir(t.TempDir())
	require.NoError(t, os.Mkdir("folder.yaml", 0o700))
	_, err := Load("absent.yaml", nil)
	require.EqualError(t, err, "absent.yaml: there is no such file; pass the right one with --config FILE")
	_, err = Load("folder.yaml", nil)
	require.EqualError(t, err, "folder.yaml: this is no regular file; pass the right one with --config FILE")
}

func FuzzLoad(f *testing.F) {
	files, _ := filepath.Glob(filepath.Join("..", "testdata", "config", "*.*"))
	for _, name := range files {
		data, err := os.ReadFile(name)
		require.NoError(f, err)
		for format := range uint8(3) {
			f.Add(data, format)
		}
	}
	f.Add([]byte(Example()), uint8(0))
	dir := f.TempDir()
	f.Fuzz(func(t *testing.T, data []byte, format uint8) {
		name := filepath.Join(dir, "baton"+[]string{".yaml", ".toml", ".json"}[format%3])
		require.NoError(t, os.WriteFile(name, data, 0o600))
		cfg, err := Load(name, nil)
		if err == nil {
			require.NotEmpty(t, cfg.Component.Domain)
			require.NotEmpty(t, cfg.Component.Secret)
			require.NotEmpty(t, cfg.Agents.Domains)
			return
		}
		wrong, ok := err.(*Error)
		require.True(t, ok, "%T %v", err, err)
		for _, p := range wrong.Problems {
			require.NotEmpty(t, p.Text)
		}
	})
}
