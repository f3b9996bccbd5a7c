//go:build !race

package wire

import (
	"os"
	"os/exec"
	"regexp"
	"runtime"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// mostInstructions bounds what it takes to split one message of 0.67 kB and six
// children off the stream and to write its copy, on amd64. It is a tenth above what
// was counted (18,950) when it was set; wall clocks would not see a tenth.
const mostInstructions = 20_900

// countIn tells this test, run by callgrind, how many messages to relay.
const countIn = "BATON_COUNT"

func TestCostInInstructions(t *testing.T) {
	if n, err := strconv.Atoi(os.Getenv(countIn)); err == nil {
		relayed(t, n)
		return
	}
	if _, err := exec.LookPath("valgrind"); err != nil || runtime.GOARCH != "amd64" {
		t.Skip("instructions are counted by valgrind, and bounded on amd64: ", runtime.GOARCH, err)
	}
	const few, many = 200, 1200
	got := float64(instructions(t, many)-instructions(t, few)) / (many - few)
	t.Logf("%.0f instructions for a message", got)
	require.Less(t, got, float64(mostInstructions))
	require.Greater(t, got, 670.0, "every byte is looked at")
}

// instructions is what a process takes that relays n messages: starting and ending
// it is in it, and the same for any n.
func instructions(t *testing.T, n int) int {
	cmd := exec.CommandContext(t.Context(), "valgrind", "--tool=callgrind", "--callgrind-out-file=/dev/null",
		os.Args[0], "-test.run=^"+t.Name()+"$")
	cmd.Env = append(os.Environ(), countIn+"="+strconv.Itoa(n), "GOMAXPROCS=1", "GOGC=off",
		"GODEBUG=asyncpreemptoff=1") // signals that stop goroutines make callgrind fail
	out, err := cmd.CombinedOutput()
	require.NoError(t, err, "%s", out)
	found := regexp.MustCompile(`I\s+refs:\s+([\d,]+)`).FindSubmatch(out)
	require.NotNil(t, found, "%s", out)
	count, err := strconv.Atoi(strings.ReplaceAll(string(found[1]), ",", ""))
	require.NoError(t, err)
	return count
}

func relayed(t *testing.T, n int) {
	text := "<message from='ann@example.net/phone' to='support@handoff.example.com' type='chat' id='m00000001' xml:lang='en'><body>" +
		strings.Repeat("Good morning, where is my parcel, please? ", 5) + "</body>" +
		"<origin-id xmlns='urn:xmpp:sid:0' id='m00000001'/><active xmlns='http://jabber.org/protocol/chatstates'/>" +
		"<request xmlns='urn:xmpp:receipts'/><markable xmlns='urn:xmpp:chat-markers:0'/><thread>5f1c1a76</thread></message>"
	s := New(&chunks{b: []byte(text), sizes: []int{1460, 4096}}, Limits{})
	var out []byte
	for range n {
		st, err := s.Next()
		if err != nil {
			t.Fatal(err)
		}
		out = append(out[:0], "<message type='chat' from='carol.abcdefgh@handoff.example.com' to='bob@example.com'"...)
		out = append(AppendRawAttr(out, "id", st.ID), '>')
		for c := range st.Children {
			if c.Portable() {
				out = append(out, c.Raw...)
			}
		}
		out = append(out, "</message>"...)
	}
	require.Contains(t, string(out), "<thread>5f1c1a76</thread></message>")
}
