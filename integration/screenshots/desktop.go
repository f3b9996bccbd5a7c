package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"time"
)

// gtkSettings: nothing moves by itself, or a picture would never be the same twice.
const gtkSettings = `[Settings]
gtk-cursor-blink=0
gtk-enable-animations=0
gtk-font-name=Cantarell 11
gtk-icon-theme-name=Adwaita
gtk-theme-name=Adwaita
`

// desktop is one person's: a screen (Xvfb) with a window manager, a home, a session bus. Nothing of the reader's own
// session is touched.
type desktop struct {
	place
	still time.Duration // how long a window must not change before it is taken
	visit []string      // place in a window where the pointer is taken for a moment before a picture; nil: nowhere
	procs []*process
}

func newDesktop(dir string) (*desktop, error) {
	d := &desktop{place: place{dir: dir}, still: 600 * time.Millisecond}
	d.env = []string{"PATH=" + os.Getenv("PATH"), "HOME=" + dir, "LANG=C.UTF-8", "TZ=UTC",
		"XDG_DATA_HOME=" + d.in("data"), "XDG_CONFIG_HOME=" + d.in("config"), "XDG_CACHE_HOME=" + d.in("cache"),
		"XDG_RUNTIME_DIR=" + d.in("run"),
		"GDK_BACKEND=x11", "GDK_SCALE=2", "GSK_RENDERER=cairo", "GTK_A11Y=none", "NO_AT_BRIDGE=1",
		"GSETTINGS_BACKEND=memory", "GIO_USE_NETWORK_MONITOR=base", "GIO_USE_PROXY_RESOLVER=dummy"}
	for _, name := range []string{"data", "config/gtk-3.0", "config/gtk-4.0", "cache", "run"} {
		if err := os.MkdirAll(d.in(name), 0o700); err != nil {
			return nil, err
		}
	}
	for _, gtk := range []string{"gtk-3.0", "gtk-4.0"} {
		if err := os.WriteFile(d.in("config", gtk, "settings.ini"), []byte(gtkSettings), 0o600); err != nil {
			return nil, err
		}
	}
	return d, nil
}

func (d *desktop) in(name ...string) string {
	return filepath.Join(append([]string{d.dir}, name...)...)
}

// giveTo makes it somebody else's, who runs everything on it from now on.
func (d *desktop) giveTo(uid, gid int) error {
	d.as = &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}
	return filepath.WalkDir(d.dir, func(path string, _ fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		return os.Lchown(path, uid, gid)
	})
}

// turnOn starts screen, bus and window manager.
func (d *desktop) turnOn() error {
	display, err := d.announced("Xvfb", "-displayfd", "3", "-screen", "0", "2400x1600x24", "-dpi", "96", "-noreset")
	if err != nil {
		return err
	}
	d.env = append(d.env, "DISPLAY=:"+display)
	bus, err := d.announced("dbus-daemon", "--session", "--nofork", "--nosyslog", "--print-address=3")
	if err != nil {
		return err
	}
	d.env = append(d.env, "DBUS_SESSION_BUS_ADDRESS="+bus)
	if _, err = d.run("openbox", "--sm-disable"); err != nil {
		return err
	}
	// The pointer would make what it is over look different.
	_, err = d.do(context.Background(), "xdotool", "mousemove", "2399", "1599")
	return err
}

// announced starts a program that writes a line to file descriptor 3 when it is ready.
func (d *desktop) announced(name string, args ...string) (string, error) {
	r, w, err := os.Pipe()
	if err != nil {
		return "", err
	}
	defer r.Close()
	p, err := d.start([]*os.File{w}, name, args...)
	_ = w.Close() // the program has its own
	if err != nil {
		return "", err
	}
	d.procs = append(d.procs, p)
	_ = r.SetReadDeadline(time.Now().Add(patience))
	line, err := firstLine(r)
	if err != nil {
		return "", fmt.Errorf("%s did not come up: %w\n%s", name, err, p.output())
	}
	return line, nil
}

// run starts a program on this desktop.
func (d *desktop) run(name string, args ...string) (*process, error) {
	p, err := d.start(nil, name, args...)
	if err == nil {
		d.procs = append(d.procs, p)
	}
	return p, err
}

