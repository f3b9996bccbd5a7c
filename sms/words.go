package sms

import (
	"context"
	"strings"
	"time"

	"baton/desk"
	"baton/lang"
	"baton/sms/mobile"
)

// wish is what a message of one word asks for.
type wish int

const (
	wishStop wish = iota + 1 // no more messages
	wishStart
	wishHelp
)

// words are those of all languages, upper case, and whose they are.
type words map[string]map[string]wish // by word, by language

func readWords() words {
	w := words{}
	for _, tag := range lang.Tags() {
		for name, is := range map[string]wish{"sms_words_stop": wishStop, "sms_words_start": wishStart, "sms_words_help": wishHelp} {
			for word := range strings.FieldsSeq(lang.In(tag.String()).Say(name)) {
				if w[word] == nil {
					w[word] = map[string]wish{}
				}
				w[word][tag.String()] = is
			}
		}
	}
	return w
}

// wishOf returns what a text asks for that is nothing but one of the words, and
// the language to answer in: the number's, if it has that word.
func (w words) wishOf(text string, n Number) (wish, lang.Voice) {
	word := strings.ToUpper(strings.Trim(strings.TrimSpace(text), ".!\"'“”„«» "))
	first := ""
	for tag := range w[word] {
		if tag == n.Lang {
			return w[word][tag], n.voice()
		}
		if first == "" || tag < first {
			first = tag
		}
	}
	if first == "" {
		return 0, lang.Voice{}
	}
	return w[word][first], lang.In(first)
}

// obey does what a message of one word asks for. It reports whether that is all
// there is to do with it.
func (s *Server) obey(ctx context.Context, n Number, from, text, origin string) (done bool, err error) {
	w, voice := s.words.wishOf(text, n)
	switch w {
	case wishStop:
		news, err := s.cfg.Store.StopSMS(ctx, n.Number, from, true, s.cfg.Now())
		if err != nil {
			return true, err
		}
		if news {
			s.log.Info("a caller wants no more text messages", "number", n.Number)
			s.reply(n, from, voice.Say("sms_stopped"), origin)
		}
		return true, s.endSession(ctx, n, from, text, origin)
	case wishStart:
		news, err := s.cfg.Store.StopSMS(ctx, n.Number, from, false, s.cfg.Now())
		if err == nil && news {
			s.reply(n, from, voice.Say("sms_started"), origin)
		}
		return news, err // without a STOP before it is a word like any other
	case wishHelp: // an answer at once; but somebody should see it, too
		if stopped, err := s.cfg.Store.StoppedSMS(ctx, n.Number, from); stopped || err != nil {
			return false, err
		}
		help := s.cfg.Help
		if help == "" {
			help = voice.Say("sms_help")
		}
		s.reply(n, from, help, origin)
	}
	return false, nil
}

// endSession journals the word where a session is open, and ends that.
func (s *Server) endSession(ctx context.Context, n Number, from, text, origin string) error {
	if _, err := s.cfg.Desk.OpenOf(n.Queue, s.party(from)); err != nil {
		return nil
	}
	if _, err := s.cfg.Desk.Do(ctx, s.says(n, from, text, origin)); err != nil {
		return err
	}
	_, err := s.cfg.Desk.Do(ctx, desk.Disconnect{Entry: n.Queue, By: s.party(from), Reason: "done"})
	if err != nil {
		s.log.Debug("nothing to end", "error", err)
	}
	return nil
}

// reply sends a message of the service's own, beside the dialog: once, and not
// again if that fails.
func (s *Server) reply(n Number, to, text, key string) {
	carrier, ok := s.carriers[n.Carrier]
	if !ok || !s.begin() {
		return
	}
	go func() {
		defer s.wg.Done()
		ctx, cancel := context.WithTimeout(s.ctx, time.Minute)
		defer cancel()
		m := carrier.Cut(text)
		for i := range submissions(carrier, m) {
			_, err := carrier.Send(ctx, mobile.Submission{From: n.Number, To: to, Text: text, Segment: m, N: i + 1,
				Ref: hashed(key), Key: key})
			if err != nil {
				s.log.Warn("an automatic answer was not sent", "number", n.Number, "error", err)
				return
			}
		}
	}()
}

// begin counts something that the end waits for; false if there is no beginning
// any more.
func (s *Server) begin() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return false
	}
	s.wg.Add(1)
	return true
}
