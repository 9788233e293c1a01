-- Up Migration

-- How well the templates of several models are translated into one another, measured on a corpus and, where one is named, on
-- another. What was measured stays as it was.
CREATE TABLE evaluations (
  id               uuid PRIMARY KEY,
  -- The hashes stay when a corpus is removed: whoever still has the data can prove that they are the ones.
  corpus_id        uuid REFERENCES corpora ON DELETE SET NULL,
  corpus_hash      text NOT NULL CHECK (corpus_hash ~ '^[0-9a-f]{64}$'),
  test_corpus_id   uuid REFERENCES corpora ON DELETE SET NULL,
  test_corpus_hash text CHECK (test_corpus_hash ~ '^[0-9a-f]{64}$'),
  -- With every default filled in.
  request          jsonb NOT NULL CHECK (jsonb_typeof(request) = 'object'),
  result           jsonb NOT NULL CHECK (jsonb_typeof(result) = 'object'),
  idempotency_key  text UNIQUE CHECK (length(idempotency_key) BETWEEN 1 AND 255),
  request_sha256   text NOT NULL CHECK (request_sha256 ~ '^[0-9a-f]{64}$'),
  created_at       timestamptz(3) NOT NULL DEFAULT now(),
  CHECK (test_corpus_id IS NULL OR test_corpus_hash IS NOT NULL)
);

CREATE INDEX evaluations_by_age ON evaluations (created_at, id);
CREATE INDEX evaluations_by_corpus ON evaluations (corpus_id);
CREATE INDEX evaluations_by_test_corpus ON evaluations (test_corpus_id);

-- Append-only for every client of the database. A corpus may only be forgotten, and only because it is gone.
CREATE FUNCTION evaluations_are_immutable() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP = 'DELETE' THEN
    RAISE EXCEPTION 'an evaluation stays' USING ERRCODE = 'restrict_violation';
  END IF;
  IF (NEW.id, NEW.corpus_hash, NEW.test_corpus_hash, NEW.request, NEW.result, NEW.idempotency_key, NEW.request_sha256, NEW.created_at)
    IS DISTINCT FROM
     (OLD.id, OLD.corpus_hash, OLD.test_corpus_hash, OLD.request, OLD.result, OLD.idempotency_key, OLD.request_sha256, OLD.created_at)
    OR NEW.corpus_id IS DISTINCT FROM OLD.corpus_id
      AND (NEW.corpus_id IS NOT NULL OR EXISTS (SELECT FROM corpora WHERE id = OLD.corpus_id))
    OR NEW.test_corpus_id IS DISTINCT FROM OLD.test_corpus_id
      AND (NEW.test_corpus_id IS NOT NULL OR EXISTS (SELECT FROM corpora WHERE id = OLD.test_corpus_id))
  THEN
    RAISE EXCEPTION 'an evaluation is immutable' USING ERRCODE = 'restrict_violation';
  END IF;
  RETURN NEW;
END
$$;

CREATE TRIGGER evaluations_are_immutable BEFORE UPDATE OR DELETE ON evaluations
  FOR EACH ROW EXECUTE FUNCTION evaluations_are_immutable();

-- Down Migration

DROP TABLE evaluations;
DROP FUNCTION evaluations_are_immutable;
