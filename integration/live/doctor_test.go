package live

import (
	"encoding/json"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"

	"baton/integration/server"
)

// examined runs the doctor to its end and returns its lines by name.
func examined(t *testing.T, w *world, status int) map[string]finding {
	t.Helper()
	p := launch(t, binary, "doctor", "--json", "--config", w.config.write(t, w.dir))
	require.Equal(t, status, p.Exits(t), p.Output())
	orderly(t, p)
	var page struct{ Checks []finding }
	require.NoError(t, json.Unmarshal([]byte(p.Output()), &page), p.Output())
	found := map[string]finding{}
	for _, c := range page.Checks {
		require.NotContains(t, found, c.Check)
		found[c.Check] = c
	}
	return found
}

type finding struct{ Part, Check, Status, Text, Fix string }

// patient is a world in which the program does not run.
func patient(t *testing.T, s server.Server, change func(settings) settings) *world {
	t.Helper()
	w := &world{t: t, server: s, dir: dataDir(t)}
	w.configure(s.Addr().ComponentAddr, change)
	return w
}

func TestDoctor(t *testing.T) {
	onEach(t, func(t *testing.T, on string) {
		w := patient(t, lendServer(t, on), nil)
		found := examined(t, w, 0)
		want := map[string]string{"configuration": "ok", "data folder": "ok", "database": "ok", "disk space": "ok", "service": "ok",
			"login": "ok", "round trip": "ok", "server": "ok", "clock": "ok", "privileges": "ok", "accounts": "ok", "rosters": "ok",
			"archive": "ok", "guests": "not checked", "second login": "ok", "large stanzas": "ok"}
		if w.server.Facts().OneConnection {
			want["second login"] = "degraded"
			require.Contains(t, found["second login"].Fix, `component_conflict_resolve = "kick_old" under Component "`+service+`"`)
		}
		got := map[string]string{}
		for name, c := range found {
			if got[name] = c.Status; name == "disk space" && c.Status == "degraded" {
				got[name] = "ok" // of this machine
			}
		}
		require.Equal(t, want, got, "%v", found)
		require.Contains(t, strings.ToLower(found["server"].Text), on)
		require.Contains(t, found["privileges"].Text, w.server.Facts().Privilege)
		require.Contains(t, found["rosters"].Text, map[bool]string{true: "by ejabberd-api", false: "by privilege"}[w.server.Facts().RosterByAPI])
		require.Empty(t, kept(w, "alice"), "the test contact is gone")
		require.NoFileExists(t, filepath.Join(w.dir, "baton.db"), "nothing is made")

		t.Log("for people")
		p := launch(t, binary, "doctor", "--config", filepath.Join(w.dir, "baton.json"))
		require.Zero(t, p.Exits(t), p.Output())
		orderly(t, p)
		require.Contains(t, p.Output(), "✓ rosters")
		t.Log("\n" + p.Output())

		t.Log("beside a running service")
		w.start()
		w.baton.Says(t, "msg=rosters")
		require.Contains(t, w.baton.Says(t, "msg=server"), "host=example.com software="+map[string]string{server.Prosody: "Prosody", server.Ejabberd: "ejabberd"}[on])
		found = examined(t, w, 0)
		require.Equal(t, "not checked", found["service"].Status, "http.listen is empty")
		require.Contains(t, found["the rest"].Text, "second login")
		require.NotContains(t, found, "login")
		alice, ann := w.agent("alice", "gajim", nil), w.dial("ann", "phone", nil)
		w.open(ann, alice, "Hi")
		require.NotContains(t, w.baton.Output(), "broke", "it was not disturbed")
	})
}

