"""People on a Jabber server, for the stories beside this file.

An example for bot writers: all it takes to talk to the service is an ordinary
XMPP library, here slixmpp 1.8 (Debian: python3-slixmpp). What is particular to
session handoff is in words.py, native.py and archive.py; this file only logs in, remembers
what came, and waits for what should come.
"""

import argparse
import asyncio
import json
import sys
from xml.etree import ElementTree as ET

from slixmpp import ClientXMPP
from slixmpp.xmlstream.handler import Callback
from slixmpp.xmlstream.matcher import MatchXPath

HANDOFF = "urn:xmpp:handoff:0"
DEADLINE = 20  # seconds, for every single thing that is waited for


class Person(ClientXMPP):
    """Somebody who is logged in."""

    def __init__(self, jid, password, native=False):
        super().__init__(jid, password)
        self.native = native  # speaks the protocol
        self.came = []  # every message and request, in order
        self.news = asyncio.Condition()
        for plugin in ("xep_0030", "xep_0115", "xep_0199"):  # disco, caps, ping
            self.register_plugin(plugin)
        self.add_event_handler("message", self.note)
        self.add_event_handler("message_error", self.note)
        for name in ("offer", "disconnect"):  # the two requests that the service makes
            path = "{jabber:client}iq/{%s}%s" % (HANDOFF, name)
            self.register_handler(Callback(name, MatchXPath(path), self.on_request))

    async def log_in(self, server, ca, desk=None):
        """Connect and become available; an agent also waits for the desk."""
        self.ca_certs = ca
        started = asyncio.ensure_future(self.wait_until("session_start", DEADLINE))
        self.connect(server)
        await started
        if self.native:  # announce the protocol, or we are taken for a stock client
            self["xep_0030"].add_feature(HANDOFF)
            await self["xep_0115"].update_caps()
        await self.get_roster(timeout=DEADLINE)
        while desk and desk not in self.client_roster.keys():
            await self.wait_until("roster_update", DEADLINE)
        self.send_presence()
        if desk:
            # The service asks what our software can do before it counts on us:
            # the first pong comes behind that question, the second behind our answer.
            for _ in range(2):
                await self["xep_0199"].send_ping(desk, timeout=DEADLINE)

    async def log_out(self):
        gone = asyncio.ensure_future(self.wait_until("disconnected", DEADLINE))
        self.disconnect()
        await gone

    def on_request(self, iq):
        """A native request: acknowledge it, and remember it."""
        if iq["type"] == "set":
            iq.reply().send()
            self.note(iq)

    def note(self, stanza):
        self.came.append(stanza)
        tell(who=self.boundjid.user, saw=stanza.name, sender=stanza["from"].bare, **summary(stanza))
        asyncio.ensure_future(self.wake())

    async def wake(self):
        async with self.news:
            self.news.notify_all()

    async def expect(self, what, match):
        """Wait for the first thing that matches and take it, with all before it."""

        def find():
            return next((i for i, stanza in enumerate(self.came) if match(stanza)), None)

        try:
            async with self.news:
                await asyncio.wait_for(self.news.wait_for(lambda: find() is not None), DEADLINE)
        except asyncio.TimeoutError:
            raise SystemExit(f"{self.boundjid.user} waited in vain for {what}") from None
        i = find()
        stanza = self.came[i]
        del self.came[: i + 1]
        return stanza

    async def hear(self, text, sender=None):
        """Wait for a message with that text in it."""
        return await self.expect(
            f"the message {text!r}",
            lambda s: s.name == "message" and s["type"] != "error" and text in s["body"]
            and sender in (None, s["from"].bare),
        )

    def say(self, to, text):
        self.send_message(mto=to, mbody=text, mtype="chat")

    async def ask(self, to, element):
        """Send a native request; return the answer's payload, None if it is empty."""
        iq = self.make_iq_set(sub=element, ito=to)
        answer = await iq.send(timeout=DEADLINE)
        return next(iter(answer.xml), None)


def handoff(name, text=None, children=(), **attributes):
    """An element of the protocol."""
    element = ET.Element("{%s}%s" % (HANDOFF, name), attributes)
    element.text = text
    element.extend(children)
    return element


def payload(stanza):
    """The protocol's element in a stanza, None if there is none."""
    return next((child for child in stanza.xml if child.tag.startswith("{%s}" % HANDOFF)), None)


def summary(stanza):
    """What a line of the report says of a stanza."""
    if stanza["type"] == "error":
        return {"error": stanza["error"]["condition"]}
    found = {}
    if stanza.name == "message":
        found["text"] = stanza["body"]
    for child in stanza.xml:
        if child.tag.startswith("{%s}" % HANDOFF):
            found[child.tag.partition("}")[2]] = dict(child.attrib)
    return found


def tell(**fact):
    """One line of the report, as JSON."""
    print(json.dumps(fact, ensure_ascii=False), flush=True)


def run(story, native):
    """Log everybody in, play the story, log everybody out."""
    args = argparse.ArgumentParser(description=story.__doc__)
    args.add_argument("--server", required=True, help="HOST:PORT for clients")
    args.add_argument("--ca", help="certificate to trust, PEM (default: the system's)")
    args.add_argument("--service", required=True, help="the component's domain")
    args.add_argument("--password", required=True, help="of all three accounts")
    args.add_argument("caller")
    args.add_argument("agent", help="of the queue support")
    args.add_argument("other", help="an agent of the queue billing")
    o = args.parse_args()
    host, port = o.server.rsplit(":", 1)

    async def play():
        people = [Person(jid, o.password, native) for jid in (o.caller, o.agent, o.other)]
        for person in people:
            desk = None if person is people[0] else "desk@" + o.service
            await person.log_in((host, int(port)), o.ca, desk)
        await story(o.service, *people)
        for person in people:
            await person.log_out()

    asyncio.get_event_loop().run_until_complete(asyncio.wait_for(play(), 3 * DEADLINE))
    tell(result="ok")
    sys.exit(0)
