package admin

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"
	"mellium.im/xmpp/jid"

	"baton/config"
	"baton/desk"
	"baton/handoff"
	"baton/store"
)

const domain = "handoff.example.com"

// world is an office with a desk on a real store.
type world struct {
	t      *testing.T
	path   string
	file   config.Config
	log    bytes.Buffer
	store  *store.SQLite
	desk   *desk.Desk
	office *Office
	told   []config.Config
	stop   func()
}

func agent(address string, roles []config.Role, queues ...string) config.Agent {
	return config.Agent{JID: jid.MustParse(address), Queues: queues, Roles: roles, Kind: config.Person, Capacity: 4}
}

func file() config.Config {
	cfg := config.Default()
	cfg.Component.Domain = domain
	cfg.Agents.Domains = []string{"example.com"}
	cfg.Agents.List = []config.Agent{agent("alice@example.com", []config.Role{config.RoleAgent}, "support"),
		agent("sue@example.com", []config.Role{config.RoleAdmin})}
	for _, name := range []string{"support", "billing"} {
		cfg.Queues = append(cfg.Queues, config.Queue{Name: name, Title: name, Assign: config.AssignOffer, Ring: config.RingOne, Share: cfg.Transfer.Share})
	}
	return cfg
}

func newWorld(t *testing.T) *world {
	w := &world{t: t, path: filepath.Join(t.TempDir(), "office.db"), file: file()}
	w.start()
	t.Cleanup(func() { w.stop() })
	return w
}

func (w *world) start() {
	w.t.Helper()
	var err error
	log := slog.New(slog.NewTextHandler(&w.log, nil))
	w.store, err = store.Open(w.t.Context(), store.Source{Path: w.path}, store.Options{})
	require.NoError(w.t, err)
	w.office, err = Open(w.t.Context(), w.file, w.store, log)
	require.NoError(w.t, err)
	w.desk = desk.New(desk.Config{Domain: domain, Store: w.store, Directory: Directory(w.office.Config())})
	w.office.Serve(w.desk, func(c config.Config) { w.told = append(w.told, c) })
	ctx, cancel := context.WithCancel(context.Background())
	var wg sync.WaitGroup
	wg.Go(func() { w.desk.Run(ctx) })
	w.stop = func() {
		cancel()
		wg.Wait()
		require.NoError(w.t, w.store.Close())
		w.stop = func() {}
	}
}

func (w *world) restart() {
	w.stop()
	w.start()
}

func (w *world) change(kind desk.EntryKind, do desk.Deed, name string, settings map[string][]string) (desk.Entry, error) {
	return w.office.Change(w.t.Context(), desk.Edit{Kind: kind, Do: do, Name: name, Settings: settings, By: "sue@example.com"})
}

func (w *world) must(kind desk.EntryKind, do desk.Deed, name string, settings map[string][]string) desk.Entry {
	w.t.Helper()
	e, err := w.change(kind, do, name, settings)
	require.NoError(w.t, err)
	return e
}

// queues are those of an agent, as the desk has it; nil if it has none such.
func (w *world) queues(who handoff.Party) []string {
	a, ok := w.desk.Directory().Agent(who)
	if !ok {
		return nil
	}
	return append([]string{}, a.Queues...)
}

func (w *world) origins() string {
	var out []string
	for _, e := range w.office.Entries() {
		text := e.Name + " " + string(e.Origin)
		if e.Problem != "" {
			text += " left out"
		}
		out = append(out, text)
	}
	return strings.Join(out, ", ")
}

