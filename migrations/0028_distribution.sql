-- Up Migration

-- In a cluster, migrations of galleries are spread over the nodes and maps stay on the coordinator, with their triggers: no
-- foreign key can lead from the one to the other. Maps are never deleted, and a migration begins, goes on and is committed
-- only where its map is found active in the same transaction.
ALTER TABLE gallery_migrations DROP CONSTRAINT gallery_migrations_map_id_fkey;

COMMENT ON COLUMN gallery_migrations.map_id IS 'of maps, without a foreign key: see docs/galleries.md, "In a cluster of databases"';

-- Down Migration

COMMENT ON COLUMN gallery_migrations.map_id IS NULL;
ALTER TABLE gallery_migrations ADD CONSTRAINT gallery_migrations_map_id_fkey FOREIGN KEY (map_id) REFERENCES maps;
