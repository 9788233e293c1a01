-- Up Migration

-- A row that is no template (norm zero, NaN, infinity, wrong length) was once taken from a graph, or put here by hand. Whoever
-- reads it says so, and from then on it serves no search, fit or migration. The rest of the gallery does.
ALTER TABLE gallery_templates
  ADD COLUMN usable boolean NOT NULL DEFAULT true,
  ADD COLUMN original bigint;

COMMENT ON COLUMN gallery_templates.usable IS 'false once it was read and found to be no template';
COMMENT ON COLUMN gallery_templates.original IS 'ordinal of the template that a migration translated it from; null for native ones, and for those translated before this column was';

CREATE INDEX gallery_templates_unusable ON gallery_templates (gallery_id) WHERE NOT usable;
CREATE INDEX gallery_templates_by_original ON gallery_templates (gallery_id, original) WHERE original IS NOT NULL;

CREATE OR REPLACE VIEW serving_templates AS
SELECT t.* FROM gallery_templates t
WHERE t.usable
  AND (t.migration_id IS NULL
    OR EXISTS (SELECT FROM gallery_migrations m WHERE m.gallery_id = t.gallery_id AND m.id = t.migration_id AND m.state = 'committed'))
  AND NOT EXISTS (SELECT FROM gallery_migrations m
                  WHERE m.gallery_id = t.gallery_id AND m.state = 'committed' AND m.source_fingerprint = t.fingerprint AND t.ordinal <= m.committed_position);

ALTER TABLE sample_templates ADD COLUMN usable boolean NOT NULL DEFAULT true;

COMMENT ON COLUMN sample_templates.usable IS 'false once it was read and found to be no template';

CREATE INDEX sample_templates_unusable ON sample_templates (corpus_id) WHERE NOT usable;

-- Which maps serve, as a number that every change of a map's state raises, and up to which number each replica has heard. A
-- retirement is acknowledged when no replica that may still decide is behind it.
CREATE TABLE catalogue_head (
  one_row  boolean PRIMARY KEY DEFAULT true CHECK (one_row),
  revision bigint NOT NULL DEFAULT 1
);

INSERT INTO catalogue_head DEFAULT VALUES;

CREATE TABLE catalogue_readers (
  replica    uuid PRIMARY KEY,
  revision   bigint NOT NULL,
  renewed_at timestamptz NOT NULL
);

COMMENT ON COLUMN catalogue_readers.renewed_at IS 'when the replica last said that it is up to date; it decides nothing once its lease has ended without doing so again';

CREATE FUNCTION maps_advance_catalogue() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  UPDATE catalogue_head SET revision = revision + 1;
  RETURN NULL;
END
$$;

CREATE TRIGGER maps_advance_catalogue AFTER UPDATE OF state ON maps FOR EACH ROW WHEN (OLD.state IS DISTINCT FROM NEW.state)
  EXECUTE FUNCTION maps_advance_catalogue();

-- Down Migration

DROP TRIGGER maps_advance_catalogue ON maps;
DROP FUNCTION maps_advance_catalogue;
DROP TABLE catalogue_readers;
DROP TABLE catalogue_head;
DROP INDEX sample_templates_unusable;
ALTER TABLE sample_templates DROP COLUMN usable;

DROP VIEW serving_templates;
DROP INDEX gallery_templates_unusable;
DROP INDEX gallery_templates_by_original;
ALTER TABLE gallery_templates DROP COLUMN original, DROP COLUMN usable;

CREATE VIEW serving_templates AS
SELECT t.* FROM gallery_templates t
WHERE (t.migration_id IS NULL
    OR EXISTS (SELECT FROM gallery_migrations m WHERE m.gallery_id = t.gallery_id AND m.id = t.migration_id AND m.state = 'committed'))
  AND NOT EXISTS (SELECT FROM gallery_migrations m
                  WHERE m.gallery_id = t.gallery_id AND m.state = 'committed' AND m.source_fingerprint = t.fingerprint AND t.ordinal <= m.committed_position);
