-- Search of messages and of people.
--
-- A word can be in every message, or in none for years.  A search therefore reads a
-- stretch of 2,048 ids, then the next one: each index entry has its stretch beside its
-- words, and the index finds entries that have both in as many steps as the rarer of
-- the two has entries.  As long as a search finds little, it doubles the number of
-- stretches that it reads together, up to 32.  A search that takes longer than 0.1 s
-- ends and returns how far it got, so that the next page goes on from there.
--
-- GIN indexes can only be read as bitmaps, hence the setting.  The condition on a GIN
-- index stands in a subquery of its own (OFFSET 0), where no other index is of use: a
-- plan is made while a table is small, and must be right when the table is large.

-- --- messages ---

-- Returns the condition "has the words and is in one of the stretches".
CREATE OR REPLACE FUNCTION words_in(words tsquery, first bigint, last bigint)
RETURNS tsquery
LANGUAGE sql IMMUTABLE
BEGIN ATOMIC
	SELECT words && string_agg(format('''#%s''', stretch), '|')::tsquery
	FROM generate_series(first, last) AS stretch;
END;

-- Returns the messages before a message that have the words, newest first.  A last row
-- without an author means that the search ended at its id; 0: there is no word to look
-- for.
CREATE OR REPLACE FUNCTION search_messages(words text, before bigint, page_size bigint)
RETURNS TABLE (id bigint, author text, body text, seconds bigint)
LANGUAGE plpgsql STABLE ROWS 31 SECURITY DEFINER
SET search_path = public, pg_temp
SET enable_bitmapscan = on
AS $$
DECLARE
	asked CONSTANT tsquery := words_asked(words);
	-- a phrase must be checked in each message that has its words
	widest CONSTANT bigint :=
		CASE WHEN asked::text ~ '<(-|\d+)>' THEN 1 ELSE 32 END;
	enough CONSTANT timestamptz := clock_timestamp() + interval '0.1 s';
	late boolean := false;
	page bigint[] := '{}';
	newest bigint := before - 1;
	stretch bigint;
	width bigint := 1;
BEGIN
	IF asked IS NULL THEN
		RETURN QUERY SELECT 0::bigint, NULL, NULL, NULL::bigint;
		RETURN;
	END IF;
	LOOP
		newest := (SELECT max(message_id) FROM messages
			WHERE message_id <= newest AND NOT flagged);
		EXIT WHEN newest IS NULL OR cardinality(page) = page_size OR late;
		stretch := newest >> 11;
		page := page || ARRAY(
			SELECT message_id FROM (
				SELECT message_id, flagged FROM messages
				WHERE words_of(text)
					|| array_to_tsvector(ARRAY[
						'#' || (message_id >> 11)::text])
					@@ words_in(asked,
						stretch - width + 1, stretch)
				OFFSET 0) AS m
			WHERE message_id < before AND NOT flagged
			ORDER BY message_id DESC
			LIMIT page_size - cardinality(page));
		newest := ((stretch - width + 1) << 11) - 1;
		width := least(2 * width, widest);
		late := clock_timestamp() > enough;
	END LOOP;

	RETURN QUERY
		SELECT m.message_id, (SELECT username FROM users
			WHERE user_id = m.author_id), m.text,
			floor(extract(epoch FROM m.pub_date))::bigint
		FROM unnest(page) WITH ORDINALITY AS p (message_id, place)
		JOIN messages AS m USING (message_id)
		ORDER BY p.place;
	IF newest IS NOT NULL AND cardinality(page) < page_size THEN
		RETURN QUERY SELECT newest + 1, NULL, NULL, NULL::bigint;
	END IF;
END $$;

-- --- people ---

-- Returns the people whose names contain the part, in any case, in the order of their
-- ids.  A last row without a name means that the search ended at its id.
CREATE OR REPLACE FUNCTION search_people(part text, after bigint, page_size bigint)
RETURNS TABLE (id bigint, person text)
LANGUAGE plpgsql STABLE ROWS 51 SECURITY DEFINER
SET search_path = public, extensions, pg_temp
SET enable_bitmapscan = on
AS $$
DECLARE
	pattern CONSTANT text :=
		'%' || regexp_replace(part, '([\\%_])', '\\\1', 'g') || '%';
	enough CONSTANT timestamptz := clock_timestamp() + interval '0.1 s';
	late boolean := false;
	page bigint[] := '{}';
	first bigint := after;
	stretch bigint;
	width bigint := 1;
