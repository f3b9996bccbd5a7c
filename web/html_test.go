package web_test

import (
	"bufio"
	"context"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"baton/desk"
)

// plain is a browser without JavaScript.
type plain struct {
	w      *world
	cookie string
}

func (p *plain) get(path string) string {
	p.w.t.Helper()
	resp := p.w.request("GET", path, "", nil, "Cookie", p.cookie)
	require.Equal(p.w.t, http.StatusOK, resp.StatusCode, path)
	return p.w.body(resp)
}

// post sends a form and returns where it leads.
func (p *plain) post(values ...string) *http.Response {
	p.w.t.Helper()
	form := url.Values{}
	for i := 0; i < len(values); i += 2 {
		form.Set(values[i], values[i+1])
	}
	resp := p.w.request("POST", "/html", "", strings.NewReader(form.Encode()), "Content-Type", "application/x-www-form-urlencoded",
		"Cookie", p.cookie, "Origin", public)
	for _, c := range resp.Cookies() {
		p.cookie = c.Name + "=" + c.Value
	}
	return resp
}

func hidden(t *testing.T, page, name string) string {
	t.Helper()
	m := regexp.MustCompile(`name="` + name + `" value="([^"]*)"`).FindStringSubmatch(page)
	require.NotNil(t, m, name)
	return m[1]
}

func TestWithoutJavaScript(t *testing.T) {
	w := newWorld(t)
	w.arrive(alice)
	p := &plain{w: w}
	page := p.get("/html?lang=de")
	require.Contains(t, page, "Chat beginnen")
	require.NotContains(t, page, "<script")
	id := hidden(t, page, "id")
	require.NotEqual(t, id, hidden(t, p.get("/html"), "id"))

	resp := p.post("action", "start", "queue", "support", "lang", "de", "id", id, "f-name", "Carol", "f-topic", "Nonsense", "text", "hello")
	require.Equal(t, 422, resp.StatusCode)
	again := w.body(resp)
	require.Contains(t, again, "Im Formular fehlt etwas")
	require.Contains(t, again, `value="Carol"`, "what was filled in is there still")
	require.Equal(t, id, hidden(t, again, "id"))
	for range 2 { // pressed twice
		resp = p.post("action", "start", "queue", "support", "lang", "de", "id", id, "f-name", "Carol", "f-topic", "Invoice", "text", "charged twice")
		require.Equal(t, http.StatusSeeOther, resp.StatusCode)
		require.Equal(t, "/html?lang=de", resp.Header.Get("Location"))
	}
	c := resp.Cookies()[0]
	require.Equal(t, []any{true, true, http.SameSiteLaxMode, "/html"}, []any{c.HttpOnly, c.Secure, c.SameSite, c.Path})
	w.held(alice)
	require.NotContains(t, resp.Header.Get("Location"), c.Value, "never in an address")
	w.ask(http.StatusUnauthorized, "/api/session", "", nil, "Cookie", p.cookie, "Authorization", "x") // no cookie opens the API

	// The transcript is an answer that goes on.
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, "GET", w.http.URL+"/html/log?lang=de", nil)
	require.NoError(t, err)
	req.Header.Set("Cookie", p.cookie)
	resp, err = (&http.Transport{DisableKeepAlives: true}).RoundTrip(req)
	require.NoError(t, err)
	defer resp.Body.Close()
	lines := bufio.NewScanner(resp.Body)
	until := func(text string) {
		t.Helper()
		for lines.Scan() {
			if strings.Contains(lines.Text(), text) {
				return
			}
		}
		require.Fail(t, "the answer has ended", text)
	}
	until("charged twice")
	w.says(alice, "let me check")
	until("let me check")
	id = hidden(t, p.get("/html/form?lang=de"), "id")
	for range 2 {
		resp = p.post("action", "say", "id", id, "text", "thank you", "query", "lang=de&queue=support")
		require.Equal(t, "/html/form?lang=de&queue=support", resp.Header.Get("Location"))
	}
	until("thank you")
	w.heard(alice, "thank you")
	body, kind := form(t, "upload-01", "a.png", png)
	resp = w.request("POST", "/html", "", body, "Content-Type", kind, "Cookie", p.cookie)
	require.Equal(t, http.StatusSeeOther, resp.StatusCode)
	until(`<img src="/files/`)
	require.Equal(t, uint64(4), w.only().Seq)

	require.Contains(t, p.get("/html/log?refresh=1"), `http-equiv="refresh"`)
	text := p.get("/html/log?download=1&lang=de")
	require.Contains(t, text, "Sie: charged twice")
	require.Contains(t, text, public+"/files/")

	resp = p.post("action", "end", "query", "lang=de")
	require.Equal(t, "/html?lang=de", resp.Header.Get("Location"))
	until("Dieser Chat ist beendet.")
	require.Contains(t, p.get("/html/form?lang=de"), `value="rate"`)
	require.Equal(t, http.StatusSeeOther, p.post("action", "rate", "stars", "4").StatusCode)
	require.Equal(t, http.StatusUnprocessableEntity, p.post("action", "rate", "stars", "9").StatusCode)
}

func TestPlainFormLeadsNowhereElse(t *testing.T) {
	w := newWorld(t)
	p := &plain{w: w}
	resp := p.post("action", "start", "queue", "support", "id", startID("a"), "text", "x")
	require.Equal(t, http.StatusSeeOther, resp.StatusCode)
	for i, bad := range []string{"//evil.example", "https://evil.example", "a=b\r\nSet-Cookie: x=y", "%zz"} {
		resp := p.post("action", "say", "id", startID("m"+string(rune('a'+i))), "text", "x", "query", bad)
		require.Equal(t, http.StatusSeeOther, resp.StatusCode)
		require.True(t, strings.HasPrefix(resp.Header.Get("Location"), "/html/form?"))
		require.NotContains(t, resp.Header.Get("Location"), "//")
		require.NotContains(t, resp.Header.Get("Location"), "\n")
	}
	nobody := &plain{w: w}
	for _, action := range []string{"say", "end", "rate"} {
		require.Equal(t, http.StatusUnauthorized, nobody.post("action", action, "id", startID("x"), "text", "x").StatusCode)
	}
	require.Equal(t, http.StatusBadRequest, p.post("action", "nonsense").StatusCode)
	require.Equal(t, http.StatusUnauthorized, w.request("GET", "/html/log", "", nil).StatusCode)
}

func TestPlainOffline(t *testing.T) {
	w := newWorld(t)
	p := &plain{w: w}
	resp := p.post("action", "offline", "queue", "support", "id", startID("a"), "email", "nonsense", "text", "call me")
	require.Equal(t, 422, resp.StatusCode)
	require.Contains(t, w.body(resp), "call me")
	resp = p.post("action", "offline", "queue", "support", "id", startID("a"), "email", "carol@example.net", "text", "call me")
	require.Equal(t, http.StatusSeeOther, resp.StatusCode)
	require.Equal(t, []desk.Field{{Var: "email", Label: "Email", Value: "carol@example.net"}}, w.only().Info)
}
