-- Where the chain of acts goes on after an older copy of the cache was put back: the place after the one that was known of
-- elsewhere, with nothing of the acts in between.
ALTER TABLE outbox_link ADD COLUMN resumes INTEGER NOT NULL DEFAULT 0;
