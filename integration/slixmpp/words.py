#!/usr/bin/python3
"""A session handed over by chat words alone.

What people do with any Jabber client, a bot can do too: the caller writes to the
queue's address; agents answer offers at the desk with y, and say !transfer and
!done to the contact that the caller is for them.
"""

from people import run


async def story(service, ann, alice, bob):
    """By chat words."""
    support, desk = "support@" + service, "desk@" + service

    # The first message opens a session. Alice is asked, and says yes.
    ann.say(support, "Hi, I was charged twice")
    await ann.hear("one moment please", support)
    await alice.hear("Take it?", desk)
    alice.say(desk, "y")
    # Now the caller is a contact of hers. The first message says who it is.
    contact = (await alice.hear("New session"))["from"].bare
    alice.say(contact, "let me check")
    await ann.hear("let me check", support)

    # She hands the session to billing and keeps it until somebody there takes it.
    alice.say(contact, "!transfer billing wants a refund")
    await alice.hear("Offered to Billing", contact)
    await bob.hear("wants a refund", desk)
    bob.say(desk, "y")
    await bob.hear("Handed over by Alice", contact)
    await alice.hear("Bob took over", contact)
    await ann.hear("Billing team", support)

    # The caller writes to the same address as before, and Bob gets it.
    ann.say(support, "are you there?")
    await bob.hear("are you there?", contact)
    bob.say(contact, "Bob here, I do the refund")
    await ann.hear("Bob here", support)

    # What Alice says now reaches nobody, and she is told.
    alice.say(contact, "one more thing")
    await alice.expect("an error", lambda s: s["type"] == "error")
    await alice.hear("not delivered", contact)

    bob.say(contact, "!done")
    await ann.hear("This chat has ended", support)
    await bob.hear("is closed", contact)


if __name__ == "__main__":
    run(story, native=False)