// The file is the base, what was changed stands before it, across restarts and
// when the file is read again; a reset goes back to what the file says then.
func TestChangesOutliveFileAndRestart(t *testing.T) {
	w := newWorld(t)
	w.must(desk.AgentEntry, desk.Add, "", map[string][]string{"jid": {"bob@example.com"}, "queues": {"billing"}})
	w.must(desk.AgentEntry, desk.Alter, "alice@example.com", map[string][]string{"queues": {"support", "billing"}})
	w.must(desk.QueueEntry, desk.Add, "", map[string][]string{"name": {"vip"}})
	require.Len(t, w.told, 3)
	check := func() {
		t.Helper()
		require.Equal(t, []string{"billing"}, w.queues("bob@example.com"))
		require.Equal(t, []string{"support", "billing"}, w.queues("alice@example.com"))
		require.Equal(t, "alice@example.com changed, sue@example.com file, bob@example.com added, support file, billing file, vip added", w.origins())
	}
	check()
	w.restart()
	check()

	w.file.Agents.List[0].Queues = []string{"billing"}
	w.file.Agents.List[0].Name = "Alice of the file"
	w.file.Queues[1].Title = "Bills"
	w.told = nil
	w.office.Rebase(w.file, desk.Policy{MaxHops: 3})
	check()
	require.Equal(t, 3, w.desk.Policy().MaxHops)
	require.Equal(t, "Bills", w.desk.Directory().Title("billing"))
	require.Len(t, w.told, 1)
	require.Equal(t, "Bills", w.told[0].Queues[1].Title)

	e := w.must(desk.AgentEntry, desk.Reset, "alice@example.com", nil)
	require.Equal(t, desk.FromFile, e.Origin)
	require.Equal(t, []string{"billing"}, w.queues("alice@example.com"))
	require.Equal(t, "Alice of the file", w.desk.Directory().NameOf("alice@example.com"))
	w.must(desk.AgentEntry, desk.Reset, "bob@example.com", nil)
	w.must(desk.QueueEntry, desk.Remove, "vip", nil)
	require.Nil(t, w.queues("bob@example.com"))
	require.Equal(t, "alice@example.com file, sue@example.com file, support file, billing file", w.origins())
	w.restart()
	require.Equal(t, "alice@example.com file, sue@example.com file, support file, billing file", w.origins())
}

// What is removed stays so when the file is read again; who is in the file alone
// comes and goes with it.
func TestRemovedStaysRemoved(t *testing.T) {
	w := newWorld(t)
	w.must(desk.AgentEntry, desk.Remove, "alice@example.com", nil)
	w.must(desk.QueueEntry, desk.Remove, "billing", nil)
	w.office.Rebase(w.file, desk.Policy{})
	w.restart()
	require.Nil(t, w.queues("alice@example.com"))
	_, ok := w.desk.Directory().Queue("billing")
	require.False(t, ok)
	require.Equal(t, "sue@example.com file, alice@example.com removed, support file, billing removed", w.origins())

	w.must(desk.AgentEntry, desk.Add, "", map[string][]string{"jid": {"alice@example.com"}, "capacity": {"1"}})
	a, _ := w.desk.Directory().Agent("alice@example.com")
	require.Equal(t, 1, a.Capacity)
	require.Empty(t, a.Queues, "the file's entry shows through")
	require.Equal(t, "alice@example.com changed, sue@example.com file, support file, billing removed", w.origins())
}

// A queue of the store that agents have is remembered as removed, and they have it
// no more; the file's agents get it back with it.
func TestRemovedQueueIsNobodys(t *testing.T) {
	w := newWorld(t)
	w.must(desk.QueueEntry, desk.Add, "", map[string][]string{"name": {"vip"}})
	w.must(desk.AgentEntry, desk.Alter, "alice@example.com", map[string][]string{"queues": {"support", "vip"}})
	w.must(desk.QueueEntry, desk.Remove, "vip", nil)
	require.Equal(t, []string{"support"}, w.queues("alice@example.com"))
	w.restart()
	require.Equal(t, []string{"support"}, w.queues("alice@example.com"))
	require.Equal(t, "alice@example.com changed, sue@example.com file, support file, billing file, vip removed", w.origins())
	w.must(desk.QueueEntry, desk.Add, "", map[string][]string{"name": {"vip"}})
	require.Equal(t, []string{"support", "vip"}, w.queues("alice@example.com"))
}

