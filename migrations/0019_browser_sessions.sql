-- Up Migration

-- Who has signed in with an API key in a browser. The token of a session is in the browser's cookie; here is the SHA-256 of its
-- secret, so that a copy of the table opens nothing. A session never outlives its key: what uses one looks both up.
CREATE TABLE browser_sessions (
  -- The part of a token that may be seen: what it is found by.
  prefix        text COLLATE "C" PRIMARY KEY CHECK (prefix ~ '^[0-9a-f]{12}$'),
  secret_sha256 bytea NOT NULL CHECK (octet_length(secret_sha256) = 32),
  key_id        uuid NOT NULL REFERENCES api_keys,
  created_at    timestamptz(3) NOT NULL DEFAULT now(),
  expires_at    timestamptz(3) NOT NULL
);

CREATE INDEX browser_sessions_by_key ON browser_sessions (key_id, created_at);
CREATE INDEX browser_sessions_by_end ON browser_sessions (expires_at);

-- Down Migration

DROP TABLE browser_sessions;
