-- Up Migration

-- What a model made of a few fixed images when it was first tested, so that a change of runtime, decoder or preprocessing is
-- noticed: of images of nobody for models that run here without shipped sketches, and of images that the owner of a model keeps,
-- who sends the templates.
CREATE TABLE model_canaries (
  fingerprint text COLLATE "C" NOT NULL REFERENCES models,
  detector    text NOT NULL,
  canary      text NOT NULL CHECK (length(canary) BETWEEN 1 AND 200),
  sketch      bytea NOT NULL CHECK (octet_length(sketch) = 128),
  recorded_at timestamptz(3) NOT NULL DEFAULT now(),
  PRIMARY KEY (fingerprint, detector, canary)
);

COMMENT ON COLUMN model_canaries.detector IS 'id of the detector that found the faces; empty for templates that the owner of the model sends';
COMMENT ON COLUMN model_canaries.canary IS 'SHA-256 of the image in hex, or the name that the owner gave it';
COMMENT ON COLUMN model_canaries.sketch IS 'little-endian float32: a random projection of the template to 32 numbers';

-- Down Migration

DROP TABLE model_canaries;
