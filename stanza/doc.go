// Package stanza puts the session handoff protocol, urn:xmpp:handoff:0, on the
// wire, together with the payloads of other XMPP extensions that a component
// needs and mellium.im/xmpp does not serve.
//
// Every payload type works with [xml.Unmarshal] and [xml.Marshal]. Decoding is
// strict about the namespace, required attributes and enumerations, and ignores
// children and attributes it does not know, as RFC 6120 §8.4 asks. What fails
// to decode, or is refused by a Validate method, fails with an [*Error] whose
// text names the element and attribute at fault and may be sent back as it is.
// Encoding is deterministic, without white space, and declares a namespace only
// where it changes.
//
// Addresses are strings: an address this side cannot parse is still somebody's
// address. The two that a request asks the service to act on, a transfer's
// target and a connect's caller, must parse and are normalised (RFC 7622).
//
// [Parse] reads a whole stanza from its bytes; [Header] writes answers.
package stanza

// Namespaces of the payloads in this package.
const (
	NS           = "urn:xmpp:handoff:0"
	NSForm       = "jabber:x:data"                          // XEP-0004
	NSLast       = "jabber:iq:last"                         // XEP-0012
	NSDiscoInfo  = "http://jabber.org/protocol/disco#info"  // XEP-0030
	NSDiscoItems = "http://jabber.org/protocol/disco#items" // XEP-0030
	NSVCard      = "vcard-temp"                             // XEP-0054
	NSChatStates = "http://jabber.org/protocol/chatstates"  // XEP-0085
	NSCaps       = "http://jabber.org/protocol/caps"        // XEP-0115
	NSAvatar     = "vcard-temp:x:update"                    // XEP-0153
	NSNick       = "http://jabber.org/protocol/nick"        // XEP-0172
	NSReceipts   = "urn:xmpp:receipts"                      // XEP-0184
	NSPing       = "urn:xmpp:ping"                          // XEP-0199
	NSDelay      = "urn:xmpp:delay"                         // XEP-0203
	NSForward    = "urn:xmpp:forward:0"                     // XEP-0297
	NSCorrect    = "urn:xmpp:message-correct:0"             // XEP-0308
	NSHints      = "urn:xmpp:hints"                         // XEP-0334
	NSPrivilege1 = "urn:xmpp:privilege:1"                   // XEP-0356 up to 0.3
	NSPrivilege2 = "urn:xmpp:privilege:2"                   // XEP-0356 from 0.4
	NSStanzaID   = "urn:xmpp:sid:0"                         // XEP-0359
	NSRoster     = "jabber:iq:roster"                       // RFC 6121 §2
	NSErrors     = "urn:ietf:params:xml:ns:xmpp-stanzas"    // RFC 6120 §8.3

	nsClient = "jabber:client"
	nsXML    = "http://www.w3.org/XML/1998/namespace"
)
