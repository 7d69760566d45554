-- The words of messages, for search.
--
-- A word is a run of letters and digits, of any script.  Words are compared without
-- regard to case, accents, marks and compatibility forms (NFKD), so that Café, CAFE and
-- full-width ｃａｆｅ are one word.  PostgreSQL's parser finds addresses, tags and numbers
-- in a text, and so gets letters, digits and blanks alone.
--
-- Scripts without blanks, and Korean, which writes particles without one, have no words
-- to go by.  Each character of a run stands there alone and with the next one: 東京都 has
-- 東, 京, 都, 東京 and 京都.  A part of a run is found by its pairs side by side.
--
-- An emoji is a word, but has no place beside others.  Skin tones, joiners and variation
-- selectors do not count: 👩‍🚀 has 👩 and 🚀.

-- Returns a text in the form in which it is compared.
CREATE OR REPLACE FUNCTION folded(body text) RETURNS text
LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE
AS $$
DECLARE
	-- Unicode's marks that are not letters, and characters without a width
	marks CONSTANT text := '[\u00ad\u0300-\u036f\u0483-\u0489'
		-- Hebrew, Arabic
		'\u0591-\u05bd\u05bf\u05c1\u05c2\u05c4\u05c5\u05c7'
		'\u0610-\u061a\u061c\u0640\u064b-\u065f\u0670\u06d6-\u06dc'
		'\u06df-\u06e8\u06ea-\u06ed'
		-- India
		'\u093c\u094d\u0951-\u0954\u09bc\u09cd\u0a3c\u0a4d\u0abc\u0acd'
		'\u0b3c\u0b4d\u0bcd\u0c4d\u0cbc\u0ccd\u0d3b\u0d3c\u0d4d\u0dca'
		-- Thailand to Ethiopia and Cambodia
		'\u0e47-\u0e4e\u0eba\u0ec8-\u0ece\u0f82-\u0f87\u1037\u1039\u103a'
		'\u135d-\u135f\u17c9-\u17d3\u17dd\u180b-\u180f'
		'\u1ab0-\u1aff\u1dc0-\u1dff\u200b-\u200f\u202a-\u202e'
		'\u2060-\u206f\u20d0-\u20ff\ufe00-\ufe0f\ufe20-\ufe2f\ufeff'
		'\U0001f3fb-\U0001f3ff\U000e0000-\U000e01ef]';
	form text;
BEGIN
	IF octet_length(body) = length(body) THEN
		RETURN lower(body);
	END IF;
	form := regexp_replace(lower(normalize(body, NFKD)), marks, '', 'g');
	-- letters that are not composed
	form := translate(normalize(form, NFC), 'ıςøđłŧħ', 'iσodlth');
	RETURN replace(replace(replace(form, 'ß', 'ss'), 'æ', 'ae'), 'œ', 'oe');
END $$;

-- Returns the characters of scripts without blanks, for the brackets of a regular
-- expression.
CREATE OR REPLACE FUNCTION unspaced() RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN '\u0e01-\u0e3a\u0e40-\u0e46\u0e81-\u0ec6\u0edc-\u0edf' -- Thai, Lao
	'\u1000-\u1036\u1038\u103b-\u103f\u1050-\u109d\u1780-\u17c8' -- Myanmar, Khmer
	'\u1100-\u11ff\u1950-\u1974\u1980-\u19c9\u1a20-\u1a5e'
	'\u2e80-\u2fd5\u3005-\u3007\u3021-\u3029\u3031-\u3035\u303b' -- Han
	'\u3041-\u3096\u309d-\u309f\u30a1-\u30fa\u30fc-\u30ff' -- Kana
	'\u3105-\u312f\u3131-\u318e\u31a0-\u31bf\u31f0-\u31ff'
	'\u3400-\u4dbf\u4e00-\u9fff\ua000-\ua48c' -- Han, Yi
	'\ua960-\ua97c\uac00-\ud7a3\ud7b0-\ud7fb' -- Hangul
	'\uf900-\ufaff\U0001b000-\U0001b16f\U00020000-\U0003ffff';

-- Returns the emoji of a folded text.
CREATE OR REPLACE FUNCTION emoji(folded text) RETURNS text[]
LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE
AS $$
BEGIN
	IF octet_length(folded) = length(folded) THEN
		RETURN '{}';
	END IF;
	RETURN ARRAY(SELECT part[1] FROM regexp_matches(folded,
		'([\U0001f1e6-\U0001f1ff]{2}' -- a flag
		'|[\u00a9\u00ae\u2190-\u21ff\u2300-\u23ff\u25a0-\u27bf\u2900-\u297f'
		'\u2b00-\u2bff\u3030\u303d\U0001f000-\U0001faff])', 'g') AS part);
