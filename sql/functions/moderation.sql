-- Moderation: flags on messages, each change with an event.

-- Sets or clears the flags of messages, and adds an event for each message that
-- changes.  Returns the ids in the order in which they were given, each with whether
-- there is such a message.
CREATE OR REPLACE FUNCTION flag_messages(ids bigint[], flag boolean, operator text)
RETURNS TABLE (id bigint, found boolean)
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = public, pg_temp
-- one index lookup for each id, however many there are
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

GRANT SELECT ON flag_events
	TO minitwit_moderator, minitwit_operator, minitwit_importer;
GRANT EXECUTE ON FUNCTION flag_messages TO minitwit_moderator, minitwit_importer;
