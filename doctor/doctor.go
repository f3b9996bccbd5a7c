// Package doctor looks at everything that the service depends on, from the folder
// it writes to to the server's settings, and says what is wrong or could be better
// and which setting to change. It changes nothing for good: of its one write, a test
// contact in an agent's roster, nothing is left.
package doctor

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"time"

	"baton/component"
	"baton/config"
	"baton/store"
)

// Status is what a check has found.
type Status string

// Statuses.
const (
	OK         Status = "ok"
	Degraded   Status = "degraded"    // the service works, and could do so better
	Wrong      Status = "wrong"       // it does not work, or not as it should
	NotChecked Status = "not checked" // could not be found out
)

// Check is one line of what the doctor says.
type Check struct {
	Part   string `json:"part"`  // of the whole: "link", or a server's domain
	Name   string `json:"check"` // stable
	Status Status `json:"status"`
	Text   string `json:"text"`          // what was found
	Fix    string `json:"fix,omitempty"` // which setting to change, and how
}

// Options are what is looked at, and how it is reached.
type Options struct {
	Config config.Config
	File   string // the configuration's; empty: there is none
	Source store.Source
	Dial   func(context.Context) (net.Conn, error) // reaches the server
	API    http.RoundTripper                       // reaches ejabberd's HTTP API; nil: the usual way
	Web    http.RoundTripper                       // reaches http.listen; nil: the usual way
	Free   func(dir string) (bytes uint64, err error)
}

// stepTimeout bounds every step.
const stepTimeout = 5 * time.Second

// Run carries out all checks and tells each when it is done, in order. It returns
// ctx's error if that ended before they were; the test contact is out of the rosters then
// too.
func Run(ctx context.Context, o Options, tell func(Check)) error {
	v := &visit{o: o, cfg: o.Config, tell: tell}
	v.examine(ctx)
	return ctx.Err()
}

// visit is one run.
type visit struct {
	o    Options
	cfg  config.Config
	tell func(Check)
	part string
	on   software

	archives bool // the server says that accounts have one
}

// Parts that are no server's domain.
const (
	partHere      = "this machine"
	partLink      = "link"
	partComponent = "component"
)

func (v *visit) examine(ctx context.Context) {
	v.part = partHere
	changed := v.staff(ctx)
	v.configuration()
	v.directory(changed)
	db := v.data(ctx)
	if db != nil {
		defer db.Close()
	}
	if v.service(ctx, db != nil && db.InUse) {
		v.beside(ctx)
		return
	}
	v.part = partLink
	p := v.login(ctx)
	if p == nil {
		return
	}
	defer func() { p.Close() }()
	if !v.alone(ctx, p) {
		return
	}
	for _, host := range v.cfg.Agents.Domains {
		if ctx.Err() == nil && v.stands(p) {
			v.host(ctx, p, host)
		}
	}
	v.part = partComponent
	if ctx.Err() == nil && v.stands(p) {
		p = v.second(ctx, p)
		v.large(ctx, p)
	}
}

// stands reports whether the connection does, and tells if not.
func (v *visit) stands(p *component.Probe) bool {
	select {
	case <-p.Gone():
		v.add("connection", Wrong, "the server ended it in the middle: "+orElse(p.Broken(), "without a word"), "see the server's log; the rest was not checked")
		return false
	default:
		return true
	}
}

func (v *visit) add(name string, s Status, text, fix string) {
	v.tell(Check{Part: v.part, Name: name, Status: s, Text: text, Fix: fix})
}

func (v *visit) ok(name, format string, args ...any) {
	v.add(name, OK, fmt.Sprintf(format, args...), "")
}

// step bounds what is done with the context.
func step(ctx context.Context) (context.Context, context.CancelFunc) {
	return context.WithTimeout(ctx, stepTimeout)
}

func orElse(text, other string) string {
	if text == "" {
		return other
	}
	return text
}

// count writes a number of things.
func count(n int, one, more string) string {
	if n == 1 {
		return "1 " + one
	}
	return fmt.Sprintf("%d %s", n, more)
}