// An entry that does not go with the file any more is left out and told of, and is
// in force again when it does; meanwhile others can be changed.
func TestLeftOut(t *testing.T) {
	w := newWorld(t)
	w.must(desk.AgentEntry, desk.Add, "", map[string][]string{"jid": {"bob@example.com"}, "queues": {"billing"}})
	less := w.file
	less.Queues = less.Queues[:1]
	w.office.Rebase(less, desk.Policy{})
	require.Nil(t, w.queues("bob@example.com"))
	require.Equal(t, "alice@example.com file, sue@example.com file, bob@example.com added left out, support file", w.origins())
	require.Contains(t, w.log.String(), "left out")
	require.Contains(t, w.log.String(), `agent bob@example.com: queues[0]: found \"billing\", which is no queue`)
	w.must(desk.AgentEntry, desk.Alter, "alice@example.com", map[string][]string{"capacity": {"2"}})
	require.Nil(t, w.queues("bob@example.com"))

	w.must(desk.QueueEntry, desk.Add, "", map[string][]string{"name": {"billing"}})
	require.Equal(t, []string{"billing"}, w.queues("bob@example.com"), "it goes with what was added")
	w.file = less
	w.restart()
	require.Equal(t, []string{"billing"}, w.queues("bob@example.com"))
}

// What is refused is neither kept nor in force.
func TestRefusedIsNotKept(t *testing.T) {
	w := newWorld(t)
	refused := func(kind desk.EntryKind, do desk.Deed, name string, settings map[string][]string, text string) {
		t.Helper()
		_, err := w.change(kind, do, name, settings)
		var r *desk.Refusal
		require.ErrorAs(t, err, &r)
		require.Contains(t, err.Error(), text)
	}
	refused(desk.AgentEntry, desk.Add, "", map[string][]string{"jid": {"bob@example.com"}, "capacity": {"0"}}, "capacity: found 0")
	refused(desk.AgentEntry, desk.Add, "", map[string][]string{"jid": {"Alice@Example.com"}}, "alice@example.com is an agent already")
	refused(desk.AgentEntry, desk.Alter, "bob@example.com", map[string][]string{"capacity": {"1"}}, `There is no agent "bob@example.com" here.`)
	refused(desk.AgentEntry, desk.Remove, "sue@example.com", nil, "Nobody would be an administrator any more")
	refused(desk.AgentEntry, desk.Alter, "sue@example.com", map[string][]string{"kind": {"bot"}}, "Nobody would be an administrator any more")
	refused(desk.QueueEntry, desk.Remove, "support", nil, "works in support alone")
	refused(desk.QueueEntry, desk.Add, "", map[string][]string{"name": {"vip"}, "overflow": {"vip"}, "hours": {"x"}}, "queue vip: hours: ")
	_, err := w.office.Change(t.Context(), desk.Edit{Kind: desk.AgentEntry, Do: desk.Remove, Name: "sue@example.com", By: "alice@example.com"})
	require.ErrorContains(t, err, "That is for administrators.")
	require.Empty(t, w.told)
	require.NotContains(t, w.log.String(), "an administrator changed")
	kept, err := w.store.Changes(t.Context(), domain)
	require.NoError(t, err)
	require.Empty(t, kept)
	require.Equal(t, "alice@example.com file, sue@example.com file, support file, billing file", w.origins())
}

