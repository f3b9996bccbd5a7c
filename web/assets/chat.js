// The page: the form before the chat, then the chat.

import { post, random, say, session, texts, unsent, authorized } from "./api.js";
import { Stream } from "./stream.js";
import * as lines from "./lines.js";
import * as frame from "./frame.js";

const $ = (id) => document.getElementById(id);
const text = $("text");
let stream = null;
let ended = false;
let agent = "";
let away = ""; // what is said while nobody works there
let identity = null;

function status(words) {
  if ($("status").textContent !== words) $("status").textContent = words;
}

function standing() {
  if (ended) return texts.ended;
  return agent ? say("talking", agent) : away || texts.waiting;
}

// talk shows the chat of the session we have.
function talk(state) {
  $("begin").hidden = true;
  $("talk").hidden = $("tools").hidden = false;
  agent = state?.agent ?? "";
  setEnded(state ? !state.open : false, false);
  away = state?.closed ?? "";
  status(standing());
  stream ??= new Stream({ event, sign, state: connected, gone });
  frame.tell({ kept: true });
  send();
  if (!frame.embedded() || frame.open()) text.focus();
}

// gone goes back to the form: the session is none any more.
function gone() {
  stream?.close();
  stream = null;
  session.set(null);
  lines.clear();
  $("begin").hidden = false;
  $("talk").hidden = $("tools").hidden = true;
  $("problem").textContent = texts.expired;
  status("");
  frame.tell({ kept: false });
}

function connected(yes) {
  status(yes ? standing() : texts.offline);
  if (yes) send();
}

function event(e) {
  const fresh = lines.show(e);
  if (e.kind === "ended") setEnded(true, session.get()?.rated !== e.session, e.session);
  else if (e.kind === "notice") setEnded(false);
  else if (e.kind === "line") {
    if (ended) setEnded(false);
    if (e.from !== "you") typing("");
    if (e.from === "agent" || e.from === "bot") agent = e.name;
  } else if (e.kind === "moved") {
    agent = e.name;
    typing("");
  }
  status(standing());
  if (fresh) frame.unread(e);
  read();
}

let over = 0; // the session that has ended
function setEnded(yes, ask, which) {
  ended = yes;
  over = which ?? over;
  $("end").hidden = yes;
  $("after").hidden = !yes || !ask;
  if (yes) agent = "";
}

// The other side types, or has read.
let typingTimer = 0;
function typing(who) {
  clearTimeout(typingTimer);
  $("typing").textContent = who;
  if (who) typingTimer = setTimeout(() => typing(""), 30_000);
}

function sign(s) {
  if (s.state) typing(s.state === "composing" ? (agent ? say("typing", agent) : texts.typing_somebody) : "");
  if (s.read) lines.seen(s.read);
}

// What the visitor writes waits in the order written, and goes out one after the other.
let sending = false;
async function send() {
  if (sending) return;
  sending = true;
  const left = unsent.all();
  left.forEach(lines.pending);
  for (const m of left) {
    try {
      await post("/api/messages", m);
      unsent.drop(m.id);
    } catch (e) {
      if (e.status === 401 || e.status === 409) break;
      if (!e.passes) unsent.drop(m.id);
      const again = () => {
        if (!unsent.all().some((u) => u.id === m.id)) unsent.add(m);
        send();
      };
      lines.failed(m.id, e.message, again);
      if (e.passes) setTimeout(send, e.status === 0 ? 3000 : 6000);
      break;
    }
  }
  sending = false;
  if (left.length && unsent.all().some((m) => !left.some((l) => l.id === m.id))) send();
}

// Signs of ours: worth nothing if they do not arrive.
let typed = 0;
let paused = 0;
function composing() {
  clearTimeout(paused);
  paused = setTimeout(rest, 5000);
  if (Date.now() - typed < 10_000 || !session.get()) return;
  typed = Date.now();
  post("/api/typing", { state: "composing" }).catch(() => {});
}

function rest() {
  clearTimeout(paused);
  if (!typed) return;
  typed = 0;
  post("/api/typing", { state: "paused" }).catch(() => {});
}

let readUpTo = 0;
function read() {
  const last = lines.last();
  if (last <= readUpTo || document.visibilityState !== "visible" || !frame.open()) return;
  readUpTo = last;
  frame.seen();
  clearTimeout(read.timer);
  read.timer = setTimeout(() => post("/api/typing", { read: readUpTo }).catch(() => {}), 500);
}

