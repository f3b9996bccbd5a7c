// Server-Sent Events by fetch, which can send the secret in a header as EventSource cannot. Behind a break it goes on from
// the last event that was seen.

import { authorized } from "./api.js";

const silence = 45_000; // the server says something every 15 s

export class Stream {
  #on;
  #last = 0;
  #tries = 0;
  #abort = null;
  #timer = 0;
  #watch = 0;
  #closed = false;

  // on: event(data), sign(data), state(connected), gone()
  constructor(on) {
    this.#on = on;
    addEventListener("online", () => this.#now());
    addEventListener("offline", () => this.#abort?.abort());
    document.addEventListener("visibilitychange", () => document.visibilityState === "visible" && !this.#abort && this.#now());
    this.#connect();
  }

  close() {
    this.#closed = true;
    clearTimeout(this.#timer);
    this.#abort?.abort();
  }

  #now() {
    clearTimeout(this.#timer);
    if (this.#abort) this.#abort.abort();
    else this.#connect();
    this.#tries = 0;
  }

  async #connect() {
    if (this.#closed || this.#abort) return;
    this.#abort = new AbortController();
    let gone = false;
    try {
      const headers = { ...authorized(), Accept: "text/event-stream" };
      if (this.#last) headers["Last-Event-ID"] = String(this.#last);
      this.#listen();
      const answer = await fetch("/api/events", { headers, signal: this.#abort.signal, cache: "no-store", credentials: "omit" });
      gone = answer.status === 401 || answer.status === 409;
      if (answer.ok) await this.#read(answer.body.pipeThrough(new TextDecoderStream()).getReader());
    } catch {
      // a break: below
    }
    clearTimeout(this.#watch);
    this.#abort = null;
    if (this.#closed) return;
    if (gone) return this.#on.gone();
    this.#on.state(false);
    const wait = Math.min(500 * 2 ** this.#tries++, 10_000) * (0.75 + Math.random() / 2);
    this.#timer = setTimeout(() => this.#connect(), wait);
  }

  // A stream that says nothing for too long is dead.
  #listen() {
    clearTimeout(this.#watch);
    this.#watch = setTimeout(() => this.#abort?.abort(), silence);
  }

  async #read(reader) {
    let text = "";
    for (;;) {
      const { value, done } = await reader.read();
      if (done) return;
      this.#listen();
      this.#tries = 0;
      this.#on.state(true);
      const blocks = (text + value).split("\n\n");
      text = blocks.pop();
      blocks.forEach((b) => this.#block(b));
    }
  }

  #block(block) {
    let kind = "event";
    let id = 0;
    let data = "";
    for (const line of block.split("\n")) {
      if (line.startsWith("id: ")) id = Number(line.slice(4));
      else if (line.startsWith("event: ")) kind = line.slice(7);
      else if (line.startsWith("data: ")) data += line.slice(6);
    }
    if (!data || (id && id <= this.#last)) return;
    this.#on[kind]?.(JSON.parse(data));
    if (id) this.#last = id;
  }
}
