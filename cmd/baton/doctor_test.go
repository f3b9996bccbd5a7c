package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"flag"
	"os"
	"testing"

	"github.com/stretchr/testify/require"

	"baton/config"
	"baton/doctor"
	"baton/handoff"
)

var updatePage = flag.Bool("update", false, "write the doctor's page anew")

const pageFile = "testdata/doctor.txt"

// page is a run with every kind of line.
var page = []doctor.Check{
	{Part: "this machine", Name: "configuration", Status: doctor.OK, Text: "baton.yaml: 3 agents, 2 queues"},
	{Part: "this machine", Name: "disk space", Status: doctor.Wrong, Text: "only 5.0 MiB free", Fix: "free some space, or set data_dir to a folder on a larger disk"},
	{Part: "link", Name: "login", Status: doctor.OK, Text: "127.0.0.1:5347, as handoff.example.com, within this machine"},
	{Part: "example.com", Name: "server", Status: doctor.OK, Text: "Prosody 0.12.3"},
	{Part: "example.com", Name: "guests", Status: doctor.NotChecked, Text: "servers do not tell whether people without an account can write to agents past the queues",
		Fix: "Prosody: look for authentication = \"anonymous\" under a VirtualHost; mod_firewall can keep its users from your agents' accounts"},
	{Part: "component", Name: "second login", Status: doctor.Degraded, Text: "refused while the first stands (conflict = kick_new): a Baton that hangs keeps its successor out",
		Fix: "Prosody: component_conflict_resolve = \"kick_old\" under Component \"handoff.example.com\""},
	{Part: "component", Name: "large stanzas", Status: doctor.OK, Text: "64 KiB and 200 KiB\x1b[31m come through"},
}

func TestDoctorPage(t *testing.T) {
	var out bytes.Buffer
	p := newDoctorPage(&out, "handoff.example.com")
	for _, c := range page {
		p.show(c)
	}
	p.end(page)
	if *updatePage {
		require.NoError(t, os.WriteFile(pageFile, out.Bytes(), 0o644))
	}
	want, err := os.ReadFile(pageFile)
	require.NoError(t, err)
	require.Equal(t, string(want), out.String())

	out.Reset()
	p = newDoctorPage(&out, "handoff.example.com")
	p.colour = true
	for _, c := range page[:2] {
		p.show(c)
	}
	p.end(page[:1])
	require.Contains(t, out.String(), "\x1b[32m✓\x1b[0m configuration")
	require.Contains(t, out.String(), "\x1b[31m✗\x1b[0m disk space")
	require.Contains(t, out.String(), "\x1b[32;1mAll is well.\x1b[0m")
}

// What is wrong is said once, and the exit status says that something is.
func TestDoctorStatus(t *testing.T) {
	file, _ := kept(t, handoff.Idle)
	out, err := says(t, "", "doctor", "--config", file)
	require.ErrorIs(t, err, errSaid)
	require.Contains(t, out, "✗ login           the server cannot be reached at 127.0.0.1:1: connection refused")
	require.Contains(t, out, "Something is wrong: ")
	require.NotContains(t, out, "s3cret")
	var failed *failure
	require.True(t, errors.As(err, &failed))
	require.Equal(t, exitFailed, run(t.Context(), []string{"doctor", "--config", file, "--json"}))

	out, err = says(t, "", "doctor", "--config", file, "--json")
	require.ErrorIs(t, err, errSaid)
	var object struct {
		Status string
		Checks []doctor.Check
	}
	require.NoError(t, json.Unmarshal([]byte(out), &object), out)
	require.Equal(t, "wrong", object.Status)
	require.Equal(t, doctor.Check{Part: "this machine", Name: "database", Status: doctor.OK, Text: object.Checks[3].Text}, object.Checks[3])
	require.Contains(t, object.Checks[3].Text, "no damage")

	_, err = says(t, "", "doctor")
	require.Error(t, err)
	require.NotErrorIs(t, err, errSaid)
}

// The start says the same in short.
func TestSummary(t *testing.T) {
	file, _ := kept(t, handoff.Idle)
	cfg, err := config.Load(file, nil)
	require.NoError(t, err)
	text := summary(cfg, "127.0.0.1:8080")
	for _, line := range []string{"component  handoff.example.com at 127.0.0.1:1", "store      sqlite, ", "agents     1 of example.com",
		"rosters    auto", "health     http://127.0.0.1:8080/readyz", "queue      support@handoff.example.com (alice)"} {
		require.Contains(t, text, "\n  "+line)
	}
}
