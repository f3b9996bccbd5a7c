package live

import (
	"cmp"
	"database/sql"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"baton/integration/program"
)

// nowhere is an address where no server listens. Nobody can take it: ports
// below 1024 are not given out.
const nowhere = "127.0.0.1:1"

// ended runs the program to its end and checks that it ends with that status
// and one message that holds these texts.
func ended(t *testing.T, status int, args []string, texts ...string) {
	t.Helper()
	p := launch(t, binary, args...)
	require.Equal(t, status, p.Exits(t), p.Output())
	orderly(t, p)
	for _, text := range texts {
		require.Contains(t, p.Output(), text)
	}
	require.Equal(t, 1, strings.Count("\n"+p.Output(), "\nbaton: "), "one message: %s", p.Output())
}

// minimal is the shortest configuration there is, as people write it.
const minimal = `component:
  domain: handoff.example.com
  address: ` + nowhere + `
  secret: ` + secret + `
data_dir: DIR
agents:
  domains: [example.com]
  list:
    - {jid: alice@example.com, queues: [support]}
queues:
  - {name: support}
http: {listen: ""}
`

func TestBrokenConfiguration(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		file     string // ending
		was, is  string // what is changed in minimal
		mode     os.FileMode
		messages []string
	}{
		"unknown key":        {was: "queues:\n", is: "quues:\n", messages: []string{"baton.yaml:10: quues: unknown key; did you mean queues?"}},
		"wrong type":         {was: "{listen: \"\"}", is: "{listen: [8080]}", messages: []string{"baton.yaml:12: http.listen:"}},
		"missing secret":     {was: "  secret: " + secret + "\n", messages: []string{"component.secret: missing; write", "BATON_COMPONENT_SECRET"}},
		"no YAML":            {was: "queues:\n", is: "queues: [\n", messages: []string{"baton.yaml:", "cannot be read"}},
		"bad port":           {was: nowhere, is: "127.0.0.1:xmpp", messages: []string{"baton.yaml:3: component.address:", "port number from 1 to 65535"}},
		"another machine":    {was: nowhere, is: "192.0.2.1:5347", messages: []string{"component.address:", "component.tls", "component.insecure: true"}},
		"unknown queue":      {was: "[support]", is: "[sales]", messages: []string{"agents.list[0].queues[0]:", "\"sales\", which is no queue", "queues: support"}},
		"bad agent":          {was: "alice@example.com", is: "alice@@example", messages: []string{"agents.list[0].jid:"}},
		"agent elsewhere":    {was: "alice@example.com", is: "alice@example.net", messages: []string{"agents.list[0].jid:", "agents.domains"}},
		"bad duration":       {was: "http:", is: "offer: {timeout: soon}\nhttp:", messages: []string{"baton.yaml:12: offer.timeout:", "60s"}},
		"reserved queue":     {was: "{name: support}", is: "{name: desk}", messages: []string{"queues[0].name:"}},
		"unknown ending":     {file: "baton.conf", messages: []string{"baton.conf", "name it .yaml, .toml or .json"}},
		"unknown engine":     {was: "data_dir:", is: "store: mysql://x\ndata_dir:", messages: []string{"baton.yaml:5: store:", "sqlite:"}},
		"readable for group": {mode: 0o640, messages: []string{"component.secret", "mode 0640", "chmod 600 "}},
		"readable for all":   {mode: 0o604, messages: []string{"component.secret", "mode 0604", "chmod 600 "}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir := dataDir(t)
			file := filepath.Join(dir, "baton.yaml")
			if c.file != "" {
				file = filepath.Join(dir, c.file)
			}
			require.Contains(t, minimal, c.was)
			text := strings.Replace(minimal, c.was, c.is, 1)
			text = strings.Replace(text, "DIR", dir, 1)
			require.NoError(t, os.WriteFile(file, []byte(text), 0o600))
			if c.mode != 0 {
				require.NoError(t, os.Chmod(file, c.mode))
			}
			ended(t, 2, []string{"serve", "--config", file}, c.messages...)
			require.NoFileExists(t, filepath.Join(dir, "baton.db"), "nothing is touched")
		})
	}
}

// Every mistake is named at once.
func TestSeveralMistakes(t *testing.T) {
	t.Parallel()
	dir := dataDir(t)
	file := filepath.Join(dir, "baton.yaml")
	text := strings.NewReplacer("DIR", dir, "[support]", "[sales]", "queues:\n", "limits: {body: much}\nqueues:\n").Replace(minimal)
	require.NoError(t, os.WriteFile(file, []byte(text), 0o600))
	ended(t, 2, []string{"serve", "--config", file}, "2 problems in the configuration:\n",
		"\n  "+file+":9: agents.list[0].queues[0]:", "\n  "+file+":10: limits.body:")
}

func TestWrongUsage(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	ended(t, 2, []string{"serve", "--config", filepath.Join(dir, "none.yaml")}, "none.yaml: there is no such file; pass the right one with --config FILE")
	ended(t, 2, []string{"serve"}, "no configuration file was named; pass --config FILE", "component.domain: missing")
	ended(t, 2, []string{"serve", "--confg", "x"}, "unknown flag: --confg", "baton serve --help")
	ended(t, 2, []string{"sreve"}, `unknown command "sreve"`, "serve", "baton --help")
	ended(t, 2, []string{"serve", "baton.yaml"}, `"baton.yaml"`, "baton serve --help")
}

