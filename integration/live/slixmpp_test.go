package live

import (
	"encoding/json"
	"os/exec"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

const python = "/usr/bin/python3" // Debian's, which has python3-slixmpp

// fact is a line of a script's report: what somebody saw.
type fact struct {
	Result, Who, Saw, Sender, Text, Error string
	Session, Offer, Outcome, Disconnect   map[string]string
}

// played runs a script of a foreign client library to its end and returns what
// each person saw.
func (w *world) played(script string) map[string][]fact {
	w.t.Helper()
	out, err := exec.CommandContext(w.t.Context(), python, "-c", "import slixmpp").CombinedOutput()
	require.NoError(w.t, err, "%s\npython3-slixmpp is missing: run scripts/install-deps.sh test, or: "+
		"sudo apt-get install --no-install-recommends python3-slixmpp", out)
	p := launch(w.t, python, "-B", "../slixmpp/"+script, "--server", w.server.Addr().C2S, "--ca", w.server.Addr().CertFile,
		"--service", service, "--password", "pw", "ann@example.com", "alice@example.com", "bob@example.com")
	require.Zero(w.t, p.Exits(w.t), p.Output())
	saw := map[string][]fact{}
	for line := range strings.Lines(p.Output()) {
		var f fact
		if strings.HasPrefix(line, "{") { // slixmpp itself says something about stringprep
			require.NoError(w.t, json.Unmarshal([]byte(line), &f), line)
			saw[f.Who] = append(saw[f.Who], f)
		}
	}
	require.Equal(w.t, []fact{{Result: "ok"}}, saw[""], p.Output())
	return saw
}

// texts returns the messages somebody saw from an address, without the time.
func texts(saw []fact, from string) []string {
	var out []string
	for _, f := range saw {
		if f.Saw == "message" && f.Error == "" && f.Sender == from {
			out = append(out, seconds.ReplaceAllString(clock.ReplaceAllString(f.Text, "hh:mm"), "(60 s)"))
		}
	}
	return out
}

func TestForeignClientsByWords(t *testing.T) {
	onEach(t, func(t *testing.T, on string) {
		w := serve(t, on, nil)
		saw := w.played("words.py")
		conv := w.text("SELECT local FROM conversations") + "@" + service
		require.Equal(t, []string{
			"Hello, one moment please.",
			"let me check",
			"You are now talking with our Billing team.",
			"Bob here, I do the refund",
			"This chat has ended. Write again any time.",
		}, texts(saw["ann"], support))
		require.Equal(t, []string{
			"⚙ *New session* (Support) · #1\nCustomer: Ann\n> hh:mm Ann: Hi, I was charged twice",
			"⚙ Offered to Billing; you keep this chat until it is accepted. !cancel takes it back.",
			"⚙ Transferred: Bob took over. Closed for you. !reclaim asks for it back.",
			"⚙ You handed this session on. Your message was not delivered.",
		}, texts(saw["alice"], conv))
		require.Equal(t, []string{
			"⚙ *Handed over by Alice* (Support → Billing) · #1\nCustomer: Ann\nNote: wants a refund\n" +
				"> hh:mm Ann: Hi, I was charged twice\n> hh:mm Alice: let me check",
			"are you there?",
			"⚙ The session with Ann is closed.",
		}, texts(saw["bob"], conv))
		require.Len(t, texts(saw["alice"], desk), 2)
		require.Len(t, texts(saw["bob"], desk), 2)
		var errors []string
		for _, f := range append(append(saw["ann"], saw["alice"]...), saw["bob"]...) {
			require.Empty(t, f.Offer, "nobody is asked natively")
			require.Empty(t, f.Disconnect)
			if f.Error != "" {
				errors = append(errors, f.Who+": "+f.Error)
			}
		}
		require.Equal(t, []string{"alice: not-allowed"}, errors)
	})
}

func TestForeignClientsByStanzas(t *testing.T) {
	onEach(t, func(t *testing.T, on string) {
		w := serve(t, on, nil)
		saw := w.played("native.py")
		local := w.text("SELECT local FROM conversations")
		session := local + ".1"
		transfer := w.text("SELECT transfer FROM transfers WHERE author = 'alice@example.com'")

		outcomes := map[string][]string{}
		offers := map[string]int{}
		disconnects := map[string][]string{}
		for who, facts := range saw {
			require.Empty(t, texts(facts, desk), "%s is not asked in words", who)
			for _, f := range facts {
				require.Empty(t, f.Error, "%s: %v", who, f)
				if f.Outcome["transfer"] == transfer {
					outcomes[who] = append(outcomes[who], f.Outcome["state"]+" "+f.Outcome["epoch"])
				}
				if f.Offer != nil {
					offers[who]++
					require.Equal(t, session, f.Offer["session"])
				}
				if f.Disconnect != nil {
					require.Equal(t, session, f.Disconnect["session"])
					disconnects[who] = append(disconnects[who], f.Disconnect["reason"]+" "+f.Disconnect["epoch"])
				}
				if f.Saw == "message" && f.Session != nil {
					require.Equal(t, session, f.Session["id"])
				}
			}
		}
		require.Equal(t, map[string]int{"alice": 1, "bob": 1}, offers)
		require.Equal(t, []string{"accepted 2"}, outcomes["alice"])
		require.Equal(t, []string{"accepted 2"}, outcomes["bob"])
		require.Empty(t, outcomes["ann"])
		require.Equal(t, []string{"transferred 2"}, disconnects["alice"])
		require.Equal(t, []string{"transferred 2", "done 2"}, disconnects["ann"])
	})
}
