// Package smpp is one bind to a message centre: SMPP 3.4 as a transceiver
// (section numbers in this package are of that specification). PDUs are those of
// gosmpp; the session is ours, because that library's acknowledges what nobody
// kept yet, gives up when the first bind fails, and ends the stream at the first
// PDU that it cannot read. Text is package gsm's.
package smpp

import (
	"cmp"
	"context"
	"crypto/tls"
	"log/slog"
	"net"
	"time"
)

// Alphabet is what a message centre means by a data_coding that every one
// understands differently (§5.2.19).
type Alphabet string

// The alphabets that data_coding 0 and 1 are in use for.
const (
	GSM    Alphabet = "gsm7"        // the phones' alphabet, one septet an octet
	Packed Alphabet = "gsm7-packed" // the same, eight septets in seven octets
	ASCII  Alphabet = "ascii"
	Latin1 Alphabet = "latin1"
	UTF8   Alphabet = "utf8"
)

// Long is how a text of several segments is sent.
type Long string

// The ways of sending a long text.
const (
	Header8  Long = "udh"     // a header in each segment, numbered with 8 bits
	Header16 Long = "udh16"   // the same with 16 bits
	Payload  Long = "payload" // whole, in message_payload (§5.3.2.32); the centre cuts it
)

// IDs is how the identifiers in delivery receipts relate to those that
// submissions are answered with.
type IDs string

// The ways in use. Identifiers are compared without leading zeros.
const (
	SameIDs IDs = "same"
	Decimal IDs = "decimal" // receipts have in decimal what the answer had in hexadecimal
	Hex     IDs = "hex"     // receipts have in hexadecimal what the answer had in decimal
)

// Config says how to bind.
type Config struct {
	Name     string
	Address  string      // host:port
	TLS      *tls.Config // nil: none
	SystemID string
	Password string
	Type     string // system_type

	Window  int           // submissions not answered yet; 0: 10
	Every   time.Duration // between two submissions at least; 0: no pause
	Enquire time.Duration // silence after which the link is tried; 0: 30 s
	Timeout time.Duration // for an answer; 0: 10 s
	Retry   time.Duration // before the second attempt to bind, doubled for further ones up to 30 times; 0: 1 s

	Coding0, Coding1 Alphabet // "": GSM, ASCII
	Long             Long     // "": Header8
	ReceiptIDs       IDs      // "": SameIDs
	Country          string   // "+49": of numbers that come in national form; "": none do

	Log  *slog.Logger
	Dial func(ctx context.Context, address string) (net.Conn, error) // nil: by TCP
}

func (c Config) withDefaults() Config {
	c.Window = cmp.Or(c.Window, 10)
	c.Enquire = cmp.Or(c.Enquire, 30*time.Second)
	c.Timeout = cmp.Or(c.Timeout, 10*time.Second)
	c.Retry = cmp.Or(c.Retry, time.Second)
	c.Coding0, c.Coding1 = cmp.Or(c.Coding0, GSM), cmp.Or(c.Coding1, ASCII)
	c.Long, c.ReceiptIDs = cmp.Or(c.Long, Header8), cmp.Or(c.ReceiptIDs, SameIDs)
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
	c.Log = c.Log.With("bind", c.Name)
	if c.Dial == nil {
		c.Dial = func(ctx context.Context, address string) (net.Conn, error) {
			return (&net.Dialer{}).DialContext(ctx, "tcp", address)
		}
	}
	return c
}

// settleEvery is how soon, after a message was acknowledged, the link is tried:
// the answer says that the centre has the acknowledgement.
const settleEvery = 3 * time.Second
