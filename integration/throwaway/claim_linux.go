package throwaway

import (
	"io"
	"net"
	"strconv"
)

// claim claims a port, until it is closed or this process dies: a name in Linux's abstract namespace needs no file.
func claim(port int) (io.Closer, error) {
	return net.Listen("unix", "@baton-throwaway-port-"+strconv.Itoa(port))
}
