-- Up Migration

-- An affine map between two spaces: y = (l2(x) - mean_source) weights + mean_target, then l2.
CREATE TABLE maps (
  id                 uuid PRIMARY KEY,
  source_fingerprint text COLLATE "C" NOT NULL,
  target_fingerprint text COLLATE "C" NOT NULL,
  version            integer NOT NULL CHECK (version > 0),
  rows               integer NOT NULL,
  cols               integer NOT NULL,
  weights            bytea NOT NULL CHECK (octet_length(weights) = 4 * rows * cols),
  mean_source        bytea NOT NULL CHECK (octet_length(mean_source) = 4 * rows),
  mean_target        bytea NOT NULL CHECK (octet_length(mean_target) = 4 * cols),
  sha256             text NOT NULL
    CONSTRAINT maps_digest CHECK (sha256 = encode(sha256(weights || mean_source || mean_target), 'hex')),
  method             text NOT NULL CHECK (length(method) BETWEEN 1 AND 63),
  parameters         jsonb NOT NULL CHECK (jsonb_typeof(parameters) = 'object'),
  -- Up to 2^53 - 1, what a JSON number carries exactly.
  seed               bigint NOT NULL CHECK (seed BETWEEN 0 AND 9007199254740991),
  -- The hash stays when the corpus is removed: whoever still has the data can prove that they are the ones.
  corpus_id          uuid REFERENCES corpora ON DELETE SET NULL,
  corpus_hash        text NOT NULL CHECK (corpus_hash ~ '^[0-9a-f]{64}$'),
  card               jsonb NOT NULL CHECK (jsonb_typeof(card) = 'object'),
  state              text NOT NULL DEFAULT 'fitted' CHECK (state IN ('fitted', 'active', 'retired')),
  revision           integer NOT NULL DEFAULT 1,
  idempotency_key    text UNIQUE CHECK (length(idempotency_key) BETWEEN 1 AND 255),
  request_sha256     text CHECK (request_sha256 ~ '^[0-9a-f]{64}$'),
  created_at         timestamptz(3) NOT NULL DEFAULT now(),
  activated_at       timestamptz(3),
  retired_at         timestamptz(3),
  UNIQUE (source_fingerprint, target_fingerprint, version),
  FOREIGN KEY (source_fingerprint, rows) REFERENCES models (fingerprint, dimension),
  FOREIGN KEY (target_fingerprint, cols) REFERENCES models (fingerprint, dimension),
  CHECK (source_fingerprint <> target_fingerprint),
  CHECK (idempotency_key IS NULL OR request_sha256 IS NOT NULL),
  CHECK (state <> 'active' OR activated_at IS NOT NULL),
  CHECK ((state = 'retired') = (retired_at IS NOT NULL))
);

CREATE UNIQUE INDEX maps_one_active ON maps (source_fingerprint, target_fingerprint) WHERE state = 'active';
CREATE INDEX maps_by_age ON maps (created_at, id);
CREATE INDEX maps_by_corpus ON maps (corpus_id);

-- Floats do not compress.
ALTER TABLE maps ALTER COLUMN weights SET STORAGE EXTERNAL;

COMMENT ON COLUMN maps.weights IS 'little-endian float32, row-major (rows, cols)';
COMMENT ON COLUMN maps.revision IS 'counts changes of state; with the id it makes the ETag';

-- A card certifies the numbers beside it, so neither may change after the fit; and whoever was told that a map is
-- retired may rely on it. Both hold for every client of the database, not only for this service.
CREATE FUNCTION maps_are_immutable() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF (NEW.id, NEW.source_fingerprint, NEW.target_fingerprint, NEW.version, NEW.rows, NEW.cols, NEW.weights,
      NEW.mean_source, NEW.mean_target, NEW.sha256, NEW.method, NEW.parameters, NEW.seed, NEW.corpus_hash, NEW.card,
      NEW.revision, NEW.idempotency_key, NEW.request_sha256, NEW.created_at)
    IS DISTINCT FROM
     (OLD.id, OLD.source_fingerprint, OLD.target_fingerprint, OLD.version, OLD.rows, OLD.cols, OLD.weights,
      OLD.mean_source, OLD.mean_target, OLD.sha256, OLD.method, OLD.parameters, OLD.seed, OLD.corpus_hash, OLD.card,
      OLD.revision, OLD.idempotency_key, OLD.request_sha256, OLD.created_at)
  THEN
    RAISE EXCEPTION 'the content of a map is immutable' USING ERRCODE = 'restrict_violation';
  END IF;

  -- The corpus may only be forgotten, and only because it is gone (ON DELETE SET NULL).
  IF NEW.corpus_id IS DISTINCT FROM OLD.corpus_id
    AND (NEW.corpus_id IS NOT NULL OR EXISTS (SELECT FROM corpora WHERE id = OLD.corpus_id))
  THEN
    RAISE EXCEPTION 'the corpus of a map is immutable' USING ERRCODE = 'restrict_violation';
  END IF;

  IF OLD.state = 'retired'
    AND (NEW.state, NEW.activated_at, NEW.retired_at) IS DISTINCT FROM (OLD.state, OLD.activated_at, OLD.retired_at)
  THEN
    RAISE EXCEPTION 'a retired map stays retired' USING ERRCODE = 'restrict_violation';
  END IF;

  IF NEW.state <> OLD.state THEN
    NEW.revision := OLD.revision + 1;
  END IF;
  RETURN NEW;
END
$$;

CREATE TRIGGER maps_are_immutable BEFORE UPDATE ON maps FOR EACH ROW EXECUTE FUNCTION maps_are_immutable();

-- Down Migration

DROP TABLE maps;
DROP FUNCTION maps_are_immutable;
