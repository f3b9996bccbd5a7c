//go:build clients

package web

import (
	"encoding/hex"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
	"github.com/stretchr/testify/require"

	"baton/integration/client"
	"baton/web"
)

// site is another web site, which adds the one line.
func site(t *testing.T, line func() string) string {
	t.Helper()
	s := httptest.NewServer(http.HandlerFunc(func(rw http.ResponseWriter, _ *http.Request) {
		rw.Header().Set("Content-Type", "text/html")
		rw.Header().Set("Content-Security-Policy", "style-src 'none'") // a strict one changes nothing
		fmt.Fprintf(rw, "<!doctype html><html lang=en><title>Shop</title><h1>Shop</h1>%s", line())
	}))
	t.Cleanup(s.Close)
	return strings.Replace(s.URL, "127.0.0.1", "localhost", 1) // not the same site as the page's
}

// frame attaches to the chat in the page of a site.
func (b *tab) frame(prefix string) *tab {
	b.T.Helper()
	var f *tab
	require.Eventually(b.T, func() bool {
		infos, err := chromedp.Targets(b.Ctx)
		require.NoError(b.T, err)
		for _, i := range infos {
			if i.Type == "iframe" && strings.HasPrefix(i.URL, prefix) {
				f = &tab{b.Attach(i.TargetID)}
				return true
			}
		}
		return false
	}, patience, 50*time.Millisecond)
	return f
}

// shadow is an expression with the widget's shadow tree as r.
func shadow(js string) string {
	return `(r => r && (` + js + `))([...document.body.children].find(e => e.shadowRoot)?.shadowRoot)`
}

// A site adds one line: a button, the chat in a frame of another site, a badge;
// the session is there after a reload.
func TestEmbedded(t *testing.T) {
	w := newWorld(t)
	line := ""
	origin := site(t, func() string { return line })
	until := time.Now().Add(time.Hour).Unix()
	line = fmt.Sprintf(`<script src="%s" data-queue="support" data-color="#0b6e4f" data-user-id="u-17" data-user-name="Carol Jones"
		data-user-expires="%d" data-user-signature="%s" defer></script>`, w.url("/widget.js"), until,
		hex.EncodeToString(web.Sign([]byte(identitySecret), "u-17", "Carol Jones", until)))
	w.embed = []string{origin}
	w.serve()
	alice := w.agent("alice")
	v := w.visitor()
	v.Screen(1100, 760, "light")
	v.Open(origin)
	v.Waits(shadow(`r.querySelector("button").getAttribute("aria-label") === "Open chat"`))
	eval[bool](v, shadow(`r.querySelector("button").click(), true`))
	f := v.frame(w.url("/chat"))
	f.Waits(`document.querySelector("#f-name").closest(".field").hidden`) // the site has said who it is
	f.Run(chromedp.SendKeys("#first", "charged twice"), chromedp.Click("#begin button.main"), chromedp.WaitVisible("#text"))
	w.expect(alice, "the offer", client.Message(desk, "Carol Jones"))
	w.send(alice, desk, "y")
	e := w.expect(alice, "the handover message", func(e client.Event) bool {
		return client.Message("", "u-17")(e) && !strings.HasPrefix(e.From, desk)
	})
	conv, _, _ := strings.Cut(e.From, "/")
	w.send(alice, conv, "I am looking")
	f.Shows("I am looking")
	require.Equal(t, "#0b6e4f", eval[string](f, `getComputedStyle(document.documentElement).getPropertyValue("--accent")`))
	v.Shoot("embedded")

	f.Run(chromedp.Click("#close"))
	v.Waits(shadow(`r.querySelector("iframe").hidden`))
	w.send(alice, conv, "are you still there?")
	w.send(alice, conv, "hello?")
	v.Waits(shadow(`r.querySelector("b").textContent === "2" && r.querySelector("button").getAttribute("aria-label") === "Open chat, 2 unread"`))
	eval[bool](v, shadow(`r.querySelector("button").click(), true`))
	v.Waits(shadow(`r.querySelector("b").hidden`))

	v.Run(chromedp.Reload())
	w.send(alice, conv, "after the reload")
	v.Waits(shadow(`r.querySelector("iframe")`)) // made by itself: there is a session
	f = v.frame(w.url("/chat"))
	f.Shows("after the reload")
	f.Shows("charged twice")
}

// A site that is not listed gets no frame, and its scripts get nothing.
func TestForeignSite(t *testing.T) {
	w := newWorld(t)
	line := ""
	origin := site(t, func() string { return line })
	line = `<iframe src="` + w.url("/chat?queue=support") + `"></iframe>`
	w.embed = []string{"https://www.example.com"}
	w.serve()
	alice := w.agent("alice")
	v := w.visitor()
	v.Open(origin)
	v.Waits("true")
	w.eventually("the frame to be refused", func() bool {
		return strings.Contains(strings.Join(v.Complaints(), "\n"), "frame-ancestors")
	})
	for _, how := range []string{
		`{method: "POST", mode: "no-cors", credentials: "include", headers: {"Content-Type": "text/plain"}, body: JSON.stringify(ask)}`,
		`{method: "POST", headers: {"Content-Type": "application/json"}, body: JSON.stringify(ask)}`,
		`{method: "POST", mode: "no-cors", body: new URLSearchParams({action: "start", queue: "support", id: ask.id, text: "forged"})}`,
	} {
		for _, path := range []string{"/api/session", "/html"} {
			got := eval[string](v, `(ask => fetch(`+quoted(w.url(path))+`, `+how+`).then(a => a.type + a.status, () => "refused"))(
				{queue: "support", id: "00000000000000000000000000000000", text: "forged", fields: {}})`)
			require.Contains(t, []string{"opaque0", "refused"}, got)
		}
	}
	// What came before would have been offered first.
	ours := w.visitor()
	ours.Open(w.url("/chat?queue=support"))
	ours.begin("Carol", "genuine")
	require.Contains(t, w.expect(alice, "an offer", client.Message(desk, "Take it?")).Body, "genuine")
}
