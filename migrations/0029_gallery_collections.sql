-- Up Migration

-- Projections of galleries that stand in Qdrant, where VECTOR_ENGINE_URL names one. Rows have no foreign key: each outlives its
-- gallery until its collection is deleted. In a cluster the table stays on the coordinator.
CREATE TABLE gallery_collections (
  id         bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  gallery_id uuid NOT NULL,
  key        text NOT NULL,
  dimension  integer NOT NULL CHECK (dimension > 0),
  epoch      integer NOT NULL,
  position   bigint NOT NULL DEFAULT 0,
  erased     bigint NOT NULL,
  state      text NOT NULL DEFAULT 'building' CHECK (state IN ('building', 'ready', 'dropped'))
);

CREATE UNIQUE INDEX gallery_collections_by_key ON gallery_collections (gallery_id, key, epoch) WHERE state <> 'dropped';

COMMENT ON TABLE gallery_collections IS 'Collections of Qdrant with projections of galleries';
COMMENT ON COLUMN gallery_collections.position IS 'position in the log of the gallery up to which the collection has what was added';
COMMENT ON COLUMN gallery_collections.erased IS 'position in the log of the gallery up to which what was removed has left the collection';
COMMENT ON COLUMN gallery_collections.state IS 'dropped: no longer used, and deleted once Qdrant answers';

-- Down Migration

DROP TABLE gallery_collections;
