-- Up Migration

-- Galleries: subjects with references, which probes are searched among. Every key of the tables of a gallery begins with its
-- id, and every foreign key between them has it, so that they can be distributed by it (docs/galleries.md).
CREATE TABLE galleries (
  id              uuid PRIMARY KEY,
  name            text NOT NULL CHECK (length(name) BETWEEN 1 AND 200),
  key_id          text COLLATE "C" REFERENCES encryption_keys,
  data_key        bytea CHECK (octet_length(data_key) = 60),
  idempotency_key text UNIQUE CHECK (length(idempotency_key) BETWEEN 1 AND 255),
  request_sha256  text NOT NULL CHECK (request_sha256 ~ '^[0-9a-f]{64}$'),
  created_at      timestamptz(3) NOT NULL DEFAULT now(),
  -- It is gone for everybody from then on, while what it held is being deleted.
  deleted_at      timestamptz(3),
  CONSTRAINT galleries_encryption CHECK ((key_id IS NULL) = (data_key IS NULL))
);

CREATE INDEX galleries_by_age ON galleries (created_at, id);

-- The end of a gallery's log of changes. Whoever changes a gallery holds the lock of this row: changes are numbered in the
-- order in which they become visible, so that whoever has read up to a position has read all of it.
CREATE TABLE gallery_heads (
  gallery_id uuid PRIMARY KEY REFERENCES galleries ON DELETE CASCADE,
  position   bigint NOT NULL DEFAULT 0 CHECK (position >= 0),
  epoch      integer NOT NULL DEFAULT 0 CHECK (epoch >= 0)
);

COMMENT ON COLUMN gallery_heads.epoch IS 'counts what no list of changes describes, the commits and rollbacks of migrations: what was read before has to be read anew';

CREATE TABLE gallery_subjects (
  gallery_id uuid NOT NULL REFERENCES galleries ON DELETE CASCADE,
  subject    text COLLATE "C" NOT NULL CHECK (length(subject) BETWEEN 1 AND 256),
  number     bigint NOT NULL,
  attributes jsonb NOT NULL DEFAULT '{}' CHECK (jsonb_typeof(attributes) = 'object'),
  created_at timestamptz(3) NOT NULL DEFAULT now(),
  PRIMARY KEY (gallery_id, subject),
  UNIQUE (gallery_id, number)
) PARTITION BY HASH (gallery_id);

COMMENT ON COLUMN gallery_subjects.number IS 'the position at which the subject came';

CREATE INDEX gallery_subjects_by_attributes ON gallery_subjects USING gin (attributes jsonb_path_ops);

-- A move of a gallery's templates from one space into another. What it translated serves once it is committed.
CREATE TABLE gallery_migrations (
  gallery_id         uuid NOT NULL REFERENCES galleries ON DELETE CASCADE,
  id                 uuid NOT NULL,
  source_fingerprint text COLLATE "C" NOT NULL,
  target_fingerprint text COLLATE "C" NOT NULL,
  map_id             uuid NOT NULL REFERENCES maps,
  state              text NOT NULL DEFAULT 'running' CHECK (state IN ('running', 'ready', 'committed', 'rolled-back')),
  read_position      bigint NOT NULL DEFAULT 0 CHECK (read_position >= 0),
  translated         bigint NOT NULL DEFAULT 0 CHECK (translated >= 0),
  committed_position bigint,
  purged             boolean NOT NULL DEFAULT false,
  created_at         timestamptz(3) NOT NULL DEFAULT now(),
  ended_at           timestamptz(3),
  PRIMARY KEY (gallery_id, id),
  FOREIGN KEY (source_fingerprint) REFERENCES models,
  FOREIGN KEY (target_fingerprint) REFERENCES models,
  CHECK (source_fingerprint <> target_fingerprint),
  CHECK ((state = 'committed') = (committed_position IS NOT NULL)),
  CHECK ((state IN ('committed', 'rolled-back')) = (ended_at IS NOT NULL))
);

COMMENT ON COLUMN gallery_migrations.read_position IS 'every template of the source up to here is translated, or was not to be';
COMMENT ON COLUMN gallery_migrations.committed_position IS 'templates of the source that came up to here serve no more';
COMMENT ON COLUMN gallery_migrations.purged IS 'what it made superfluous is deleted: the originals after a commit, the translated after a rollback';

-- One at a time: a template that two migrations translate would be there twice.
CREATE UNIQUE INDEX gallery_migrations_one_open ON gallery_migrations (gallery_id) WHERE state IN ('running', 'ready');

