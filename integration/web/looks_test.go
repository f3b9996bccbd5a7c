//go:build clients

package web

import (
	_ "embed"
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"github.com/chromedp/chromedp"
	"github.com/stretchr/testify/require"

	"baton/integration/client"
)

//go:embed testdata/axe.min.js
var axe string

// accessible judges what the page shows now by axe-core, WCAG 2.2 AA and best
// practices.
func (b *tab) accessible(what string) {
	b.T.Helper()
	ctx := b.Ctx
	_, err := chromedp.Run(ctx, chromedp.Evaluate[any](axe+";true"))
	require.NoError(b.T, err)
	found := eval[[]string](b, `axe.run(document, {resultTypes: ["violations"]}).then(r =>
		r.violations.map(v => v.id + ": " + v.nodes.map(n => n.html + " " + n.failureSummary).join("; ")))`)
	require.Empty(b.T, found, what)
}

func TestAccessible(t *testing.T) {
	w := newWorld(t)
	w.serve()
	alice := w.agent("alice")
	for _, scheme := range []string{"light", "dark"} {
		for _, width := range []int64{390, 1100} {
			v := w.visitor()
			v.Screen(width, 760, scheme)
			at := fmt.Sprint(" ", scheme, width)
			v.Open(w.url("/chat"))
			v.accessible("the choice" + at)
			v.Open(w.url("/chat?queue=billing&lang=de"))
			v.Shows("We are back on Monday.")
			v.accessible("the away form" + at)
			v.Shoot("away-" + scheme)
			v.Open(w.url("/chat?queue=support"))
			v.accessible("the form" + at)
			v.Shoot(fmt.Sprintf("form-%s-%d", scheme, width))
			v.begin("Carol", "hello "+at)
			conv := w.takes(alice)
			w.send(alice, conv, "see https://www.example.com/price-list or this")
			v.Shows("price-list")
			require.NoError(t, alice.SendXML("<message type='chat' to='"+conv+"'><composing xmlns='http://jabber.org/protocol/chatstates'/></message>"))
			v.Shows("Alice is typing…")
			v.accessible("the chat" + at)
			v.Run(chromedp.Click("#end"), chromedp.WaitVisible("#sure"))
			v.accessible("the question" + at)
			v.Run(chromedp.Click("#sure button.main"), chromedp.WaitVisible("#after"))
			v.accessible("the end" + at)
			w.expect(alice, "the end", client.Message(conv, "ended the session"))
			v.Open(w.url("/html?queue=support&theme=" + scheme))
			v.accessible("the page without JavaScript" + at)
			v.Silent()
		}
	}
}

// Everything can be done with the keyboard.
func TestKeyboard(t *testing.T) {
	w := newWorld(t)
	w.serve()
	alice := w.agent("alice")
	v := w.visitor()
	v.Open(w.url("/chat?queue=support"))
	v.Run(chromedp.WaitVisible("#first"))
	focused := func(id string) { t.Helper(); v.Waits(`document.activeElement.id === ` + quoted(id)) }
	v.Run(chromedp.KeyEvent("\t"))
	focused("f-name")
	v.Run(chromedp.KeyEvent("Carol"), chromedp.KeyEvent("\t"), chromedp.KeyEvent("\t"))
	focused("first")
	v.Run(chromedp.KeyEvent("hello"), chromedp.KeyEvent("\t"), chromedp.KeyEvent("\r"))
	focused("text") // one can write at once
	conv := w.takes(alice)
	v.Run(chromedp.KeyEvent("by keyboard"), chromedp.KeyEvent("\r"))
	w.expect(alice, "the line", client.Message(conv, "by keyboard"))
}

// What agents and visitors write, and files, do nothing in the page.
func TestInert(t *testing.T) {
	w := newWorld(t)
	w.serve()
	alice := w.agent("alice")
	v := w.visitor()
	v.Open(w.url("/chat?queue=support"))
	v.begin(`<img src=x onerror="window.bad=1">`, `<script>window.bad=1</script>`)
	conv := w.takes(alice)
	for i, x := range []string{`<img src=x onerror="window.bad=1">`, `<svg onload="window.bad=1">`, `"><script>window.bad=1</script>`,
		`javascript:window.bad=1`, `<a href="javascript:window.bad=1">x</a>`, `https://x/"onmouseover="window.bad=1`, `{{constructor}}`} {
		end := fmt.Sprintf(" end-%d", i)
		w.send(alice, conv, x+end)
		v.Shows(x + end)
		v.says(x + end + "-mine")
		v.Shows(x + end + "-mine")
	}
	w.send(alice, conv, "javascript:window.bad=1", client.WithPayload("<x xmlns='jabber:x:oob'><url>javascript:window.bad=1</url></x>"))
	w.send(alice, conv, "the end")
	v.Shows("the end")
	require.False(t, eval[bool](v, `"bad" in window || [...document.links].some(a => !/^https?:/.test(a.href)) || !!document.querySelector("#lines :is(img,svg,script)")`))
	v.Silent()
}

// A file goes to the agent by an address nobody can guess.
func TestFile(t *testing.T) {
	w := newWorld(t)
	w.serve()
	alice := w.agent("alice")
	v := w.visitor()
	v.Open(w.url("/chat?queue=support"))
	v.begin("Carol", "see this")
	conv := w.takes(alice)
	file := filepath.Join(t.TempDir(), "bill.png")
	png, err := chromedp.Run(v.Ctx, chromedp.CaptureScreenshot())
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(file, png, 0o600))
	v.Run(chromedp.SetUploadFiles("#file", []string{file}))
	e := w.expect(alice, "the file", client.Message(conv, w.url("/files/")))
	require.True(t, e.Has("jabber:x:oob", "x"))
	v.Waits(`document.querySelector("#lines img")?.naturalWidth > 0`)
	html := filepath.Join(t.TempDir(), "page.html")
	require.NoError(t, os.WriteFile(html, []byte("<!doctype html><script>alert(1)</script>"), 0o600))
	v.Run(chromedp.SetUploadFiles("#file", []string{html}))
	v.Shows("Files of this kind cannot be sent here.")
	v.Silent()
}
