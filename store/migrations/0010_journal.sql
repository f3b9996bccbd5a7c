-- What was committed and is not in the tables yet: one row for each batch (store/journal.go says why and what is in it).
-- It takes the place of the table fresh.
INSERT INTO lines (id, conv, seq, session, epoch, at, author, role, name, recipient, stanza, origin, body, payload, private)
  SELECT id, conv, seq, session, epoch, at, author, role, name, recipient, stanza, origin, body, payload, private
  FROM fresh ORDER BY id;
DROP VIEW dialog;
DROP TABLE fresh;

CREATE TABLE journal (
  id   INTEGER PRIMARY KEY,
  said TEXT    NOT NULL -- JSON
) STRICT;

-- Items that have not arrived, but for those that the journal has; outbox shows both.
ALTER TABLE outbox RENAME TO backlog;
INSERT INTO sqlite_sequence (name, seq) SELECT 'backlog', 0 WHERE NOT EXISTS (SELECT 1 FROM sqlite_sequence WHERE name = 'backlog');

-- What is in the journal, as rows.
CREATE VIEW journal_lines AS
  SELECT l.value ->> 0 AS id, l.value ->> 1 AS conv, l.value ->> 2 AS seq, l.value ->> 3 AS session, l.value ->> 4 AS epoch,
    l.value ->> 5 AS at, l.value ->> 6 AS author, l.value ->> 7 AS role, l.value ->> 8 AS name, l.value ->> 9 AS recipient,
    l.value ->> 10 AS stanza, l.value ->> 11 AS origin, l.value ->> 12 AS body, CAST(l.value ->> 13 AS BLOB) AS payload,
    l.value ->> 14 AS private
  FROM journal j, json_each(j.said, '$.lines') l;
CREATE VIEW journal_convs AS
  SELECT c.value ->> 0 AS conv, max(c.value ->> 1) AS version, c.value ->> 2 AS seq, c.value ->> 3 AS heard
  FROM journal j, json_each(j.said, '$.convs') c GROUP BY c.value ->> 0;
CREATE VIEW journal_done AS
  SELECT d.value AS id FROM journal j, json_each(j.said, '$.done') d;
CREATE VIEW journal_items AS
  SELECT i.value ->> 0 AS id, i.value ->> 1 AS conv, i.value ->> 2 AS seq, i.value ->> 3 AS recipient, i.value ->> 4 AS at
  FROM journal j, json_each(j.said, '$.items') i WHERE i.value ->> 0 NOT IN (SELECT id FROM journal_done);

-- For whoever looks into the database from outside: all lines, items and conversations, wherever they are.
CREATE VIEW dialog AS
  SELECT id, conv, seq, session, epoch, at, author, role, name, recipient, stanza, origin, body, payload, private FROM lines
  UNION ALL
  SELECT id, conv, seq, session, epoch, at, author, role, name, recipient, stanza, origin, body, payload, private FROM journal_lines;
CREATE VIEW outbox AS
  SELECT id, domain, conv, kind, recipient, seq, effect, at, tries FROM backlog WHERE id NOT IN (SELECT id FROM journal_done)
  UNION ALL
  SELECT i.id, c.domain, i.conv, 'line', i.recipient, i.seq, '', i.at, 0 FROM journal_items i JOIN conversations c ON c.id = i.conv;
CREATE VIEW standing AS
  SELECT c.id, c.domain, c.local, c.number, c.entry, c.queue, c.caller, c.phase, c.holder, c.session, c.epoch,
    coalesce(j.seq, c.seq) AS seq, c.first, c.hops, c.offer, c.last, c.name, c.lang, c.reach, c.info,
    coalesce(j.version, c.version) AS version, c.beside, c.quiet, c.forgotten,
    iif(j.heard IS NULL, c.route, json_set(iif(c.route = '', '{}', c.route), '$.heard_us', j.heard)) AS route
  FROM conversations c LEFT JOIN journal_convs j ON j.conv = c.id;
