package doctor_test

import (
	"context"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
	"mellium.im/xmpp/jid"

	"baton/config"
	"baton/doctor"
	"baton/store"
)

// bed is what one run of the doctor is about.
type bed struct {
	t    *testing.T
	f    *fake
	cfg  config.Config
	src  store.Source
	free uint64
	ctx  context.Context
}

func newBed(t *testing.T) *bed {
	dir := t.TempDir()
	require.NoError(t, os.Chmod(dir, 0o700))
	cfg := config.Default()
	cfg.Component.Domain, cfg.Component.Secret, cfg.DataDir = ours, secret, dir
	cfg.Agents.Domains = []string{"example.com"}
	for _, user := range []string{"alice", "bob"} {
		cfg.Agents.List = append(cfg.Agents.List, config.Agent{JID: jid.MustParse(user + "@example.com"), Queues: []string{"support"}})
	}
	cfg.Queues = []config.Queue{{Name: "support"}}
	return &bed{t: t, f: healthy(), cfg: cfg, src: store.Source{Path: filepath.Join(dir, "baton.db")}, free: 20 << 30, ctx: t.Context()}
}

// run examines, and returns the checks by name. No secret is in them, and no
// contact is left.
func (b *bed) run() (map[string]doctor.Check, error) {
	found := map[string]doctor.Check{}
	err := doctor.Run(b.ctx, doctor.Options{Config: b.cfg, File: "baton.yaml", Source: b.src, Dial: b.f.dial,
		API: transport(b.f.ejabberd), Web: transport(b.f.health), Free: func(string) (uint64, error) { return b.free, nil }},
		func(c doctor.Check) {
			require.NotContains(b.t, found, c.Name, "told once")
			require.NotContains(b.t, c.Text+c.Fix, secret)
			if c.Status == doctor.Degraded || c.Status == doctor.Wrong && c.Text == "" {
				require.NotEmpty(b.t, c.Fix, c.Name)
			}
			found[c.Name] = c
		})
	return found, err
}

func (b *bed) contacts() []string {
	b.f.mu.Lock()
	defer b.f.mu.Unlock()
	var out []string
	for agent, roster := range b.f.rosters {
		for contact := range roster {
			out = append(out, agent+" "+contact)
		}
	}
	return out
}

var all = []string{"configuration", "data folder", "disk space", "database", "service", "login", "round trip", "server", "clock",
	"privileges", "accounts", "rosters", "archive", "guests", "second login", "large stanzas"}

func TestHealthy(t *testing.T) {
	for name, change := range map[string]func(*fake){"prosody": func(*fake) {}, "ejabberd": likeEjabberd} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				b := newBed(t)
				change(b.f)
				b.f.unasked = "<message type='chat' from='carol@example.net/x' to='support@" + ours + "'><body>hello?</body></message>" +
					"<presence from='alice@example.com/x' to='" + ours + "'/><iq type='get' from='example.com' to='" + ours + "' id='q'><query xmlns='jabber:iq:version'/></iq>"
				found, err := b.run()
				require.NoError(t, err)
				require.Len(t, found, len(all))
				for _, name := range all {
					want := map[bool]doctor.Status{true: doctor.NotChecked, false: doctor.OK}[name == "guests"]
					require.Equal(t, want, found[name].Status, "%+v", found[name])
				}
				require.Contains(t, found["rosters"].Text, "put into that of alice@example.com, read back and taken out")
				require.Equal(t, 1, b.f.put)
				require.Empty(t, b.contacts())
				require.Len(t, b.f.got, 4, "who wants something is told, over both connections: %q", b.f.got)
				require.Contains(t, b.f.got[0], "message error carol@example.net/x")
				require.Contains(t, b.f.got[0], "recipient-unavailable")
				require.NoFileExists(t, b.src.Path)
			})
		})
	}
}

// line is what one check is to say.
type line struct {
	name   string
	status doctor.Status
	text   string // part of it
	fix    string
}

// sick is one state of things.
type sick struct {
	with func(b *bed)
	says []line
	ends bool // nothing behind the last is looked at
}

func TestLines(t *testing.T) {
	for name, tt := range states() {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				b := newBed(t)
				tt.with(b)
				found, err := b.run()
				require.NoError(t, err)
				for _, l := range tt.says {
					c, there := found[l.name]
					require.True(t, there, "%s: %+v", l.name, found)
					require.Equal(t, l.status, c.Status, "%+v", c)
					require.Contains(t, c.Text, l.text)
					require.Contains(t, c.Fix, l.fix)
				}
				if tt.ends {
					require.NotContains(t, found, "large stanzas")
				}
				require.Empty(t, b.contacts(), "none is left")
				time.Sleep(time.Hour) // the server may be slow
			})
		})
	}
}

