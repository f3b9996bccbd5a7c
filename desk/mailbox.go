package desk

import (
	"context"
	"time"

	"baton/handoff"
)

// Mailbox is what the web channel keeps, beside [Store]: what each caller's page
// shows, in the order in which it was put there, who may read it, and files.
type Mailbox interface {
	// PostWeb puts events into their mailboxes, all or none. One whose Item is
	// there already, or whose conversation is not, changes nothing.
	PostWeb(ctx context.Context, domain string, events []WebEvent) error
	// WebEvents returns up to limit events of a conversation behind the one
	// numbered after, oldest first.
	WebEvents(ctx context.Context, domain, local string, after uint64, limit int) ([]WebEvent, error)
	// UnpostedWeb returns callers' lines that are in no mailbox: the program
	// ended between their commit and PostWeb.
	UnpostedWeb(ctx context.Context, domain string) ([]Line, error)

	// OpenWebSession keeps a session. Where one with the same Start began not
	// before since, that one gets the new token and is returned; ErrConflict
	// when it began earlier.
	OpenWebSession(ctx context.Context, s WebSession, since time.Time) (WebSession, error)
	// WebSession finds a session by its token and notes that it was used at
	// that time; ErrNotFound when there is none that was used since.
	WebSession(ctx context.Context, token []byte, at, since time.Time) (WebSession, error)

	// AddWebFile and WebFile keep and find what is known of a file, by its Key.
	AddWebFile(ctx context.Context, f WebFile) error
	WebFile(ctx context.Context, key string) (WebFile, error)
	// WebFiles returns the keys of all files and how many bytes they have.
	WebFiles(ctx context.Context) (keys []string, bytes int64, err error)

	// RateWeb keeps what a caller thought of a session, instead of what they
	// said before.
	RateWeb(ctx context.Context, domain, local string, r WebRating) error
}

// WebEvent is an entry of a mailbox.
type WebEvent struct {
	Local string // the conversation's
	ID    uint64 // its place in the mailbox, from 1; set by the store
	Item  string // what it shows: never there twice
	Kind  string
	At    time.Time
	Data  []byte // JSON
}

// WebSession is a browser that may write as a caller and read what they were
// told.
type WebSession struct {
	Token    []byte // SHA-256 of the secret that the browser has
	Start    []byte // SHA-256 of what it began with, so that a repeated request begins no second one
	Domain   string
	Entry    string
	Party    handoff.Party
	Name     string
	Lang     string
	Verified bool // the site vouches for who it is
	Began    time.Time
	Used     time.Time
}

// WebFile is a file that a caller sent.
type WebFile struct {
	Key   string // 256 random bits
	Party handoff.Party
	Name  string
	Type  string
	Size  int64
	At    time.Time
}

// WebRating is what a caller thought of a session.
type WebRating struct {
	Session uint64
	Stars   int    // 1 to 5; 0: not said
	Email   string // where they want to be answered; may be empty
	At      time.Time
}
