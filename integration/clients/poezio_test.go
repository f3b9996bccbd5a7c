//go:build clients && linux

package clients

import (
	"fmt"
	"net"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"github.com/stretchr/testify/require"
)

// inPoezio is somebody at Poezio. Every chat has a tab; the tabs are listed by name at the left.
type inPoezio struct{ *screen }

// poezio starts Poezio with an account that is connected at once, by TLS; the server's certificate is one to trust.
func poezio(w *world, user string) person {
	w.t.Helper()
	host, port, _ := net.SplitHostPort(w.server.C2S)
	certificate, err := os.ReadFile(filepath.Join(w.server.CertDir, domain+".crt"))
	require.NoError(w.t, err)
	dir, env := home(w.t, map[string]string{"server.crt": string(certificate), "config/poezio/poezio.cfg": ""})
	text := fmt.Sprintf("[Poezio]\njid = %s@%s/poezio\npassword = pw\ncustom_host = %s\ncustom_port = %s\nca_cert_path = %s\n",
		user, domain, host, port, filepath.Join(dir, "server.crt"))
	require.NoError(w.t, os.WriteFile(filepath.Join(dir, "config/poezio/poezio.cfg"), []byte(text), 0o600))
	p := inPoezio{term.open(w.t, user, env, "poezio")}
	p.sees("Authentication success.", "Your JID is")
	return p
}

func (p inPoezio) sees(texts ...string) { p.t.Helper(); p.shows(texts...) }
func (p inPoezio) say(text string)      { p.t.Helper(); p.line(text) }

// command types a command. In the list of contacts, keys are shortcuts until the slash.
func (p inPoezio) command(text string) {
	p.t.Helper()
	p.keys("/")
	p.line(strings.TrimPrefix(text, "/"))
}

func (p inPoezio) message(to, text string) {
	p.t.Helper()
	p.command("/message " + to + " " + text)
}

func (p inPoezio) finds(contact string) {
	p.t.Helper()
	p.sees("." + contact) // among the tabs
	p.opens(contact)
}

func (p inPoezio) opens(contact string) {
	p.t.Helper()
	p.command("/win " + contact)
	p.sees("@" + service + "] " + contact + " [")
}

// leaves: the tab gets the address for its name when it is drawn the next time.
func (p inPoezio) leaves(contact string) {
	p.t.Helper()
	p.sees("] " + contact + " [unavailable]")
	p.command("/win " + theDesk)
	p.hides("." + contact)
	p.command("/win " + carolAt)
	p.sees("["+carolAt, "@"+service+"] (contact not in roster)[unavailable]")
}

// lists opens the list in a tab of its own.
func (p inPoezio) lists(words ...string) {
	p.t.Helper()
	address := regexp.MustCompile(`\[(\S+@` + regexp.QuoteMeta(service) + `)\]`).FindStringSubmatch(p.text())
	require.NotNil(p.t, address, "no address of a chat is on the screen")
	p.command("/ad-hoc " + address[1])
	for _, word := range words {
		p.sees(node + word + " ")
	}
}

// form begins a command of the list that was just opened: its first is selected.
func (p inPoezio) form(word, title string) {
	p.t.Helper()
	list := regexp.MustCompile(regexp.QuoteMeta(node)+`(\w+) `).FindAllStringSubmatch(p.text(), -1)
	i := slices.IndexFunc(list, func(found []string) bool { return found[1] == word })
	require.GreaterOrEqual(p.t, i, 0, "%s is not in the list", word)
	for range i {
		p.turn("Down")
	}
	p.turn("Enter")
	p.sees(title, "Ctrl+Y: send form, Ctrl+G: cancel")
}

// turn presses a key and waits until it shows. (Keys that come at once are taken for pasted.)
func (p inPoezio) turn(key string) {
	p.t.Helper()
	before := p.colours()
	p.press(key)
	require.True(p.t, within(patience, func() bool { return p.colours() != before }), "%s's %s does nothing", p.who, key)
}

// submit sends the form, and closes the one that is the answer.
func (p inPoezio) submit(answer string) {
	p.t.Helper()
	p.turn("C-y")
	p.sees(answer)
	p.turn("C-y")
	p.hides(answer)
}

// fill types into a field.
func (p inPoezio) fill(text string) {
	p.t.Helper()
	_, err := term.do("send-keys", "-t", p.pane, "-l", "--", text)
	require.NoError(p.t, err)
	p.sees(text)
}

// notes: a field of several lines is a list, to which Enter adds a line and Enter ends it.
func (p inPoezio) notes(text, answer string) {
	p.t.Helper()
	p.form("note", "Write a note…")
	p.turn("Enter")
	p.fill(text)
	p.turn("Enter")
	p.submit(answer)
}

func (p inPoezio) transfers(_, title, why, answer string) {
	p.t.Helper()
	p.form("transfer", "Transfer this chat…")
	for range 2 { // the first choice is another
		if !strings.Contains(p.text(), title+" · 1 free") {
			p.turn("Right")
		}
	}
	p.sees(title + " · 1 free")
	p.turn("Down")
	p.fill(why)
	p.submit(answer)
}
