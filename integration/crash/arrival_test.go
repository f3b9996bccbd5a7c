//go:build linux

package crash

import (
	"testing"

	"github.com/stretchr/testify/require"
)

// What has been written to the server is not done: the server may lose it with
// the connection. Only a sign of arrival counts.
func TestWrittenIsNotArrived(t *testing.T) {
	t.Parallel()
	s := mainStory()
	p := newPlay(t, s.offer)
	p.launch()
	for _, s := range append([]step{up}, s.steps[:3]...) { // up to where alice has the session
		p.step(s)
	}
	p.s.set(func() { p.s.dawdles = true })
	first, second, third := carol(2, "alice"), carol(3, "alice"), carol(4, "alice")
	for _, l := range []said{first, second, third} { // each with a commit of its own, in which what was done before would go
		p.step(step{l.text, func(p *play) { p.say(l) }, journalled(l.text)})
	}
	require.Zero(t, p.user("alice").shown(first.text))
	p.p.Kill()

	p.crashed(stop)
	p.step(say(first, second, third))
	p.step(drained)
	p.step(stop)
	v := p.check(s)
	require.Empty(t, v.faults)
}
