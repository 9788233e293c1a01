-- Up Migration

-- What a model made of images of nobody when it was first tested, so that a change of runtime, decoder or preprocessing is
-- noticed. Only for spaces whose canaries are not shipped with the service.
CREATE TABLE model_canaries (
  fingerprint  text NOT NULL CHECK (fingerprint <> ''),
  detector     text NOT NULL CHECK (detector <> ''),
  image_sha256 text NOT NULL CHECK (image_sha256 ~ '^[0-9a-f]{64}$'),
  sketch       bytea NOT NULL CHECK (octet_length(sketch) = 128),
  recorded_at  timestamptz(3) NOT NULL DEFAULT now(),
  CONSTRAINT model_canaries_pkey PRIMARY KEY (fingerprint, detector, image_sha256)
);

COMMENT ON COLUMN model_canaries.sketch IS 'little-endian float32: a random projection of the template to 32 numbers';

-- Down Migration

DROP TABLE model_canaries;
