-- Up Migration

-- Who may call the service. The secret is not here: its SHA-256 is, and since it is 256 random bits nothing slower is needed.
CREATE TABLE api_keys (
  id                  uuid PRIMARY KEY,
  -- The part of a key that may be seen: what it is found and recognised by.
  prefix              text COLLATE "C" NOT NULL UNIQUE CHECK (prefix ~ '^[0-9a-f]{12}$'),
  secret_sha256       bytea NOT NULL CHECK (octet_length(secret_sha256) = 32),
  name                text NOT NULL CHECK (length(name) BETWEEN 1 AND 256),
  scopes              text[] NOT NULL
    CHECK (cardinality(scopes) > 0 AND scopes <@ ARRAY['embed', 'translate', 'verify', 'fit', 'admin']),
  -- [{"source": model, "target": model}, …]: the only translations of this key; NULL when it may do all.
  translate_pairs     jsonb CHECK (jsonb_typeof(translate_pairs) = 'array'),
  -- Most templates that it may translate in a day of UTC; NULL for as many as it likes.
  templates_per_day   bigint CHECK (templates_per_day > 0),
  -- NULL for what the service is configured to.
  requests_per_minute integer CHECK (requests_per_minute > 0),
  created_at          timestamptz(3) NOT NULL DEFAULT now(),
  expires_at          timestamptz(3),
  revoked_at          timestamptz(3),
  last_used_at        timestamptz(3)
);

CREATE INDEX api_keys_by_age ON api_keys (created_at, id);

-- What a key may do stays as it was issued, for every client of the database: whoever finds a call in a log can tell by
-- what right it was made. A key is replaced by another; it ends once, for good, and is never forgotten.
CREATE FUNCTION api_keys_are_immutable() RETURNS trigger LANGUAGE plpgsql AS $$
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

CREATE TRIGGER api_keys_are_immutable BEFORE UPDATE OR DELETE ON api_keys
  FOR EACH ROW EXECUTE FUNCTION api_keys_are_immutable();

-- How many templates a key had translated on a day of UTC: counted here, so that replicas share a budget.
CREATE TABLE api_key_days (
  key_id    uuid NOT NULL REFERENCES api_keys,
  day       date NOT NULL,
  templates bigint NOT NULL CHECK (templates >= 0),
  PRIMARY KEY (key_id, day)
);

-- Down Migration

DROP TABLE api_key_days;
DROP TABLE api_keys;
DROP FUNCTION api_keys_are_immutable;
