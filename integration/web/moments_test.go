//go:build clients

package web

import (
	"fmt"
	"slices"
	"testing"

	"github.com/chromedp/chromedp"
	"github.com/stretchr/testify/require"

	"baton/integration/client"
	"baton/integration/program"
)

// Reloads, a lost network, a killed server, a second tab, each at a bad moment:
// nothing is lost, nothing is there twice.
func TestBadMoments(t *testing.T) {
	w := newWorld(t)
	w.serve()
	alice := w.agent("alice")
	v := w.visitor()
	v.Open(w.url("/chat?queue=support"))
	v.begin("Carol Jones", "number 0")
	conv := w.takes(alice)
	want := []string{"You: number 0"}
	n := 0
	both := func() { // one line each way
		n++
		w.send(alice, conv, fmt.Sprintf("answer %d", n))
		v.says(fmt.Sprintf("number %d", n))
		want = append(want, fmt.Sprintf("Alice: answer %d", n), fmt.Sprintf("You: number %d", n))
	}
	both()
	v.Run(chromedp.Reload()) // whatever was sent or not
	both()
	v.Shows("answer 2")

	v.offline(true)
	v.Shows("No connection")
	both()
	v.Run(chromedp.SendKeys("#text", "half a sen"))
	v.offline(false)
	v.Shows("answer 3")
	v.Run(chromedp.SendKeys("#text", "tence"), chromedp.Click("#send"))
	want = append(want, "You: half a sentence")

	v.offline(true)
	v.says("typed offline")
	want = append(want, "You: typed offline")
	v.Shows("Try again")
	v.offline(false)
	v.Waits(`document.querySelectorAll(".failed,[data-pending]").length === 0`)

	v.cutOff(w.url("/api/messages"))
	v.says("reloaded before it is sent")
	want = append(want, "You: reloaded before it is sent")
	v.Shows("Try again")
	v.Run(chromedp.Reload())
	v.Shows("reloaded before it is sent")
	v.cutOff()
	v.Waits(`document.querySelectorAll("#lines li").length > 5 && document.querySelectorAll(".failed,[data-pending]").length === 0`)

	w.baton.Kill()
	v.says("while the server is down")
	want = append(want, "You: while the server is down")
	v.Shows("No connection")
	w.serve()
	program.Available(t, alice, desk, patience)
	w.send(alice, conv, "after the crash")
	want = append(want, "Alice: after the crash")
	v.Shows("after the crash")
	v.Waits(`document.querySelectorAll(".failed,[data-pending]").length === 0`)

	second := v.another()
	second.Open(w.url("/chat?queue=support"))
	second.Shows("after the crash")
	second.says("from another tab")
	want = append(want, "You: from another tab")
	v.Shows("from another tab")
	both()

	w.expect(alice, "the last line", client.Message(conv, fmt.Sprintf("number %d", n)))
	v.Shows(fmt.Sprintf("answer %d", n))
	for _, b := range []*tab{v, second} {
		b.Shows(fmt.Sprintf("number %d", n))
		b.Shows(fmt.Sprintf("answer %d", n))
		b.Waits(`document.querySelectorAll("[data-pending]").length === 0`)
	}
	require.Equal(t, v.transcript(), second.transcript())
	v.Run(chromedp.Reload())
	v.Shows(fmt.Sprintf("number %d", n))
	v.Shows(fmt.Sprintf("answer %d", n))
	require.Equal(t, second.transcript(), v.transcript(), "a reload shows the same")
	got := slices.DeleteFunc(v.transcript(), func(s string) bool { return s == "Support: Hello, one moment please." })
	slices.Sort(got)
	slices.Sort(want)
	require.Equal(t, want, got)
	for i := range n { // and the agent has each once
		count := 0
		for _, e := range alice.Events() {
			if client.Message(conv, "")(e) && e.Body == fmt.Sprintf("number %d", i+1) {
				count++
			}
		}
		require.Equal(t, 1, count, "number %d", i+1)
	}
}
