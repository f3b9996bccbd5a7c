//go:build clients

package sms

import (
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"

	"baton/integration/client"
	"baton/integration/program"
	"baton/integration/sms/smsc"
)

const kannelConf = `
group = core
admin-port = %s
admin-interface = 127.0.0.1
admin-password = unused
smsbox-port = %s
smsbox-interface = 127.0.0.1
dlr-storage = internal
log-file = "%s/bearerbox.log"
log-level = 0

group = smsc
smsc = smpp
smsc-id = centre
host = 127.0.0.1
port = %s
transceiver-mode = true
smsc-username = kannel
smsc-password = secret
system-type = ""
reconnect-delay = 1

group = smsbox
bearerbox-host = 127.0.0.1
sendsms-port = %s
sendsms-interface = 127.0.0.1
log-file = "%s/smsbox.log"
log-level = 0
http-request-retry = 3
http-queue-delay = 1

group = sendsms-user
username = baton
password = pw
concatenation = true
max-messages = 20

group = sms-service
keyword = default
get-url = "http://%s/sms/kannel/?secret=s3cret&from=%%p&to=%%P&coding=%%c&charset=%%C&id=%%I&text=%%b"
catch-all = true
max-messages = 0
`

// kannel starts Debian's Kannel: bearerbox, bound to the message centre, and
// smsbox, which calls the program.
func (w *world) kannel() {
	w.t.Helper()
	_, err := exec.LookPath("bearerbox")
	require.NoError(w.t, err, "run scripts/install-deps.sh clients")
	port := func() string { _, p, _ := net.SplitHostPort(program.FreeAddress(w.t)); return p }
	_, centre, err := net.SplitHostPort(w.smsc.Addr())
	require.NoError(w.t, err)
	admin, box, send := port(), port(), port()
	dir := w.t.TempDir()
	conf := filepath.Join(dir, "kannel.conf")
	require.NoError(w.t, os.WriteFile(conf, fmt.Appendf(nil, kannelConf, admin, box, dir, centre, send, dir, w.listen), 0o600))
	w.t.Cleanup(func() {
		for _, name := range []string{"bearerbox.log", "smsbox.log"} {
			if text, err := os.ReadFile(filepath.Join(dir, name)); w.t.Failed() && err == nil {
				w.t.Logf("%s:\n%s", name, text[max(0, len(text)-6000):])
			}
		}
	})
	for _, daemon := range []string{"bearerbox", "smsbox"} {
		cmd := exec.Command(daemon, conf)
		cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
		cmd.Dir = dir
		require.NoError(w.t, cmd.Start())
		w.t.Cleanup(func() {
			_ = syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) // its own group alone
			_ = cmd.Wait()
		})
		if daemon == "bearerbox" { // smsbox gives up where there is none
			w.eventually("bearerbox", func() bool {
				c, err := net.Dial("tcp", "127.0.0.1:"+box)
				if err == nil {
					c.Close()
				}
				return err == nil
			})
		}
	}
	w.eventually("smsbox", func() bool {
		c, err := net.Dial("tcp", "127.0.0.1:"+send)
		if err == nil {
			c.Close()
		}
		return err == nil
	})
	w.eventually("Kannel to be bound", func() bool { return w.smsc.Bound() == 1 })
	w.sms = map[string]any{"kannel": []any{map[string]any{"name": "kannel", "url": "http://127.0.0.1:" + send + "/cgi-bin/sendsms",
		"username": "baton", "password": "pw", "secret": "s3cret", "callback": "http://" + w.listen + "/sms/kannel",
		"allow": []string{"127.0.0.1"}, "numbers": []string{ours}}}}
}

// By Kannel, which is foreign on both sides: to the program and to the message
// centre.
func TestKannel(t *testing.T) {
	w := newWorld(t, smsc.Options{Receipts: smsc.Late})
	w.kannel()
	w.serve()
	alice := w.agent("alice")
	w.smsc.Write(phone, ours, "Charged {€5}, é & ü?")
	w.expect(alice, "the offer", client.Message(desk, "Take it?"))
	w.say(alice, desk, "y")
	e := w.expect(alice, "the handover message", client.Message("", "New session"))
	require.Contains(t, e.Body, "Charged {€5}, é & ü?")
	contact := bare(e.From)
	require.Equal(t, "Hello, one moment please.", w.shows(1).Text)

	w.smsc.Write(phone, ours, emoji)
	require.Equal(t, emoji, w.expect(alice, "the long text", client.Message(contact, "你好")).Body)
	for i, text := range []string{emoji, "Your {€5} & more: é", strings.Repeat("long ", 80) + "end"} {
		from := alice.Mark()
		id := w.say(alice, contact, text, client.WithPayload(askReceipt))
		require.Equal(t, text, w.shows(2+i).Text)
		_, err := alice.ExpectSince(t.Context(), from, "the receipt", receipt(contact, id))
		require.NoError(t, err)
	}
	w.smsc.Fail(phone)
	w.say(alice, contact, "the phone is off now")
	w.expect(alice, "that it did not arrive", client.Message(contact, "the phone was not reached"))
}
