package web

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"baton/desk"
	"baton/handoff"
)

// routeHTML is the session with no JavaScript: a page of two frames, one with
// the transcript, an answer that goes on, one with the form.
func (s *Server) routeHTML(mux *http.ServeMux) {
	mux.HandleFunc("GET /html", s.htmlPage)
	mux.HandleFunc("POST /html", s.htmlPost)
	mux.HandleFunc("GET /html/form", s.htmlForm)
	mux.HandleFunc("GET /html/log", s.htmlLog)
}

func (s *Server) htmlPage(w http.ResponseWriter, r *http.Request) {
	s.pagePolicy(w, false)
	queue := r.URL.Query().Get("queue")
	ws, ok := s.sessionOf(r, queue)
	if ok {
		queue = ws.Entry
	}
	v := s.view(r, queue)
	v.Session, v.Refresh = ok, r.URL.Query().Get("refresh") != ""
	v.show(w, http.StatusOK, "html")
}

// htmlPost takes every form.
func (s *Server) htmlPost(w http.ResponseWriter, r *http.Request) {
	s.pagePolicy(w, false)
	rc := http.NewResponseController(w)
	if strings.HasPrefix(r.Header.Get("Content-Type"), "multipart/form-data") {
		_ = rc.SetReadDeadline(time.Now().Add(uploadWithin))
		s.htmlFile(w, r)
		return
	}
	_ = rc.SetReadDeadline(time.Now().Add(readWithin))
	r.Body = http.MaxBytesReader(w, r.Body, int64(6*s.cfg.MaxBody+16<<10))
	if r.ParseForm() != nil {
		http.Error(w, s.voice(r).Say("web_error_form"), http.StatusBadRequest)
		return
	}
	if lang := r.PostForm.Get("lang"); lang != "" {
		r.URL.RawQuery = url.Values{"lang": {lang}}.Encode()
	}
	switch r.PostForm.Get("action") {
	case "start", "offline":
		s.htmlBegin(w, r)
	case "say":
		s.htmlSay(w, r)
	case "end", "rate":
		s.htmlEnd(w, r)
	default:
		http.Error(w, s.voice(r).Say("web_error_form"), http.StatusBadRequest)
	}
}

// htmlBegin opens a session, or shows the form again.
func (s *Server) htmlBegin(w http.ResponseWriter, r *http.Request) {
	f := r.PostForm
	b := beginning{Queue: f.Get("queue"), ID: f.Get("id"), Text: f.Get("text"), Lang: tag(wishes(r)...), Fields: map[string]string{}}
	for name := range f {
		if key, ok := strings.CutPrefix(name, "f-"); ok {
			b.Fields[key] = f.Get(name)
		}
	}
	var err error
	if f.Get("action") == "offline" {
		err = b.away(f.Get("email"))
	}
	if err == nil && !s.limit.sessions.take(s.limit.address(r), s.cfg.Now()) {
		err = &problem{http.StatusTooManyRequests, "fast"}
	}
	secret := ""
	if err == nil {
		secret, _, err = s.begin(r.Context(), b)
	}
	if err != nil {
		p := s.problemOf(err)
		v := s.view(r, b.Queue)
		v.ID, v.Problem, v.Email, v.Text = b.ID, v.Say("web_error_"+p.name), f.Get("email"), b.Text
		v.Fields = v.fields(v.Queue, b.Fields)
		v.show(w, p.status, "html")
		return
	}
	http.SetCookie(w, &http.Cookie{Name: cookie, Value: secret, Path: "/html", HttpOnly: true, Secure: s.public.Scheme == "https",
		SameSite: http.SameSiteLaxMode, MaxAge: int(s.cfg.Remember.Seconds())})
	http.Redirect(w, r, "/html?"+url.Values{"lang": {b.Lang}}.Encode(), http.StatusSeeOther)
}

