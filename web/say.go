package web

import (
	"bytes"
	"context"
	"encoding/xml"
	"errors"
	"net/http"
	"strings"

	"baton/desk"
	"baton/handoff"
)

// clean makes a message of what somebody typed.
func (s *Server) clean(text string) (string, error) {
	text = strings.ReplaceAll(strings.ToValidUTF8(text, "\uFFFD"), "\r\n", "\n")
	text = strings.TrimSpace(s.cfg.SafeText(text))
	if text == "" || len(text) > s.cfg.MaxBody {
		return "", &problem{http.StatusUnprocessableEntity, "text"}
	}
	return text, nil
}

// body is the element that carries a text to an agent.
func body(text string) []byte {
	var b bytes.Buffer
	b.WriteString("<body>")
	_ = xml.EscapeText(&b, []byte(text)) // a buffer never fails
	b.WriteString("</body>")
	return b.Bytes()
}

// say commits a line of the visitor's and shows it on their pages. The same id
// again is the same line, so that whoever got no answer can repeat it. An
// address of a file makes it a line that carries the file.
func (s *Server) say(ctx context.Context, ws desk.WebSession, id, text, file string, info ...desk.Field) (desk.Line, error) {
	payload := body(text)
	if file != "" {
		var b bytes.Buffer
		b.WriteString("<x xmlns='jabber:x:oob'><url>")
		_ = xml.EscapeText(&b, []byte(file))
		b.WriteString("</url></x>")
		payload = append(payload, b.Bytes()...)
	}
	res, err := s.desk.Do(ctx, desk.CallerSays{Caller: caller(ws),
		Text: desk.Text{StanzaID: id, OriginID: id, Body: text, Payload: payload}, Info: info})
	if err != nil {
		return desk.Line{}, err
	}
	conv := res.Conversation
	if conv.Local == "" { // of a repetition
		if conv, err = s.conversation(ctx, ws); err != nil {
			return desk.Line{}, err
		}
	}
	return res.Line, s.put(ctx, conv.Local, lineItem(res.Line.Seq), s.lineEvent(ctx, res.Line, conv))
}

// end ends the open session, if there is one.
func (s *Server) end(ctx context.Context, ws desk.WebSession) error {
	_, err := s.desk.Do(ctx, desk.Disconnect{Entry: ws.Entry, By: ws.Party, Reason: "done"})
	if err != nil && !errors.Is(err, handoff.ErrNoSession) {
		return err
	}
	conv, err := s.conversation(ctx, ws)
	if err != nil {
		return err
	}
	if conv.Phase != handoff.Idle { // begun again meanwhile, by another tab
		return nil
	}
	return s.put(ctx, conv.Local, endedItem(conv.Session), event{Kind: kindEnded, At: s.cfg.Now(), From: fromYou,
		Session: conv.Session, Epoch: conv.Epoch, Reason: "done"})
}

// rate keeps what the visitor thought of the last session.
func (s *Server) rate(ctx context.Context, ws desk.WebSession, stars int, email string) error {
	email = strings.TrimSpace(email)
	if stars < 0 || stars > 5 || len(email) > maxValue || email != "" && !emailForm.MatchString(email) {
		return errForm
	}
	if stars == 0 && email == "" {
		return nil
	}
	conv, err := s.conversation(ctx, ws)
	if err != nil {
		return err
	}
	return s.box.RateWeb(ctx, s.desk.Domain(), conv.Local, desk.WebRating{Session: conv.Session, Stars: stars,
		Email: email, At: s.cfg.Now()})
}
