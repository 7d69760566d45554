/* standins -- what the static programs have in place of parts of libpq and
 * glibc that they never need.
 *
 * Debian's libpq comes with TLS, GSSAPI, SCRAM and LDAP.  MiniTwit connects
 * over a Unix socket in a private folder and needs none of them; linked
 * dynamically they bring in two dozen libraries, which cost more at each start
 * than the whole request does, and linked statically all of OpenSSL.  These
 * functions are taken instead, and fail as their originals may, so libpq
 * reports an error where it would have used them.
 *
 * The programs run on musl: glibc's start asks the processor about itself some
 * hundred times, and in a virtual machine each question is a trap to the
 * hypervisor, 0.4 ms in all.  Everything is compiled for glibc, though, as
 * Debian's libpq and libcrypto are, and with its checked functions; musl keeps
 * to the same binary interface, and the few that it has not got are below.
 *
 * LINK=shared and SANITIZE=1 link the real ones and leave this file out. */

/* none of the checked functions may call itself */
#undef _FORTIFY_SOURCE

#include <errno.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/select.h>
#include <sys/types.h>

/* Arguments are ignored, so none are declared. */
#define GIVES(type, function, value) \
	type function(void); \
	type function(void) \
	{ \
		return value; \
	}

/* A status of GSSAPI: 32 bits whose upper half is not 0 (RFC 2744 3.9.1). */
#define FAILS_AS_GSSAPI(function) GIVES(unsigned, function, 13u << 16)

/* clang-format off: one function a line */

/* --- TLS, for libpq --- */

GIVES(int, pgtls_init, 0)        /* called whether or not TLS is wanted */
GIVES(int, pgtls_open_client, 0) /* PGRES_POLLING_FAILED */
GIVES(void, pgtls_close, )
GIVES(void, pgtls_init_library, )
GIVES(bool, pgtls_bytes_pending, false)
GIVES(ssize_t, pgtls_read, -1)
GIVES(ssize_t, pgtls_write, -1)
GIVES(void *, pgtls_get_peer_certificate_hash, NULL)

/* --- GSSAPI (RFC 2744), for libpq --- */

extern const void *const GSS_C_NT_HOSTBASED_SERVICE;
const void *const GSS_C_NT_HOSTBASED_SERVICE = NULL;

GIVES(bool, pg_GSS_have_cred_cache, false)
GIVES(int, pg_GSS_load_servicename, -1)
GIVES(void, pg_GSS_error, )
GIVES(int, pqsecure_open_gss, 0) /* PGRES_POLLING_FAILED */
GIVES(bool, pg_GSS_bytes_pending, false)
GIVES(ssize_t, pg_GSS_read, -1)
GIVES(ssize_t, pg_GSS_write, -1)
FAILS_AS_GSSAPI(gss_delete_sec_context)
FAILS_AS_GSSAPI(gss_init_sec_context)
FAILS_AS_GSSAPI(gss_release_buffer)
FAILS_AS_GSSAPI(gss_release_cred)
FAILS_AS_GSSAPI(gss_release_name)

/* --- passwords to the database: SCRAM (RFC 5802) and MD5, for libpq --- */

GIVES(static void *, scram_init, NULL) /* as without memory */

/* libpq's table of a mechanism's functions; without a state from the first
 * the others are never called. */
extern void *(*const pg_scram_mech[4])(void);
void *(*const pg_scram_mech[4])(void) = { scram_init };

GIVES(char *, pg_fe_scram_build_secret, NULL)
GIVES(bool, pg_md5_encrypt, false)

/* --- LDAP (RFC 1823), for libpq's look-up of services --- */

GIVES(int, ldap_count_entries, -1)
GIVES(int, ldap_msgfree, -1)
GIVES(int, ldap_result, -1)
GIVES(int, ldap_search_st, -1)
GIVES(int, ldap_set_option, -1)
GIVES(int, ldap_simple_bind, -1)
GIVES(int, ldap_unbind, -1)
GIVES(int, ldap_value_free_len, -1)
GIVES(const char *, ldap_err2string, "there is no LDAP")
GIVES(void *, ldap_first_entry, NULL)
GIVES(void *, ldap_get_values_len, NULL)
GIVES(void *, ldap_init, NULL)

/* --- translations, for libpq's messages --- */

/* The originals map memory to note which languages there are. */
GIVES(char *, bindtextdomain, NULL)

/* clang-format on */

char *dcgettext(const char *domain, const char *text, int category);
char *dcngettext(const char *domain, const char *singular, const char *plural,
    unsigned long count, int category);

