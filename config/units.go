package config

import (
	"fmt"
	"math"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/dustin/go-humanize"
)

// hint is an error that says what to write.
type hint string

func (h hint) Error() string { return string(h) }

// ByteSize is a number of bytes, written 64KiB, 1MiB, 16kB or as a bare number.
type ByteSize int64

// UnmarshalText implements encoding.TextUnmarshaler.
func (b *ByteSize) UnmarshalText(text []byte) error {
	n, err := humanize.ParseBytes(string(text))
	if err != nil || n > math.MaxInt64 {
		return wantedHint[ByteSize]()
	}
	*b = ByteSize(n)
	return nil
}

// MarshalText implements encoding.TextMarshaler.
func (b ByteSize) MarshalText() ([]byte, error) { return []byte(b.String()), nil }

// String writes the size in the largest unit that loses nothing.
func (b ByteSize) String() string {
	switch {
	case b != 0 && b%(1<<20) == 0:
		return fmt.Sprintf("%dMiB", int64(b)>>20)
	case b != 0 && b%(1<<10) == 0:
		return fmt.Sprintf("%dKiB", int64(b)>>10)
	}
	return fmt.Sprintf("%dB", int64(b))
}

// Rate is so many per second, minute or hour, written 20/s, 100/m, 1000/h.
type Rate struct {
	Count int
	Per   time.Duration
}

var ratePattern = regexp.MustCompile(`^([0-9]{1,9})/([smh])$`)

// UnmarshalText implements encoding.TextUnmarshaler.
func (r *Rate) UnmarshalText(text []byte) error {
	m := ratePattern.FindStringSubmatch(string(text))
	if m == nil {
		return wantedHint[Rate]()
	}
	per := map[string]time.Duration{"s": time.Second, "m": time.Minute, "h": time.Hour}[m[2]]
	count, err := strconv.Atoi(m[1])
	*r = Rate{Count: count, Per: per}
	return err
}

// MarshalText implements encoding.TextMarshaler.
func (r Rate) MarshalText() ([]byte, error) { return []byte(r.String()), nil }

// String writes the rate as the file does.
func (r Rate) String() string {
	unit := map[time.Duration]string{time.Second: "s", time.Minute: "m", time.Hour: "h"}[r.Per]
	return strconv.Itoa(r.Count) + "/" + unit
}

// ShareMode is how much of the dialog a target sees.
type ShareMode string

// Share modes.
const (
	ShareAll  ShareMode = "all"
	ShareNone ShareMode = "none"
	ShareLast ShareMode = "last"
)

// Share is how much of the dialog moves with a transfer, written all, none or last 20.
type Share struct {
	Mode ShareMode
	Last int // lines, with ShareLast only
}

// UnmarshalText implements encoding.TextUnmarshaler.
func (s *Share) UnmarshalText(text []byte) error {
	switch word, number, counted := strings.Cut(string(text), " "); {
	case string(text) == "all", string(text) == "none":
		*s = Share{Mode: ShareMode(text)}
		return nil
	case counted && word == "last":
		if n, err := strconv.Atoi(number); err == nil && n > 0 {
			*s = Share{Mode: ShareLast, Last: n}
			return nil
		}
	}
	return wantedHint[Share]()
}

// MarshalText implements encoding.TextMarshaler.
func (s Share) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

// String writes the share as the file does.
func (s Share) String() string {
	if s.Mode == ShareLast {
		return fmt.Sprintf("last %d", s.Last)
	}
	return string(s.Mode)
}
