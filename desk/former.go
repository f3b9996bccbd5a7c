package desk

import (
	"crypto/sha256"
	"encoding/base32"
	"errors"
	"fmt"
	"strings"

	"baton/handoff"
)

// lossID is the identifier of the ledger's line of a session that went back to its
// queue. In an epoch that happens once at most, so it is found again.
func lossID(local string, epoch uint64) string {
	sum := sha256.Sum256(fmt.Appendf(nil, "%s.%d", local, epoch))
	return "x-" + strings.ToLower(base32.StdEncoding.EncodeToString(sum[:10]))
}

// former refuses what somebody says who held the session, in words that tell how
// they came to lose it.
func (w *work) former(who handoff.Party) error {
	reason, err := w.lost(who)
	if err != nil {
		return err
	}
	dir, holder := w.d.Directory(), w.conv.Holder
	switch {
	case reason == "":
		return refuse(ErrFormer, "You handed this session on. Your message was not delivered.")
	case reason == ReasonReturned:
		return refuse(ErrFormer, "You put this session back into the queue. Your message was not delivered.")
	case reason == ReasonGone && holder == "":
		return refuse(ErrFormer, "You were away, so this session waits in the queue. Your message was not delivered.")
	case reason == ReasonGone:
		return refuse(ErrFormer, "You were away, so %s took over. Your message was not delivered.", dir.NameOf(holder))
	case holder == "":
		return refuse(ErrFormer, "This session was taken from you and waits in the queue. Your message was not delivered.")
	}
	return refuse(ErrFormer, "This session was taken from you, and %s has it. Your message was not delivered.", dir.NameOf(holder))
}

// lost returns why who lost the session when they last held it; empty where they
// handed it on, or held one before it.
func (w *work) lost(who handoff.Party) (reason string, err error) {
	session, epoch, err := w.held(who)
	if err != nil || epoch == 0 || session != w.conv.Session {
		return "", err
	}
	id := lossID(w.conv.Local, epoch)
	_, err = w.transfer(id)
	if errors.Is(err, ErrNotFound) {
		return "", nil
	}
	var told []Outcome
	if err == nil {
		told, err = w.d.cfg.Store.Outcomes(w.ctx, w.conv.Domain, id)
	}
	for _, o := range append(told, w.b.Outcomes...) {
		if o.Transfer == id && o.To == who {
			reason = o.Reason
		}
	}
	if err != nil {
		return "", errors.Join(ErrStore, err)
	}
	return reason, nil
}
