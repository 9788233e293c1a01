-- Up Migration

-- Sealed templates are bound to the version of their sample or subject: what was sealed for an earlier one does not open.
-- Null in rows of before, which are sealed as before until `crosswalk encryption apply` seals them anew.
ALTER TABLE samples ADD COLUMN version uuid;
ALTER TABLE gallery_subjects ADD COLUMN version uuid;
ALTER TABLE gallery_migrations ADD COLUMN unusable bigint NOT NULL DEFAULT 0 CHECK (unusable >= 0);

COMMENT ON COLUMN samples.version IS 'random, another one when the sample is deleted and comes again; its sealed templates are bound to it';
COMMENT ON COLUMN gallery_subjects.version IS 'random, another one when attributes change or templates leave; its sealed templates are bound to it';
COMMENT ON COLUMN gallery_migrations.unusable IS 'templates of the source that could not be read and were not translated';

-- Down Migration

DO $$
BEGIN
  IF EXISTS (SELECT FROM corpora WHERE key_id IS NOT NULL) OR EXISTS (SELECT FROM galleries WHERE key_id IS NOT NULL) THEN
    RAISE EXCEPTION 'corpora or galleries are encrypted: the version before could not read them';
  END IF;
END
$$;
ALTER TABLE gallery_migrations DROP COLUMN unusable;
ALTER TABLE gallery_subjects DROP COLUMN version;
ALTER TABLE samples DROP COLUMN version;
