// Command floor is the least that a relay can do: it swaps the addresses of each
// message by bytes and writes it, one write for each, and keeps nothing. It is what
// the benchmarks compare with.
package main

import (
	"bytes"
	"crypto/sha1"
	"fmt"
	"io"
	"log"
	"net"
	"os"
	"regexp"

	"baton/bench/stats"
	"baton/component/wire"
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
	fmt.Fprintf(conn, "<stream:stream xmlns='jabber:component:accept' xmlns:stream='http://etherx.jabber.org/streams' to='%s'>", domain)
	greeting := until(conn, "<stream:stream", ">")
	id := regexp.MustCompile(`\sid=['"]([^'"]*)`).FindStringSubmatch(greeting)
	if id == nil {
		log.Fatal("a stream without an id: ", greeting)
	}
	fmt.Fprintf(conn, "<handshake>%x</handshake>", sha1.Sum([]byte(id[1]+secret)))
	until(conn, "<handshake", ">")
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

// until reads up to the end that follows a beginning, byte by byte.
func until(conn net.Conn, beginning, end string) string {
	var seen []byte
	b := make([]byte, 1)
	for {
		if _, err := io.ReadFull(conn, b); err != nil {
			log.Fatal(err)
		}
		seen = append(seen, b[0])
		if i := bytes.Index(seen, []byte(beginning)); i >= 0 && bytes.HasSuffix(seen[i:], []byte(end)) {
			return string(seen)
		}
	}
}
