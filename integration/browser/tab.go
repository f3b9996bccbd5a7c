//go:build clients

package browser

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/log"
	cdpruntime "github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/cdproto/target"
	"github.com/chromedp/chromedp"
	"github.com/stretchr/testify/require"
)

// Tab is a page in the browser, of one test. What fails in it fails the test and says what was on the page.
type Tab struct {
	T   *testing.T
	Ctx context.Context // for what there is no method for

	patience time.Duration

	mu         sync.Mutex
	complaints []string
}

// Visitor opens a tab of somebody who was never here: storage of their own.
func (b *Browser) Visitor(t *testing.T) *Tab {
	t.Helper()
	return open(t, b.ctx, b.patience, chromedp.WithNewBrowserContext())
}

// Another opens a tab beside one, of the same visitor.
func (b *Tab) Another() *Tab {
	b.T.Helper()
	return open(b.T, b.Ctx, b.patience)
}

func open(t *testing.T, parent context.Context, patience time.Duration, options ...chromedp.ContextOption) *Tab {
	t.Helper()
	b := attach(t, parent, patience, options...)
	Call(b, log.Enable, cdp.Empty{})
	Call(b, emulation.SetLocaleOverride, emulation.SetLocaleOverrideParams{Locale: "en_US"})
	return b
}

// Attach is a page that this one opened, or a frame in it that is of another site.
func (b *Tab) Attach(id target.ID) *Tab {
	b.T.Helper()
	return attach(b.T, b.Ctx, b.patience, chromedp.WithTargetID(id))
}

func attach(t *testing.T, parent context.Context, patience time.Duration, options ...chromedp.ContextOption) *Tab {
	t.Helper()
	ctx, cancel := chromedp.NewContext(parent, options...)
	t.Cleanup(cancel)
	b := &Tab{T: t, Ctx: ctx, patience: patience}
	require.NoError(t, chromedp.Listen(ctx, b.complaint))
	return b
}

// complaint notes what a script or the security policy complains of.
func (b *Tab) complaint(ev any) {
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

// Complaints are of scripts that failed, and of what the security policy stopped.
func (b *Tab) Complaints() []string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return slices.Clone(b.complaints)
}

// Silent checks that there are none.
func (b *Tab) Silent() {
	b.T.Helper()
	require.Empty(b.T, b.Complaints())
}

// Run does things in the page, each within patience.
func (b *Tab) Run(steps ...chromedp.Action[chromedp.Void]) {
	b.T.Helper()
	for _, a := range steps {
		ctx, cancel := context.WithTimeout(b.Ctx, b.patience)
		err := chromedp.Do(ctx, a)
		cancel()
		if err != nil {
			require.NoError(b.T, err, "the page says:\n%s", b.Body())
		}
	}
}

// Call makes the browser do something that there is no action for.
func Call[P, R any](b *Tab, cmd cdp.Command[P, R], params P) {
	b.T.Helper()
	ctx, cancel := context.WithTimeout(b.Ctx, b.patience)
	defer cancel()
	_, err := chromedp.Call(ctx, cmd, params)
	require.NoError(b.T, err)
}

// Eval returns what an expression is, promises awaited.
func Eval[R any](b *Tab, js string) R {
	b.T.Helper()
	ctx, cancel := context.WithTimeout(b.Ctx, b.patience)
	defer cancel()
	out, err := chromedp.Run(ctx, chromedp.Evaluate[R](js, chromedp.EvalAwaitPromise))
	require.NoError(b.T, err, js)
	return out
}

// Body is what can be read on the page, for people who look for a failure's reason.
func (b *Tab) Body() string {
	ctx, cancel := context.WithTimeout(b.Ctx, b.patience)
	defer cancel()
	text, err := chromedp.Run(ctx, chromedp.Evaluate[string]("location.href + '\\n' + document.body.innerText"))
	if err != nil {
		return err.Error()
	}
	return text
}

// Open goes to an address.
func (b *Tab) Open(url string) { b.T.Helper(); b.Run(chromedp.Navigate(url)) }

// Waits waits until an expression is true.
func (b *Tab) Waits(js string) { b.T.Helper(); b.WaitsFor(js, js) }

// WaitsFor is the same, with words for what is waited for.
func (b *Tab) WaitsFor(what, js string) {
	b.T.Helper()
	deadline := time.Now().Add(b.patience)
	for time.Now().Before(deadline) { // the page, or a frame in it, may be on its way to another
		ctx, cancel := context.WithDeadline(b.Ctx, deadline)
		yes, err := chromedp.Run(ctx, chromedp.Evaluate[bool]("!!("+js+")"))
		cancel()
		if err == nil && yes {
			return
		}
		time.Sleep(20 * time.Millisecond)
	}
	require.Failf(b.T, "waited in vain", "for %s; the page says:\n%s\nit complains: %v", what, b.Body(), b.Complaints())
}

// Shows waits until the page shows a text.
func (b *Tab) Shows(text string) {
	b.T.Helper()
	b.Waits(fmt.Sprintf("document.body.innerText.includes(%q)", text))
}

// Shoot takes a picture of what is to be seen, if somebody wants pictures (BATON_PICTURES is a folder).
func (b *Tab) Shoot(name string) {
	b.T.Helper()
	dir := os.Getenv("BATON_PICTURES")
	if dir == "" {
		return
	}
	png, err := chromedp.Run(b.Ctx, chromedp.CaptureScreenshot())
	require.NoError(b.T, err)
	require.NoError(b.T, os.WriteFile(filepath.Join(dir, name+".png"), png, 0o644))
}

// Screen sets size and colours ("light" or "dark").
func (b *Tab) Screen(width, height int64, scheme string) {
	b.T.Helper()
	Call(b, emulation.SetDeviceMetricsOverride, emulation.SetDeviceMetricsOverrideParams{Width: width, Height: height,
		DeviceScaleFactor: 1, Mobile: width < 600})
	Call(b, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{Features: []*emulation.MediaFeature{
		{Name: "prefers-color-scheme", Value: scheme}}})
}
