-- What pages show beside their lists, and how the planner finds an author's messages.

-- The planner takes every author for one of a few where there are a few only, and
-- then reads everybody's messages from the newest one until it has a page of one
-- author's.  Told that there are many, it takes the author's index, which is never
-- wrong.
ALTER TABLE messages ALTER COLUMN author_id SET (n_distinct = -0.05);

CREATE FUNCTION message_find(message bigint)
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

-- Which of the names, a line each, somebody has.
CREATE FUNCTION existing_names(names text) RETURNS SETOF text
LANGUAGE plpgsql STABLE ROWS 10
AS $$
BEGIN
	RETURN QUERY SELECT username FROM users
		WHERE username = ANY (string_to_array(names, E'\n'));
END $$;

-- From where a page of each list has to go down to end right above a message: the
-- id of the first message that is no longer on it.  NULL: from the newest one.

CREATE FUNCTION public_timeline_above(after bigint, page_size bigint)
RETURNS bigint LANGUAGE plpgsql STABLE
AS $$
BEGIN
	RETURN (SELECT message_id FROM messages
		WHERE message_id > after AND NOT flagged
		ORDER BY message_id OFFSET page_size LIMIT 1);
END $$;

CREATE FUNCTION profile_above(name text, after bigint, page_size bigint)
RETURNS bigint LANGUAGE plpgsql STABLE
AS $$
DECLARE
	author CONSTANT bigint := (SELECT user_id FROM users WHERE username = name);
BEGIN
	RETURN (SELECT message_id FROM messages
		WHERE author_id = author AND message_id > after AND NOT flagged
		ORDER BY message_id OFFSET page_size LIMIT 1);
END $$;

-- In the two ways of timeline().
CREATE FUNCTION timeline_above(reader bigint, after bigint, page_size bigint)
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

GRANT EXECUTE ON FUNCTION message_find, existing_names,
	public_timeline_above, profile_above, timeline_above TO minitwit_reader;
