-- Limits for signed-in users and for the simulator's password, when users were active,
-- and flagged messages hidden from all readers.

INSERT INTO attempt_limits VALUES
	('message', 300, '1 s', '1 min'),
	('simulator', 10, '1 min', '15 min');

-- The last activity of a user, to the hour.
CREATE TABLE activities (
	user_id bigint PRIMARY KEY REFERENCES users ON DELETE CASCADE,
	active_at timestamptz NOT NULL DEFAULT now()
);
INSERT INTO activities SELECT user_id, max(used_at) FROM sessions GROUP BY user_id;

-- Finds the users who were active lately.
CREATE INDEX activities_active_at ON activities (active_at);

-- An account has at most 100 sessions.
DELETE FROM sessions WHERE session_id IN (
	SELECT session_id FROM (
		SELECT session_id, row_number() OVER (
			PARTITION BY user_id ORDER BY session_id DESC) AS place
		FROM sessions) AS s
	WHERE place > 100);

-- A role that reads messages sees no flagged one, whatever its statement says.  The
-- owner, whose functions search and moderate, is exempt.
ALTER TABLE messages ENABLE ROW LEVEL SECURITY;
CREATE POLICY unflagged ON messages FOR SELECT
	TO minitwit_reader, minitwit_api_reader, minitwit_api_poster
	USING (NOT flagged);
CREATE POLICY simulator ON messages FOR INSERT TO minitwit_api_poster
	WITH CHECK (NOT flagged);
CREATE POLICY administrators ON messages
	TO minitwit_operator, minitwit_moderator, minitwit_importer
	USING (true);
