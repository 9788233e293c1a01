-- Up Migration

CREATE TABLE encryption_keys (
  id          text COLLATE "C" PRIMARY KEY CHECK (id ~ '^[A-Za-z0-9._-]{1,64}$'),
  check_value bytea NOT NULL,
  created_at  timestamptz(3) NOT NULL DEFAULT now()
);

COMMENT ON COLUMN encryption_keys.check_value IS 'a known text sealed with the key, by which another key under the same id is recognised; the key itself is nowhere in the database';

ALTER TABLE corpora
  ADD COLUMN key_id   text COLLATE "C" REFERENCES encryption_keys,
  ADD COLUMN data_key bytea CHECK (octet_length(data_key) = 60),
  ADD CONSTRAINT corpora_encryption CHECK ((key_id IS NULL) = (data_key IS NULL));

COMMENT ON COLUMN corpora.data_key IS 'the key of its templates, sealed with the encryption key; null where they are not encrypted';

-- Sealed vectors are longer by a nonce of 12 bytes and a tag of 16.
ALTER TABLE sample_templates
  DROP CONSTRAINT sample_templates_check,
  ADD CONSTRAINT sample_templates_check CHECK (octet_length(vector) IN (4 * dimension, 4 * dimension + 28));

COMMENT ON COLUMN sample_templates.vector IS 'little-endian float32, as given, not normalised; sealed where the corpus has a data key';

-- Down Migration

DO $$
BEGIN
  IF EXISTS (SELECT FROM corpora WHERE key_id IS NOT NULL) THEN
    RAISE EXCEPTION 'corpora are encrypted: the version before could not read them';
  END IF;
END
$$;
ALTER TABLE sample_templates
  DROP CONSTRAINT sample_templates_check,
  ADD CONSTRAINT sample_templates_check CHECK (octet_length(vector) = 4 * dimension);
ALTER TABLE corpora DROP COLUMN key_id, DROP COLUMN data_key;
DROP TABLE encryption_keys;
