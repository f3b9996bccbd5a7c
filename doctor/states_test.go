package doctor_test

import (
	"crypto/tls"
	"errors"
	"maps"
	"net"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"github.com/stretchr/testify/require"

	"baton/config"
	"baton/doctor"
	"baton/store"
)

func refusing(condition string) func(*bed) {
	return func(b *bed) { b.f.greeting = streamError(condition) }
}

const ok, degraded, wrong, open = doctor.OK, doctor.Degraded, doctor.Wrong, doctor.NotChecked

func states() map[string]sick {
	all := loginStates()
	for _, more := range []map[string]sick{serverStates(), rosterStates(), limitStates(), localStates()} {
		maps.Copy(all, more)
	}
	return all
}

func loginStates() map[string]sick {
	rest := line{"the rest", open, "privileges", "run doctor again"}
	return map[string]sick{
		"wrong secret":   {refusing("not-authorized"), []line{{"login", wrong, "the secret is not ours", `component_secret under Component "` + ours + `"`}, rest}, true},
		"unknown domain": {refusing("host-unknown"), []line{{"login", wrong, "knows no component " + ours, `Component "` + ours + `"`}, rest}, true},
		"conflict":       {refusing("conflict"), []line{{"login", wrong, "another program is connected as " + ours, "stop it"}, rest}, true},
		"no server":      {func(b *bed) { b.f.header = "HTTP/1.1 400 Bad Request\r\n\r\n" }, []line{{"login", wrong, "no server for components", "component.address"}, rest}, true},
		"unreachable": {func(b *bed) { b.f.down = &net.OpError{Op: "dial", Err: syscall.ECONNREFUSED} },
			[]line{{"login", wrong, "cannot be reached at 127.0.0.1:5347: connection refused", "start the server"}, rest}, true},
		"silent": {func(b *bed) { b.f.on = nil; b.f.header = " " }, []line{{"login", wrong, "no answer within 5s", ""}, rest}, true},
		"bad certificate": {func(b *bed) { b.f.down = &tls.CertificateVerificationError{Err: errors.New("signed by nobody")} },
			[]line{{"login", wrong, "not trusted: signed by nobody", "component.tls.ca_file"}, rest}, true},
		"in the clear": {func(b *bed) { b.cfg.Component.Address = config.Endpoint{Network: "tcp", Address: "192.0.2.1:5347"} },
			[]line{{"login", degraded, "in the clear", "component.tls"}}, false},
		"by TLS": {func(b *bed) { b.cfg.Component.TLS = &config.TLS{} }, []line{{"login", ok, "by TLS", ""}}, false},

		"another copy":  {func(b *bed) { b.f.astray = 4 }, []line{{"one connection", wrong, "of 4 stanzas 1 went to it", "stop it"}}, true},
		"one is late":   {func(b *bed) { b.f.late = 7 }, []line{{"round trip", ok, "median of 19", ""}}, false},
		"some get lost": {func(b *bed) { b.f.late = 3; b.f.again = true }, []line{{"one connection", wrong, "of 12 stanzas 4 went to it", "stop it"}}, true},
		"nothing comes": {func(b *bed) { b.f.delay = time.Minute }, []line{{"round trip", wrong, "nothing that is sent to " + ours + " comes back", "log"}}, true},
		"nagle":         {func(b *bed) { b.f.delay = 22 * time.Millisecond }, []line{{"round trip", degraded, "44ms", "network_settings = { nagle = false }"}}, false},
		"far away": {func(b *bed) {
			b.f.delay, b.cfg.Component.Address.Address = 22*time.Millisecond, "192.0.2.1:5347"
		}, []line{{"round trip", ok, "44ms", ""}}, false},
	}
}

