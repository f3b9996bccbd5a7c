-- What an erased caller leaves: nothing of theirs, but what keeps their number and address from being given out again.
CREATE TABLE numbers (
  domain TEXT    PRIMARY KEY NOT NULL,
  last   INTEGER NOT NULL CHECK (last > 0) -- highest short number of an erased conversation
) STRICT;
CREATE TABLE erased (
  address BLOB PRIMARY KEY NOT NULL CHECK (length(address) = 32) -- SHA-256 of local@domain
) STRICT;
