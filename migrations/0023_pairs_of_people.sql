-- Up Migration

-- What a pair of a corpus is: two templates of one image, or of one person in two images. And which verification a label
-- rests on, for samples that come from the running service: a wrong match makes a wrong label, which has to be found again.
ALTER TABLE corpora ADD COLUMN pairing text NOT NULL DEFAULT 'image' CHECK (pairing IN ('image', 'identity'));
ALTER TABLE samples ADD COLUMN verification text CHECK (length(verification) BETWEEN 1 AND 200);

COMMENT ON COLUMN samples.verification IS 'id of the request that matched the sample with its identity; null for samples that were labelled otherwise';

-- Down Migration

ALTER TABLE samples DROP COLUMN verification;
ALTER TABLE corpora DROP COLUMN pairing;
