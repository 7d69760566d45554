-- Guessing passwords, and registering in masses, takes ever longer.
--
-- Attempts are counted before the password is looked at, so that many at once
-- don't pass; a login that succeeds takes its own back.  Counted is
--
--   account       a name, whether or not somebody has it, from addresses that
--                 it has never logged in from
--   address       an address, whatever the name
--   acquaintance  a name from an address that it has logged in from before:
--                 this alone, so that nobody else keeps the owner out
--   registration  an address that registers users
--
-- So many are free, and one is forgotten now and then; each one beyond waits
-- twice as long as the one before: 1 second, 2, 4, ... up to the longest.

CREATE TABLE attempt_limits (
	kind text PRIMARY KEY,
	free integer NOT NULL,
	-- after which one attempt is forgotten
	forgotten interval NOT NULL CHECK (forgotten > interval '0'),
	longest interval NOT NULL
);

-- One account stands at most 100 attempts an hour (OWASP ASVS 2.2.1).
INSERT INTO attempt_limits VALUES
	('account', 10, '10 min', '15 min'),
	('address', 60, '1 min', '15 min'),
	('acquaintance', 20, '1 min', '1 min'),
	('registration', 60, '1 min', '15 min');

CREATE TABLE attempts (
	kind text NOT NULL REFERENCES attempt_limits,
	-- SHA-256 in hexadecimal: people mistake the field and type a password
	subject text NOT NULL,
	-- those that were not forgotten when the last one was made
	count double precision NOT NULL,
	last_at timestamptz NOT NULL,
	PRIMARY KEY (kind, subject)
);

-- Finds what may be cleared away.
CREATE INDEX attempts_last_at ON attempts (last_at);

-- Where somebody has logged in from.
CREATE TABLE known_addresses (
	user_id bigint NOT NULL REFERENCES users ON DELETE CASCADE,
	address text NOT NULL,
	last_at timestamptz NOT NULL DEFAULT now(),
	PRIMARY KEY (user_id, address)
);

-- Finds what may be cleared away.
CREATE INDEX known_addresses_last_at ON known_addresses (last_at);

-- What belongs to one client: of IPv6 a network of 64 bits (RFC 6177), without
-- the zone of a link (RFC 4007 11).
CREATE FUNCTION client_of(address text) RETURNS text
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
RETURN host(network(set_masklen(split_part(address, '%', 1)::inet,
	CASE WHEN address LIKE '%:%' THEN 64 ELSE 32 END)));

CREATE FUNCTION attempt_digest(subject text) RETURNS text
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
RETURN encode(sha256(convert_to(subject, 'UTF8')), 'hex');

-- Counts an attempt, and gives 0, unless it comes too soon: then it gives the
-- seconds to wait, and nothing has changed.  Of many at once one goes first.
CREATE FUNCTION attempt(kind text, subject text) RETURNS bigint
LANGUAGE plpgsql
AS $$
#variable_conflict use_variable
DECLARE
	digest CONSTANT text := attempt_digest(subject);
	limits attempt_limits;
	past attempts;
	since double precision;
	wait double precision := 0;
BEGIN
	SELECT * INTO limits FROM attempt_limits AS l WHERE l.kind = kind;
	INSERT INTO attempts VALUES (kind, digest, 0, now())
		ON CONFLICT ON CONSTRAINT attempts_pkey DO NOTHING;
	SELECT * INTO past FROM attempts AS a
		WHERE a.kind = kind AND a.subject = digest FOR UPDATE;
	since := extract(epoch FROM clock_timestamp() - past.last_at);
	past.count := greatest(0,
		past.count - since / extract(epoch FROM limits.forgotten));
	IF ceil(past.count) >= limits.free THEN
		wait := least(2 ^ least(ceil(past.count) - limits.free, 30),
			extract(epoch FROM limits.longest)) - since;
	END IF;
	IF wait > 0 THEN
		RETURN ceil(wait);
	END IF;
	UPDATE attempts AS a
		SET count = past.count + 1, last_at = clock_timestamp()
		WHERE a.kind = kind AND a.subject = digest;
	-- a crash may take this: nobody was told
	PERFORM set_config('synchronous_commit', 'off', true);
	RETURN 0;
END $$;

