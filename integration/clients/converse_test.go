//go:build clients && linux

package clients

import (
	"errors"
	"fmt"
	"html/template"
	"net/http"
	"net/http/httptest"
	"strings"
	"time"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
	"github.com/stretchr/testify/require"

	"baton/integration/browser"
)

// inConverse is somebody at Converse.js, in a tab of the browser: contacts at the left, one chat at the right.
type inConverse struct {
	*browser.Tab
	who string
}

// converse opens a page with Converse.js, logged in over the server's WebSocket.
func converse(w *world, user string) person {
	w.t.Helper()
	p := inConverse{chromium.Visitor(w.t), user}
	w.t.Cleanup(func() {
		if w.t.Failed() {
			w.t.Logf("%s's page at the end:\n%s", user, p.Body())
		}
	})
	p.Screen(1300, 900, "light")
	p.Open(converseSite(w, user))
	p.waits("to be online", `[...document.querySelectorAll(".xmpp-status__msg")].some(e => e.innerText === "I am online")`)
	return p
}

// conversePage is as a site has it who offers Converse.js; what would come from elsewhere is off.
var conversePage = template.Must(template.New("").Parse(`<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>Converse.js</title>
<link rel="stylesheet" href="/dist/converse.min.css"><script type="module" src="/dist/converse.min.js"></script></head>
<body class="converse-fullscreen"><script type="module">converse.initialize({
	websocket_url: {{.WebSocket}}, jid: {{.JID}}, password: "pw", auto_login: true,
	assets_path: "/dist/", i18n: "en", view_mode: "fullscreen", loglevel: "error",
	discover_connection_methods: false, autocomplete_providers_url: "", embed_3rd_party_media_players: false,
})</script></body></html>
`))

// converseSite serves Converse.js for somebody, and returns its address. Without the package the test is skipped.
func converseSite(w *world, user string) string {
	w.t.Helper()
	files, err := converseFiles()
	if errors.Is(err, errNoPackage) {
		w.t.Skip(err)
	}
	require.NoError(w.t, err)
	mux := http.NewServeMux()
	mux.Handle("/dist/", http.StripPrefix("/dist/", http.FileServerFS(files)))
	mux.HandleFunc("/{$}", func(rw http.ResponseWriter, _ *http.Request) {
		rw.Header().Set("Content-Type", "text/html; charset=utf-8")
		_ = conversePage.Execute(rw, map[string]string{
			"WebSocket": "ws://" + w.server.HTTP + "/xmpp-websocket", "JID": user + "@" + domain + "/converse"})
	})
	s := httptest.NewServer(mux)
	w.t.Cleanup(s.Close)
	return s.URL + "/"
}

// waits waits until an expression is true, and says so.
func (p inConverse) waits(what, js string) {
	p.T.Helper()
	p.WaitsFor(fmt.Sprintf("%s's page %s", p.who, what), js)
	p.T.Logf("%s's page is seen %s", p.who, what)
}

func (p inConverse) sees(texts ...string) {
	p.T.Helper()
	var all []string
	for _, text := range texts {
		if text == "> " { // what is quoted has a bar at its left
			all = append(all, `document.querySelector("converse-chat-message-body blockquote")`)
			continue
		}
		all = append(all, fmt.Sprintf("document.body.innerText.includes(%q)", text))
	}
	p.waits("to show "+strings.Join(quoted(texts), " and "), strings.Join(all, " && "))
}

// clicks clicks on what is there with these words, once nothing covers it. (Looking and clicking are one step, so
// that nothing moves between them.)
func (p inConverse) clicks(what, words string) {
	p.T.Helper()
	p.WaitsFor(fmt.Sprintf("%s's page to have %q to click on (%s)", p.who, words, what), fmt.Sprintf(`(() => {
		for (const e of document.querySelectorAll(%q)) {
			if ((e.innerText || e.value || "").trim() !== %q) continue
			e.scrollIntoView({block: "nearest", behavior: "instant"})
			const at = e.getBoundingClientRect()
			if (!e.contains(document.elementFromPoint(at.x + at.width / 2, at.y + at.height / 2))) continue
			e.click()
			return true
		}
	})()`, what, words))
}

// types types into a field that can be seen, in place of what is there. A dialog that has just opened takes the focus
// once more at the end of its movement: who sees their text go nowhere types it again.
func (p inConverse) types(field, text string) {
	p.T.Helper()
	at := fmt.Sprintf("document.querySelector(%q)", field)
	is := fmt.Sprintf("%s?.value === %q", at, text)
	for deadline := time.Now().Add(patience); time.Now().Before(deadline); {
		p.WaitsFor(fmt.Sprintf("%s's page to have a field to type into (%s)", p.who, field), fmt.Sprintf(
			`(e => e?.checkVisibility() && (e.focus(), e.select(), document.activeElement === e))(%s)`, at))
		p.Run(chromedp.KeyEvent(text))
		if within(noticed, func() bool { return browser.Eval[bool](p.Tab, is) }) {
			break
		}
	}
	p.waits(fmt.Sprintf("to have %q typed", text), is)
}

