-- Where the chain of acts goes on after an older copy of the cache was put back: the place after the one that was known of
-- elsewhere, with nothing of the acts in between.
ALTER TABLE outbox_link ADD COLUMN resumes INTEGER NOT NULL DEFAULT 0;

-- Whether a lead was told before the acts on it that settle: then they are not in it yet.
ALTER TABLE lead_base ADD COLUMN is_old INTEGER NOT NULL DEFAULT 0;
