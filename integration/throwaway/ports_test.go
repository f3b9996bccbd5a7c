//go:build linux

package throwaway

import (
	"net"
	"testing"

	"github.com/stretchr/testify/require"
)

// Ports that one has are no other's, whether or not its server listens at the moment.
func TestPortsAreClaimed(t *testing.T) {
	p, mine, err := freePorts()
	require.NoError(t, err)
	seen := map[int]bool{}
	for _, port := range []int{p.C2S, p.Component, p.HTTP} {
		require.False(t, seen[port], "three different ones")
		seen[port] = true
		l, err := net.Listen("tcp", loopback(port))
		require.NoError(t, err, "its server can have it")
		require.NoError(t, l.Close())
		_, err = claim(port)
		require.Error(t, err, "another may not")
	}
	mine.release()
	for port := range seen {
		again, err := claim(port)
		require.NoError(t, err)
		require.NoError(t, again.Close())
	}
}
