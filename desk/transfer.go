package desk

import (
	"cmp"
	"errors"
	"slices"
	"strconv"
	"strings"

	"baton/handoff"
)

// Handoff opens a transfer: By offers the session to an agent or to any of a
// queue. A former holder who names themselves asks for the session back.
type Handoff struct {
	Local   string
	Session string // the session meant; empty: the open one
	By      handoff.Party
	Target  Target
	Mode    handoff.Mode
	Reason  string
	Lang    string // of the reason
	Share   *Share // nil: as the queue says
	Info    []Field
}

func (r Handoff) apply(w *work) (Result, error) {
	if r.Target.Agent == r.By && r.Mode == handoff.Warm {
		return r.reclaim(w)
	}
	if err := w.commanded(r.Local, r.Session, r.By); err != nil {
		return Result{}, err
	}
	if w.conv.Offer.Open() { // whether the target could take it does not matter
		return Result{}, w.refused(handoff.ErrTransfer)
	}
	who, all, err := w.targets(r.Target, r.Mode)
	if err != nil {
		return Result{}, err
	}
	w.conv.Info = mergeInfo(w.conv.Info, r.Info)
	t := r.line(w)
	step := handoff.Transfer{ID: t.ID, By: r.By, Mode: r.Mode, Candidates: who, All: all,
		Timeout: w.d.Policy().OfferTimeout, MaxHops: w.d.Policy().MaxHops}
	if err := w.step(step, nil); err != nil {
		return Result{}, w.refused(err)
	}
	if w.conv.Holder != r.By && r.Target.Queue != "" {
		w.conv.Queue, w.conv.Route.Skill = r.Target.Queue, r.Target.Skill // it waits there, or was taken at once
	}
	return w.opened(t), nil
}

// line is the transfer's line of the ledger.
func (r Handoff) line(w *work) Transfer {
	dir := w.d.Directory()
	share := r.Share
	if share == nil {
		q, _ := dir.Queue(cmp.Or(r.Target.Queue, w.conv.Queue))
		share = &q.Share
	}
	return w.ledger(Transfer{By: r.By, ByName: dir.NameOf(r.By), Target: r.Target, Mode: r.Mode.String(),
		Reason: r.Reason, ReasonLang: r.Lang, Share: *share})
}

// opened notes a transfer that has been opened.
func (w *work) opened(t Transfer) Result {
	t.Deadline = w.now
	if w.conv.Offer.ID == t.ID {
		t.Deadline = w.conv.Offer.Until()
	}
	w.transfers = append(w.transfers, t)
	return Result{Transfer: t}
}

// refused says in words why a transfer could not be opened.
func (w *work) refused(err error) error {
	switch {
	case errors.Is(err, handoff.ErrHops):
		return refuse(err, "This session was handed on as often as it may be (%d); keep it or end it.", w.conv.Hops)
	case errors.Is(err, handoff.ErrTransfer) && w.conv.Offer.Mode == handoff.Reclaimed:
		return refuse(err, "%s asks for this chat: that has to be answered first.", w.d.Directory().NameOf(w.conv.Offer.By))
	case errors.Is(err, handoff.ErrTransfer) && w.conv.Offer.Open():
		return refuse(err, "A transfer is open already: cancel it first.")
	case errors.Is(err, handoff.ErrTransfer):
		return refuse(err, "You are consulting %s already.", w.d.Directory().NameOf(w.conv.Aside))
	case errors.Is(err, handoff.ErrIsHolder):
		return refuse(err, "They are in this chat already.")
	}
	return err
}

