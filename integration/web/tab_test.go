//go:build clients

package web

import (
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/chromedp"

	"baton/integration/browser"
)

// tab is a page in the browser.
type tab struct{ *browser.Tab }

// visitor opens a tab of somebody who was never here: storage of their own.
func (w *world) visitor() *tab {
	w.t.Helper()
	return &tab{chromium.Visitor(w.t)}
}

// another opens a tab beside one, of the same visitor.
func (b *tab) another() *tab { return &tab{b.Another()} }

// eval returns what an expression is, promises awaited.
func eval[R any](b *tab, js string) R {
	b.T.Helper()
	return browser.Eval[R](b.Tab, js)
}

// begin fills in the form and starts the chat.
func (b *tab) begin(name, text string) {
	b.T.Helper()
	b.Run(chromedp.WaitVisible("#first"), chromedp.SendKeys("#f-name", name), chromedp.SendKeys("#first", text),
		chromedp.Click("#begin button.main"), chromedp.WaitVisible("#text"))
}

// says types a line and sends it.
func (b *tab) says(text string) {
	b.T.Helper()
	b.Run(chromedp.SendKeys("#text", text), chromedp.Click("#send"))
}

// offline cuts the page off from the network, or lets it back.
func (b *tab) offline(yes bool) {
	b.T.Helper()
	if yes {
		b.cutOff("")
	} else {
		b.cutOff()
	}
	browser.Call(b.Tab, network.OverrideNetworkState, network.OverrideNetworkStateParams{Offline: yes, DownloadThroughput: -1, UploadThroughput: -1})
}

// cutOff lets no request to these addresses through; "" is all.
func (b *tab) cutOff(addresses ...string) {
	b.T.Helper()
	browser.Call(b.Tab, network.Enable, network.EnableParams{})
	var rules []*network.Conditions
	for _, a := range addresses {
		rules = append(rules, &network.Conditions{URLPattern: a, Offline: true, DownloadThroughput: -1, UploadThroughput: -1})
	}
	browser.Call(b.Tab, network.EmulateNetworkConditionsByRule, network.EmulateNetworkConditionsByRuleParams{MatchedNetworkConditions: rules})
}

// transcript returns the lines as the page shows them.
func (b *tab) transcript() []string {
	b.T.Helper()
	return eval[[]string](b, `[...document.querySelectorAll("#lines li:is(.line,.notice,.moved,.ended)")].map(i =>
		(i.classList.contains("moved") || i.classList.contains("ended") ? "" : i.querySelector(".name").textContent + ": ") + i.querySelector(".text").textContent)`)
}
