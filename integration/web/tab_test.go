//go:build clients

package web

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/network"
	cdpruntime "github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
	"github.com/stretchr/testify/require"
)

// tab is a page in the browser.
type tab struct {
	t   *testing.T
	ctx context.Context

	mu         sync.Mutex
	complaints []string
}

// visitor opens a tab of somebody who was never here: storage of their own.
func (w *world) visitor() *tab {
	w.t.Helper()
	return newTab(w.t, chromium, chromedp.WithNewBrowserContext())
}

// another opens a tab beside one, of the same visitor.
func (b *tab) another() *tab { return newTab(b.t, b.ctx) }

func newTab(t *testing.T, parent context.Context, options ...chromedp.ContextOption) *tab {
	t.Helper()
	ctx, cancel := chromedp.NewContext(parent, options...)
	t.Cleanup(cancel)
	b := &tab{t: t, ctx: ctx}
	require.NoError(t, chromedp.Listen(ctx, b.complaint))
	call(b, log.Enable, cdp.Empty{})
	call(b, emulation.SetLocaleOverride, emulation.SetLocaleOverrideParams{Locale: "en_US"})
	return b
}

// complaint notes what a script or the security policy complains of.
func (b *tab) complaint(ev any) {
	b.mu.Lock()
	defer b.mu.Unlock()
	switch e := ev.(type) {
	case *cdpruntime.EventExceptionThrown:
		b.complaints = append(b.complaints, fmt.Sprint(e.ExceptionDetails.Text, e.ExceptionDetails.Exception))
	case *log.EventEntryAdded:
		if e.Entry.Source == log.EntrySourceSecurity || e.Entry.Source == log.EntrySourceJavascript {
			b.complaints = append(b.complaints, e.Entry.Text)
		}
	}
}

// run does things in the page, each within patience.
func (b *tab) run(steps ...chromedp.Action[chromedp.Void]) {
	b.t.Helper()
	for _, a := range steps {
		ctx, cancel := context.WithTimeout(b.ctx, patience)
		err := chromedp.Do(ctx, a)
		cancel()
		require.NoError(b.t, err, "the page says:\n%s", b.body())
	}
}

// call makes the browser do something that there is no action for.
func call[P, R any](b *tab, cmd cdp.Command[P, R], params P) {
	b.t.Helper()
	ctx, cancel := context.WithTimeout(b.ctx, patience)
	defer cancel()
	_, err := chromedp.Call(ctx, cmd, params)
	require.NoError(b.t, err)
}

// body is what can be read on the page, for people who look for a failure's
// reason.
func (b *tab) body() string {
	text, err := chromedp.Run(b.ctx, chromedp.Evaluate[string]("location.href + '\\n' + document.body.innerText"))
	if err != nil {
		return err.Error()
	}
	return text
}

func (b *tab) open(url string) { b.t.Helper(); b.run(chromedp.Navigate(url)) }

// eval returns what an expression is, promises awaited.
func eval[T any](b *tab, js string) T {
	b.t.Helper()
	ctx, cancel := context.WithTimeout(b.ctx, patience)
	defer cancel()
	out, err := chromedp.Run(ctx, chromedp.Evaluate[T](js, chromedp.EvalAwaitPromise))
	require.NoError(b.t, err, js)
	return out
}

// waits waits until an expression is true.
func (b *tab) waits(js string) {
	b.t.Helper()
	deadline := time.Now().Add(patience)
	for time.Now().Before(deadline) { // the page, or a frame in it, may be on its way to another
		ctx, cancel := context.WithTimeout(b.ctx, patience)
		yes, err := chromedp.Run(ctx, chromedp.Evaluate[bool]("!!("+js+")"))
		cancel()
		if err == nil && yes {
			return
		}
		time.Sleep(20 * time.Millisecond)
	}
	require.Failf(b.t, "waited in vain", "for %s; the page says:\n%s\nit complains: %v", js, b.body(), b.complaints)
}

// shows waits until the page shows a text.
func (b *tab) shows(text string) {
	b.t.Helper()
	b.waits("document.body.innerText.includes(" + quoted(text) + ")")
}

// begin fills in the form and starts the chat.
func (b *tab) begin(name, text string) {
	b.t.Helper()
	b.run(chromedp.WaitVisible("#first"), chromedp.SendKeys("#f-name", name), chromedp.SendKeys("#first", text),
		chromedp.Click("#begin button.main"), chromedp.WaitVisible("#text"))
}

// says types a line and sends it.
func (b *tab) says(text string) {
	b.t.Helper()
	b.run(chromedp.SendKeys("#text", text), chromedp.Click("#send"))
}

// offline cuts the page off from the network, or lets it back.
func (b *tab) offline(yes bool) {
	b.t.Helper()
	if yes {
		b.cutOff("")
	} else {
		b.cutOff()
	}
	call(b, network.OverrideNetworkState, network.OverrideNetworkStateParams{Offline: yes, DownloadThroughput: -1, UploadThroughput: -1})
}

// cutOff lets no request to these addresses through; "" is all.
func (b *tab) cutOff(addresses ...string) {
	b.t.Helper()
	call(b, network.Enable, network.EnableParams{})
	var rules []*network.Conditions
	for _, a := range addresses {
		rules = append(rules, &network.Conditions{URLPattern: a, Offline: true, DownloadThroughput: -1, UploadThroughput: -1})
	}
	call(b, network.EmulateNetworkConditionsByRule, network.EmulateNetworkConditionsByRuleParams{MatchedNetworkConditions: rules})
}

// transcript returns the lines as the page shows them.
func (b *tab) transcript() []string {
	b.t.Helper()
	return eval[[]string](b, `[...document.querySelectorAll("#lines li:is(.line,.notice,.moved,.ended)")].map(i =>
		(i.classList.contains("moved") || i.classList.contains("ended") ? "" : i.querySelector(".name").textContent + ": ") + i.querySelector(".text").textContent)`)
}

// shoot takes a picture of what is to be seen, if somebody wants pictures
// (BATON_PICTURES is a folder).
func (b *tab) shoot(name string) {
	b.t.Helper()
	dir := os.Getenv("BATON_PICTURES")
	if dir == "" {
		return
	}
	png, err := chromedp.Run(b.ctx, chromedp.CaptureScreenshot())
	require.NoError(b.t, err)
	require.NoError(b.t, os.WriteFile(filepath.Join(dir, name+".png"), png, 0o644))
}

// screen sets size and colours.
func (b *tab) screen(width, height int64, scheme string) {
	b.t.Helper()
	call(b, emulation.SetDeviceMetricsOverride, emulation.SetDeviceMetricsOverrideParams{Width: width, Height: height,
		DeviceScaleFactor: 1, Mobile: width < 600})
	call(b, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{Features: []*emulation.MediaFeature{
		{Name: "prefers-color-scheme", Value: scheme}}})
}

// silent checks that no script failed and the security policy stopped nothing.
func (b *tab) silent() {
	b.t.Helper()
	b.mu.Lock()
	defer b.mu.Unlock()
	require.Empty(b.t, b.complaints)
}
