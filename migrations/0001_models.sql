-- Up Migration

-- A row per space. A model whose weights or recipe changed under the same id is another space: the new fingerprint
-- becomes the current one of that id, the old row stays because templates and maps refer to it.
CREATE TABLE models (
  fingerprint text COLLATE "C" PRIMARY KEY CHECK (fingerprint ~ '^[0-9a-f]{64}$'),
  id          text COLLATE "C" NOT NULL CHECK (id ~ '^[a-z0-9][a-z0-9._-]{0,62}$'),
  kind        text NOT NULL CHECK (kind IN ('recogniser', 'template-only')),
  dimension   integer NOT NULL CHECK (dimension BETWEEN 2 AND 4096),
  title       text NOT NULL CHECK (length(title) BETWEEN 1 AND 200),
  licence     text NOT NULL CHECK (length(licence) BETWEEN 1 AND 200),
  manifest    jsonb NOT NULL CHECK (jsonb_typeof(manifest) = 'object'),
  current     boolean NOT NULL DEFAULT true,
  -- Milliseconds, so that a timestamp survives the way through JavaScript and back in a page cursor.
  created_at  timestamptz(3) NOT NULL DEFAULT now(),
  -- What foreign keys refer to when the length of a vector has to be checked too.
  UNIQUE (fingerprint, dimension)
);

CREATE UNIQUE INDEX models_one_current ON models (id) WHERE current;

-- Down Migration

DROP TABLE models;