BEGIN
	LOOP
		first := (SELECT min(user_id) FROM users WHERE user_id > first);
		EXIT WHEN first IS NULL OR cardinality(page) = page_size OR late;
		stretch := first >> 11;
		page := page || ARRAY(
			SELECT user_id FROM (
				SELECT user_id FROM users
				WHERE user_id >> 11
					BETWEEN stretch AND stretch + width - 1
				AND username ILIKE pattern
				OFFSET 0) AS u
			WHERE user_id > after ORDER BY user_id
			LIMIT page_size - cardinality(page));
		first := ((stretch + width) << 11) - 1;
		width := least(2 * width, 32);
		late := clock_timestamp() > enough;
	END LOOP;

	RETURN QUERY
		SELECT u.user_id, u.username
		FROM unnest(page) WITH ORDINALITY AS p (user_id, place)
		JOIN users AS u USING (user_id)
		ORDER BY p.place;
	IF first IS NOT NULL AND cardinality(page) < page_size THEN
		RETURN QUERY SELECT first - 1, NULL;
	END IF;
END $$;

-- loads the extension: only then can a function have one of its settings
SELECT extensions.similarity('', '') \g /dev/null

-- Returns the people whose names are most similar to a name, the most similar first,
-- among as many as there is time for.
CREATE OR REPLACE FUNCTION similar_people(name text, most bigint)
RETURNS TABLE (id bigint, person text)
LANGUAGE plpgsql STABLE ROWS 10
SET search_path = public, extensions, pg_temp
SET enable_bitmapscan = on
SET pg_trgm.word_similarity_threshold = 0.4 -- a letter too few in a short name
AS $$
DECLARE
	enough CONSTANT timestamptz := clock_timestamp() + interval '0.1 s';
	nearest bigint[] := '{}';
	first bigint := 0;
BEGIN
	LOOP
		first := (SELECT min(user_id) FROM users WHERE user_id >= first);
		EXIT WHEN first IS NULL OR clock_timestamp() > enough;
		nearest := ARRAY(
			SELECT user_id FROM (
				SELECT user_id, username FROM users
				WHERE user_id >> 11
					BETWEEN first >> 11 AND (first >> 11) + 31
				AND username %> name
				UNION ALL
				SELECT user_id, username FROM users
				WHERE user_id = ANY (nearest)) AS candidates
			ORDER BY word_similarity(name, username) DESC, user_id
			LIMIT most);
		first := ((first >> 11) + 32) << 11;
	END LOOP;

	RETURN QUERY
		SELECT u.user_id, u.username
		FROM unnest(nearest) WITH ORDINALITY AS p (user_id, place)
		JOIN users AS u USING (user_id)
		ORDER BY p.place;
END $$;

-- Returns people whose names begin with the part, then people whose names contain it.
-- If there are none, returns people whose names are similar, with alike true.
CREATE OR REPLACE FUNCTION suggest_people(part text, most bigint)
RETURNS TABLE (id bigint, person text, alike boolean)
LANGUAGE plpgsql STABLE ROWS 11 SECURITY DEFINER
SET search_path = public, pg_temp
AS $$
DECLARE
	beginning CONSTANT text := lower(part);
	-- sorts after every name that begins with it
	beyond CONSTANT text := beginning || repeat(chr(x'10ffff'::int), 64);
	begins CONSTANT bigint[] := ARRAY(
		SELECT user_id FROM users
		WHERE lower(username) ~>=~ beginning
		AND lower(username) ~<=~ beyond
		ORDER BY lower(username) USING ~<~, user_id LIMIT most);
BEGIN
	RETURN QUERY
		SELECT u.user_id, u.username, false
		FROM unnest(begins) WITH ORDINALITY AS p (user_id, place)
		JOIN users AS u USING (user_id)
		ORDER BY p.place;
	IF cardinality(begins) < most THEN
		RETURN QUERY
			SELECT s.id, s.person, false
			FROM search_people(part, 0, most) AS s
			WHERE s.id <> ALL (begins) AND s.person IS NOT NULL
			LIMIT most - cardinality(begins);
		IF NOT FOUND AND cardinality(begins) = 0 THEN
			RETURN QUERY SELECT s.id, s.person, true
				FROM similar_people(part, most) AS s;
		END IF;
	END IF;
END $$;

GRANT EXECUTE ON FUNCTION search_messages, search_people, suggest_people
	TO minitwit_reader;
