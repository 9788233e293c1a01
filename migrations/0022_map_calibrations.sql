-- Up Migration

-- Calibrations of a map for the domain of somebody's own templates: the biases of its comparison space, thresholds and
-- likelihood ratios. The map stays as it is. At most one calibration of a map is active; without one, that of the card
-- holds.
CREATE TABLE map_calibrations (
  id              uuid PRIMARY KEY,
  map_id          uuid NOT NULL REFERENCES maps ON DELETE CASCADE,
  version         integer NOT NULL CHECK (version > 0),
  result          jsonb NOT NULL CHECK (jsonb_typeof(result) = 'object'),
  biases          bytea CHECK (octet_length(biases) % 8 = 0),
  sha256          text CONSTRAINT map_calibrations_digest CHECK (sha256 = encode(sha256(biases), 'hex')),
  corpus_id       uuid REFERENCES corpora ON DELETE SET NULL,
  state           text NOT NULL DEFAULT 'stored' CHECK (state IN ('stored', 'active', 'retired')),
  revision        integer NOT NULL DEFAULT 1,
  idempotency_key text UNIQUE CHECK (length(idempotency_key) BETWEEN 1 AND 255),
  request_sha256  text CHECK (request_sha256 ~ '^[0-9a-f]{64}$'),
  created_at      timestamptz(3) NOT NULL DEFAULT now(),
  activated_at    timestamptz(3),
  retired_at      timestamptz(3),
  UNIQUE (map_id, version),
  CHECK ((biases IS NULL) = (sha256 IS NULL)),
  CHECK (idempotency_key IS NULL OR request_sha256 IS NOT NULL),
  CHECK (state <> 'active' OR activated_at IS NOT NULL),
  CHECK ((state = 'retired') = (retired_at IS NOT NULL))
);

CREATE UNIQUE INDEX map_calibrations_one_active ON map_calibrations (map_id) WHERE state = 'active';
CREATE INDEX map_calibrations_by_corpus ON map_calibrations (corpus_id);

COMMENT ON COLUMN map_calibrations.biases IS 'little-endian float32: of source and target, those of the comparison space centred on the templates; null where it is as the map has it';
COMMENT ON COLUMN map_calibrations.revision IS 'counts changes of state; with the id it makes the ETag';

-- As with maps: what was found stays as it was, for every client of the database, and what is retired stays retired.
CREATE FUNCTION map_calibrations_are_immutable() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF (NEW.id, NEW.map_id, NEW.version, NEW.result, NEW.biases, NEW.sha256, NEW.revision, NEW.idempotency_key,
      NEW.request_sha256, NEW.created_at)
    IS DISTINCT FROM
     (OLD.id, OLD.map_id, OLD.version, OLD.result, OLD.biases, OLD.sha256, OLD.revision, OLD.idempotency_key,
      OLD.request_sha256, OLD.created_at)
    OR NEW.corpus_id IS DISTINCT FROM OLD.corpus_id
      AND (NEW.corpus_id IS NOT NULL OR EXISTS (SELECT FROM corpora WHERE id = OLD.corpus_id))
  THEN
    RAISE EXCEPTION 'a calibration is immutable' USING ERRCODE = 'restrict_violation';
  END IF;

  IF OLD.state = 'retired'
    AND (NEW.state, NEW.activated_at, NEW.retired_at) IS DISTINCT FROM (OLD.state, OLD.activated_at, OLD.retired_at)
  THEN
    RAISE EXCEPTION 'a retired calibration stays retired' USING ERRCODE = 'restrict_violation';
  END IF;

  IF NEW.state <> OLD.state THEN
    NEW.revision := OLD.revision + 1;
  END IF;
  RETURN NEW;
END
$$;

CREATE TRIGGER map_calibrations_are_immutable BEFORE UPDATE ON map_calibrations FOR EACH ROW
  EXECUTE FUNCTION map_calibrations_are_immutable();

-- Replicas decide by calibrations as they do by maps.
CREATE TRIGGER map_calibrations_advance_catalogue AFTER UPDATE OF state ON map_calibrations FOR EACH ROW
  WHEN (OLD.state IS DISTINCT FROM NEW.state) EXECUTE FUNCTION maps_advance_catalogue();

-- Down Migration

DROP TABLE map_calibrations;
DROP FUNCTION map_calibrations_are_immutable;
