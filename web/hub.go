package web

import (
	"sync"

	"baton/desk"
)

// hub tells the streams that are open what there is to read.
type hub struct {
	mu    sync.Mutex
	rooms map[string]map[*listener]struct{} // by conversation
}

// listener is an open stream.
type listener struct {
	news  chan struct{} // there are events
	signs chan desk.Sign
}

// join adds a stream to a conversation until leave is called.
func (h *hub) join(local string) (l *listener, leave func()) {
	l = &listener{news: make(chan struct{}, 1), signs: make(chan desk.Sign, 8)}
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.rooms[local] == nil {
		h.rooms[local] = map[*listener]struct{}{}
	}
	h.rooms[local][l] = struct{}{}
	return l, func() {
		h.mu.Lock()
		defer h.mu.Unlock()
		if delete(h.rooms[local], l); len(h.rooms[local]) == 0 {
			delete(h.rooms, local)
		}
	}
}

// news tells a conversation's streams that there are events.
func (h *hub) news(local string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for l := range h.rooms[local] {
		select {
		case l.news <- struct{}{}:
		default: // told already
		}
	}
}

// show passes a sign on; a stream that is behind misses it.
func (h *hub) show(s desk.Sign) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for l := range h.rooms[s.Conversation.Local] {
		select {
		case l.signs <- s:
		default:
		}
	}
}
