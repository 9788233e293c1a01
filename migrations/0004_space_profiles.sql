-- Up Migration

-- What the templates of a space look like, for the guard: a Gaussian over normalised templates and its calibration.
CREATE TABLE space_profiles (
  fingerprint text COLLATE "C" PRIMARY KEY,
  dimension   integer NOT NULL,
  mean        bytea NOT NULL CHECK (octet_length(mean) = 4 * dimension),
  whitening   bytea NOT NULL CHECK (octet_length(whitening) = 4 * dimension * dimension),
  sha256      text NOT NULL
    CONSTRAINT space_profiles_digest CHECK (sha256 = encode(sha256(mean || whitening), 'hex')),
  templates   integer NOT NULL CHECK (templates > 0),
  corpus_hash text NOT NULL CHECK (corpus_hash ~ '^[0-9a-f]{64}$'),
  summary     jsonb NOT NULL CHECK (jsonb_typeof(summary) = 'object'),
  created_at  timestamptz(3) NOT NULL DEFAULT now(),
  FOREIGN KEY (fingerprint, dimension) REFERENCES models (fingerprint, dimension)
);

-- Floats do not compress.
ALTER TABLE space_profiles ALTER COLUMN whitening SET STORAGE EXTERNAL;

COMMENT ON COLUMN space_profiles.mean IS 'little-endian float32, of the normalised templates';
COMMENT ON COLUMN space_profiles.whitening IS 'little-endian float32, row-major (dimension, dimension), upper triangular: L^-t of the shrunk covariance L Lt';
COMMENT ON COLUMN space_profiles.templates IS 'how many it was computed from; a profile from fewer does not replace it';

-- Down Migration

DROP TABLE space_profiles;
