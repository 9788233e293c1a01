-- Up Migration

-- Comparisons give away what translations do, call by call (docs/threat-model.md), so the pairs and the budget of a key hold
-- for them too. Keys that were issued before keep what they had: their limits were for translations, and an upgrade must not
-- shut a gate.
ALTER TABLE api_keys
  ADD COLUMN limits_comparisons boolean NOT NULL DEFAULT false,
  ADD COLUMN scores text NOT NULL DEFAULT 'exact' CHECK (scores IN ('exact', 'coarse', 'none'));

COMMENT ON COLUMN api_keys.translate_pairs IS '[{"source": model, "target": model}, …]: the only models whose templates it may translate, in this direction, and compare, in either';
COMMENT ON COLUMN api_keys.templates_per_day IS 'templates that it may have translated or compared in a day of UTC';
COMMENT ON COLUMN api_keys.limits_comparisons IS 'whether translate_pairs and templates_per_day hold for comparisons; false for keys of before this column';
COMMENT ON COLUMN api_keys.scores IS 'what it is told of comparison scores';

CREATE OR REPLACE FUNCTION api_keys_are_immutable() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP = 'DELETE' THEN
    RAISE EXCEPTION 'an API key is revoked, not deleted' USING ERRCODE = 'restrict_violation';
  END IF;
  IF (NEW.id, NEW.prefix, NEW.secret_sha256, NEW.name, NEW.scopes, NEW.translate_pairs, NEW.templates_per_day,
      NEW.requests_per_minute, NEW.limits_comparisons, NEW.scores, NEW.created_at, NEW.expires_at)
    IS DISTINCT FROM
     (OLD.id, OLD.prefix, OLD.secret_sha256, OLD.name, OLD.scopes, OLD.translate_pairs, OLD.templates_per_day,
      OLD.requests_per_minute, OLD.limits_comparisons, OLD.scores, OLD.created_at, OLD.expires_at)
    OR OLD.revoked_at IS NOT NULL AND NEW.revoked_at IS DISTINCT FROM OLD.revoked_at
  THEN
    RAISE EXCEPTION 'an API key is immutable' USING ERRCODE = 'restrict_violation';
  END IF;
  RETURN NEW;
END
$$;

-- Jobs that have not ended are counted for each key.
CREATE INDEX jobs_open_by_key ON jobs (key_id) WHERE ended_at IS NULL;

-- Down Migration

DROP INDEX jobs_open_by_key;

CREATE OR REPLACE FUNCTION api_keys_are_immutable() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP = 'DELETE' THEN
    RAISE EXCEPTION 'an API key is revoked, not deleted' USING ERRCODE = 'restrict_violation';
  END IF;
  IF (NEW.id, NEW.prefix, NEW.secret_sha256, NEW.name, NEW.scopes, NEW.translate_pairs, NEW.templates_per_day,
      NEW.requests_per_minute, NEW.created_at, NEW.expires_at)
    IS DISTINCT FROM
     (OLD.id, OLD.prefix, OLD.secret_sha256, OLD.name, OLD.scopes, OLD.translate_pairs, OLD.templates_per_day,
      OLD.requests_per_minute, OLD.created_at, OLD.expires_at)
    OR OLD.revoked_at IS NOT NULL AND NEW.revoked_at IS DISTINCT FROM OLD.revoked_at
  THEN
    RAISE EXCEPTION 'an API key is immutable' USING ERRCODE = 'restrict_violation';
  END IF;
  RETURN NEW;
END
$$;

ALTER TABLE api_keys DROP COLUMN scores, DROP COLUMN limits_comparisons;
