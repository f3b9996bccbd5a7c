//go:build unix && !linux

package throwaway

import "io"

// claim claims nothing: a port may be taken while its server is down.
func claim(int) (io.Closer, error) { return io.NopCloser(nil), nil }
