package config

import (
	"log/slog"
	"path/filepath"
	"strings"
	"time"

	"mellium.im/xmpp/jid"
)

// Config is everything the operator decides. A value from [Load] is complete: defaults are filled in, secrets read,
// every name checked.
type Config struct {
	Component Component `mapstructure:"component"`
	Store     Store     `mapstructure:"store"`
	DataDir   string    `mapstructure:"data_dir"` // folder for what the service keeps
	Agents    Agents    `mapstructure:"agents"`
	Queues    []Queue   `mapstructure:"queues"`
	Offer     Offer     `mapstructure:"offer"`
	Session   Session   `mapstructure:"session"`
	Chat      Chat      `mapstructure:"chat"`
	Transfer  Transfer  `mapstructure:"transfer"`
	Archive   Archive   `mapstructure:"archive"`
	Roster    Roster    `mapstructure:"roster"`
	Limits    Limits    `mapstructure:"limits"`
	HTTP      HTTP      `mapstructure:"http"`
	Web       Web       `mapstructure:"web"`
	SMS       SMS       `mapstructure:"sms"`
	Log       Log       `mapstructure:"log"`
}

// Component is the link to the XMPP server (XEP-0114).
type Component struct {
	Domain     string   `mapstructure:"domain"`
	Address    Endpoint `mapstructure:"address"`
	Secret     Secret   `mapstructure:"secret"`      // after Load also holds what secret_file said
	SecretFile string   `mapstructure:"secret_file"` // instead of secret
	Insecure   bool     `mapstructure:"insecure"`    // allows a plain link to another machine
	TLS        *TLS     `mapstructure:"tls"`         // nil: a plain link
}

// TLS is how the server's certificate is checked; the zero value trusts the system's authorities and expects the host of
// component.address.
type TLS struct {
	CAFile     string `mapstructure:"ca_file"`
	ServerName string `mapstructure:"server_name"`
}

// Agents says who may hold sessions.
type Agents struct {
	Domains []string `mapstructure:"domains"` // only accounts of these can be agents
	List    []Agent  `mapstructure:"list"`
}

// Agent is a person or bot that can hold sessions.
type Agent struct {
	JID      jid.JID  `mapstructure:"jid"` // bare
	Name     string   `mapstructure:"name"`
	Queues   []string `mapstructure:"queues"`
	Roles    []Role   `mapstructure:"roles"` // default [agent]
	Kind     Kind     `mapstructure:"kind"`
	Capacity int      `mapstructure:"capacity"` // sessions at a time
	Skills   []string `mapstructure:"skills"`
	Lang     string   `mapstructure:"lang"` // BCP 47, as in xml:lang
}

// Queue is one address callers write to: <Name>@<component domain>.
type Queue struct {
	Name     string `mapstructure:"name"`     // localpart of the queue's address
	Title    string `mapstructure:"title"`    // for people; default: Name
	Greeting string `mapstructure:"greeting"` // sent when a session opens; empty: nothing
	Away     string `mapstructure:"away"`     // sent outside Hours
	Assign   Assign `mapstructure:"assign"`
	Ring     Ring   `mapstructure:"ring"`
	Overflow string `mapstructure:"overflow"` // another queue's name; empty: none

	OverflowAfter time.Duration `mapstructure:"overflow_after"` // default 2m where there is an overflow
	TellPosition  bool          `mapstructure:"tell_position"`  // callers are told their place while they wait

	Hours Hours `mapstructure:"hours"`
	Share Share `mapstructure:"share"` // default: transfer.share

	Form []Field `mapstructure:"form"` // what the chat page asks first; empty: the name
}

// Offer is about asking an agent to take a session.
type Offer struct {
	Timeout time.Duration `mapstructure:"timeout"` // unanswered for this long, it is closed
}

// Session is about the life of conversations.
type Session struct {
	Idle    time.Duration `mapstructure:"idle"`    // silence after which a session ends; 0: never
	Grace   time.Duration `mapstructure:"grace"`   // how long an agent may be offline before their sessions go back; 0: for ever
	Memory  time.Duration `mapstructure:"memory"`  // how long a returning caller finds the same conversation
	Address string        `mapstructure:"address"` // localpart of conversations, from {name} and {id}
}

// Localpart fills the template of conversation addresses.
func (s Session) Localpart(name, id string) string {
	return strings.NewReplacer("{name}", name, "{id}", id).Replace(s.Address)
}

// Chat is what agents see and type in a stock client.
type Chat struct {
	Prefix     string        `mapstructure:"prefix"`      // starts a command
	SystemMark string        `mapstructure:"system_mark"` // starts a line of the service
	Settle     time.Duration `mapstructure:"settle"`      // pause between the handover message and live lines
	Replies    []Reply       `mapstructure:"replies"`     // canned replies, for !r
}

