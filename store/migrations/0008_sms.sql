-- Text messages. Numbers are written +15551234567, times are microseconds.

-- Parts of messages that are not complete yet.
CREATE TABLE sms_parts (
  carrier TEXT    NOT NULL,
  ours    TEXT    NOT NULL,
  theirs  TEXT    NOT NULL,
  ref     INTEGER NOT NULL,
  total   INTEGER NOT NULL CHECK (total BETWEEN 2 AND 255),
  n       INTEGER NOT NULL CHECK (n BETWEEN 1 AND total),
  coding  INTEGER NOT NULL,
  data    BLOB    NOT NULL,
  origin  TEXT    NOT NULL, -- what the message is known by when it is complete
  at      INTEGER NOT NULL,
  PRIMARY KEY (carrier, ours, theirs, ref, total, n)
) STRICT, WITHOUT ROWID;
CREATE INDEX sms_parts_theirs ON sms_parts (theirs);

-- Messages that may be delivered to us once more.
CREATE TABLE sms_prints (
  origin     TEXT    PRIMARY KEY NOT NULL, -- what the message is known by
  carrier    TEXT    NOT NULL,
  print      TEXT    NOT NULL,
  connection TEXT    NOT NULL,
  theirs     TEXT    NOT NULL,
  at         INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX sms_prints_print ON sms_prints (carrier, print);
CREATE INDEX sms_prints_theirs ON sms_prints (theirs);

-- Segments that a carrier accepted.
CREATE TABLE sms_sent (
  item    INTEGER NOT NULL, -- of the outbox
  n       INTEGER NOT NULL CHECK (n BETWEEN 1 AND total),
  total   INTEGER NOT NULL,
  carrier TEXT    NOT NULL,
  message TEXT    NOT NULL, -- the carrier's identifier
  domain  TEXT    NOT NULL,
  conv    TEXT    NOT NULL, -- localpart
  seq     INTEGER NOT NULL, -- of the line, 0 where there is none
  author  TEXT    NOT NULL,
  theirs  TEXT    NOT NULL,
  state   INTEGER NOT NULL CHECK (state BETWEEN 0 AND 2), -- pending, delivered, failed
  reason  TEXT    NOT NULL,
  told    INTEGER NOT NULL CHECK (told IN (0, 1)), -- the author knows
  at      INTEGER NOT NULL,
  PRIMARY KEY (item, n)
) STRICT, WITHOUT ROWID;
CREATE INDEX sms_sent_message ON sms_sent (carrier, message);
CREATE INDEX sms_sent_theirs ON sms_sent (theirs);
CREATE INDEX sms_sent_final ON sms_sent (item) WHERE told = 0 AND state <> 0;

-- Receipts that came before the answer that says whose they are.
CREATE TABLE sms_early (
  carrier TEXT    NOT NULL,
  message TEXT    NOT NULL,
  state   INTEGER NOT NULL,
  reason  TEXT    NOT NULL,
  at      INTEGER NOT NULL,
  PRIMARY KEY (carrier, message)
) STRICT, WITHOUT ROWID;
CREATE INDEX sms_early_at ON sms_early (at);

-- Who wants no messages any more.
CREATE TABLE sms_stopped (
  ours   TEXT    NOT NULL,
  theirs TEXT    NOT NULL,
  at     INTEGER NOT NULL,
  PRIMARY KEY (ours, theirs)
) STRICT, WITHOUT ROWID;
