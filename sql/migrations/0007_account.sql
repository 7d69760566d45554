-- What the account pages show.

-- NULL if the user registered before this migration.
ALTER TABLE users ADD COLUMN registered_at timestamptz;
ALTER TABLE users ALTER COLUMN registered_at SET DEFAULT now();

-- What tells a user's sessions apart.
ALTER TABLE sessions
	-- names a session to its user, who cannot know the tokens
	ADD COLUMN session_id bigint GENERATED ALWAYS AS IDENTITY,
	ADD COLUMN begun_at timestamptz NOT NULL DEFAULT now(),
	ADD COLUMN address text,
	-- from the user agent, by lib/browser.h
	ADD COLUMN browser text CHECK (char_length(browser) <= 64);
UPDATE sessions SET begun_at = expires_at - interval '30 days';

-- A user's sessions, for the account page and for a changed password.
CREATE UNIQUE INDEX sessions_by_user ON sessions (user_id, session_id);
DROP INDEX sessions_user_id;

-- A user's followers.
CREATE INDEX followers_by_whom ON followers (whom_id, who_id);

-- One author's messages, flagged ones apart: a page never walks past them, and a
-- deletion of the author finds all.
CREATE INDEX messages_of_author ON messages (author_id, flagged, message_id);
DROP INDEX messages_by_author;

-- Names of deleted accounts: nobody can register one of them again.
CREATE TABLE former_users (
	-- SHA-256: a name can be personal data
	name_digest bytea PRIMARY KEY
);