// Reply is a canned reply.
type Reply struct {
	Name string `mapstructure:"name"` // one word, typed behind !r
	Text string `mapstructure:"text"`
}

// Transfer is about handing sessions on.
type Transfer struct {
	MaxHops    int   `mapstructure:"max_hops"`
	TellCaller bool  `mapstructure:"tell_caller"`
	Share      Share `mapstructure:"share"` // for transfers and queues that do not say
}

// Archive is about the dialog after it was said.
type Archive struct {
	FormerHolder FormerHolder  `mapstructure:"former_holder"`
	Retention    time.Duration `mapstructure:"retention"` // 0: kept for ever
	ServerCopy   ServerCopy    `mapstructure:"server_copy"`
}

// Roster is about the conversation's contact in the holder's roster.
type Roster struct {
	Strategy    Strategy `mapstructure:"strategy"`
	Group       string   `mapstructure:"group"`        // roster group, from {queue}
	EjabberdAPI string   `mapstructure:"ejabberd_api"` // base URL of mod_http_api
}

// GroupFor fills the template of roster groups.
func (r Roster) GroupFor(queue string) string {
	return strings.ReplaceAll(r.Group, "{queue}", queue)
}

// Limits bound what others can make the service do.
type Limits struct {
	Stanza ByteSize `mapstructure:"stanza"` // one stanza, encoded
	Body   ByteSize `mapstructure:"body"`   // one message body
	Rate   Rate     `mapstructure:"rate"`   // messages of one sender
	Inbox  int      `mapstructure:"inbox"`  // messages waiting in one conversation

	CommitInterval time.Duration `mapstructure:"commit_interval"` // the shortest time between two commits; 0: none
}

// HTTP is the service's web server.
type HTTP struct {
	Listen string `mapstructure:"listen"` // host:port; empty: none
}

// Log is what the service says about itself. Message bodies are never logged.
type Log struct {
	Level  LogLevel  `mapstructure:"level"`
	Format LogFormat `mapstructure:"format"`
}

// Default returns the settings that hold when nothing is said. It lacks what only the operator knows: component.domain,
// component.secret and agents.domains.
func Default() Config {
	return Config{
		Component: Component{Address: Endpoint{Network: "tcp", Address: "127.0.0.1:5347"}},
		Store:     Store{Engine: SQLite, Source: "baton.db"},
		DataDir:   "/var/lib/baton",
		Offer:     Offer{Timeout: time.Minute},
		Session:   Session{Idle: 4 * time.Hour, Grace: 2 * time.Minute, Memory: 720 * time.Hour, Address: "{name}.{id}"},
		Chat:      Chat{Prefix: "!", SystemMark: "⚙ ", Settle: 1500 * time.Millisecond},
		Transfer:  Transfer{MaxHops: 8, TellCaller: true, Share: Share{Mode: ShareAll}},
		Archive:   Archive{FormerHolder: FormerNone, Retention: 8760 * time.Hour, ServerCopy: CopyKeep},
		Roster:    Roster{Strategy: RosterAuto, Group: "Handoff: {queue}", EjabberdAPI: "http://127.0.0.1:5280/api"},
		Limits:    Limits{Stanza: 64 << 10, Body: 16 << 10, Rate: Rate{Count: 20, Per: time.Second}, Inbox: 256},
		HTTP:      HTTP{Listen: "127.0.0.1:8080"},
		Web:       defaultWeb(),
		SMS:       defaultSMS(),
		Log:       Log{Level: "info", Format: LogText},
	}
}

// StorePath is the file of an SQLite store; empty for another engine.
func (c Config) StorePath() string {
	switch {
	case c.Store.Engine != SQLite:
		return ""
	case filepath.IsAbs(c.Store.Source):
		return c.Store.Source
	}
	return filepath.Join(c.DataDir, c.Store.Source)
}

// Queue finds a queue by its name.
func (c Config) Queue(name string) (Queue, bool) {
	for _, q := range c.Queues {
		if q.Name == name {
			return q, true
		}
	}
	return Queue{}, false
}

// Agent finds an agent by address; a resource makes no difference.
func (c Config) Agent(j jid.JID) (Agent, bool) {
	for _, a := range c.Agents.List {
		if a.JID.Equal(j.Bare()) {
			return a, true
		}
	}
	return Agent{}, false
}

// Slog is the level in the terms of log/slog.
func (l LogLevel) Slog() slog.Level {
	var level slog.Level
	_ = level.UnmarshalText([]byte(l)) // the four words were checked by Load
	return level
}
