package config

import (
	"crypto/tls"
	"net"
	"net/netip"
	"net/url"
	"regexp"
	"slices"
	"strings"
)

// SMS is about callers who come by text message.
type SMS struct {
	SMPP   []SMPP   `mapstructure:"smpp"`
	Kannel []Kannel `mapstructure:"kannel"`
	Twilio []Twilio `mapstructure:"twilio"`

	MaxSegments  int    `mapstructure:"max_segments"`  // of one message to a phone
	TellSegments bool   `mapstructure:"tell_segments"` // agents learn how many it took
	TellTransfer bool   `mapstructure:"tell_transfer"` // callers learn who talks now; a message each time
	Help         string `mapstructure:"help"`          // the answer to HELP; empty: a sentence in the number's language
}

// SMPP is one bind to a message centre (SMPP 3.4).
type SMPP struct {
	Name       string     `mapstructure:"name"`
	Address    string     `mapstructure:"address"` // host:port
	SystemID   string     `mapstructure:"system_id"`
	Password   Secret     `mapstructure:"password"`
	SystemType string     `mapstructure:"system_type"`
	Numbers    []string   `mapstructure:"numbers"`     // our own, as Number reads them
	TLS        *TLS       `mapstructure:"tls"`         // nil: a plain link
	Window     int        `mapstructure:"window"`      // submissions not answered yet
	Rate       Rate       `mapstructure:"rate"`        // of submissions; the zero value: whatever the centre takes
	Coding0    Alphabet   `mapstructure:"coding_zero"` // what data_coding 0 is
	Coding1    Alphabet   `mapstructure:"coding_one"`  // what data_coding 1 is
	Long       LongText   `mapstructure:"long"`        // how a text of several segments goes
	ReceiptIDs ReceiptIDs `mapstructure:"receipt_ids"` // how receipts write the identifiers of submissions
	Country    string     `mapstructure:"country"`     // of numbers that come in national form, as +49; empty: none do
}

// Kannel is Kannel's HTTP interface.
type Kannel struct {
	Name     string   `mapstructure:"name"`
	URL      string   `mapstructure:"url"` // of sendsms
	Username string   `mapstructure:"username"`
	Password Secret   `mapstructure:"password"`
	Secret   Secret   `mapstructure:"secret"`   // that its callbacks have
	Callback string   `mapstructure:"callback"` // our address as it reaches it; empty: no receipts
	Allow    []string `mapstructure:"allow"`    // addresses or networks that may call back; empty: all
	Numbers  []string `mapstructure:"numbers"`
}

// Twilio is an account of Twilio, or of one of those who have its shape.
type Twilio struct {
	Name     string   `mapstructure:"name"`
	URL      string   `mapstructure:"url"` // of the API; empty: Twilio's
	Account  string   `mapstructure:"account"`
	Token    Secret   `mapstructure:"token"`
	Callback string   `mapstructure:"callback"` // our address as they call it; they sign it
	Allow    []string `mapstructure:"allow"`
	Numbers  []string `mapstructure:"numbers"`
}

// Alphabet is what a message centre means by a data_coding.
type Alphabet string

// LongText is how a text of several segments goes.
type LongText string

// ReceiptIDs is how receipts write the identifiers of submissions.
type ReceiptIDs string

func (Alphabet) words() []string {
	return []string{"gsm7", "gsm7-packed", "ascii", "latin1", "utf8"}
}
func (LongText) words() []string   { return []string{"udh", "udh16", "payload"} }
func (ReceiptIDs) words() []string { return []string{"same", "decimal", "hex"} }

func defaultSMS() SMS { return SMS{MaxSegments: 10, TellSegments: true} }

// Number is one of our own numbers.
type Number struct {
	Number string // +15551234567, or a short code
	Queue  string // that its callers come to
	Lang   string // of what the service itself says there
}

// Number reads an entry of numbers: the number and, if it is not the first queue, the queue, then the language:
// "+15551234567 support de".
func (c Config) Number(entry string) Number {
	f := append(strings.Fields(entry), "", "", "")
	n := Number{f[0], f[1], f[2]}
	if n.Queue == "" && len(c.Queues) > 0 {
		n.Queue = c.Queues[0].Name
	}
	return n
}

// TLSConfig returns how the centre's certificate is checked; nil for a plain link.
func (s SMPP) TLSConfig() (*tls.Config, error) {
	if s.TLS == nil {
		return nil, nil
	}
	host, _, _ := net.SplitHostPort(s.Address)
	return Component{Address: Endpoint{Network: "tcp", Address: net.JoinHostPort(host, "0")}, TLS: s.TLS}.TLSConfig()
}

// Prefixes reads addresses and networks that Load has checked.
func Prefixes(list []string) (out []netip.Prefix) {
	for _, text := range list {
		if p, ok := prefix(text); ok {
			out = append(out, p)
		}
	}
	return out
}

// secretOfGateway is the first key of section sms that holds a gateway's secret.
func secretOfGateway(sms map[string]any) string {
	for _, kind := range []struct {
		name string
		keys []string
	}{{"kannel", []string{"password", "secret"}}, {"twilio", []string{"token"}}} {
		list, _ := sms[kind.name].([]any)
		for i, g := range list {
			gateway, _ := g.(map[string]any)
			for _, key := range kind.keys {
				if gateway[key] != nil {
					return child(item("sms."+kind.name, i), key)
				}
			}
		}
	}
	return ""
}

