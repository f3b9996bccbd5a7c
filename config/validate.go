package config

import (
	"fmt"
	"net"
	"net/url"
	"regexp"
	"strings"
	"time"
	"unicode"

	"mellium.im/xmpp/jid"
)

// validator checks what single values cannot show, and fills in what follows from other settings.
type validator struct {
	*problems
	sources
	cfg *Config
}

// say reports a problem where the key was set.
func (v *validator) say(key, format string, args ...any) {
	v.add(v.at(key), key, format, args...)
}

func (v *validator) all() {
	v.component()
	v.queues()
	v.agents()
	v.durations()
	v.chat()
	v.replies()
	v.numbers()
	v.templates()
	v.web()
	v.chatPage()
	v.sms()
	v.cfg.DataDir = v.resolve("data_dir", v.cfg.DataDir)
	if v.cfg.DataDir == "" {
		v.say("data_dir", "found \"\"; write a folder, for example /var/lib/baton")
	}
}

func (v *validator) component() {
	c := &v.cfg.Component
	if c.Domain == "" {
		v.say("component.domain", "missing; write the address the XMPP server knows this service by, for example handoff.example.com")
	} else {
		c.Domain = v.domain("component.domain", c.Domain, "handoff.example.com")
	}
	v.secret(c)
	if c.Insecure && c.TLS != nil {
		v.say("component.insecure", "found true beside component.tls; remove one of them")
	}
	unsure := v.about("component.tls") || v.about("component.insecure")
	if !c.Address.Local() && !c.Insecure && c.TLS == nil && !unsure {
		v.say("component.address", "found %s, which is another machine, and a plain link would show the secret and all messages; "+
			"write component.tls (tls: {} trusts the system's authorities), or component.insecure: true if the network is your own", c.Address)
	}
	if c.TLS != nil && c.TLS.CAFile != "" {
		c.TLS.CAFile = v.resolve("component.tls.ca_file", c.TLS.CAFile)
		if _, err := c.TLSConfig(); err != nil {
			v.say("component.tls.ca_file", "%s", err)
		}
	}
}

func (v *validator) secret(c *Component) {
	switch {
	case c.Secret != "" && c.SecretFile != "":
		v.say("component.secret_file", "component.secret is set too (%s); keep one of them", v.at("component.secret").label)
	case c.SecretFile != "":
		c.SecretFile = v.resolve("component.secret_file", c.SecretFile)
		secret, err := readSecret(c.SecretFile)
		if err != nil {
			v.say("component.secret_file", "%s", err)
		}
		c.Secret = secret
	case c.Secret == "" && !v.about("component.secret_file"):
		v.say("component.secret", "missing; write the secret the XMPP server has for this component, "+
			"or component.secret_file with the name of a file that holds it, or set %s", envName("component.secret"))
	}
}

// domain checks a bare domain and returns its canonical form.
func (v *validator) domain(key, text, example string) string {
	j, err := jid.Parse(text)
	switch {
	case err != nil:
		v.say(key, "found %q; write a domain such as %s (%s)", text, example, plain(err))
	case j.Localpart() != "" || j.Resourcepart() != "":
		v.say(key, "found %q; write only the domain: %s", text, clip(j.Domainpart()))
	}
	return j.Domainpart()
}

// between reports a value outside its range; the zero T stands for no upper end.
func between[T int | ByteSize | time.Duration](v *validator, key string, value, low, high T) {
	switch {
	case high != 0 && (value < low || value > high):
		v.say(key, "found %s; write a value from %s to %s", short(value), short(low), short(high))
	case value < low:
		v.say(key, "found %s; write %s or more", short(value), short(low))
	}
}

// short writes a number, size or duration without the empty ends of 24h0m0s.
func short(value any) string {
	text := fmt.Sprint(value)
	for _, end := range []string{"m0s", "h0m"} {
		if strings.HasSuffix(text, end) {
			text = text[:len(text)-2]
		}
	}
	return text
}

func (v *validator) durations() {
	c := v.cfg
	between(v, "offer.timeout", c.Offer.Timeout, 100*time.Millisecond, 24*time.Hour)
	between(v, "session.idle", c.Session.Idle, 0, 0)
	between(v, "session.grace", c.Session.Grace, 0, 0)
	between(v, "session.memory", c.Session.Memory, time.Second, 0)
	between(v, "chat.settle", c.Chat.Settle, 0, time.Minute)
	between(v, "archive.retention", c.Archive.Retention, 0, 0)
}

func (v *validator) numbers() {
	c := v.cfg
	between(v, "transfer.max_hops", c.Transfer.MaxHops, 1, 100)
	// RFC 6120 section 13.12: a limit on stanzas must not be smaller than 10000 bytes.
	between(v, "limits.stanza", c.Limits.Stanza, 10000, 16<<20)
	between(v, "limits.body", c.Limits.Body, 1, 16<<20)
	between(v, "limits.inbox", c.Limits.Inbox, 1, 1_000_000)
	between(v, "limits.commit_interval", c.Limits.CommitInterval, 0, 100*time.Millisecond)
	if c.Limits.Body > c.Limits.Stanza {
		v.say("limits.body", "found %s, more than a whole stanza may have (limits.stanza is %s); write less here or more there",
			c.Limits.Body, c.Limits.Stanza)
	}
	if c.Limits.Rate.Count < 1 {
		v.say("limits.rate", "found %s; write at least 1, for example 20/s", c.Limits.Rate)
	}
}

