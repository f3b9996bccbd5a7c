package main

import (
	"io"
	"net"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestForwardPassesBothWaysAndEnds(t *testing.T) {
	server, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	defer server.Close()
	f, err := forward("127.0.0.1:0", server.Addr().String())
	require.NoError(t, err)
	here, err := net.Dial("tcp", f.listener.Addr().String())
	require.NoError(t, err)
	defer here.Close()
	there, err := server.Accept()
	require.NoError(t, err)
	defer there.Close()

	for _, way := range [][2]net.Conn{{here, there}, {there, here}} {
		_, err := way[0].Write([]byte("hello"))
		require.NoError(t, err)
		got := make([]byte, 5)
		_, err = io.ReadFull(way[1], got)
		require.NoError(t, err)
		require.Equal(t, "hello", string(got))
	}
	require.NoError(t, f.close())
	_, err = there.Read(make([]byte, 1))
	require.ErrorIs(t, err, io.EOF)
}

func TestAskFindsWhatWasWritten(t *testing.T) {
	file := filepath.Join(t.TempDir(), "client.db")
	query := "SELECT jid FROM m WHERE instr(body, ?)"
	_, found := ask(t.Context(), file, query, "it's")
	require.False(t, found, "before there is a file")
	require.NoError(t, writeDatabase(t.Context(), file, "CREATE TABLE m (jid, body)",
		"INSERT INTO m VALUES ('ann@example.com', "+quote("well, it's me")+")"))
	jid, found := ask(t.Context(), file, query, "it's")
	require.True(t, found)
	require.Equal(t, "ann@example.com", jid)
	_, found = ask(t.Context(), file, query, "somebody else")
	require.False(t, found)
}
