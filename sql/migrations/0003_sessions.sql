-- Sessions end after a week without use, and thirty days after the sign-in.

ALTER TABLE sessions
	ALTER COLUMN expires_at SET DEFAULT now() + interval '30 days',
	-- to the hour, so that reading a page is rarely a write
	ADD COLUMN used_at timestamptz NOT NULL DEFAULT now();

-- Finds the sessions that a changed password ends.
CREATE INDEX sessions_user_id ON sessions (user_id);
