package live

import (
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/require"

	"baton/integration/client"
	"baton/integration/server"
)

// A copy that could not be taken before the program was killed is taken after,
// and so are messages that arrived in it late.
func TestServerCopiesAfterCrash(t *testing.T) {
	onEach(t, func(t *testing.T, on string) {
		w := copying(t, on, "move", server.Options{}, auto)
		line := newTap(t, w.server.Addr().C2S)
		alice := w.agent("alice", "a", func(o *client.Options) { o.Addr = line.addr })
		bob, ann := w.agent("bob", "b", nil), w.dial("ann", "c", nil)
		conv := w.held(ann, alice)
		w.say(alice, conv, "!transfer bob")
		w.expect(bob, "the offer", client.Message(desk, "Take it?"))
		w.settled(alice, bob, ann)
		before := w.own(alice, conv)
		line.hold() // she gets messages, but nobody learns that she did
		w.say(ann, support, "too late for Alice")
		w.expect(alice, "the line", client.Message(conv, "too late"))
		w.say(bob, desk, "y")
		w.expect(bob, "the handover message", client.Message(conv, "Handed over by Alice"))
		w.eventually("the copy waits for what may still arrive in it", func() bool {
			return w.count("SELECT count(*) FROM outbox WHERE kind = 'surrender'") == 1
		})
		w.baton.Kill()
		w.restart()
		line.release()
		w.settled(alice, bob, ann)
		require.Empty(t, w.own(alice, conv))
		if w.moves() {
			only(t, w.own(bob, conv), "too late for Alice")
			require.NotEmpty(t, before)
		}
	})
}

// The program is killed when lines have been put into the new holder's archive,
// or have been removed, and it does not know: the second time changes nothing.
func TestServerCopiesTwice(t *testing.T) {
	onEach(t, func(t *testing.T, on string) {
		// The first removal is not answered: by Prosody not even carried out.
		swallow := `local first = true
module:hook("iq-set/host/urn:xmpp:handoff:archive:0:remove", function ()
	if first then first = false; module:log("info", "swallowed"); return true; end
end, 10)`
		asked := make(chan struct{})
		w := &world{t: t, dir: dataDir(t), server: startServer(t, on, server.Options{
			Modules: map[string]string{"baton_archive": archiveModule(t), "swallow": swallow}})}
		w.configure(w.server.Addr().ComponentAddr, func(s settings) settings {
			return auto(s).with("archive.server_copy", "move").with("roster.ejabberd_api", slowAPI(t, w.server.Addr().HTTP, asked))
		})
		w.start()
		alice, bob, ann := w.agent("alice", "a", nil), w.agent("bob", "b", nil), w.dial("ann", "c", nil)
		conv := w.held(ann, alice)
		for _, text := range numbers("caller", 1, 120) { // more than one request takes
			w.say(ann, support, text)
		}
		w.expect(alice, "the last", client.Message(conv, "caller 120"))
		w.hand(conv, alice, bob, "Bob")
		if w.server.Facts().MovesArchive {
			ctx, cancel := context.WithTimeout(t.Context(), patience)
			defer cancel()
			require.NoError(t, w.server.WaitLog(ctx, "swallowed"))
			require.NotEmpty(t, w.own(alice, conv), "not removed yet")
			require.Len(t, grep(bodies(w.own(bob, conv)), "caller"), 120, "and there already")
		} else {
			<-asked
		}
		w.baton.Kill()
		w.restart()
		w.settled(alice, bob, ann)
		require.Empty(t, w.own(alice, conv))
		if w.moves() {
			require.Equal(t, numbers("caller", 1, 120), grep(bodies(w.own(bob, conv)), "caller"), "neither lost nor doubled")
		}
	})
}

// slowAPI passes requests on to ejabberd's API and keeps the answer to the first
// removal of a conversation.
func slowAPI(t *testing.T, to string, asked chan struct{}) string {
	var first atomic.Bool
	s := httptest.NewServer(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		req, err := http.NewRequestWithContext(r.Context(), r.Method, "http://"+to+r.URL.Path, strings.NewReader(string(body)))
		if err != nil {
			return
		}
		req.Header, req.Close = r.Header.Clone(), true
		resp, err := http.DefaultClient.Do(req)
		if err != nil {
			rw.WriteHeader(http.StatusBadGateway)
			return
		}
		defer resp.Body.Close()
		answer, _ := io.ReadAll(resp.Body)
		if strings.HasSuffix(r.URL.Path, "remove_mam_for_user_with_peer") && strings.Contains(string(body), "@"+service) && !first.Swap(true) {
			close(asked)
			<-r.Context().Done() // the program is killed
			return
		}
		rw.WriteHeader(resp.StatusCode)
		_, _ = rw.Write(answer)
	}))
	t.Cleanup(s.Close)
	return s.URL + "/api"
}
