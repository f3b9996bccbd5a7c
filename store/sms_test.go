package store

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"baton/sms/gsm"
	"baton/sms/mobile"
)

func TestEarlyReceiptsAreBounded(t *testing.T) {
	s := mustOpen(t, tempSource(t))
	_, err := s.conn.ExecContext(t.Context(), `WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ?)
		INSERT INTO sms_early SELECT 'main', 'x' || i, 1, '', i FROM n`, maxEarlySMS)
	require.NoError(t, err)
	for i, id := range []string{"a", "b"} {
		_, err := s.ReportSMS(t.Context(), mobile.Report{Carrier: "main", ID: id, State: mobile.Delivered}, at(i))
		require.NoError(t, err)
	}
	var n int
	require.NoError(t, s.conn.QueryRowContext(t.Context(), "SELECT count(*) FROM sms_early").Scan(&n))
	require.Equal(t, maxEarlySMS, n)
	v, err := s.AcceptSMS(t.Context(), mobile.Sent{Carrier: "main", ID: "a", Item: 1, N: 1, Total: 1, Seq: 3, Conversation: "c", Author: "alice"})
	require.NoError(t, err)
	require.Equal(t, mobile.Verdict{Item: 1, Conversation: "c", Seq: 3, Author: "alice", State: mobile.Delivered}, v)
	vs, err := s.UntoldSMS(t.Context())
	require.NoError(t, err)
	require.Equal(t, []mobile.Verdict{v}, vs)
	require.NoError(t, s.ToldSMS(t.Context(), 1))
	vs, err = s.UntoldSMS(t.Context())
	require.NoError(t, err)
	require.Empty(t, vs)
}

func TestForgetSMS(t *testing.T) {
	s := mustOpen(t, tempSource(t))
	in := mobile.Inbound{Carrier: "main", From: "+15551234567", To: "+1555", Print: "p", Key: "k", Connection: "1", Part: gsm.Part{N: 1, Total: 1}}
	never := func(string) bool { return false }
	origin, err := s.TakeSMS(t.Context(), in, never, at(0))
	require.NoError(t, err)
	require.Equal(t, "k", origin)
	in.Key, in.Connection = "k2", "2"
	origin, err = s.TakeSMS(t.Context(), in, never, at(1))
	require.NoError(t, err)
	require.Equal(t, "k", origin, "it came again, by another connection")
	_, err = s.AcceptSMS(t.Context(), mobile.Sent{Carrier: "main", ID: "a", Item: 1, N: 1, Total: 2, At: at(0)})
	require.NoError(t, err)
	require.NoError(t, s.ForgetSMS(t.Context(), at(2), at(0)))
	origin, err = s.TakeSMS(t.Context(), mobile.Inbound{Carrier: "main", Print: "p", Key: "k3", Connection: "3", Part: in.Part}, never, at(3))
	require.NoError(t, err)
	require.Equal(t, "k3", origin, "what it was known by is forgotten")
	total, accepted, err := s.SentSMS(t.Context(), 1)
	require.NoError(t, err)
	require.Equal(t, 2, total)
	require.Equal(t, map[int]bool{1: true}, accepted)
	require.NoError(t, s.ForgetSMS(t.Context(), at(2), at(1)))
	total, _, err = s.SentSMS(t.Context(), 1)
	require.NoError(t, err)
	require.Zero(t, total)
}

// An erased phone leaves nothing.
func TestEraseSMS(t *testing.T) {
	s := mustOpen(t, tempSource(t))
	const gone, stays = "+15551234567", "+15559999999"
	for i, from := range []string{gone, stays} {
		in := mobile.Inbound{Carrier: "main", From: from, To: "+1555", Print: from, Key: from, Part: gsm.Part{N: 1, Total: 2, Data: []byte("x")}}
		_, err := s.TakeSMS(t.Context(), in, func(string) bool { return false }, at(0))
		require.NoError(t, err)
		_, err = s.AcceptSMS(t.Context(), mobile.Sent{Carrier: "main", ID: from, Item: int64(i), N: 1, Total: 1, To: from})
		require.NoError(t, err)
		_, err = s.StopSMS(t.Context(), "+1555", from, true, time.Time{})
		require.NoError(t, err)
	}
	_, err := s.erase(t.Context(), gone+"@"+domain, EraseOptions{})
	require.NoError(t, err)
	for _, table := range []string{"sms_parts", "sms_prints", "sms_sent", "sms_stopped"} {
		var left string
		require.NoError(t, s.conn.QueryRowContext(t.Context(), "SELECT group_concat(theirs) FROM "+table).Scan(&left), table)
		require.Equal(t, stays, left, table)
	}
}
