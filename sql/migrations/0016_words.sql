-- sql/functions/words.sql has the index in its place.
DROP INDEX messages_words;