char *
dcgettext(const char *domain, const char *text, int category)
{
	(void)domain;
	(void)category;
	return (char *)text;
}

char *
dcngettext(const char *domain, const char *singular, const char *plural,
    unsigned long count, int category)
{
	return dcgettext(domain, count == 1 ? singular : plural, category);
}

/* clang-format off: one function a line */

/* --- coroutines, for OpenSSL's asynchronous jobs --- */

GIVES(int, getcontext, -1)
GIVES(int, setcontext, -1)
GIVES(void, makecontext, )

/* clang-format on */

/* --- what glibc has and musl has not --- */

_Noreturn void arc4random_buf(void *bytes, size_t len);

/* For libxcrypt, which makes no salt here. */
void
arc4random_buf(void *bytes, size_t len)
{
	(void)bytes;
	(void)len;
	abort();
}

/* NOLINTBEGIN(bugprone-reserved-identifier,cert-dcl37-c,cert-dcl51-cpp) */

/* GNU's strerror_r() gives the sentence, POSIX's fills the buffer and gives a
 * number; glibc has both. */
char *gnu_strerror_r(int error, char *buf, size_t size) __asm__("strerror_r");
int __xpg_strerror_r(int error, char *buf, size_t size);

char *
gnu_strerror_r(int error, char *buf, size_t size)
{
	(void)buf;
	(void)size;
	return strerror(error);
}

int
__xpg_strerror_r(int error, char *buf, size_t size)
{
	return snprintf(buf, size, "%s", strerror(error)) < (int)size ? 0
								      : ERANGE;
}

/* The checked functions (Linux Standard Base 5.0, "Interfaces for libc"): they
 * do as the plain ones, unless that would write past an object's end. */

#define CHECK(fits) \
	do { \
		if (!(fits)) \
			abort(); \
	} while (0)

/* clang-format off: one signature a line */
#define AS_PRINTF(string, first) __attribute__((format(printf, string, first)))

long __fdelt_chk(long fd);
void __explicit_bzero_chk(void *to, size_t len, size_t size);
void *__memcpy_chk(void *to, const void *from, size_t len, size_t size);
void *__memset_chk(void *to, int byte, size_t len, size_t size);
char *__strcpy_chk(char *to, const char *from, size_t size);
AS_PRINTF(3, 4)
int __fprintf_chk(FILE *file, int flag, const char *format, ...);
AS_PRINTF(3, 0)
int __vfprintf_chk(FILE *file, int flag, const char *format, va_list args);
AS_PRINTF(5, 6)
int __snprintf_chk(
    char *to, size_t len, int flag, size_t size, const char *format, ...);
AS_PRINTF(5, 0)
int __vsnprintf_chk(char *to, size_t len, int flag, size_t size,
    const char *format, va_list args);
/* clang-format on */

long
__fdelt_chk(long fd)
{
	CHECK(fd >= 0 && fd < FD_SETSIZE);
	return fd / (8 * (long)sizeof(long));
}

void
__explicit_bzero_chk(void *to, size_t len, size_t size)
{
	CHECK(len <= size);
	explicit_bzero(to, len);
}

void *
__memcpy_chk(void *to, const void *from, size_t len, size_t size)
{
	CHECK(len <= size);
	return memcpy(to, from, len);
}

void *
__memset_chk(void *to, int byte, size_t len, size_t size)
{
	CHECK(len <= size);
	return memset(to, byte, len);
}

char *
__strcpy_chk(char *to, const char *from, size_t size)
{
	return __memcpy_chk(to, from, strlen(from) + 1, size);
}

int
__vfprintf_chk(FILE *file, int flag, const char *format, va_list args)
{
	(void)flag;
	return vfprintf(file, format, args);
}

int
__fprintf_chk(FILE *file, int flag, const char *format, ...)
{
	va_list args;
	int len;

	va_start(args, format);
	len = __vfprintf_chk(file, flag, format, args);
	va_end(args);
	return len;
}

int
__vsnprintf_chk(char *to, size_t len, int flag, size_t size, const char *format,
    va_list args)
{
	(void)flag;
	CHECK(len <= size);
	return vsnprintf(to, len, format, args);
}

int
__snprintf_chk(
    char *to, size_t len, int flag, size_t size, const char *format, ...)
{
	va_list args;
	int written;

	va_start(args, format);
	written = __vsnprintf_chk(to, len, flag, size, format, args);
	va_end(args);
	return written;
}

/* NOLINTEND(bugprone-reserved-identifier,cert-dcl37-c,cert-dcl51-cpp) */
