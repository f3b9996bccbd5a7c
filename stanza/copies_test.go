package stanza

import (
	"encoding/xml"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestArchiveRows(t *testing.T) {
	rows := ArchiveRows{Rows: []ArchiveRow{{Key: "k1", ID: "k3v7tq2m-a1"}, {Key: "k2", ID: "a&b", Own: true}, {Key: "k3"}}}
	text := `<rows xmlns="urn:xmpp:handoff:archive:0"><row key="k1" id="k3v7tq2m-a1"></row>` +
		`<row key="k2" id="a&amp;b" own="true"></row><row key="k3"></row></rows>`
	out, err := xml.Marshal(rows)
	require.NoError(t, err)
	require.Equal(t, text, string(out))
	var back ArchiveRows
	require.NoError(t, xml.Unmarshal(out, &back))
	require.Equal(t, rows, back)

	err = xml.Unmarshal([]byte(`<rows xmlns="urn:xmpp:handoff:archive:0"><row id="x"/></rows>`), &back)
	require.ErrorContains(t, err, "rows/row")
	require.Error(t, xml.Unmarshal([]byte(`<rows xmlns="urn:xmpp:mam:2"/>`), &back))
}
