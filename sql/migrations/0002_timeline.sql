-- A reader's timeline, at the same cost however many messages there are,
-- however many people the reader follows, and whoever has written lately.
--
-- There are two ways to find a page, each quick where the other is slow:
--
--   * walk back from the newest message and keep those of people the reader
--     follows: a few steps for who follows many;
--   * look into the index for each one who is followed: a few looks for who
--     follows few, however long ago they wrote.
--
-- Who follows more than 250 gets the first, and after 4 steps for each of them
-- (counted up to 500) that have not filled the page, the second.  So nobody's
-- page costs much more than twice the better way.
--
-- It is a function because its plans then stay with the connection (planning
-- would take longer than all the rest), and because the settings below then
-- hold for them: every access is a walk along an index that ends with the page.
-- The planner would otherwise be free to read an author's million messages and
-- sort them, and, where it doesn't know the limit, to compile the statement.

CREATE FUNCTION timeline(reader bigint, before bigint, page_size bigint)
RETURNS TABLE (id bigint, author text, body text, seconds bigint)
LANGUAGE plpgsql STABLE ROWS 31
SET plan_cache_mode = force_generic_plan
SET enable_seqscan = off
SET enable_bitmapscan = off
SET enable_hashjoin = off
SET enable_mergejoin = off
SET jit = off
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
				-- unlike EXISTS never done by reading all of
				-- the reader's rows first
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
