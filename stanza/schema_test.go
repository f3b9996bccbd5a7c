package stanza

import (
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
)

// xmllint validates files against handoff.xsd and returns what it says.
func xmllint(t *testing.T, files ...string) (string, error) {
	t.Helper()
	tool, err := exec.LookPath("xmllint")
	require.NoError(t, err, "the schema test needs xmllint: apt-get install libxml2-utils")
	out, err := exec.Command(tool, append([]string{"--nonet", "--noout", "--schema", "handoff.xsd"}, files...)...).CombinedOutput()
	return string(out), err
}

func TestSchemaAcceptsGoldens(t *testing.T) {
	var files []string
	for name := range handoffGoldens() {
		files = append(files, filepath.Join(goldenDir, name))
	}
	out, err := xmllint(t, files...)
	require.NoError(t, err, out)
}

// The schema is not merely lenient: it refuses what the package refuses, as far
// as XML Schema can say it.
func TestSchemaRejects(t *testing.T) {
	for _, in := range []string{
		`<accept/>`, `<accept id=''/>`, `<accept id='x'><reason/></accept>`, `<session epoch='0'/>`, `<session id='a.1'/>`,
		`<session id='a' epoch='0'/>`, `<session id='a.0' epoch='0'/>`, `<session id='a.1' epoch='0' state='asleep'/>`,
		`<session id='a.1' epoch='0' position='0'/>`, `<transfer mode='hot'><target queue='q'/></transfer>`,
		`<transfer><target queue=''/></transfer>`, `<transfer><share history='some'/></transfer>`, `<transfer><share last='0'/></transfer>`,
		`<transfer id='x' session='a.1' state='offered' expires='soon'/>`, `<offer id='x' session='a.1' from='a@b' expires='2026-11-23T12:00:30Z'/>`,
		`<offer id='x' session='a.1' mode='return' from='a@b' expires='2026-11-23T12:00:30Z'><caller name='A'/></offer>`,
		`<transfer mode='reclaim'><target queue='q'/></transfer>`,
		`<outcome transfer='x' session='a.1' state='won'/>`, `<disconnect reason='Had enough!'/>`, `<note/>`, `<author role='boss'/>`,
		`<offer id='x' session='a.1' from='a@b' expires='2026-11-23T12:00:30Z'><caller name='A'/><dialog count='1'>` +
			`<forwarded xmlns='urn:xmpp:forward:0'><message xmlns='jabber:client'><author xmlns='urn:xmpp:handoff:0' role='boss'/></message></forwarded></dialog></offer>`,
		`<handover/>`, `<hold state='maybe'/>`, `<listen session='a.0'/>`, `<parted session='a.1' who='b@c' as='ghost'/>`, `<parted session='a.1' as='guest'/>`,
	} {
		file := filepath.Join(t.TempDir(), "reject.xml")
		require.NoError(t, os.WriteFile(file, []byte(inNS(in)), 0o600))
		out, err := xmllint(t, file)
		var exit *exec.ExitError
		require.ErrorAs(t, err, &exit, in)
		require.Equal(t, 3, exit.ExitCode(), "%s\n%s", in, out) // 3: does not validate
	}
}
