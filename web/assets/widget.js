// The line that a site adds: <script src="https://chat.example.com/widget.js" data-queue="support" defer></script>
// It shows a button; the chat is a page of the chat server, in a frame made when it is first needed.
(() => {
  "use strict";
  const me = document.currentScript;
  const server = new URL(me.src).origin;
  const set = me.dataset;
  const kept = "baton:" + (set.queue ?? "");
  const address = new URL("/chat", server);
  for (const name of ["queue", "lang", "theme"]) if (set[name]) address.searchParams.set(name, set[name]);
  const lang = (set.lang || document.documentElement.lang || navigator.language).slice(0, 2);
  const words = { de: ["Chat öffnen", "ungelesen", "Chat"] }[lang] ?? ["Open chat", "unread", "Chat"];

  // A shadow tree keeps the site's styles out; a constructed sheet needs no permission of its security policy.
  const host = document.createElement("div");
  const root = host.attachShadow({ mode: "open" });
  const sheet = new CSSStyleSheet();
  const colour = /^#[0-9a-f]{3,8}$/i.test(set.color ?? "") ? set.color : "#1558b0";
  const ink = /^#[0-9a-f]{3,8}$/i.test(set.colorText ?? "") ? set.colorText : "#ffffff";
  sheet.replaceSync(`
    :host { all: initial; position: fixed; z-index: 2147483000; inset: auto 16px 16px auto; font: 14px system-ui, sans-serif }
    button { inline-size: 56px; block-size: 56px; border: 0; border-radius: 50%; background: ${colour}; color: ${ink}; cursor: pointer; box-shadow: 0 2px 10px #0006; padding: 14px; display: block; margin-inline-start: auto; position: relative }
    button:focus-visible { outline: 3px solid ${colour}; outline-offset: 3px }
    svg { fill: none; stroke: currentColor; stroke-width: 2; stroke-linejoin: round; pointer-events: none }
    b { position: absolute; inset: -4px -4px auto auto; min-inline-size: 22px; line-height: 22px; border-radius: 11px; background: #b3261e; color: #fff; font-size: 13px }
    iframe { display: block; border: 0; border-radius: 12px; inline-size: 380px; block-size: min(620px, calc(100vh - 104px)); margin-block-end: 12px; box-shadow: 0 4px 24px #0005; background: Canvas; color-scheme: light dark }
    [hidden] { display: none }
    @media (max-width: 480px) { :host(.open) { inset: 0 } :host(.open) button { display: none } iframe { inline-size: 100%; block-size: 100%; margin: 0; border-radius: 0 } }`);
  root.adoptedStyleSheets = [sheet];
  const button = document.createElement("button");
  button.type = "button";
  button.setAttribute("aria-expanded", "false");
  const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  const path = document.createElementNS("http://www.w3.org/2000/svg", "path");
  svg.setAttribute("viewBox", "0 0 24 24");
  path.setAttribute("d", "M4 5h16v11H10l-5 4v-4H4z");
  svg.append(path);
  const badge = document.createElement("b");
  badge.hidden = true;
  button.append(svg, badge);
  root.append(button);

  let frame = null;
  let ready = false; // the page in the frame has spoken
  const tell = (what) => ready && frame.contentWindow.postMessage({ baton: what }, server);

  function make() {
    if (frame) return;
    frame = document.createElement("iframe");
    frame.title = words[2];
    frame.hidden = true;
    frame.src = address;
    root.prepend(frame);
  }

  function show(open) {
    make();
    frame.hidden = !open;
    host.className = open ? "open" : "";
    button.setAttribute("aria-expanded", String(open));
    tell({ open });
    if (!open) button.focus();
  }

  function unread(n) {
    badge.hidden = !n;
    badge.textContent = n > 99 ? "99+" : String(n);
    button.setAttribute("aria-label", n ? `${words[0]}, ${n} ${words[1]}` : words[0]);
  }

  function remember(yes) {
    try {
      if (yes) localStorage.setItem(kept, "1");
      else localStorage.removeItem(kept);
    } catch {
      // then the badge starts with the first click
    }
  }

  addEventListener("message", (e) => {
    const m = e.data?.baton;
    if (!m || !frame || e.origin !== server || e.source !== frame.contentWindow) return;
    if (m.ready) {
      ready = true;
      const user = set.userId ? { id: set.userId, name: set.userName ?? "", expires: Number(set.userExpires), signature: set.userSignature ?? "" } : null;
      tell({ open: !frame.hidden, user, theme: set.color ? { "--accent": colour, "--on-accent": ink } : {} });
    }
    if ("unread" in m) unread(m.unread);
    if ("kept" in m) remember(m.kept);
    if (m.close) show(false);
  });
  button.addEventListener("click", () => show(!frame || frame.hidden));
  unread(0);
  document.body.append(host);
  let returning = false;
  try {
    returning = localStorage.getItem(kept) === "1";
  } catch {
    // nothing is kept
  }
  if (returning) make(); // for the badge
})();
