package component

// SafeText makes what somebody said, who came another way than XMPP, safe to
// stand among the service's own lines: as text that came by XMPP is.
func (c *Component) SafeText(text string) string { return c.disarm(text) }

// SafeName does the same for what a caller calls themselves. It may be empty
// then.
func (c *Component) SafeName(name string) string { return c.callersName(name) }
