-- Up Migration

CREATE TABLE corpora (
  id              uuid PRIMARY KEY,
  name            text NOT NULL CHECK (length(name) BETWEEN 1 AND 200),
  idempotency_key text UNIQUE CHECK (length(idempotency_key) BETWEEN 1 AND 255),
  request_sha256  text NOT NULL CHECK (request_sha256 ~ '^[0-9a-f]{64}$'),
  created_at      timestamptz(3) NOT NULL DEFAULT now()
);

CREATE INDEX corpora_by_age ON corpora (created_at, id);

-- Collation "C": the order of samples enters the hash of a corpus, it must not depend on the locale of the server.
CREATE TABLE samples (
  corpus_id uuid NOT NULL REFERENCES corpora ON DELETE CASCADE,
  sample    text COLLATE "C" NOT NULL CHECK (length(sample) BETWEEN 1 AND 256),
  identity  text COLLATE "C" CHECK (length(identity) BETWEEN 1 AND 256),
  PRIMARY KEY (corpus_id, sample)
);

CREATE TABLE sample_templates (
  corpus_id   uuid NOT NULL,
  sample      text COLLATE "C" NOT NULL,
  fingerprint text COLLATE "C" NOT NULL,
  dimension   integer NOT NULL,
  vector      bytea NOT NULL CHECK (octet_length(vector) = 4 * dimension),
  PRIMARY KEY (corpus_id, sample, fingerprint),
  FOREIGN KEY (corpus_id, sample) REFERENCES samples ON DELETE CASCADE,
  FOREIGN KEY (fingerprint, dimension) REFERENCES models (fingerprint, dimension)
);

-- Floats do not compress.
ALTER TABLE sample_templates ALTER COLUMN vector SET STORAGE EXTERNAL;

COMMENT ON COLUMN sample_templates.vector IS 'little-endian float32, as given, not normalised';

-- Down Migration

DROP TABLE sample_templates;
DROP TABLE samples;
DROP TABLE corpora;
