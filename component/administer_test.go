package component

import (
	"context"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"baton/desk"
	"baton/lang"
	"baton/stanza"
)

// nobodysOffice has one agent and two queues, and changes nothing.
type nobodysOffice struct{}

func (nobodysOffice) Entries() []desk.Entry {
	return []desk.Entry{
		{Kind: desk.AgentEntry, Name: "bob@example.com", Origin: desk.Changed, By: "sue@example.com", Settings: map[string][]string{
			"jid": {"bob@example.com"}, "name": {"Bob"}, "queues": {"billing", "support"}, "skills": {"fr", "en"}, "capacity": {"4"}}},
		{Kind: desk.QueueEntry, Name: "support", Origin: desk.FromFile, Settings: map[string][]string{
			"name": {"support"}, "title": {"Support"}, "greeting": {"Hello,\none moment."}, "tell_position": {"true"}, "overflow_after": {"0s"}}},
		{Kind: desk.QueueEntry, Name: "sales", Origin: desk.Removed, By: "sue@example.com"},
	}
}

func (nobodysOffice) Change(context.Context, desk.Edit) (desk.Entry, error) {
	return desk.Entry{}, desk.ErrUnfit
}

// A form that is sent back as it came changes nothing; what is another is what is
// changed, and nothing else.
func TestSettingsComeBack(t *testing.T) {
	c := idle()
	for name, entry := range map[string]desk.Entry{"edit-agent": nobodysOffice{}.Entries()[0], "edit-queue": nobodysOffice{}.Entries()[1]} {
		o := operationNamed(name, false)
		a := ask{by: "sue@example.com", entry: entry.Name, shown: entry.Settings}
		f := c.form(o, a, desk.Conversation{})
		require.Equal(t, entry.Name, f.Title)
		require.NoError(t, f.Validate())
		sent := func(change func(field *stanza.FormField)) map[string][]string {
			back := &stanza.Form{Type: stanza.FormSubmit}
			for _, field := range f.Fields {
				field = stanza.FormField{Var: field.Var, Values: field.Values}
				if change != nil {
					change(&field)
				}
				back.Fields = append(back.Fields, field)
			}
			x, _, err := c.filled(o, a, back)
			require.NoError(t, err)
			require.Equal(t, entry.Name, x.entry)
			return x.settings
		}
		require.Empty(t, sent(nil))
		for _, changed := range f.Fields {
			got := sent(func(field *stanza.FormField) {
				if field.Var != changed.Var {
					return
				}
				field.Values = []string{"another"}
				if field.Var == "tell_position" {
					field.Values = []string{"0"}
				}
			})
			require.Len(t, got, 1, changed.Var)
			require.Contains(t, got, changed.Var)
		}
		if name == "edit-agent" {
			require.Equal(t, map[string][]string{"queues": nil}, sent(func(field *stanza.FormField) {
				if field.Var == "queues" {
					field.Values = nil
				}
			}))
			require.Empty(t, sent(func(field *stanza.FormField) {
				if field.Var == "queues" {
					field.Values = []string{"support", "billing"} // in another order
				}
			}))
		}
		x, _, err := c.filled(o, a, &stanza.Form{Type: stanza.FormSubmit}) // a client that leaves out what is empty
		require.NoError(t, err)
		require.Empty(t, x.settings)
	}
}

// What an operation can be about is what there is of its kind; what was removed can
// be had back alone.
func TestEntriesFor(t *testing.T) {
	c := idle()
	for which, want := range map[string][]string{"which_agent": {"bob@example.com"}, "which_queue": {"support"}, "which_changed": {"bob@example.com", "sales"}} {
		var names []string
		for _, e := range c.entriesFor(param{name: which}) {
			names = append(names, e.Name)
		}
		require.Equal(t, want, names, which)
	}
	require.Equal(t, "Agents and queues:\nAgent bob@example.com: name: Bob; queues: billing, support; capacity: 4; skills: fr, en · changed by sue@example.com, 0001-01-01 00:00\n"+
		"Queue support: title: Support; greeting: Hello, one moment.; tell_position: true\nQueue sales · removed by sue@example.com, 0001-01-01 00:00", c.toldDirectory(lang.Voice{}))
}

// Every word that a setting can be has a label in every language.
func TestSettingWords(t *testing.T) {
	for _, p := range append(agentSettings(), queueSettings()...) {
		for _, word := range p.words {
			for _, tag := range lang.Tags() {
				require.NotEqual(t, "choice_"+word, lang.In(tag.String()).Say("choice_"+word))
			}
		}
	}
}

// Only administrators see the commands, at the desk and the service; what takes
// something away stands last.
func TestWhoSeesAdministration(t *testing.T) {
	c := idle()
	c.desk.Configure(&desk.Directory{Agents: []desk.Agent{
		{JID: "tom@example.com", Roles: []string{"admin"}}, {JID: "sue@example.com", Roles: []string{"supervisor", "agent"}},
		{JID: "robo@example.com", Roles: []string{"admin"}, Bot: true},
	}}, desk.Policy{})
	names := func(who string, to place) (all []string) {
		by, ok := c.agent(who)
		require.True(t, ok)
		for _, item := range c.commandsOf(to, by, nil, desk.Stranger) {
			o := operationNamed(strings.TrimPrefix(item.Node, nodeOf("")), false)
			require.NotNil(t, o)
			if o.admins {
				all = append(all, o.name)
			}
		}
		return all
	}
	for _, to := range []place{{kind: kindService}, {kind: kindDesk, local: localDesk}} {
		require.Equal(t, []string{"directory", "add-agent", "edit-agent", "add-queue", "edit-queue", "remove-agent", "remove-queue", "reset"},
			names("tom@example.com", to))
		require.Empty(t, names("sue@example.com", to))
		require.Empty(t, names("robo@example.com", to))
	}
	c.cfg.Admin = nil
	require.Empty(t, names("tom@example.com", place{kind: kindService}), "nothing can be changed here")
	conv := c.commandsOf(place{kind: kindConversation, local: "x"}, desk.Agent{JID: "tom@example.com"}, &desk.Conversation{Local: "x"}, desk.Holder)
	for _, item := range conv {
		require.NotContains(t, item.Node, "directory")
	}
}

func TestHelpOnForms(t *testing.T) {
	c := idle()
	c.desk.Configure(&desk.Directory{Agents: []desk.Agent{{JID: "tom@example.com", Roles: []string{"admin"}}}}, desk.Policy{})
	a := ask{by: "tom@example.com"}
	require.Equal(t, "Somebody gets no offers any more. That takes a form: open “Remove an agent” among the commands of handoff.example.com in your client.",
		c.help(lang.Voice{}, a, "remove-agent"))
	all := c.help(lang.Voice{}, a, "")
	require.Contains(t, all, "!directory – ")
	require.NotContains(t, all, "!remove-agent")
}
