-- Who acted, for whom, and what they said. Until here `approved_by` held the use case's owner, whoever acted.

ALTER TABLE models ADD COLUMN approved_for TEXT;       -- the use case's owner then
ALTER TABLE models ADD COLUMN approval_comment TEXT;
UPDATE models SET approved_for = approved_by, approved_by = 'not recorded' WHERE approved_by IS NOT NULL;

ALTER TABLE sessions ADD COLUMN account TEXT NOT NULL DEFAULT 'unknown';   -- of the operating system, that owned the one-time link
