package store

import "database/sql"

// statements are those of the writing connection.
type statements struct {
	begin, commit, rollback             *sql.Stmt
	insertConv, updateConv, findConv    *sql.Stmt
	sayConv                             *sql.Stmt
	erased                              *sql.Stmt
	insertLine, insertEpoch             *sql.Stmt
	note, emptyJournal                  *sql.Stmt
	advance, lastItem                   *sql.Stmt
	insertTransfer, insertOutcome       *sql.Stmt
	insertItem, deleteItem, retry, bury *sql.Stmt
	pause, resume, forget               *sql.Stmt
}

func (s *statements) texts() []text {
	return []text{
		// By hand: database/sql prepares a connection's statements anew in
		// every transaction it began itself.
		{&s.begin, `BEGIN IMMEDIATE`},
		{&s.commit, `COMMIT`},
		{&s.rollback, `ROLLBACK`},
		{&s.insertConv, `INSERT INTO conversations (domain, local, number, entry, queue, caller, phase, holder,
			session, epoch, seq, first, hops, offer, last, name, lang, reach, info, beside, route, version)
			VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 1)`},
		{&s.updateConv, `UPDATE conversations SET queue = ?, phase = ?, holder = ?, session = ?, epoch = ?, seq = ?,
			first = ?, hops = ?, offer = ?, last = ?, name = ?, lang = ?, reach = ?, info = ?, beside = ?, route = ?,
			version = version + 1
			WHERE id = ? AND version = ? AND domain = ? AND local = ? AND seq < ?`},
		{&s.sayConv, `UPDATE conversations SET seq = ?, route = ?, version = version + 1
			WHERE id = ? AND version = ? AND domain = ? AND local = ? AND seq < ?`},
		{&s.erased, `SELECT EXISTS (SELECT 1 FROM erased WHERE address = ?)`},
		{&s.findConv, `SELECT id FROM conversations WHERE domain = ? AND local = ?`},
		{&s.insertLine, `INSERT INTO lines (id, ` + storedLine + `) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`},
		{&s.insertEpoch, `INSERT INTO epochs (conv, epoch, session, holder, transfer, first, through, at)
			VALUES (?, ?, ?, ?, ?, ?, ?, ?)`},
		{&s.insertTransfer, `INSERT INTO transfers (domain, transfer, conv, session, author, author_name,
			target_agent, target_queue, target_skill, mode, reason, reason_lang, share_none, share_last, info,
			through, at, deadline) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`},
		{&s.insertOutcome, `INSERT INTO outcomes (domain, transfer, conv, party, role, state, author, epoch,
			reason, at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`},
		{&s.note, `INSERT INTO journal (said) VALUES (?)`},
		{&s.emptyJournal, `DELETE FROM journal`},
		{&s.advance, `UPDATE conversations SET seq = ?, route = ?, version = ? WHERE id = ?`},
		{&s.lastItem, `UPDATE sqlite_sequence SET seq = max(seq, ?) WHERE name = 'backlog'`},
		{&s.insertItem, `INSERT INTO backlog (id, domain, conv, kind, recipient, seq, effect, at, tries)
			VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)`},
		{&s.deleteItem, `DELETE FROM backlog WHERE id = ?`},
		{&s.pause, `INSERT INTO paused (domain, agent, since) VALUES (?, ?, ?)
			ON CONFLICT (domain, agent) DO UPDATE SET since = excluded.since`},
		{&s.resume, `DELETE FROM paused WHERE domain = ? AND agent = ?`},
		{&s.forget, `UPDATE conversations SET forgotten = 1, version = version + 1
			WHERE id = ? AND version = ? AND phase = 0 AND forgotten = 0`},
		{&s.retry, `UPDATE backlog SET tries = ? WHERE id = ?`},
		{&s.bury, `INSERT INTO dead_letters (item, domain, conv, kind, recipient, seq, effect, at, tries, reason,
			buried) SELECT id, domain, conv, kind, recipient, seq, effect, at, ?, ?, ? FROM backlog WHERE id = ?`},
	}
}

// storedLine are the columns of a line but for its id.
const storedLine = `conv, seq, session, epoch, at, author, role, name, recipient, stanza, origin, body, payload, private`

// queries are those of the reading connections.
type queries struct {
	open, items, nextNumber                *sql.Stmt
	byCaller, byLocal, byNumber            *sql.Stmt
	lines, lineBySeq, lineByStanza         *sql.Stmt
	lineByOrigin, transfer, outcomes, held *sql.Stmt
	stats, pending, paused, origins        *sql.Stmt
}

