-- Up Migration

-- Long work that callers asked for: what they asked, how far it is, and what came of it. What waits and what runs is a row of
-- the queue (pg-boss, schema `pgboss`) with the same id, which goes in the transaction that says here how the job ended. So
-- each is stored in one place, and whenever a process is killed the two fit.
CREATE TABLE jobs (
  id              uuid PRIMARY KEY,
  kind            text NOT NULL CHECK (kind ~ '^[a-z][a-z-]{0,30}$'),
  queue           text NOT NULL,
  -- Names, ids and options; never a template.
  request         jsonb NOT NULL CHECK (jsonb_typeof(request) = 'object'),
  -- Whose it is; NULL where no key was needed and none was given.
  key_id          uuid REFERENCES api_keys,
  -- {request, operation, key}: which call it was, for the audit.
  origin          jsonb NOT NULL CHECK (jsonb_typeof(origin) = 'object'),
  idempotency_key text CHECK (length(idempotency_key) BETWEEN 1 AND 255),
  request_sha256  text NOT NULL CHECK (request_sha256 ~ '^[0-9a-f]{64}$'),
  progress        jsonb NOT NULL CHECK (jsonb_typeof(progress) = 'object'),
  attempts        integer NOT NULL DEFAULT 0 CHECK (attempts >= 0),
  revision        integer NOT NULL DEFAULT 1,
  outcome         text CHECK (outcome IN ('succeeded', 'failed', 'cancelled')),
  result          text,
  problem         jsonb CHECK (jsonb_typeof(problem) = 'object'),
  created_at      timestamptz(3) NOT NULL DEFAULT now(),
  started_at      timestamptz(3),
  ended_at        timestamptz(3),
  CHECK ((outcome IS NULL) = (ended_at IS NULL)),
  CHECK ((outcome IS NOT DISTINCT FROM 'succeeded') = (result IS NOT NULL)),
  CHECK ((outcome IS NOT DISTINCT FROM 'failed') = (problem IS NOT NULL))
);

COMMENT ON COLUMN jobs.attempts IS 'how often it was begun; whoever runs it knows the number, and who knows an older one has lost it';
COMMENT ON COLUMN jobs.revision IS 'counts what a caller can see change';

-- What one caller calls by a name is nothing to another.
CREATE UNIQUE INDEX jobs_idempotency ON jobs (kind, coalesce(key_id, '00000000-0000-0000-0000-000000000000'), idempotency_key)
  WHERE idempotency_key IS NOT NULL;
CREATE INDEX jobs_by_age ON jobs (created_at, id);
CREATE INDEX jobs_by_end ON jobs (ended_at);

CREATE FUNCTION jobs_end_once() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF OLD.outcome IS NOT NULL AND NEW IS DISTINCT FROM OLD THEN
    RAISE EXCEPTION 'a job that has ended stays as it is' USING ERRCODE = 'restrict_violation';
  END IF;
  RETURN NEW;
END
$$;

CREATE TRIGGER jobs_end_once BEFORE UPDATE ON jobs FOR EACH ROW EXECUTE FUNCTION jobs_end_once();

-- Down Migration

DROP TABLE jobs;
DROP FUNCTION jobs_end_once;
DROP SCHEMA IF EXISTS pgboss CASCADE;
