-- What the account page and the file with somebody's data have left out.

-- As in 0007_account.sql, but with the token's own first: it is always among them.
CREATE OR REPLACE FUNCTION account_sessions(token text, most bigint)
RETURNS TABLE (id bigint, begun bigint, used bigint, address text,
	browser text, mine boolean)
LANGUAGE plpgsql SECURITY DEFINER ROWS 31
SET search_path = public, pg_temp
AS $$
#variable_conflict use_column
DECLARE
	me CONSTANT bigint := (SELECT user_id FROM session_find(token));
	digest CONSTANT text := token_digest(token);
BEGIN
	RETURN QUERY
		SELECT s.session_id,
			floor(extract(epoch FROM s.begun_at))::bigint,
			floor(extract(epoch FROM s.used_at))::bigint,
			s.address, s.browser, s.token_digest = digest
		FROM sessions AS s
		WHERE s.user_id = me AND s.expires_at > now()
			AND s.used_at > now() - interval '7 days'
		ORDER BY s.token_digest = digest DESC, s.session_id DESC
		LIMIT most;
END $$;

-- Where I have given my password lately, the latest first.
CREATE FUNCTION account_addresses(token text, most bigint)
RETURNS TABLE (address text, seconds bigint)
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = public, pg_temp
AS $$
#variable_conflict use_column
BEGIN
	RETURN QUERY
		SELECT k.address, floor(extract(epoch FROM k.last_at))::bigint
		FROM known_addresses AS k JOIN session_find(token) USING (user_id)
		ORDER BY k.last_at DESC, k.address LIMIT most;
END $$;

GRANT EXECUTE ON FUNCTION account_addresses TO minitwit_account;
