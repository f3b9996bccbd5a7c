package main

import (
	"fmt"
	"net"
)

// invitation tells people how to log in themselves.
func (s *screen) invitation(address, web string, cast []*person) {
	host, port, _ := net.SplitHostPort(address)
	s.row(nil)
	s.row(rule("Your turn", "until Ctrl-C", s.width))
	s.paragraph("The demo's clients have logged out; the server and Baton stay up. Log in with your own Jabber clients:", plain)
	s.row(nil)
	s.item("server", host+" port "+port, bold)
	s.item("", "STARTTLS with a self-signed certificate; plain works too", dim)
	label := "accounts"
	for _, p := range cast {
		s.item(label, fmt.Sprintf("%-25s password %s", p.address(), p.password), bold)
		label = ""
	}
	s.item("web page", "http://"+web+"/chat, for a customer without Jabber", bold)
	s.row(nil)
	s.item("Profanity", "/connect alice@"+demoDomain+" server "+host+" port "+port+" tls trust", plain)
	s.item("Gajim", "Add Account: address and password, tick Advanced Settings, Log In; then "+
		"host name "+host+", port "+port+", START TLS; trust the certificate. It holds several accounts at a time.", plain)
	s.row(nil)
	s.item("as Alice", "log in and wait: what Carol writes comes to you as a question of the Transfer desk; say y", plain)
	s.item("as Carol", "write to "+demoSupport+", or use the web page", plain)
	s.item("as Alice", "in Carol's chat: !transfer billing wants a refund", plain)
	s.item("as Bob", "y; then talk; at last !done. !help lists what else there is.", plain)
	s.row(nil)
	s.row(row{{bold, "Ctrl-C"}, {plain, " ends it and removes everything."}})
}

// item is a label and, beside it, what belongs to it.
func (s *screen) item(label, text string, st style) {
	const indent = 13
	for _, line := range wrap(text, s.width-indent) {
		s.row(append(row{{dim, "  " + label}}.pad(indent), span{st, line}))
		label = ""
	}
}
