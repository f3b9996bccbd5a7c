package config

import (
	"encoding"
	"log/slog"
	"reflect"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"mellium.im/xmpp/jid"
	"pgregory.net/rapid"
)

func mustHours(t *testing.T, text string) Hours {
	t.Helper()
	h, err := ParseHours(text)
	require.NoError(t, err)
	return h
}

func TestTexts(t *testing.T) {
	for text, want := range map[string]any{
		"64KiB": ByteSize(64 << 10), "16 kB": ByteSize(16000), "3MiB": ByteSize(3 << 20), "1000": ByteSize(1000), "0": ByteSize(0),
		"20/s": Rate{20, time.Second}, "100/m": Rate{100, time.Minute}, "1/h": Rate{1, time.Hour},
		"all": Share{Mode: ShareAll}, "none": Share{Mode: ShareNone}, "last 20": Share{ShareLast, 20},
		"sqlite:a b.db": Store{SQLite, "a b.db"}, "sqlite:/srv/x.db": Store{SQLite, "/srv/x.db"},
		"postgres://h/d": Store{Postgres, "postgres://h/d"}, "postgresql://u:p%40@h/d": Store{Postgres, "postgresql://u:p%40@h/d"},
		"127.0.0.1:5347": Endpoint{"tcp", "127.0.0.1:5347"}, "[::1]:1": Endpoint{"tcp", "[::1]:1"},
		"unix:/run/x": Endpoint{"unix", "/run/x"},
	} {
		got := reflect.New(reflect.TypeOf(want))
		require.NoError(t, got.Interface().(encoding.TextUnmarshaler).UnmarshalText([]byte(text)), text)
		require.Equal(t, want, got.Elem().Interface(), text)
	}
}

func TestBadTexts(t *testing.T) {
	for _, tt := range []struct {
		target encoding.TextUnmarshaler
		texts  []string
	}{
		{new(ByteSize), []string{"", "KiB", "-1", "1XB", "99999999999EiB", "9EiB 9"}},
		{new(Rate), []string{"", "20", "20/d", "-1/s", "/s", "1.5/s", "20 /s", "9999999999/s"}},
		{new(Share), []string{"", "last", "last x", "last 0", "last -1", "ALL", "all 3"}},
		{new(Store), []string{"", "baton.db", "sqlite:", "sqlite://x", "sqlite:x?mode=ro", "postgres:", "postgres://h", "postgres:///d", "postgres://%zz/d", "mysql://h/d"}},
		{new(Endpoint), []string{"", "host", "host:", ":1", "host:0", "host:65536", "host:http", "a b:1", "::1:1", "unix:", "unix:x", "http://h:1"}},
		{new(Hours), []string{"UTC", "mo", "mo-fr 09:00-17:00", "mo-fr 9:00-17:00 UTC", "xx 09:00-17:00 UTC", "mo 09:00-24:01 UTC",
			"mo 09:60-10:00 UTC", "mo 24:00-24:00 UTC", "mo 09:00-09:00 UTC", "mo 09:00-17:00, UTC", "mo 09:00-17:00 Mars/Base"}},
	} {
		for _, text := range tt.texts {
			require.Error(t, tt.target.UnmarshalText([]byte(text)), "%T %q", tt.target, text)
		}
	}
}

// What is written can be read again.
func TestTextsRoundTrip(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		size := ByteSize(rapid.Int64Range(0, 1<<50).Draw(t, "size"))
		rate := Rate{rapid.IntRange(0, 999999).Draw(t, "count"), rapid.SampledFrom([]time.Duration{time.Second, time.Minute, time.Hour}).Draw(t, "per")}
		share := rapid.SampledFrom([]Share{{Mode: ShareAll}, {Mode: ShareNone}, {ShareLast, 7}}).Draw(t, "share")
		var size2 ByteSize
		var rate2 Rate
		var share2 Share
		require.NoError(t, size2.UnmarshalText([]byte(size.String())))
		require.NoError(t, rate2.UnmarshalText([]byte(rate.String())))
		require.NoError(t, share2.UnmarshalText([]byte(share.String())))
		require.Equal(t, []any{size, rate, share}, []any{size2, rate2, share2})
	})
}

