package config

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

// Whatever the hours and the time zone, Opens is what somebody finds who looks at
// the clock every minute.
func TestOpensIsTheFirstOpenMinute(t *testing.T) {
	zones := []string{"Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Africa/Casablanca", "UTC", "Asia/Kathmandu"}
	// Around these days clocks change somewhere.
	days := []time.Time{time.Date(2026, 3, 29, 0, 0, 0, 0, time.UTC), time.Date(2026, 10, 25, 0, 0, 0, 0, time.UTC),
		time.Date(2026, 11, 1, 0, 0, 0, 0, time.UTC), time.Date(2026, 4, 4, 0, 0, 0, 0, time.UTC), time.Date(2026, 7, 1, 0, 0, 0, 0, time.UTC)}
	rapid.Check(t, func(t *rapid.T) {
		h := someHours(zones).Draw(t, "hours")
		at := rapid.SampledFrom(days).Draw(t, "day").Add(time.Duration(rapid.IntRange(-3*1440, 3*1440).Draw(t, "minute")) * time.Minute)
		want := at
		for i := 0; !h.Open(want) && i < 9*1440; i++ {
			want = want.Add(time.Minute)
		}
		require.True(t, h.Opens(at).Equal(want), "%s: from %s on: %s, want %s", h, at, h.Opens(at), want)
	})
}

// someHours makes hours as people may write them: those that ParseHours takes.
func someHours(zones []string) *rapid.Generator[Hours] {
	clock := func(most int) *rapid.Generator[string] {
		return rapid.Map(rapid.OneOf(rapid.IntRange(0, most), rapid.IntRange(60, 210)), func(m int) string {
			return fmt.Sprintf("%02d:%02d", m/60, m%60)
		})
	}
	text := rapid.Custom(func(t *rapid.T) string {
		var rules []string
		for range rapid.IntRange(1, 2).Draw(t, "rules") {
			rules = append(rules, rapid.SampledFrom([]string{"mo-fr", "su", "sa-su", "sa", "mo-su"}).Draw(t, "days")+" "+
				clock(1439).Draw(t, "from")+"-"+clock(1440).Draw(t, "to"))
		}
		return strings.Join(rules, ", ") + " " + rapid.SampledFrom(zones).Draw(t, "zone")
	}).Filter(func(text string) bool { _, err := ParseHours(text); return err == nil })
	return rapid.Map(text, func(text string) Hours {
		h, err := ParseHours(text)
		if err != nil {
			panic(err) // it was filtered
		}
		return h
	})
}

// The examples of DST in words.
func TestOpensWhereClocksChange(t *testing.T) {
	berlin, err := time.LoadLocation("Europe/Berlin")
	require.NoError(t, err)
	for _, tc := range []struct{ hours, at, want string }{
		{"mo-fr 09:00-17:00 Europe/Berlin", "2026-03-27 17:00", "2026-03-30 09:00"}, // the night from 28 to 29 is an hour short
		{"mo-fr 09:00-17:00 Europe/Berlin", "2026-03-27 16:59", "2026-03-27 16:59"},
		{"su 02:30-04:00 Europe/Berlin", "2026-03-28 12:00", "2026-03-29 03:00"}, // there is no 02:30: at three it is past it
		{"su 02:10-02:20 Europe/Berlin", "2026-03-28 12:00", "2026-04-05 02:10"}, // left out that night
		{"sa 22:00-02:00, mo 09:00-10:00 Europe/Berlin", "2026-10-25 12:00", "2026-10-26 09:00"},
		{"mo-fr 09:00-17:00 Europe/Berlin", "2026-10-23 17:00", "2026-10-26 09:00"},
	} {
		h, err := ParseHours(tc.hours)
		require.NoError(t, err)
		at, err := time.ParseInLocation("2006-01-02 15:04", tc.at, berlin)
		require.NoError(t, err)
		require.Equal(t, tc.want, h.Opens(at).In(berlin).Format("2006-01-02 15:04"), "%s from %s", tc.hours, tc.at)
	}
	// 02:30 comes twice: at the first one the queue opens, at three o'clock that is two again it is closed.
	h, err := ParseHours("su 02:30-02:45 Europe/Berlin")
	require.NoError(t, err)
	first := h.Opens(time.Date(2026, 10, 25, 0, 0, 0, 0, time.UTC))
	require.Equal(t, "00:30", first.UTC().Format("15:04"))
	require.Equal(t, "01:30", h.Opens(first.Add(20*time.Minute)).UTC().Format("15:04"))
}

func TestAlwaysOpen(t *testing.T) {
	at := time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)
	require.Equal(t, at, Hours{}.Opens(at))
}
