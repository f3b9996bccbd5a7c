package live

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// settings is a configuration as it will be in a file.
type settings map[string]any

// standard is what most tests configure: two agents of support, two of billing.
func standard(address, dataDir string) settings {
	agent := func(user, name, queue string) any {
		return map[string]any{"jid": user + "@example.com", "name": name, "queues": []string{queue}}
	}
	return settings{
		"component": map[string]any{"domain": service, "address": address, "secret": secret},
		"data_dir":  dataDir,
		"agents": map[string]any{
			"domains": []string{"example.com"},
			"list": []any{agent("alice", "Alice", "support"), agent("bob", "Bob", "billing"),
				agent("bert", "Bert", "billing")},
		},
		"queues": []any{
			map[string]any{"name": "support", "title": "Support", "greeting": "Hello, one moment please."},
			map[string]any{"name": "billing", "title": "Billing"},
		},
		"chat": map[string]any{"settle": "0s"}, // no client here files a first message late
		"http": map[string]any{"listen": ""},
		// The tests of order say hundreds of messages at once.
		"limits": map[string]any{"rate": "10000/s"},
	}
}

// with returns a copy in which a dotted key has another value; nil takes it out.
func (s settings) with(key string, value any) settings {
	text, _ := json.Marshal(s)
	var out settings
	_ = json.Unmarshal(text, &out)
	at := map[string]any(out)
	sections := strings.Split(key, ".")
	for _, name := range sections[:len(sections)-1] {
		next, ok := at[name].(map[string]any)
		if !ok {
			next = map[string]any{}
			at[name] = next
		}
		at = next
	}
	name := sections[len(sections)-1]
	if at[name] = value; value == nil {
		delete(at, name)
	}
	return out
}

// write puts the configuration into a file that only we can read.
func (s settings) write(t *testing.T, dir string) string {
	t.Helper()
	text, err := json.MarshalIndent(s, "", "  ")
	require.NoError(t, err)
	file := filepath.Join(dir, "baton.json")
	require.NoError(t, os.WriteFile(file, text, 0o600))
	return file
}
