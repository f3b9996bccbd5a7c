package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/spf13/cobra"

	"baton/config"
	"baton/doctor"
)

const doctorLong = `Looks at everything the service depends on: its folder and database, the link to
the server, and what the server's settings let it do. Each thing that is wrong or
could be better comes with the setting to change.

Best while the service is stopped. Beside a running one only what cannot disturb it
is looked at. The one thing it writes is a test contact in the roster of an agent of
each domain, which it takes out again, also on Ctrl-C. Callers who write meanwhile get
the same error as while the service is down.

Exit status: 0 nothing is wrong, 1 something is, 2 wrong usage or configuration.`

// errSaid is a failure of which all has been said.
var errSaid = errors.New("see above")

func newDoctor() *cobra.Command {
	var file string
	var asJSON bool
	cmd := &cobra.Command{Use: "doctor", Short: "Check server, link, rosters and data, and say what to change", Long: doctorLong, Args: cobra.NoArgs}
	cmd.Flags().StringVarP(&file, "config", "c", "", "configuration `file` (YAML, TOML or JSON)")
	cmd.Flags().BoolVar(&asJSON, "json", false, "write one JSON object instead of lines for people")
	config.AddFlags(cmd.Flags())
	cmd.RunE = running(func(cmd *cobra.Command, _ []string) error {
		cfg, err := config.Load(file, cmd.Flags())
		if err != nil {
			return err
		}
		src, err := source(cfg)
		if err != nil {
			return err
		}
		tlsConfig, err := cfg.Component.TLSConfig()
		if err != nil {
			return err
		}
		o := doctor.Options{Config: cfg, File: file, Source: src, Dial: dialer(cfg.Component.Address, tlsConfig), Free: doctor.FreeSpace}
		page := newDoctorPage(cmd.OutOrStdout(), cfg.Component.Domain)
		var all []doctor.Check
		err = doctor.Run(cmd.Context(), o, func(c doctor.Check) {
			all = append(all, c)
			if !asJSON {
				page.show(c)
			}
		})
		if asJSON {
			if jsonErr := doctorJSON(cmd.OutOrStdout(), cfg.Component.Domain, all); jsonErr != nil {
				return jsonErr
			}
		} else if err == nil {
			page.end(all)
		}
		switch {
		case err != nil:
			return errors.New("interrupted: not everything was looked at")
		case tally(all)[doctor.Wrong] > 0:
			return errSaid
		}
		return nil
	})
	return cmd
}

func tally(all []doctor.Check) map[doctor.Status]int {
	n := map[doctor.Status]int{}
	for _, c := range all {
		n[c.Status]++
	}
	return n
}

// doctorJSON writes all checks for programs: status is the worst there is.
func doctorJSON(w io.Writer, domain string, all []doctor.Check) error {
	worst := doctor.OK
	switch n := tally(all); {
	case n[doctor.Wrong] > 0:
		worst = doctor.Wrong
	case n[doctor.Degraded] > 0:
		worst = doctor.Degraded
	}
	e := json.NewEncoder(w)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	return e.Encode(struct {
		Version string         `json:"version"`
		Domain  string         `json:"domain"`
		Status  doctor.Status  `json:"status"`
		Checks  []doctor.Check `json:"checks"`
	}{version, domain, worst, all})
}

// doctorPage shows the checks to people, one after the other as they are done.
type doctorPage struct {
	painter
	domain string
	width  int
	part   string
}

// Columns of the page.
const (
	doctorWidest = 110
	doctorIndent = 19 // of what is said
)

func newDoctorPage(out io.Writer, domain string) *doctorPage {
	columns, terminal := terminalWidth(out)
	return &doctorPage{domain: domain, width: min(max(columns, narrowest), doctorWidest),
		painter: painter{out, terminal && os.Getenv("NO_COLOR") == "" && os.Getenv("TERM") != "dumb"}}
}

func (p *doctorPage) show(c doctor.Check) {
	if p.part == "" {
		p.row(row{{bold, "baton doctor"}, {plain, " for " + p.domain}})
	}
	if c.Part != p.part {
		p.part = c.Part
		p.row(nil)
		p.row(row{{bold, c.Part}})
	}
	mark := map[doctor.Status]span{doctor.OK: {good, "✓"}, doctor.Degraded: {yellow, "!"}, doctor.Wrong: {bad, "✗"}, doctor.NotChecked: {dim, "–"}}[c.Status]
	head := row{{plain, " "}, mark, {plain, " " + c.Name}}.pad(doctorIndent)
	for i, line := range wrap(c.Text, p.width-doctorIndent) {
		if i > 0 {
			head = row{}.pad(doctorIndent)
		}
		p.row(append(head, span{plain, line}))
	}
	if c.Fix == "" {
		return
	}
	for i, line := range wrap(c.Fix, p.width-doctorIndent-2) {
		arrow := "→ "
		if i > 0 {
			arrow = "  "
		}
		p.row(append(row{}.pad(doctorIndent), span{cyan, arrow + line}))
	}
}

// end sums up.
func (p *doctorPage) end(all []doctor.Check) {
	n := tally(all)
	p.row(nil)
	if len(all) == n[doctor.OK] {
		p.row(row{{good.bold(), "All is well."}})
		return
	}
	var parts []string
	for _, s := range []doctor.Status{doctor.Wrong, doctor.Degraded, doctor.NotChecked, doctor.OK} {
		if n[s] > 0 {
			parts = append(parts, fmt.Sprintf("%d %s", n[s], s))
		}
	}
	verdict := span{good.bold(), "Nothing is wrong: "}
	if n[doctor.Wrong] > 0 {
		verdict = span{bad.bold(), "Something is wrong: "}
	}
	p.row(row{verdict, {plain, strings.Join(parts, ", ") + "."}})
}
