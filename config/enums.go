package config

// Role is what an agent may do.
type Role string

// Roles of an agent.
const (
	RoleAgent      Role = "agent"
	RoleSupervisor Role = "supervisor"
	RoleAdmin      Role = "admin"
)

// Kind tells people from programs.
type Kind string

// Kinds of agent.
const (
	Person Kind = "person"
	Bot    Kind = "bot"
)

// Assign says how a queue gives a session to an agent.
type Assign string

// Ways to assign: ask first, or simply hand it over.
const (
	AssignOffer Assign = "offer"
	AssignAuto  Assign = "auto"
)

// Ring says how many agents are asked at a time.
type Ring string

// Ways to ring.
const (
	RingOne Ring = "one"
	RingAll Ring = "all"
)

// FormerHolder says what a former holder may still read.
type FormerHolder string

// What a former holder may still read: nothing, or what they took part in.
const (
	FormerNone FormerHolder = "none"
	FormerOwn  FormerHolder = "own"
)

// ServerCopy says what becomes of the copy in the former holder's own server-side archive.
type ServerCopy string

// Fates of the server-side copy.
const (
	CopyKeep   ServerCopy = "keep"
	CopyRemove ServerCopy = "remove"
	CopyMove   ServerCopy = "move"
)

// Strategy is the way contacts get into rosters.
type Strategy string

// Roster strategies; auto takes what the server grants.
const (
	RosterAuto        Strategy = "auto"
	RosterPrivilege   Strategy = "privilege" // XEP-0356
	RosterEjabberdAPI Strategy = "ejabberd-api"
	RosterSubscribe   Strategy = "subscribe"
	RosterNone        Strategy = "none"
)

// LogLevel is the least important line that is still written.
type LogLevel string

// LogFormat is the form of log lines.
type LogFormat string

// Forms of log lines.
const (
	LogText LogFormat = "text"
	LogJSON LogFormat = "json"
)

// enum is a setting that takes one of a few words.
type enum interface{ words() []string }

func (Role) words() []string         { return []string{"agent", "supervisor", "admin"} }
func (Kind) words() []string         { return []string{"person", "bot"} }
func (Assign) words() []string       { return []string{"offer", "auto"} }
func (Ring) words() []string         { return []string{"one", "all"} }
func (FormerHolder) words() []string { return []string{"none", "own"} }
func (ServerCopy) words() []string   { return []string{"keep", "remove", "move"} }
func (Strategy) words() []string {
	return []string{"auto", "privilege", "ejabberd-api", "subscribe", "none"}
}
func (LogLevel) words() []string  { return []string{"debug", "info", "warn", "error"} }
func (LogFormat) words() []string { return []string{"text", "json"} }
