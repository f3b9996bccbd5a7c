//go:build !race

package component

import (
	"io"
	"log/slog"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"baton/component/wire"
	"baton/desk"
)

// spoke is what people's clients send: a text, its ids, a chat state, a request for
// a receipt and for markers. It takes 0.67 kB, as the benchmarks' messages do.
var spoke = "<message from='ann@example.net/phone' to='support@handoff.example.com' type='chat' id='m00000001' xml:lang='en'><body>" +
	strings.Repeat("Good morning, where is my parcel, please? ", 5) + "</body>" +
	"<origin-id xmlns='urn:xmpp:sid:0' id='m00000001'/><active xmlns='http://jabber.org/protocol/chatstates'/>" +
	"<request xmlns='urn:xmpp:receipts'/><markable xmlns='urn:xmpp:chat-markers:0'/><thread>5f1c1a76</thread></message>"

// mostAllocations is what reading a message off the stream and taking out of it what
// may be relayed allocates (14), and one more: what is added to every message shows here
// before it shows in a benchmark.
const mostAllocations = 15

func TestCostOfReading(t *testing.T) {
	d := desk.New(desk.Config{Domain: "handoff.example.com", Directory: &desk.Directory{}})
	c := New(Config{Domain: "handoff.example.com", Desk: d, Log: slog.New(slog.DiscardHandler)})
	split := wire.New(&endless{text: spoke}, wire.Limits{})
	read := func() {
		st, err := split.Next()
		if err != nil {
			t.Fatal(err)
		}
		said := c.read(t.Context(), incoming{Stanza: st, from: "ann@example.net"}, "", true)
		if !said.line || said.OriginID != "m00000001" || len(said.Payload) < 300 {
			t.Fatalf("it was not read: %+v", said)
		}
	}
	read()
	got := testing.AllocsPerRun(1000, read)
	t.Logf("%.1f allocations for a message", got)
	require.LessOrEqual(t, got, float64(mostAllocations))
	require.NotZero(t, got, "the text must be copied: it outlives the buffer")
}

// endless reads a text again and again.
type endless struct {
	text string
	r    strings.Reader
}

func (e *endless) Read(p []byte) (int, error) {
	n, err := e.r.Read(p)
	if err == io.EOF {
		e.r.Reset(e.text)
		n, err = e.r.Read(p)
	}
	return n, err
}
