-- Indexes for search, see sql/functions/search.sql.

-- The words of a message in lower case, and its stretch of ids as a word that contains
-- a character that no word has.
--
-- A post only appends to the index's pending list.  The list is short, so that neither
-- the post that has to empty it nor a search that reads it takes long.
CREATE INDEX messages_words ON messages USING gin ((
	to_tsvector('simple', text)
	|| array_to_tsvector(ARRAY['#' || (message_id >> 11)::text])))
	WITH (fastupdate = on, gin_pending_list_limit = 64);

-- Nobody has any right in this schema, so only functions of the owner use the
-- extensions.
CREATE SCHEMA extensions;
CREATE EXTENSION pg_trgm SCHEMA extensions;
CREATE EXTENSION btree_gin SCHEMA extensions;

-- Finds parts of names, and similar names.
CREATE INDEX users_trigrams ON users
	USING gin ((user_id >> 11), username extensions.gin_trgm_ops)
	WITH (fastupdate = on, gin_pending_list_limit = 64);

-- Finds the beginnings of names.
CREATE INDEX users_beginning ON users (lower(username) text_pattern_ops, user_id);
