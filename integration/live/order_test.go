package live

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"baton/integration/client"
)

// volume is how many numbered messages each side says.
const volume = 200

// Two hundred messages each way with a transfer in the middle of them: none is
// lost, none comes twice, none out of order, and each of the caller's is shown
// to exactly one agent, but for the replay.
func TestOrderAndExactlyOnce(t *testing.T) {
	onEach(t, func(t *testing.T, on string) {
		w := serve(t, on, auto)
		alice, bob := w.agent("alice", "a", nil), w.agent("bob", "b", nil)
		ann := w.dial("ann", "c", nil)
		conv := w.held(ann, alice)

		half := make(chan struct{}) // closed when bob has accepted
		var said []string           // ids of what the agents say, by number
		callerDone := make(chan error, 1)
		go func() { callerDone <- sayNumbers(ann, support, "caller", half) }()

		// Each agent answers every line of the caller that they are shown with a
		// numbered one of their own, so both directions are busy all the time.
		answer := func(c *client.Client) {
			said = append(said, w.say(c, conv, fmt.Sprintf("agent %03d", len(said)+1)))
		}
		for len(said) < volume/4 {
			w.expect(alice, "the caller", client.Message(conv, "caller "))
			answer(alice)
		}
		w.say(alice, conv, "!transfer billing in the middle")
		for len(said) < volume/2-10 { // the rest of the half is still to come when bob accepts
			w.expect(alice, "the caller", client.Message(conv, "caller "))
			answer(alice)
		}
		w.expect(bob, "the offer", client.Message(desk, "Take it?"))
		w.say(bob, desk, "y")
		close(half)
		w.expect(bob, "the handover message", client.Message(conv, "Handed over by Alice"))
		for len(said) < volume {
			answer(bob)
		}
		require.NoError(t, <-callerDone)
		w.settled(alice, bob, ann)

		// What the agents said reaches the caller, but for what alice said when the
		// session had moved already: she is told.
		delivered := numbers("agent", 1, volume)
		refused := all(alice, client.ErrorOf("not-allowed"))
		for i := len(refused) - 1; i >= 0; i-- {
			n := slices.Index(said, refused[i].ID)
			require.Equal(t, volume/2-10-len(refused)+i, n, "the last ones alice said, in order")
			delivered = slices.Delete(delivered, n, n+1)
		}
		require.Len(t, all(alice, client.ErrorOf("")), len(refused))
		require.Equal(t, delivered, grep(messages(ann, support), "agent"))

		live1, live2 := grep(messages(alice, conv), "caller"), grep(liveMessages(bob, conv), "caller")
		require.Equal(t, numbers("caller", 1, volume), append(append([]string{}, live1...), live2...), "first alice, then bob")
		require.GreaterOrEqual(t, len(live1), volume/2-10, "alice saw at least what she answered")
		require.NotEmpty(t, live2, "the session moved in the middle")

		replayed := messages(bob, conv)[0]
		require.Equal(t, live1, quoted(replayed, "caller"), "the replay is what alice saw")
		require.Equal(t, delivered[:volume/2-10-len(refused)], quoted(replayed, "agent"))
		require.Equal(t, seqs(1+volume+len(delivered)), w.numbersOfLines())
	})
}

// sayNumbers says the first half, waits, and says the second.
func sayNumbers(c *client.Client, to, who string, half <-chan struct{}) error {
	for i, text := range numbers(who, 1, volume) {
		if i == volume/2 {
			<-half
		}
		if _, err := c.Send(to, text); err != nil {
			return err
		}
	}
	return nil
}

// numbers is "who 001" and so on.
func numbers(who string, from, to int) []string {
	var out []string
	for i := from; i <= to; i++ {
		out = append(out, fmt.Sprintf("%s %03d", who, i))
	}
	return out
}

func seqs(n int) []int {
	out := make([]int, n)
	for i := range out {
		out[i] = i + 1
	}
	return out
}

// numbersOfLines returns the numbers under which the dialog is journalled.
func (w *world) numbersOfLines() []int {
	var out []int
	for _, l := range w.journal() {
		out = append(out, l.seq)
	}
	return out
}

// grep returns the texts that begin with a word.
func grep(texts []string, word string) []string {
	var out []string
	for _, text := range texts {
		if strings.HasPrefix(text, word+" ") {
			out = append(out, text)
		}
	}
	return out
}

// liveMessages is messages without the handover message.
func liveMessages(c *client.Client, from string) []string {
	return messages(c, from)[1:]
}

var quote = regexp.MustCompile(`(?m)^> \d\d:\d\d \w+: (.*)$`)

// quoted returns the lines of the dialog in a handover message that begin with
// a word.
func quoted(handover, word string) []string {
	var texts []string
	for _, m := range quote.FindAllStringSubmatch(handover, -1) {
		texts = append(texts, m[1])
	}
	return grep(texts, word)
}