func TestDoctorFindsWhatIsWrong(t *testing.T) {
	onEach(t, func(t *testing.T, on string) {
		s := startServer(t, on, server.Options{})
		w := patient(t, s, func(c settings) settings { return c.with("component.secret", "not-the-secret") })
		found := examined(t, w, 1)
		require.Equal(t, "wrong", found["login"].Status)
		require.Contains(t, found["login"].Fix, "component.secret must be what the server has for "+service)
		require.Contains(t, found["login"].Fix, "component_secret under Component")
		require.Contains(t, found["the rest"].Text, "privileges")
		require.NotContains(t, found["login"].Text+found["login"].Fix, "not-the-secret")

		w.config = w.config.with("component.secret", secret).with("component.domain", "handoff.example.net")
		found = examined(t, w, 1)
		require.Equal(t, "wrong", found["login"].Status)
		require.Contains(t, found["login"].Fix, "add it")
		if s.Facts().NamesUnknownComponent {
			require.Equal(t, "the server knows no component handoff.example.net", found["login"].Text)
		}

		t.Log("no privilege, no API, an agent without an account")
		was := map[string]string{server.Prosody: "privileged_entities = {", server.Ejabberd: "  mod_privilege:\n    roster: { both: component_only }\n    message: { outgoing: component_only }\n    presence: { managed_entity: component_only }\n"}[on]
		edit(t, s, was, map[string]string{server.Prosody: "nobodys_entities = {", server.Ejabberd: ""}[on])
		require.NoError(t, s.Restart(t.Context()))
		w.configure(s.Addr().ComponentAddr, func(c settings) settings { return c.with("roster.ejabberd_api", "http://"+nowhere+"/api") })
		found = examined(t, w, 0)
		for _, name := range []string{"privileges", "rosters"} {
			require.Equal(t, "degraded", found[name].Status)
		}
		require.Contains(t, found["privileges"].Fix, map[string]string{server.Prosody: `under VirtualHost "example.com": privileged_entities`,
			server.Ejabberd: "mod_privilege: {roster: {both: baton}"}[on])
		require.Equal(t, "not checked", found["accounts"].Status)
		require.Empty(t, kept(w, "alice"))

		require.NoError(t, s.Kill())
		found = examined(t, w, 1)
		require.Contains(t, found["login"].Text, "connection refused")
		require.Contains(t, found["login"].Fix, "start the server, or correct component.address")
	})
}

func TestDoctorNamesMissingAccounts(t *testing.T) {
	onEach(t, func(t *testing.T, on string) {
		w := patient(t, lendServer(t, on), nil)
		agents := w.config["agents"].(map[string]any)
		agents["list"] = append([]any{map[string]any{"jid": "zoe@example.com", "queues": []string{"support"}}}, agents["list"].([]any)...)
		found := examined(t, w, 1)
		require.Equal(t, "wrong", found["accounts"].Status)
		require.Equal(t, "1 of 4 agents have none: zoe@example.com", found["accounts"].Text)
		require.Equal(t, "ok", found["rosters"].Status, "somebody else's is tried")
		require.Contains(t, found["rosters"].Text, "alice@example.com")
		require.Empty(t, kept(w, "alice"))
	})
}

// Wherever it is stopped, no test contact is left.
func TestDoctorStopped(t *testing.T) {
	onEach(t, func(t *testing.T, on string) {
		w := patient(t, lendServer(t, on), nil)
		file := w.config.write(t, w.dir)
		for _, line := range []string{"✓ server", "✓ privileges", "✓ accounts"} {
			p := launch(t, binary, "doctor", "--config", file)
			p.Says(t, line)
			p.Signal(t, syscall.SIGINT)
			require.Contains(t, []int{0, 1}, p.Exits(t))
			orderly(t, p)
			for _, user := range []string{"alice", "bob", "bert"} {
				require.Empty(t, kept(w, user))
			}
		}
	})
}

func TestDoctorUsage(t *testing.T) {
	t.Parallel()
	out, err := exec.Command(binary, "doctor").CombinedOutput()
	require.ErrorContains(t, err, "exit status 2", string(out))
	require.Contains(t, string(out), "no configuration file was named")
}
