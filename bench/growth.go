package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"time"
)

// What is measured is kept here, for the next run and for people.
const (
	growthFile    = "docs/growth.json"
	growthPicture = "docs/growth.svg"
	throughFile   = "docs/through.json"
)

// What grows.
const (
	byConversations = "open conversations"
	byLines         = "archived lines"
)

// growth is how costs change with size.
type growth struct {
	Date    string  `json:"date"`
	Machine string  `json:"machine"`
	Points  []point `json:"points"` // by what grows, then by size
}

// point is what was measured at one size.
type point struct {
	By      string             `json:"by"`
	Size    int                `json:"size"`
	Figures map[string]float64 `json:"figures"` // by name: those of quantities, and a few more
}

// quantity is what is drawn: a figure of a point.
type quantity struct{ name, title, unit string }

func quantities() []quantity {
	return []quantity{
		{"memory", "memory for a conversation", "B"},
		{"start", "start-up", "ms"},
		{"relay", "relaying a message ÷ floor", "×"},
		{"page", "an archive page of 50", "ms"},
		{"accept", "accept → first message", "ms"},
	}
}

// at returns a figure, of a growth that may be nil.
func (g *growth) at(by, name string, size int) (float64, bool) {
	if g == nil {
		return 0, false
	}
	for _, p := range g.Points {
		if p.By == by && p.Size == size {
			v, ok := p.Figures[name]
			return v, ok
		}
	}
	return 0, false
}

// ratio returns a figure's ratio to that at the smallest size.
func (g *growth) ratio(by, name string, size int) (float64, bool) {
	v, ok := g.at(by, name, size)
	if !ok {
		return 0, false
	}
	for _, p := range g.Points {
		if first := p.Figures[name]; p.By == by && first > 0 {
			return v / first, true
		}
	}
	return 0, false
}

// sizes are what is measured, of each thing that grows.
func sizes(most int) map[string][]int {
	upTo := func(all ...int) []int {
		return slices.DeleteFunc(all, func(n int) bool { return n > max(most, 1000) })
	}
	return map[string][]int{
		byConversations: upTo(1_000, 10_000, 100_000, million),
		byLines:         upTo(1_000, 10_000, 100_000, million, 10*million),
	}
}

// redraw draws what was written down.
func redraw() error {
	res, err := earlier()
	if err != nil {
		return err
	}
	if res.growth == nil {
		return fmt.Errorf("there is no %s to draw", growthFile)
	}
	return res.growth.draw(growthPicture)
}

// grow measures all sizes, writes the figures down and draws them.
func grow(ctx context.Context, dir, bin string, show *page, o options) error {
	g := &growth{Date: time.Now().Format(time.DateOnly),
		Machine: fmt.Sprintf("%d processors, %s/%s, %s", runtime.NumCPU(), runtime.GOOS, runtime.GOARCH, runtime.Version())}
	floor, err := enter(ctx, dir, "floor", plain(filepath.Join(bin, "floor")))
	if floor != nil {
		defer floor.stop()
	}
	if err != nil {
		return err
	}
	seed, err := plant(ctx, dir, baton{program: o.program(bin), profile: o.profile})
	if err != nil {
		return err
	}
	for _, by := range []string{byConversations, byLines} {
		if o.only != "" && !strings.HasSuffix(by, o.only) {
			continue
		}
		plot, err := seed.copy(filepath.Join(dir, by))
		if err != nil {
			return err
		}
		for _, size := range sizes(o.most)[by] {
			p, err := plot.point(ctx, show, floor, by, size)
			if err != nil {
				return fmt.Errorf("%d %s: %w", size, by, err)
			}
			g.Points = append(g.Points, p)
			show.point(p)
		}
		if err := os.RemoveAll(plot.dir); err != nil { // gigabytes
			return err
		}
	}
	if o.most < 10*million || o.only != "" {
		fmt.Fprintf(show.w, "not written down: this was a part\n")
		return nil
	}
	return g.write()
}

// write writes the figures and the picture.
func (g *growth) write() error {
	if err := writeJSON(growthFile, g); err != nil {
		return err
	}
	return g.draw(growthPicture)
}

func writeJSON(path string, v any) error {
	b, err := json.MarshalIndent(v, "", "  ")
	if err != nil {
		return err
	}
	return os.WriteFile(path, append(b, '\n'), 0o644)
}

// earlier returns what other runs wrote down.
func earlier() (*results, error) {
	res := &results{tallies: map[string]*tally{}, through: map[string]through{}}
	for path, into := range map[string]any{growthFile: &res.growth, throughFile: &res.through} {
		b, err := os.ReadFile(path)
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err == nil {
			err = json.Unmarshal(b, into)
		}
		if err != nil {
			return nil, fmt.Errorf("%s: %w", path, err)
		}
	}
	return res, nil
}

// plot is a folder with a store that grows.
type plot struct {
	baton
	contacts map[string]bool // of the sessions that the agent has
	next     int             // number of the next message: none is said twice
	empty    uint64          // bytes that the program keeps with nothing but those
}

var errMute = errors.New("this build does not tell what it keeps: make it with -tags profile")

// plant makes a store with the sessions that are used, and nothing else.
func plant(ctx context.Context, dir string, b baton) (*plot, error) {
	b.dir, b.others = filepath.Join(dir, "seed"), absentees
	p := &plot{baton: b}
	r, err := enter(ctx, dir, "seed", p.command)
	if r != nil {
		defer r.stop()
	}
	if err != nil {
		return nil, err
	}
	if err := connectAll(ctx, r); err != nil {
		return nil, err
	}
	p.contacts = r.contacts
	if err := settle(ctx, r); err != nil {
		return nil, err
	}
	r.stop()
	if r, _, err = p.start(ctx); err != nil {
		return nil, err
	}
	defer r.stop()
	f, ok := r.figures()
	if !ok {
		return nil, errMute
	}
	p.empty = f.Heap
	return p, nil
}

// copy copies what is there into another folder.
func (p *plot) copy(dir string) (*plot, error) {
	q := *p
	q.dir = dir
	if err := os.Mkdir(dir, 0o700); err != nil {
		return nil, err
	}
	out, err := exec.Command("cp", "-p", p.database(), q.database()).CombinedOutput()
	if err != nil {
		return nil, fmt.Errorf("copying the store: %w\n%s", err, out)
	}
	return &q, nil
}

func (p *plot) database() string { return filepath.Join(p.dir, "baton.db") }