// back leads back to a page, with what it had in its address: taken apart and
// put together, so that it leads nowhere else.
func back(r *http.Request, page string) string {
	q, err := url.ParseQuery(r.PostForm.Get("query"))
	if err != nil {
		q = nil
	}
	return page + "?" + q.Encode()
}

func (s *Server) htmlSay(w http.ResponseWriter, r *http.Request) {
	ws, ok := s.sessionOf(r, "")
	text, err := s.clean(r.PostForm.Get("text"))
	id := r.PostForm.Get("id")
	switch {
	case !ok:
		err = &problem{http.StatusUnauthorized, "session"}
	case err != nil:
	case !idForm.MatchString(id):
		err = errForm
	case !s.limit.messages.take(key(ws), s.cfg.Now()):
		err = &problem{http.StatusTooManyRequests, "fast"}
	default:
		_, err = s.say(r.Context(), ws, id, text, "")
	}
	if err != nil {
		s.htmlRefuse(w, r, ws, err)
		return
	}
	http.Redirect(w, r, back(r, "/html/form"), http.StatusSeeOther)
}

// htmlRefuse shows the form again with what went wrong.
func (s *Server) htmlRefuse(w http.ResponseWriter, r *http.Request, ws desk.WebSession, err error) {
	p := s.problemOf(err)
	v := s.view(r, ws.Entry)
	v.Problem = v.Say("web_error_" + p.name)
	if r.PostForm != nil {
		v.Text = r.PostForm.Get("text")
		if id := r.PostForm.Get("id"); idForm.MatchString(id) {
			v.ID = id // sent again, it is the same message
		}
	}
	v.show(w, p.status, "form")
}

func (s *Server) htmlFile(w http.ResponseWriter, r *http.Request) {
	ws, ok := s.sessionOf(r, "")
	err := error(&problem{http.StatusUnauthorized, "session"})
	if ok {
		err = &problem{http.StatusTooManyRequests, "fast"}
		if s.limit.messages.take(key(ws), s.cfg.Now()) {
			_, err = s.upload(w, r, ws)
		}
	}
	if err != nil {
		s.htmlRefuse(w, r, ws, err)
		return
	}
	http.Redirect(w, r, "/html/form", http.StatusSeeOther)
}

func (s *Server) htmlEnd(w http.ResponseWriter, r *http.Request) {
	ws, ok := s.sessionOf(r, "")
	err := error(&problem{http.StatusUnauthorized, "session"})
	if ok && r.PostForm.Get("action") == "end" {
		err = s.end(r.Context(), ws)
	} else if ok {
		stars, _ := strconv.Atoi(r.PostForm.Get("stars")) // 0 is no rating
		err = s.rate(r.Context(), ws, stars, "")
	}
	if err != nil {
		s.htmlRefuse(w, r, ws, err)
		return
	}
	http.Redirect(w, r, back(r, "/html"), http.StatusSeeOther)
}

// htmlForm is the frame one writes in.
func (s *Server) htmlForm(w http.ResponseWriter, r *http.Request) {
	s.pagePolicy(w, false)
	ws, ok := s.sessionOf(r, "")
	v := s.view(r, ws.Entry)
	v.Refresh = r.URL.Query().Get("refresh") != ""
	if !ok {
		v.Problem = v.Say("web_error_session")
	} else if conv, err := s.conversation(r.Context(), ws); err == nil {
		v.Ended = conv.Phase == handoff.Idle
	}
	v.show(w, http.StatusOK, "form")
}

// shown is a line as the pages without JavaScript show it.
type shown struct {
	view
	event
	Clock, Stamp string
}

func (l shown) Name() string    { return authorOf(l.Voice, l.event) }
func (l shown) Text() string    { return l.event.Text }
func (l shown) File() *linked   { return l.URL }
func (l shown) Retracted() bool { return l.How == "retract" }
func (l shown) Corrected() bool { return l.How == "replace" }
func (l shown) Emoji() string   { return strings.Join(l.Set, " ") }