func (v *validator) chat() {
	c := v.cfg.Chat
	plainWord := func(r rune) bool {
		return unicode.IsLetter(r) || unicode.IsDigit(r) || unicode.IsSpace(r) || !unicode.IsPrint(r)
	}
	if n := len([]rune(c.Prefix)); n < 1 || n > 4 || strings.ContainsFunc(c.Prefix, plainWord) {
		v.say("chat.prefix", "found %q; write one to four signs that no sentence begins with, for example \"!\"", c.Prefix)
	}
	control := func(r rune) bool { return unicode.IsControl(r) }
	switch {
	case strings.TrimSpace(c.SystemMark) == "" || len(c.SystemMark) > 32 || strings.ContainsFunc(c.SystemMark, control):
		v.say("chat.system_mark", "found %q; write a short mark for the service's own lines, for example \"⚙ \"", c.SystemMark)
	case c.Prefix != "" && strings.HasPrefix(c.SystemMark, c.Prefix):
		v.say("chat.system_mark", "found %q, which begins like a command (chat.prefix is %q); write another mark, for example \"⚙ \"",
			c.SystemMark, c.Prefix)
	}
}

var placeholder = regexp.MustCompile(`\{[^{}]*\}`)

func (v *validator) templates() {
	s, r := v.cfg.Session, v.cfg.Roster
	v.placeholders("session.address", s.Address, "{name}", "{id}")
	// A full-length identifier in the middle of a name shows whether the rest may stand in a localpart.
	j, err := jid.New(s.Localpart("carol-jones", "k3v7tq2m"), "example.com", "")
	switch {
	case !strings.Contains(s.Address, "{id}"):
		v.say("session.address", "found %q; write {id} somewhere, or two callers of one name would share an address: {name}.{id}", s.Address)
	case err != nil || j.Localpart() != s.Localpart("carol-jones", "k3v7tq2m"):
		v.say("session.address", "found %q; write only what the part before the @ of an address may have, in small letters: {name}.{id}", s.Address)
	}
	v.placeholders("roster.group", r.Group, "{queue}")
	if strings.TrimSpace(r.Group) == "" {
		v.say("roster.group", "found %q; write a group's name, for example \"Handoff: {queue}\"", r.Group)
	}
}

// placeholders reports those a template cannot have.
func (v *validator) placeholders(key, template string, known ...string) {
	for _, p := range placeholder.FindAllString(template, -1) {
		if !strings.Contains(strings.Join(known, " "), p) {
			v.say(key, "found %s in %q; %s", p, template, didYouMean(p, known))
		}
	}
}

func (v *validator) web() {
	c := v.cfg
	if c.HTTP.Listen != "" {
		if err := checkHostPort(c.HTTP.Listen, 0, "127.0.0.1:8080"); err != nil {
			v.say("http.listen", "found %q; %s", c.HTTP.Listen, err)
		}
	} else if c.Web.Enabled {
		v.say("web.enabled", "found true, but http.listen is empty; write http.listen: 127.0.0.1:8080")
	}
	for i, origin := range c.Web.EmbedOrigins {
		u, err := url.Parse(origin)
		if err != nil || u.Scheme != "https" && u.Scheme != "http" || u.Host == "" || origin != u.Scheme+"://"+u.Host {
			v.say(item("web.embed_origins", i), "found %q; write scheme and host only, for example https://www.example.com",
				withoutPassword(origin))
		}
	}
	api := c.Roster.EjabberdAPI
	u, err := url.Parse(api)
	switch {
	case api == "" && c.Roster.Strategy != RosterEjabberdAPI:
	case err != nil || u.Scheme != "https" && u.Scheme != "http" || u.Host == "":
		v.say("roster.ejabberd_api", "found %q; write the address of mod_http_api, for example http://127.0.0.1:5280/api", withoutPassword(api))
	case u.Scheme == "http" && !(Endpoint{Network: "tcp", Address: net.JoinHostPort(u.Hostname(), "0")}).Local():
		v.say("roster.ejabberd_api", "found %q, which is another machine; write https://, or let ejabberd serve it on 127.0.0.1", withoutPassword(api))
	case u.User != nil:
		v.say("roster.ejabberd_api", "found a user name in the address; leave it out and grant the commands to this machine's address by ejabberd's api_permissions")
	}
}

// within is the end of a sentence that lists what there is.
func within(what string, names []string) string {
	if len(names) == 0 {
		return fmt.Sprintf("there are no %s in this configuration", what)
	}
	return fmt.Sprintf("%s: %s", what, strings.Join(clipAll(names), ", "))
}