// noticed is how long it takes to see that one's text is not where it should be.
const noticed = 2 * time.Second

func (p inConverse) say(text string) {
	p.T.Helper()
	p.types(chatField, text)
	p.Run(chromedp.KeyEvent(kb.Enter))
	p.waits(fmt.Sprintf("to have %q sent", text), fmt.Sprintf("document.querySelector(%q).value.trim() === ''", chatField))
}

// Places on the page.
const (
	chatTitle  = `document.querySelector(".chatbox-title__text")`
	chatField  = "textarea.chat-textarea"
	contacts   = "#converse-roster .roster-group"
	unread     = contacts + "[data-group='New messages']"
	known      = contacts + ":not([data-group='New messages'], [data-group='Unsaved contacts'])"
	contactsOf = " .contact-name"
	dialog     = ".modal.show"
	commands   = dialog + " converse-adhoc-commands"
)

func (p inConverse) message(to, text string) {
	p.T.Helper()
	p.clicks(".dropdown--contacts button", "")
	p.clicks(".dropdown--contacts a", "Start a new chat")
	p.types(dialog+" [name=jid]", to)
	p.clicks(dialog+" button", "Start Chat")
	p.open(to)
	p.say(text)
}

func (p inConverse) finds(contact string) {
	p.T.Helper()
	p.clicks(unread+contactsOf, contact)
	p.open(contact)
}

func (p inConverse) opens(contact string) {
	p.T.Helper()
	p.clicks(known+contactsOf, contact)
	p.open(contact)
}

// open waits until the chat of this name or address is open, and no dialog is before it.
func (p inConverse) open(contact string) {
	p.T.Helper()
	p.waits("to have the chat with "+contact+" open", fmt.Sprintf(
		`(e => e && [e.innerText, e.title].includes(%q) && !document.querySelector(".modal-backdrop"))(%s)`, contact, chatTitle))
}

// leaves: who is no contact any more, and has a chat, is among those who could be made one.
func (p inConverse) leaves(contact string) {
	p.T.Helper()
	p.waits("to have no contact "+contact, fmt.Sprintf(
		`![...document.querySelectorAll(%q)].some(e => e.innerText === %q)`, known+contactsOf, contact))
}

// lists opens the list in the dialog of settings, where one types an address: it is the title of the chat's name.
func (p inConverse) lists(words ...string) {
	p.T.Helper()
	address := browser.Eval[string](p.Tab, chatTitle+".title")
	p.clicks(".show-client-info", "")
	p.clicks(dialog+" .nav-link", "Commands")
	p.types(commands+" input[name=jid]", address)
	p.clicks(commands+" input", "List available commands")
	for _, word := range words {
		p.waits("to list "+word, fmt.Sprintf("document.querySelector(%q)?.checkVisibility()", command(word)))
	}
}

// command is a line of the list.
func command(word string) string {
	return fmt.Sprintf("%s [data-command-node='%s%s']", commands, node, word)
}

// form begins a command of the list that is open; its form opens below it.
func (p inConverse) form(word, title string) {
	p.T.Helper()
	name := browser.Eval[string](p.Tab, fmt.Sprintf("document.querySelector(%q).innerText", command(word)))
	require.Contains(p.T, name, title)
	p.clicks(command(word), name)
	p.waits("to have the form "+title, fmt.Sprintf("document.querySelector(%q)?.innerText === %q", commands+" h6", title))
}

// submit sends the form, reads the answer, which is at the top, and closes the dialog.
func (p inConverse) submit(answer string) {
	p.T.Helper()
	p.clicks(commands+" input", "Complete")
	p.sees("Completed", answer)
	p.clicks(dialog+" .modal-footer button", "Close")
}

func (p inConverse) notes(text, answer string) {
	p.T.Helper()
	p.form("note", "Write a note…")
	p.types(commands+" [name=text]", text)
	p.submit(answer)
}

func (p inConverse) transfers(queue, title, why, answer string) {
	p.T.Helper()
	p.form("transfer", "Transfer this chat…")
	whom := fmt.Sprintf("document.querySelector(%q)", commands+" [name=target]")
	p.Waits(fmt.Sprintf("%[1]s.focus(), document.activeElement === %[1]s", whom))
	for range browser.Eval[int](p.Tab, whom+".options.length") {
		if browser.Eval[string](p.Tab, whom+".value") != queue {
			p.Run(chromedp.KeyEvent(kb.ArrowDown))
		}
	}
	p.waits("to have chosen "+title, fmt.Sprintf("%s.selectedOptions[0].label === %q", whom, title+" · 1 free"))
	p.types(commands+" [name=reason]", why)
	p.submit(answer)
}
