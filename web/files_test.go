package web_test

import (
	"bytes"
	"fmt"
	"io"
	"mime/multipart"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"baton/web"
)

const png = "\x89PNG\r\n\x1a\n0123456789"

// form makes the body of an upload.
func form(t *testing.T, id, name, content string) (io.Reader, string) {
	t.Helper()
	var b bytes.Buffer
	m := multipart.NewWriter(&b)
	require.NoError(t, m.WriteField("id", id))
	f, err := m.CreateFormFile("file", name)
	require.NoError(t, err)
	_, err = f.Write([]byte(content))
	require.NoError(t, err)
	require.NoError(t, m.Close())
	return &b, m.FormDataContentType()
}

func (w *world) upload(token, id, name, content string) (int, string) {
	w.t.Helper()
	body, kind := form(w.t, id, name, content)
	resp := w.request("POST", "/api/files", token, body, "Content-Type", kind)
	return resp.StatusCode, w.body(resp)
}

func (w *world) stored() (names []string) {
	w.t.Helper()
	entries, err := os.ReadDir(filepath.Join(w.dir, "files"))
	require.NoError(w.t, err)
	for _, e := range entries {
		names = append(names, e.Name())
	}
	return names
}

func TestFiles(t *testing.T) {
	w := newWorld(t)
	w.arrive(alice)
	token := w.begin("a")
	w.held(alice)
	for range 2 { // the second is a repetition
		status, body := w.upload(token, "upload-01", "../../Bill & <co>.png", png)
		require.Equal(t, http.StatusOK, status, body)
	}
	line := w.heard(alice, "/files/")
	require.Regexp(t, `^https://chat\.example\.com/files/[a-z2-7]{52}/Bill____co_\.png$`, line.Body)
	require.Equal(t, "<body>"+line.Body+"</body><x xmlns='jabber:x:oob'><url>"+line.Body+"</url></x>", string(line.Payload))
	require.Len(t, w.stored(), 1)
	info, err := os.Stat(filepath.Join(w.dir, "files", w.stored()[0]))
	require.NoError(t, err)
	require.Equal(t, os.FileMode(0o600), info.Mode())

	path := strings.TrimPrefix(line.Body, public)
	e := w.follow(token, 0).next("the file", func(e said) bool { return e.File != nil })
	require.Equal(t, []any{"", path, "Bill____co_.png", true}, []any{e.Text, e.File.URL, e.File.Name, e.File.Image})
	resp := w.request("GET", path, "", nil)
	require.Equal(t, png, w.body(resp))
	require.Equal(t, "image/png", resp.Header.Get("Content-Type"))
	require.Empty(t, resp.Header.Get("Content-Disposition"))
	require.Contains(t, resp.Header.Get("Content-Security-Policy"), "sandbox")

	status, _ := w.upload(token, "upload-02", "notes.html", "just <b>text</b>")
	require.Equal(t, http.StatusOK, status)
	resp = w.request("GET", strings.TrimPrefix(w.heard(alice, "notes.html").Body, public), "", nil)
	require.Equal(t, "text/plain", resp.Header.Get("Content-Type"))
	require.Equal(t, "attachment; filename=notes.html", resp.Header.Get("Content-Disposition"))
	for _, bad := range []string{"/files/" + strings.Repeat("a", 52) + "/x", "/files/..%2fdesk.db/x", "/files/part-" + strings.Repeat("a", 52) + "/x"} {
		require.Equal(t, http.StatusNotFound, w.request("GET", bad, "", nil).StatusCode, bad)
	}
	require.Equal(t, uint64(3), w.only().Seq)
}

func TestFilesThatAreRefused(t *testing.T) {
	w := newWorld(t, func(c *web.Config) { c.MaxFiles = 100 << 10 })
	token := w.begin("a")
	for name, c := range map[string]struct {
		content string
		status  int
	}{
		"page.png": {"<!doctype html><script>alert(1)</script>", 415}, "image.svg": {"<?xml version='1.0'?><svg xmlns='http://www.w3.org/2000/svg'/>", 415},
		"program": {"\x7fELF\x02\x01\x01\x00\x00\x00\x00\x00", 415}, "empty": {"", 400}, "large.png": {png + strings.Repeat("x", 64<<10), 413},
		"huge.png": {png + strings.Repeat("x", 3<<20), 413},
	} {
		status, body := w.upload(token, "upload-01", name, c.content)
		require.Equal(t, c.status, status, "%s: %s", name, body)
	}
	status, _ := w.upload(token, "x", "a.png", png)
	require.Equal(t, 422, status, "an id is a must")
	resp := w.request("POST", "/api/files", token, strings.NewReader("x"), "Content-Type", "image/png")
	require.Equal(t, 400, resp.StatusCode)
	status, _ = w.upload("", "upload-01", "a.png", png)
	require.Equal(t, 401, status)
	require.Empty(t, w.stored(), "nothing is left of what was refused")
	require.Equal(t, uint64(1), w.only().Seq)

	for i, want := range []int{200, 413} { // together they may have 100 KiB
		status, _ := w.upload(token, fmt.Sprintf("upload-%02d", i), "a.png", png+strings.Repeat("x", 60<<10))
		require.Equal(t, want, status)
	}
}

// What a crash or an erasure leaves goes at the next start, and nothing else.
func TestFilesNobodyNeeds(t *testing.T) {
	w := newWorld(t)
	token := w.begin("a")
	status, _ := w.upload(token, "upload-01", "a.png", png)
	require.Equal(t, http.StatusOK, status)
	kept := w.stored()[0]
	for _, name := range []string{strings.Repeat("a", 52), "part-" + strings.Repeat("b", 52), "README"} {
		require.NoError(t, os.WriteFile(filepath.Join(w.dir, "files", name), nil, 0o600))
	}
	w.restart()
	require.ElementsMatch(t, []string{kept, "README"}, w.stored())
}
