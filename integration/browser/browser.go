//go:build clients

package browser

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"time"

	"github.com/chromedp/chromedp"
)

// ErrNotInstalled is what Start returns when there is no Chromium.
var ErrNotInstalled = errors.New("chromium is not installed: run scripts/install-deps.sh clients")

// Browser is a running Chromium. It dies with this process.
type Browser struct {
	ctx      context.Context
	stop     context.CancelFunc
	dir      string
	patience time.Duration
}

// Start starts Chromium with a profile of its own in dir/browser. It knows no host but this one's addresses, so that
// nothing comes from elsewhere. patience is how long anything in a tab may take before its test fails.
func Start(dir string, patience time.Duration) (*Browser, error) {
	path, err := exec.LookPath("chromium")
	if err != nil {
		return nil, ErrNotInstalled
	}
	b := &Browser{dir: filepath.Join(dir, "browser"), patience: patience}
	if err := os.Mkdir(b.dir, 0o700); err != nil {
		return nil, err
	}
	options := append(chromedp.DefaultExecAllocatorOptions[:], chromedp.ExecPath(path), chromedp.UserDataDir(filepath.Join(b.dir, "profile")),
		chromedp.Env("TMPDIR="+b.dir),
		chromedp.Flag("lang", "en"), chromedp.Flag("hide-scrollbars", true),
		chromedp.Flag("host-resolver-rules", "MAP * ~NOTFOUND, EXCLUDE 127.0.0.1, EXCLUDE localhost"))
	if os.Geteuid() == 0 {
		options = append(options, chromedp.NoSandbox)
	}
	allocator, stop := chromedp.NewExecAllocator(context.Background(), options...)
	var end context.CancelFunc
	b.ctx, end = chromedp.NewContext(allocator)
	b.stop = func() { end(); stop() }
	if err := chromedp.Do(b.ctx); err != nil {
		return nil, errors.Join(fmt.Errorf("chromium does not start: %w", err), b.Close())
	}
	return b, nil
}

// Close ends the browser and removes its profile.
func (b *Browser) Close() error {
	err := chromedp.Cancel(b.ctx)
	b.stop()
	var left error
	for range 50 { // what it started may write for a moment after its end
		if left = os.RemoveAll(b.dir); left == nil {
			break
		}
		time.Sleep(50 * time.Millisecond)
	}
	return errors.Join(err, left)
}