// reclaim asks the holder to give the session back to who held it before.
func (r Handoff) reclaim(w *work) (Result, error) {
	if err := w.byLocal(r.Local); err != nil {
		return Result{}, err
	}
	s, err := w.standing(r.By)
	held := uint64(0)
	if err == nil && s > Stranger {
		held, _, err = w.held(r.By)
	}
	switch {
	case err != nil:
		return Result{}, err
	case s == Holder:
		return Result{}, refuse(handoff.ErrIsHolder, "You hold this session already.")
	case s == Stranger:
		return Result{}, ErrHidden
	case w.conv.Phase == handoff.Idle:
		return Result{}, refuse(handoff.ErrNoSession, "The session has ended.")
	case held != w.conv.Session: // nor does one of former times give a claim
		return Result{}, refuse(handoff.ErrNotHolder, "You never held this session.")
	case r.Session != "" && r.Session != w.conv.SessionID():
		return Result{}, w.noSession(r.Session)
	}
	a, _ := w.d.Directory().Agent(r.By)
	if err := w.room(a); err != nil && !w.conv.Has(r.By) {
		return Result{}, err
	}
	r.Mode = handoff.Reclaimed
	r.Target = Target{Agent: r.By}
	t := r.line(w)
	if err := w.step(handoff.Reclaim{ID: t.ID, By: r.By, Timeout: w.d.Policy().OfferTimeout}, nil); err != nil {
		return Result{}, w.refused(err)
	}
	if w.conv.Holder == r.By {
		w.home()
	}
	return w.opened(t), nil
}

// home puts a session that its holder got back where they work, if that is the
// queue the caller writes to.
func (w *work) home() {
	a, _ := w.d.Directory().Agent(w.conv.Holder)
	if !slices.Contains(a.Queues, w.conv.Queue) && slices.Contains(a.Queues, w.conv.Entry) {
		w.conv.Queue = w.conv.Entry
	}
}

// Return puts a session back into the queue.
type Return struct {
	Local  string
	By     handoff.Party
	Reason string
}

func (r Return) apply(w *work) (Result, error) {
	if err := w.commanded(r.Local, "", r.By); err != nil {
		return Result{}, err
	}
	w.not = r.By // not to be asked right away
	return w.release(r.By, ReasonReturned, r.Reason)
}

// Reasons of a session that lost its holder.
const (
	ReasonReturned = "returned" // put back into the queue
	ReasonGone     = "gone"     // the holder was offline for too long

	ReasonUnreachable = "unreachable" // what is said cannot be brought to the holder
)

// release takes the session from its holder and lets it wait.
func (w *work) release(by handoff.Party, reason, note string) (Result, error) {
	dir := w.d.Directory()
	was := w.conv.Holder
	t := w.ledger(Transfer{By: was, ByName: dir.NameOf(was), Target: Target{Queue: w.conv.Queue},
		Mode: "return", Reason: note})
	t.ID = lossID(w.conv.Local, w.conv.Epoch)
	if err := w.step(handoff.Release{ID: t.ID, By: by, Reason: reason}, nil); err != nil {
		return Result{}, err
	}
	t.Deadline = w.now
	w.transfers = append(w.transfers, t)
	return Result{Transfer: t}, nil
}

// Part takes a guest or a consulted agent out of a conversation.
type Part struct {
	Local string
	By    handoff.Party
	Who   handoff.Party // empty: By
}

func (r Part) apply(w *work) (Result, error) {
	if err := w.byLocal(r.Local); err != nil {
		return Result{}, err
	}
	s, err := w.standing(r.By)
	switch {
	case err != nil:
		return Result{}, err
	case s == Stranger:
		return Result{}, ErrHidden
	}
	err = w.step(handoff.Part{By: r.By, Who: cmp.Or(r.Who, r.By)}, nil)
	if errors.Is(err, handoff.ErrNotTarget) || errors.Is(err, handoff.ErrNotHolder) {
		return Result{}, refuse(handoff.ErrNotHolder, "They are not in this chat.")
	}
	return Result{}, err
}

// ledger fills in what every line of the ledger has.
func (w *work) ledger(t Transfer) Transfer {
	c := w.conv
	t.ID = "x-" + w.d.cfg.NewID()
	t.Domain, t.Conversation, t.Session = c.Domain, c.Local, c.Session
	t.Mode = cmp.Or(t.Mode, handoff.Warm.String())
	t.Info, t.Through, t.At = c.Info, c.Seq, w.now
	return t
}