func (s *Server) shown(v view, e event) shown {
	return shown{view: v, event: e, Clock: e.At.UTC().Format("15:04 UTC"), Stamp: e.At.UTC().Format(time.RFC3339)}
}

// silent reports whether there is nothing to show of an event.
func silent(e event) bool { return e.Text == "" && e.URL == nil && e.How == "" && e.Kind != kindEnded }

// htmlLog is the transcript: as an answer that goes on, as a page that reloads
// itself, or as a file to keep.
func (s *Server) htmlLog(w http.ResponseWriter, r *http.Request) {
	s.pagePolicy(w, false)
	ws, ok := s.sessionOf(r, "")
	v := s.view(r, ws.Entry)
	if !ok {
		http.Error(w, v.Say("web_error_session"), http.StatusUnauthorized)
		return
	}
	conv, err := s.conversation(r.Context(), ws)
	if err != nil {
		http.Error(w, v.Say("web_error_gone"), s.problemOf(err).status)
		return
	}
	events, last, err := s.all(r.Context(), conv.Local)
	if err != nil {
		http.Error(w, v.Say("web_error_later"), s.problemOf(err).status)
		return
	}
	if r.URL.Query().Get("download") != "" {
		s.download(w, v, fold(events))
		return
	}
	v.Refresh = r.URL.Query().Get("refresh") != ""
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.Header().Set("X-Accel-Buffering", "no")
	if v.Refresh {
		_, _ = w.Write(s.render(v, "log", fold(events))) // an error here is the client's
		return
	}
	leave, ok := s.enter(w, r, ws)
	if !ok {
		return
	}
	defer leave()
	st := &stream{w: w, rc: http.NewResponseController(w)}
	st.write(string(s.render(v, "log", fold(events))))
	err = s.follow(r, conv.Local, last, viewer{
		event: func(we desk.WebEvent) {
			var e event
			if json.Unmarshal(we.Data, &e) == nil { // ours
				st.write(string(s.render(v, "", []event{e})))
			}
		},
		sign:  func(desk.Sign) {},
		alive: func() { st.write("\n") },
		ok:    func() bool { return st.err == nil },
	})
	if err != nil && r.Context().Err() == nil {
		s.log.Warn("a page cannot be served", "error", err)
	}
}

// render returns the head of a page, if it has a name, and lines.
func (s *Server) render(v view, head string, events []event) []byte {
	var b bytes.Buffer
	if head != "" {
		if err := s.pages.templates.ExecuteTemplate(&b, head, v); err != nil {
			s.log.Error("a page cannot be made", "page", head, "error", err)
		}
	}
	for _, e := range events {
		if silent(e) {
			continue
		}
		if e.Text == "" && e.Kind == kindEnded {
			e.Text = v.Say("web_ended")
		}
		if err := s.pages.templates.ExecuteTemplate(&b, "line", s.shown(v, e)); err != nil {
			s.log.Error("a line cannot be shown", "error", err)
		}
	}
	return b.Bytes()
}

// download answers with the transcript as a text file.
func (s *Server) download(w http.ResponseWriter, v view, events []event) {
	h := w.Header()
	h.Set("Content-Type", "text/plain; charset=utf-8")
	h.Set("Content-Disposition", `attachment; filename="chat.txt"`)
	var b strings.Builder
	for _, e := range events {
		if silent(e) {
			continue
		}
		text := e.Text
		switch {
		case e.How == "retract":
			text = v.Say("web_withdrawn")
		case text == "" && e.Kind == kindEnded:
			text = v.Say("web_ended")
		}
		if e.URL != nil {
			address := e.URL.URL
			if strings.HasPrefix(address, "/") {
				address = s.origin() + address
			}
			text = strings.TrimSpace(text + " " + address)
		}
		fmt.Fprintf(&b, "%s %s: %s\n", e.At.UTC().Format("2006-01-02 15:04 UTC"), authorOf(v.Voice, e),
			strings.ReplaceAll(text, "\n", "\n    "))
	}
	_, _ = w.Write([]byte(b.String())) // an error here is the client's
}
