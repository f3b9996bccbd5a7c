package component_test

import (
	"html"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/stretchr/testify/require"
)

// said finds what people write: texts of messages, notes and reasons.
var said = regexp.MustCompile(`(?s)<(?:body|reason|note|value)\b[^>]*>(.*?)</`)

// TestNothingSaidIsLogged plays scenarios in which things go right and wrong with
// everything logged, and looks for what was said and for the secret. What is a
// word of ours, an address or shorter than five letters cannot be told apart.
func TestNothingSaidIsLogged(t *testing.T) {
	inUTC(t)
	looked := 0
	for _, name := range []string{"message-both-ways", "relay", "forgery", "oversized", "bounce", "dead-letter", "duplicate",
		"refused-messages", "former-holder", "commands", "transfer-agent-native", "transfer-queue", "transfer-refused",
		"transfer-share", "consult-say", "join-three", "reclaim", "decline", "forged-results", "stranger",
		"restart-undelivered", "message-in-flight", "too-much-collected", "login-secret", "references"} {
		t.Run(name, func(t *testing.T) {
			steps, err := loadScenario(filepath.Join(scenarioDir, name+".txt"))
			require.NoError(t, err)
			texts := map[string]bool{ourSecret: true}
			for _, s := range steps {
				for _, m := range said.FindAllStringSubmatch(s.text, -1) {
					text := html.UnescapeString(strings.TrimSpace(m[1]))
					if strings.HasPrefix(text, "!transfer ") { // what follows the target is a note
						_, text, _ = strings.Cut(strings.TrimPrefix(text, "!transfer "), " ")
					}
					if s.word == "in" && len(text) > 4 && !strings.ContainsAny(text, "@<!") {
						texts[text] = true
					}
				}
			}
			looked += len(texts)
			synctest.Test(t, func(t *testing.T) {
				w := newWorld(t.TempDir())
				require.NoError(t, w.play(steps))
				log := w.log.String()
				require.Contains(t, log, "level=")
				for text := range texts {
					require.NotContains(t, log, text)
				}
			})
		})
	}
	require.Greater(t, looked, 60, "texts that were looked for")
}