END $$;

-- Returns the words of a text.  The functions that it calls have their schema's name,
-- because PostgreSQL's own commands compute an index's entries without a search path.
CREATE OR REPLACE FUNCTION words_of(body text) RETURNS tsvector
LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE
AS $$
DECLARE
	folded text := public.folded(body);
	without_place text[] := public.emoji(folded);
BEGIN
	IF octet_length(folded) <> length(folded) THEN
		without_place := without_place || ARRAY(
			SELECT part[1] FROM regexp_matches(folded,
				'([' || public.unspaced() || '])', 'g') AS part);
		-- a, ab, bc, c for a run of abc
		folded := regexp_replace(folded, '([' || public.unspaced() || ']+)',
			' \1 ', 'g');
		folded := regexp_replace(folded, '([' || public.unspaced() || '])',
			'\1 \1', 'g');
	END IF;
	RETURN to_tsvector('pg_catalog.simple',
			regexp_replace(folded, '[^[:alnum:]]+', ' ', 'g'))
		|| array_to_tsvector(without_place);
END $$;

-- --- queries ---

-- Returns the words of a text side by side, or NULL if the text has none.
CREATE OR REPLACE FUNCTION phrase_of(body text) RETURNS tsquery
LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE
AS $$
DECLARE
	folded CONSTANT text := folded(body);
	run text;
	word text;
	pair tsquery;
	one tsquery;
	phrase tsquery;
	-- places from the end of the phrase to the next word
	gap integer;
BEGIN
	FOR run, word IN
		SELECT part[1], part[2] FROM regexp_matches(folded,
			'([' || unspaced() || ']+)|([^' || unspaced()
			|| '[:space:][:punct:][:cntrl:]]+)', 'g') AS part
	LOOP
		IF run IS NULL THEN
			one := phraseto_tsquery('simple', word);
		ELSIF length(run) = 1 THEN
			one := quote_literal(run)::tsquery;
		ELSE
			one := NULL;
			FOR i IN 1 .. length(run) - 1 LOOP
				pair := phraseto_tsquery('simple', substr(run, i, 2));
				one := coalesce(one <-> pair, pair);
			END LOOP;
		END IF;
		CONTINUE WHEN numnode(one) = 0;
		-- words_of() places the first and the last character of a run beside its
		-- pairs, so a run of one character has two places
		phrase := coalesce(tsquery_phrase(phrase, one,
			gap + CASE WHEN length(run) > 1 THEN 1 ELSE 0 END), one);
		gap := CASE WHEN length(run) > 1 OR length(run) = 1 AND phrase <> one
			THEN 2 ELSE 1 END;
	END LOOP;
	FOREACH word IN ARRAY emoji(folded) LOOP
		one := quote_literal(word)::tsquery;
		phrase := coalesce(phrase && one, one);
	END LOOP;
	RETURN phrase;
END $$;

-- Returns what somebody asks for as people do it for a search engine: all of the words,
-- those in quotation marks side by side, none that has a minus sign before it, and one
-- side or the other of "or".  Returns NULL if there is no word.
CREATE OR REPLACE FUNCTION words_asked(words text) RETURNS tsquery
LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE
AS $$
DECLARE
	absent text;
	quoted text;
	bare text;
	one tsquery;
	-- the terms since the last "or", and those before it
	these tsquery;
	others tsquery;
BEGIN
	FOR absent, quoted, bare IN
		SELECT part[1], part[2], part[3] FROM regexp_matches(
			translate(words, '“”„«»', '"""""'),
			'(-*)(?:"([^"]*)"?|([^[:space:]"]+))', 'g') AS part
	LOOP
		IF lower(bare) = 'or' AND absent = '' THEN
			others := coalesce(others || these, these, others);
			these := NULL;
			CONTINUE;
		END IF;
		one := phrase_of(coalesce(quoted, bare));
		CONTINUE WHEN one IS NULL;
		IF absent <> '' THEN
			one := !!one;
		END IF;
		these := coalesce(these && one, one);
	END LOOP;
	RETURN coalesce(others || these, these, others);
END $$;

-- Whoever adds a message computes its entry in the index.
GRANT EXECUTE ON FUNCTION words_of, folded, emoji, unspaced
	TO minitwit_api_poster, minitwit_importer;