// turnOff ends everything on it, the last first.
func (d *desktop) turnOff() {
	for i := len(d.procs) - 1; i >= 0; i-- {
		d.procs[i].stop()
	}
	d.procs = nil
}

// window waits for a visible window with that title (a regular expression) and returns the newest.
func (d *desktop) window(ctx context.Context, title string) (id string, err error) {
	err = until(ctx, "a window "+title, func() (bool, error) {
		found, err := d.do(ctx, "xdotool", "search", "--onlyvisible", "--name", title)
		ids := strings.Fields(found)
		if err != nil || len(ids) == 0 { // xdotool fails when there is none
			return false, nil
		}
		id = ids[len(ids)-1]
		return true, nil
	})
	return id, err
}

// resize moves a window to the corner and gives it a size in the clients' units, two pixels each.
func (d *desktop) resize(ctx context.Context, window string, width, height int) error {
	_, err := d.do(ctx, "xdotool", "windowsize", "--sync", window, fmt.Sprint(2*width), fmt.Sprint(2*height),
		"windowmove", window, "0", "0")
	return err
}

// writes types a line into a window, as a person does: when it is there to be typed into.
func (d *desktop) writes(ctx context.Context, window, line string) error {
	if _, err := d.do(ctx, "xdotool", "windowactivate", "--sync", window); err != nil {
		return err
	}
	if _, err := d.settled(ctx, window, whole); err != nil {
		return err
	}
	if _, err := d.do(ctx, "xdotool", "type", "--delay", "40", line); err != nil {
		return err
	}
	_, err := d.do(ctx, "xdotool", "key", "Return")
	return err
}

// titles are those of all visible windows.
func (d *desktop) titles(ctx context.Context) (titles []string, err error) {
	found, err := d.do(ctx, "xdotool", "search", "--onlyvisible", "--name", ".")
	for _, id := range strings.Fields(found) {
		title, err := d.do(ctx, "xdotool", "getwindowname", id)
		if err != nil {
			return nil, err
		}
		titles = append(titles, strings.TrimSpace(title))
	}
	return titles, err
}

// click clicks at a place of a window, in pixels, and puts the pointer out of the way again.
func (d *desktop) click(ctx context.Context, window string, x, y int) error {
	_, err := d.do(ctx, "xdotool", "mousemove", "--window", window, fmt.Sprint(x), fmt.Sprint(y), "click", "1",
		"mousemove", "2399", "1599")
	return err
}

// picture takes a part of a window, in pixels, when it has stopped changing.
func (d *desktop) picture(ctx context.Context, window, part, file string) error {
	if d.visit != nil {
		_, err := d.do(ctx, "xdotool", "mousemove", "--window", window, d.visit[0], d.visit[1], "sleep", "0.3",
			"mousemove", "2399", "1599")
		if err != nil {
			return err
		}
	}
	pixels, err := d.settled(ctx, window, part)
	if err != nil {
		return err
	}
	return os.WriteFile(file, []byte(pixels), 0o644)
}

// whole is all of a window, as ImageMagick writes it.
const whole = "100%x100%+0+0"

// settled waits until a part of a window has stopped changing, and returns it as PNG.
func (d *desktop) settled(ctx context.Context, window, part string) (pixels string, err error) {
	since := time.Now()
	err = until(ctx, "a window that does not change", func() (bool, error) {
		now, err := d.do(ctx, "import", "-silent", "-window", window, "-crop", part, "+repage", "png:-")
		if err != nil {
			return false, err
		}
		if now != pixels {
			pixels, since = now, time.Now()
		}
		return time.Since(since) >= d.still, nil
	})
	return pixels, err
}

// shrink makes a picture fit for a page: few colours, nothing but pixels.
func shrink(ctx context.Context, file string) error {
	_, err := (place{}).do(ctx, "pngquant", "--force", "--strip", "--nofs", "--speed", "1", "--output", file, "64", file)
	if err != nil {
		return err
	}
	const most = 120 << 10
	info, err := os.Stat(file)
	if err != nil {
		return err
	}
	if info.Size() > most {
		return errors.New(file + " is larger than 120 KiB")
	}
	return nil
}
