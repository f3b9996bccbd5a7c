package desk

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"

	"baton/handoff"
)

// Handoff opens a transfer: By offers the session to an agent or to any of a
// queue.
type Handoff struct {
	Local   string
	Session string // the session meant; empty: the open one
	By      handoff.Party
	Target  Target
	Mode    string // warm, the default
	Reason  string
	Lang    string // of the reason
	Share   *Share // nil: as the queue says
	Info    []Field
}

// Modes of a transfer that this version offers.
const ModeWarm = "warm"

// ErrMode means that there is no such mode of transfer here.
var ErrMode = errors.New("desk: no such mode of transfer")

func (r Handoff) apply(w *work) (Result, error) {
	if err := w.commanded(r.Local, r.Session, r.By); err != nil {
		return Result{}, err
	}
	if r.Mode = cmp.Or(r.Mode, ModeWarm); r.Mode != ModeWarm {
		return Result{}, refuse(ErrMode, "This version hands over in mode warm only, not %q.", r.Mode)
	}
	if w.conv.Offer.Open() { // whether the target could take it does not matter
		return Result{}, refuse(handoff.ErrTransfer, "A transfer is open already: cancel it first.")
	}
	who, all, err := w.targets(r.Target)
	if err != nil {
		return Result{}, err
	}
	dir := w.d.Directory()
	share := r.Share
	if share == nil {
		q, _ := dir.Queue(cmp.Or(r.Target.Queue, w.conv.Queue))
		share = &q.Share
	}
	w.conv.Info = mergeInfo(w.conv.Info, r.Info)
	t := w.ledger(Transfer{By: r.By, ByName: dir.NameOf(r.By), Target: r.Target, Mode: r.Mode,
		Reason: r.Reason, ReasonLang: r.Lang, Share: *share})
	err = w.step(handoff.Transfer{ID: t.ID, By: r.By, Candidates: who, All: all,
		Timeout: w.d.Policy().OfferTimeout, MaxHops: w.d.Policy().MaxHops}, nil)
	switch {
	case errors.Is(err, handoff.ErrHops):
		return Result{}, refuse(err, "This session was handed on as often as it may be (%d); keep it or end it.", w.conv.Hops)
	case err != nil:
		return Result{}, err
	}
	t.Deadline = w.conv.Offer.Until()
	w.transfers = append(w.transfers, t)
	return Result{Transfer: t}, nil
}

// ledger fills in what every line of the ledger has.
func (w *work) ledger(t Transfer) Transfer {
	c := w.conv
	t.ID = "x-" + w.d.cfg.NewID()
	t.Domain, t.Conversation, t.Session = c.Domain, c.Local, c.Session
	t.Mode = cmp.Or(t.Mode, ModeWarm)
	t.Info, t.Through, t.At = c.Info, c.Seq, w.now
	return t
}

// targets returns who may take the session, in the order they are asked.
func (w *work) targets(t Target) (who []handoff.Party, all bool, err error) {
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
		}
		return []handoff.Party{t.Agent}, false, w.free(a)
	}
	q, ok := dir.Queue(t.Queue)
	if !ok {
		return nil, false, refuse(ErrHidden, "There is no queue %q here.", t.Queue)
	}
	who = w.candidates(t.Queue, t.Skill)
	if len(who) == 0 {
		return nil, false, refuse(ErrUnavailable, "Nobody of %s can take a chat now.", dir.Title(t.Queue))
	}
	return who, q.RingAll, nil
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
		return refuse(handoff.ErrNoSession, "Session %s is over.", session)
	case s != Holder:
		return refuse(handoff.ErrNotHolder, "You do not hold this session.")
	}
	return nil
}

// Answer names the offer that somebody answers.
type Answer struct {
	By     handoff.Party
	Local  string // the conversation; empty: whichever rings for By
	ID     string // the transfer; empty: the one that rings for By
	Number int64  // the conversation's short number, instead of Local; 0: none
}

// offer loads the conversation an answer is about and fills in the transfer.
func (w *work) offer(a *Answer) error {
	if a.Local == "" {
		local, err := w.pick(a.By, a.Number)
		if err != nil {
			return err
		}
		a.Local = local
	}
	if err := w.byLocal(a.Local); err != nil {
		return err
	}
	if a.ID == "" && w.conv.Offer.Rings(a.By) {
		a.ID = w.conv.Offer.ID
	}
	if a.ID == "" {
		if s, err := w.standing(a.By); err != nil || s == Stranger {
			return cmp.Or(err, error(ErrHidden))
		}
		return refuse(handoff.ErrOver, "No offer of this conversation is open for you.")
	}
	return nil
}

// pick finds the conversation whose offer rings for an agent.
func (w *work) pick(by handoff.Party, number int64) (string, error) {
	var ringing []Conversation
	for local := range w.d.busy[by] {
		if c := w.d.convs[local]; c.Offer.Rings(by) && (number == 0 || c.Number == number) {
			ringing = append(ringing, *c)
		}
	}
	switch {
	case len(ringing) == 1:
		return ringing[0].Local, nil
	case number != 0:
		return "", refuse(handoff.ErrOver, "No offer #%d is open for you.", number)
	case len(ringing) == 0:
		return "", refuse(handoff.ErrOver, "No offer is open for you.")
	}
	sortByNumber(ringing)
	var tags []string
	for _, c := range ringing {
		tags = append(tags, fmt.Sprintf("%d (%s)", c.Number, c.Name))
	}
	return "", refuse(ErrWhich, "Several offers are open. Add the number: %s.", strings.Join(tags, ", "))
}

