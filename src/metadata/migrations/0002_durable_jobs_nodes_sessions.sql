-- Tables that nothing ever used go; those for the fleet and the console's sessions hold what is needed after a restart.

DROP TABLE artifacts;
DROP TABLE assets;
DROP TABLE nodes;
DROP TABLE sessions;

CREATE TABLE nodes (                  -- gateways and edges: what they last said
  site TEXT NOT NULL,
  node TEXT NOT NULL,
  last_seen_us BIGINT NOT NULL,
  report_json TEXT NOT NULL,          -- {active: [{use_case, model_version, since_us}], errors: [text]}
  PRIMARY KEY (site, node)
);

CREATE TABLE sessions (               -- browsers that came through the one-time link
  secret_sha256 TEXT NOT NULL PRIMARY KEY,   -- the secret itself is never stored
  expires_us BIGINT NOT NULL
);
