package web

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"
	"time"

	"baton/desk"
)

// heartbeat is how often a stream says that it is alive; pages take one that has
// been silent for three times as long for dead.
const heartbeat = 15 * time.Second

// page is how many events are read at a time.
const page = 200

// stream is an answer that goes on.
type stream struct {
	w   http.ResponseWriter
	rc  *http.ResponseController
	err error
}

// write sends text at once.
func (st *stream) write(text string) {
	if st.err != nil {
		return
	}
	_ = st.rc.SetWriteDeadline(time.Now().Add(writeWithin)) // a reader that is gone holds nothing for long
	if _, st.err = st.w.Write([]byte(text)); st.err == nil {
		st.err = st.rc.Flush()
	}
}

// viewer is what follows a conversation.
type viewer struct {
	event func(desk.WebEvent) // behind the last one
	sign  func(desk.Sign)
	alive func()
	ok    func() bool
}

// follow shows a conversation from behind the event after, until the request or
// the server ends. Too many at the same time are refused.
func (s *Server) follow(r *http.Request, local string, after uint64, v viewer) error {
	l, leave := s.hub.join(local)
	defer leave()
	beat := time.NewTicker(heartbeat)
	defer beat.Stop()
	for v.ok() {
		events, err := s.box.WebEvents(r.Context(), s.desk.Domain(), local, after, page)
		if err != nil {
			return err
		}
		for _, e := range events {
			v.event(e)
			after = e.ID
		}
		if len(events) == page {
			continue
		}
		select {
		case <-l.news:
		case sign := <-l.signs:
			v.sign(sign)
		case <-beat.C:
			v.alive()
		case <-s.closing:
			return nil
		case <-r.Context().Done():
			return nil
		}
	}
	return nil
}

// enter counts a stream; false, and an answer, where there are too many.
func (s *Server) enter(w http.ResponseWriter, r *http.Request, ws desk.WebSession) (leave func(), ok bool) {
	address := s.limit.address(r)
	if !s.limit.streams.enter(key(ws)) {
		s.refuse(w, r, http.StatusTooManyRequests, "streams")
		return nil, false
	}
	if !s.limit.perAddress.enter(address) {
		s.limit.streams.leave(key(ws))
		s.refuse(w, r, http.StatusTooManyRequests, "streams")
		return nil, false
	}
	return func() { s.limit.streams.leave(key(ws)); s.limit.perAddress.leave(address) }, true
}

// apiEvents is the stream of a page: everything behind Last-Event-ID, then what
// comes. Signs have no id: they pass.
func (s *Server) apiEvents(w http.ResponseWriter, r *http.Request, ws desk.WebSession) {
	after, _ := strconv.ParseUint(r.Header.Get("Last-Event-ID"), 10, 63) // none: from the beginning
	conv, err := s.conversation(r.Context(), ws)
	if err != nil {
		s.fail(w, r, err)
		return
	}
	leave, ok := s.enter(w, r, ws)
	if !ok {
		return
	}
	defer leave()
	h := w.Header()
	h.Set("Content-Type", "text/event-stream")
	h.Set("X-Accel-Buffering", "no") // nginx would keep it back
	st := &stream{w: w, rc: http.NewResponseController(w)}
	st.write("retry: 1000\n\n")
	err = s.follow(r, conv.Local, after, viewer{
		event: func(e desk.WebEvent) { st.write(fmt.Sprintf("id: %d\ndata: %s\n\n", e.ID, e.Data)) },
		sign:  func(sign desk.Sign) { st.write("event: sign\ndata: " + signJSON(sign) + "\n\n") },
		alive: func() { st.write(": \n\n") },
		ok:    func() bool { return st.err == nil },
	})
	if err != nil && r.Context().Err() == nil {
		s.log.Warn("a page cannot be served", "error", err)
	}
}

func signJSON(sign desk.Sign) string {
	b, _ := json.Marshal(struct { // nothing in it can fail
		State string `json:"state,omitempty"`
		Read  uint64 `json:"read,omitempty"`
	}{sign.State, sign.Read})
	return string(b)
}

// all returns every event of a conversation so far, and the number of the last.
func (s *Server) all(ctx context.Context, local string) (out []event, last uint64, err error) {
	for {
		events, err := s.box.WebEvents(ctx, s.desk.Domain(), local, last, page)
		if err != nil {
			return nil, 0, err
		}
		for _, e := range events {
			last = e.ID
			var d event
			if err := json.Unmarshal(e.Data, &d); err == nil { // ours
				out = append(out, d)
			}
		}
		if len(events) < page {
			return out, last, nil
		}
	}
}