// ErrWhich means that a number is needed to say which offer is meant.
var ErrWhich = errors.New("desk: several offers are open")

// Accept takes an offered session.
type Accept struct{ Answer }

func (r Accept) apply(w *work) (Result, error) {
	if err := w.offer(&r.Answer); err != nil {
		return Result{}, err
	}
	if err := w.step(handoff.Accept{ID: r.ID, By: r.By}, nil); err != nil {
		return Result{}, w.answered(r.ID, r.By, err)
	}
	if !w.changed { // said again
		return Result{Duplicate: true}, nil
	}
	t, err := w.transfer(r.ID)
	if err != nil {
		return Result{}, err
	}
	if t.Target.Queue != "" {
		w.conv.Queue = t.Target.Queue
	}
	return Result{Transfer: t}, nil
}

// transfer returns a line of the ledger, of this batch's too.
func (w *work) transfer(id string) (Transfer, error) {
	for _, t := range w.b.Transfers {
		if t.ID == id {
			return t, nil
		}
	}
	t, err := w.d.cfg.Store.TransferByID(w.ctx, w.d.cfg.Domain, id)
	if err != nil {
		return t, errors.Join(ErrStore, err)
	}
	return t, nil
}

// Decline lets an offer pass.
type Decline struct {
	Answer
	Reason string
}

func (r Decline) apply(w *work) (Result, error) {
	if err := w.offer(&r.Answer); err != nil {
		return Result{}, err
	}
	if err := w.pass(handoff.Decline{ID: r.ID, By: r.By, Reason: r.Reason}); err != nil {
		return Result{}, w.answered(r.ID, r.By, err)
	}
	return Result{}, nil
}

// answered makes of a refused answer what its author may know: who was never
// asked does not learn that there is such an offer.
func (w *work) answered(id string, by handoff.Party, err error) error {
	s, serr := w.standing(by)
	if serr != nil {
		return serr
	}
	outcomes, oerr := w.d.cfg.Store.Outcomes(w.ctx, w.d.cfg.Domain, id)
	if oerr != nil {
		return errors.Join(ErrStore, oerr)
	}
	for _, o := range w.b.Outcomes { // and those of the same batch
		if o.Transfer == id {
			outcomes = append(outcomes, o)
		}
	}
	taken, asked := handoff.Party(""), slices.Contains(w.conv.Offer.Passed, by)
	for _, o := range outcomes {
		if o.Conversation != w.conv.Local {
			return ErrHidden
		}
		asked = asked || o.To == by
		if o.State == handoff.Accepted {
			taken = o.By
		}
	}
	switch {
	case s == Stranger && !asked:
		return ErrHidden
	case errors.Is(err, handoff.ErrNotTarget):
		return refuse(err, "This offer is for somebody else.")
	case taken == by:
		return refuse(handoff.ErrOver, "You took this session and no longer hold it.")
	case taken != "":
		return refuse(handoff.ErrAnswered, "%s has taken this session.", w.d.Directory().NameOf(taken))
	case len(outcomes) == 0 && errors.Is(err, handoff.ErrUnknown):
		return refuse(err, "There is no such offer.")
	}
	return refuse(handoff.ErrOver, "This offer is over.")
}

// Cancel takes an offer back.
type Cancel struct {
	Local string
	ID    string // empty: the open one
	By    handoff.Party
}

func (r Cancel) apply(w *work) (Result, error) {
	if err := w.commanded(r.Local, "", r.By); err != nil {
		return Result{}, err
	}
	id := cmp.Or(r.ID, w.conv.Offer.ID)
	if id == "" {
		return Result{}, refuse(handoff.ErrOver, "There is no open transfer to cancel.")
	}
	if err := w.step(handoff.Cancel{ID: id, By: r.By}, nil); err != nil {
		return Result{}, w.answered(id, r.By, err)
	}
	return Result{}, nil
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
		if err := w.commanded(r.Local, r.Session, r.By); err != nil {
			return Result{}, err
		}
	} else if err := w.byCaller(r.Entry, r.By); err != nil {
		return Result{}, err
	} else if r.Session != "" && r.Session != w.conv.SessionID() {
		return Result{}, refuse(handoff.ErrNoSession, "Session %s is over.", r.Session)
	}
	err := w.step(handoff.Disconnect{By: r.By, Reason: r.Reason}, nil)
	if errors.Is(err, handoff.ErrNoSession) {
		return Result{}, refuse(err, "The session has ended already.")
	}
	return Result{}, err
}

func sortByNumber(cs []Conversation) {
	slices.SortFunc(cs, func(a, b Conversation) int { return cmp.Compare(a.Number, b.Number) })
}