// The log says who changed what, and nothing that is personal but addresses.
func TestAudit(t *testing.T) {
	w := newWorld(t)
	w.must(desk.AgentEntry, desk.Add, "", map[string][]string{"jid": {"bob@example.com"}, "name": {"Bob Baker"}, "roles": {"agent", "admin"}, "skills": {"braille"}, "lang": {"de"}})
	w.must(desk.QueueEntry, desk.Alter, "support", map[string][]string{"greeting": {"Hello, dear."}, "ring": {"all"}})
	w.must(desk.AgentEntry, desk.Remove, "alice@example.com", nil)
	w.must(desk.AgentEntry, desk.Reset, "alice@example.com", nil)
	var said []string
	for line := range strings.Lines(w.log.String()) {
		if _, rest, ok := strings.Cut(line, `msg="an administrator changed agents or queues" `); ok {
			said = append(said, strings.TrimSpace(rest))
		}
	}
	require.Equal(t, []string{
		`by=sue@example.com did=add agent=bob@example.com settings="capacity=4 jid=bob@example.com kind=person lang name roles=agent,admin skills"`,
		`by=sue@example.com did=change queue=support settings="greeting ring=all"`,
		`by=sue@example.com did=remove agent=alice@example.com settings=none`,
		`by=sue@example.com did=reset agent=alice@example.com settings="capacity=4 jid=alice@example.com kind=person queues=support roles=agent"`,
	}, said)
	for _, personal := range []string{"Baker", "braille", "dear"} {
		require.NotContains(t, w.log.String(), personal)
	}
}

// failing is a store that keeps nothing.
type failing struct{ *store.SQLite }

func (failing) KeepChange(context.Context, desk.Change) error { return errors.New("the disk is full") }

func TestNotKeptIsNotInForce(t *testing.T) {
	w := newWorld(t)
	w.office.kept = failing{w.store}
	_, err := w.change(desk.AgentEntry, desk.Add, "", map[string][]string{"jid": {"bob@example.com"}})
	require.ErrorIs(t, err, desk.ErrStore)
	require.Nil(t, w.queues("bob@example.com"))
	require.Equal(t, "alice@example.com file, sue@example.com file, support file, billing file", w.origins())
}

// Two administrators at once: each change is of what the other left.
func TestTogether(t *testing.T) {
	w := newWorld(t)
	var wg sync.WaitGroup
	fields := [][2]string{{"capacity", "2"}, {"skills", "fr"}, {"name", "Alice"}, {"lang", "de"}}
	errs := make([]error, len(fields))
	for i, field := range fields {
		wg.Go(func() {
			_, errs[i] = w.change(desk.AgentEntry, desk.Alter, "alice@example.com", map[string][]string{field[0]: {field[1]}})
		})
	}
	wg.Wait()
	require.NoError(t, errors.Join(errs...))
	a, _ := w.desk.Directory().Agent("alice@example.com")
	require.Equal(t, desk.Agent{JID: "alice@example.com", Name: "Alice", Queues: []string{"support"}, Skills: []string{"fr"}, Roles: []string{"agent"}, Capacity: 2, Lang: "de"}, a)
}

// A queue goes on to share as transfer.share says, whatever else of it is changed.
func TestShareStaysTheDefault(t *testing.T) {
	w := newWorld(t)
	w.must(desk.QueueEntry, desk.Alter, "support", map[string][]string{"title": {"Help"}})
	w.file.Transfer.Share = config.Share{Mode: config.ShareNone}
	for i := range w.file.Queues {
		w.file.Queues[i].Share = w.file.Transfer.Share
	}
	w.office.Rebase(w.file, desk.Policy{})
	q, _ := w.desk.Directory().Queue("support")
	require.Equal(t, desk.Share{None: true}, q.Share)
}

func TestLook(t *testing.T) {
	w := newWorld(t)
	w.must(desk.AgentEntry, desk.Remove, "alice@example.com", nil)
	kept, err := w.store.Changes(t.Context(), domain)
	require.NoError(t, err)
	merged, changed, err := Look(w.file, kept)
	require.NoError(t, err)
	require.Len(t, merged.Agents.List, 1)
	require.Len(t, changed, 1)
	require.Equal(t, desk.Removed, changed[0].Origin)
	require.True(t, slices.Equal([]string{"support", "billing"}, []string{merged.Queues[0].Name, merged.Queues[1].Name}))

	kept[0].Settings = "{"
	_, _, err = Look(w.file, kept)
	require.ErrorContains(t, err, "what the database has of agent alice@example.com cannot be read")
}
