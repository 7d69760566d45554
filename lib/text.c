#include "text.h"

#include <string.h>
#include <time.h>

#include "mem.h"

bool
text_integer(const char *text, int64_t min, int64_t max, int64_t *number)
{
	const char *digit = text[0] == '-' ? text + 1 : text;
	int64_t value = 0;

	if (*digit == '\0')
		return false;
	for (; *digit != '\0'; digit++) {
		if (*digit < '0' || *digit > '9' ||
		    __builtin_mul_overflow(value, 10, &value) ||
		    __builtin_sub_overflow(value, *digit - '0', &value))
			return false;
	}
	/* built up below 0, where there is one number more */
	if (text[0] != '-' && __builtin_sub_overflow(0, value, &value))
		return false;
	if (value < min || value > max)
		return false;
	*number = value;
	return true;
}

const char *
text_decimal(int64_t number)
{
	char digits[20], *first = digits + sizeof(digits);
	uint64_t rest = number < 0 ? -(uint64_t)number : (uint64_t)number;

	do {
		*--first = (char)('0' + rest % 10);
	} while ((rest /= 10) != 0);
	if (number < 0)
		*--first = '-';
	return mem_copy(first, (size_t)(digits + sizeof(digits) - first));
}

size_t
text_code_point(const char *text, size_t len, uint32_t *code_point)
{
	/* RFC 3629 4: how many bytes follow the first, which of its bits
	 * count, and the least value that may not be written shorter. */
	static const struct {
		unsigned char mask, lead, bits;
		uint32_t least;
	} forms[] = {
		{ 0x80, 0x00, 0x7f, 0 },
		{ 0xe0, 0xc0, 0x1f, 0x80 },
		{ 0xf0, 0xe0, 0x0f, 0x800 },
		{ 0xf8, 0xf0, 0x07, 0x10000 },
	};
	const unsigned char *byte = (const unsigned char *)text;

	for (size_t more = 0; more < 4 && more < len; more++) {
		uint32_t value;

		if ((byte[0] & forms[more].mask) != forms[more].lead)
			continue;
		value = byte[0] & forms[more].bits;
		for (size_t i = 1; i <= more; i++) {
			if ((byte[i] & 0xc0) != 0x80)
				return 0;
			value = value << 6 | (byte[i] & 0x3f);
		}
		if (value < forms[more].least || value > 0x10ffff ||
		    (value >= 0xd800 && value <= 0xdfff))
			return 0;
		*code_point = value;
		return more + 1;
	}
	return 0;
}

size_t
text_utf8_encode(uint32_t code_point, char bytes[4])
{
	static const uint32_t beyond[] = { 0x80, 0x800, 0x10000, 0x110000 };
	static const unsigned char leads[] = { 0x00, 0xc0, 0xe0, 0xf0 };
	size_t more = 0;

	while (code_point >= beyond[more])
		more++;
	for (size_t i = more; i > 0; i--) {
		bytes[i] = (char)(0x80 | (code_point & 0x3f));
		code_point >>= 6;
	}
	bytes[0] = (char)(leads[more] | code_point);
	return more + 1;
}

bool
text_is_utf8(const char *text, size_t len)
{
	uint32_t code_point;

	while (len > 0) {
		size_t step = text_code_point(text, len, &code_point);

		if (step == 0)
			return false;
		text += step;
		len -= step;
	}
	return true;
}

size_t
text_length(const char *text)
{
	size_t count = 0;

	for (; *text != '\0'; text++)
		count += (*text & 0xc0) != 0x80;
	return count;
}

const char *
text_initial(const char *text)
{
	uint32_t code_point;
	char *initial =
	    mem_copy(text, text_code_point(text, strlen(text), &code_point));

	if (initial[0] >= 'a' && initial[0] <= 'z')
		initial[0] = (char)(initial[0] - 'a' + 'A');
	return initial;
}

/* Apart, so that text_next() needs no stack for a character of ASCII. */
static __attribute__((noinline)) uint32_t
next_of_several_bytes(const char **text)
{
	uint32_t code_point = 0;

	*text += text_code_point(*text, strnlen(*text, 4), &code_point);
	return code_point;
}

uint32_t
text_next(const char **text)
{
	unsigned char c = (unsigned char)**text;

	if (c >= 0x80)
		return next_of_several_bytes(text);
	*text += c != 0;
	return c;
}

