package config

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"encoding/pem"
	"math/big"
	"os"
	"testing"

	"github.com/stretchr/testify/require"
)

// testCA is a certificate in PEM form.
func testCA(t *testing.T) []byte {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	require.NoError(t, err)
	c := &x509.Certificate{SerialNumber: big.NewInt(1), IsCA: true}
	der, err := x509.CreateCertificate(rand.Reader, c, c, key.Public(), key)
	require.NoError(t, err)
	return pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})
}

func TestTLSConfig(t *testing.T) {
	t.Chdir(t.TempDir())
	require.NoError(t, os.WriteFile("ca.pem", testCA(t), 0o644))
	require.NoError(t, os.WriteFile("empty.pem", nil, 0o644))
	c := Component{Address: Endpoint{"tcp", "xmpp.example.com:5347"}}

	got, err := c.TLSConfig()
	require.NoError(t, err)
	require.Nil(t, got, "a plain link")

	c.TLS = &TLS{}
	got, err = c.TLSConfig()
	require.NoError(t, err)
	require.Equal(t, "xmpp.example.com", got.ServerName)
	require.Nil(t, got.RootCAs)

	c.TLS = &TLS{CAFile: "ca.pem", ServerName: "other.example"}
	got, err = c.TLSConfig()
	require.NoError(t, err)
	require.Equal(t, "other.example", got.ServerName)
	require.NotNil(t, got.RootCAs)

	c.TLS = &TLS{CAFile: "empty.pem"}
	_, err = c.TLSConfig()
	require.EqualError(t, err, "empty.pem: there is no certificate in it; write the name of a PEM file with the authority's certificate")
	c.TLS = &TLS{CAFile: "absent.pem"}
	_, err = c.TLSConfig()
	require.EqualError(t, err, "absent.pem: there is no such file; write the name of a PEM file with the authority's certificate")
}
