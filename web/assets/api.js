// What the page asks of the server, and what it keeps: the secret of the session, and what was written and not sent.

const queue = document.body.dataset.queue;
const kept = "baton:" + queue;

// Problem is an answer that says no.
export class Problem extends Error {
  constructor(status, body) {
    super(body.text || body.error || String(status));
    this.status = status;
  }
  // Whether the same again may succeed.
  get passes() {
    return this.status === 0 || this.status === 429 || this.status >= 500;
  }
}

// Storage may be forbidden, as in a frame of a browser that keeps nothing there: the session lasts as long as the page.
const memory = {};
function read(key) {
  try {
    return JSON.parse(localStorage.getItem(key));
  } catch {
    return memory[key] ?? null;
  }
}
function write(key, value) {
  memory[key] = value;
  try {
    if (value === null) localStorage.removeItem(key);
    else localStorage.setItem(key, JSON.stringify(value));
  } catch {
    // it stays in memory
  }
}

export const session = {
  get: () => read(kept),
  set: (value) => write(kept, value),
};

// What was written and has no answer yet: sent again after a reload, with the same ids.
export const unsent = {
  all: () => read(kept + ":unsent") ?? [],
  add: (m) => write(kept + ":unsent", [...unsent.all(), m]),
  drop: (id) => write(kept + ":unsent", unsent.all().filter((m) => m.id !== id)),
};

// random returns 128 bits as text.
export function random() {
  return Array.from(crypto.getRandomValues(new Uint8Array(16)), (b) => b.toString(16).padStart(2, "0")).join("");
}

export function authorized() {
  const s = session.get();
  return s ? { Authorization: "Bearer " + s.token } : {};
}

// post sends JSON, or a form, and returns the answer.
export async function post(path, body, headers = authorized()) {
  const form = body instanceof FormData;
  if (!form) headers = { ...headers, "Content-Type": "application/json" };
  let answer;
  try {
    answer = await fetch(path, { method: "POST", headers, body: form ? body : JSON.stringify(body), credentials: "omit" });
  } catch {
    throw new Problem(0, { text: texts.error_later });
  }
  if (answer.status === 204) return null;
  const result = await answer.json().catch(() => ({}));
  if (!answer.ok) throw new Problem(answer.status, result);
  return result;
}

export const texts = JSON.parse(document.getElementById("texts").textContent);

export function say(name, who) {
  return texts[name].replace("{who}", who).replace("{why}", who);
}
