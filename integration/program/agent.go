package program

import (
	"context"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"baton/integration/client"
)

// Available makes an agent available and returns when the program knows. It may have
// put the desk into the roster only after the login, so the presence is sent again;
// the first pong is behind the program's question what the client can do, the second
// behind its having read the answer.
func Available(t testing.TB, c *client.Client, desk string, patience time.Duration) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	if !slices.ContainsFunc(c.Roster(), func(i client.RosterItem) bool { return i.JID == desk }) {
		_, err := c.ExpectSince(ctx, 0, "the desk in the roster", client.Roster(desk, "both"))
		require.NoError(t, err)
	}
	require.NoError(t, c.SetPresence("", ""))
	for range 2 {
		require.NoError(t, c.Ping(ctx, desk))
	}
}
