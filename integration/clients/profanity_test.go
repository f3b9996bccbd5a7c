//go:build clients && linux

package clients

import (
	"fmt"
	"net"
	"strings"
)

// inProfanity is somebody at Profanity. A contact is opened by name, what came meanwhile is told in the console.
type inProfanity struct{ *screen }

// profanity starts Profanity with an account that is connected at once, by TLS.
func profanity(w *world, user string) person {
	w.t.Helper()
	host, port, _ := net.SplitHostPort(w.server.C2S)
	_, env := home(w.t, map[string]string{
		"config/profanity/profrc": "[ui]\nsplash=false\nvercheck=false\nresource.message=false\n" +
			"[connection]\naccount=me\n" +
			"[notifications]\nmessage=false\ninvite=false\nsub=false\n",
		"data/profanity/accounts": fmt.Sprintf("[me]\nenabled=true\njid=%s@%s\nresource=profanity\nserver=%s\nport=%s\npassword=pw\ntls.policy=trust\n",
			user, domain, host, port),
	})
	p := inProfanity{term.open(w.t, user, env, "profanity")}
	p.sees("logged in successfully", "[TLS] [online]")
	return p
}

func (p inProfanity) sees(texts ...string) { p.t.Helper(); p.shows(texts...) }
func (p inProfanity) say(text string)      { p.t.Helper(); p.line(text) }

func (p inProfanity) message(to, text string) {
	p.t.Helper()
	p.line("/msg " + to + " " + text)
}

func (p inProfanity) finds(contact string) {
	p.t.Helper()
	p.line("/win 1")
	p.sees("<< chat message: " + contact)
	p.opens(contact)
}

func (p inProfanity) opens(contact string) {
	p.t.Helper()
	p.line(`/msg "` + contact + `"`)
	p.title("to be the chat with "+contact, func(title string) bool { return strings.HasPrefix(title, contact+" [online]") })
}

// leaves: the title is the bare address of who is no contact.
func (p inProfanity) leaves(contact string) {
	p.t.Helper()
	p.title("to be without "+contact, func(title string) bool { return strings.Contains(title, service+" [offline]") })
}

func (p inProfanity) title(what string, yes func(string) bool) {
	p.t.Helper()
	p.until(what, func(now string) bool {
		first, _, _ := strings.Cut(now, "\n")
		return yes(strings.TrimSpace(first))
	})
}

func (p inProfanity) lists(words ...string) {
	p.t.Helper()
	p.line("/cmd list")
	p.sees("Ad hoc commands:")
	for _, word := range words {
		p.sees(node + word + "\n")
	}
}

// form begins a command; forms open in a window of their own.
func (p inProfanity) form(word, title string) {
	p.t.Helper()
	p.line("/cmd exec " + node + word)
	p.sees("Form title: " + title)
}

// submit sends the form, and closes the one that is the answer.
func (p inProfanity) submit(answer string) {
	p.t.Helper()
	p.line("/form submit")
	p.sees("Form title: " + answer)
	p.line("/form cancel")
	p.hides("Form title: ")
}

func (p inProfanity) notes(text, answer string) {
	p.t.Helper()
	p.form("note", "Write a note…")
	p.line(`/field1 add "` + text + `"`)
	p.sees("Field updated...")
	p.submit(answer)
}

func (p inProfanity) transfers(queue, title, why, answer string) {
	p.t.Helper()
	p.form("transfer", "Transfer this chat…")
	p.line("/field1 " + queue)
	p.sees("[" + queue + "] " + title + " · 1 free") // the choices are shown when one is made
	p.line(`/field2 "` + why + `"`)
	p.sees("[field2] Why: " + why)
	p.submit(answer)
}
