package component

import (
	"crypto/rand"
	"errors"
	"slices"
	"sync"
	"time"

	"baton/component/wire"
)

// Why a request got no answer.
var (
	errNoReply = errors.New("no reply")
	errLost    = errors.New("the connection broke before the reply")
)

// reply is the answer to an IQ of ours, valid during the callback.
type reply struct {
	wire.Stanza
	failed bool // type='error'
}

// conditionNames are those of RFC 6120 §8.3.3. Any other name would be a
// stranger's own words in the log.
var conditionNames = []string{"bad-request", "conflict", "feature-not-implemented", "forbidden", "gone", "internal-server-error",
	"item-not-found", "jid-malformed", "not-acceptable", "not-allowed", "not-authorized", "policy-violation",
	"recipient-unavailable", "redirect", "registration-required", "remote-server-not-found", "remote-server-timeout",
	"resource-constraint", "service-unavailable", "subscription-required", "undefined-condition", "unexpected-request"}

// condition returns the error's condition (RFC 6120 §8.3.3), or "".
func (r reply) condition() string { return errorCondition(r.Stanza) }

func errorCondition(st wire.Stanza) string {
	for e := range st.Children {
		if string(e.Local) != "error" {
			continue
		}
		for c := range e.Children {
			if string(c.NS) == "urn:ietf:params:xml:ns:xmpp-stanzas" && slices.Contains(conditionNames, string(c.Local)) {
				return string(c.Local)
			}
		}
	}
	return ""
}

// errorType returns an error's type (RFC 6120 §8.3.2), or "".
func errorType(st wire.Stanza) string {
	for e := range st.Children {
		if string(e.Local) == "error" {
			typ, _ := e.Attr("type")
			return string(typ)
		}
	}
	return ""
}

// requests are the IQs that wait for their answer. An answer counts only if it
// comes from whom the request went to and carries its id, which nobody can
// guess.
type requests struct {
	c  *Component
	mu sync.Mutex
	by map[string]*request
}

type request struct {
	to    string
	timer *time.Timer
	done  func(reply, error)
}

// send sends an IQ and returns. done is called exactly once: with the reply,
// errNoReply after the timeout, or errLost.
func (r *requests) send(from, to, typ string, payload []byte, timeout time.Duration, done func(reply, error)) {
	id := rand.Text()
	if from == to { // the ping by which the link is tried
		id = r.c.twin.mark + id
	}
	q := &request{to: to, done: done}
	r.mu.Lock()
	if r.by == nil {
		r.by = map[string]*request{}
	}
	r.by[id] = q
	q.timer = time.AfterFunc(timeout, func() { r.end(id, reply{}, errNoReply) })
	r.mu.Unlock()
	l := r.c.link.Load()
	if l == nil {
		r.end(id, reply{}, errLost)
		return
	}
	l.write(iqStanza(nil, typ, from, to, id, payload))
}

// iqStanza appends an IQ whose payload is XML.
func iqStanza(dst []byte, typ, from, to, id string, payload []byte) []byte {
	dst = append(dst, "<iq"...)
	dst = wire.AppendAttr(dst, "type", typ)
	dst = wire.AppendAttr(dst, "from", from)
	dst = wire.AppendAttr(dst, "to", to)
	dst = wire.AppendAttr(dst, "id", id)
	dst = append(dst, '>')
	dst = append(dst, payload...)
	return append(dst, "</iq>"...)
}

func (r *requests) end(id string, answer reply, err error) {
	r.mu.Lock()
	q := r.by[id]
	delete(r.by, id)
	r.mu.Unlock()
	if q != nil {
		q.timer.Stop()
		q.done(answer, err)
	}
}

// answered takes an IQ of type result or error; one that answers nothing is
// dropped.
func (r *requests) answered(st wire.Stanza, from, id string) {
	r.mu.Lock()
	q := r.by[id]
	r.mu.Unlock()
	if q == nil || q.to != from {
		r.c.log.Debug("an answer to nothing we asked", "from", from)
		return
	}
	r.end(id, reply{st, string(st.Type) == "error"}, nil)
}

// abort ends everything that waits: the link is gone.
func (r *requests) abort() {
	r.mu.Lock()
	all := r.by
	r.by = nil
	r.mu.Unlock()
	for _, q := range all {
		q.timer.Stop()
		q.done(reply{}, errLost)
	}
}
