-- Moderation, and imports from the first MiniTwit.

-- Only flag_messages() adds events, and nobody changes them.
CREATE TABLE flag_events (
	event_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
	-- stays after the message is deleted with its author
	message_id bigint NOT NULL,
	action text NOT NULL CHECK (action IN ('flag', 'unflag')),
	-- the operating system's user, as flag_tool reports it
	operator text NOT NULL CHECK (operator <> ''),
	role name NOT NULL DEFAULT session_user,
	at timestamptz NOT NULL DEFAULT now()
);

-- The events of a message.
CREATE INDEX flag_events_by_message ON flag_events (message_id, event_id);

-- The follow relations that bin/import-sqlite found in its last run.  The next run
-- compares with them, so that it takes over only the changes that were made there
-- since, and keeps what users changed here.
CREATE TABLE imported_followers (
	who_id bigint NOT NULL REFERENCES users ON DELETE CASCADE,
	whom_id bigint NOT NULL REFERENCES users ON DELETE CASCADE,
	PRIMARY KEY (who_id, whom_id)
);

-- Finds the rows of a deleted account.
CREATE INDEX imported_followers_by_whom ON imported_followers (whom_id);
