"""Relays messages with slixmpp and keeps nothing: a contender of the benchmarks."""

import asyncio
import sys

from slixmpp import ComponentXMPP


class Relay(ComponentXMPP):
    def __init__(self, domain, secret, host, port):
        super().__init__(domain, secret, host, port)
        self.add_event_handler("message", self.relay)

    def relay(self, message):
        message["from"] = "carol.abcdefgh@" + self.boundjid.bare + "/chat"
        message["to"] = "agent@bench.example"
        message.send()


def main():
    address, domain, secret = sys.argv[1:]
    host, port = address.rsplit(":", 1)
    relay = Relay(domain, secret, host, int(port))
    relay.connect()
    asyncio.get_event_loop().run_until_complete(relay.disconnected)


main()
