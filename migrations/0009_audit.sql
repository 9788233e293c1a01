-- Up Migration

-- What was decided and changed, and at whose request: never a template. `hash` is the SHA-256 of the hash of the row before
-- and of `record`, so that a row that is changed, left out or put in between breaks the chain behind it.
CREATE TABLE audit_records (
  seq    bigint PRIMARY KEY CHECK (seq > 0),
  hash   bytea NOT NULL CHECK (octet_length(hash) = 32),
  -- JSON, kept as the text that was hashed; it begins with its own seq.
  record text NOT NULL
);

-- The end of the chain. Whoever appends holds the lock of its only row: replicas take turns, and the chain does not fork.
CREATE TABLE audit_head (
  single boolean PRIMARY KEY DEFAULT true CHECK (single),
  seq    bigint NOT NULL,
  hash   bytea NOT NULL CHECK (octet_length(hash) = 32)
);
INSERT INTO audit_head (seq, hash) VALUES (0, decode(repeat('00', 32), 'hex'));

CREATE FUNCTION audit_records_are_immutable() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION 'the audit is only ever added to' USING ERRCODE = 'restrict_violation';
END
$$;

CREATE TRIGGER audit_records_are_immutable BEFORE UPDATE OR DELETE ON audit_records
  FOR EACH ROW EXECUTE FUNCTION audit_records_are_immutable();
CREATE TRIGGER audit_records_are_kept BEFORE TRUNCATE ON audit_records
  FOR EACH STATEMENT EXECUTE FUNCTION audit_records_are_immutable();

-- Down Migration

DROP TABLE audit_head;
DROP TABLE audit_records;
DROP FUNCTION audit_records_are_immutable;
