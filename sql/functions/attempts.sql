-- Limits guesses of passwords and mass registration: each attempt beyond the free
-- ones waits twice as long as the one before.  The table attempt_limits has the
-- kinds of attempts:
--
--   account       a name, whether or not a user has it, from addresses from which
--                 its user has never signed in
--   address       an address, for any name
--   acquaintance  a name from an address from which its user has signed in before;
--                 no other limit applies, so no stranger can lock the user out
--   registration  an address that registers users
--   message       a user who posts on the site
--   simulator     an address that gives a wrong password for the API
--
-- An attempt is counted before the password is checked, so that parallel attempts
-- do not pass.  A successful sign-in takes its attempt back.

-- Returns what belongs to one client: an IPv4 address, or an IPv6 network of 64 bits
-- (RFC 6177) without the zone of a link (RFC 4007 11).  All clients whose address
-- cannot be parsed are one client.
CREATE OR REPLACE FUNCTION client_of(address text) RETURNS text
LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE
AS $$
BEGIN
	RETURN host(network(set_masklen(split_part(address, '%', 1)::inet,
		CASE WHEN address LIKE '%:%' THEN 64 ELSE 32 END)));
EXCEPTION WHEN invalid_text_representation THEN
	RETURN 'unknown';
END $$;

CREATE OR REPLACE FUNCTION attempt_digest(subject text) RETURNS text
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
RETURN encode(sha256(convert_to(subject, 'UTF8')), 'hex');

-- Returns how many of the past attempts are not forgotten yet.
CREATE OR REPLACE FUNCTION attempt_count(limits attempt_limits, past attempts)
RETURNS double precision
LANGUAGE sql
RETURN greatest(0, past.count - extract(epoch FROM clock_timestamp() - past.last_at)
	/ extract(epoch FROM limits.forgotten));

-- Returns the seconds until the next attempt may come, or 0.
CREATE OR REPLACE FUNCTION attempt_wait(limits attempt_limits, past attempts)
RETURNS bigint
LANGUAGE plpgsql
AS $$
DECLARE
	since CONSTANT double precision :=
		extract(epoch FROM clock_timestamp() - past.last_at);
	count CONSTANT double precision := ceil(attempt_count(limits, past));
BEGIN
	IF count < limits.free OR past.last_at IS NULL THEN
		RETURN 0;
	END IF;
	RETURN greatest(0, ceil(least(2 ^ least(count - limits.free, 30),
		extract(epoch FROM limits.longest)) - since));
END $$;

-- Counts an attempt and returns 0.  An attempt that comes too early is not counted:
-- then the function returns the seconds to wait.  The row lock puts parallel attempts
-- in an order.
CREATE OR REPLACE FUNCTION attempt(kind text, subject text) RETURNS bigint
LANGUAGE plpgsql
AS $$
#variable_conflict use_variable
DECLARE
	digest CONSTANT text := attempt_digest(subject);
	limits attempt_limits;
	past attempts;
	wait bigint;
BEGIN
	SELECT * INTO limits FROM attempt_limits AS l WHERE l.kind = kind;
	INSERT INTO attempts VALUES (kind, digest, 0, now())
		ON CONFLICT ON CONSTRAINT attempts_pkey DO NOTHING;
	SELECT * INTO past FROM attempts AS a
		WHERE a.kind = kind AND a.subject = digest FOR UPDATE;
	wait := attempt_wait(limits, past);
	IF wait = 0 THEN
		UPDATE attempts AS a
			SET count = 1 + attempt_count(limits, past),
			last_at = clock_timestamp()
			WHERE a.kind = kind AND a.subject = digest;
	END IF;
	RETURN wait;
END $$;

CREATE OR REPLACE FUNCTION attempt_take_back(kind text, subject text) RETURNS void
LANGUAGE plpgsql
AS $$
#variable_conflict use_variable
BEGIN
	UPDATE attempts AS a SET count = a.count - 1
		WHERE a.kind = kind AND a.subject = attempt_digest(subject);
END $$;

-- Counts an attempt to enter a user's password.  Returns the seconds to wait, or 0.
-- Without a client there is no attempt: then no caller of this function returns a hash.
CREATE OR REPLACE FUNCTION password_attempt(name text, client text) RETURNS bigint
LANGUAGE plpgsql
AS $$
DECLARE
	wait bigint;
