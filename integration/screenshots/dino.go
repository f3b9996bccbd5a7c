package main

import (
	"context"
	"fmt"
	"os"
	"strings"

	"baton/integration/prosody"
)

// dino is Dino 0.4 with one account. It can be told neither where a server is nor what certificate to trust, so it
// sees its own /etc/hosts and authorities (a mount namespace: root, or a kernel that lets users have them).
type dino struct {
	*desktop
	process *process
	window  string
}

// dinoTables are those of Dino 0.4 that must be there before its first start; it makes the others.
const dinoTables = `CREATE TABLE account (id INTEGER PRIMARY KEY AUTOINCREMENT, bare_jid TEXT NOT NULL UNIQUE, resourcepart TEXT,
	password TEXT, alias TEXT, enabled INTEGER, roster_version TEXT, mam_earliest_synced INTEGER);
CREATE TABLE settings (id INTEGER PRIMARY KEY AUTOINCREMENT, key TEXT NOT NULL UNIQUE, value TEXT);
INSERT INTO settings (key, value) VALUES ('check_spelling', 'false');`

const dinoWidth, dinoHeight = 800, 470

// dinoFrame is what Dino draws around its window, in pixels.
const dinoFrame = 10

// newDino writes Dino's database, and the hosts file for a server at that address, port 5222.
func newDino(ctx context.Context, d *desktop, user string, server *prosody.Server, address string) (*dino, error) {
	if err := os.MkdirAll(d.in("data", "dino"), 0o700); err != nil {
		return nil, err
	}
	account := "INSERT INTO account (bare_jid, resourcepart, password, alias, enabled) VALUES (" +
		quote(user+"@"+server.Domain) + ", 'dino', " + quote(password) + ", " + quote(strings.ToUpper(user[:1])+user[1:]) + ", 1)"
	if err := writeDatabase(ctx, d.in("data", "dino", "dino.db"), dinoTables, account); err != nil {
		return nil, err
	}
	hosts := "127.0.0.1 localhost\n" + address + " " + server.Domain + "\n"
	if err := os.WriteFile(d.in("hosts"), []byte(hosts), 0o644); err != nil {
		return nil, err
	}
	certificate, err := os.ReadFile(server.CertFile)
	if err != nil {
		return nil, err
	}
	return &dino{desktop: d}, os.WriteFile(d.in("authorities.crt"), certificate, 0o644)
}

// lookElsewhere runs $3 and what follows with other hosts ($1) and authorities ($2).
const lookElsewhere = `mount --bind "$1" /etc/hosts && mount --bind "$2" /etc/ssl/certs/ca-certificates.crt && shift 2 && exec "$@"`

func (d *dino) logIn(ctx context.Context) (err error) {
	if err := d.turnOn(); err != nil {
		return err
	}
	args := []string{"--mount", "sh", "-c", lookElsewhere, "sh", d.in("hosts"), d.in("authorities.crt"), "dino-im"}
	if os.Geteuid() != 0 { // root in a world of its own for the mounts, then ourselves again, whom the bus knows
		args = append([]string{"--map-root-user"}, args[:len(args)-1]...)
		args = append(args, "unshare", fmt.Sprint("--map-user=", os.Geteuid()), fmt.Sprint("--map-group=", os.Getegid()), "dino-im")
	}
	if d.process, err = d.run("unshare", args...); err != nil {
		return err
	}
	if d.window, err = d.desktop.window(ctx, "Dino"); err != nil {
		return err
	}
	return d.tall(ctx, dinoHeight)
}

// tall gives the window a height that what is said in it fills.
func (d *dino) tall(ctx context.Context, height int) error {
	// Dino shows buttons beside a message until it has seen the pointer below the messages.
	d.visit = []string{"1300", fmt.Sprint(2*height - 140)}
	return d.resize(ctx, d.window, dinoWidth, height)
}

// open shows the chat with a contact that has written.
func (d *dino) open(ctx context.Context, contact string) error {
	id, found := ask(ctx, d.in("data", "dino", "dino.db"),
		"SELECT c.id FROM conversation c JOIN jid j ON j.id = c.jid_id WHERE j.bare_jid = ?", contact)
	if !found {
		return fmt.Errorf("there is no chat in Dino with %s", contact)
	}
	_, err := d.do(ctx, "gapplication", "action", "im.dino.Dino", "open-conversation", id)
	return err
}

// has waits until Dino has received or sent a message with that text, and returns whom it was exchanged with.
func (d *dino) has(ctx context.Context, text string) (contact string, err error) {
	err = d.process.until(ctx, fmt.Sprintf("a message %q in Dino", text), func() (found bool, err error) {
		contact, found = ask(ctx, d.in("data", "dino", "dino.db"),
			"SELECT j.bare_jid FROM message m JOIN jid j ON j.id = m.counterpart_id WHERE instr(m.body, ?) ORDER BY m.id DESC LIMIT 1", text)
		return found, nil
	})
	return contact, err
}

// conversation waits until somebody other than the desk has written, and returns who.
func (d *dino) conversation(ctx context.Context) (contact string, err error) {
	err = d.process.until(ctx, "a conversation in Dino", func() (found bool, err error) {
		contact, found = ask(ctx, d.in("data", "dino", "dino.db"),
			"SELECT j.bare_jid FROM message m JOIN jid j ON j.id = m.counterpart_id WHERE j.bare_jid <> ? ORDER BY m.id DESC LIMIT 1", desk)
		return found, nil
	})
	return contact, err
}
