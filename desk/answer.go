package desk

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"

	"baton/handoff"
)

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
	for c := range w.d.sessionsOf(by) {
		if c.Offer.Rings(by) && (number == 0 || c.Number == number) {
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
	for _, c := range ringing[:min(len(ringing), maxNamed)] {
		tags = append(tags, fmt.Sprintf("%d (%s)", c.Number, c.Name))
	}
	if more := len(ringing) - maxNamed; more > 0 {
		return "", refuse(ErrWhich, "Several offers are open. Add the number: %s, and %d more.", strings.Join(tags, ", "), more)
	}
	return "", refuse(ErrWhich, "Several offers are open. Add the number: %s.", strings.Join(tags, ", "))
}

// maxNamed is how many offers are named to whoever has to say which one they mean.
const maxNamed = 20

// ErrWhich means that a number is needed to say which offer is meant.
var ErrWhich = errors.New("desk: several offers are open")

// Accept takes an offered session.
type Accept struct{ Answer }

func (r Accept) apply(w *work) (Result, error) {
	if err := w.offer(&r.Answer); err != nil {
		return Result{}, err
	}
	if err := w.maker(r.Answer); err != nil {
		return Result{}, err
	}
	if o := w.conv.Offer; (o.Mode == handoff.Join || o.Mode == handoff.Consult) && o.Rings(r.By) && w.d.dismissed(r.By) {
		return Result{}, ErrHidden
	}
	if err := w.step(handoff.Accept{ID: r.ID, By: r.By}, nil); err != nil {
		return Result{}, w.answered(r.ID, r.By, err)
	}
	if !w.changed { // said again
		return Result{Duplicate: true}, nil
	}
	return w.accepted(r.ID, r.By)
}

// accepted puts a session that was accepted where it belongs.
func (w *work) accepted(id string, by handoff.Party) (Result, error) {
	t, err := w.transfer(id)
	if err != nil {
		return Result{}, err
	}
	if t.Mode == handoff.Reclaimed.String() {
		w.home()
	}
	if t.Target.Queue != "" && w.conv.Holder == by { // a guest's coming moves nothing
		w.conv.Queue, w.conv.Route.Skill = t.Target.Queue, t.Target.Skill
	}
	return Result{Transfer: t}, nil
}

// maker refuses to give a session back to who has no room for it any more.
func (w *work) maker(a Answer) error {
	o := w.conv.Offer
	if o.Mode != handoff.Reclaimed || o.ID != a.ID || !o.Rings(a.By) {
		return nil
	}
	by, is := w.d.Directory().Agent(o.By)
	switch {
	case !is: // removed a moment ago: the offer has not been taken back yet
		return refuse(handoff.ErrOver, "This offer is over.")
	case w.conv.Has(o.By):
		return nil
	}
	return w.room(by)
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
	case taken == by && w.conv.Has(by):
		return refuse(handoff.ErrOver, "You took this session: it is yours.")
	case taken == by:
		return refuse(handoff.ErrOver, "You took this session and no longer hold it.")
	case taken != "":
		return refuse(handoff.ErrAnswered, "%s has taken this session.", w.d.Directory().NameOf(taken))
	case len(outcomes) == 0 && errors.Is(err, handoff.ErrUnknown):
		return refuse(err, "There is no such offer.")
	}
	return refuse(handoff.ErrOver, "This offer is over.")
}

// Cancel takes an offer back, or ends a consultation; where that has ended
// already, it says that the holder knows.
type Cancel struct {
	Local string
	ID    string // empty: the open one
	By    handoff.Party
}

func (r Cancel) apply(w *work) (Result, error) {
	if err := w.byLocal(r.Local); err != nil {
		return Result{}, err
	}
	asked := w.conv.Offer.Open() && w.conv.Offer.Mode == handoff.Reclaimed
	if !asked || w.conv.Offer.By != r.By { // else somebody no longer asks for it back
		if err := w.commanded(r.Local, "", r.By); err != nil {
			return Result{}, err
		}
	}
	id := cmp.Or(r.ID, w.conv.Offer.ID)
	if asked && w.conv.Offer.By != r.By && r.ID == "" {
		id = "" // the holder's to answer
	}
	switch {
	case w.conv.Aside != "" && (id == "" || w.consultation(id)):
		return Result{Resumed: true}, w.step(handoff.Part{By: r.By, Who: w.conv.Aside}, nil)
	case w.conv.Quiet && (id == "" || w.consultation(id)):
		return Result{Resumed: true}, w.step(handoff.Resume{By: r.By}, nil)
	case id == "" && asked:
		return Result{}, w.refused(handoff.ErrTransfer)
	case id == "":
		return Result{}, refuse(handoff.ErrOver, "There is no open transfer to cancel.")
	}
	if err := w.step(handoff.Cancel{ID: id, By: r.By}, nil); err != nil {
		return Result{}, w.answered(id, r.By, err)
	}
	return Result{}, nil
}

// consultation reports whether id is a consultation of this session, not the
// offer that is open.
func (w *work) consultation(id string) bool {
	t, err := w.transfer(id)
	return err == nil && id != w.conv.Offer.ID && t.Conversation == w.conv.Local && t.Session == w.conv.Session &&
		t.Mode == handoff.Consult.String()
}

func sortByNumber(cs []Conversation) {
	slices.SortFunc(cs, func(a, b Conversation) int { return cmp.Compare(a.Number, b.Number) })
}
