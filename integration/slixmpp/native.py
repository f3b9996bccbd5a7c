#!/usr/bin/python3
"""A session handed over by native stanzas alone (urn:xmpp:handoff:0).

What a desktop for agents or a bot would do: no text is parsed, every step is an
IQ with an answer, and the text of messages is what people say to each other.
"""

from people import HANDOFF, handoff, payload, run


def request(name):
    """Matches a request of the service with that element."""
    return lambda s: s.name == "iq" and payload(s).tag == "{%s}%s" % (HANDOFF, name)


async def story(service, ann, alice, bob):
    """By native stanzas."""
    support = "support@" + service

    # The caller connects. The answer names the session.
    session = (await ann.ask(support, handoff("connect"))).get("id")

    # Alice is offered the session. Answering the offer means "it rings here"
    # (people.py does); accepting it is a request of its own.
    offer = await alice.expect("the offer", request("offer"))
    contact = offer["from"].bare
    moved = await alice.ask(contact, handoff("accept", id=payload(offer).get("id")))
    assert (moved.get("id"), moved.get("epoch")) == (session, "1"), moved.attrib
    ann.say(support, "Hi, I was charged twice")
    await alice.hear("charged twice", contact)
    alice.say(contact, "let me check")
    await ann.hear("let me check", support)

    # She offers it to billing, with a reason.
    transfer = await alice.ask(contact, handoff("transfer", session=session, mode="warm", children=[
        handoff("target", queue="billing"),
        handoff("reason", "wants a refund"),
    ]))
    assert transfer.get("state") == "offered", transfer.attrib

    # Bob sees who calls, why, and what was said so far, and accepts.
    offer = await bob.expect("the offer", request("offer"))
    details = payload(offer)
    assert details.get("id") == transfer.get("id"), details.attrib
    said = [body.text for body in details.iter("{jabber:client}body")]
    assert said == ["Hi, I was charged twice", "let me check"], said
    moved = await bob.ask(contact, handoff("accept", id=details.get("id")))
    assert (moved.get("id"), moved.get("epoch")) == (session, "2"), moved.attrib

    # Alice's leg is disconnected, she learns the outcome; so does the caller's software.
    left = await alice.expect("the disconnect", request("disconnect"))
    assert payload(left).get("reason") == "transferred"
    await ann.expect("the disconnect", request("disconnect"))

    ann.say(support, "are you there?")
    await bob.hear("are you there?", contact)
    bob.say(contact, "Bob here, I do the refund")
    await ann.hear("Bob here", support)

    # Bob ends the session.
    assert await bob.ask(contact, handoff("disconnect", session=session, reason="done")) is None
    over = await ann.expect("the end", request("disconnect"))
    assert payload(over).get("reason") == "done"


if __name__ == "__main__":
    run(story, native=True)
