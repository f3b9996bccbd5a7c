package sms

import (
	"context"
	"errors"
	"fmt"

	"baton/desk"
	"baton/handoff"
	"baton/sms/mobile"
)

// Report implements [mobile.Handler].
func (s *Server) Report(ctx context.Context, r mobile.Report) error {
	if r.State == mobile.Pending {
		return nil
	}
	s.verdicts.Lock()
	defer s.verdicts.Unlock()
	v, err := s.cfg.Store.ReportSMS(ctx, r, s.cfg.Now())
	if err == nil {
		err = s.tell(ctx, v)
	}
	if err != nil {
		return fmt.Errorf("%w: %w", mobile.ErrBusy, err)
	}
	return nil
}

// accept notes that a segment was accepted. Its receipt may have come already.
func (s *Server) accept(ctx context.Context, m mobile.Sent) error {
	s.verdicts.Lock()
	defer s.verdicts.Unlock()
	v, err := s.cfg.Store.AcceptSMS(context.WithoutCancel(ctx), m)
	if err != nil {
		return err
	}
	if err := s.tell(ctx, v); err != nil { // the segment is accepted all the same
		s.log.Warn("an author cannot be told yet what became of a message", "error", err)
	}
	return nil
}

// tell tells the author of a line what became of it, once: that it arrived by a
// receipt, which passes; that it did not by the desk, which keeps that. The
// caller holds verdicts.
func (s *Server) tell(ctx context.Context, v mobile.Verdict) error {
	switch {
	case v.State == mobile.Pending:
		return nil
	case v.Seq == 0: // nobody's line
	case v.State == mobile.Delivered:
		if conv, err := s.cfg.Desk.Conversation(ctx, v.Conversation); err == nil {
			s.cfg.Desk.Show(desk.Sign{Conversation: conv, To: handoff.Party(v.Author), Arrived: v.Seq})
		}
	default:
		_, err := s.cfg.Desk.Do(ctx, desk.NotArrived{Local: v.Conversation, Seq: v.Seq, Reason: v.Reason})
		if err != nil && !errors.Is(err, desk.ErrHidden) { // erased meanwhile
			return err
		}
	}
	return s.cfg.Store.ToldSMS(ctx, v.Item)
}

// catchUp tells what nobody was told because of a crash or an error.
func (s *Server) catchUp(ctx context.Context) error {
	s.verdicts.Lock()
	defer s.verdicts.Unlock()
	vs, err := s.cfg.Store.UntoldSMS(ctx)
	for _, v := range vs {
		err = errors.Join(err, s.tell(ctx, v))
	}
	return err
}