CREATE TABLE gallery_templates (
  gallery_id     uuid NOT NULL,
  ordinal        bigint NOT NULL,
  subject_number bigint NOT NULL,
  reference      text COLLATE "C" NOT NULL CHECK (length(reference) BETWEEN 1 AND 256),
  fingerprint    text COLLATE "C" NOT NULL,
  dimension      integer NOT NULL,
  vector         bytea NOT NULL CHECK (octet_length(vector) IN (4 * dimension, 4 * dimension + 28)),
  quality        real,
  migration_id   uuid,
  uncertainty    real,
  enrolled_at    timestamptz(3) NOT NULL DEFAULT now(),
  PRIMARY KEY (gallery_id, ordinal),
  UNIQUE (gallery_id, fingerprint, subject_number, reference),
  FOREIGN KEY (gallery_id, subject_number) REFERENCES gallery_subjects (gallery_id, number) ON DELETE CASCADE,
  FOREIGN KEY (gallery_id, migration_id) REFERENCES gallery_migrations (gallery_id, id),
  FOREIGN KEY (fingerprint, dimension) REFERENCES models (fingerprint, dimension),
  CHECK (uncertainty IS NULL OR migration_id IS NOT NULL)
) PARTITION BY HASH (gallery_id);

COMMENT ON COLUMN gallery_templates.ordinal IS 'the position at which it came';
COMMENT ON COLUMN gallery_templates.vector IS 'little-endian float32, as given, not normalised; sealed where the gallery has a data key';
COMMENT ON COLUMN gallery_templates.quality IS 'of the image, as the caller or the detector says; null when unknown';
COMMENT ON COLUMN gallery_templates.migration_id IS 'the migration that translated it; null for a template that a model made';
COMMENT ON COLUMN gallery_templates.uncertainty IS 'expected of a translated template, from 0 to 1';

CREATE INDEX gallery_templates_by_subject ON gallery_templates (gallery_id, subject_number);
CREATE INDEX gallery_templates_by_space ON gallery_templates (gallery_id, fingerprint, ordinal);
CREATE INDEX gallery_templates_by_migration ON gallery_templates (gallery_id, migration_id, ordinal) WHERE migration_id IS NOT NULL;

-- Which templates that served have left a gallery, for those who have read it before.
CREATE TABLE gallery_removals (
  gallery_id   uuid NOT NULL REFERENCES galleries ON DELETE CASCADE,
  position     bigint NOT NULL,
  ordinal      bigint NOT NULL,
  fingerprint  text COLLATE "C" NOT NULL,
  migration_id uuid,
  PRIMARY KEY (gallery_id, position, ordinal)
) PARTITION BY HASH (gallery_id);

DO $$
BEGIN
  FOR part IN 0..7 LOOP
    EXECUTE format('CREATE TABLE gallery_subjects_%s PARTITION OF gallery_subjects FOR VALUES WITH (MODULUS 8, REMAINDER %s)', part, part);
    EXECUTE format('CREATE TABLE gallery_templates_%s PARTITION OF gallery_templates FOR VALUES WITH (MODULUS 8, REMAINDER %s)', part, part);
    EXECUTE format('CREATE TABLE gallery_removals_%s PARTITION OF gallery_removals FOR VALUES WITH (MODULUS 8, REMAINDER %s)', part, part);
    -- Floats do not compress.
    EXECUTE format('ALTER TABLE gallery_templates_%s ALTER COLUMN vector SET STORAGE EXTERNAL', part);
  END LOOP;
END
$$;

-- The templates that probes are compared with: those that a model made and those of committed migrations, less the originals
-- that a committed migration replaced.
CREATE VIEW serving_templates AS
SELECT t.* FROM gallery_templates t
WHERE (t.migration_id IS NULL
    OR EXISTS (SELECT FROM gallery_migrations m WHERE m.gallery_id = t.gallery_id AND m.id = t.migration_id AND m.state = 'committed'))
  AND NOT EXISTS (SELECT FROM gallery_migrations m
                  WHERE m.gallery_id = t.gallery_id AND m.state = 'committed' AND m.source_fingerprint = t.fingerprint AND t.ordinal <= m.committed_position);

-- Who may fill and migrate galleries, and who may search them.
ALTER TABLE api_keys
  DROP CONSTRAINT api_keys_scopes_check,
  ADD CONSTRAINT api_keys_scopes_check
    CHECK (cardinality(scopes) > 0 AND scopes <@ ARRAY['embed', 'translate', 'verify', 'enrol', 'identify', 'fit', 'admin']);

-- Down Migration

ALTER TABLE api_keys
  DROP CONSTRAINT api_keys_scopes_check,
  ADD CONSTRAINT api_keys_scopes_check
    CHECK (cardinality(scopes) > 0 AND scopes <@ ARRAY['embed', 'translate', 'verify', 'fit', 'admin']);

DROP VIEW serving_templates;
DROP TABLE gallery_removals;
DROP TABLE gallery_templates;
DROP TABLE gallery_migrations;
DROP TABLE gallery_subjects;
DROP TABLE gallery_heads;
DROP TABLE galleries;
