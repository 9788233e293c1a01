-- Up Migration

-- The samples of a person are deleted one person at a time: without an index each deletion reads the whole corpus.
CREATE INDEX samples_by_identity ON samples (corpus_id, identity) WHERE identity IS NOT NULL;

-- A key sees its own jobs, which may be few of many.
CREATE INDEX jobs_by_key ON jobs (key_id, created_at, id);

-- Down Migration

DROP INDEX jobs_by_key;
DROP INDEX samples_by_identity;
