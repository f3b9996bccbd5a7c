-- What archive queries need: the key that the identifiers of archived lines are made with, and indexes of what is
-- left out of a count and of how somebody came into a conversation.
CREATE TABLE archive_key (
  id  INTEGER PRIMARY KEY CHECK (id = 1),
  key BLOB    NOT NULL CHECK (length(key) = 16)
) STRICT;
INSERT INTO archive_key (id, key) VALUES (1, randomblob(16));
CREATE INDEX lines_private ON lines (conv, seq) WHERE private = 1;
CREATE INDEX outcomes_party ON outcomes (conv, party);
