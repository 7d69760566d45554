-- Timelines: their pages, the cursors between pages, and what is new on them.
--
-- Each function is an index scan that ends with the page.  Functions keep their
-- plans with the pooled connection; planning would take longer than most of the
-- rest.  sql/roles.sql has the planner's settings.  The functions run with the
-- rights of the caller.

-- --- pages ---

-- Returns the messages before a message, newest first.
CREATE OR REPLACE FUNCTION public_timeline(before bigint, page_size bigint)
RETURNS TABLE (id bigint, author text, body text, seconds bigint)
LANGUAGE plpgsql STABLE ROWS 31
AS $$
BEGIN
	RETURN QUERY
		-- a join could become one of all messages: the planner does not
		-- know the page size
		SELECT m.message_id, (SELECT username FROM users
			WHERE user_id = m.author_id), m.text,
			floor(extract(epoch FROM m.pub_date))::bigint
		FROM messages AS m
		WHERE m.message_id < before AND NOT m.flagged
		ORDER BY m.message_id DESC LIMIT page_size;
END $$;

-- Returns the messages of a reader and of everybody whom the reader follows, newest
-- first.  The cost depends neither on the number of messages nor on how many people
-- the reader follows, nor on who has written lately.
--
-- There are two ways to find a page, each quick where the other is slow:
--
--   * walk back from the newest message and keep those of people the reader
--     follows: a few steps if the reader follows many;
--   * look into the index for each person the reader follows: a few looks if the
--     reader follows few, however long ago they wrote.
--
-- A reader who follows more than 250 people gets the first way, and after 4 steps for
-- each of them (counted up to 500) that have not filled the page, the second.  So a
-- page never costs much more than twice the better way.
CREATE OR REPLACE FUNCTION timeline(reader bigint, before bigint, page_size bigint)
RETURNS TABLE (id bigint, author text, body text, seconds bigint)
LANGUAGE plpgsql STABLE ROWS 31
AS $$
DECLARE
	authors bigint;
	page bigint[] := '{}';
BEGIN
	SELECT 1 + count(*) INTO authors FROM (
		SELECT FROM followers WHERE who_id = reader LIMIT 500) AS f;

	IF authors > 250 THEN
		page := ARRAY(
			SELECT message_id FROM (
				SELECT message_id, author_id FROM messages
				WHERE message_id < before AND NOT flagged
				ORDER BY message_id DESC LIMIT 4 * authors) AS m
			WHERE author_id = reader OR (
				-- EXISTS could read all of the reader's rows first
				SELECT true FROM followers
				WHERE who_id = reader AND whom_id = m.author_id)
			ORDER BY message_id DESC LIMIT page_size);
	END IF;

	IF cardinality(page) < page_size THEN
		page := ARRAY(
			WITH followed AS (
				SELECT reader AS author_id
				UNION ALL
				SELECT whom_id FROM followers
				WHERE who_id = reader AND whom_id <> reader),
			-- as many of each as make a page together
			newest AS MATERIALIZED (
				SELECT author_id, message_id
				FROM followed CROSS JOIN LATERAL (
					SELECT message_id FROM messages
					WHERE author_id = followed.author_id
					AND message_id < before AND NOT flagged
					ORDER BY message_id DESC
					LIMIT page_size / authors + 1) AS m
				ORDER BY message_id DESC LIMIT page_size),
			-- the page has nothing that is older than these
			bound AS MATERIALIZED (
				SELECT CASE WHEN count(*) = page_size
					THEN min(message_id)
					ELSE -9223372036854775808 END AS oldest
				FROM newest)
			SELECT message_id
			FROM bound CROSS JOIN
				(SELECT DISTINCT author_id FROM newest) AS a
			CROSS JOIN LATERAL (
				SELECT message_id FROM messages
				WHERE author_id = a.author_id
				AND message_id >= bound.oldest
				AND message_id < before AND NOT flagged
				ORDER BY message_id DESC LIMIT page_size) AS m
			ORDER BY message_id DESC LIMIT page_size);
	END IF;

	RETURN QUERY
		SELECT m.message_id, (SELECT username FROM users
			WHERE user_id = m.author_id), m.text,
			floor(extract(epoch FROM m.pub_date))::bigint
		FROM unnest(page) WITH ORDINALITY AS p (message_id, place)
		JOIN messages AS m USING (message_id)
		ORDER BY p.place;
END $$;