// The columns that scanConversation and lineRow read, in their order.
const (
	convColumns = `c.id, c.domain, c.local, c.number, c.entry, c.queue, c.caller, c.phase, c.holder, c.session,
		c.epoch, c.seq, c.first, c.hops, c.offer, c.last, c.name, c.lang, c.reach, c.info, c.version, c.beside,
		c.route`
	lineColumns = `l.seq, l.session, l.epoch, l.at, l.author, l.role, l.name, l.recipient, l.stanza, l.origin,
		l.body, l.payload, l.private`
	// The same of an item's line, whose number the outbox has too.
	itemColumns = `o.seq, l.session, l.epoch, l.at, l.author, l.role, l.name, l.recipient, l.stanza, l.origin,
		l.body, l.payload, l.private`
	// CROSS JOIN fixes the order: one conversation, then its lines by number.
	selectLines = `SELECT c.local, ` + lineColumns + ` FROM conversations c CROSS JOIN lines l ON l.conv = c.id
		WHERE c.domain = ? AND c.local = ? AND `
	selectConv = `SELECT ` + convColumns + ` FROM conversations c WHERE c.domain = ? AND `
)

func (q *queries) texts() []text {
	return []text{
		{&q.open, selectConv + `c.phase <> 0 ORDER BY c.id`},
		{&q.items, `SELECT o.id, o.domain, c.local, o.kind, o.recipient, o.effect, o.at, o.tries, ` + itemColumns + `
			FROM backlog o JOIN conversations c ON c.id = o.conv
			LEFT JOIN lines l ON l.conv = o.conv AND l.seq = o.seq
			WHERE o.domain = ? ORDER BY o.id`},
		{&q.nextNumber, `SELECT 1 + max(
			coalesce((SELECT max(number) FROM conversations WHERE domain = ?), 0),
			coalesce((SELECT last FROM numbers WHERE domain = ?), 0))`},
		{&q.paused, `SELECT domain, agent, since FROM paused WHERE domain = ?`},
		{&q.pending, `SELECT EXISTS (SELECT 1 FROM backlog WHERE id = ?)`},
		{&q.byCaller, selectConv + `c.entry = ? AND c.caller = ? AND c.forgotten = 0`},
		{&q.byLocal, selectConv + `c.local = ?`},
		{&q.byNumber, selectConv + `c.number = ?`},
		{&q.lines, selectLines + `l.seq BETWEEN ? AND ? ORDER BY l.seq DESC LIMIT ?`},
		{&q.lineBySeq, selectLines + `l.seq = ?`},
		// No index: references are to recent lines, and it looks from the newest.
		{&q.lineByStanza, selectLines + `l.author = ? AND l.stanza = ? AND l.seq > c.seq - ? ORDER BY l.seq DESC LIMIT 1`},
		{&q.lineByOrigin, selectLines + `l.author = ? AND l.origin = ? AND l.origin <> ''`},
		{&q.origins, `SELECT l.author, l.origin FROM conversations c CROSS JOIN lines l ON l.conv = c.id
			WHERE c.domain = ? AND c.local = ? AND l.origin <> '' LIMIT ?`},
		{&q.transfer, `SELECT t.domain, t.transfer, c.local, t.session, t.author, t.author_name, t.target_agent,
			t.target_queue, t.target_skill, t.mode, t.reason, t.reason_lang, t.share_none, t.share_last, t.info,
			t.through, t.at, t.deadline
			FROM transfers t JOIN conversations c ON c.id = t.conv WHERE t.domain = ? AND t.transfer = ?`},
		{&q.outcomes, `SELECT o.domain, o.transfer, c.local, o.party, o.role, o.state, o.author, o.epoch, o.reason, o.at
			FROM outcomes o JOIN conversations c ON c.id = o.conv WHERE o.domain = ? AND o.transfer = ? ORDER BY o.id`},
		{&q.held, `SELECT coalesce(max(e.session), 0), coalesce(max(e.epoch), 0) FROM conversations c CROSS JOIN epochs e ON e.conv = c.id
			WHERE c.domain = ? AND c.local = ? AND e.holder = ?`},
		{&q.stats, `SELECT (SELECT count(*) FROM conversations WHERE phase <> 0), (SELECT count(*) FROM outbox),
			(SELECT count(*) FROM dead_letters)`},
	}
}