BEGIN
	IF client IS NULL THEN
		RETURN 0;
	END IF;
	-- a crash may lose the count: nothing was acknowledged
	PERFORM set_config('synchronous_commit', 'off', true);
	IF EXISTS (SELECT FROM users JOIN known_addresses AS k
		USING (user_id) WHERE username = name AND k.address = client)
	THEN
		RETURN attempt('acquaintance', client || ' ' || name);
	END IF;
	wait := attempt('address', client);
	IF wait = 0 THEN
		wait := attempt('account', name);
		IF wait > 0 THEN
			PERFORM attempt_take_back('address', client);
		END IF;
	END IF;
	RETURN wait;
END $$;

-- Takes the attempt of a right password back, and remembers the address.
CREATE OR REPLACE FUNCTION password_entered(who bigint, name text, client text)
RETURNS void
LANGUAGE plpgsql
AS $$
BEGIN
	IF EXISTS (SELECT FROM known_addresses AS k
		WHERE k.user_id = who AND k.address = client)
	THEN
		PERFORM attempt_take_back('acquaintance', client || ' ' || name);
	ELSE
		-- in the order of password_attempt(), to avoid deadlocks
		PERFORM attempt_take_back('address', client);
		PERFORM attempt_take_back('account', name);
	END IF;
	INSERT INTO known_addresses (user_id, address)
		SELECT who, client WHERE client IS NOT NULL
		ON CONFLICT ON CONSTRAINT known_addresses_pkey
		DO UPDATE SET last_at = now();
END $$;

-- Counts an attempt to sign in with a name, or, if it means no user, with the name
-- without the blanks around it.  Returns the user of the session that the
-- client already has, or NULLs; the seconds to wait; and, if there are none, the user
-- who has the name and the hash of the password, or NULLs.  Without an address it
-- counts nothing and returns no hash.
CREATE OR REPLACE FUNCTION login_begin(name text, token text, address text,
	OUT session_user_id bigint, OUT session_username text, OUT wait bigint,
	OUT user_id bigint, OUT username text, OUT pw_hash text)
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = public, pg_temp
AS $$
#variable_conflict use_column
DECLARE
	bare CONSTANT text := normalize(without_outer_blanks(name), NFC);
	person CONSTANT bigint := coalesce(
		(SELECT * FROM user_named(name)), (SELECT * FROM user_named(bare)));
	-- one subject of attempts, in whatever form the name is typed
	meant CONSTANT text := coalesce(
		(SELECT u.username FROM users AS u WHERE u.user_id = person), bare);
BEGIN
	SELECT s.user_id, s.username INTO session_user_id, session_username
		FROM session_find(token) AS s;
	wait := password_attempt(meant, client_of(address));
	IF wait = 0 THEN
		SELECT u.user_id, u.username,
				CASE WHEN address IS NOT NULL THEN u.pw_hash END
			INTO user_id, username, pw_hash
			FROM users AS u WHERE u.user_id = person;
	END IF;
END $$;

-- Counts an attempt to register a user.  Returns the seconds to wait, or 0.
CREATE OR REPLACE FUNCTION registration_begin(address text) RETURNS bigint
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = public, pg_temp
AS $$
BEGIN
	PERFORM set_config('synchronous_commit', 'off', true);
	RETURN attempt('registration', client_of(address));
END $$;

-- Counts a wrong password for the API.
CREATE OR REPLACE FUNCTION simulator_refused(address text) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = public, pg_temp
AS $$
BEGIN
	PERFORM set_config('synchronous_commit', 'off', true);
	PERFORM attempt('simulator', client_of(address));
END $$;

-- Returns whether a right password for the API counts yet: after too many wrong ones
-- from the same client it does not.
CREATE OR REPLACE FUNCTION simulator_is_believed(address text) RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = public, pg_temp
AS $$
DECLARE
	limits attempt_limits;
	past attempts;
BEGIN
	SELECT * INTO limits FROM attempt_limits WHERE kind = 'simulator';
	SELECT * INTO past FROM attempts WHERE kind = 'simulator'
		AND subject = attempt_digest(client_of(address));
	RETURN attempt_wait(limits, past) = 0;
END $$;

GRANT EXECUTE ON FUNCTION login_begin TO minitwit_auth;
GRANT EXECUTE ON FUNCTION registration_begin
	TO minitwit_registrar, minitwit_api_registrar;
GRANT EXECUTE ON FUNCTION simulator_refused, simulator_is_believed
	TO minitwit_api_reader, minitwit_api_poster, minitwit_api_follower,
	minitwit_api_registrar;