// sms checks section sms and fills in its defaults.
func (v *validator) sms() {
	c := &v.cfg.SMS
	between(v, "sms.max_segments", c.MaxSegments, 1, 100)
	names, numbers := map[string]string{}, map[string]string{}
	for i := range c.SMPP {
		v.smpp(&c.SMPP[i], item("sms.smpp", i))
		v.carrier(item("sms.smpp", i), c.SMPP[i].Name, c.SMPP[i].Numbers, names, numbers)
	}
	for i, k := range c.Kannel {
		at := item("sms.kannel", i)
		v.must(at, "name", k.Name, "a name for this gateway")
		v.httpURL(child(at, "url"), k.URL, true, "http://127.0.0.1:13013/cgi-bin/sendsms")
		v.must(at, "username", k.Username, "the user of Kannel's sendsms-user group")
		v.must(at, "secret", string(k.Secret), "a secret, and the same in Kannel's get-url")
		v.httpURL(child(at, "callback"), k.Callback, false, "http://127.0.0.1:8080/sms/"+k.Name)
		v.gateway(at, k.Name, k.Allow)
		v.carrier(at, k.Name, k.Numbers, names, numbers)
	}
	for i, t := range c.Twilio {
		at := item("sms.twilio", i)
		v.must(at, "name", t.Name, "a name for this gateway")
		v.httpURL(child(at, "url"), t.URL, false, "https://api.twilio.com")
		v.must(at, "account", t.Account, "the account's SID")
		v.must(at, "token", string(t.Token), "the account's auth token")
		v.httpURL(child(at, "callback"), t.Callback, true, "https://handoff.example.com/sms/"+t.Name)
		v.gateway(at, t.Name, t.Allow)
		v.carrier(at, t.Name, t.Numbers, names, numbers)
	}
}

func (v *validator) must(at, key, value, what string) {
	if value == "" {
		v.say(child(at, key), "missing; write %s", what)
	}
}

func (v *validator) httpURL(key, text string, must bool, example string) {
	u, err := url.Parse(text)
	if text == "" && !must {
		return
	}
	if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" || u.User != nil {
		v.say(key, "found %q; write an address such as %s", withoutPassword(text), example)
	}
}

var gatewayName = regexp.MustCompile(`^[a-z0-9-]{1,32}$`)

func (v *validator) gateway(at, name string, allow []string) {
	if name != "" && !gatewayName.MatchString(name) {
		v.say(child(at, "name"), "found %q; write small letters, digits and hyphens: it is part of an address", name)
	}
	if v.cfg.HTTP.Listen == "" {
		v.say(at, "it calls back, but http.listen is empty; write http.listen: 127.0.0.1:8080")
	}
	for i, text := range allow {
		if _, ok := prefix(text); !ok {
			v.say(item(child(at, "allow"), i), "found %q; write an address or a network, for example 192.0.2.0/24", text)
		}
	}
}

var countryCode = regexp.MustCompile(`^\+[1-9][0-9]{0,3}$`)

func (v *validator) smpp(s *SMPP, at string) {
	v.must(at, "name", s.Name, "a name for this bind")
	v.must(at, "address", s.Address, "host:port of the message centre")
	v.must(at, "system_id", s.SystemID, "the name the message centre gave you")
	if err := checkHostPort(s.Address, 1, "smpp.example.net:2775"); err != nil {
		v.say(child(at, "address"), "found %q; %s", s.Address, err)
	}
	if s.TLS != nil && s.TLS.CAFile != "" {
		s.TLS.CAFile = v.resolve(child(at, "tls.ca_file"), s.TLS.CAFile)
		if _, err := s.TLSConfig(); err != nil {
			v.say(child(at, "tls.ca_file"), "%s", err)
		}
	}
	if s.Window == 0 {
		s.Window = 10
	}
	between(v, child(at, "window"), s.Window, 1, 1000)
	if s.Country != "" && !countryCode.MatchString(s.Country) {
		v.say(child(at, "country"), "found %q; write the country's code with a +, for example \"+49\"", s.Country)
	}
	for _, d := range []struct {
		value *Alphabet
		def   Alphabet
	}{{&s.Coding0, "gsm7"}, {&s.Coding1, "ascii"}} {
		if *d.value == "" {
			*d.value = d.def
		}
	}
	if s.Long == "" {
		s.Long = "udh"
	}
	if s.ReceiptIDs == "" {
		s.ReceiptIDs = "same"
	}
}

// carrier checks what every way to phones has: a name and numbers that no other
// has.
func (v *validator) carrier(at, name string, list []string, names, numbers map[string]string) {
	if first, twice := names[name]; twice && name != "" {
		v.say(child(at, "name"), "found %q, which %s has too; write another name", name, first)
	} else {
		names[name] = at
	}
	for i, entry := range list {
		key := item(child(at, "numbers"), i)
		n := v.cfg.Number(entry)
		if !phoneNumber.MatchString(n.Number) || len(strings.Fields(entry)) > 3 {
			v.say(key, "found %q; write the number with + and country, for example \"+15551234567\", or a short code in digits", entry)
			continue
		}
		if first, twice := numbers[n.Number]; twice {
			v.say(key, "found %s, which %s has too; a number is reached in one way", n.Number, first)
		}
		numbers[n.Number] = at
		v.numberQueue(key, entry, n.Queue)
	}
}

func (v *validator) numberQueue(key, entry, queue string) {
	known := slices.ContainsFunc(v.cfg.Queues, func(q Queue) bool { return q.Name == queue })
	if len(v.cfg.Queues) > 0 && !known {
		v.say(key, "found the queue %q in %q, which is not in queues", queue, entry)
	}
}

var phoneNumber = regexp.MustCompile(`^(\+[1-9][0-9]{2,14}|[1-9][0-9]{2,7})$`)
