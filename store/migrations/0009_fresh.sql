-- Lines as they come: they are put among the others when many have come together (store/fresh.go says why). An outbox
-- item may therefore name a line that is not in lines yet. A line has the same id in either table.
CREATE TABLE fresh (
  id        INTEGER PRIMARY KEY,
  conv      INTEGER NOT NULL,
  seq       INTEGER NOT NULL CHECK (seq > 0),
  session   INTEGER NOT NULL CHECK (session > 0),
  epoch     INTEGER NOT NULL CHECK (epoch >= 0),
  at        INTEGER NOT NULL,
  author    TEXT    NOT NULL,
  role      TEXT    NOT NULL,
  name      TEXT    NOT NULL,
  recipient TEXT    NOT NULL,
  stanza    TEXT    NOT NULL,
  origin    TEXT    NOT NULL,
  body      TEXT    NOT NULL,
  payload   BLOB    NOT NULL,
  private   INTEGER NOT NULL CHECK (private IN (0, 1)),
  UNIQUE (conv, seq)
) STRICT;

-- For whoever looks into the database from outside.
CREATE VIEW dialog AS
  SELECT id, conv, seq, session, epoch, at, author, role, name, recipient, stanza, origin, body, payload, private FROM lines
  UNION ALL
  SELECT id, conv, seq, session, epoch, at, author, role, name, recipient, stanza, origin, body, payload, private FROM fresh;

CREATE TABLE outbox_9 (
  id        INTEGER PRIMARY KEY AUTOINCREMENT,
  domain    TEXT    NOT NULL CHECK (domain <> ''),
  conv      INTEGER NOT NULL REFERENCES conversations (id),
  kind      TEXT    NOT NULL CHECK (kind <> ''),
  recipient TEXT    NOT NULL,
  seq       INTEGER, -- of kind 'line': which one
  effect    TEXT    NOT NULL, -- JSON, '' for kind 'line'
  at        INTEGER NOT NULL,
  tries     INTEGER NOT NULL CHECK (tries >= 0),
  CHECK ((kind = 'line') = (seq IS NOT NULL)),
  CHECK ((kind = 'line') = (effect = ''))
) STRICT;
INSERT INTO outbox_9 SELECT id, domain, conv, kind, recipient, seq, effect, at, tries FROM outbox;
-- The highest id ever given out, which an empty outbox does not show.
DELETE FROM sqlite_sequence WHERE name = 'outbox_9';
INSERT INTO sqlite_sequence (name, seq) SELECT 'outbox_9', seq FROM sqlite_sequence WHERE name = 'outbox';
DROP TABLE outbox;
ALTER TABLE outbox_9 RENAME TO outbox;
