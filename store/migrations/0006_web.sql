-- Callers who come by the web page: what their pages show, whose browsers they are, files and ratings.
CREATE TABLE web_events (
  conv INTEGER NOT NULL REFERENCES conversations (id),
  id   INTEGER NOT NULL CHECK (id > 0), -- the place in this conversation's mailbox
  item TEXT    NOT NULL CHECK (item <> ''),
  kind TEXT    NOT NULL,
  at   INTEGER NOT NULL,
  data TEXT    NOT NULL, -- JSON
  PRIMARY KEY (conv, id),
  UNIQUE (conv, item)
) STRICT;
CREATE TABLE web_sessions (
  token    BLOB    PRIMARY KEY NOT NULL CHECK (length(token) = 32), -- SHA-256 of the secret
  start    BLOB    NOT NULL UNIQUE CHECK (length(start) = 32),
  domain   TEXT    NOT NULL,
  entry    TEXT    NOT NULL,
  caller   TEXT    NOT NULL CHECK (caller <> ''),
  name     TEXT    NOT NULL,
  lang     TEXT    NOT NULL,
  verified INTEGER NOT NULL CHECK (verified IN (0, 1)),
  began    INTEGER NOT NULL,
  used     INTEGER NOT NULL
) STRICT;
CREATE INDEX web_sessions_caller ON web_sessions (caller);
CREATE INDEX web_sessions_used ON web_sessions (used);
CREATE TABLE web_files (
  key    TEXT    PRIMARY KEY NOT NULL,
  caller TEXT    NOT NULL CHECK (caller <> ''),
  name   TEXT    NOT NULL,
  type   TEXT    NOT NULL,
  size   INTEGER NOT NULL CHECK (size >= 0),
  at     INTEGER NOT NULL
) STRICT;
CREATE INDEX web_files_caller ON web_files (caller);
CREATE TABLE web_ratings (
  conv    INTEGER NOT NULL REFERENCES conversations (id),
  session INTEGER NOT NULL CHECK (session > 0),
  stars   INTEGER NOT NULL CHECK (stars BETWEEN 0 AND 5),
  email   TEXT    NOT NULL,
  at      INTEGER NOT NULL,
  PRIMARY KEY (conv, session)
) STRICT;
