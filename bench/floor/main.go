// Command floor is the least that a relay can do: it swaps the addresses of each
// message by bytes and writes it, one write for each, and keeps nothing. It is what
// the benchmarks compare with.
package main

import (
	"crypto/sha1"
	"fmt"
	"log"
	"net"
	"os"

	"baton/component/wire"
)

func main() {
	log.SetFlags(0)
	address, domain, secret := os.Args[1], os.Args[2], os.Args[3]
	conn, err := net.Dial("tcp", address)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Fprintf(conn, "<stream:stream xmlns='jabber:component:accept' xmlns:stream='http://etherx.jabber.org/streams' to='%s'>", domain)
	greeting := make([]byte, 4096)
	if _, err := conn.Read(greeting); err != nil {
		log.Fatal(err)
	}
	fmt.Fprintf(conn, "<handshake>%x</handshake>", sha1.Sum([]byte("bench"+secret))) // the id is always bench
	b := make([]byte, len("<handshake/>"))
	if _, err := conn.Read(b); err != nil {
		log.Fatal(err)
	}
	split := wire.New(conn, wire.Limits{})
	var out []byte
	for {
		st, err := split.Next()
		if err != nil {
			return
		}
		if string(st.Local) != "message" {
			continue
		}
		out = append(out[:0], "<message type='chat' from='carol.abcdefgh@"...)
		out = append(out, domain...)
		out = append(out, "/chat' to='agent@bench.example'"...)
		out = wire.AppendRawAttr(out, "id", st.ID)
		out = append(out, '>')
		for c := range st.Children {
			out = append(out, c.Raw...)
		}
		if _, err := conn.Write(append(out, "</message>"...)); err != nil {
			log.Fatal(err)
		}
	}
}
