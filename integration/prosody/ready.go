package prosody

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"strings"
	"time"
)

const pollInterval = 10 * time.Millisecond

// waitReady returns when this process (its log says so, an open port alone could be somebody else's) has bound all
// ports and answers on the two that speak XMPP.
func (s *Server) waitReady(ctx context.Context, proc *process) error {
	err := poll(ctx, proc.done, func() (bool, error) {
		text := s.logSince(s.logStart.Load())
		if strings.Contains(text, "Failed to open server port") {
			return false, errPortTaken
		}
		return strings.Contains(text, bound("c2s", s.C2S)) && strings.Contains(text, bound("component", s.ComponentAddr)) &&
			strings.Contains(text, bound("http", s.HTTP)), nil
	})
	if err != nil {
		return err
	}
	if err := greet(ctx, s.C2S, "jabber:client", s.Domain); err != nil {
		return fmt.Errorf("no answer for clients: %w", err)
	}
	if err := greet(ctx, s.ComponentAddr, "jabber:component:accept", s.Component); err != nil {
		return fmt.Errorf("no answer for the component: %w", err)
	}
	return nil
}

// bound is how Prosody logs that a service listens on an address.
func bound(service, addr string) string {
	host, port, _ := strings.Cut(addr, ":")
	return fmt.Sprintf("Activated service '%s' on [%s]:%s", service, host, port)
}

// greet opens an XMPP stream and waits for the server's own stream header.
func greet(ctx context.Context, addr, ns, domain string) error {
	conn, err := new(net.Dialer).DialContext(ctx, "tcp", addr)
	if err != nil {
		return err
	}
	defer conn.Close()
	defer context.AfterFunc(ctx, func() { conn.Close() })()
	_, err = fmt.Fprintf(conn, "<stream:stream xmlns='%s' xmlns:stream='http://etherx.jabber.org/streams' to='%s' version='1.0'>",
		ns, domain)
	if err != nil {
		return err
	}
	var got []byte
	for buf := make([]byte, 1024); !bytes.Contains(got, []byte("<stream:stream")); {
		n, err := conn.Read(buf)
		if err != nil {
			return errors.Join(context.Cause(ctx), err)
		}
		got = append(got, buf[:n]...)
	}
	_, _ = io.WriteString(conn, "</stream:stream>")
	return nil
}

// poll asks until the answer is yes or an error, ctx is over, or the process has ended.
func poll(ctx context.Context, ended <-chan struct{}, ask func() (bool, error)) error {
	tick := time.NewTicker(pollInterval)
	defer tick.Stop()
	for {
		if ok, err := ask(); ok || err != nil {
			return err
		}
		select {
		case <-tick.C:
		case <-ended:
			return errors.New("prosody ended by itself")
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	}
}

// WaitLog returns when the log of the process that runs now holds text.
func (s *Server) WaitLog(ctx context.Context, text string) error {
	from := s.logStart.Load()
	err := poll(ctx, s.Done(), func() (bool, error) { return strings.Contains(s.logSince(from), text), nil })
	if err != nil {
		return fmt.Errorf("prosody's log does not say %q: %w\n%s", text, err, s.Log())
	}
	return nil
}

// Log is the end of what Prosody logged and printed, for people who look for a failure's reason.
func (s *Server) Log() string {
	const lines = 40
	all := strings.Split(strings.TrimSpace(s.logSince(0)), "\n")
	text := "Prosody's log ends:\n" + strings.Join(all[max(0, len(all)-lines):], "\n")
	if s.logSince(s.logStart.Load()) != "" {
		return text
	}
	// It did not come as far as its log. (Otherwise it prints nothing of interest: Debian's optional packages it misses.)
	if out, err := os.ReadFile(s.files.output); err == nil {
		text += "\nProsody printed:\n" + string(out[max(0, len(out)-4096):])
	}
	return text
}

func (s *Server) logSince(offset int64) string {
	f, err := os.Open(s.files.log)
	if err != nil {
		return ""
	}
	defer f.Close()
	text, _ := io.ReadAll(io.NewSectionReader(f, offset, 1<<30))
	return string(text)
}

func fileSize(path string) int64 {
	info, err := os.Stat(path)
	if err != nil {
		return 0
	}
	return info.Size()
}
