-- Functions are in sql/functions now.  Drops those that nothing calls.
DROP FUNCTION IF EXISTS follow(text, text), unfollow(text, text),
	message_post(text, text, text), sessions_used(timestamptz);
