-- Up Migration

-- Which galleries are searched by probes of which space, so that a process that starts reads them before somebody waits.
CREATE TABLE gallery_searches (
  gallery_id  uuid NOT NULL REFERENCES galleries ON DELETE CASCADE,
  fingerprint text NOT NULL CHECK (fingerprint <> ''),
  searched_at timestamptz(0) NOT NULL DEFAULT now(),
  CONSTRAINT gallery_searches_pkey PRIMARY KEY (gallery_id, fingerprint)
);

COMMENT ON COLUMN gallery_searches.fingerprint IS 'of the space of the probes';
COMMENT ON COLUMN gallery_searches.searched_at IS 'to about an hour';

-- Down Migration

DROP TABLE gallery_searches;
