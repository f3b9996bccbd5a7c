// Command bare relays messages with mellium.im/xmpp as its documentation shows,
// and keeps nothing.
package main

import (
	"context"
	"encoding/xml"
	"log"
	"net"
	"os"

	"mellium.im/xmlstream"
	"mellium.im/xmpp"
	"mellium.im/xmpp/component"
	"mellium.im/xmpp/jid"
	"mellium.im/xmpp/stanza"

	"baton/bench/stats"
)

func main() {
	log.SetFlags(0)
	if err := stats.Serve(); err != nil {
		log.Fatal(err)
	}
	address, domain, secret := os.Args[1], os.Args[2], os.Args[3]
	conn, err := net.Dial("tcp", address)
	if err != nil {
		log.Fatal(err)
	}
	session, err := component.NewSession(context.Background(), jid.MustParse(domain), []byte(secret), conn)
	if err != nil {
		log.Fatal(err)
	}
	contact, agent := jid.MustParse("carol.abcdefgh@"+domain+"/chat"), jid.MustParse("agent@bench.example")
	err = session.Serve(xmpp.HandlerFunc(func(t xmlstream.TokenReadEncoder, start *xml.StartElement) error {
		if start.Name.Local != "message" {
			return nil
		}
		m, err := stanza.NewMessage(*start)
		if err != nil {
			return err
		}
		m.From, m.To, m.XMLName = contact, agent, xml.Name{}
		_, err = xmlstream.Copy(t, m.Wrap(xmlstream.Inner(t)))
		return err
	}))
	if err != nil {
		log.Print(err)
	}
}
