//go:build clients

package web

import (
	"testing"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"

	"baton/integration/browser"
	"baton/integration/client"
)

// in is an expression inside one of the two frames.
func in(frame, js string) string {
	return `(f => f && f.readyState !== "uninitialized" && f.body && (` + js + `))(document.querySelector(".frame-` + frame + `")?.contentDocument)`
}

// The session of somebody whose browser runs no JavaScript.
func TestWithoutJavaScript(t *testing.T) {
	w := newWorld(t)
	w.serve()
	alice, bob := w.agent("alice"), w.agent("bob")
	v := w.visitor()
	browser.Call(v.Tab, emulation.SetScriptExecutionDisabled, emulation.SetScriptExecutionDisabledParams{Value: true})
	v.Screen(800, 700, "light")
	v.Open(w.url("/chat?queue=support"))
	v.Shows("This page also works without JavaScript.")
	v.Run(chromedp.SendKeys("#f-name", "Carol Jones"), chromedp.SendKeys("#first", "charged twice"), chromedp.Click("#begin button.main"))
	conv := w.takes(alice)
	v.Waits(in("log", `f.body.innerText.includes("charged twice")`))
	say := func(text string) {
		v.Waits(in("form", `f.readyState === "complete" && f.querySelector("#text").value === ""`))
		eval[bool](v, in("form", `f.querySelector("#text").value = `+quoted(text)+`, f.querySelector(".say").requestSubmit(), true`))
		v.Waits(in("log", `f.body.innerText.includes(`+quoted(text)+`)`))
	}
	say("are you there?")
	w.expect(alice, "the line", client.Message(conv, "are you there?"))
	w.send(alice, conv, "One moment <b>please</b>")
	v.Waits(in("log", `f.body.innerText.includes("One moment <b>please</b>")`)) // the answer goes on
	w.send(alice, conv, "!transfer billing")
	w.expect(bob, "the offer", client.Message(desk, "Take it?"))
	w.send(bob, desk, "y")
	v.Waits(in("log", `f.body.innerText.includes("You are now talking with our Billing team.")`))
	say("still me")
	w.expect(bob, "the line", client.Message(conv, "still me"))
	v.Shoot("no-javascript")
	v.Run(chromedp.Navigate(w.url("/html?refresh=1"))) // the one that reloads itself
	v.Waits(in("log", `f.querySelector("meta[http-equiv=refresh]") && f.body.innerText.includes("still me")`))
	eval[bool](v, in("form", `[...f.querySelectorAll("button")].find(b => b.textContent === "End chat").click(), true`))
	v.Waits(in("log", `f.body.innerText.includes("This chat has ended.")`))
	w.expect(bob, "the end", client.Message(conv, "ended the session"))
	v.Silent()
}
