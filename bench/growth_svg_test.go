package main

import (
	"encoding/xml"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func imagined() *growth {
	g := &growth{Date: "2026-11-23", Machine: "2 processors"}
	for i, size := range []int{1_000, 10_000, 100_000, million} {
		f := float64(i)
		g.Points = append(g.Points,
			point{byConversations, size, map[string]float64{"memory": 900 + f, "start": 40 + f*f*f*300, "relay": 3 + f/10, "page": 0.3, "accept": 1 + f}},
			point{byLines, size, map[string]float64{"start": 40, "relay": 3, "page": 0.3 - f/20, "accept": 1}})
	}
	g.Points = append(g.Points, point{byLines, 10 * million, map[string]float64{"start": 41, "relay": 3.3, "page": 0.45, "accept": 1.2}})
	return g
}

func TestGrowthIsDrawn(t *testing.T) {
	path := filepath.Join(t.TempDir(), "growth.svg")
	require.NoError(t, imagined().draw(path))
	text, err := os.ReadFile(path)
	require.NoError(t, err)
	if keep := os.Getenv("BENCH_KEEP_SVG"); keep != "" {
		require.NoError(t, os.WriteFile(keep, text, 0o600))
	}
	polylines := 0
	for d := xml.NewDecoder(strings.NewReader(string(text))); ; {
		token, err := d.Token()
		if errors.Is(err, io.EOF) {
			break
		}
		require.NoError(t, err)
		if e, ok := token.(xml.StartElement); ok && e.Name.Local == "polyline" {
			polylines++
		}
	}
	require.Equal(t, 9, polylines, "five by conversations; lines leave the memory of a conversation alone")
	for _, part := range []string{"1 is 900 B", ">1.50 ×<", ">1.10 ×<", "10⁷", "10³×"} {
		require.Contains(t, string(text), part)
	}
}

func TestGrowthRatios(t *testing.T) {
	g := imagined()
	v, ok := g.ratio(byLines, "page", 10*million)
	require.True(t, ok)
	require.InDelta(t, 1.5, v, 1e-9)
	for _, missing := range []struct {
		by, name string
		size     int
	}{{byLines, "memory", million}, {byLines, "page", 7}, {byConversations, "page", 10 * million}} {
		_, ok := g.ratio(missing.by, missing.name, missing.size)
		require.False(t, ok)
	}
	_, ok = (*growth)(nil).ratio(byLines, "page", million)
	require.False(t, ok, "nothing was measured yet")
}
