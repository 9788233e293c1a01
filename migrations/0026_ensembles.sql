-- Up Migration

-- Ensembles: how several templates a side, of several models, are compared together. The numbers are those of the maps; what
-- is stored are weights, thresholds and figures. At most one ensemble of the same models is active.
CREATE TABLE ensembles (
  id              uuid PRIMARY KEY,
  fingerprints    text[] COLLATE "C" NOT NULL CHECK (cardinality(fingerprints) BETWEEN 2 AND 3),
  version         integer NOT NULL CHECK (version > 0),
  card            jsonb NOT NULL CHECK (jsonb_typeof(card) = 'object'),
  corpus_id       uuid REFERENCES corpora ON DELETE SET NULL,
  state           text NOT NULL DEFAULT 'fitted' CHECK (state IN ('fitted', 'active', 'retired')),
  revision        integer NOT NULL DEFAULT 1,
  idempotency_key text UNIQUE CHECK (length(idempotency_key) BETWEEN 1 AND 255),
  request_sha256  text CHECK (request_sha256 ~ '^[0-9a-f]{64}$'),
  created_at      timestamptz(3) NOT NULL DEFAULT now(),
  activated_at    timestamptz(3),
  retired_at      timestamptz(3),
  UNIQUE (fingerprints, version),
  CHECK (idempotency_key IS NULL OR request_sha256 IS NOT NULL),
  CHECK (state <> 'active' OR activated_at IS NOT NULL),
  CHECK ((state = 'retired') = (retired_at IS NOT NULL))
);

CREATE UNIQUE INDEX ensembles_one_active ON ensembles (fingerprints) WHERE state = 'active';
CREATE INDEX ensembles_by_age ON ensembles (created_at, id);
CREATE INDEX ensembles_by_corpus ON ensembles (corpus_id);

COMMENT ON COLUMN ensembles.fingerprints IS 'of the spaces of its models, ascending';
COMMENT ON COLUMN ensembles.card IS 'with the ids of its maps, which it serves with only while they are active';
COMMENT ON COLUMN ensembles.revision IS 'counts changes of state; with the id it makes the ETag';

-- As with maps: what was found stays as it was, for every client of the database, and what is retired stays retired.
CREATE FUNCTION ensembles_are_immutable() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF (NEW.id, NEW.fingerprints, NEW.version, NEW.card, NEW.revision, NEW.idempotency_key, NEW.request_sha256, NEW.created_at)
    IS DISTINCT FROM
     (OLD.id, OLD.fingerprints, OLD.version, OLD.card, OLD.revision, OLD.idempotency_key, OLD.request_sha256, OLD.created_at)
    OR NEW.corpus_id IS DISTINCT FROM OLD.corpus_id
      AND (NEW.corpus_id IS NOT NULL OR EXISTS (SELECT FROM corpora WHERE id = OLD.corpus_id))
  THEN
    RAISE EXCEPTION 'an ensemble is immutable' USING ERRCODE = 'restrict_violation';
  END IF;

  IF OLD.state = 'retired'
    AND (NEW.state, NEW.activated_at, NEW.retired_at) IS DISTINCT FROM (OLD.state, OLD.activated_at, OLD.retired_at)
  THEN
    RAISE EXCEPTION 'a retired ensemble stays retired' USING ERRCODE = 'restrict_violation';
  END IF;

  IF NEW.state <> OLD.state THEN
    NEW.revision := OLD.revision + 1;
  END IF;
  RETURN NEW;
END
$$;

CREATE TRIGGER ensembles_are_immutable BEFORE UPDATE ON ensembles FOR EACH ROW
  EXECUTE FUNCTION ensembles_are_immutable();

-- Replicas decide by ensembles as they do by maps.
CREATE TRIGGER ensembles_advance_catalogue AFTER UPDATE OF state ON ensembles FOR EACH ROW
  WHEN (OLD.state IS DISTINCT FROM NEW.state) EXECUTE FUNCTION maps_advance_catalogue();

-- Down Migration

DROP TABLE ensembles;
DROP FUNCTION ensembles_are_immutable;