function grow() {
  text.style.height = "";
  text.style.height = Math.min(text.scrollHeight, 140) + "px";
}

async function begin(e) {
  e.preventDefault();
  const form = e.currentTarget;
  const data = new FormData(form);
  const ask = { queue: data.get("queue"), id: begin.id ??= random(), text: data.get("text"), lang: data.get("lang"), fields: {} };
  for (const [k, v] of data) if (k.startsWith("f-")) ask.fields[k.slice(2)] = v;
  if (identity) ask.identity = identity;
  const offline = data.get("action") === "offline";
  if (offline) ask.email = data.get("email");
  const button = form.querySelector("button");
  button.disabled = true;
  $("problem").textContent = "";
  try {
    const state = await post(offline ? "/api/offline" : "/api/session", ask, {});
    begin.id = null;
    session.set({ token: state.token, user: identity?.id ?? null });
    form.reset();
    talk(state);
  } catch (problem) {
    $("problem").textContent = problem.message;
  }
  button.disabled = false;
}

async function upload(f) {
  const form = new FormData();
  const id = random();
  form.append("id", id);
  form.append("file", f);
  lines.pending({ id, text: f.name });
  try {
    await post("/api/files", form);
  } catch (e) {
    lines.failed(id, e.message, () => upload(f));
  }
}

async function save() {
  const answer = await fetch("/html/log?download=1&lang=" + document.documentElement.lang, { headers: authorized(), credentials: "omit" });
  if (!answer.ok) return;
  const a = document.createElement("a");
  a.href = URL.createObjectURL(await answer.blob());
  a.download = "chat.txt";
  a.click();
  setTimeout(() => URL.revokeObjectURL(a.href), 60_000);
}

async function end() {
  $("sure").returnValue = "";
  $("sure").showModal();
  await new Promise((done) => $("sure").addEventListener("close", done, { once: true }));
  if ($("sure").returnValue !== "yes") return;
  try {
    await post("/api/end", {});
  } catch (e) {
    status(e.message);
  }
}

async function rate(e) {
  e.preventDefault();
  const stars = Number(new FormData(e.currentTarget).get("stars") ?? 0);
  try {
    await post("/api/end", { rating: stars, email: $("reach").value });
    session.set({ ...session.get(), rated: over });
    $("after").hidden = true;
    status(texts.thanks);
    text.focus();
  } catch (problem) {
    status(problem.message);
  }
}

function wire() {
  $("begin").addEventListener("submit", begin);
  $("say").addEventListener("submit", (e) => {
    e.preventDefault();
    const words = text.value.trim();
    if (!words) return;
    unsent.add({ id: random(), text: words });
    text.value = "";
    grow();
    clearTimeout(paused);
    typed = 0;
    lines.toEnd();
    send();
  });
  text.addEventListener("input", () => {
    grow();
    composing();
  });
  text.addEventListener("keydown", (e) => {
    if (e.key === "Enter" && !e.shiftKey && !e.isComposing) {
      e.preventDefault();
      $("say").requestSubmit();
    }
  });
  $("attach")?.addEventListener("click", () => $("file").click());
  $("file")?.addEventListener("change", (e) => {
    for (const f of e.target.files) upload(f);
    e.target.value = "";
  });
  $("save").addEventListener("click", save);
  $("end").addEventListener("click", end);
  $("after").addEventListener("submit", rate);
  document.addEventListener("visibilitychange", read);
  addEventListener("storage", (e) => {
    if (e.key === null || e.key.endsWith(":unsent")) return;
    if (session.get() && !stream) resume(); // begun in another tab
    else if (!session.get() && stream) gone();
  });
}

// resume goes on with the session that the browser has.
async function resume() {
  talk(null);
  try {
    const state = await post("/api/session", {});
    agent = state.agent ?? agent;
    away = state.closed ?? "";
    if (!state.open) setEnded(true, session.get()?.rated !== state.ended, state.ended);
    status(standing());
  } catch (e) {
    if (e.status === 401 || e.status === 409) gone();
  }
}

// vouch takes who the site says its visitor is: another's session ends here.
function vouch(who) {
  identity = who;
  const had = session.get();
  if (had?.user && had.user !== who?.id) gone();
  const name = $("f-name");
  if (who && name) {
    name.required = false;
    name.closest(".field").hidden = true;
  }
}

if ($("begin")) {
  wire();
  frame.listen({ vouch, opened: read, focus: () => (session.get() ? text : $("begin").querySelector("input:not([type=hidden]),select,textarea")).focus() });
  if (session.get()) resume();
}
