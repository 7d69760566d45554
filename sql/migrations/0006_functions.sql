-- What the programs ask for, as functions: their plans stay with the pooled
-- connection, and planning takes longer than most of the rest (a profile is
-- half as long).  How they are planned: sql/roles.sql.
--
-- They run with the rights of who calls them, where nothing else is said.

-- timeline()'s settings are those of the roles now.
ALTER FUNCTION timeline RESET ALL;

-- Everybody's messages older than one, newest first.  The author is looked up
-- one by one: with the page's end unknown, a join would be of all messages.
CREATE FUNCTION public_timeline(before bigint, page_size bigint)
RETURNS TABLE (id bigint, author text, body text, seconds bigint)
LANGUAGE plpgsql STABLE ROWS 31
AS $$
BEGIN
	RETURN QUERY
		SELECT m.message_id, (SELECT username FROM users
			WHERE user_id = m.author_id), m.text,
			floor(extract(epoch FROM m.pub_date))::bigint
		FROM messages AS m
		WHERE m.message_id < before AND NOT m.flagged
		ORDER BY m.message_id DESC LIMIT page_size;
END $$;

-- A user, whether the reader follows them, and their messages.  No row: nobody
-- has that name; one row with NULLs: somebody who wrote nothing.
CREATE FUNCTION profile(name text, reader bigint, before bigint,
	page_size bigint)
RETURNS TABLE (user_id bigint, username text, followed boolean,
	id bigint, body text, seconds bigint)
LANGUAGE plpgsql STABLE ROWS 31
AS $$
#variable_conflict use_column
BEGIN
	RETURN QUERY
		SELECT u.user_id, u.username, EXISTS (SELECT FROM followers
				WHERE who_id = reader AND whom_id = u.user_id),
			m.message_id, m.text,
			floor(extract(epoch FROM m.pub_date))::bigint
		FROM users AS u LEFT JOIN LATERAL (
			SELECT message_id, text, pub_date FROM messages
			WHERE author_id = u.user_id AND message_id < before
				AND NOT flagged
			ORDER BY message_id DESC LIMIT page_size) AS m ON true
		WHERE u.username = name ORDER BY m.message_id DESC;
END $$;

-- Whom somebody follows.  No row: nobody has that name; one row with NULL:
-- somebody who follows nobody.
CREATE FUNCTION follows_of(name text, most bigint)
RETURNS TABLE (username text)
LANGUAGE plpgsql STABLE ROWS 100
AS $$
#variable_conflict use_column
BEGIN
	RETURN QUERY
		SELECT whom.username FROM users AS who
		LEFT JOIN LATERAL (
			SELECT whom_id FROM followers
			WHERE who_id = who.user_id
			ORDER BY whom_id LIMIT most) AS f ON true
		LEFT JOIN users AS whom ON whom.user_id = f.whom_id
		WHERE who.username = name ORDER BY f.whom_id;
END $$;

-- --- changes, by names: the simulator's ---

-- False when nobody has the author's name.
CREATE FUNCTION message_add(author text, body text) RETURNS boolean
LANGUAGE plpgsql
AS $$
BEGIN
	INSERT INTO messages (author_id, text)
		SELECT user_id, body FROM users WHERE username = author;
	RETURN FOUND;
END $$;

-- False when nobody has one of the names.
CREATE FUNCTION follow_add(who text, whom text) RETURNS boolean
LANGUAGE plpgsql
AS $$
DECLARE
	follower CONSTANT bigint := (SELECT user_id FROM users WHERE username = who);
	followed CONSTANT bigint := (SELECT user_id FROM users WHERE username = whom);
BEGIN
	IF follower IS NULL OR followed IS NULL THEN
		RETURN false;
	END IF;
	INSERT INTO followers VALUES (follower, followed)
		ON CONFLICT ON CONSTRAINT followers_pkey DO NOTHING;
	RETURN true;
END $$;

-- False when nobody has one of the names.
CREATE FUNCTION follow_remove(who text, whom text) RETURNS boolean
LANGUAGE plpgsql
AS $$
DECLARE
	follower CONSTANT bigint := (SELECT user_id FROM users WHERE username = who);
	followed CONSTANT bigint := (SELECT user_id FROM users WHERE username = whom);
BEGIN
	DELETE FROM followers WHERE who_id = follower AND whom_id = followed;
	RETURN follower IS NOT NULL AND followed IS NOT NULL;
END $$;

-- --- the same by the token of a session: the website's ---

CREATE OR REPLACE FUNCTION follow(token text, whom text) RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = public, pg_temp
AS $$
BEGIN
	RETURN follow_add((SELECT username FROM session_find(token)), whom);
END $$;

CREATE OR REPLACE FUNCTION unfollow(token text, whom text) RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = public, pg_temp
AS $$
BEGIN
	RETURN follow_remove((SELECT username FROM session_find(token)), whom);
END $$;

GRANT EXECUTE ON FUNCTION public_timeline TO minitwit_reader, minitwit_api_reader;
GRANT EXECUTE ON FUNCTION profile TO minitwit_reader, minitwit_api_poster;
GRANT EXECUTE ON FUNCTION follows_of TO minitwit_api_follower;
GRANT EXECUTE ON FUNCTION message_add TO minitwit_api_poster;
GRANT EXECUTE ON FUNCTION follow_add, follow_remove TO minitwit_api_follower;
