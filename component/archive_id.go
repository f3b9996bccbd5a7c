package component

import (
	"context"
	"crypto/aes"
	"crypto/cipher"
	"crypto/sha256"
	"encoding/base32"
	"encoding/binary"
	"sync"

	"baton/component/wire"
	"baton/desk"
)

// lineCodec makes the identifiers of archived lines. XEP-0313 wants them stable,
// and not to be guessed: a line's number and its conversation, encrypted as one
// block with a key that the store keeps. What was not made so, or for another
// conversation, names nothing.
type lineCodec struct {
	mu    sync.Mutex
	block cipher.Block
}

// lineIDs are the identifiers of one conversation's lines.
type lineIDs struct {
	block cipher.Block
	conv  [8]byte
}

func (x *lineCodec) of(ctx context.Context, a desk.Archive, domain, local string) (lineIDs, error) {
	x.mu.Lock()
	defer x.mu.Unlock()
	if x.block == nil {
		key, err := a.ArchiveKey(ctx)
		if err != nil {
			return lineIDs{}, err
		}
		if x.block, err = aes.NewCipher(key); err != nil {
			return lineIDs{}, err
		}
	}
	sum := sha256.Sum256([]byte(local + "@" + domain))
	return lineIDs{x.block, [8]byte(sum[:8])}, nil
}

var idAlphabet = base32.NewEncoding("abcdefghijklmnopqrstuvwxyz234567").WithPadding(base32.NoPadding)

// of returns the identifier of a line.
func (x lineIDs) of(seq uint64) string {
	var b [aes.BlockSize]byte
	copy(b[:8], x.conv[:])
	binary.BigEndian.PutUint64(b[8:], seq)
	x.block.Encrypt(b[:], b[:])
	return idAlphabet.EncodeToString(b[:])
}

// seq is the reverse of of.
func (x lineIDs) seq(id string) (uint64, bool) {
	raw, err := idAlphabet.DecodeString(id)
	if err != nil || len(raw) != aes.BlockSize {
		return 0, false
	}
	x.block.Decrypt(raw, raw)
	seq := binary.BigEndian.Uint64(raw[8:])
	return seq, x.of(seq) == id // of this conversation, and in the one spelling
}

// appendStanzaID appends the identifier by which the archive knows a line
// (XEP-0359), so that a client that has it from the chat knows it there again. The
// key that cannot be read leaves the line without: being heard matters more.
func (a *archive) appendStanzaID(dst []byte, local string, seq uint64) []byte {
	if a.c.cfg.Archive == nil {
		return dst
	}
	ids, err := a.codec.of(context.Background(), a.c.cfg.Archive, a.c.cfg.Domain, local)
	if err != nil {
		return dst
	}
	dst = append(dst, "<stanza-id xmlns='urn:xmpp:sid:0'"...)
	dst = wire.AppendAttr(dst, "id", ids.of(seq))
	dst = wire.AppendAttr(dst, "by", a.c.address(local))
	return append(dst, "/>"...)
}
