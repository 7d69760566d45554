#include "feed.h"

#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "html.h"
#include "mem.h"
#include "text.h"
#include "reply.h"
#include "page.h"

/* Code points of a message that are its title. */
#define TITLE_LENGTH 60

/* When we began to name messages so (RFC 4151 2.1). */
#define TAG_DATE "2026"

const char *
need_origin(const struct req *req)
{
	const char *origin = req_origin(req);

	if (origin == NULL)
		reply_error(400, "The request has no host name in Host.");
	return origin;
}

/* The same whatever the scheme and the port.  RFC 4151 has no addresses of
 * IPv6: who uses one is at a machine without a name. */
static const char *
tag_authority(const char *origin)
{
	const char *host = strstr(origin, "://") + strlen("://");

	if (host[0] == '[')
		return "localhost";
	return mem_copy(host, strcspn(host, ":"));
}

/* UTF-8 without what XML 1.0 has no place for (its 2.2).  html() sees to all
 * but U+FFFE and U+FFFF, which become U+FFFD, too. */
static const char *
xml_text(const char *text)
{
	char *copy = mem_copy(text, strlen(text));

	for (char *at = copy; (at = strstr(at, "\xef\xbf")) != NULL; at += 3) {
		if (at[2] == '\xbe' || at[2] == '\xbf')
			at[2] = '\xbd';
	}
	return copy;
}

/* The beginning of a text, on one line. */
static const char *
title_of(const char *text)
{
	char *title = mem_copy(text, strlen(text));
	size_t at = 0;

	for (size_t length = 0; title[at] != '\0'; at++) {
		if ((title[at] & 0xc0) != 0x80 && length++ == TITLE_LENGTH)
			break;
		if (title[at] == '\n' || title[at] == '\r')
			title[at] = ' ';
	}
	if (title[at] == '\0')
		return title;
	return mem_format("%s\u2026", mem_copy(title, at));
}

static void
entry(struct buf *xml, const char *origin, const struct message *message)
{
	const char *id = mem_format("%lld", (long long)message->id);
	const char *time = text_time_rfc3339(message->time);
	const char *text = xml_text(message->text);

	html(xml,
	    "<entry>\n"
	    "<id>tag:%s,%s:message/%s</id>\n"
	    "<title>%s</title>\n"
	    "<author><name>%s</name><uri>%s/%s</uri></author>\n"
	    "<link rel=\"alternate\" type=\"text/html\""
	    " href=\"%s%s\"/>\n"
	    "<published>%s</published>\n"
	    "<updated>%s</updated>\n"
	    "<content type=\"text\">%s</content>\n"
	    "</entry>\n",
	    tag_authority(origin), TAG_DATE, id, title_of(text),
	    xml_text(text_isolate(message->author)), origin,
	    text_percent_encode(message->author), origin,
	    page_message_path(message), time, time, text);
}

/* FNV-1a: what tells one version of a feed from another need not keep anybody
 * from making two that it does not tell apart. */
static const char *
hash_of(const struct buf *bytes)
{
	uint64_t hash = 0xcbf29ce484222325;

	for (size_t i = 0; i < bytes->len; i++)
		hash = (hash ^ (unsigned char)bytes->data[i]) * 0x100000001b3;
	return mem_format("%016llx", (unsigned long long)hash);
}

_Noreturn void
feed_send(const struct req *req, const char *origin, const struct feed *feed)
{
	const struct messages *messages = feed->messages;
	struct buf xml = { 0 };

	buf_reserve(&xml, BUF_DOCUMENT);
	html(&xml,
	    "<?xml version=\"1.0\" encoding=\"utf-8\"?>\n"
	    "<feed xmlns=\"http://www.w3.org/2005/Atom\">\n"
	    "<id>tag:%s,%s:%s</id>\n"
	    "<title>%s | MiniTwit</title>\n"
	    "<author><name>MiniTwit</name></author>\n"
	    "<link rel=\"self\" type=\"application/atom+xml\" href=\"%s%s\"/>\n"
	    "<link rel=\"alternate\" type=\"text/html\" href=\"%s%s\"/>\n"
	    "<updated>%s</updated>\n",
	    tag_authority(origin), TAG_DATE, feed->path + 1,
	    xml_text(feed->title), origin, feed->path, origin, feed->page,
	    text_time_rfc3339(
		messages->count > 0 ? messages->list[0].time : 0));
	for (size_t i = 0; i < messages->count; i++)
		entry(&xml, origin, &messages->list[i]);
	html(&xml, "</feed>\n");

	need_change(req, hash_of(&xml));
	reply_document("application/atom+xml; charset=utf-8", &xml);
}
