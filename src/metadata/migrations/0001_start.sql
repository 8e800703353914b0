-- Times are microseconds since 1970 UTC. Types are those that SQLite and PostgreSQL share.

CREATE TABLE use_cases (              -- every file that was applied
  name TEXT NOT NULL,
  version BIGINT NOT NULL,            -- from 1
  yaml TEXT NOT NULL,
  sha256 TEXT NOT NULL,               -- of the file's bytes
  applied_us BIGINT NOT NULL,
  PRIMARY KEY (name, version)
);

CREATE TABLE models (                 -- every version that was trained or pushed
  use_case TEXT NOT NULL,
  number BIGINT NOT NULL,             -- from 1 within the use case
  state TEXT NOT NULL,                -- candidate, refused, approved, retired
  created_us BIGINT NOT NULL,
  manifest_json TEXT NOT NULL,        -- dataset, metrics, gates, files, code commit
  approved_by TEXT,
  approved_us BIGINT,
  PRIMARY KEY (use_case, number)
);
CREATE UNIQUE INDEX models_one_approved ON models (use_case) WHERE state = 'approved';

CREATE TABLE artifacts (              -- what lies in the content-addressed folder, and why
  sha256 TEXT NOT NULL PRIMARY KEY,
  size BIGINT NOT NULL,
  name TEXT NOT NULL,
  created_us BIGINT NOT NULL
);

CREATE TABLE jobs (                   -- long work that somebody asked for
  id TEXT NOT NULL PRIMARY KEY,
  subject TEXT NOT NULL,
  state TEXT NOT NULL,                -- queued, running, done, failed
  progress DOUBLE PRECISION NOT NULL,
  message TEXT NOT NULL,
  result_json TEXT,
  created_us BIGINT NOT NULL,
  finished_us BIGINT
);

CREATE TABLE verdicts (               -- what people said about decisions; all are kept, the newest counts
  decision_id TEXT NOT NULL,
  time_us BIGINT NOT NULL,
  verdict TEXT NOT NULL,              -- right, wrong, unsure
  comment TEXT NOT NULL,
  person TEXT NOT NULL,
  asset TEXT NOT NULL,                -- the decision's, for counting
  advice TEXT NOT NULL,               -- the decision's, for counting
  PRIMARY KEY (decision_id, time_us)
);

CREATE TABLE assets (
  site TEXT NOT NULL,
  asset TEXT NOT NULL,
  type TEXT NOT NULL,
  tags TEXT NOT NULL,                 -- separated by spaces
  state TEXT NOT NULL,                -- running, overhauled, failed, offline
  first_seen_us BIGINT NOT NULL,
  last_seen_us BIGINT NOT NULL,
  PRIMARY KEY (site, asset)
);

CREATE TABLE nodes (                  -- gateways and edges
  site TEXT NOT NULL,
  node TEXT NOT NULL,
  online BIGINT NOT NULL,             -- 0 or 1
  last_seen_us BIGINT NOT NULL,
  report_json TEXT,                   -- what it said it runs, newest only
  PRIMARY KEY (site, node)
);

CREATE TABLE sessions (
  token_sha256 TEXT NOT NULL PRIMARY KEY,   -- the secret itself is never stored
  subject TEXT NOT NULL,
  created_us BIGINT NOT NULL,
  expires_us BIGINT NOT NULL
);
