// Package wire is the byte level of an XEP-0114 component's stream once it is
// negotiated: it splits stanzas off the input, gives a view of each one
// without copying, and escapes what is written.
//
//	s := wire.New(conn, wire.Limits{})
//	for {
//		st, err := s.Next()
//		…
//		for c := range st.Children {
//			if allowed(c.NS, c.Local) && c.Portable() {
//				out = append(out, c.Raw...)
//			}
//		}
//	}
//
// In the steady state nothing is allocated per stanza; what Next returned is
// valid until it is called again (Stanza.Clone).
//
// # What is accepted
//
// Well-formed XML 1.0 in UTF-8 without comments, processing instructions and
// DTDs (RFC 6120 §11.1), hence with the five predefined entities and character
// references only. An end tag between two stanzas, whatever its name, closes
// the stream. Differences from encoding/xml, all deliberate:
//   - Stricter: repeated attributes, attributes without space between them,
//     names with a colon at the start, at the end or before a digit, text
//     between stanzas other than white space (a keep-alive, skipped), and
//     references of more than 32 bytes are not well-formed.
//   - Looser: any character beyond ASCII may be part of a name. A payload that
//     the server let pass must not end our stream over a table of letters;
//     such an element is not Portable.
//   - Undeclared prefixes are no error: NS is nil, and the element not Portable.
//
// # Limits
//
// A stanza beyond a limit (Limits) does not end the stream. It is skipped in
// bounded memory, and Next returns what is known of its root together with a
// *LimitError, so that it can be answered. What is skipped is checked and its
// tags are matched as usual, except that elements below the depth limit are
// only counted, that of a tag longer than Limits.Stanza only its end and that
// many bytes of its name are looked at, and that attributes beyond the limit
// may repeat. A root start tag longer than Limits.Stanza
// yields the attributes that end within the limit.
//
// # Namespaces and copying a child byte for byte
//
// The bytes of a child mean the same in a stanza on our outgoing stream if
// they do not depend on what stands around them. Both stream headers bind the
// default namespace jabber:component:accept and the prefix stream, and the
// caller must see to it that ours does. Element.Portable says yes if
//   - every prefix used in the element or below is declared there too (or is
//     xml): one declared on the stanza's root, or in the stream header, is gone
//     when the root is rebuilt;
//   - what inherits its default namespace from outside the element, like
//     <body> usually, inherits a stanza namespace: jabber:component:accept from
//     the header, or jabber:client or jabber:server if the root declares that.
//     The three mean the same for a stanza and its parts (IsStanzaNS), and on
//     our stream the same bytes are in jabber:component:accept. Under a root in
//     any other namespace they would turn into something else;
//   - nothing in it declares jabber:server or jabber:component:accept itself:
//     the receiving client would not take that for its own namespace, so it
//     would not see what we, by IsStanzaNS, did see. jabber:client is fine,
//     some clients write it;
//   - it is namespace-well-formed, so that no server closes our stream over
//     it: no reserved prefix or name declared, no prefix undeclared, no
//     attribute that might be the same twice under two prefixes;
//   - no element in it has the prefix stream, whatever that is bound to;
//   - it looks up no more than 64 prefixes, a bound on work.
//
// What is not portable is dropped, or rebuilt from AppendText.
//
// NS is raw. One written with references equals no known namespace, so an
// allow-list drops it, which is the safe side.
package wire