// targets returns who may take the session, in the order they are asked.
func (w *work) targets(t Target, mode handoff.Mode) (who []handoff.Party, all bool, err error) {
	dir := w.d.Directory()
	if t.Agent != "" {
		a, ok := dir.Agent(t.Agent)
		switch {
		case !ok:
			return nil, false, refuse(ErrHidden, "There is no agent %s here.", t.Agent)
		case t.Agent == w.conv.Holder:
			return nil, false, refuse(handoff.ErrIsHolder, "You hold this session already.")
		case t.Agent == w.conv.Caller:
			return nil, false, refuse(handoff.ErrIsHolder, "%s is the caller of this session.", a.Name)
		case w.conv.Has(t.Agent) && mode == handoff.Warm: // is there, and has room for it
			if _, absent := w.d.absent[t.Agent]; absent {
				return nil, false, refuse(ErrUnavailable, "%s is not available now.", a.Name)
			}
			return []handoff.Party{t.Agent}, false, nil
		}
		return []handoff.Party{t.Agent}, false, w.free(a)
	}
	q, ok := dir.Queue(t.Queue)
	if !ok {
		return nil, false, refuse(ErrHidden, "There is no queue %q here.", t.Queue)
	}
	who = w.candidates([]string{t.Queue}, t.Skill, mode)
	if len(who) == 0 {
		return nil, false, refuse(ErrUnavailable, "Nobody of %s can take a chat now.", dir.Title(t.Queue))
	}
	return who, q.RingAll, nil
}

// noSession refuses a session identifier that is not the open session's: one
// that is over, or one that never was here.
func (w *work) noSession(id string) error {
	i := strings.LastIndexByte(id, '.')
	local, n := id[:max(i, 0)], id[i+1:]
	if number, err := strconv.ParseUint(n, 10, 64); err != nil || local != w.conv.Local || number > w.conv.Session {
		return refuse(ErrHidden, "There is no session %s here.", id)
	}
	return refuse(handoff.ErrNoSession, "Session %s is over.", id)
}

// commanded loads the conversation a holder gives a command on.
func (w *work) commanded(local, session string, by handoff.Party) error {
	if err := w.byLocal(local); err != nil {
		return err
	}
	s, err := w.standing(by)
	switch {
	case err != nil:
		return err
	case s == Stranger:
		return ErrHidden
	case w.conv.Phase == handoff.Idle:
		return refuse(handoff.ErrNoSession, "The session has ended.")
	case session != "" && session != w.conv.SessionID():
		return w.noSession(session)
	case s != Holder:
		return refuse(handoff.ErrNotHolder, "You do not hold this session.")
	}
	return nil
}

// Disconnect ends a session: By is its holder, naming the conversation, or the
// caller, naming the queue.
type Disconnect struct {
	Local   string // of the conversation; empty: Entry is set
	Entry   string
	Session string // the session meant; empty: the open one
	By      handoff.Party
	Reason  string
}

func (r Disconnect) apply(w *work) (Result, error) {
	if r.Local != "" {
		if err := w.byLocal(r.Local); err == nil && w.conv.Holder != r.By && w.conv.Has(r.By) {
			return Result{}, w.step(handoff.Part{By: r.By, Who: r.By}, nil) // a guest leaves
		}
		if err := w.commanded(r.Local, r.Session, r.By); err != nil {
			return Result{}, err
		}
	} else if err := w.byCaller(r.Entry, r.By); err != nil {
		return Result{}, err
	} else if r.Session != "" && r.Session != w.conv.SessionID() {
		return Result{}, w.noSession(r.Session)
	}
	err := w.step(handoff.Disconnect{By: r.By, Reason: r.Reason}, nil)
	if errors.Is(err, handoff.ErrNoSession) {
		return Result{}, refuse(err, "The session has ended already.")
	}
	return Result{}, err
}
