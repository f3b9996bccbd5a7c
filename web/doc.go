// Package web lets callers come by a web page. To the desk it is a channel like
// any other: whoever writes is a party, web-…@ the service's domain, and what the
// outbox has for them is put into a durable mailbox, from which the page reads by
// Server-Sent Events. An item is done when it is in the mailbox; a page that was
// away goes on behind the last event it has seen.
//
// The same session works with no JavaScript, at /html. docs/web.md is for who
// runs a site.
package web
