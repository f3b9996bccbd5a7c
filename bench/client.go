package main

import (
	"bytes"
	"crypto/tls"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"net"
	"strings"

	"mellium.im/sasl"

	"baton/component/wire"
)

// client is somebody logged in to a server on this machine: no more than it takes
// to send and to get messages.
type client struct {
	conn net.Conn
	out  []byte // written by the next flush
}

// logIn does what RFC 6120 asks for, by SCRAM on a plain connection.
func logIn(address, host, user, password string) (*client, error) {
	conn, err := net.Dial("tcp", address)
	if err != nil {
		return nil, err
	}
	c := &client{conn: conn}
	features, err := c.open(host)
	if err == nil {
		err = c.authenticate(features, user, password)
	}
	if err == nil {
		_, err = c.open(host)
	}
	if err == nil {
		_, err = c.say("<iq type='set' id='bind'><bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'><resource>bench</resource></bind></iq>", "</iq>")
	}
	if err == nil {
		_, err = io.WriteString(conn, "<presence/>")
	}
	if err != nil {
		conn.Close()
		return nil, fmt.Errorf("login of %s: %w", user, err)
	}
	return c, nil
}

func (c *client) open(host string) (features string, err error) {
	return c.say("<?xml version='1.0'?><stream:stream xmlns='jabber:client' xmlns:stream='http://etherx.jabber.org/streams' "+
		"version='1.0' to='"+host+"'>", "</stream:features>")
}

func (c *client) authenticate(features, user, password string) error {
	mechanism := sasl.ScramSha1
	if strings.Contains(features, ">SCRAM-SHA-256<") {
		mechanism = sasl.ScramSha256
	}
	n := sasl.NewClient(mechanism, sasl.TLSState(tls.ConnectionState{}), sasl.Credentials(func() (name, word, identity []byte) {
		return []byte(user), []byte(password), nil
	}))
	_, answer, err := n.Step(nil)
	text := fmt.Sprintf("<auth xmlns='urn:ietf:params:xml:ns:xmpp-sasl' mechanism='%s'>%s</auth>", mechanism.Name,
		base64.StdEncoding.EncodeToString(answer))
	for err == nil {
		var reply string
		if reply, err = c.say(text, "</challenge>", "</success>", "<success xmlns='urn:ietf:params:xml:ns:xmpp-sasl'/>", "</failure>"); err != nil {
			return err
		}
		switch {
		case strings.Contains(reply, "<failure"):
			return errors.New(reply)
		case strings.Contains(reply, "<success"):
			return nil
		}
		inner := strings.TrimSuffix(reply, "</challenge>")
		challenge, bad := base64.StdEncoding.DecodeString(inner[strings.LastIndexByte(inner, '>')+1:])
		if bad != nil {
			return bad
		}
		_, answer, err = n.Step(challenge)
		text = "<response xmlns='urn:ietf:params:xml:ns:xmpp-sasl'>" + base64.StdEncoding.EncodeToString(answer) + "</response>"
	}
	return err
}

// say writes a text and reads, byte by byte, up to one of the ends.
func (c *client) say(text string, ends ...string) (string, error) {
	if _, err := io.WriteString(c.conn, text); err != nil {
		return "", err
	}
	var seen []byte
	b := make([]byte, 1)
	for {
		if _, err := io.ReadFull(c.conn, b); err != nil {
			return "", err
		}
		seen = append(seen, b[0])
		for _, end := range ends {
			if bytes.HasSuffix(seen, []byte(end)) {
				return string(seen), nil
			}
		}
	}
}

func (c *client) write(b []byte) { c.out = append(c.out, b...) }

func (c *client) flush() error {
	if len(c.out) == 0 {
		return nil
	}
	_, err := c.conn.Write(c.out)
	c.out = c.out[:0]
	return err
}

// read calls got with every message until the stream ends. Pings it answers, as
// every client does (XEP-0199 §4.2); it is asked nothing else.
func (c *client) read(got func(st wire.Stanza, text []byte)) error {
	split := wire.New(c.conn, wire.Limits{Stanza: 1 << 20})
	for {
		st, err := split.Next()
		if err != nil {
			return err
		}
		if string(st.Local) == "iq" && string(st.Type) == "get" {
			if _, err := fmt.Fprintf(c.conn, "<iq type='result' to='%s' id='%s'/>", st.From, st.ID); err != nil {
				return err
			}
		}
		if string(st.Local) != "message" {
			continue
		}
		for _, ns := range []string{wire.NSComponent, wire.NSClient} { // unnamed, or as the stream's header has it
			if body, ok := st.Child(ns, "body"); ok {
				got(st, body.Inner())
				break
			}
		}
	}
}
