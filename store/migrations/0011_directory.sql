-- What administrators made of agents and queues while the service ran. It stands before the configuration file's entries.
CREATE TABLE directory (
  domain   TEXT    NOT NULL CHECK (domain <> ''),
  kind     TEXT    NOT NULL CHECK (kind IN ('agent', 'queue')),
  name     TEXT    NOT NULL CHECK (name <> ''), -- an agent's bare JID, a queue's name
  settings TEXT    NOT NULL, -- the whole entry, JSON under the keys of the file; '' when it is removed
  author   TEXT    NOT NULL,
  at       INTEGER NOT NULL,
  PRIMARY KEY (domain, kind, name)
) STRICT;
