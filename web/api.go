package web

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"time"

	"baton/desk"
	"baton/handoff"
)

func (s *Server) routeAPI(mux *http.ServeMux) {
	mux.HandleFunc("POST /api/session", s.apiSession)
	mux.HandleFunc("POST /api/offline", s.apiOffline)
	mux.HandleFunc("GET /api/events", s.with(s.apiEvents))
	mux.HandleFunc("POST /api/messages", s.with(s.apiMessages))
	mux.HandleFunc("POST /api/typing", s.with(s.apiTyping))
	mux.HandleFunc("POST /api/files", s.with(s.apiFiles))
	mux.HandleFunc("POST /api/end", s.with(s.apiEnd))
}

// state is what a page shows beside the events.
type state struct {
	Token   string `json:"token,omitempty"` // where the session began with this answer
	Queue   string `json:"queue"`
	Name    string `json:"name"`
	Open    bool   `json:"open"`             // a session is open
	Waiting bool   `json:"waiting"`          // for somebody to take it
	Agent   string `json:"agent,omitempty"`  // who has it
	Closed  string `json:"closed,omitempty"` // what is said while nobody works there
	Ended   uint64 `json:"ended,omitempty"`  // the last session, when none is open
}

// state returns what is to be known of a session now.
func (s *Server) state(ctx context.Context, r *http.Request, ws desk.WebSession) (state, error) {
	conv, err := s.conversation(ctx, ws)
	if err != nil {
		return state{}, err
	}
	st := state{Queue: ws.Entry, Name: ws.Name, Open: conv.Phase != handoff.Idle, Waiting: conv.Phase == handoff.Waiting}
	if conv.Holder != "" {
		st.Agent = s.desk.Directory().NameOf(conv.Holder)
	}
	if !st.Open {
		st.Ended = conv.Session
	}
	if q, ok := s.queue(ws.Entry); ok && !s.open(q) {
		st.Closed = s.awayText(r, q)
	}
	return st, nil
}

// awayText is what a queue says while it is closed.
func (s *Server) awayText(r *http.Request, q Queue) string {
	if q.Away != "" {
		return q.Away
	}
	return s.voice(r).Say("web_closed")
}

// apiSession begins a session, or says how the one of the bearer stands.
func (s *Server) apiSession(w http.ResponseWriter, r *http.Request) {
	if r.Header.Get("Authorization") != "" {
		s.with(func(w http.ResponseWriter, r *http.Request, ws desk.WebSession) {
			s.answerState(w, r, "", ws)
		})(w, r)
		return
	}
	var b beginning
	if s.readJSON(w, r, &b) {
		s.apiBegin(w, r, b)
	}
}

// apiOffline takes a message while nobody works there: a session that waits.
func (s *Server) apiOffline(w http.ResponseWriter, r *http.Request) {
	var b struct {
		beginning
		Email string `json:"email"`
	}
	if !s.readJSON(w, r, &b) {
		return
	}
	if err := b.away(b.Email); err != nil {
		s.fail(w, r, err)
		return
	}
	s.apiBegin(w, r, b.beginning)
}

// away makes a beginning of what is left while nobody works there.
func (b *beginning) away(email string) error {
	email = strings.TrimSpace(email)
	if !emailForm.MatchString(email) || len(email) > maxValue || strings.TrimSpace(b.Text) == "" {
		return errForm
	}
	b.email = email
	return nil
}

func (s *Server) apiBegin(w http.ResponseWriter, r *http.Request, b beginning) {
	if b.Lang == "" {
		b.Lang = tag(wishes(r)...)
	}
	b.Lang = tag(b.Lang)
	if !s.limit.sessions.take(s.limit.address(r), s.cfg.Now()) {
		s.refuse(w, r, http.StatusTooManyRequests, "fast")
		return
	}
	secret, ws, err := s.begin(r.Context(), b)
	if err != nil {
		s.fail(w, r, err)
		return
	}
	s.answerState(w, r, secret, ws)
}

func (s *Server) answerState(w http.ResponseWriter, r *http.Request, secret string, ws desk.WebSession) {
	st, err := s.state(r.Context(), r, ws)
	if err != nil {
		s.fail(w, r, err)
		return
	}
	st.Token = secret
	answer(w, http.StatusOK, st)
}

// key is what a session's limits are counted by: its caller, whichever browser.
func key(ws desk.WebSession) string { return string(ws.Party) + " " + ws.Entry }

// apiMessages takes what the visitor says.
func (s *Server) apiMessages(w http.ResponseWriter, r *http.Request, ws desk.WebSession) {
	var m struct {
		Text string `json:"text"`
		ID   string `json:"id"`
	}
	if !s.readJSON(w, r, &m) {
		return
	}
	text, err := s.clean(m.Text)
	switch {
	case err != nil:
		s.fail(w, r, err)
	case !idForm.MatchString(m.ID):
		s.refuse(w, r, http.StatusBadRequest, "form")
	case !s.limit.messages.take(key(ws), s.cfg.Now()):
		s.refuse(w, r, http.StatusTooManyRequests, "fast")
	default:
		line, err := s.say(r.Context(), ws, m.ID, text, "")
		if err != nil {
			s.fail(w, r, err)
			return
		}
		answer(w, http.StatusOK, map[string]any{"id": m.ID, "seq": line.Seq, "at": line.At})
	}
}

// apiTyping passes on that the visitor types, or has read up to a line.
func (s *Server) apiTyping(w http.ResponseWriter, r *http.Request, ws desk.WebSession) {
	var t struct {
		State string `json:"state"` // composing, paused, or empty
		Read  uint64 `json:"read"`  // the last line read, or 0
	}
	switch {
	case !s.readJSON(w, r, &t):
		return
	case t.State != "" && t.State != "composing" && t.State != "paused":
		s.refuse(w, r, http.StatusBadRequest, "form")
		return
	case !s.limit.signs.take(key(ws), s.cfg.Now()):
		s.refuse(w, r, http.StatusTooManyRequests, "fast")
		return
	}
	res, err := s.desk.Do(r.Context(), desk.Signal{Entry: ws.Entry, By: ws.Party})
	if err != nil {
		s.fail(w, r, err)
		return
	}
	if res.To != "" {
		s.desk.Show(desk.Sign{Conversation: res.Conversation, To: res.To, State: t.State, Read: t.Read})
	}
	w.WriteHeader(http.StatusNoContent)
}

// apiEnd ends the session, and takes what the visitor thought of it.
func (s *Server) apiEnd(w http.ResponseWriter, r *http.Request, ws desk.WebSession) {
	var e struct {
		Rating int    `json:"rating"`
		Email  string `json:"email"`
	}
	if !s.readJSON(w, r, &e) {
		return
	}
	if err := errors.Join(s.end(r.Context(), ws), s.rate(r.Context(), ws, e.Rating, e.Email)); err != nil {
		s.fail(w, r, err)
		return
	}
	s.answerState(w, r, "", ws)
}

// apiFiles takes a file.
func (s *Server) apiFiles(w http.ResponseWriter, r *http.Request, ws desk.WebSession) {
	if !s.limit.messages.take(key(ws), s.cfg.Now()) {
		s.refuse(w, r, http.StatusTooManyRequests, "fast")
		return
	}
	_ = http.NewResponseController(w).SetReadDeadline(time.Now().Add(uploadWithin))
	line, err := s.upload(w, r, ws)
	if err != nil {
		s.fail(w, r, err)
		return
	}
	answer(w, http.StatusOK, map[string]any{"seq": line.Seq, "at": line.At})
}
