PRAGMA foreign_keys=OFF;
BEGIN TRANSACTION;
CREATE TABLE schema_versions (
	version  INTEGER PRIMARY KEY,
	name     TEXT    NOT NULL,
	checksum TEXT    NOT NULL,
	at       INTEGER NOT NULL
) STRICT;
INSERT INTO schema_versions VALUES(1,'0001_initial.sql','b3e5e8ec160d528c695b4b6a1bd1960a76cd5e9bdd40a638ff0626629105a66c',1795419420612553);
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
INSERT INTO conversations VALUES(1,'handoff.example.com','carol-jones.k3v9tq2m',42,'support','billing','carol@example.net',2,'alice@example.com',3,4,2,2,1,'{"id":"x-2","by":"alice@example.com","ringing":["bob@example.com","dave@example.com"],"next":["erin@example.com"],"passed":["frank@example.com"],"timeout_ns":60000000000,"expires_us":1795435260123456}','{"id":"x-1","state":"accepted","by":"alice@example.com","epoch":4}','Carol Jönes','en-GB','carol@example.net/phone','[{"var":"order","label":"Order","value":"4711"},{"var":"plan","value":"\u003cgold\u003e"}]',1);
INSERT INTO conversations VALUES(2,'handoff.example.com','x.aaaaaaaa',43,'support','support','+491701234567',0,'',1,0,0,1,0,'','','','','','',1);
INSERT INTO conversations VALUES(3,'handoff.example.com','carol.bbbbbbbb',44,'billing','billing','carol@example.net',1,'',1,0,0,1,0,'','','','','','',1);
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
INSERT INTO lines VALUES(1,1,1,2,0,1795435201123456,'carol@example.net','caller','Carol','','ab02a','o-1','charged twice',X'3c626f64793e636861726765642074776963653c2f626f64793e3c61637469766520786d6c6e733d27687474703a2f2f6a61626265722e6f72672f70726f746f636f6c2f63686174737461746573272f3e');
INSERT INTO lines VALUES(2,1,2,3,4,1795435202123456,'alice@example.com','agent','Alice','carol@example.net','s-2','','let me check',X'');
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
INSERT INTO epochs VALUES(1,1,4,3,'alice@example.com','x-1',2,1,1795435202123456);
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
INSERT INTO transfers VALUES(1,'handoff.example.com','x-1',1,3,'','','','support','fr','warm','','',0,0,'',1,1795435201123456,1795435260123456);
INSERT INTO transfers VALUES(2,'handoff.example.com','x-2',1,3,'alice@example.com','Alice','bob@example.com','','','warm','wants a refund','en',1,20,'[{"var":"order","label":"Order","value":"4711"},{"var":"plan","value":"\u003cgold\u003e"}]',2,1795435202123456,1795435320123456);
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
INSERT INTO outcomes VALUES(1,'handoff.example.com','x-1',1,'alice@example.com',2,'accepted','alice@example.com',4,'because',1795435204123456);
INSERT INTO outcomes VALUES(2,'handoff.example.com','x-2',1,'frank@example.com',2,'expired','',4,'because',1795435204123456);
INSERT INTO outcomes VALUES(3,'handoff.example.com','x-2',1,'alice@example.com',1,'failed','',4,'because',1795435204123456);
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
INSERT INTO outbox VALUES(1,'handoff.example.com',1,'line','carol@example.net',2,'',1795435203123456,2);
INSERT INTO outbox VALUES(2,'handoff.example.com',1,'opened','bob@example.com',NULL,'{"Session":3}',1795435203123456,0);
INSERT INTO outbox VALUES(3,'handoff.example.com',1,'ring','bob@example.com',NULL,'{"Transfer":"x-1","To":"bob@example.com","Expires":"2026-11-23T12:00:30.123456Z"}',1795435203123456,1);
INSERT INTO outbox VALUES(4,'handoff.example.com',1,'outcome','bob@example.com',NULL,'{"Transfer":"x-1","To":"alice@example.com","Role":1,"State":"declined","By":"bob@example.com","Epoch":2,"Reason":"busy"}',1795435203123456,2);
INSERT INTO outbox VALUES(5,'handoff.example.com',1,'outcome','bob@example.com',NULL,'{"Transfer":"x-1","To":"bob@example.com","Role":2,"State":"accepted","By":"","Epoch":0,"Reason":""}',1795435203123456,3);
INSERT INTO outbox VALUES(6,'handoff.example.com',1,'bind','bob@example.com',NULL,'{"To":"bob@example.com","Epoch":2}',1795435203123456,4);
INSERT INTO outbox VALUES(7,'handoff.example.com',1,'replay','bob@example.com',NULL,'{"To":"bob@example.com","Epoch":2,"First":1,"Through":9,"From":"alice@example.com","Transfer":"x-1"}',1795435203123456,5);
INSERT INTO outbox VALUES(8,'handoff.example.com',1,'unbind','bob@example.com',NULL,'{"To":"alice@example.com","Epoch":1}',1795435203123456,6);
INSERT INTO outbox VALUES(9,'handoff.example.com',1,'leave','bob@example.com',NULL,'{"To":"alice@example.com","Reason":"transferred","Epoch":2,"By":"bob@example.com"}',1795435203123456,7);
INSERT INTO outbox VALUES(10,'handoff.example.com',1,'moved','bob@example.com',NULL,'{"From":"alice@example.com","To":"bob@example.com","Epoch":2}',1795435203123456,8);
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
INSERT INTO dead_letters VALUES(1,11,'handoff.example.com',1,'opened','bob@example.com',NULL,'{"Session":3}',1795435203123456,0,'too big',1795435209123456);
DELETE FROM sqlite_sequence;
INSERT INTO sqlite_sequence VALUES('outbox',11);
CREATE INDEX conversations_open ON conversations (domain) WHERE phase <> 0;
CREATE UNIQUE INDEX lines_origin ON lines (conv, author, origin) WHERE origin <> '';
COMMIT;