bool
text_has_control(const char *text)
{
	uint32_t c;

	while ((c = text_next(&text)) != 0) {
		if (c < 0x20 || (c >= 0x7f && c < 0xa0))
			return true;
	}
	return false;
}

/* Unicode's White_Space property (PropList.txt). */
static bool
is_blank(uint32_t c)
{
	return (c >= 0x09 && c <= 0x0d) || c == ' ' || c == 0x85 || c == 0xa0 ||
	    c == 0x1680 || (c >= 0x2000 && c <= 0x200a) || c == 0x2028 ||
	    c == 0x2029 || c == 0x202f || c == 0x205f || c == 0x3000;
}

struct range {
	uint32_t first, last;
};

static bool
is_in(uint32_t c, const struct range *ranges, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		if (c >= ranges[i].first && c <= ranges[i].last)
			return true;
	}
	return false;
}

#define IS_IN(c, ranges) is_in(c, ranges, sizeof(ranges) / sizeof((ranges)[0]))

#define JOINER 0x200d
#define EMOJI_STYLE 0xfe0f

static bool
is_invisible(uint32_t c)
{
	/* Unicode 15: the category Cf, variation selectors, and letters and
	 * symbols without a shape */
	static const struct range invisible[] = { { 0xad, 0xad },
		{ 0x34f, 0x34f }, { 0x600, 0x605 }, { 0x61c, 0x61c },
		{ 0x6dd, 0x6dd }, { 0x70f, 0x70f }, { 0x890, 0x891 },
		{ 0x8e2, 0x8e2 }, { 0x115f, 0x1160 }, { 0x17b4, 0x17b5 },
		{ 0x180b, 0x180f }, { 0x200b, 0x200f }, { 0x202a, 0x202e },
		{ 0x2060, 0x206f }, { 0x2800, 0x2800 }, { 0x3164, 0x3164 },
		{ 0xfe00, 0xfe0f }, { 0xfeff, 0xfeff }, { 0xffa0, 0xffa0 },
		{ 0xfff0, 0xfffb }, { 0x110bd, 0x110bd }, { 0x110cd, 0x110cd },
		{ 0x13430, 0x1343f }, { 0x1bca0, 0x1bca3 },
		{ 0x1d173, 0x1d17a }, { 0xe0000, 0xe0fff } };

	return c >= 0xad && IS_IN(c, invisible);
}

/* What emoji sequences are made of (Unicode UTS 51). */
static bool
is_picture(uint32_t c)
{
	static const struct range pictures[] = { { 0xa9, 0xa9 }, { 0xae, 0xae },
		{ 0x203c, 0x203c }, { 0x2049, 0x2049 }, { 0x2122, 0x2122 },
		{ 0x2139, 0x2139 }, { 0x2190, 0x2bff }, { 0x3030, 0x3030 },
		{ 0x303d, 0x303d }, { 0x3297, 0x3297 }, { 0x3299, 0x3299 },
		{ 0x1f000, 0x1faff } };

	return c >= 0xa9 && c != 0x2800 && IS_IN(c, pictures);
}

bool
text_has_invisible(const char *text)
{
	bool picture = false, styled = false, joined = false;
	uint32_t c;

	while ((c = text_next(&text)) != 0) {
		if (joined && !is_picture(c))
			return true;
		joined = c == JOINER && picture;
		if (joined || (c == EMOJI_STYLE && picture && !styled)) {
			styled = true;
			continue;
		}
		if (is_invisible(c))
			return true;
		picture = is_picture(c);
		styled = false;
	}
	return joined;
}

bool
text_is_blank(const char *text)
{
	uint32_t c;

	while ((c = text_next(&text)) != 0) {
		if (!is_blank(c) && !is_invisible(c))
			return false;
	}
	return true;
}

bool
text_has_outer_blank(const char *text)
{
	uint32_t first = text_next(&text), last = first, c;

	while ((c = text_next(&text)) != 0)
		last = c;
	return is_blank(first) || is_blank(last);
}

const char *
text_unix_lines(const char *text)
{
	char *unix = mem_copy(text, strlen(text)), *to = unix;

	for (const char *from = text; *from != '\0'; from++) {
		if (from[0] == '\r' && from[1] == '\n')
			continue;
		*to++ = *from == '\r' ? '\n' : *from;
	}
	*to = '\0';
	return unix;
}

