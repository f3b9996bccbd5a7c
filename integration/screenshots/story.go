package main

import (
	"context"
	"fmt"
	"path/filepath"

	"baton/integration/client"
)

// scene is a piece of the story, and the picture that is taken when it has been played.
type scene struct {
	picture string
	part    string                                          // of the window, as ImageMagick writes it
	play    func(context.Context) (*desktop, string, error) // whose screen, which window
}

// play is the story: Carol writes to support, Alice takes her in Gajim and, where Bob is at work, hands her on; he takes
// her in Dino. What they are shown is waited for in the clients' own databases.
func (w *world) play(ctx context.Context, to string) error {
	scenes := []scene{
		{"gajim-offer.png", whole, w.offer},
		{"gajim-chat.png", whole, w.talk},
		{"gajim-commands.png", whole, w.commands},
		{"gajim-contacts.png", "680x620+0+0", w.contacts},
	}
	if w.bob != nil {
		scenes = append(scenes, []scene{
			{"dino-offer.png", inside(dinoOfferHeight), w.handOn},
			{"dino-handover.png", inside(dinoHeight), w.handover},
			{"gajim-outcome.png", whole, w.outcome},
		}...)
	}
	for _, s := range scenes {
		d, window, err := s.play(ctx)
		if err != nil {
			return err
		}
		file := filepath.Join(to, s.picture)
		if err := d.picture(ctx, window, s.part, file); err != nil {
			return err
		}
		if err := shrink(ctx, file); err != nil {
			return err
		}
		w.log.Info("taken", "picture", file)
	}
	if w.bob != nil {
		if err := w.noDialogs(ctx, w.bob.desktop); err != nil {
			return err
		}
	}
	return w.noDialogs(ctx, w.alice.desktop)
}

// inside is Dino's window without the frame.
func inside(height int) string {
	return fmt.Sprintf("%dx%d+%d+%d", 2*(dinoWidth-dinoFrame), 2*(height-dinoFrame), dinoFrame, dinoFrame)
}

// The heights of windows in which less is said than in the others.
const (
	gajimOfferHeight = 380
	gajimChatHeight  = 450
	dinoOfferHeight  = 330
)

// noDialogs fails if a client has opened a window of its own accord.
func (w *world) noDialogs(ctx context.Context, d *desktop) error {
	titles, err := d.titles(ctx)
	if err == nil && len(titles) != 1 {
		err = fmt.Errorf("one window should be open, there are: %q", titles)
	}
	return err
}

func (w *world) offer(ctx context.Context) (*desktop, string, error) {
	if _, err := w.carol.Send(support, "Hi, I was charged twice for order 4711."); err != nil {
		return nil, "", err
	}
	if _, err := w.alice.has(ctx, "Reply y or n"); err != nil {
		return nil, "", err
	}
	if err := w.alice.pictures(ctx, 1); err != nil {
		return nil, "", err
	}
	if err := w.alice.tall(ctx, gajimOfferHeight); err != nil {
		return nil, "", err
	}
	return w.alice.desktop, w.alice.window, w.alice.open(ctx, desk)
}

func (w *world) talk(ctx context.Context) (_ *desktop, _ string, err error) {
	alice := w.alice
	if err := alice.writes(ctx, alice.window, "y"); err != nil {
		return nil, "", err
	}
	if w.contact, err = alice.conversation(ctx); err != nil {
		return nil, "", err
	}
	if err := alice.pictures(ctx, 2); err != nil {
		return nil, "", err
	}
	if err := alice.tall(ctx, gajimChatHeight); err != nil {
		return nil, "", err
	}
	if err := alice.open(ctx, w.contact); err != nil {
		return nil, "", err
	}
	const hello = "Hello Carol, let me look. Yes, it was paid twice."
	if err := alice.writes(ctx, alice.window, hello); err != nil {
		return nil, "", err
	}
	if _, err := w.carol.ExpectSince(ctx, 0, "Alice's line", client.Message(support, hello)); err != nil {
		return nil, "", err
	}
	if _, err := w.carol.Send(support, "Can I have one back?"); err != nil {
		return nil, "", err
	}
	_, err = alice.has(ctx, "Can I have one back?")
	return alice.desktop, alice.window, err
}

func (w *world) commands(ctx context.Context) (*desktop, string, error) {
	window, err := w.alice.commands(ctx, w.contact)
	return w.alice.desktop, window, err
}

func (w *world) contacts(ctx context.Context) (*desktop, string, error) {
	if err := w.alice.closeCommands(ctx); err != nil {
		return nil, "", err
	}
	if err := w.alice.tall(ctx, gajimHeight); err != nil {
		return nil, "", err
	}
	return w.alice.desktop, w.alice.window, w.alice.contacts(ctx)
}

func (w *world) handOn(ctx context.Context) (*desktop, string, error) {
	if err := w.alice.open(ctx, w.contact); err != nil {
		return nil, "", err
	}
	if err := w.alice.writes(ctx, w.alice.window, "!transfer billing wants a refund"); err != nil {
		return nil, "", err
	}
	if _, err := w.alice.has(ctx, "Offered to Billing"); err != nil {
		return nil, "", err
	}
	if _, err := w.bob.has(ctx, "Reply y or n"); err != nil {
		return nil, "", err
	}
	if err := w.bob.tall(ctx, dinoOfferHeight); err != nil {
		return nil, "", err
	}
	return w.bob.desktop, w.bob.window, w.bob.open(ctx, desk)
}

func (w *world) handover(ctx context.Context) (*desktop, string, error) {
	bob := w.bob
	if err := bob.tall(ctx, dinoHeight); err != nil {
		return nil, "", err
	}
	if err := bob.writes(ctx, bob.window, "y"); err != nil {
		return nil, "", err
	}
	if _, err := w.carol.ExpectSince(ctx, 0, "the notice", client.Message(support, "You are now talking with")); err != nil {
		return nil, "", err
	}
	contact, err := bob.conversation(ctx)
	if err != nil {
		return nil, "", err
	}
	if err := bob.open(ctx, contact); err != nil {
		return nil, "", err
	}
	if err := bob.writes(ctx, bob.window, "Bob of billing here. 49.90 is on its way back to your card."); err != nil {
		return nil, "", err
	}
	if _, err := w.carol.ExpectSince(ctx, 0, "Bob's line", client.Message(support, "Bob of billing")); err != nil {
		return nil, "", err
	}
	if _, err := w.carol.Send(support, "That was quick. Thank you both!"); err != nil {
		return nil, "", err
	}
	_, err = bob.has(ctx, "Thank you both!")
	return bob.desktop, bob.window, err
}

func (w *world) outcome(ctx context.Context) (*desktop, string, error) {
	_, err := w.alice.has(ctx, "Transferred")
	return w.alice.desktop, w.alice.window, err
}
