-- What is new on a timeline that somebody has before them, and a message that
-- comes twice.

-- --- what is new: counted, up to so many ---

-- The newest message's number; 0 where there is none.
CREATE FUNCTION newest_message() RETURNS bigint
LANGUAGE plpgsql STABLE
AS $$
BEGIN
	RETURN coalesce((SELECT message_id FROM messages WHERE NOT flagged
		ORDER BY message_id DESC LIMIT 1), 0);
END $$;

-- How many of everybody's messages are newer than one.
CREATE FUNCTION public_news(after bigint, most bigint) RETURNS bigint
LANGUAGE plpgsql STABLE
AS $$
BEGIN
	RETURN (SELECT count(*) FROM (
		SELECT FROM messages
		WHERE message_id > after AND NOT flagged
		ORDER BY message_id DESC LIMIT most) AS m);
END $$;

-- How many of one author's are; NULL: nobody has that name.
CREATE FUNCTION profile_news(name text, after bigint, most bigint)
RETURNS bigint
LANGUAGE plpgsql STABLE
AS $$
BEGIN
	RETURN (SELECT (SELECT count(*) FROM (
			SELECT FROM messages
			WHERE author_id = u.user_id AND message_id > after
				AND NOT flagged
			ORDER BY message_id DESC LIMIT most) AS m)
		FROM users AS u WHERE u.username = name);
END $$;

-- How many of a reader's timeline are.  Few have been written since somebody
-- asked last, as a rule, and so few are looked at one by one; where they are many,
-- the timeline itself is asked, which is at its best then.
CREATE FUNCTION timeline_news(reader bigint, after bigint, most bigint)
RETURNS bigint
LANGUAGE plpgsql STABLE
AS $$
DECLARE
	few CONSTANT bigint := 300;
	newer bigint;
	news bigint;
BEGIN
	SELECT count(*), count(*) FILTER (WHERE author_id = reader OR (
			SELECT true FROM followers
			WHERE who_id = reader AND whom_id = author_id))
		INTO newer, news
		FROM (SELECT author_id FROM messages
			WHERE message_id > after AND NOT flagged
			ORDER BY message_id DESC LIMIT few) AS m;
	IF newer = few THEN
		news := (SELECT count(*)
			FROM timeline(reader, 9223372036854775807, most)
			WHERE id > after);
	END IF;
	RETURN least(news, most);
END $$;

GRANT EXECUTE ON FUNCTION newest_message, public_news, profile_news,
	timeline_news TO minitwit_reader;

-- --- a message that comes twice ---

-- What the last message of the session was sent with, and its text, as a digest.
ALTER TABLE sessions ADD COLUMN once text;

-- A form that is sent twice, by a second click or a second try, is one message:
-- once is the form's own, or NULL.  The same form with another text (a browser
-- that goes back may show it again) is another message.  Of two at the same time
-- the second waits for the session's row.
--
-- False when there is no such session.
DROP FUNCTION message_post(token text, body text);
CREATE FUNCTION message_post(token text, body text, once text DEFAULT NULL)
RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = public, pg_temp
AS $$
DECLARE
	author CONSTANT bigint := (SELECT user_id FROM session_find(token));
	sent CONSTANT text :=
		encode(sha256(convert_to(once || ' ' || body, 'UTF8')), 'hex');
BEGIN
	-- before the session, as who deletes the account does
	PERFORM FROM users WHERE user_id = author FOR KEY SHARE;
	IF NOT FOUND THEN
		RETURN false;
	END IF;
	IF sent IS NOT NULL THEN
		UPDATE sessions AS s SET once = sent
			WHERE s.token_digest = token_digest(token)
			AND s.once IS DISTINCT FROM sent;
		IF NOT FOUND THEN
			-- unless the session has ended meanwhile
			RETURN EXISTS (SELECT FROM sessions AS s
				WHERE s.token_digest = token_digest(token));
		END IF;
	END IF;
	INSERT INTO messages (author_id, text) VALUES (author, body);
	RETURN true;
END $$;

GRANT EXECUTE ON FUNCTION message_post TO minitwit_poster;
