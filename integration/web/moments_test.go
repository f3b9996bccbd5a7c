//go:build clients

package web

import (
	"fmt"
	"slices"
	"testing"

	"github.com/chromedp/chromedp"
	"github.com/stretchr/testify/require"

	"baton/integration/client"
)

// Reloads, a lost network, a killed server, a second tab, each at a bad moment:
// nothing is lost, nothing is there twice.
func TestBadMoments(t *testing.T) {
	w := newWorld(t)
	w.serve()
	alice := w.agent("alice")
	v := w.visitor()
	v.open(w.url("/chat?queue=support"))
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
	v.run(chromedp.Reload()) // whatever was sent or not
	both()
	v.shows("answer 2")

	v.offline(true)
	v.shows("No connection")
	both()
	v.run(chromedp.SendKeys("#text", "half a sen"))
	v.offline(false)
	v.shows("answer 3")
	v.run(chromedp.SendKeys("#text", "tence"), chromedp.Click("#send"))
	want = append(want, "You: half a sentence")

	v.offline(true)
	v.says("typed offline")
	want = append(want, "You: typed offline")
	v.shows("Try again")
	v.offline(false)
	v.waits(`document.querySelectorAll(".failed,[data-pending]").length === 0`)

	v.cutOff(w.url("/api/messages"))
	v.says("reloaded before it is sent")
	want = append(want, "You: reloaded before it is sent")
	v.shows("Try again")
	v.run(chromedp.Reload())
	v.shows("reloaded before it is sent")
	v.cutOff()
	v.waits(`document.querySelectorAll("#lines li").length > 5 && document.querySelectorAll(".failed,[data-pending]").length === 0`)

	w.kill()
	v.says("while the server is down")
	want = append(want, "You: while the server is down")
	v.shows("No connection")
	w.serve()
	w.known(alice)
	w.send(alice, conv, "after the crash")
	want = append(want, "Alice: after the crash")
	v.shows("after the crash")
	v.waits(`document.querySelectorAll(".failed,[data-pending]").length === 0`)

	second := v.another()
	second.open(w.url("/chat?queue=support"))
	second.shows("after the crash")
	second.says("from another tab")
	want = append(want, "You: from another tab")
	v.shows("from another tab")
	both()

	w.expect(alice, "the last line", client.Message(conv, fmt.Sprintf("number %d", n)))
	v.shows(fmt.Sprintf("answer %d", n))
	for _, b := range []*tab{v, second} {
		b.shows(fmt.Sprintf("number %d", n))
		b.shows(fmt.Sprintf("answer %d", n))
		b.waits(`document.querySelectorAll("[data-pending]").length === 0`)
	}
	require.Equal(t, v.transcript(), second.transcript())
	v.run(chromedp.Reload())
	v.shows(fmt.Sprintf("number %d", n))
	v.shows(fmt.Sprintf("answer %d", n))
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
