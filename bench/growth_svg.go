package main

import (
	_ "embed"
	"fmt"
	"math"
	"os"
	"strconv"
	"strings"
	"text/template"
)

//go:embed growth.svg.tmpl
var growthTemplate string

// Measures of the picture, in its own units.
const (
	panelWide, panelHigh = 270.0, 210.0
	plotLeft, plotTop    = 46.0, 44.0 // within a panel
	plotWide, plotHigh   = 176.0, 130.0
	perRow               = 3
	leastRatio           = 0.5
)

// picture is what the template needs, everything placed already.
type picture struct {
	*growth
	Wide, High float64
	Panels     []panel
	LegendX    float64
	LegendY    float64
}

type panel struct {
	Title, Unit string
	X, Y        float64
	Across      []mark // sizes, and ratios
	Up          []mark
	Curves      []curve
}

// mark is a line of the grid with its name.
type mark struct {
	At   float64
	Text string
}

type curve struct {
	Class  string // of what grows
	Points string
	Dots   [][2]float64
	End    [2]float64
	Label  string // the last ratio
	Below  bool   // the label stands under the curve
	First  string // what 1 is
}

// draw draws each quantity as a ratio to what it is at the smallest size.
func (g *growth) draw(path string) error {
	t, err := template.New("growth").Parse(growthTemplate)
	if err != nil {
		return err
	}
	most, largest := g.extent()
	rows := math.Ceil(float64(len(quantities())+1) / perRow) // the legend has a place of its own
	pic := picture{growth: g, Wide: perRow * panelWide, High: rows*panelHigh + 10,
		LegendX: float64(len(quantities())%perRow) * panelWide, LegendY: (rows - 1) * panelHigh}
	for i, q := range quantities() {
		p := panel{Title: q.title, Unit: q.unit, X: float64(i%perRow) * panelWide, Y: float64(i/perRow) * panelHigh}
		for size := 1000; size <= largest; size *= 10 {
			p.Across = append(p.Across, mark{across(size, largest), power(size)})
		}
		for ratio := 1; float64(ratio) <= most; ratio *= 10 {
			name := strconv.Itoa(ratio)
			if ratio >= 1000 {
				name = power(ratio)
			}
			p.Up = append(p.Up, mark{up(float64(ratio), most), name + "×"})
		}
		for _, kind := range [][2]string{{"conversations", byConversations}, {"lines", byLines}} {
			if c := g.curve(kind[1], q, most, largest); c.Points != "" {
				c.Class = kind[0]
				p.Curves = append(p.Curves, c)
			}
		}
		if c := p.Curves; len(c) == 2 { // each label on the outer side
			c[0].Below = c[0].End[1] > c[1].End[1]
			c[1].Below = !c[0].Below
		}
		pic.Panels = append(pic.Panels, p)
	}
	f, err := os.Create(path)
	if err != nil {
		return err
	}
	defer f.Close()
	if err := t.Execute(f, pic); err != nil {
		return err
	}
	return f.Close()
}

// extent returns the greatest ratio, as a power of ten, and the greatest size.
func (g *growth) extent() (most float64, largest int) {
	most = 10
	for _, p := range g.Points {
		largest = max(largest, p.Size)
		for _, q := range quantities() {
			if v, ok := g.ratio(p.By, q.name, p.Size); ok {
				for v*2 > most { // room for the label
					most *= 10
				}
			}
		}
	}
	return most, largest
}

func (g *growth) curve(by string, q quantity, most float64, largest int) curve {
	var c curve
	var points []string
	for _, p := range g.Points {
		v, ok := g.ratio(by, q.name, p.Size)
		if p.By != by || !ok {
			continue
		}
		if c.First == "" {
			c.First = short(p.Figures[q.name])
		}
		c.End = [2]float64{across(p.Size, largest), up(v, most)}
		c.Label = short(v) + " ×"
		c.Dots = append(c.Dots, c.End)
		points = append(points, fmt.Sprintf("%.1f,%.1f", c.End[0], c.End[1]))
	}
	c.Points = strings.Join(points, " ")
	return c
}

// across and up place a size and a ratio within a panel, both by logarithm.
func across(size, largest int) float64 {
	return plotLeft + plotWide*math.Log10(float64(size)/1000)/math.Log10(float64(max(largest, 10_000))/1000)
}

func up(ratio, most float64) float64 {
	return plotTop + plotHigh*(1-math.Log(max(ratio, leastRatio)/leastRatio)/math.Log(most/leastRatio))
}

// power writes a power of ten.
func power(n int) string {
	return "10" + string([]rune("⁰¹²³⁴⁵⁶⁷⁸⁹")[int(math.Round(math.Log10(float64(n))))])
}