CREATE FUNCTION attempt_take_back(kind text, subject text) RETURNS void
LANGUAGE plpgsql
AS $$
#variable_conflict use_variable
BEGIN
	UPDATE attempts AS a SET count = a.count - 1
		WHERE a.kind = kind AND a.subject = attempt_digest(subject);
END $$;

-- What login needs to know about the name that somebody entered: whether the
-- browser is logged in already, how long to wait before the next attempt, and,
-- when that is not at all, who has the name, and the hash of their password.
-- Without an address it is none.
CREATE FUNCTION login_begin(name text, token text, address text,
	OUT session_user_id bigint, OUT session_username text, OUT wait bigint,
	OUT user_id bigint, OUT username text, OUT pw_hash text)
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = public, pg_temp
AS $$
#variable_conflict use_column
DECLARE
	client CONSTANT text := client_of(address);
BEGIN
	wait := 0;
	SELECT s.user_id, s.username INTO session_user_id, session_username
		FROM session_find(token) AS s;
	IF session_user_id IS NOT NULL THEN
		RETURN;
	END IF;
	IF client IS NULL THEN
		NULL; -- no attempt
	ELSIF EXISTS (SELECT FROM users JOIN known_addresses AS k
		USING (user_id) WHERE username = name AND k.address = client)
	THEN
		wait := attempt('acquaintance', client || ' ' || name);
	ELSE
		wait := attempt('address', client);
		IF wait = 0 THEN
			wait := attempt('account', name);
			IF wait > 0 THEN
				PERFORM attempt_take_back('address', client);
			END IF;
		END IF;
	END IF;
	IF wait = 0 THEN
		SELECT u.user_id, u.username, u.pw_hash
			INTO user_id, username, pw_hash
			FROM users AS u WHERE u.username = name;
	END IF;
END $$;

-- Whoever logs in clears away some of what has expired: not so much that it takes
-- long, and nothing that somebody else is at.
CREATE FUNCTION clear_away() RETURNS void
LANGUAGE sql
BEGIN ATOMIC
	DELETE FROM sessions WHERE ctid = ANY (ARRAY(
		SELECT ctid FROM sessions WHERE expires_at <= now()
		LIMIT 100 FOR UPDATE SKIP LOCKED));
	DELETE FROM attempts WHERE ctid = ANY (ARRAY(
		SELECT ctid FROM attempts
		WHERE last_at < now() - interval '1 day'
		LIMIT 100 FOR UPDATE SKIP LOCKED));
	DELETE FROM known_addresses WHERE ctid = ANY (ARRAY(
		SELECT ctid FROM known_addresses
		WHERE last_at < now() - interval '90 days'
		LIMIT 100 FOR UPDATE SKIP LOCKED));
END;

-- A login that login_begin() was for has succeeded.  replacement is another hash
-- of the same password, for the one that was read; unless somebody else was
-- faster.
CREATE FUNCTION session_begin(who bigint, token text, address text,
	outdated text, replacement text)
RETURNS void
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = public, pg_temp
AS $$
#variable_conflict use_column
DECLARE
	client CONSTANT text := client_of(address);
	name CONSTANT text := (SELECT username FROM users WHERE user_id = who);
BEGIN
	IF replacement IS NOT NULL THEN
		PERFORM set_config('minitwit.same_password', 'yes', true);
		UPDATE users SET pw_hash = replacement
			WHERE user_id = who AND pw_hash = outdated;
	END IF;
	PERFORM clear_away();
	IF EXISTS (SELECT FROM known_addresses AS k
		WHERE k.user_id = who AND k.address = client)
	THEN
		PERFORM attempt_take_back('acquaintance', client || ' ' || name);
	ELSE
		-- in the order of login_begin(), so that no two wait for each other
		PERFORM attempt_take_back('address', client);
		PERFORM attempt_take_back('account', name);
	END IF;
	INSERT INTO known_addresses (user_id, address)
		SELECT who, client WHERE client IS NOT NULL
		ON CONFLICT ON CONSTRAINT known_addresses_pkey
		DO UPDATE SET last_at = now();
	INSERT INTO sessions (token_digest, user_id)
		VALUES (token_digest(token), who);
END $$;

-- Before a user is registered from an address: the seconds to wait; 0: none.
CREATE FUNCTION registration_begin(address text) RETURNS bigint
LANGUAGE sql SECURITY DEFINER
BEGIN ATOMIC
	SELECT attempt('registration', client_of(address));
END;
