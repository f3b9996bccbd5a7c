-- What the end of the archive's retention leaves of a conversation: when its last line was said, for as long as the
-- record itself is kept. 0 while there are lines, and where there never were.
ALTER TABLE conversations ADD COLUMN quiet INTEGER NOT NULL DEFAULT 0;
