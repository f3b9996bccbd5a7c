package live

import (
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"baton/integration/client"
	"baton/integration/server"
)

// snippet returns the code block of a document that begins with a comment naming
// the file it belongs into, with what must differ in a test replaced: old and
// new by turns, each of which must be there.
func snippet(t *testing.T, doc, file string, differs ...string) string {
	t.Helper()
	text, err := os.ReadFile("../../docs/" + doc)
	require.NoError(t, err)
	for _, block := range strings.Split(string(text), "\n```")[1:] {
		kind, body, _ := strings.Cut(block, "\n")
		first, _, _ := strings.Cut(body, "\n")
		if kind == "" || !strings.HasSuffix(first, " "+file) {
			continue
		}
		for i := 0; i < len(differs); i += 2 {
			require.Contains(t, body, differs[i], "%s of %s", file, doc)
			body = strings.ReplaceAll(body, differs[i], differs[i+1])
		}
		return body + "\n"
	}
	require.Failf(t, "no such snippet", "%s in docs/%s", file, doc)
	return ""
}

func port(addr string) string { return addr[strings.LastIndexByte(addr, ':')+1:] }

// fromDocs starts a server and the program with the texts of a document.
func fromDocs(t *testing.T, on string) *world {
	w := &world{t: t, dir: dataDir(t), server: startServer(t, on, server.Options{Secret: "change-me",
		Modules: map[string]string{"baton_archive": archiveModule(t)}})}
	a := w.server.Addr()
	write := func(file, text string) {
		was, err := os.Stat(a.ConfigFile)
		require.NoError(t, err)
		require.NoError(t, os.WriteFile(file, []byte(text), was.Mode()|0o044)) // no secret of anybody
	}
	baton := []string{"127.0.0.1:5347", a.ComponentAddr, "/var/lib/baton", w.dir, `"127.0.0.1:8080"`, `""`}
	switch on {
	case server.Prosody:
		write(filepath.Join(a.Dir, "guests.pfw"), snippet(t, "prosody.md", "/etc/prosody/guests.pfw"))
		write(a.ConfigFile, snippet(t, "prosody.md", "/etc/prosody/prosody.cfg.lua",
			`interfaces = { "*", "::" }`, `interfaces = { "127.0.0.1" }`,
			"5222", port(a.C2S), "s2s_ports = { 5269 }", "s2s_ports = {}", "5347", port(a.ComponentAddr), "5280", port(a.HTTP),
			"c2s_require_encryption = true", "c2s_require_encryption = false", // the test's client has no TLS
			"/usr/local/lib/prosody/modules", filepath.Join(a.Dir, "modules"),
			"/etc/prosody/certs", filepath.Dir(a.CertFile), "/etc/prosody/guests.pfw", filepath.Join(a.Dir, "guests.pfw"),
			`pidfile = "/run/prosody/prosody.pid"`, `data_path = "`+filepath.Join(a.Dir, "data")+`" pidfile = "`+filepath.Join(a.Dir, "prosody.pid")+`"`,
			"/var/log/prosody", a.Dir))
	case server.Ejabberd:
		write(a.ConfigFile, snippet(t, "ejabberd.md", "/etc/ejabberd/ejabberd.yml",
			`ip: "::"`, `ip: "127.0.0.1"`, "5222", port(a.C2S), "5347", port(a.ComponentAddr), "5280", port(a.HTTP),
			"starttls_required: true", "starttls: true", // the test's client has no TLS
			"/etc/ejabberd/ejabberd.pem", a.CertFile+`", "`+strings.TrimSuffix(a.CertFile, ".crt")+".key",
			"/var/lib/ejabberd/ejabberd.db", filepath.Join(a.Dir, "data", "ejabberd.db")))
		baton = append(baton, "127.0.0.1:5280", a.HTTP)
	}
	require.NoError(t, w.server.Restart(t.Context()))
	file := filepath.Join(w.dir, "baton.yaml")
	require.NoError(t, os.WriteFile(file, []byte(snippet(t, on+".md", "/etc/baton/baton.yaml", baton...)), 0o600))
	w.baton = launch(t, binary, "serve", "--config", file)
	w.baton.Says(t, "msg=connected")
	return w
}

