//go:build clients

package sms

import (
	"net"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"baton/integration/client"
	"baton/integration/program"
	"baton/integration/sms/smsc"
)

// smppJS is the version of the npm package that testdata/smsc.js is made with.
const smppJS = "smpp@0.5.1"

// A message centre that is foreign: text is the same there and back. Debian has no
// such package, so that Node.js, npm and its registry are needed.
func TestForeignCentre(t *testing.T) {
	for _, tool := range []string{"node", "npm"} {
		if _, err := exec.LookPath(tool); err != nil {
			t.Skipf("%s is not installed; it is needed for a message centre that Debian has no package of", tool)
		}
	}
	dir := t.TempDir()
	install := exec.Command("npm", "install", "--no-save", "--no-package-lock", "--ignore-scripts", "--prefix", dir, smppJS)
	if text, err := install.CombinedOutput(); err != nil {
		t.Skipf("npm cannot install %s: %s", smppJS, text)
	}
	w := newWorld(t, smsc.Options{})
	script, err := filepath.Abs("testdata/smsc.js")
	require.NoError(t, err)
	address := program.FreeAddress(t)
	_, port, err := net.SplitHostPort(address)
	require.NoError(t, err)
	node := program.Launch(t, "node", program.Options{Args: []string{script, port, strings.TrimPrefix(phone, "+"), strings.TrimPrefix(ours, "+")},
		Env: []string{"NODE_PATH=" + filepath.Join(dir, "node_modules")}, Patience: patience})
	node.Says(t, "listening")
	w.sms = map[string]any{"smpp": []any{map[string]any{"name": "node", "address": address, "system_id": "baton", "password": "x",
		"coding_one": "gsm7", // what it means by data_coding 1
		"numbers":    []string{ours}}}}
	w.serve()
	alice := w.agent("alice")
	w.expect(alice, "the offer", client.Message(desk, "Take it?"))
	w.say(alice, desk, "y")
	e := w.expect(alice, "the handover message", client.Message("", "New session"))
	require.Contains(t, e.Body, "Hello from Node {€5}")
	contact := bare(e.From)
	for i, text := range []string{emoji, "Grüße {€5} é ÄÖÜ", strings.Repeat("Ω😀", 60)} {
		from := alice.Mark()
		id := w.say(alice, contact, text, client.WithPayload(askReceipt))
		_, err := alice.ExpectSince(t.Context(), from, "the receipt", receipt(contact, id))
		require.NoError(t, err)
		_, err = alice.ExpectSince(t.Context(), from, "the same text back", func(e client.Event) bool { return e.Body == text && bare(e.From) == contact })
		require.NoError(t, err, "text %d", i)
	}
}
