package web

import (
	"bytes"
	"cmp"
	"compress/gzip"
	"crypto/sha256"
	"embed"
	"encoding/base64"
	"fmt"
	"html/template"
	"mime"
	"net/http"
	"net/url"
	"path"
	"regexp"
	"slices"
	"strings"

	"golang.org/x/text/language"

	"baton/desk"
	"baton/lang"
)

//go:embed assets
var embedded embed.FS

// asset is a file that never changes under its address.
type asset struct {
	kind         string
	plain, small []byte // as it is, and compressed
}

// pages are the templates, and the files they name.
type pages struct {
	templates *template.Template
	assets    map[string]asset
	version   string // of all assets: a part of their addresses
	styled    bool   // there is a style sheet of the operator's
}

// loadPages reads what is built in.
func loadPages(style []byte) (pages, error) {
	p := pages{assets: map[string]asset{}, styled: len(style) > 0}
	entries, err := embedded.ReadDir("assets")
	if err != nil {
		return p, err
	}
	sum := sha256.New()
	add := func(name string, text []byte) error {
		var small bytes.Buffer
		z, _ := gzip.NewWriterLevel(&small, gzip.BestCompression) // the level is known
		if _, err := z.Write(text); err != nil {
			return err
		}
		if err := z.Close(); err != nil {
			return err
		}
		fmt.Fprintf(sum, "%s %d ", name, len(text))
		sum.Write(text)
		p.assets[name] = asset{cmp.Or(mime.TypeByExtension(path.Ext(name)), "application/octet-stream"), text, small.Bytes()}
		return nil
	}
	for _, e := range entries {
		if strings.HasSuffix(e.Name(), ".html") {
			continue
		}
		text, err := embedded.ReadFile("assets/" + e.Name())
		if err == nil {
			err = add(e.Name(), text)
		}
		if err != nil {
			return p, err
		}
	}
	if p.styled {
		if err := add("site.css", style); err != nil {
			return p, err
		}
	}
	p.version = base64.RawURLEncoding.EncodeToString(sum.Sum(nil)[:9])
	p.templates, err = template.ParseFS(embedded, "assets/*.html")
	return p, err
}

func (s *Server) routePages(mux *http.ServeMux) {
	mux.HandleFunc("GET /chat", s.chatPage)
	mux.HandleFunc("GET /assets/{version}/{name}", func(w http.ResponseWriter, r *http.Request) {
		a, ok := s.pages.assets[r.PathValue("name")]
		if !ok || r.PathValue("version") != s.pages.version {
			http.NotFound(w, r)
			return
		}
		w.Header().Set("Cache-Control", maxAge)
		a.serve(w, r)
	})
	mux.HandleFunc("GET /widget.js", func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("Cache-Control", "public, max-age=300")
		h.Set("Cross-Origin-Resource-Policy", "cross-origin") // sites load it
		s.pages.assets["widget.js"].serve(w, r)
	})
}

func (a asset) serve(w http.ResponseWriter, r *http.Request) {
	h := w.Header()
	h.Set("Content-Type", a.kind)
	h.Set("Vary", "Accept-Encoding")
	b := a.plain
	if strings.Contains(r.Header.Get("Accept-Encoding"), "gzip") {
		h.Set("Content-Encoding", "gzip")
		b = a.small
	}
	_, _ = w.Write(b) // an error here is the client's
}

// view is what templates show.
type view struct {
	lang.Voice
	s   *Server
	Tag string // the language

	Title, Heading, Theme string
	Queue                 Queue
	Choices               []choice // where the visitor must choose a queue first
	Away                  string   // not empty: nobody works there
	ID                    string
	Problem, Email, Text  string
	Fields                []field
	FileTypes             string
	Origins               string
	Texts                 map[string]string
	Stars                 []star
	Session, Ended        bool
	Refresh               bool
}

type choice struct{ URL, Title string }

type star struct {
	N     int
	Label string
}

// field is a question with what is filled in.
type field struct {
	Field
	Value string
	Fill  string // what browsers may fill in
	Most  int
}

var themeForm = regexp.MustCompile(`^(light|dark)$`)

