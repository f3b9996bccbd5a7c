package config

import (
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
	_ "time/tzdata" // opening hours name time zones, and a small machine may have no list of them
)

// Hours are a queue's opening hours, written "mo-fr 09:00-17:00, sa 10:00-12:00 Europe/Berlin": days and times by the
// clock of one time zone of the IANA list. The end may be 24:00, or before the start, which means the day after. The zero
// value is always open. Holidays are not expressed.
type Hours struct {
	text  string
	spans []span
	zone  *time.Location
}

// span is one rule: on these days, from and to in minutes after midnight.
type span struct {
	days     [7]bool // by time.Weekday
	from, to int
}

var (
	weekdays = []string{"su", "mo", "tu", "we", "th", "fr", "sa"} // by time.Weekday
	ruleForm = regexp.MustCompile(`^([a-z]{2})(?:-([a-z]{2}))? ([0-9]{2}):([0-9]{2})-([0-9]{2}):([0-9]{2})$`)
)

// ParseHours reads opening hours; empty text is always open.
func ParseHours(text string) (Hours, error) {
	words := strings.Fields(text)
	if len(words) == 0 {
		return Hours{}, nil
	}
	last := len(words) - 1
	zone, err := time.LoadLocation(words[last])
	switch {
	case ruleForm.MatchString("mo " + words[last]):
		return Hours{}, hint(`the time zone is missing; add it at the end, for example "` + clip(text) + ` Europe/Berlin"`)
	case err != nil:
		return Hours{}, hint(strconv.Quote(clip(words[last])) + ` is no known time zone; end with one such as Europe/Berlin or UTC`)
	}
	h := Hours{text: strings.Join(words, " "), zone: zone}
	for _, rule := range strings.Split(strings.Join(words[:last], " "), ",") {
		s, ok := parseSpan(strings.ToLower(strings.TrimSpace(rule)))
		if !ok {
			return Hours{}, wantedHint[Hours]()
		}
		h.spans = append(h.spans, s)
	}
	return h, nil
}

func parseSpan(rule string) (s span, ok bool) {
	m := ruleForm.FindStringSubmatch(rule)
	if m == nil {
		return s, false
	}
	if m[2] == "" {
		m[2] = m[1]
	}
	first, end := slices.Index(weekdays, m[1]), slices.Index(weekdays, m[2])
	if first < 0 || end < 0 {
		return s, false
	}
	s.days[first] = true
	for day := first; day != end; {
		day = (day + 1) % 7
		s.days[day] = true
	}
	var fromOK, toOK bool
	s.from, fromOK = minutes(m[3], m[4])
	s.to, toOK = minutes(m[5], m[6])
	return s, fromOK && toOK && s.from != s.to && s.from < 24*60
}

func minutes(hh, mm string) (n int, ok bool) {
	h, _ := strconv.Atoi(hh) // two digits, the pattern says
	m, _ := strconv.Atoi(mm)
	return h*60 + m, m < 60 && h*60+m <= 24*60
}

// UnmarshalText implements encoding.TextUnmarshaler.
func (h *Hours) UnmarshalText(text []byte) (err error) {
	*h, err = ParseHours(string(text))
	return err
}

// MarshalText implements encoding.TextMarshaler.
func (h Hours) MarshalText() ([]byte, error) { return []byte(h.text), nil }

// String is the text the hours were read from.
func (h Hours) String() string { return h.text }

// Open says whether the queue is open at that moment.
func (h Hours) Open(at time.Time) bool {
	if len(h.spans) == 0 {
		return true
	}
	at = at.In(h.zone)
	now, today := at.Hour()*60+at.Minute(), at.Weekday()
	return slices.ContainsFunc(h.spans, func(s span) bool {
		if s.from < s.to {
			return s.days[today] && s.from <= now && now < s.to
		}
		yesterday := (today + 6) % 7
		return s.days[today] && now >= s.from || s.days[yesterday] && now < s.to
	})
}

// Opens returns the first moment from at on at which the queue is open: at itself
// while it is, the zero time where it never opens. Days on which the clocks change
// may be shorter or longer, and a time of theirs may be left out or come twice:
// the queue is open whenever a clock on the wall says so.
func (h Hours) Opens(at time.Time) time.Time {
	if h.Open(at) {
		return at
	}
	var first time.Time
	try := func(t time.Time) {
		if t.After(at) && (first.IsZero() || t.Before(first)) && h.Open(t) {
			first = t
		}
	}
	year, month, today := at.In(h.zone).Date()
	for day := range 16 { // a week, and another one should that day's opening be left out
		for _, s := range h.spans {
			t := time.Date(year, month, today+day, s.from/60, s.from%60, 0, 0, h.zone)
			_, far := t.Add(-24 * time.Hour).Zone()
			_, near := t.Add(24 * time.Hour).Zone()
			_, here := t.Zone()
			try(t)
			try(t.Add(time.Duration(here-far) * time.Second)) // a time that comes twice: Date does not promise which it is
			try(t.Add(time.Duration(here-near) * time.Second))
		}
		noon := time.Date(year, month, today+day, 12, 0, 0, 0, h.zone)
		change, _ := noon.ZoneBounds()
		try(change) // clocks are put over the opening, or back into it
	}
	return first
}
