package web

import (
	"encoding/json"
	"errors"
	"net/http"
	"slices"
	"strings"
	"time"

	"baton/desk"
	"baton/lang"
)

// How long a request may take to arrive, and a piece of an answer to be taken.
const (
	readWithin   = 30 * time.Second
	uploadWithin = 5 * time.Minute
	writeWithin  = 20 * time.Second
)

// guard sets what every answer has, and refuses what other sites make browsers
// send.
func (s *Server) guard(next http.Handler) http.Handler {
	cross := http.NewCrossOriginProtection()
	_ = cross.AddTrustedOrigin(s.origin()) // well formed: New looked
	cross.SetDenyHandler(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		s.refuse(w, r, http.StatusForbidden, "foreign")
	}))
	inner := cross.Handler(next)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'")
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("Referrer-Policy", "no-referrer")
		h.Set("Cache-Control", "no-store")
		h.Set("Cross-Origin-Resource-Policy", "same-origin")
		if s.public.Scheme == "https" {
			h.Set("Strict-Transport-Security", "max-age=31536000")
		}
		if strings.HasPrefix(r.URL.Path, "/api/") && s.foreign(r) {
			s.refuse(w, r, http.StatusForbidden, "foreign")
			return
		}
		inner.ServeHTTP(w, r)
	})
}

func (s *Server) origin() string { return s.public.Scheme + "://" + s.public.Host }

// foreign reports whether a page of another site asks, in whichever method. The
// page itself, in a frame of another site, is ours.
func (s *Server) foreign(r *http.Request) bool {
	site := r.Header.Get("Sec-Fetch-Site")
	origin := r.Header.Get("Origin")
	return site != "" && site != "same-origin" && site != "none" ||
		origin != "" && origin != s.origin() && !strings.HasSuffix(origin, "://"+r.Host)
}

// pagePolicy is the content security policy of our pages.
func (s *Server) pagePolicy(w http.ResponseWriter, embedded bool) {
	ancestors := "'self'"
	if embedded {
		ancestors = strings.Join(append([]string{ancestors}, s.cfg.EmbedOrigins...), " ")
	}
	w.Header().Set("Content-Security-Policy", "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; "+
		"connect-src 'self'; frame-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors "+ancestors)
}

// voice returns the language of a request.
func (s *Server) voice(r *http.Request) lang.Voice { return lang.In(wishes(r)...) }

func wishes(r *http.Request) []string {
	return []string{r.URL.Query().Get("lang"), r.Header.Get("Accept-Language")}
}

// refuse answers with an error: a name for programs, a sentence for people.
func (s *Server) refuse(w http.ResponseWriter, r *http.Request, status int, name string) {
	s.refuseText(w, status, name, s.voice(r).Say("web_error_"+name))
}

func (s *Server) refuseText(w http.ResponseWriter, status int, name, text string) {
	if status == http.StatusTooManyRequests || status == http.StatusServiceUnavailable {
		w.Header().Set("Retry-After", "5")
	}
	answer(w, status, map[string]string{"error": name, "text": text})
}

func answer(w http.ResponseWriter, status int, body any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(body) // an error here is the client's
}

// problem is a refusal on its way out of a function that both the API and the
// HTML pages use.
type problem struct {
	status int
	name   string
}

func (p *problem) Error() string { return "web: " + p.name }

var errForm = &problem{http.StatusUnprocessableEntity, "form"}

// problemOf makes a refusal of what went wrong.
func (s *Server) problemOf(err error) *problem {
	if p, ok := errors.AsType[*problem](err); ok {
		return p
	}
	switch {
	case errors.Is(err, desk.ErrFull):
		return &problem{http.StatusServiceUnavailable, "full"}
	case errors.Is(err, desk.ErrHidden), errors.Is(err, desk.ErrNotFound):
		return &problem{http.StatusConflict, "gone"}
	case errors.Is(err, desk.ErrConflict):
		return &problem{http.StatusConflict, "session"}
	}
	s.log.Warn("a visitor could not be served", "error", err)
	return &problem{http.StatusServiceUnavailable, "later"}
}

// fail answers the API with what went wrong.
func (s *Server) fail(w http.ResponseWriter, r *http.Request, err error) {
	p := s.problemOf(err)
	s.refuse(w, r, p.status, p.name)
}

// readJSON reads a body of JSON into v, and answers if it cannot.
func (s *Server) readJSON(w http.ResponseWriter, r *http.Request, v any) bool {
	kind, _, _ := strings.Cut(r.Header.Get("Content-Type"), ";")
	_ = http.NewResponseController(w).SetReadDeadline(time.Now().Add(readWithin)) // not all writers have one
	dec := json.NewDecoder(http.MaxBytesReader(w, r.Body, int64(6*s.cfg.MaxBody+16<<10)))
	dec.DisallowUnknownFields()
	err := dec.Decode(v)
	var large *http.MaxBytesError
	switch {
	case errors.As(err, &large):
		s.refuse(w, r, http.StatusRequestEntityTooLarge, "text")
	case kind != "application/json", err != nil:
		s.refuse(w, r, http.StatusBadRequest, "form")
	default:
		return true
	}
	return false
}

// maxAge is how long browsers keep what never changes under its address.
const maxAge = "public, max-age=31536000, immutable"

func isImage(kind string) bool {
	return slices.Contains([]string{"image/png", "image/jpeg", "image/gif", "image/webp"}, kind)
}
