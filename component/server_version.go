package component

import (
	"encoding/xml"
	"slices"
	"time"
)

const (
	versionTimeout = 30 * time.Second
	maxVersion     = 64 // bytes of a server's own words in the log
)

// nameServers asks the servers that agents live at what they are (XEP-0092) and
// logs the answers. It waits for nothing.
func (c *Component) nameServers() {
	if !c.cfg.AskVersion {
		return
	}
	var hosts []string
	for _, a := range c.desk.Directory().Agents {
		if host := serverOf(string(a.JID)); !slices.Contains(hosts, host) {
			hosts = append(hosts, host)
		}
	}
	for _, host := range hosts {
		c.iqs.send(c.cfg.Domain, host, "get", []byte("<query xmlns='jabber:iq:version'/>"), versionTimeout, func(r reply, err error) {
			var answer struct {
				Name    string `xml:"query>name"`
				Version string `xml:"query>version"`
			}
			if err != nil || r.failed || xml.Unmarshal(r.Raw, &answer) != nil || answer.Name == "" {
				return // it need not tell
			}
			c.log.Info("server", "host", host, "software", answer.Name[:min(len(answer.Name), maxVersion)],
				"version", answer.Version[:min(len(answer.Version), maxVersion)])
		})
	}
}