func serverStates() map[string]sick {
	return map[string]sick{
		"no version":   {func(b *bed) { b.f.version = "" }, []line{{"server", ok, "Prosody", ""}, {"clock", ok, "", ""}}, false},
		"unnamed":      {func(b *bed) { b.f.version, b.f.info, b.f.grant = "", "", "" }, []line{{"server", ok, "does not say", ""}, {"privileges", degraded, "none", "ejabberd: mod_privilege"}}, false},
		"another host": {func(b *bed) { b.cfg.Agents.Domains = []string{"example.net"} }, []line{{"server", wrong, "example.net does not answer: remote-server-not-found", "agents.domains"}}, false},
		"clock a bit":  {func(b *bed) { b.f.off = 10 * time.Second }, []line{{"clock", degraded, "10s", "NTP"}}, false},
		"clock behind": {func(b *bed) { b.f.off = -time.Hour }, []line{{"clock", wrong, "59m59s", "NTP"}}, false},
		"no clock":     {func(b *bed) { b.f.refuse["time"] = "service-unavailable" }, []line{{"clock", open, "does not tell", `"time" in modules_enabled`}}, false},
		"mute clock":   {func(b *bed) { b.f.mute["time"] = true }, []line{{"clock", open, "does not tell", ""}, {"rosters", ok, "", ""}}, false},

		"no privilege": {func(b *bed) { b.f.grant = "" }, []line{{"privileges", degraded, "none", `under VirtualHost "example.com": privileged_entities = { ["` + ours + `"]`},
			{"rosters", degraded, "asked to let each contact in", "see privileges"}, {"accounts", open, "does not tell", ""}}, false},
		"roster only": {func(b *bed) { b.f.grant = "<perm access='roster' type='both'/>" },
			[]line{{"privileges", degraded, "roster both; missing: message, presence", "managed_entity"}, {"rosters", ok, "by privilege", ""}}, false},
		"unread": {func(b *bed) { b.f.grant = "<perm access='roster' type='set'/>" },
			[]line{{"privileges", degraded, "missing: roster", ""}, {"rosters", ok, "to read it back is not granted", ""}}, false},
		"set to privilege": {func(b *bed) { b.f.grant, b.cfg.Roster.Strategy = "", config.RosterPrivilege }, []line{{"rosters", wrong, "not written", "see privileges"}}, false},
		"set to none":      {func(b *bed) { b.cfg.Roster.Strategy = config.RosterNone }, []line{{"rosters", ok, "left alone", ""}}, false},
		"set to subscribe": {func(b *bed) { b.cfg.Roster.Strategy = config.RosterSubscribe }, []line{{"rosters", ok, "asked to let", ""}}, false},
		"ejabberd 23.10": {func(b *bed) { likeEjabberd(b.f); clear(b.f.refuse) },
			[]line{{"rosters", ok, "by privilege", ""}, {"accounts", open, "does not tell", "check_account"}, {"archive", ok, "mod_mam: {default: always}", ""}}, false},
		"no API": {func(b *bed) { likeEjabberd(b.f); b.f.api = false },
			[]line{{"rosters", degraded, "before 23.10", "set roster.ejabberd_api"}, {"accounts", open, "", "check_account"}}, false},
	}
}

func rosterStates() map[string]sick {
	return map[string]sick{
		"put refused":   {func(b *bed) { b.f.refuse["put"] = "internal-server-error" }, []line{{"rosters", wrong, "cannot be put into alice@example.com's", "see privileges"}}, false},
		"put forgotten": {func(b *bed) { b.f.forgets = true }, []line{{"rosters", wrong, "agreed, and does not show it", ""}}, false},
		"put unheard":   {func(b *bed) { b.f.mute["put"] = true }, []line{{"rosters", wrong, "no answer within 5s", ""}}, false},
		"nobody there":  {func(b *bed) { b.f.accounts = nil }, []line{{"accounts", wrong, "2 of 2 agents have none: alice@example.com, bob", "prosodyctl adduser alice@example.com"}}, false},
		"one missing":   {func(b *bed) { b.f.accounts = b.f.accounts[1:] }, []line{{"accounts", wrong, "1 of 2", "agents.list"}, {"rosters", ok, "bob@example.com", ""}}, false},
		"ejabberd's missing": {func(b *bed) { likeEjabberd(b.f); b.f.accounts = b.f.accounts[1:] },
			[]line{{"accounts", wrong, "1 of 2", "ejabberdctl register alice example.com"}, {"rosters", ok, "by ejabberd-api", ""}}, false},
		"link lost with the contact in": {func(b *bed) {
			b.f.second, b.f.on["read"] = "kick_new", func() { b.f.on["read"] = nil; b.f.hangUp() }
		}, []line{{"connection", wrong, "in the middle", "log"}}, true},

		"no archive":   {func(b *bed) { b.f.account = "<identity category='account' type='registered'/>" }, []line{{"archive", degraded, "have none", `"mam" in modules_enabled`}}, false},
		"mute archive": {func(b *bed) { b.f.grant = ""; b.f.accounts = nil }, []line{{"archive", open, "does not tell", ""}}, false},
		"guests":       {func(b *bed) { b.f.also = []string{"anon.example.com"} }, []line{{"guests", open, "there are also anon.example.com", `authentication = "anonymous"`}}, false},
		"a host among items": {func(b *bed) {
			b.f.also, b.f.items = []string{"lobby.example.com"}, "<item jid='lobby.example.com'/><item jid='"+ours+"'/>"
		}, []line{{"guests", open, "there are also lobby.example.com;", ""}}, false},
	}
}

