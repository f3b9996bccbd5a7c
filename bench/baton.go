package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"
)

// baton is the program as people run it, with a store on disk.
type baton struct {
	dir     string // of the configuration and the store
	program string
	profile string // file for a processor profile; empty: none
	others  int    // agents beside the two, who are never there
}

// program is the Baton that is measured.
func (o options) program(bin string) string {
	if o.baton != "" {
		return o.baton
	}
	return filepath.Join(bin, "baton")
}

func (b baton) command(address string) (*exec.Cmd, error) {
	if err := os.MkdirAll(b.dir, 0o700); err != nil {
		return nil, err
	}
	file := filepath.Join(b.dir, "baton.yaml")
	if err := os.WriteFile(file, []byte(b.config(address)), 0o600); err != nil {
		return nil, err
	}
	cmd := exec.Command(b.program, "serve", "--config", file)
	cmd.Env = os.Environ()
	if b.profile != "" {
		cmd.Env = append(cmd.Env, "BATON_CPUPROFILE="+b.profile)
	}
	return cmd, nil
}

// config is what anybody would write, but that nothing ends or goes back by
// itself while it is measured.
func (b baton) config(address string) string {
	var absent strings.Builder
	for i := range b.others {
		fmt.Fprintf(&absent, "    - {jid: %s, name: Other %d, queues: [other], capacity: 1000}\n", other(i), i)
	}
	return fmt.Sprintf(`component: {domain: %s, address: %q, secret: %s}
data_dir: %s
agents:
  domains: [bench.example]
  list:
    - {jid: %s, name: Agent, queues: [support], capacity: 1000}
    - {jid: %s, name: Second, queues: [other], capacity: 1000}
%squeues:
  - {name: support, title: Support, assign: auto}
  - {name: other, title: Other}
session: {idle: 0s, grace: 0s}
transfer: {max_hops: 100}
chat: {settle: 0s}
roster: {strategy: none}
limits: {rate: 1000000/s, inbox: 100000}
http: {listen: ""}
log: {level: warn}
`, domain, address, secret, b.dir, agent, second, absent.String())
}

func other(i int) string { return fmt.Sprintf("other%03d@bench.example", i) }

// connectAll opens a session for every caller: the agent is there, and what each
// says first has come.
func connectAll(ctx context.Context, r *racer) error {
	if err := arrive(r.peer); err != nil {
		return err
	}
	for i := range callers + transferred {
		r.peer.write(fmt.Appendf(nil, "<message from='%s/phone' to='support@%s' type='chat' id='first%d'>"+
			"<body>Good morning, where is my parcel, please?</body><origin-id xmlns='urn:xmpp:sid:0' id='first%d'/></message>",
			caller(i), domain, i, i))
	}
	if err := r.peer.flush(); err != nil {
		return err
	}
	late := time.After(patience)
	r.contacts = map[string]bool{}
	for len(r.contacts) < callers+transferred {
		select {
		case contact := <-r.peer.other: // a handover message, with the first line
			r.contacts[contact] = true
		case <-late:
			return fmt.Errorf("only %d of %d sessions began: %s", len(r.contacts), callers+transferred, r.tail())
		case <-r.peer.lost:
			return io.ErrUnexpectedEOF
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	return nil
}

// arrive says that both agents are there.
func arrive(p *peer) error {
	for _, who := range []string{agent, second} {
		for _, to := range []string{"desk@" + domain, domain} {
			p.write(fmt.Appendf(nil, "<presence from='%s/bench' to='%s'/>", who, to))
		}
	}
	return p.flush()
}

// handed are the contacts of the sessions that are handed to and fro, in order.
func (r *racer) handed() []string {
	var list []string
	for contact := range r.contacts {
		name, _, _ := strings.Cut(contact, ".")
		n, err := strconv.Atoi(strings.TrimPrefix(name, "caller"))
		if err == nil && n >= callers {
			list = append(list, contact)
		}
	}
	slices.Sort(list)
	return list
}
