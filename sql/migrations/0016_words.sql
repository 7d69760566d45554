-- The index of messages by their words.  Beside its words a message has its stretch of
-- ids (sql/functions/search.sql), as a word that contains a character that no word has.
--
-- A post only appends to the index's pending list.  The list is short, so that neither
-- the post that has to empty it nor a search that reads it takes long.
COMMIT;
SET ROLE minitwit_owner;
\i functions/words.sql
-- an interrupted run leaves an invalid index
DROP INDEX CONCURRENTLY IF EXISTS messages_terms;
CREATE INDEX CONCURRENTLY messages_terms ON messages USING gin ((
	words_of(text) || array_to_tsvector(ARRAY['#' || (message_id >> 11)::text])))
	WITH (fastupdate = on, gin_pending_list_limit = 64);

:begin
DROP INDEX messages_words;
