-- Schema 1. Never edit a migration that was released: add the next one.
--
-- Times are microseconds since 1970 UTC, 0 where there is none. Text is '' and
-- never NULL where there is none. JSON texts have the names of encode.go.

CREATE TABLE conversations (
  id      INTEGER PRIMARY KEY,
  domain  TEXT    NOT NULL CHECK (domain <> ''),
  local   TEXT    NOT NULL CHECK (local <> ''),
  number  INTEGER NOT NULL CHECK (number > 0),
  entry   TEXT    NOT NULL,
  queue   TEXT    NOT NULL,
  caller  TEXT    NOT NULL CHECK (caller <> ''),
  phase   INTEGER NOT NULL CHECK (phase BETWEEN 0 AND 2), -- idle, waiting, active
  holder  TEXT    NOT NULL,
  session INTEGER NOT NULL CHECK (session >= 0),
  epoch   INTEGER NOT NULL CHECK (epoch >= 0),
  seq     INTEGER NOT NULL CHECK (seq >= 0),
  first   INTEGER NOT NULL CHECK (first >= 0),
  hops    INTEGER NOT NULL CHECK (hops >= 0),
  offer   TEXT    NOT NULL, -- JSON, '' when none is open
  last    TEXT    NOT NULL, -- JSON, '' when there was none
  name    TEXT    NOT NULL,
  lang    TEXT    NOT NULL,
  reach   TEXT    NOT NULL,
  info    TEXT    NOT NULL, -- JSON, '' when there is none
  version INTEGER NOT NULL CHECK (version > 0),
  UNIQUE (domain, local),
  UNIQUE (domain, number),
  UNIQUE (domain, entry, caller),
  CHECK ((phase = 2) = (holder <> '')),
  CHECK (phase <> 0 OR offer = ''),
  CHECK (phase = 0 OR session > 0),
  CHECK (first - seq <= 1)
) STRICT;

CREATE INDEX conversations_open ON conversations (domain) WHERE phase <> 0;

CREATE TABLE lines (
  id        INTEGER PRIMARY KEY,
  conv      INTEGER NOT NULL REFERENCES conversations (id),
  seq       INTEGER NOT NULL CHECK (seq > 0),
  session   INTEGER NOT NULL CHECK (session > 0),
  epoch     INTEGER NOT NULL CHECK (epoch >= 0),
  at        INTEGER NOT NULL,
  author    TEXT    NOT NULL,
  role      TEXT    NOT NULL,
  name      TEXT    NOT NULL,
  recipient TEXT    NOT NULL, -- '' while the session waited
  stanza    TEXT    NOT NULL,
  origin    TEXT    NOT NULL,
  body      TEXT    NOT NULL,
  payload   BLOB    NOT NULL,
  UNIQUE (conv, seq)
) STRICT;

CREATE UNIQUE INDEX lines_origin ON lines (conv, author, origin) WHERE origin <> '';

CREATE TABLE epochs (
  id       INTEGER PRIMARY KEY,
  conv     INTEGER NOT NULL REFERENCES conversations (id),
  epoch    INTEGER NOT NULL CHECK (epoch > 0),
  session  INTEGER NOT NULL CHECK (session > 0),
  holder   TEXT    NOT NULL CHECK (holder <> ''),
  transfer TEXT    NOT NULL,
  first    INTEGER NOT NULL CHECK (first >= 0),
  through  INTEGER NOT NULL CHECK (through >= 0),
  at       INTEGER NOT NULL,
  UNIQUE (conv, epoch)
) STRICT;

CREATE TABLE transfers (
  id           INTEGER PRIMARY KEY,
  domain       TEXT    NOT NULL CHECK (domain <> ''),
  transfer     TEXT    NOT NULL CHECK (transfer <> ''),
  conv         INTEGER NOT NULL REFERENCES conversations (id),
  session      INTEGER NOT NULL CHECK (session > 0),
  author       TEXT    NOT NULL, -- '' for the service
  author_name  TEXT    NOT NULL,
  target_agent TEXT    NOT NULL,
  target_queue TEXT    NOT NULL,
  target_skill TEXT    NOT NULL,
  mode         TEXT    NOT NULL,
  reason       TEXT    NOT NULL,
  reason_lang  TEXT    NOT NULL,
  share_none   INTEGER NOT NULL CHECK (share_none IN (0, 1)),
  share_last   INTEGER NOT NULL CHECK (share_last >= 0),
  info         TEXT    NOT NULL, -- JSON, '' when there is none
  through      INTEGER NOT NULL CHECK (through >= 0),
  at           INTEGER NOT NULL,
  deadline     INTEGER NOT NULL,
  UNIQUE (domain, transfer)
) STRICT;

CREATE TABLE outcomes (
  id       INTEGER PRIMARY KEY,
  domain   TEXT    NOT NULL CHECK (domain <> ''),
  transfer TEXT    NOT NULL CHECK (transfer <> ''),
  conv     INTEGER NOT NULL REFERENCES conversations (id),
  party    TEXT    NOT NULL CHECK (party <> ''),
  role     INTEGER NOT NULL CHECK (role IN (1, 2)), -- holder, target
  state    TEXT    NOT NULL CHECK (state <> ''),
  author   TEXT    NOT NULL, -- who brought it about, '' for nobody
  epoch    INTEGER NOT NULL CHECK (epoch >= 0),
  reason   TEXT    NOT NULL,
  at       INTEGER NOT NULL,
  UNIQUE (domain, transfer, party, role)
) STRICT;

-- AUTOINCREMENT: an id is never given out twice, so that a late confirmation
-- cannot remove another item.
CREATE TABLE outbox (
  id        INTEGER PRIMARY KEY AUTOINCREMENT,
  domain    TEXT    NOT NULL CHECK (domain <> ''),
  conv      INTEGER NOT NULL REFERENCES conversations (id),
  kind      TEXT    NOT NULL CHECK (kind <> ''),
  recipient TEXT    NOT NULL,
  seq       INTEGER, -- of kind 'line': which one
  effect    TEXT    NOT NULL, -- JSON, '' for kind 'line'
  at        INTEGER NOT NULL,
  tries     INTEGER NOT NULL CHECK (tries >= 0),
  FOREIGN KEY (conv, seq) REFERENCES lines (conv, seq),
  CHECK ((kind = 'line') = (seq IS NOT NULL)),
  CHECK ((kind = 'line') = (effect = ''))
) STRICT;

CREATE TABLE dead_letters (
  id        INTEGER PRIMARY KEY,
  item      INTEGER NOT NULL UNIQUE, -- its id in the outbox
  domain    TEXT    NOT NULL CHECK (domain <> ''),
  conv      INTEGER NOT NULL REFERENCES conversations (id),
  kind      TEXT    NOT NULL CHECK (kind <> ''),
  recipient TEXT    NOT NULL,
  seq       INTEGER,
  effect    TEXT    NOT NULL,
  at        INTEGER NOT NULL,
  tries     INTEGER NOT NULL,
  reason    TEXT    NOT NULL,
  buried    INTEGER NOT NULL, -- when it was given up
  FOREIGN KEY (conv, seq) REFERENCES lines (conv, seq)
) STRICT;
