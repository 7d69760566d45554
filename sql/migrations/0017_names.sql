-- Imported names that are not in NFC, for user_named().
CREATE INDEX users_other_forms ON users (normalize(username, NFC))
	WHERE username IS NOT NFC NORMALIZED;