// What the documents tell people to write works as it stands: the contact is
// moved, the copy is moved or removed, and guests reach queues only.
func TestDocumentedConfiguration(t *testing.T) {
	onEach(t, func(t *testing.T, on string) {
		w := fromDocs(t, on)
		f := w.server.Facts()
		w.baton.Says(t, map[bool]string{true: "rosters host=example.com strategy=ejabberd-api", false: "rosters host=example.com strategy=privilege"}[f.RosterByAPI])
		w.baton.Says(t, map[bool]string{true: "archive copies\" host=example.com server_copy=move by=mod_baton_archive",
			false: "archive copies\" host=example.com server_copy=remove by=ejabberd-api"}[f.MovesArchive])
		alice, bob, ann := w.agent("alice", "gajim", nil), w.agent("bob", "dino", nil), w.dial("ann", "phone", nil)
		conv := bare(w.open(ann, alice, "Hi, I was charged twice").From)
		w.say(alice, conv, "let me check")
		w.expect(ann, "the reply", client.Message(support, "let me check"))
		theDesk := desk + ` "Transfer desk" both []`
		ours := conv + ` "Ann · #1" both [Handoff: Support]`
		require.Equal(t, []string{ours, theDesk}, kept(w, "alice"))
		require.Equal(t, []string{theDesk}, kept(w, "bob"))
		w.hand(conv, alice, bob, "Bob")
		w.settled(alice, bob, ann)
		require.Equal(t, []string{theDesk}, kept(w, "alice"))
		require.Equal(t, []string{ours, theDesk}, kept(w, "bob"))
		require.Empty(t, w.own(alice, conv))
		texts := strings.Join(bodies(append(w.own(bob, conv), w.own(bob, conv)...)), "\n")
		require.Equal(t, f.MovesArchive, strings.Contains(texts, "[Alice] let me check"))

		say := guest(t, w.server.Addr().C2S)
		say("bob@example.com", "past the desk")
		say(billing, "by the front door")
		w.expect(bob, "the offer", client.Message(desk, "by the front door"))
		for _, e := range bob.Events() {
			require.NotContains(t, e.Body, "past the desk")
		}
		w.say(ann, "bob@example.com", "those with an account may")
		w.expect(bob, "a colleague", client.Message("ann@example.com", "those with an account may"))
		w.baton.Term(t)
		require.Zero(t, w.baton.Exits(t))
	})
}

// guest logs in without an account, as the documents let visitors do, and returns
// how they write to somebody.
func guest(t *testing.T, addr string) func(to, text string) {
	t.Helper()
	conn, err := net.Dial("tcp", addr)
	require.NoError(t, err)
	t.Cleanup(func() { conn.Close() })
	require.NoError(t, conn.SetDeadline(time.Now().Add(patience)))
	send := func(xml, answer string) {
		t.Helper()
		_, err := io.WriteString(conn, xml)
		require.NoError(t, err)
		var got []byte
		for b := make([]byte, 1); !strings.Contains(string(got), answer); got = append(got, b...) {
			_, err := conn.Read(b)
			require.NoError(t, err, "waiting for %s, got %s", answer, got)
		}
	}
	const header = "<stream:stream xmlns='jabber:client' xmlns:stream='http://etherx.jabber.org/streams' to='guests.example.com' version='1.0'>"
	send(header, "</stream:features>")
	send("<auth xmlns='urn:ietf:params:xml:ns:xmpp-sasl' mechanism='ANONYMOUS'/>", "<success")
	send(header, "</stream:features>")
	send("<iq type='set' id='b'><bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'/></iq>", "</iq>")
	send("<presence/>", "<presence")
	return func(to, text string) {
		t.Helper()
		_, err := fmt.Fprintf(conn, "<message type='chat' to='%s'><body>%s</body></message>", to, text)
		require.NoError(t, err)
	}
}

// The tests' ejabberd runs with the option that the document asks for.
func TestDocumentedOptions(t *testing.T) {
	t.Parallel()
	setup, err := os.ReadFile("../ejabberd/setup.go")
	require.NoError(t, err)
	require.Contains(t, snippet(t, "ejabberd.md", "/etc/ejabberd/ejabberdctl.cfg"), "+sss 8192")
	require.Contains(t, string(setup), `"+sss", "8192"`)
}
