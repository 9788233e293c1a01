-- Up Migration

-- A gallery can be divided into shards by its subjects. Each has a row here, a head and a log of its own, and its rows in the
-- tables of galleries bear its id, by which a cluster spreads them. The gallery itself is its first shard.
DO $$
BEGIN
  -- A statement for each change, inside of a block: where the table is on several nodes, each gets the text of the statement,
  -- which is otherwise that of the whole file.
  ALTER TABLE galleries ADD COLUMN shards smallint NOT NULL DEFAULT 1;
  ALTER TABLE galleries ADD COLUMN shard_of uuid;
  ALTER TABLE galleries ADD COLUMN place smallint NOT NULL DEFAULT 0;
  ALTER TABLE galleries ADD CONSTRAINT galleries_shards_check CHECK (shards BETWEEN 1 AND 256);
  ALTER TABLE galleries ADD CONSTRAINT galleries_place_check CHECK (place BETWEEN 0 AND 255);
  ALTER TABLE galleries ADD CONSTRAINT galleries_shard_check
    CHECK ((shard_of IS NULL) = (place = 0) AND (shard_of IS NULL OR shards = 1));
  ALTER TABLE galleries ADD CONSTRAINT galleries_shard_of_fkey FOREIGN KEY (shard_of) REFERENCES galleries (id);
  CREATE UNIQUE INDEX galleries_by_shard ON galleries (shard_of, place) WHERE shard_of IS NOT NULL;
END
$$;

COMMENT ON COLUMN galleries.shards IS 'how many shards it is divided into; 1 in the rows of further shards';
COMMENT ON COLUMN galleries.shard_of IS 'the gallery that this is a further shard of; null for a gallery';
COMMENT ON COLUMN galleries.place IS 'place among the shards of the gallery, which is its own first';

-- Down Migration

DO $$
BEGIN
  IF EXISTS (SELECT FROM galleries WHERE shards > 1) THEN
    RAISE EXCEPTION 'a gallery is divided into shards: delete it first';
  END IF;
  DROP INDEX galleries_by_shard;
  ALTER TABLE galleries DROP CONSTRAINT galleries_shard_of_fkey;
  ALTER TABLE galleries DROP CONSTRAINT galleries_shard_check;
  ALTER TABLE galleries DROP COLUMN place;
  ALTER TABLE galleries DROP COLUMN shard_of;
  ALTER TABLE galleries DROP COLUMN shards;
END
$$;
