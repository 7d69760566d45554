-- Limits of attempts to sign in and to register, see sql/functions/attempts.sql.

CREATE TABLE attempt_limits (
	kind text PRIMARY KEY,
	free integer NOT NULL,
	-- the time after which one attempt is forgotten
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
	-- SHA-256 in hexadecimal: people type passwords into the wrong field
	subject text NOT NULL,
	-- the attempts that were not forgotten at last_at
	count double precision NOT NULL,
	last_at timestamptz NOT NULL,
	PRIMARY KEY (kind, subject)
);

-- Finds the rows that may be deleted.
CREATE INDEX attempts_last_at ON attempts (last_at);

-- The addresses from which a user has signed in.
CREATE TABLE known_addresses (
	user_id bigint NOT NULL REFERENCES users ON DELETE CASCADE,
	address text NOT NULL,
	last_at timestamptz NOT NULL DEFAULT now(),
	PRIMARY KEY (user_id, address)
);

-- Finds the rows that may be deleted.
CREATE INDEX known_addresses_last_at ON known_addresses (last_at);
