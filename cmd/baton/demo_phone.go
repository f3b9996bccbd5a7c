package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"baton/config"
	"baton/integration/client"
	"baton/integration/sms/smsc"
)

// Numbers of the demo, which belong to nobody.
const (
	demoNumber = "+15555550100" // the company's
	demoPhone  = "+15555550142" // Carol's
)

// addPhone starts a message centre and has the service use it.
func (s *stage) addPhone(cfg *config.Config) (err error) {
	if s.centre, err = smsc.Start(smsc.Options{Recognise: true}); err != nil {
		return err
	}
	cfg.SMS.SMPP = []config.SMPP{{Name: "demo", Address: s.centre.Addr(), SystemID: "baton", Password: "demo",
		Numbers: []string{demoNumber}}}
	return nil
}

// phoneAct plays the same once more with a customer who has nothing but a phone.
func (p *play) phoneAct(ctx context.Context) error {
	phone := &person{id: "carol", name: "Carol's phone", part: "text messages", number: demoPhone, chats: map[string]string{}}
	people := p.cast
	defer func() { p.cast = people }()
	p.cast = []*person{phone, p.alice(), p.bob()}
	if err := p.until(ctx, "the message centre has no connection", func() bool { return p.centre.Bound() > 0 }); err != nil {
		return err
	}
	p.screen.row(nil)
	p.screen.cast(p.cast)
	return p.perform(ctx, []scene{
		{"Carol texts the company's number, " + demoNumber, p.carolTexts},
		{"Alice says y and answers: her phone shows it", p.aliceAnswers},
		{"Alice hands on to billing", p.aliceHandsOver},
		{"Bob says y, and answers at length", p.bobTexts},
		{"Bob ends it; the phone is spared a notice", p.bobCloses},
	})
}

func (p *play) carolTexts(ctx context.Context) error {
	if err := p.writes(ctx, p.carol(), demoNumber, "Me again, by phone: has the money left? 👍", dialog); err != nil {
		return err
	}
	return p.await(ctx, expectation{p.alice(), "the offer", client.Message(demoDesk, "Reply y or n")})
}

func (p *play) aliceAnswers(ctx context.Context) error {
	if err := p.aliceTakes(ctx); err != nil {
		return err
	}
	p.collect() // the contact's name is known
	const answer = "It leaves today."
	if err := p.writes(ctx, p.alice(), p.contact, answer, dialog); err != nil {
		return err
	}
	return p.arrives(ctx, p.carol(), answer)
}

func (p *play) bobTexts(ctx context.Context) error {
	alice, bob := p.alice(), p.bob()
	if err := p.writes(ctx, bob, demoDesk, "y", command); err != nil {
		return err
	}
	if err := p.handed(ctx, bob); err != nil {
		return err
	}
	if err := p.await(ctx, settled(bob), expectation{alice, "the contact gone", client.Roster(p.contact, "remove")}); err != nil {
		return err
	}
	p.collect()
	const answer = "Hello Carol, Bob of billing again. The 49.90 € left this morning at 9:14 and reach your card by Thursday. " +
		"Should they not, answer here: you need not tell anybody of us the story again."
	if err := p.writes(ctx, bob, p.contact, answer, dialog); err != nil {
		return err
	}
	if err := p.arrives(ctx, p.carol(), answer); err != nil {
		return err
	}
	return p.await(ctx, expectation{bob, "how many messages it took", client.Message(p.contact, "text messages")})
}

func (p *play) bobCloses(ctx context.Context) error {
	bob := p.bob()
	if err := p.writes(ctx, bob, p.contact, "!done", command); err != nil {
		return err
	}
	return p.await(ctx,
		expectation{bob, "the answer", client.Message(p.contact, "is closed")},
		expectation{bob, "the contact gone", client.Roster(p.contact, "remove")})
}

// arrives waits until a phone shows a text.
func (p *play) arrives(ctx context.Context, phone *person, text string) error {
	return p.until(ctx, fmt.Sprintf("the phone does not show %q", text), func() bool {
		return slices.ContainsFunc(p.centre.Shown(phone.number), func(m smsc.Shown) bool { return m.Text == text })
	})
}

// until waits for something that tells nobody when it happens; vain says that it
// did not.
func (p *play) until(ctx context.Context, vain string, happened func() bool) error {
	late := time.NewTimer(20 * time.Second)
	defer late.Stop()
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for !happened() {
		select {
		case <-tick.C:
		case <-late.C:
			return errors.New(vain)
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	}
	return nil
}

// texted makes entries of what a phone shows since last time.
func (p *play) texted(phone *person) (out []entry) {
	all := p.centre.Shown(phone.number)
	for _, m := range all[phone.seen:] {
		author := ""
		for _, l := range p.lines {
			if l.text == m.Text {
				author = l.by.id
			}
		}
		out = append(out, entry{At: time.Now(), Who: phone.id, Kind: got, Chat: demoNumber, Author: author, Text: m.Text})
	}
	phone.seen = len(all)
	return out
}
