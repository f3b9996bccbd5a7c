package main

import (
	"encoding/json"
	"errors"
	"io"
	"os/exec"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// mayImport is the graph of docs/architecture.md: which of our packages, and
// which foreign ones of note, each package may import.
var mayImport = map[string][]string{
	"baton/handoff":                 {},
	"baton/fault":                   {},
	"baton/desk":                    {"baton/handoff", "baton/fault"},
	"baton/store":                   {"baton/desk", "baton/handoff", "baton/fault", "baton/sms/gsm", "baton/sms/mobile"},
	"baton/store/storetest":         {"baton/store"},
	"baton/sms":                     {"baton/desk", "baton/handoff", "baton/lang", "baton/sms/gsm", "baton/sms/mobile"},
	"baton/sms/gsm":                 {},
	"baton/sms/mobile":              {"baton/sms/gsm"},
	"baton/sms/smpp":                {"baton/sms/gsm", "baton/sms/mobile"},
	"baton/sms/gateway":             {"baton/sms/gsm", "baton/sms/mobile"},
	"baton/integration/sms/smsc":    {"baton/sms/gsm"},
	"baton/stanza":                  {"mellium.im"},
	"baton/lang":                    {},
	"baton/component":               {"baton/lang", "baton/desk", "baton/handoff", "baton/stanza", "baton/component/wire", "baton/fault", "mellium.im"},
	"baton/component/wire":          {},
	"baton/config":                  {"github.com/spf13/viper", "mellium.im"},
	"baton/metrics":                 {},
	"baton/admin":                   {"baton/config", "baton/desk", "baton/handoff"},
	"baton/web":                     {"baton/desk", "baton/handoff", "baton/lang"},
	"baton/doctor":                  {"baton/admin", "baton/desk", "baton/config", "baton/store", "baton/component"},
	"baton/integration/throwaway":   {},
	"baton/integration/prosody":     {"baton/integration/throwaway"},
	"baton/integration/ejabberd":    {"baton/integration/throwaway"},
	"baton/integration/server":      {"baton/integration/throwaway", "baton/integration/prosody", "baton/integration/ejabberd"},
	"baton/integration/client":      {"mellium.im"},
	"baton/integration/program":     {"baton/integration/client", "baton/integration/throwaway"},
	"baton/integration/hostile":     {},
	"baton/integration/picture":     {},
	"baton/integration/screenshots": {"baton/integration/prosody", "baton/integration/client"},
	"baton/bench":                   {"baton/component/wire", "baton/bench/stats", "baton/integration/server", "mellium.im"},
	"baton/bench/floor":             {"baton/component/wire", "baton/bench/stats"},
	"baton/bench/bare":              {"baton/bench/stats", "mellium.im"},
	"baton/bench/stats":             {},
	"baton/cmd/baton": {"baton/admin", "baton/web", "baton/sms", "baton/sms/gateway", "baton/sms/smpp", "baton/doctor", "baton/config", "baton/store", "baton/component", "baton/metrics", "baton/desk",
		"baton/handoff", "baton/fault", "baton/integration/prosody", "baton/integration/client", "baton/integration/sms/smsc"},
}

// onlyStandard are the packages that import nothing but the standard library
// and what mayImport lists.
var onlyStandard = []string{"baton/handoff", "baton/component/wire", "baton/fault", "baton/sms/gsm", "baton/sms/mobile"}

func TestImports(t *testing.T) {
	out, err := exec.Command("go", "list", "-json=ImportPath,Imports", "baton/...").Output()
	require.NoError(t, err)
	dec := json.NewDecoder(strings.NewReader(string(out)))
	seen := 0
	for {
		var p struct {
			ImportPath string
			Imports    []string
		}
		err := dec.Decode(&p)
		if errors.Is(err, io.EOF) {
			break
		}
		require.NoError(t, err)
		allowed, known := mayImport[p.ImportPath]
		if len(p.Imports) == 0 && !known {
			continue // tests only
		}
		if !known {
			t.Errorf("%s is not in docs/architecture.md's graph: add it there and here", p.ImportPath)
			continue
		}
		seen++
		for _, i := range p.Imports {
			if watched(p.ImportPath, i) && !matches(allowed, i) {
				t.Errorf("%s must not import %s", p.ImportPath, i)
			}
		}
	}
	require.Equal(t, len(mayImport), seen, "packages of the graph that exist")
}

// watched reports whether the graph has an opinion on the import.
func watched(pkg, imported string) bool {
	for _, p := range []string{"baton/", "mellium.im", "github.com/spf13/viper"} {
		if strings.HasPrefix(imported, p) {
			return true
		}
	}
	for _, p := range onlyStandard {
		if pkg == p && strings.Contains(strings.SplitN(imported, "/", 2)[0], ".") {
			return true
		}
	}
	return false
}

func matches(allowed []string, imported string) bool {
	for _, a := range allowed {
		if imported == a || a == "mellium.im" && strings.HasPrefix(imported, "mellium.im/") {
			return true
		}
	}
	return false
}

// TestHandoffIsPure says what a pure core must not even be able to do.
func TestHandoffIsPure(t *testing.T) {
	out, err := exec.Command("go", "list", "-f", `{{join .Imports "\n"}}`, "baton/handoff").Output()
	require.NoError(t, err)
	for _, i := range strings.Fields(string(out)) {
		require.NotContains(t, []string{"os", "io", "net", "context", "sync", "log", "log/slog", "math/rand",
			"math/rand/v2", "crypto/rand", "database/sql"}, i)
	}
}
