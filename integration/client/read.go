package client

import (
	"errors"
	"fmt"
	"io"
)

// read records what arrives and answers what needs no thought, until the stream ends.
func (c *Client) read() { c.finish(c.readAll()) }

func (c *Client) readAll() error {
	for {
		root, err := c.stream.next()
		if errors.Is(err, io.EOF) {
			if !c.isOurs() {
				_ = c.write("</stream:stream>")
			}
			return errors.New("the server ended the stream")
		}
		if err != nil {
			return err
		}
		c.opts.Logger.Debug("received", "jid", c.opts.JID, "xml", root.XML)
		if root.is(nsStream, "error") {
			return fmt.Errorf("the server ended the stream: %s", root.XML)
		}
		if root.Name.Space == nsClient {
			c.take(newEvent(root, c.Bare()))
		}
	}
}

func (c *Client) take(e Event) {
	if e.isRequest() {
		if item, ok := c.rosterPush(e); ok {
			e.Kind, e.Item = KindRoster, item
			c.log.add(e)
			c.reply(e, "", nil)
			return
		}
		c.log.add(e)
		if payload, ok := c.builtIn(e); ok {
			c.reply(e, payload.xml, payload.err)
		}
		return
	}
	e = c.log.add(e)
	if e.Kind == KindIQ {
		c.takeReply(e)
	}
}
