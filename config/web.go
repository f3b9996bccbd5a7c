package config

import (
	"net"
	"net/netip"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"time"
)

// Web is the chat page, at http.listen.
type Web struct {
	Enabled        bool     `mapstructure:"enabled"`
	PublicURL      string   `mapstructure:"public_url"`      // how browsers and agents reach it; empty: http:// and http.listen
	EmbedOrigins   []string `mapstructure:"embed_origins"`   // sites that may show it in a frame
	Queues         []string `mapstructure:"queues"`          // that visitors may write to; empty: all
	TrustedProxies []string `mapstructure:"trusted_proxies"` // addresses or networks whose X-Forwarded-For is believed
	IdentitySecret Secret   `mapstructure:"identity_secret"` // with which the site signs who its visitors are; empty: it does not
	StyleFile      string   `mapstructure:"style_file"`      // a style sheet of the operator's own
	Files          WebFiles `mapstructure:"files"`
	Sessions       Rate     `mapstructure:"sessions"` // begun from one address
	Messages       Rate     `mapstructure:"messages"` // of one visitor
}

// WebFiles is what visitors may send.
type WebFiles struct {
	Max   ByteSize `mapstructure:"max"`   // one file; 0: none can be sent
	Total ByteSize `mapstructure:"total"` // all of them together
	Types []string `mapstructure:"types"` // media types; empty: those of Accepted
}

// Accepted returns the media types that may be sent.
func (f WebFiles) Accepted() []string {
	if len(f.Types) > 0 {
		return f.Types
	}
	return []string{"image/png", "image/jpeg", "image/gif", "image/webp", "application/pdf", "text/plain"}
}

// defaultWeb is Web when nothing is said.
func defaultWeb() Web {
	return Web{Files: WebFiles{Max: 10 << 20, Total: 1 << 30}, Sessions: Rate{Count: 20, Per: time.Hour}, Messages: Rate{Count: 30, Per: time.Minute}}
}

// Field is a question of a queue's form, asked before a chat begins on the page. The one named "name" is what the
// visitor is called.
type Field struct {
	Name     string    `mapstructure:"name"`
	Label    string    `mapstructure:"label"` // what is asked
	Type     FieldType `mapstructure:"type"`
	Required bool      `mapstructure:"required"`
	Options  []string  `mapstructure:"options"` // of type choice
}

// FieldType says what a field takes.
type FieldType string

// Types of fields.
const (
	FieldText   FieldType = "text"
	FieldEmail  FieldType = "email"
	FieldTel    FieldType = "tel"
	FieldChoice FieldType = "choice"
)

func (t FieldType) String() string { return string(t) }
func (FieldType) words() []string  { return []string{"text", "email", "tel", "choice"} }

// Public is the address of the page's server, without a path.
func (c Config) Public() string {
	if c.Web.PublicURL != "" {
		return c.Web.PublicURL
	}
	return "http://" + c.HTTP.Listen
}

// Prefixes are the trusted proxies, single addresses included.
func (w Web) Prefixes() (list []netip.Prefix) {
	for _, text := range w.TrustedProxies {
		if p, ok := prefix(text); ok {
			list = append(list, p)
		}
	}
	return list
}

func prefix(text string) (netip.Prefix, bool) {
	if a, err := netip.ParseAddr(text); err == nil {
		return netip.PrefixFrom(a, a.BitLen()), true
	}
	p, err := netip.ParsePrefix(text)
	return p, err == nil
}

// chatPage checks what the chat page needs.
func (v *validator) chatPage() {
	w := &v.cfg.Web
	if u, err := url.Parse(w.PublicURL); w.PublicURL != "" &&
		(err != nil || u.Scheme != "https" && u.Scheme != "http" || u.Host == "" || w.PublicURL != u.Scheme+"://"+u.Host) {
		v.say("web.public_url", "found %q; write scheme and host only, for example https://chat.example.com", withoutPassword(w.PublicURL))
	}
	if host, _, err := net.SplitHostPort(v.cfg.HTTP.Listen); w.Enabled && w.PublicURL == "" && err == nil {
		if a, err := netip.ParseAddr(host); host == "" || err == nil && a.IsUnspecified() {
			v.say("web.public_url", "missing; write how browsers reach this server, for example https://chat.example.com")
		}
	}
	v.pageQueues()
	for i, text := range w.TrustedProxies {
		if _, ok := prefix(text); !ok {
			v.say(item("web.trusted_proxies", i), "found %q; write an address or a network, for example 127.0.0.1 or 10.0.0.0/8", text)
		}
	}
	if s := w.IdentitySecret; s != "" && len(s.Reveal()) < 32 {
		v.say("web.identity_secret", "found fewer than 32 characters; write more, for example the output of: openssl rand -hex 32")
	}
	w.StyleFile = v.resolve("web.style_file", w.StyleFile)
	between(v, "web.files.max", w.Files.Max, 0, 1<<30)
	between(v, "web.files.total", w.Files.Total, 0, 0)
	for i, t := range w.Files.Types {
		if !mediaType.MatchString(t) {
			v.say(item("web.files.types", i), "found %q; write a media type, for example image/png", t)
		}
	}
}

// pageQueues checks which queues the chat page has, and what it asks there.
func (v *validator) pageQueues() {
	for i, name := range v.cfg.Web.Queues {
		v.knownQueue(item("web.queues", i), name)
	}
	for i, q := range v.cfg.Queues {
		for n, f := range q.Form {
			v.formField(item(child(item("queues", i), "form"), n), f, q.Form[:n])
		}
	}
}

var (
	mediaType = regexp.MustCompile(`^[a-z]+/[a-z0-9.+-]+$`)
	fieldName = regexp.MustCompile(`^[a-z][a-z0-9_-]{0,31}$`)
)

func (v *validator) formField(at string, f Field, before []Field) {
	same := func(other Field) bool { return other.Name == f.Name }
	switch {
	case !fieldName.MatchString(f.Name):
		v.say(child(at, "name"), "found %q; write small letters, digits, - and _, for example order", f.Name)
	case f.Name == "user":
		v.say(child(at, "name"), "found \"user\", which is who the site itself vouches for; write another name")
	case slices.ContainsFunc(before, same):
		v.say(child(at, "name"), "found %q a second time; write another name or remove one of them", f.Name)
	}
	if f.Type == FieldChoice && len(f.Options) == 0 {
		v.say(child(at, "options"), "missing; write what can be chosen, for example [Invoice, Delivery]")
	}
	for i, o := range f.Options {
		if strings.TrimSpace(o) == "" || strings.TrimSpace(o) != o {
			v.say(item(child(at, "options"), i), "found %q; write a text without blanks around it", o)
		}
	}
}
