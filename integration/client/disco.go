package client

import (
	"crypto/sha1" // #nosec: XEP-0115 says so
	"encoding/xml"
	"fmt"
	"slices"

	"mellium.im/xmpp/disco"
	"mellium.im/xmpp/disco/info"
)

// capsNode names this software in XEP-0115.
const capsNode = "urn:example:baton:integration-client"

type answer struct {
	xml string
	err error
}

// builtIn is the answer to what every client answers by itself: ping, service discovery.
func (c *Client) builtIn(e Event) (answer, bool) {
	payload, ok := e.Payload()
	if !ok || e.Type != "get" {
		return answer{}, false
	}
	switch {
	case payload.is(nsPing, "ping"):
		return answer{}, true
	case payload.is(nsItems, "query"):
		return answer{xml: "<query xmlns='" + nsItems + "'/>"}, true
	case payload.is(nsInfo, "query"):
		node := payload.Attr("node")
		if node != "" && node != capsNode+"#"+capsHash(c.opts) {
			return answer{err: &StanzaError{Type: "cancel", Condition: "item-not-found"}}, true
		}
		text, err := xml.Marshal(discoInfo(c.opts, node))
		return answer{xml: string(text), err: err}, true
	}
	return answer{}, false
}

func discoInfo(o Options, node string) disco.Info {
	d := disco.Info{
		InfoQuery: disco.InfoQuery{Node: node},
		Identity:  []info.Identity{{Category: "client", Type: "pc", Name: o.Name}},
	}
	features := append([]string{nsInfo, nsItems, nsCaps, nsPing}, o.Features...)
	slices.Sort(features)
	for _, feature := range slices.Compact(features) {
		d.Features = append(d.Features, info.Feature{Var: feature})
	}
	return d
}

func capsHash(o Options) string { return discoInfo(o, "").Hash(sha1.New()) }

func capsElement(o Options) string {
	return fmt.Sprintf("<c xmlns='%s' hash='sha-1' node='%s' ver='%s'/>", nsCaps, capsNode, capsHash(o))
}
