-- The idempotency key and the text of the session's last message, as a digest.
ALTER TABLE sessions ADD COLUMN once text;
