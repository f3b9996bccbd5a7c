#!/usr/bin/python3
"""A conversation's archive, read by the agent who holds it.

The archive is at the conversation's own address (XEP-0313): what slixmpp's plugin
does for an account it does for a conversation too.
"""

from people import run, tell


async def pages(person, contact, **query):
    """Read an archive page by page and report what is in it."""
    async for message in person["xep_0313"].iterate(contact, **query):
        forwarded = message["mam_result"]["forwarded"]
        stanza = forwarded["stanza"]
        if not forwarded["delay"]["stamp"]:
            raise SystemExit("a message without its time")
        tell(who=person.boundjid.user, saw="archived", sender=stanza["from"].bare, text=stanza["body"])


async def story(service, ann, alice, _bob):
    """By an archive query."""
    support, desk = "support@" + service, "desk@" + service
    alice.register_plugin("xep_0313")

    ann.say(support, "line 1")
    await alice.hear("Take it?", desk)
    alice.say(desk, "y")
    contact = (await alice.hear("New session"))["from"].bare
    for i in range(2, 6):
        ann.say(support, f"line {i}")
    await alice.hear("line 5", contact)
    alice.say(contact, "so many lines")
    await ann.hear("so many lines", support)

    # All of it, two lines a page; then the newest two, the newest first.
    await pages(alice, contact, rsm={"max": 2})
    await pages(alice, contact, rsm={"max": 2}, reverse=True, total=2)


if __name__ == "__main__":
    run(story, native=False)