func limitStates() map[string]sick {
	return map[string]sick{
		"kick_new": {func(b *bed) { b.f.second = "kick_new" }, []line{{"second login", degraded, "kick_new", `component_conflict_resolve = "kick_old" under Component "` + ours + `"`}, {"large stanzas", ok, "64 KiB and 200 KiB", ""}}, false},
		"any":      {func(b *bed) { b.f.second = "" }, []line{{"second login", ok, "any number", ""}, {"large stanzas", ok, "", ""}}, false},
		"small":    {func(b *bed) { b.f.most = 100 << 10 }, []line{{"large stanzas", degraded, "200 KiB", "component_stanza_size_limit"}}, false},
		"smaller":  {func(b *bed) { b.f.most = 50 << 10 }, []line{{"large stanzas", wrong, "64 KiB, which is limits.stanza, does not come back (the server closed the stream: policy-violation)", "component_stanza_size_limit"}}, false},
	}
}

func localStates() map[string]sick {
	return map[string]sick{
		"nobody answers a queue": {func(b *bed) { b.cfg.Queues = append(b.cfg.Queues, config.Queue{Name: "billing"}) }, []line{{"configuration", degraded, "nobody answers billing", "agents.list"}}, false},
		"no agents":              {func(b *bed) { b.cfg.Agents.List = nil }, []line{{"configuration", wrong, "0 agents", "agents.list"}, {"rosters", open, "no agent", ""}}, false},
		"folder seen by others":  {func(b *bed) { b.mode(0o755) }, []line{{"data folder", degraded, "0755", "chmod 700 "}}, false},
		"folder open to all":     {func(b *bed) { b.mode(0o777) }, []line{{"data folder", wrong, "everybody", "chmod 700 "}}, false},
		"no folder":              {func(b *bed) { b.src.Path = filepath.Join(b.cfg.DataDir, "none", "baton.db") }, []line{{"data folder", wrong, "does not exist: create it", ""}}, false},
		"little space":           {func(b *bed) { b.free = 500 << 20 }, []line{{"disk space", degraded, "only 500 MiB", "free some"}}, false},
		"no space":               {func(b *bed) { b.free = 5 << 20 }, []line{{"disk space", wrong, "only 5.0 MiB", "free some"}}, false},
		"a database":             {func(b *bed) { require.NoError(b.t, b.open().Close()) }, []line{{"database", ok, "0 open, 0 undelivered, 0 given up; no damage", ""}}, false},
		"no database of ours":    {func(b *bed) { b.file(strings.Repeat("notes ", 1000), 0o600) }, []line{{"database", wrong, "not a database of baton", ""}}, false},
		"database seen":          {func(b *bed) { b.file("", 0o644) }, []line{{"database", wrong, "others on this machine can read it (mode 0644): chmod 600", ""}}, false},
		"damaged":                {damaged, []line{{"database", wrong, "damaged, restore a backup", ""}}, false},
		"port taken":             {func(b *bed) { b.f.web, b.f.webStatus = "<html>", 200 }, []line{{"service", wrong, "another program listens at 127.0.0.1:8080", "http.listen"}, {"login", ok, "", ""}}, false},
	}
}

func (b *bed) mode(m os.FileMode) { require.NoError(b.t, os.Chmod(b.cfg.DataDir, m)) }

func (b *bed) file(text string, mode os.FileMode) {
	require.NoError(b.t, os.WriteFile(b.src.Path, []byte(text), 0o600))
	require.NoError(b.t, os.Chmod(b.src.Path, mode))
}

func (b *bed) open() *store.SQLite {
	s, err := store.Open(b.t.Context(), b.src, store.Options{})
	require.NoError(b.t, err)
	return s
}

// damaged breaks a page in the middle of the database.
func damaged(b *bed) {
	require.NoError(b.t, b.open().Close())
	text, err := os.ReadFile(b.src.Path)
	require.NoError(b.t, err)
	for i := 5 * 4096; i < len(text); i++ {
		text[i] = 0x5a
	}
	require.NoError(b.t, os.WriteFile(b.src.Path, text, 0o600))
}
