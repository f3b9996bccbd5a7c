package main

import (
	"context"
	"encoding/json"
	"fmt"
	"net"
	"os"
	"strconv"
	"strings"

	"baton/integration/prosody"
)

// gajim is Gajim 1.7 with one account.
type gajim struct {
	*desktop
	account string // as Gajim calls it
	process *process
	window  string
}

// gajimTables are those of Gajim 1.7 (common/settings.py).
const gajimTables = `CREATE TABLE settings (name TEXT UNIQUE, settings TEXT);
CREATE TABLE account_settings (account TEXT UNIQUE, settings TEXT);
PRAGMA user_version=5;`

const gajimWidth, gajimHeight = 900, 600

// commandsWidth, commandsHeight: all commands of a chat are to be seen; Gajim's own size for the window cuts off the last.
const commandsWidth, commandsHeight = 420, 545

// nobody is the user and the group that own nothing, on Debian.
const nobody = 65534

// newGajim writes Gajim's settings and its trusted certificates.
func newGajim(ctx context.Context, d *desktop, user string, server *prosody.Server) (*gajim, error) {
	host, port, err := net.SplitHostPort(server.C2S)
	if err != nil {
		return nil, err
	}
	number, err := strconv.Atoi(port)
	if err != nil {
		return nil, err
	}
	app := map[string]any{"use_keyring": false, "check_for_update": false, "sounds_on": false, "show_notifications": false,
		"show_trayicon": false, "autoaway": false, "dark_theme": 0, "show_help_start_chat": false, "action_on_close": "quit",
		"mainwin_width": gajimWidth, "mainwin_height": gajimHeight, "chat_handle_position": 270, "date_format": "%d %B %Y"}
	account := map[string]any{"name": user, "hostname": server.Domain, "password": password, "savepass": true, "active": true,
		"account_label": server.Domain, "resource": "gajim", "use_custom_host": true, "custom_host": host, "custom_port": number,
		"custom_type": "START TLS"}
	statements := []string{gajimTables}
	for name, value := range map[string]any{"app": app, "soundevents": struct{}{}, "status_presets": struct{}{},
		"proxies": struct{}{}, "plugins": struct{}{}, "workspaces": map[string]any{"work": map[string]any{"name": "Work"}}} {
		statements = append(statements, "INSERT INTO settings VALUES ("+quote(name)+", "+quote(asJSON(value))+")")
	}
	statements = append(statements, "INSERT INTO account_settings VALUES ("+quote(user)+", "+quote(asJSON(map[string]any{"account": account, "contact": struct{}{}, "group_chat": struct{}{}}))+")")
	for _, dir := range []string{d.in("config", "gajim"), d.in("data", "gajim", "cert_store")} {
		if err := os.MkdirAll(dir, 0o700); err != nil {
			return nil, err
		}
	}
	if err := writeDatabase(ctx, d.in("config", "gajim", "settings.sqlite"), statements...); err != nil {
		return nil, err
	}
	certificate, err := os.ReadFile(server.CertFile)
	if err != nil {
		return nil, err
	}
	return &gajim{desktop: d, account: user}, os.WriteFile(d.in("data", "gajim", "cert_store", "throwaway"), certificate, 0o600)
}

func (g *gajim) logIn(ctx context.Context) (err error) {
	if os.Geteuid() == 0 { // Gajim refuses to run as root
		if err := g.giveTo(nobody, nobody); err != nil {
			return err
		}
	}
	if err := g.turnOn(); err != nil {
		return err
	}
	if g.process, err = g.run("gajim"); err != nil {
		return err
	}
	if g.window, err = g.desktop.window(ctx, "^Gajim"); err != nil {
		return err
	}
	return g.resize(ctx, g.window, gajimWidth, gajimHeight)
}

// open shows a chat.
func (g *gajim) open(ctx context.Context, contact string) error {
	return g.action(ctx, "open-chat", "['"+g.account+"', '"+contact+"']")
}

// commands opens the window of a contact's ad-hoc commands and returns it.
func (g *gajim) commands(ctx context.Context, contact string) (string, error) {
	if err := g.action(ctx, g.account+"-execute-command", "'"+contact+"'"); err != nil {
		return "", err
	}
	window, err := g.desktop.window(ctx, "^Command List")
	if err != nil {
		return "", err
	}
	return window, g.resize(ctx, window, commandsWidth, commandsHeight)
}

// tall gives the main window a height that what is said in it fills.
func (g *gajim) tall(ctx context.Context, height int) error {
	return g.resize(ctx, g.window, gajimWidth, height)
}

// action does what an entry of Gajim's menus does.
func (g *gajim) action(ctx context.Context, name, parameter string) error {
	_, err := g.do(ctx, "gapplication", "action", "org.gajim.Gajim", name, parameter)
	return err
}

// has waits until Gajim has received or sent a message with that text, and returns whom it was exchanged with.
func (g *gajim) has(ctx context.Context, text string) (contact string, err error) {
	err = g.process.until(ctx, fmt.Sprintf("a message %q in Gajim", text), func() (found bool, err error) {
		contact, found = ask(ctx, g.in("data", "gajim", "logs.db"),
			"SELECT jid FROM logs JOIN jids USING (jid_id) WHERE instr(message, ?) ORDER BY log_line_id DESC LIMIT 1", text)
		return found, nil
	})
	return contact, err
}

// conversation waits until somebody other than the desk has written, and returns who.
func (g *gajim) conversation(ctx context.Context) (contact string, err error) {
	err = g.process.until(ctx, "a conversation in Gajim", func() (found bool, err error) {
		contact, found = ask(ctx, g.in("data", "gajim", "logs.db"),
			"SELECT jid FROM logs JOIN jids USING (jid_id) WHERE jid <> ? ORDER BY log_line_id DESC LIMIT 1", desk)
		return found, nil
	})
	return contact, err
}

// closeCommands closes the window of the ad-hoc commands.
func (g *gajim) closeCommands(ctx context.Context) error {
	_, err := g.do(ctx, "xdotool", "key", "Escape")
	return err
}

// contacts shows the list of contacts, which is behind the account's picture at the lower left.
func (g *gajim) contacts(ctx context.Context) error {
	before, err := g.settled(ctx, g.window, whole) // it may just have got another height
	if err != nil {
		return err
	}
	if err := g.click(ctx, g.window, 70, 2*gajimHeight-64); err != nil {
		return err
	}
	return g.process.until(ctx, "Gajim's list of contacts", func() (bool, error) {
		now, err := g.settled(ctx, g.window, whole)
		return now != before, err
	})
}

// pictures waits until Gajim has fetched so many contacts' pictures. It would show those that come later at some
// places only.
func (g *gajim) pictures(ctx context.Context, count int) error {
	return g.process.until(ctx, "contacts' pictures in Gajim", func() (bool, error) {
		files, err := os.ReadDir(g.in("cache", "gajim", "avatars"))
		return len(files) >= count, err
	})
}

func asJSON(v any) string {
	text, err := json.Marshal(v)
	if err != nil {
		panic(err) // maps of plain values
	}
	return string(text)
}

// quote writes a text as SQL.
func quote(text string) string { return "'" + strings.ReplaceAll(text, "'", "''") + "'" }
