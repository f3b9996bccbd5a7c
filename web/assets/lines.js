// The transcript: one list item for each event. Text goes into the page as text only.

import { texts, say } from "./api.js";

const list = document.getElementById("lines");
const log = document.getElementById("log");
const newest = document.getElementById("newest");
const bySeq = new Map(); // items by line, corrections of a line included
const byID = new Map(); // the visitor's own, by the id they were sent with
const clock = new Intl.DateTimeFormat(document.documentElement.lang, { hour: "numeric", minute: "2-digit" });

function element(name, cls, text) {
  const e = document.createElement(name);
  if (cls) e.className = cls;
  if (text) e.textContent = text;
  return e;
}

function atEnd() {
  return log.scrollHeight - log.scrollTop - log.clientHeight < 60;
}

export function toEnd() {
  log.scrollTop = log.scrollHeight;
  newest.hidden = true;
}

let following = true; // the end is in sight, and stays so
let height = 0; // of what is in sight

newest?.addEventListener("click", toEnd);
log?.addEventListener("scroll", () => {
  if (log.clientHeight !== height) return; // no one has scrolled
  following = atEnd();
  if (following) newest.hidden = true;
});
if (log) {
  new ResizeObserver(() => {
    height = log.clientHeight;
    if (following) toEnd();
  }).observe(log);
}

// file makes what stands for a file: a picture only of our own server.
function file(f) {
  const a = element("a", "file");
  if (!/^(https?:\/\/|\/files\/)/.test(f.url)) return a;
  a.href = f.url;
  a.target = "_blank";
  a.rel = "noreferrer nofollow";
  if (f.image) {
    const img = element("img");
    img.src = f.url;
    img.alt = f.name;
    img.addEventListener("load", () => following && toEnd(), { once: true });
    a.append(img);
  } else {
    a.textContent = f.name;
  }
  return a;
}

const link = /https?:\/\/[^\s<>"]+[^\s<>".,;:!?)\]}]/g;

// linked makes addresses in a text something to click on.
function linked(p, text) {
  let at = 0;
  for (const m of text.matchAll(link)) {
    p.append(text.slice(at, m.index));
    const a = element("a", "", m[0]);
    a.href = m[0];
    a.target = "_blank";
    a.rel = "noreferrer nofollow";
    p.append(a);
    at = m.index + m[0].length;
  }
  p.append(text.slice(at));
}

function fill(item, e) {
  const p = element("p", "text");
  linked(p, e.text ?? "");
  if (e.file) p.append(file(e.file));
  item.querySelector(".text").replaceWith(p);
}

function build(e) {
  const item = element("li", e.from + " " + e.kind);
  item.dataset.at = e.at;
  const head = element("p", "head");
  head.append(element("span", "name", e.from === "you" ? texts.you : e.name), " ");
  const time = element("time", "", clock.format(new Date(e.at)));
  time.dateTime = e.at;
  head.append(time);
  item.append(head, element("p", "text"));
  fill(item, e);
  const note = element("p", "note");
  item.append(note);
  return item;
}

const note = (item, text) => (item.querySelector(".note").textContent = text);

// later reports whether an item belongs behind an event: lines go by their number, what has none by its time.
function later(item, e) {
  if (item.dataset.seq && e.seq) return Number(item.dataset.seq) > e.seq;
  return Date.parse(item.dataset.at) > Date.parse(e.at);
}

// place puts an item where it belongs: what comes from two sides may come in another order.
function place(item, e) {
  let before = null;
  for (let i = list.lastElementChild; i && (i.dataset.pending || later(i, e)); i = i.previousElementSibling) before = i;
  list.insertBefore(item, before);
}

// show puts an event into the transcript, and returns whether it is something new to read.
export function show(e) {
  const about = bySeq.get(e.about);
  if (e.how && about) {
    change(about, e);
    if (e.seq) bySeq.set(e.seq, about);
    return false;
  }
  if ((!e.text && !e.file && e.kind !== "ended") || (e.seq && bySeq.has(e.seq))) return false;
  if (e.kind === "ended") e.text ||= texts.ended;
  const own = byID.get(e.id);
  if (own) own.remove();
  const item = build(e);
  if (e.seq) {
    item.dataset.seq = e.seq;
    bySeq.set(e.seq, item);
  }
  if (e.from === "you" && e.seq) {
    note(item, texts.sent);
    byID.set(e.id, item);
  }
  place(item, e);
  if (following || e.from === "you") toEnd();
  else newest.hidden = false;
  return e.from !== "you";
}

function change(item, e) {
  if (e.how === "react") {
    note(item, (e.emoji ?? []).join(" "));
  } else if (e.how === "retract") {
    fill(item, { text: texts.withdrawn });
    item.classList.add("withdrawn");
  } else {
    fill(item, e);
    note(item, texts.corrected);
  }
}

// pending shows what is on its way.
export function pending(m) {
  if (byID.has(m.id)) return;
  const item = build({ kind: "line", from: "you", text: m.text, at: new Date().toISOString() });
  item.dataset.pending = "1";
  note(item, texts.sending);
  byID.set(m.id, item);
  list.append(item);
  toEnd();
}

// failed says why something was not sent, and lets it be tried again.
export function failed(id, why, again) {
  const item = byID.get(id);
  if (!item) return;
  item.classList.add("failed");
  note(item, say("failed", why) + " ");
  const button = element("button", "", texts.again);
  button.type = "button";
  button.addEventListener("click", () => {
    item.classList.remove("failed");
    note(item, texts.sending);
    again();
  });
  item.querySelector(".note").append(button);
}

// seen marks the visitor's lines up to one as read.
export function seen(seq) {
  for (const [n, item] of bySeq) {
    const at = item.querySelector(".note");
    if (n <= seq && item.classList.contains("you") && at.textContent === texts.sent) at.textContent = texts.read;
  }
}

// last returns the number of the newest line.
export const last = () => Math.max(0, ...bySeq.keys());

export function clear() {
  list.replaceChildren();
  bySeq.clear();
  byID.clear();
}
