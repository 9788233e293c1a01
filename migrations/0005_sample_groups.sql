-- Up Migration

-- What a card breaks its figures down by: a demographic group, a site, a camera. Of a sample, not of an identity: people age.
ALTER TABLE samples ADD COLUMN group_label text COLLATE "C" CHECK (length(group_label) BETWEEN 1 AND 256);

-- Down Migration

ALTER TABLE samples DROP COLUMN group_label;
