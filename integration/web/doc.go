// Package web tests the chat page in a real browser, Debian's Chromium, against a
// real Prosody and the program as people run it: go test -tags clients. The
// agents are on XMPP. Accessibility is judged by axe-core (testdata/axe.min.js,
// as published by Deque Systems, MPL 2.0: testdata/axe-LICENSE).
package web
