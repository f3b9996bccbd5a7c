package throwaway

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
func (i *Instance) waitReady(ctx context.Context, proc *process) error {
	err := poll(ctx, proc.done, func() (bool, error) { return i.spec.Ready(i, i.logSince(i.logStart.Load())) })
	if err != nil {
		return err
	}
	if err := Greet(ctx, i.C2S, "jabber:client", i.Domain); err != nil {
		return fmt.Errorf("no answer for clients: %w", err)
	}
	if err := Greet(ctx, i.ComponentAddr, "jabber:component:accept", i.Component); err != nil {
		return fmt.Errorf("no answer for the component: %w", err)
	}
	return nil
}

// Greet opens an XMPP stream and waits for the server's own stream header.
func Greet(ctx context.Context, addr, ns, domain string) error {
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
			if _, err := ask(); err != nil { // what it said last
				return err
			}
			return errors.New("it ended by itself")
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	}
}

// WaitLog returns when the log of the process that runs now holds text.
func (i *Instance) WaitLog(ctx context.Context, text string) error {
	from := i.logStart.Load()
	err := poll(ctx, i.Done(), func() (bool, error) { return strings.Contains(i.logSince(from), text), nil })
	if err != nil {
		return fmt.Errorf("%s's log does not say %q: %w\n%s", i.spec.Title, text, err, i.Log())
	}
	return nil
}

// Log is the end of what the server logged and printed, for people who look for a failure's reason.
func (i *Instance) Log() string {
	const lines = 40
	all := strings.Split(strings.TrimSpace(i.logSince(0)), "\n")
	text := i.spec.Title + "'s log ends:\n" + strings.Join(all[max(0, len(all)-lines):], "\n")
	if i.logSince(i.logStart.Load()) != "" {
		return text
	}
	// It did not come as far as its log. (Otherwise it prints nothing of interest: Debian's optional packages it misses.)
	if out, err := os.ReadFile(i.output); err == nil {
		text += "\n" + i.spec.Title + " printed:\n" + string(out[max(0, len(out)-4096):])
	}
	return text
}

func (i *Instance) logSince(offset int64) string {
	f, err := os.Open(i.LogFile)
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