// Beside a running service nothing is done that could disturb it.
func TestRunning(t *testing.T) {
	for name, tt := range map[string]struct {
		web    string
		status int
		listen string
		want   line
	}{
		"ready":     {`{"status":"ok","server":"ok"}`, 200, "127.0.0.1:8080", line{"service", doctor.OK, "running and connected", ""}},
		"not ready": {`{"status":"not ready","server":"the server cannot be reached"}`, 503, "0.0.0.0:8080", line{"service", doctor.Wrong, "not connected: the server cannot be reached", ""}},
		"unasked":   {"", 0, "", line{"service", doctor.NotChecked, "cannot be asked", "set http.listen"}},
		"silent":    {"", 0, "127.0.0.1:8080", line{"service", doctor.Wrong, "does not answer", "log"}},
		"another":   {"<html>", 200, "127.0.0.1:8080", line{"service", doctor.Degraded, "another program answers", "http.listen"}},
	} {
		for _, ejabberd := range []bool{false, true} {
			t.Run(fmt.Sprintf("%s, ejabberd %v", name, ejabberd), func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					b := newBed(t)
					b.f.web, b.f.webStatus, b.cfg.HTTP.Listen = tt.web, tt.status, tt.listen
					if ejabberd {
						likeEjabberd(b.f)
					}
					db := b.open()
					found, err := b.run()
					require.NoError(t, err)
					require.NoError(t, db.Close())
					require.Equal(t, tt.want.status, found["service"].Status)
					require.Contains(t, found["service"].Text, tt.want.text)
					require.Contains(t, found["service"].Fix, tt.want.fix)
					require.Equal(t, doctor.OK, found["database"].Status, "%+v", found["database"])
					require.Contains(t, found["the rest"].Fix, "stop Baton")
					require.Zero(t, b.f.logins)
					require.Zero(t, b.f.put)
					if _, asked := found["accounts"]; asked != ejabberd {
						t.Error("accounts are asked about where that needs no login")
					}
				})
			})
		}
	}
}

// One that runs elsewhere, with other data, is seen at http.listen.
func TestRunningElsewhere(t *testing.T) {
	b := newBed(t)
	b.f.web, b.f.webStatus = `{"status":"ok","server":"ok"}`, 200
	found, err := b.run()
	require.NoError(t, err)
	require.Equal(t, doctor.OK, found["service"].Status)
	require.Zero(t, b.f.logins)
}

// While the doctor is busy nobody opens the database; afterwards anybody may.
func TestDatabaseIsHeld(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBed(t)
		require.NoError(t, b.open().Close())
		var meanwhile error
		b.f.on["version"] = func() { _, meanwhile = store.Open(t.Context(), b.src, store.Options{}) }
		_, err := b.run()
		require.NoError(t, err)
		require.ErrorIs(t, meanwhile, store.ErrInUse)
		require.NoError(t, b.open().Close())
		require.NoFileExists(t, b.src.Path+"-wal")
	})
}

// Ctrl-C at whatever moment: the contact is out of the roster.
func TestInterrupted(t *testing.T) {
	for name, change := range map[string]func(*fake){"prosody": func(*fake) {}, "ejabberd": likeEjabberd} {
		for _, at := range []string{"version", "put", "read", "remove", "info", "items"} {
			for _, mute := range []bool{false, true} {
				t.Run(fmt.Sprintf("%s at %s, mute %v", name, at, mute), func(t *testing.T) {
					synctest.Test(t, func(t *testing.T) {
						b := newBed(t)
						change(b.f)
						var stop context.CancelFunc
						b.ctx, stop = context.WithCancel(t.Context())
						defer stop()
						b.f.mute[at] = mute && at != "remove"
						b.f.on[at] = stop
						found, err := b.run()
						if b.ctx.Err() != nil {
							require.ErrorIs(t, err, context.Canceled)
							require.NotContains(t, found, "large stanzas")
							if at != "read" || !mute { // nobody says then whether it is out
								require.NotEqual(t, doctor.Wrong, found["rosters"].Status, "%+v", found["rosters"])
							}
						}
						require.Empty(t, b.contacts())
					})
				})
			}
		}
	}
}

// What else is in the roster stays, a contact of the same name included.
func TestOthersStay(t *testing.T) {
	for name, change := range map[string]func(*fake){"prosody": func(*fake) {}, "ejabberd": likeEjabberd} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				b := newBed(t)
				change(b.f)
				had := map[string]string{"baton-doctor.old@" + ours: "Baton doctor (test)", "carol@example.net": "Carol"}
				b.f.rosters["alice@example.com"] = maps.Clone(had)
				found, err := b.run()
				require.NoError(t, err)
				require.Equal(t, doctor.OK, found["rosters"].Status, "%+v", found["rosters"])
				require.Equal(t, had, b.f.rosters["alice@example.com"])
				require.Len(t, b.contacts(), len(had))
			})
		})
	}
}

// What cannot be taken out is named.
func TestLeftBehind(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBed(t)
		b.f.on["put"] = func() { b.f.refuse["remove"] = "internal-server-error" }
		found, err := b.run()
		require.NoError(t, err)
		require.Equal(t, doctor.Wrong, found["rosters"].Status)
		require.Contains(t, found["rosters"].Text, "baton-doctor.")
		require.Contains(t, found["rosters"].Text, "may be left in the roster of alice@example.com")
		require.Len(t, b.contacts(), 1)
	})
}
