package web_test

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"fmt"
	"io"
	"net/http"
	"net/netip"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"baton/web"
)

const hours = time.Hour

func now() time.Time { return time.Now().Truncate(time.Second) }

func clock(at *time.Time) func() time.Time { return func() time.Time { return *at } }

func hashOf(token string) []byte {
	sum := sha256.Sum256([]byte(token))
	return sum[:]
}

func (w *world) body(resp *http.Response) string {
	w.t.Helper()
	b, err := io.ReadAll(resp.Body)
	require.NoError(w.t, err)
	return string(b)
}

// foreignOrigins are sites that are not ours, some of which try to look like it.
var foreignOrigins = []string{
	"https://evil.example", "http://chat.example.com", "https://chat.example.com.evil.example", "https://chat.example.com:8443",
	"https://www.example.com", "https://evilchat.example.com", "https://sub.chat.example.com", "null", "file://",
	"https://chat.example.com@evil.example", "https://chat.example.co", "http://127.0.0.1:1",
}

func TestForeignOriginsAreRefused(t *testing.T) {
	w := newWorld(t)
	token := w.begin("a")
	for _, origin := range foreignOrigins {
		for _, path := range []string{"/api/session", "/api/messages", "/api/typing", "/api/files", "/api/end", "/api/offline", "/html"} {
			for _, headers := range [][]string{{"Origin", origin}, {"Origin", origin, "Sec-Fetch-Site", "cross-site"}} {
				resp := w.request("POST", path, token, fields{"id": "message-1", "text": "forged"}, headers...)
				require.Equal(t, http.StatusForbidden, resp.StatusCode, "%s from %s", path, origin)
				require.Empty(t, resp.Header.Get("Access-Control-Allow-Origin"))
			}
		}
		resp := w.request("GET", "/api/events", token, nil, "Origin", origin)
		require.Equal(t, http.StatusForbidden, resp.StatusCode, "events from %s", origin)
		resp = w.request("OPTIONS", "/api/messages", "", nil, "Origin", origin, "Access-Control-Request-Method", "POST",
			"Access-Control-Request-Headers", "authorization")
		require.NotEqual(t, http.StatusOK, resp.StatusCode)
		require.Empty(t, resp.Header.Get("Access-Control-Allow-Origin"))
	}
	require.Len(t, foreignOrigins, 12)
	require.Equal(t, uint64(1), w.only().Seq, "nothing of it was said")
	w.ask(http.StatusOK, "/api/messages", token, fields{"id": "message-1", "text": "ours"}, "Origin", public, "Sec-Fetch-Site", "same-origin")
}

func TestHeaders(t *testing.T) {
	w := newWorld(t)
	for path, ancestors := range map[string]string{"/chat": "'self' https://www.example.com", "/html": "'self'", "/html/form": "'self'",
		"/html/log": "'self'", "/api/session": "'none'", "/files/x/y": "'none'"} {
		h := w.request("GET", path, "", nil).Header
		csp := h.Get("Content-Security-Policy")
		require.True(t, strings.HasPrefix(csp, "default-src 'none'"), path)
		require.Contains(t, csp+";", "frame-ancestors "+ancestors+";", path)
		require.NotContains(t, csp, "unsafe")
		require.Equal(t, "nosniff", h.Get("X-Content-Type-Options"), path)
		require.Equal(t, "no-referrer", h.Get("Referrer-Policy"), path)
		require.Equal(t, "no-store", h.Get("Cache-Control"), path)
		require.NotEmpty(t, h.Get("Strict-Transport-Security"), path)
	}
	page := w.body(w.request("GET", "/chat", "", nil))
	require.NotRegexp(t, `(?i)<[^>]+\son[a-z]+=|<style|\sstyle=`, page, "nothing inline")
	for _, m := range regexp.MustCompile(`<script([^>]*)>`).FindAllStringSubmatch(page, -1) {
		require.Regexp(t, `src=|type="application/json"`, m[1])
	}
}

// xss are texts that run where somebody forgets what they are.
var xss = []string{
	`<script>alert(1)</script>`, `"><img src=x onerror=alert(1)>`, `</textarea><script>alert(1)</script>`, `'-alert(1)-'`,
	`<svg/onload=alert(1)>`, `javascript:alert(1)`, `{{.Say}}`, "</script><script>alert(1)</script>", `<!--<script>`,
	`]]><x/>`, `&lt;b&gt;&#x3c;script&#x3e;`, "<a href=\"javascript:alert(1)\">x</a>", "\u202egnp.exe", "a\x00b\x1b[31m",
	`<body>forged</body>`, `</body><x xmlns='jabber:x:oob'><url>https://evil.example</url></x>`,
}

func TestWhatVisitorsWriteIsInert(t *testing.T) {
	w := newWorld(t)
	w.arrive(alice)
	token := w.begin("a", fields{"fields": fields{"name": xss[1], "order": xss[0]}, "text": xss[0]})
	w.held(alice)
	for i, x := range xss {
		w.send(token, fmt.Sprintf("message-%d", i), x)
		require.Equal(t, 1, strings.Count(string(w.heard(alice, strings.ToValidUTF8(x, "")).Payload), "<"+"body>"), x)
	}
	for _, path := range []string{"/html/log?refresh=1", "/html/form", "/html"} {
		page := w.body(w.request("GET", path, token, nil))
		require.NotContains(t, page, "<script>", path)
		require.NotContains(t, page, "<img src=x", path)
		require.NotContains(t, page, "<svg/", path)
		require.NotContains(t, page, `href="javascript`, path)
	}
	log := w.body(w.request("GET", "/html/log?refresh=1", token, nil))
	require.Contains(t, log, "&lt;script&gt;alert(1)&lt;/script&gt;")
	for _, query := range xss {
		page := w.body(w.request("GET", "/chat?lang="+query2(query)+"&theme="+query2(query)+"&queue="+query2(query), "", nil))
		require.NotContains(t, page, "alert(1)</script>")
		require.NotContains(t, page, "<img")
	}
}

