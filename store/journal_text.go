package store

import (
	"bytes"
	"strconv"
	"strings"
	"unicode/utf8"

	"baton/desk"
	"baton/handoff"
)

// appendBatch appends what the journal keeps of a brief batch, as JSON that the
// views of migrations/0010_journal.sql take apart. It is false where something in it
// is not text that JSON can hold.
func (s *SQLite) appendBatch(to []byte, b *desk.Batch) (_ []byte, ok bool) {
	w := jsonWriter{buf: to, ok: true}
	w.begin(`{"lines":[`)
	for i := range b.Lines {
		w.line(s.journal.nextLine+int64(i), s.scratch.own[b.Lines[i].Conversation].key, &b.Lines[i])
	}
	w.begin(`],"convs":[`)
	for _, c := range b.Conversations {
		w.row()
		w.ints(c.Key, c.Version+1, upTo(c.Seq), micros(c.Route.Heard))
		w.end()
	}
	w.begin(`],"items":[`)
	for i, it := range b.Items {
		w.row()
		w.ints(s.journal.nextItem+int64(i), s.scratch.own[it.Conversation].key, upTo(it.Effect.(handoff.Line).Seq))
		w.text(string(it.To))
		w.ints(micros(it.At))
		w.end()
	}
	w.begin(`],"done":[`)
	w.ints(b.Done...)
	w.begin(`]}`)
	return w.buf, w.ok
}

// jsonWriter appends JSON arrays. What it is given is taken to be new: text in
// encoding/json's time would be a fifth of a commit's.
type jsonWriter struct {
	buf  []byte
	more bool // something precedes in the same array
	ok   bool
}

func (w *jsonWriter) line(id, conv int64, l *desk.Line) {
	w.row()
	w.ints(id, conv, upTo(l.Seq), upTo(l.Session), upTo(l.Epoch), micros(l.At))
	w.text(string(l.By))
	w.text(string(l.Role))
	w.text(l.Name)
	w.text(string(l.To))
	w.text(l.StanzaID)
	w.text(l.OriginID)
	w.text(l.Body)
	w.bytes(l.Payload)
	private := int64(0)
	if l.Private {
		private = 1
	}
	w.ints(private)
	w.end()
}

// begin appends what an array follows, as it is.
func (w *jsonWriter) begin(s string) { w.buf, w.more = append(w.buf, s...), false }

func (w *jsonWriter) comma() {
	if w.more {
		w.buf = append(w.buf, ',')
	}
	w.more = true
}

func (w *jsonWriter) row() {
	w.comma()
	w.begin("[")
}

func (w *jsonWriter) end() { w.buf, w.more = append(w.buf, ']'), true }

func (w *jsonWriter) ints(ns ...int64) {
	for _, n := range ns {
		w.comma()
		w.buf = strconv.AppendInt(w.buf, n, 10)
	}
}

func (w *jsonWriter) text(s string) {
	w.ok = w.ok && utf8.ValidString(s) && strings.IndexByte(s, 0) < 0 // SQLite ends text at it
	w.comma()
	w.buf = appendQuoted(w.buf, s)
}

func (w *jsonWriter) bytes(b []byte) {
	w.ok = w.ok && utf8.Valid(b) && bytes.IndexByte(b, 0) < 0
	w.comma()
	w.buf = appendQuoted(w.buf, b)
}

// appendQuoted appends valid UTF-8 as a JSON string (RFC 8259, section 7).
func appendQuoted[T string | []byte](to []byte, s T) []byte {
	const hex = "0123456789abcdef"
	to = append(to, '"')
	from := 0
	for i := range len(s) {
		c := s[i]
		if c >= ' ' && c != '"' && c != '\\' {
			continue
		}
		to = append(to, s[from:i]...)
		if from = i + 1; c < ' ' {
			to = append(to, '\\', 'u', '0', '0', hex[c>>4], hex[c&15])
		} else {
			to = append(to, '\\', c)
		}
	}
	return append(append(to, s[from:]...), '"')
}
