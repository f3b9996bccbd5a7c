package main

import (
	"context"

	"baton/integration/client"
)

// scenes is the story. The only words in it that will be on the screen are the
// titles and what the cast writes: all else is what their clients receive.
func (p *play) scenes() []scene {
	return []scene{
		{"Carol writes to support", p.carolWrites},
		{"Alice says y", p.aliceTakes},
		{"They talk", p.theyTalk},
		{"Alice hands the session to billing, with a word why", p.aliceHandsOver},
		{"Nobody answered yet, Carol writes on", p.carolWritesOn},
		{"Bob says y: the session moves, dialog and contact with it", p.bobTakes},
		{"The same session goes on with Bob", p.bobGoesOn},
		{"Alice, too late", p.aliceTooLate},
		{"Bob ends it", p.bobEnds},
	}
}

func (p *play) carol() *person { return p.cast[0] }
func (p *play) alice() *person { return p.cast[1] }
func (p *play) bob() *person   { return p.cast[2] }

func (p *play) carolWrites(ctx context.Context) error {
	carol, alice := p.carol(), p.alice()
	if err := p.writes(ctx, carol, demoSupport, "Hi, I was charged twice for order 4711.", dialog); err != nil {
		return err
	}
	return p.await(ctx,
		expectation{carol, "the greeting", client.Message(demoSupport, "")},
		expectation{alice, "the offer", client.Message(demoDesk, "Reply y or n")})
}

func (p *play) aliceTakes(ctx context.Context) error {
	alice := p.alice()
	if err := p.writes(ctx, alice, demoDesk, "y", command); err != nil {
		return err
	}
	if err := p.handed(ctx, alice); err != nil {
		return err
	}
	return p.await(ctx, settled(alice))
}

// handed waits until somebody has the session: the message it begins with, and
// the contact.
func (p *play) handed(ctx context.Context, who *person) error {
	handover, err := who.ExpectSince(ctx, who.shown, "the handover message", isHandover)
	if err != nil {
		return err
	}
	p.contact = bareOf(handover.From)
	return p.await(ctx, expectation{who, "the contact", client.Roster(p.contact, "both")})
}

// settled: the question of the transfer desk has been corrected.
func settled(who *person) expectation {
	return expectation{who, "the corrected offer", client.Containing("urn:xmpp:message-correct:0", "replace")}
}

func (p *play) theyTalk(ctx context.Context) error {
	carol, alice := p.carol(), p.alice()
	if err := p.relayed(ctx, alice, p.contact, carol, "Hello Carol, let me look. Yes, it was paid twice."); err != nil {
		return err
	}
	return p.relayed(ctx, carol, demoSupport, alice, "Can I have one back?")
}

// relayed has somebody write a line and waits until it is where it must come.
func (p *play) relayed(ctx context.Context, from *person, to string, at *person, text string) error {
	if err := p.writes(ctx, from, to, text, dialog); err != nil {
		return err
	}
	return p.await(ctx, expectation{at, from.name + "'s line", client.Message("", text)})
}

func (p *play) aliceHandsOver(ctx context.Context) error {
	alice, bob := p.alice(), p.bob()
	if err := p.writes(ctx, alice, p.contact, "!transfer billing wants a refund", command); err != nil {
		return err
	}
	return p.await(ctx,
		expectation{alice, "the answer", client.Message(p.contact, "Offered to Billing")},
		expectation{bob, "the offer with the dialog", client.Message(demoDesk, "Reply y or n")})
}

func (p *play) carolWritesOn(ctx context.Context) error {
	return p.relayed(ctx, p.carol(), demoSupport, p.alice(), "The second one is of this morning,")
}

func (p *play) bobTakes(ctx context.Context) error {
	carol, alice, bob := p.carol(), p.alice(), p.bob()
	if err := p.writes(ctx, bob, demoDesk, "y", command); err != nil {
		return err
	}
	if err := p.handed(ctx, bob); err != nil {
		return err
	}
	if err := p.await(ctx, expectation{carol, "the notice", client.Message(demoSupport, "You are now talking with")}); err != nil {
		return err
	}
	// She ends the sentence that she began with Alice.
	if err := p.writes(ctx, carol, demoSupport, "49.90, by card.", dialog); err != nil {
		return err
	}
	return p.await(ctx, settled(bob),
		expectation{bob, "the rest of Carol's sentence", client.Message(p.contact, "by card")},
		expectation{alice, "the outcome", client.Containing(nsHandoff, "outcome")},
		expectation{alice, "the contact gone", client.Roster(p.contact, "remove")})
}

func (p *play) bobGoesOn(ctx context.Context) error {
	carol, bob := p.carol(), p.bob()
	if err := p.relayed(ctx, bob, p.contact, carol, "Bob of billing here. 49.90 is on its way back to your card."); err != nil {
		return err
	}
	return p.relayed(ctx, carol, demoSupport, bob, "That was quick. Thank you both!")
}

func (p *play) aliceTooLate(ctx context.Context) error {
	alice := p.alice()
	if err := p.writes(ctx, alice, p.contact, "Carol, which card was it?", tooLate); err != nil {
		return err
	}
	return p.await(ctx,
		expectation{alice, "the error", client.ErrorOf("not-allowed")},
		expectation{alice, "the reason in words", client.Message(p.contact, "not delivered")})
}

func (p *play) bobEnds(ctx context.Context) error {
	carol, bob := p.carol(), p.bob()
	if err := p.writes(ctx, bob, p.contact, "!done", command); err != nil {
		return err
	}
	return p.await(ctx,
		expectation{bob, "the answer", client.Message(p.contact, "is closed")},
		expectation{bob, "the contact gone", client.Roster(p.contact, "remove")},
		expectation{carol, "the end", client.Message(demoSupport, "This chat has ended")})
}