static int
hex_value(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return -1;
}

/* The byte that a percent sign and two digits at text stand for; -1 if there is
 * something else. */
static int
encoded_byte(const char *text, size_t len)
{
	int high, low;

	if (len < 3 || text[0] != '%' || (high = hex_value(text[1])) < 0 ||
	    (low = hex_value(text[2])) < 0)
		return -1;
	return high << 4 | low;
}

char *
text_percent_decode(const char *text, size_t len)
{
	char *decoded = mem_alloc(len + 1), *to = decoded;

	for (size_t i = 0; i < len; i++) {
		int byte = encoded_byte(text + i, len - i);

		if (byte == 0 || (byte < 0 && text[i] == '%'))
			return NULL;
		*to++ = byte > 0 ? (char)byte : text[i];
		i += byte > 0 ? 2 : 0;
	}
	return decoded;
}

/* The number of bytes at text, which begin no code point, that one U+FFFD
 * stands for: a first byte, and what could follow it (Encoding Standard 8.1.1).
 */
static size_t
broken_length(const char *text, size_t len)
{
	const unsigned char *byte = (const unsigned char *)text;
	unsigned char lead = byte[0], lower = 0x80, upper = 0xbf;
	size_t more = 0, used = 1;

	if (lead >= 0xc2 && lead <= 0xf4)
		more = lead < 0xe0 ? 1 : lead < 0xf0 ? 2 : 3;
	if (lead == 0xe0 || lead == 0xf0)
		lower = lead == 0xe0 ? 0xa0 : 0x90;
	if (lead == 0xed || lead == 0xf4)
		upper = lead == 0xed ? 0x9f : 0x8f;
	while (used <= more && used < len && byte[used] >= lower &&
	    byte[used] <= upper) {
		lower = 0x80;
		upper = 0xbf;
		used++;
	}
	return used;
}

char *
text_to_utf8(const char *bytes, size_t len)
{
	static const char replacement[] = "\ufffd";
	char *text = mem_alloc(strlen(replacement) * len + 1), *to = text;
	uint32_t code_point;

	while (len > 0) {
		size_t step = text_code_point(bytes, len, &code_point);

		if (step > 0) {
			memcpy(to, bytes, step);
			to += step;
		} else {
			step = broken_length(bytes, len);
			to = stpcpy(to, replacement);
		}
		bytes += step;
		len -= step;
	}
	return text;
}

const char *
text_form_decode(const char *text, size_t len)
{
	char *decoded, *to;

	/* a query may have 4,000 empty names and values, and a program without
	 * a database gets no more memory than it has at its start */
	if (len == 0)
		return "";
	decoded = to = mem_alloc(len + 1);
	for (size_t i = 0; i < len; i++) {
		int byte = encoded_byte(text + i, len - i);

		if (byte == 0)
			return NULL;
		if (byte < 0)
			byte = text[i] == '+' ? ' ' : text[i];
		else
			i += 2;
		*to++ = (char)byte;
	}
	len = (size_t)(to - decoded);
	return text_is_utf8(decoded, len) ? decoded
					  : text_to_utf8(decoded, len);
}

/* RFC 3986 2.3 */
static bool
is_unreserved(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
	    (c >= '0' && c <= '9') || c == '-' || c == '.' || c == '_' ||
	    c == '~';
}

const char *
text_percent_encode(const char *text)
{
	static const char digits[] = "0123456789ABCDEF";
	char *encoded = mem_alloc(3 * strlen(text) + 1), *to = encoded;

	for (; *text != '\0'; text++) {
		unsigned char byte = (unsigned char)*text;

		if (is_unreserved(*text)) {
			*to++ = *text;
			continue;
		}
		*to++ = '%';
		*to++ = digits[byte >> 4];
		*to++ = digits[byte & 15];
	}
	return encoded;
}

const char *
text_base64(const char *bytes, size_t len)
{
	static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
				     "abcdefghijklmnopqrstuvwxyz"
				     "0123456789+/";
	char *encoded = mem_alloc((len + 2) / 3 * 4 + 1), *to = encoded;

	for (size_t i = 0; i < len; i += 3) {
		uint32_t group = 0;

		for (size_t j = 0; j < 3; j++)
			group = group << 8 |
			    (i + j < len ? (unsigned char)bytes[i + j] : 0);
		for (size_t j = 0; j < 4; j++)
			*to++ = i + j <= len
			    ? digits[group >> (18 - 6 * j) & 63]
			    : '=';
	}
	return encoded;
}