// lonely is a configuration without a server.
func lonely(t *testing.T) (s settings, dir string) {
	t.Helper()
	dir = dataDir(t)
	return standard(nowhere, dir), dir
}

func TestDataFolder(t *testing.T) {
	t.Parallel()
	s, dir := lonely(t)
	for name, c := range map[string]struct {
		folder   string
		messages []string
	}{
		"missing":      {filepath.Join(dir, "none"), []string{"the folder " + filepath.Join(dir, "none") + " does not exist", "mkdir -p -m 700 ", "data_dir"}},
		"not a folder": {"/dev/null", []string{"/dev/null is not a folder", "data_dir"}},
	} {
		t.Run(name, func(t *testing.T) {
			file := s.with("data_dir", c.folder).write(t, dir)
			ended(t, 1, []string{"serve", "--config", file}, c.messages...)
		})
	}
	t.Run("not writable", func(t *testing.T) {
		file := s.write(t, t.TempDir())
		require.NoError(t, os.Chmod(dir, 0o555))
		defer os.Chmod(dir, 0o700) // so that it can be removed
		nobody := unprivileged(t, file, dir)
		p := program.Launch(t, binary, program.Options{Args: []string{"serve", "--config", file}, As: nobody})
		require.Equal(t, 1, p.Exits(t), p.Output())
		orderly(t, p)
		require.Contains(t, p.Output(), "baton: store: cannot use "+dir)
		require.Contains(t, p.Output(), fmt.Sprintf("permission denied: the user this runs as (uid %d) must be able to write there", cmp.Or(int(nobody.Uid), os.Geteuid())))
	})
}

func TestPortTaken(t *testing.T) {
	t.Parallel()
	s, dir := lonely(t)
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	defer taken.Close()
	file := s.with("http.listen", taken.Addr().String()).write(t, dir)
	ended(t, 1, []string{"serve", "--config", file}, "http.listen: ", taken.Addr().String()+": bind: address already in use",
		`choose another address, or "" for none`)
}

// A database that this version must not touch stays as it is.
func TestDatabaseOfAnother(t *testing.T) {
	t.Parallel()
	change := func(t *testing.T, file, statement string) {
		db, err := sql.Open("sqlite", file)
		require.NoError(t, err)
		defer db.Close()
		_, err = db.ExecContext(t.Context(), statement)
		require.NoError(t, err)
		require.NoError(t, os.Chmod(file, 0o600))
	}
	for name, c := range map[string]struct {
		prepare  func(t *testing.T, file string)
		messages []string
	}{
		"newer schema": {func(t *testing.T, file string) {
			change(t, file, "CREATE TABLE schema_versions (version INTEGER PRIMARY KEY, name TEXT, checksum TEXT, at INTEGER); "+
				"INSERT INTO schema_versions VALUES (99, '0099_future.sql', 'x', 0)")
		}, []string{"made by a newer baton (schema 99", "install the newer one"}},
		"another program's": {func(t *testing.T, file string) {
			change(t, file, "CREATE TABLE bookmarks (url TEXT)")
		}, []string{"not a database of baton", "set store to another path"}},
		"no database": {func(t *testing.T, file string) {
			require.NoError(t, os.WriteFile(file, []byte(strings.Repeat("notes ", 1000)), 0o600))
		}, []string{"not a database of baton", "set store to another path"}},
		"readable for others": {func(t *testing.T, file string) {
			require.NoError(t, os.WriteFile(file, nil, 0o600))
			require.NoError(t, os.Chmod(file, 0o644))
		}, []string{"others on this machine can read it (mode 0644)", "chmod 600 "}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s, dir := lonely(t)
			file := filepath.Join(dir, "baton.db")
			c.prepare(t, file)
			before, err := os.ReadFile(file)
			require.NoError(t, err)
			ended(t, 1, []string{"serve", "--config", s.write(t, dir)}, append(c.messages, file)...)
			after, err := os.ReadFile(file)
			require.NoError(t, err)
			require.Equal(t, before, after, "the file is as it was")
		})
	}
}

// Stopping while there is no connection, and while one is being made, is as
// orderly as at any other time.
func TestStopWithoutConnection(t *testing.T) {
	t.Parallel()
	s, dir := lonely(t)
	p := launch(t, binary, "serve", "--config", s.write(t, dir))
	p.Says(t, "cannot be reached")
	p.Term(t)
	require.Zero(t, p.Exits(t), p.Output())
	orderly(t, p)
	require.NoFileExists(t, filepath.Join(dir, "baton.db-wal"))

	silent, err := net.Listen("tcp", "127.0.0.1:0") // takes connections and says nothing
	require.NoError(t, err)
	defer silent.Close()
	s, dir = lonely(t)
	p = launch(t, binary, "serve", "--config", s.with("component.address", silent.Addr().String()).write(t, dir))
	conn, err := silent.Accept()
	require.NoError(t, err)
	defer conn.Close()
	p.Term(t)
	require.Zero(t, p.Exits(t), p.Output())
	orderly(t, p)
	require.NotContains(t, p.Output(), "level=ERROR")
}