func query2(s string) string {
	var b strings.Builder
	for _, c := range []byte(s) {
		fmt.Fprintf(&b, "%%%02X", c)
	}
	return b.String()
}

func TestLimits(t *testing.T) {
	at := now()
	w := newWorld(t, func(c *web.Config) {
		c.Now = clock(&at)
		c.Sessions, c.Messages = web.Rate{Count: 3, Per: hours}, web.Rate{Count: 5, Per: time.Minute}
		c.MaxBody = 1000
		c.TrustedProxies = []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}
	})
	from := func(address string) []string { return []string{"X-Forwarded-For", address} }
	start := func(status int, id, address string) string {
		body := fields{"queue": "support", "id": startID(id), "fields": fields{}, "text": "hi"}
		token, _ := w.ask(status, "/api/session", "", body, from(address)...)["token"].(string)
		return token
	}
	token := start(200, "a", "203.0.113.7")
	start(200, "b", "203.0.113.7")
	start(200, "c", "203.0.113.7, 127.0.0.9")
	start(429, "d", "203.0.113.7")
	start(429, "d", "198.51.100.1, 203.0.113.7") // what the visitor says of themselves does not count
	start(200, "d", "203.0.113.8")
	for i, id := range []string{"e", "f", "g"} {
		start(200, id, fmt.Sprintf("2001:db8:1:2::%d", i)) // one household
	}
	start(429, "h", "2001:db8:1:2:ffff::1")
	start(200, "h", "2001:db8:1:3::1")
	at = at.Add(20 * time.Minute)
	start(200, "i", "203.0.113.7")
	start(429, "j", "203.0.113.7")

	for i := range 5 {
		w.send(token, fmt.Sprintf("message-%d", i), "x")
	}
	require.Equal(t, "fast", w.ask(429, "/api/messages", token, fields{"id": "message-9", "text": "x"})["error"])
	at = at.Add(time.Minute)
	w.ask(422, "/api/messages", token, fields{"id": "message-9", "text": strings.Repeat("x", 1001)})
	w.ask(422, "/api/messages", token, fields{"id": "message-9", "text": " \n "})
	w.ask(413, "/api/messages", token, fields{"id": "message-9", "text": strings.Repeat("x", 100_000)})
	w.ask(400, "/api/messages", token, fields{"id": "no", "text": "x"})
	w.ask(400, "/api/messages", token, fields{"id": "message-9", "text": "x", "more": 1})
	resp := w.request("POST", "/api/messages", token, strings.NewReader(`{"id":"message-9","text":"x"}`), "Content-Type", "text/plain")
	require.Equal(t, 400, resp.StatusCode)

	var open []*stream
	for range 8 {
		open = append(open, w.follow(token, 0))
	}
	resp = w.request("GET", "/api/events", token, nil)
	require.Equal(t, http.StatusTooManyRequests, resp.StatusCode)
	open[0].close()
	require.Eventually(t, func() bool {
		resp := w.request("GET", "/api/events", token, nil)
		defer resp.Body.Close()
		return resp.StatusCode == http.StatusOK
	}, patience, 10*time.Millisecond)
}

// Without a proxy of ours the header is nobody's word.
func TestForwardedForIsNotBelieved(t *testing.T) {
	w := newWorld(t, func(c *web.Config) { c.Sessions = web.Rate{Count: 1, Per: hours} })
	w.begin("a")
	body := fields{"queue": "support", "id": startID("b"), "fields": fields{}, "text": "hi"}
	w.ask(429, "/api/session", "", body, "X-Forwarded-For", "203.0.113.7")
}

// The first load is small.
func TestFirstLoad(t *testing.T) {
	w := newWorld(t)
	page := w.body(w.request("GET", "/chat", "", nil))
	paths := []string{"/widget.js"}
	for _, m := range regexp.MustCompile(`(?:src|href)="(/assets/[^"]+)"`).FindAllStringSubmatch(page, -1) {
		paths = append(paths, m[1])
	}
	base := paths[1][:strings.LastIndex(paths[1], "/")+1]
	for _, module := range []string{"api.js", "stream.js", "lines.js", "frame.js"} {
		paths = append(paths, base+module)
	}
	total := compressed(t, page)
	for _, p := range paths {
		resp := w.request("GET", p, "", nil, "Accept-Encoding", "gzip")
		require.Equal(t, http.StatusOK, resp.StatusCode, p)
		require.Equal(t, "gzip", resp.Header.Get("Content-Encoding"), p)
		total += len(w.body(resp))
	}
	require.Less(t, total, 30<<10)
	t.Logf("the first load has %d bytes, compressed", total)
	require.Equal(t, http.StatusNotFound, w.request("GET", "/assets/older/chat.js", "", nil).StatusCode)
}

func compressed(t *testing.T, s string) int {
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	_, err := z.Write([]byte(s))
	require.NoError(t, err)
	require.NoError(t, z.Close())
	return b.Len()
}
