// What the page and the site around it tell each other. The site's origin is checked, and that it is the one around us.

const origins = document.body.dataset.origins.split(" ").filter(Boolean);
const parent = window.parent === window ? null : window.parent;
const title = document.title;
let site = null; // the origin around us, once it has spoken
let opened = !parent;
let count = 0;

export const embedded = () => parent !== null;
export const open = () => opened;

export function tell(what) {
  if (parent && site) parent.postMessage({ baton: what }, site);
}

function badge() {
  document.title = count ? `(${count}) ${title}` : title;
  tell({ unread: count });
}

// unread counts something new that nobody sees, unless it is from before the page was loaded.
const since = Date.now();
export function unread(e) {
  if ((opened && document.visibilityState === "visible") || Date.parse(e.at) < since) return;
  count++;
  badge();
}

export function seen() {
  if (!count) return;
  count = 0;
  badge();
}

// theme takes colours, and nothing else, from the site.
function theme(colours) {
  for (const [name, value] of Object.entries(colours ?? {}))
    if (/^--[a-z-]+$/.test(name) && /^#[0-9a-fA-F]{3,8}$/.test(value)) document.documentElement.style.setProperty(name, value);
}

export function listen(on) {
  if (!parent) return;
  addEventListener("message", (e) => {
    const m = e.data?.baton;
    if (!m || e.source !== parent || !(origins.includes(e.origin) || e.origin === location.origin)) return;
    site = e.origin;
    if ("theme" in m) theme(m.theme);
    if ("user" in m) on.vouch(m.user);
    if ("open" in m) {
      opened = m.open;
      if (opened) {
        seen();
        on.opened();
        on.focus();
      }
    }
    badge();
  });
  const close = document.getElementById("close");
  close.hidden = false;
  close.addEventListener("click", () => tell({ close: true }));
  addEventListener("keydown", (e) => e.key === "Escape" && !document.querySelector("dialog[open]") && tell({ close: true }));
  for (const origin of [...origins, location.origin]) {
    // Only the one around us gets it; the others are not there.
    if (origin === (location.ancestorOrigins?.[0] ?? origin)) parent.postMessage({ baton: { ready: true } }, origin);
  }
}