func TestHoursOpen(t *testing.T) {
	week := mustHours(t, "mo-fr 09:00-17:00, sa 10:00-12:00 Europe/Berlin")
	night := mustHours(t, "FR-mo 22:00-06:00 UTC")
	whole := mustHours(t, "mo-su 00:00-24:00 UTC")
	for _, tt := range []struct {
		h    Hours
		at   string
		open bool
	}{
		{week, "2026-11-23T08:00:00Z", true}, // Monday; Berlin is UTC+1 in winter
		{week, "2026-11-23T07:59:59Z", false},
		{week, "2026-11-23T15:59:59Z", true},
		{week, "2026-11-23T16:00:00Z", false},
		{week, "2026-07-20T07:00:00Z", true}, // and UTC+2 in summer
		{week, "2026-11-28T09:30:00Z", true}, // Saturday
		{week, "2026-11-28T12:00:00Z", false},
		{week, "2026-11-29T12:00:00Z", false},
		{night, "2026-11-27T21:59:00Z", false}, // Friday
		{night, "2026-11-27T22:00:00Z", true},
		{night, "2026-11-27T05:00:00Z", false}, // Thursday's night is none
		{night, "2026-11-24T05:59:00Z", true},  // Monday's night ends on Tuesday
		{night, "2026-11-24T06:00:00Z", false},
		{whole, "2026-11-24T23:59:59Z", true},
		{Hours{}, "2026-11-24T03:00:00Z", true},
	} {
		at, err := time.Parse(time.RFC3339, tt.at)
		require.NoError(t, err)
		require.Equal(t, tt.open, tt.h.Open(at), "%s at %s", tt.h, tt.at)
	}
}

func TestEndpointLocal(t *testing.T) {
	for e, want := range map[Endpoint]bool{
		{"unix", "/run/x"}: true, {"tcp", "localhost:1"}: true, {"tcp", "127.8.8.8:1"}: true, {"tcp", "[::1]:1"}: true,
		{"tcp", "[::ffff:127.0.0.1]:1"}: true,
		{"tcp", "10.0.0.1:1"}:           false, {"tcp", "0.0.0.0:1"}: false, {"tcp", "localhost.example.com:1"}: false,
	} {
		require.Equal(t, want, e.Local(), e)
	}
}

func TestHelpers(t *testing.T) {
	c := Default()
	c.Queues = []Queue{{Name: "support"}}
	c.Agents.List = []Agent{{JID: jid.MustParse("alice@example.com"), Name: "Alice"}}
	_, ok := c.Queue("support")
	require.True(t, ok)
	_, ok = c.Queue("sales")
	require.False(t, ok)
	a, ok := c.Agent(jid.MustParse("alice@example.com/phone"))
	require.True(t, ok)
	require.Equal(t, "Alice", a.Name)
	_, ok = c.Agent(jid.MustParse("bob@example.com"))
	require.False(t, ok)
	require.Equal(t, "carol-jones.k3v7tq2m", c.Session.Localpart("carol-jones", "k3v7tq2m"))
	require.Equal(t, "Handoff: support", c.Roster.GroupFor("support"))
	require.Equal(t, slog.LevelWarn, LogLevel("warn").Slog())
	c.Store = Store{Postgres, "postgres://h/d"}
	require.Empty(t, c.StorePath())
	c.Store = Store{SQLite, "/srv/x.db"}
	require.Equal(t, "/srv/x.db", c.StorePath())
}

func TestNearest(t *testing.T) {
	known := []string{"domain", "idle", "memory", "settle"}
	for word, want := range map[string]string{"domian": "domain", "idel": "idle", "Memory": "memory", "setle": "settle", "x": "", "colour": "", "": ""} {
		require.Equal(t, want, nearest(word, known), word)
	}
}

// No two keys share a variable or a flag.
func TestNamesAreUnique(t *testing.T) {
	seen := map[string]string{}
	for _, l := range leaves(reflect.TypeFor[Config](), "") {
		for _, name := range []string{envName(l.key), flagName(l.key)} {
			require.Empty(t, seen[name], "%s and %s", seen[name], l.key)
			seen[name] = l.key
		}
	}
	require.Contains(t, seen, "BATON_COMPONENT_SECRET")
	require.Contains(t, seen, "BATON_COMPONENT_TLS_CA_FILE")
	require.Contains(t, seen, "http-listen")
}