// view makes what the templates need of a request.
func (s *Server) view(r *http.Request, queue string) view {
	query := r.URL.Query()
	v := view{Voice: s.voice(r), s: s, Tag: tag(wishes(r)...), ID: randomName(20), Origins: strings.Join(s.cfg.EmbedOrigins, " ")}
	if t := query.Get("theme"); themeForm.MatchString(t) {
		v.Theme = t
	}
	for n := 5; n > 0; n-- {
		v.Stars = append(v.Stars, star{n, v.Say("web_stars", lang.Args{"N": n})})
	}
	slices.Reverse(v.Stars)
	if s.cfg.MaxFile > 0 {
		v.FileTypes = strings.Join(s.cfg.FileTypes, ",")
	}
	q, ok := s.queue(queue)
	if !ok {
		v.Heading = v.Say("web_choose")
		for _, q := range *s.queues.Load() {
			query.Set("queue", q.Name)
			v.Choices = append(v.Choices, choice{r.URL.Path + "?" + query.Encode(), q.Title})
		}
		v.Title = v.Heading
		return v
	}
	v.Queue, v.Heading, v.Title = q, q.Title, v.Say("web_title", lang.Args{"Team": q.Title})
	if !s.open(q) {
		v.Away = s.awayText(r, q)
	}
	v.Fields = v.fields(q, nil)
	return v
}

// fields are a queue's questions, with what was answered so far.
func (v *view) fields(q Queue, filled map[string]string) []field {
	var out []field
	for _, f := range q.Form {
		f.Label = cmp.Or(f.Label, map[bool]string{true: v.Say("web_name"), false: f.Name}[f.Name == fieldName])
		fill := map[Kind]string{Email: "email", Phone: "tel"}[f.Kind]
		most := maxValue
		if f.Name == fieldName {
			fill, most = "name", maxName
		}
		out = append(out, field{f, filled[f.Name], fill, most})
	}
	return out
}

// Asset returns the address of a built-in file.
func (v view) Asset(name string) string { return "/assets/" + v.s.pages.version + "/" + name }

// Styled reports whether the operator has a style sheet.
func (v view) Styled() bool { return v.s.pages.styled }

// Query is what the pages of a session hand on in their addresses.
func (v view) Query() template.URL { return v.query(v.Refresh) }

// RefreshQuery is the same for pages that reload themselves.
func (v view) RefreshQuery() template.URL { return v.query(true) }

func (v view) query(refresh bool) template.URL {
	q := url.Values{"lang": {v.Tag}, "queue": {v.Queue.Name}}
	if v.Theme != "" {
		q.Set("theme", v.Theme)
	}
	if refresh {
		q.Set("refresh", "1")
	}
	return template.URL(q.Encode()) // well formed by being made here
}

// show writes a page.
func (v view) show(w http.ResponseWriter, status int, name string) {
	var b bytes.Buffer
	if err := v.s.pages.templates.ExecuteTemplate(&b, name, v); err != nil {
		v.s.log.Error("a page cannot be made", "page", name, "error", err)
		http.Error(w, "", http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.WriteHeader(status)
	_, _ = w.Write(b.Bytes()) // an error here is the client's
}

// scriptTexts are the texts that the scripts say.
var scriptTexts = []string{"web_you", "web_waiting", "web_talking", "web_typing", "web_typing_somebody", "web_sending", "web_sent",
	"web_read", "web_failed", "web_again", "web_offline", "web_corrected", "web_withdrawn", "web_ended", "web_thanks",
	"web_expired", "web_error_later", "web_error_file_size"}

// chatPage is the page, alone or in a frame.
func (s *Server) chatPage(w http.ResponseWriter, r *http.Request) {
	s.pagePolicy(w, true)
	v := s.view(r, r.URL.Query().Get("queue"))
	v.Texts = map[string]string{}
	for _, name := range scriptTexts { // their gaps are filled in by the script
		v.Texts[strings.TrimPrefix(name, "web_")] = v.Say(name, lang.Args{"Who": "{who}", "Why": "{why}"})
	}
	v.show(w, http.StatusOK, "chat")
}

// tag returns the language that we have for these wishes.
func tag(wishes ...string) string {
	tags := lang.Tags()
	_, i := language.MatchStrings(language.NewMatcher(tags), wishes...)
	return tags[i].String()
}

// authorOf is what an author is called on the pages.
func authorOf(v lang.Voice, e event) string {
	if e.From == fromYou {
		return v.Say("web_you")
	}
	return e.Name
}

// sessionOf finds the session that a page without JavaScript shows: one at
// the queue that is asked for.
func (s *Server) sessionOf(r *http.Request, queue string) (desk.WebSession, bool) {
	ws, err := s.session(r)
	return ws, err == nil && (queue == "" || queue == ws.Entry)
}
