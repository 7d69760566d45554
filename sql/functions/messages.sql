-- Messages: who reads the table, and the two ways to add a message.

-- Adds a message by its author's name, for the simulator.  Returns false if there is
-- no such user.
CREATE OR REPLACE FUNCTION message_add(author text, body text) RETURNS boolean
LANGUAGE plpgsql
AS $$
DECLARE
	id CONSTANT bigint := (SELECT * FROM user_named(author));
BEGIN
	-- here and not in note_activity(), whose call costs more than this
	IF NOT EXISTS (SELECT FROM activities
		WHERE user_id = id AND active_at > now() - interval '1 hour')
	THEN
		PERFORM note_activity(user_id) FROM users WHERE user_id = id;
	END IF;
	INSERT INTO messages (author_id, text)
		SELECT user_id, body FROM users WHERE user_id = id;
	RETURN FOUND;
END $$;

-- Adds a message by the token of its author's session, for the site.  added is true if
-- the message was added, false if it was added before, and NULL if it was not: then
-- wait is the number of seconds to wait, or 0 if there is no such session.
--
-- once is the form's idempotency key, or NULL: a form that a browser sends twice adds
-- one message.  The same form with another text (a browser that goes back may show it
-- again) adds another message.  The lock of the session's row puts parallel requests
-- in an order.
CREATE OR REPLACE FUNCTION my_message_add(token text, body text, once text,
	OUT added boolean, OUT wait bigint)
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = public, pg_temp
AS $$
DECLARE
	author CONSTANT bigint := (SELECT user_id FROM session_find(token));
	sent CONSTANT text :=
		encode(sha256(convert_to(once || ' ' || body, 'UTF8')), 'hex');
BEGIN
	wait := 0;
	-- before the session, in the order of account_delete()
	PERFORM FROM users WHERE user_id = author FOR KEY SHARE;
	IF NOT FOUND THEN
		RETURN;
	END IF;
	IF sent IS NOT NULL THEN
		UPDATE sessions AS s SET once = sent
			WHERE s.token_digest = token_digest(token)
			AND s.once IS DISTINCT FROM sent;
		IF NOT FOUND THEN
			-- unless the session has ended meanwhile
			added := (SELECT false FROM sessions AS s
				WHERE s.token_digest = token_digest(token));
			RETURN;
		END IF;
	END IF;
	wait := attempt('message', author::text);
	IF wait > 0 THEN
		-- the same form may come again
		UPDATE sessions AS s SET once = NULL
			WHERE s.token_digest = token_digest(token);
		RETURN;
	END IF;
	PERFORM note_activity(author);
	INSERT INTO messages (author_id, text) VALUES (author, body);
	added := true;
END $$;

GRANT SELECT ON messages
	TO minitwit_reader, minitwit_api_reader, minitwit_api_poster,
	minitwit_operator, minitwit_moderator, minitwit_importer;
GRANT INSERT (author_id, text) ON messages TO minitwit_api_poster;
GRANT SELECT ON activities TO minitwit_api_poster;
GRANT INSERT ON messages TO minitwit_importer;
GRANT SELECT, UPDATE ON SEQUENCE messages_message_id_seq TO minitwit_importer;
GRANT EXECUTE ON FUNCTION message_add TO minitwit_api_poster;
GRANT EXECUTE ON FUNCTION my_message_add TO minitwit_poster;
