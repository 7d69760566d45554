-- Moderation, and moving in from the first MiniTwit.

-- --- who flagged what ---

-- Only flag_messages() adds to it, and nobody else changes it.
CREATE TABLE flag_events (
	event_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
	-- also after the message is gone with its author
	message_id bigint NOT NULL,
	action text NOT NULL CHECK (action IN ('flag', 'unflag')),
	-- the operating system's user, as the program says
	operator text NOT NULL CHECK (operator <> ''),
	role name NOT NULL DEFAULT session_user,
	at timestamptz NOT NULL DEFAULT now()
);

-- What was done about a message.
CREATE INDEX flag_events_by_message ON flag_events (message_id, event_id);

-- Flags messages, or takes their flags away; an event for each that changes.
-- Gives the ids as they came, each with whether there is such a message.  Looks
-- each of them up, however many there are.
CREATE FUNCTION flag_messages(ids bigint[], flag boolean, operator text)
RETURNS TABLE (id bigint, found boolean)
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = public, pg_temp
SET enable_seqscan = off
SET enable_hashjoin = off
SET enable_mergejoin = off
AS $$
BEGIN
	WITH changed AS (
		UPDATE messages SET flagged = flag
			WHERE message_id = ANY (ids) AND flagged <> flag
			RETURNING message_id)
	INSERT INTO flag_events (message_id, action, operator)
		SELECT message_id, CASE WHEN flag THEN 'flag' ELSE 'unflag' END,
			flag_messages.operator
		FROM changed;
	RETURN QUERY
		SELECT i.id, m.message_id IS NOT NULL
		FROM unnest(ids) WITH ORDINALITY AS i (id, place)
		LEFT JOIN messages AS m ON m.message_id = i.id
		ORDER BY i.place;
END $$;

GRANT SELECT ON messages TO minitwit_moderator;
GRANT SELECT ON flag_events TO minitwit_moderator, minitwit_operator;
GRANT EXECUTE ON FUNCTION flag_messages TO minitwit_moderator;
-- Not without an event.
REVOKE UPDATE (flagged) ON messages FROM minitwit_operator;

-- --- moving in ---

-- Who followed whom when bin/import-sqlite last read it: so the next time it
-- knows who has followed or unfollowed somebody there since, and leaves what
-- they did here as it is.
CREATE TABLE imported_followers (
	who_id bigint NOT NULL REFERENCES users ON DELETE CASCADE,
	whom_id bigint NOT NULL REFERENCES users ON DELETE CASCADE,
	PRIMARY KEY (who_id, whom_id)
);

-- Found when the followed one's account ends.
CREATE INDEX imported_followers_by_whom ON imported_followers (whom_id);

GRANT SELECT (user_id, username),
	INSERT (user_id, username, email, pw_hash, registered_at)
	ON users TO minitwit_importer;
GRANT SELECT, INSERT ON messages TO minitwit_importer;
GRANT SELECT, INSERT, DELETE ON followers, imported_followers TO minitwit_importer;
GRANT SELECT, UPDATE ON SEQUENCE users_user_id_seq, messages_message_id_seq
	TO minitwit_importer;
GRANT SELECT ON former_users, flag_events TO minitwit_importer;
GRANT EXECUTE ON FUNCTION name_digest, flag_messages TO minitwit_importer;
