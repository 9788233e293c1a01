-- Up Migration

-- Counts the changes of a corpus, for its entity tag: its numbers may be the same although its samples are others.
ALTER TABLE corpora ADD COLUMN revision bigint NOT NULL DEFAULT 0;

-- Finds the records of one request. What is in quotes without a backslash before them is a member of the record itself, not a part of a text.
CREATE INDEX audit_records_by_request ON audit_records (substring(record FROM '"request":"([^"\\]*)"'), seq);

-- Down Migration

DROP INDEX audit_records_by_request;
ALTER TABLE corpora DROP COLUMN revision;
