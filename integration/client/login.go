package client

import (
	"bufio"
	"context"
	"encoding/xml"
	"errors"
	"fmt"
	"io"

	"mellium.im/sasl"
	"mellium.im/xmpp"
	"mellium.im/xmpp/jid"
)

// negotiate lets mellium do the stream headers and SASL, then binds the resource. The connection counts as secure
// because SCRAM never sends the password, and because this client is for loopback.
func (c *Client) negotiate(ctx context.Context) error {
	// A context does not bound mellium's handshake; closing the connection does.
	defer context.AfterFunc(ctx, func() { c.conn.Close() })()
	features := []xmpp.StreamFeature{
		xmpp.SASL("", c.opts.Password, sasl.ScramSha256, sasl.ScramSha1),
		bindLater(),
	}
	_, err := xmpp.NewSession(ctx, c.me.Domain(), c.me, &stepwise{in: c.in, out: c.conn}, xmpp.Secure,
		xmpp.NewNegotiator(func(*xmpp.Session, *xmpp.StreamConfig) xmpp.StreamConfig {
			return xmpp.StreamConfig{Features: features}
		}))
	if err == nil {
		err = c.bind()
	}
	if ctx.Err() != nil {
		return errors.Join(context.Cause(ctx), err)
	}
	return err
}

// stepwise gives out single bytes, so that mellium's decoder never holds any that belong to the time after it: our
// own reader goes on exactly where it stopped.
type stepwise struct {
	in  *bufio.Reader
	out io.Writer
}

func (s *stepwise) Read(p []byte) (int, error)  { return s.in.Read(p[:min(1, len(p))]) }
func (s *stepwise) Write(p []byte) (int, error) { return s.out.Write(p) }

// bindLater ends mellium's part when the server offers resource binding, which bind then does: mellium v0.22.0 sends
// an empty <resource/> whatever resource is asked for.
func bindLater() xmpp.StreamFeature {
	return xmpp.StreamFeature{
		Name:       xml.Name{Space: nsBind, Local: "bind"},
		Necessary:  xmpp.Authn,
		Prohibited: xmpp.Ready,
		Parse: func(_ context.Context, d *xml.Decoder, _ *xml.StartElement) (bool, any, error) {
			return true, nil, d.Skip()
		},
		Negotiate: func(context.Context, *xmpp.Session, any) (xmpp.SessionState, io.ReadWriter, error) {
			return xmpp.Ready, nil, nil
		},
	}
}

// bind asks for our resource. Nothing else is under way yet, so the next stanza is the reply.
func (c *Client) bind() error {
	resource := ""
	if c.opts.Resource != "" {
		resource = "<resource>" + escape(c.opts.Resource) + "</resource>"
	}
	err := c.write("<iq type='set' id='bind'><bind xmlns='" + nsBind + "'>" + resource + "</bind></iq>")
	if err != nil {
		return err
	}
	if c.stream, err = newSplitter(c.in); err != nil {
		return err
	}
	root, err := c.stream.next()
	if err != nil {
		return fmt.Errorf("resource binding: %w", err)
	}
	reply := newEvent(root, "")
	if err := reply.Error(); err != nil {
		return fmt.Errorf("resource binding: %w", err)
	}
	bound, _ := reply.Find(nsBind, "jid")
	if c.me, err = jid.Parse(bound.Text); err != nil {
		return fmt.Errorf("resource binding: the server gave no JID: %w", err)
	}
	return nil
}
