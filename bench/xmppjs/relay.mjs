// Relays messages with @xmpp/component and keeps nothing: a contender of the benchmarks.
import { createRequire } from "node:module";
import { pathToFileURL } from "node:url";

const [folder, address, domain, password] = process.argv.slice(2);
const where = createRequire(folder + "/").resolve("@xmpp/component");
const { component } = await import(pathToFileURL(where));

const relay = component({ service: "xmpp://" + address, domain, password });
relay.on("error", (error) => console.error(error));
relay.on("stanza", (stanza) => {
  if (!stanza.is("message")) return;
  stanza.attrs.from = `carol.abcdefgh@${domain}/chat`;
  stanza.attrs.to = "agent@bench.example";
  relay.send(stanza);
});
relay.on("offline", () => process.exit());
await relay.start();
