-- Agents who take part beside the holder, and lines that are between two agents.
ALTER TABLE conversations ADD COLUMN beside TEXT NOT NULL DEFAULT ''; -- JSON, '' when there is nobody
ALTER TABLE lines ADD COLUMN private INTEGER NOT NULL DEFAULT 0 CHECK (private IN (0, 1));
