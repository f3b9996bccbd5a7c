-- What finds a session its agent, agents who take a break, and callers who are no longer remembered: whoever returns
-- then begins another conversation, so that caller and queue need not be unique any more.
CREATE TABLE paused (
  domain TEXT    NOT NULL CHECK (domain <> ''),
  agent  TEXT    NOT NULL CHECK (agent <> ''),
  since  INTEGER NOT NULL CHECK (since <> 0),
  PRIMARY KEY (domain, agent)
) STRICT;

CREATE TABLE conversations_7 (
  id        INTEGER PRIMARY KEY,
  domain    TEXT    NOT NULL CHECK (domain <> ''),
  local     TEXT    NOT NULL CHECK (local <> ''),
  number    INTEGER NOT NULL CHECK (number > 0),
  entry     TEXT    NOT NULL,
  queue     TEXT    NOT NULL,
  caller    TEXT    NOT NULL CHECK (caller <> ''),
  phase     INTEGER NOT NULL CHECK (phase BETWEEN 0 AND 2), -- idle, waiting, active
  holder    TEXT    NOT NULL,
  session   INTEGER NOT NULL CHECK (session >= 0),
  epoch     INTEGER NOT NULL CHECK (epoch >= 0),
  seq       INTEGER NOT NULL CHECK (seq >= 0),
  first     INTEGER NOT NULL CHECK (first >= 0),
  hops      INTEGER NOT NULL CHECK (hops >= 0),
  offer     TEXT    NOT NULL, -- JSON, '' when none is open
  last      TEXT    NOT NULL, -- JSON, '' when there was none
  name      TEXT    NOT NULL,
  lang      TEXT    NOT NULL,
  reach     TEXT    NOT NULL,
  info      TEXT    NOT NULL, -- JSON, '' when there is none
  version   INTEGER NOT NULL CHECK (version > 0),
  beside    TEXT    NOT NULL DEFAULT '', -- JSON, '' when there is nobody
  quiet     INTEGER NOT NULL DEFAULT 0,
  route     TEXT    NOT NULL DEFAULT '', -- JSON, '' when there is nothing
  forgotten INTEGER NOT NULL DEFAULT 0 CHECK (forgotten IN (0, 1)), -- its caller has begun another one
  UNIQUE (domain, local),
  UNIQUE (domain, number),
  CHECK ((phase = 2) = (holder <> '')),
  CHECK (phase <> 0 OR offer = ''),
  CHECK (phase = 0 OR session > 0),
  CHECK (phase = 0 OR forgotten = 0),
  CHECK (first - seq <= 1)
) STRICT;
INSERT INTO conversations_7 SELECT id, domain, local, number, entry, queue, caller, phase, holder, session, epoch, seq,
  first, hops, offer, last, name, lang, reach, info, version, beside, quiet, '', 0 FROM conversations;
DROP TABLE conversations;
ALTER TABLE conversations_7 RENAME TO conversations;
CREATE INDEX conversations_open ON conversations (domain) WHERE phase <> 0;
CREATE UNIQUE INDEX conversations_caller ON conversations (domain, entry, caller) WHERE forgotten = 0;
