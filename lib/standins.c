/* standins -- what a static libpq leaves undefined: GSSAPI and LDAP.
 *
 * Debian builds libpq with both.  MiniTwit never uses them: it authenticates
 * to PostgreSQL over a Unix socket and looks up no service in a directory.
 * Linked dynamically they bring in two dozen libraries, which cost more at
 * each start than the whole request does; these functions instead fail as
 * their originals may, so libpq reports an error where it would have used
 * them.  With LINK=shared nobody asks for them and the linker leaves them out.
 *
 * A status of GSSAPI is a 32-bit number whose upper half is not 0 for an error
 * (RFC 2744 3.9.1); an LDAP function gives a negative number or NULL (RFC
 * 1823).  Arguments are ignored, so none are declared. */

#define FAILS_AS_GSSAPI(function) \
	unsigned function(void); \
	unsigned function(void) \
	{ \
		return 13u << 16; \
	}

#define FAILS_AS_LDAP(function) \
	int function(void); \
	int function(void) \
	{ \
		return -1; \
	}

#define GIVES_NULL(function) \
	void *function(void); \
	void *function(void) \
	{ \
		return (void *)0; \
	}

/* clang-format off: one function a line */
extern const void *const GSS_C_NT_HOSTBASED_SERVICE;
const void *const GSS_C_NT_HOSTBASED_SERVICE = (void *)0;

FAILS_AS_GSSAPI(gss_acquire_cred)
FAILS_AS_GSSAPI(gss_delete_sec_context)
FAILS_AS_GSSAPI(gss_display_status)
FAILS_AS_GSSAPI(gss_import_name)
FAILS_AS_GSSAPI(gss_init_sec_context)
FAILS_AS_GSSAPI(gss_release_buffer)
FAILS_AS_GSSAPI(gss_release_cred)
FAILS_AS_GSSAPI(gss_release_name)
FAILS_AS_GSSAPI(gss_unwrap)
FAILS_AS_GSSAPI(gss_wrap)
FAILS_AS_GSSAPI(gss_wrap_size_limit)

FAILS_AS_LDAP(ldap_count_entries)
FAILS_AS_LDAP(ldap_msgfree)
FAILS_AS_LDAP(ldap_result)
FAILS_AS_LDAP(ldap_search_st)
FAILS_AS_LDAP(ldap_set_option)
FAILS_AS_LDAP(ldap_simple_bind)
FAILS_AS_LDAP(ldap_unbind)
FAILS_AS_LDAP(ldap_value_free_len)

GIVES_NULL(ldap_err2string)
GIVES_NULL(ldap_first_entry)
GIVES_NULL(ldap_get_values_len)
GIVES_NULL(ldap_init)