/* In decimal, with so many digits at least. */
static char *
put_number(char *to, int number, int width)
{
	char digits[3 * sizeof(number)];
	int count = 0;

	for (; number > 0 || count < width; number /= 10)
		digits[count++] = (char)('0' + number % 10);
	while (count > 0)
		*to++ = digits[--count];
	return to;
}

/* What each letter of a pattern, once, may take beyond itself, and a NUL. */
#define LONGER 24

/* UTC; each of the letters Y M D h m s becomes its number, d that of the day as
 * people write it, N the month's name.  By hand, because a page of messages has
 * ninety times and printf is slow at them. */
static const char *
time_in(const char *pattern, int64_t seconds)
{
	static const char *const months[] = { "January", "February", "March",
		"April", "May", "June", "July", "August", "September",
		"October", "November", "December" };
	char *text = mem_alloc(strlen(pattern) + LONGER), *to = text;
	time_t when = (time_t)seconds;
	struct tm tm = { 0 };

	gmtime_r(&when, &tm);
	for (; *pattern != '\0'; pattern++) {
		switch (*pattern) {
		case 'Y':
			to = put_number(to, tm.tm_year + 1900, 4);
			break;
		case 'M':
			to = put_number(to, tm.tm_mon + 1, 2);
			break;
		case 'D':
			to = put_number(to, tm.tm_mday, 2);
			break;
		case 'd':
			to = put_number(to, tm.tm_mday, 1);
			break;
		case 'N':
			to = stpcpy(to, months[tm.tm_mon]);
			break;
		case 'h':
			to = put_number(to, tm.tm_hour, 2);
			break;
		case 'm':
			to = put_number(to, tm.tm_min, 2);
			break;
		case 's':
			to = put_number(to, tm.tm_sec, 2);
			break;
		default:
			*to++ = *pattern;
		}
	}
	return text;
}

const char *
text_time(int64_t seconds)
{
	return time_in("Y-M-D h:m:s", seconds);
}

const char *
text_time_friendly(int64_t seconds)
{
	return time_in("Y-M-D @ h:m", seconds);
}

const char *
text_time_rfc3339(int64_t seconds)
{
	return time_in("Y-M-DTh:m:sZ", seconds);
}

static const char *
count_of(int64_t number, const char *what, const char *ending)
{
	return mem_format("%lld %s%s%s", (long long)number, what,
	    number == 1 ? "" : "s", ending);
}

const char *
text_time_ago(int64_t seconds, int64_t now)
{
	int64_t ago = now - seconds;

	if (ago < 60) /* or by a clock that goes ahead of ours */
		return "just now";
	if (ago < 60 * 60)
		return count_of(ago / 60, "minute", " ago");
	if (ago < 24 * 60 * 60)
		return count_of(ago / 60 / 60, "hour", " ago");
	return time_in("d N Y", seconds);
}

const char *
text_duration(int64_t seconds)
{
	if (seconds < 60)
		return count_of(seconds, "second", "");
	return count_of((seconds + 59) / 60, "minute", "");
}

static bool
is_direction(uint32_t c)
{
	return c == 0x61c || (c >= 0x200e && c <= 0x200f) ||
	    (c >= 0x202a && c <= 0x202e) || (c >= 0x2066 && c <= 0x2069);
}

const char *
text_isolate(const char *text)
{
	static const struct range right_to_left[] = { { 0x590, 0x8ff },
		{ 0xfb1d, 0xfdff }, { 0xfe70, 0xfeff }, { 0x10800, 0x10fff },
		{ 0x1e800, 0x1efff } };
	static const char first_strong[] = "\u2068", end[] = "\u2069";
	char *isolated =
	    mem_alloc(strlen(first_strong) + strlen(text) + sizeof(end));
	char *to = stpcpy(isolated, first_strong);
	bool needed = false;
	const char *at = text, *before = at;
	uint32_t c;

	while ((c = text_next(&at)) != 0) {
		needed |= is_direction(c) || IS_IN(c, right_to_left);
		if (!is_direction(c))
			to = stpncpy(to, before, (size_t)(at - before));
		before = at;
	}
	memcpy(to, end, sizeof(end));
	return needed ? isolated : text;
}