-- Returns a user, whether the reader follows the user, and the user's messages.
-- Returns no row if there is no such user, and one row with NULLs if the user has no
-- messages.
CREATE OR REPLACE FUNCTION profile(name text, reader bigint, before bigint,
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
		WHERE u.user_id = (SELECT * FROM user_named(name))
		ORDER BY m.message_id DESC;
END $$;

CREATE OR REPLACE FUNCTION message_find(message bigint)
RETURNS TABLE (id bigint, author text, body text, seconds bigint)
LANGUAGE plpgsql STABLE ROWS 1
AS $$
BEGIN
	RETURN QUERY
		SELECT m.message_id, (SELECT username FROM users
			WHERE user_id = m.author_id), m.text,
			floor(extract(epoch FROM m.pub_date))::bigint
		FROM messages AS m
		WHERE m.message_id = message AND NOT m.flagged;
END $$;

-- --- cursors ---
--
-- Each function returns the cursor of the page that ends just above message after
-- (the "Newer" link): the id of the first message above that page, or NULL if the
-- page begins with the newest message.

CREATE OR REPLACE FUNCTION public_timeline_above(after bigint, page_size bigint)
RETURNS bigint LANGUAGE plpgsql STABLE
AS $$
BEGIN
	RETURN (SELECT message_id FROM messages
		WHERE message_id > after AND NOT flagged
		ORDER BY message_id OFFSET page_size LIMIT 1);
END $$;

CREATE OR REPLACE FUNCTION profile_above(name text, after bigint, page_size bigint)
RETURNS bigint LANGUAGE plpgsql STABLE
AS $$
DECLARE
	author CONSTANT bigint := (SELECT * FROM user_named(name));
BEGIN
	RETURN (SELECT message_id FROM messages
		WHERE author_id = author AND message_id > after AND NOT flagged
		ORDER BY message_id OFFSET page_size LIMIT 1);
END $$;

-- In the two ways of timeline().
CREATE OR REPLACE FUNCTION timeline_above(reader bigint, after bigint,
	page_size bigint)
RETURNS bigint LANGUAGE plpgsql STABLE
AS $$
DECLARE
	authors bigint;
	above bigint;
BEGIN
	SELECT 1 + count(*) INTO authors FROM (
		SELECT FROM followers WHERE who_id = reader LIMIT 500) AS f;

	IF authors > 250 THEN
		above := (
			SELECT message_id FROM (
				SELECT message_id, author_id FROM messages
				WHERE message_id > after AND NOT flagged
				ORDER BY message_id LIMIT 4 * authors) AS m
			WHERE author_id = reader OR (
				SELECT true FROM followers
				WHERE who_id = reader AND whom_id = m.author_id)
			ORDER BY message_id OFFSET page_size LIMIT 1);
	END IF;

	IF above IS NULL THEN
		above := (
			SELECT m.message_id FROM (
				SELECT reader AS author_id
				UNION ALL
				SELECT whom_id FROM followers
				WHERE who_id = reader AND whom_id <> reader) AS f
			CROSS JOIN LATERAL (
				SELECT message_id FROM messages
				WHERE author_id = f.author_id
				AND message_id > after AND NOT flagged
				ORDER BY message_id LIMIT page_size + 1) AS m
			ORDER BY m.message_id OFFSET page_size LIMIT 1);
	END IF;
	RETURN above;
END $$;

-- --- news ---
--
-- The functions count the messages after a message, up to a maximum.

-- Returns the id of the newest message, or 0 if there is none.
CREATE OR REPLACE FUNCTION newest_message() RETURNS bigint
LANGUAGE plpgsql STABLE
AS $$
BEGIN
	RETURN coalesce((SELECT message_id FROM messages WHERE NOT flagged
		ORDER BY message_id DESC LIMIT 1), 0);
END $$;

CREATE OR REPLACE FUNCTION public_news(after bigint, most bigint) RETURNS bigint
LANGUAGE plpgsql STABLE
AS $$
BEGIN
	RETURN (SELECT count(*) FROM (
		SELECT FROM messages
		WHERE message_id > after AND NOT flagged
		ORDER BY message_id DESC LIMIT most) AS m);
END $$;

-- Returns NULL if there is no such user.
CREATE OR REPLACE FUNCTION profile_news(name text, after bigint, most bigint)
RETURNS bigint
LANGUAGE plpgsql STABLE
AS $$
BEGIN
	RETURN (SELECT (SELECT count(*) FROM (
			SELECT FROM messages
			WHERE author_id = author AND message_id > after
				AND NOT flagged
			ORDER BY message_id DESC LIMIT most) AS m)
		FROM user_named(name) AS author);
END $$;

-- Few messages are newer, as a rule, and the function looks at each of these.  If
-- there are many, it reads the timeline itself, which is quick in that case.
CREATE OR REPLACE FUNCTION timeline_news(reader bigint, after bigint, most bigint)
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

GRANT EXECUTE ON FUNCTION public_timeline TO minitwit_reader, minitwit_api_reader;
GRANT EXECUTE ON FUNCTION profile TO minitwit_reader, minitwit_api_poster;
GRANT EXECUTE ON FUNCTION timeline, message_find, public_timeline_above,
	profile_above, timeline_above, newest_message, public_news, profile_news,
	timeline_news
	TO minitwit_reader;
