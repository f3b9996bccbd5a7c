//go:build clients

package web

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
)

var (
	binary   string          // the program under test
	chromium context.Context // the browser that all tests share
)

func TestMain(m *testing.M) {
	status, err := runAll(m)
	if err != nil {
		fmt.Fprintln(os.Stderr, "browser tests:", err)
		status = max(status, 1)
	}
	os.Exit(status)
}

func runAll(m *testing.M) (int, error) {
	dir, err := os.MkdirTemp("", "baton-web-")
	if err != nil {
		return 1, err
	}
	defer func() {
		for range 50 { // what the browser started may write for a moment after its end
			if os.RemoveAll(dir) == nil {
				return
			}
			time.Sleep(50 * time.Millisecond)
		}
		fmt.Fprintln(os.Stderr, "browser tests: cannot be removed:", dir)
	}()
	if err := os.Chmod(dir, 0o711); err != nil { // Prosody may run as a user of its own
		return 1, err
	}
	binary = filepath.Join(dir, "baton")
	if text, err := exec.Command("go", "build", "-buildvcs=false", "-o", binary, "baton/cmd/baton").CombinedOutput(); err != nil {
		return 1, fmt.Errorf("the program cannot be built: %w\n%s", err, text)
	}
	path, err := exec.LookPath("chromium")
	if err != nil {
		return 1, fmt.Errorf("%w: run scripts/install-deps.sh clients", err)
	}
	options := append(chromedp.DefaultExecAllocatorOptions[:], chromedp.ExecPath(path), chromedp.UserDataDir(filepath.Join(dir, "browser")),
		chromedp.Flag("lang", "en"), chromedp.Flag("hide-scrollbars", true))
	if os.Geteuid() == 0 {
		options = append(options, chromedp.NoSandbox)
	}
	allocator, stop := chromedp.NewExecAllocator(context.Background(), options...)
	defer stop()
	var end context.CancelFunc
	chromium, end = chromedp.NewContext(allocator)
	defer end()
	if err := chromedp.Do(chromium); err != nil {
		return 1, fmt.Errorf("chromium does not start: %w", err)
	}
	return m.Run(), chromedp.Cancel(chromium)
}
