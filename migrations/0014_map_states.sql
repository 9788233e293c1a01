-- Up Migration

-- What a migration made of a template goes with it when one template of a subject is deleted.
ALTER TABLE gallery_templates ADD COLUMN original bigint;

COMMENT ON COLUMN gallery_templates.original IS 'ordinal of the template that a migration translated it from; null for native ones, and for those translated before this column was';

CREATE INDEX gallery_templates_by_original ON gallery_templates (gallery_id, original) WHERE original IS NOT NULL;

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
ALTER TABLE gallery_templates DROP COLUMN original;
