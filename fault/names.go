package fault

// Names returns every point's name. Before and after are meant with regard to
// what the name says; a point that says neither lies where that has just happened.
func Names() []string {
	return []string{
		// cmd/baton: the order of starting and stopping.
		"start.configured", "start.opened", "start.restored", "stop.link-closed", "stop.desk-ended",

		// store: migrations, one transaction from its begin to its end, closing.
		"store.migrate.begun", "store.migrate.applied", "store.migrate.committed",
		"store.begin.before", "store.begin.after",
		"store.write.conversation", "store.write.line", "store.write.epoch", "store.write.transfer", "store.write.outcome",
		"store.write.confirm", "store.write.buried", "store.write.item", "store.bury.copied", "store.retry.counted",
		"store.journal.written", "store.settle.line", "store.settle.conversations", "store.settle.outbox",
		"store.commit.before", "store.commit.after",
		"store.close.before", "store.close.checkpointed", "store.close.after",

		// desk: a batch from the requests to the outbox, and what it does by itself.
		"desk.taken", "desk.stepped", "desk.commit.before", "desk.commit.after", "desk.answer.before", "desk.answer.after",
		"desk.release.before", "desk.release.after",
		"desk.confirm.taken", "desk.alarm.fired", "desk.tick", "desk.bury.before", "desk.bury.after", "desk.drained",
		"outbox.perform.before", "outbox.perform.after", "outbox.confirmed", "outbox.retry.before",

		// component: the link, what comes in, what goes out, signs of arrival, rosters.
		"link.dialed", "link.logged-in", "link.up", "link.down", "link.aborted", "link.lost",
		"link.write.before", "link.write.after", "close.asked", "close.settled", "close.stream-ended",
		"receive.read", "receive.submit.before",
		"answer.result.before", "answer.result.after", "answer.error.before", "answer.error.after",
		"line.before", "line.after", "greeting.before", "ring.before", "ring.after", "outcome.before", "outcome.after",
		"handover.before", "handover.after", "leave.before", "leave.after", "parted.before", "moved.before",
		"ack.written", "ack.ping.sent", "ack.pong.received", "ack.confirmed", "ack.provisional", "ack.settled", "ack.bounced",
		"roster.desk.before", "roster.bind.before", "roster.bind.after", "roster.unbind.before", "roster.arranged",
		"presence.told",
	}
}
