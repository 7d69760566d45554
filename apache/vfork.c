/* vfork -- mod_cgid's daemon starts programs by vfork(2) instead of fork(2).
 *
 * fork() copies the page tables of the daemon, and afterwards the daemon and
 * the child pay for each page that they touch.  This is most of what starting
 * an empty program costs, and nearly all of it where a hypervisor keeps shadow
 * page tables.  vfork() copies nothing, but APR does not use it.  So this
 * library is preloaded into Apache and takes the place of those functions of
 * apr_thread_proc.h that mod_cgid calls.  mod_cgid stays as it is.
 *
 * Calls by mod_cgid are recorded.  When they describe a CGI program, the
 * library starts it.  For all else (piped loggers, rewrite maps, server-side
 * includes, other modules) APR does.  APR gets its calls at once, but for those
 * that set descriptors: for these it would create three pipes that no process
 * reads, so it gets them only when it has to start the program.
 *
 * Only mod_cgid's daemon, which has one thread, writes to the record.  `make
 * status` knows such a daemon by a mapping with a name of its own. */

#include <apr_portable.h>
#include <apr_strings.h>
#include <apr_thread_proc.h>

#include <dlfcn.h>
#include <errno.h>
#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <unistd.h>

/* APR's own function. */
#define NEXT(function) \
	__extension__({ \
		static __typeof__(&(function)) next; \
		if (next == NULL) \
			next = dlsym(RTLD_NEXT, #function); \
		next; \
	})

/* The resources in the order of APR_LIMIT_CPU, _MEM, _NPROC and _NOFILE. */
static const int resources[] = { RLIMIT_CPU, RLIMIT_AS, RLIMIT_NPROC,
	RLIMIT_NOFILE };
#define RESOURCES (sizeof(resources) / sizeof(resources[0]))

/* What mod_cgid has asked for; attr is NULL when it prepares no program. */
static struct {
	apr_procattr_t *attr;
	apr_pool_t *pool; /* its end closes the files */
	apr_int32_t in, out, err;
	apr_file_t *files[3];
	__typeof__(&apr_procattr_child_in_set) set[3];
	const char *folder;
	apr_cmdtype_e type;
	const struct rlimit *limits[RESOURCES];
	apr_child_errfn_t *report;
	const char *failed; /* says the child, which shares the memory */
	int error;
} wanted;

__attribute__((constructor)) static void
begin(void)
{
	/* apachectl, a shell script, has to pass LD_PRELOAD on to Apache */
	if (dlsym(RTLD_DEFAULT, "ap_server_conf") == NULL)
		return;
	/* Apache's piped loggers would inherit it */
	unsetenv("LD_PRELOAD");
}

/* Whether an address is in mod_cgid, which creates processes in one place, and
 * close_range() is there (Linux 5.9): without it, programs would inherit files.
 */
static bool
is_in_mod_cgid(const void *code)
{
	static const void *place;
	Dl_info library;
	int file;

	if (code != place && dladdr(code, &library) != 0 &&
	    strstr(library.dli_fname, "/mod_cgid.so") != NULL &&
	    close_range(~0U, ~0U, 0) == 0) {
		place = code;
		file = memfd_create("mod_cgid-vfork", MFD_CLOEXEC);
		(void)mmap(NULL, 1, PROT_READ, MAP_SHARED, file, 0);
		close(file);
	}
	return code == place;
}

/* Passes on what APR needs to start the program itself. */
static apr_status_t
leave_to_apr(apr_procattr_t *attr)
{
	apr_status_t status;

	if (attr != wanted.attr)
		return APR_SUCCESS;
	wanted.attr = NULL;
	status =
	    NEXT(apr_procattr_io_set)(attr, wanted.in, wanted.out, wanted.err);
	for (int i = 0; i < 3 && status == APR_SUCCESS; i++)
		if (wanted.files[i] != NULL)
			status = wanted.set[i](attr, wanted.files[i], NULL);
	return status;
}

apr_status_t
apr_procattr_create(apr_procattr_t **attr, apr_pool_t *pool)
{
	apr_status_t status;

	if (!is_in_mod_cgid(__builtin_return_address(0)))
		return NEXT(apr_procattr_create)(attr, pool);
	memset(&wanted, 0, sizeof(wanted));
	status = apr_pool_create(&wanted.pool, pool);
	if (status == APR_SUCCESS)
		status = NEXT(apr_procattr_create)(attr, wanted.pool);
	if (status == APR_SUCCESS)
		wanted.attr = *attr;
	return status;
}

apr_status_t
apr_procattr_io_set(
    apr_procattr_t *attr, apr_int32_t in, apr_int32_t out, apr_int32_t err)
{
	if (attr != wanted.attr)
		return NEXT(apr_procattr_io_set)(attr, in, out, err);
	wanted.in = in, wanted.out = out, wanted.err = err;
	return APR_SUCCESS;
}

/* mod_cgid closes its own descriptor before it asks for the process, so the
 * record has a copy. */
#define RECORDS_FILE(function, number) \
	apr_status_t function( \
	    apr_procattr_t *attr, apr_file_t *child, apr_file_t *parent) \
	{ \
		apr_status_t status; \
\
		if (attr == wanted.attr && child != NULL && parent == NULL) { \
			wanted.set[number] = NEXT(function); \
			return apr_file_dup( \
			    &wanted.files[number], child, wanted.pool); \
		} \
		status = leave_to_apr(attr); \
		return status != APR_SUCCESS \
		    ? status \
		    : NEXT(function)(attr, child, parent); \
	}

RECORDS_FILE(apr_procattr_child_in_set, STDIN_FILENO)
RECORDS_FILE(apr_procattr_child_out_set, STDOUT_FILENO)
RECORDS_FILE(apr_procattr_child_err_set, STDERR_FILENO)

/* mod_cgid's values live until it has started the program. */
#define RECORDS(function, type, member) \
	apr_status_t function(apr_procattr_t *attr, type value) \
	{ \
		if (attr == wanted.attr) \
			wanted.member = value; \
		return NEXT(function)(attr, value); \
	}

RECORDS(apr_procattr_cmdtype_set, apr_cmdtype_e, type)
RECORDS(apr_procattr_dir_set, const char *, folder)
RECORDS(apr_procattr_child_errfn_set, apr_child_errfn_t *, report)

apr_status_t
apr_procattr_limit_set(
    apr_procattr_t *attr, apr_int32_t what, struct rlimit *limit)
{
	if (attr == wanted.attr && what >= 0 && (size_t)what < RESOURCES)
		wanted.limits[what] = limit;
	return NEXT(apr_procattr_limit_set)(attr, what, limit);
}

/* In the child: system calls alone, in the order of APR's child. */
static _Noreturn void
become(const char *program, const char *const *argv, const char *const *env,
    const sigset_t *mask)
{
	/* Apache's handlers would run in the daemon, which ignores SIGCHLD */
	const int reset[] = { SIGCHLD, SIGHUP, SIGTERM, SIGUSR1, SIGWINCH };

	for (int i = 0, file; i < 3; i++)
		if (apr_os_file_get(&file, wanted.files[i]) == APR_SUCCESS)
			dup2(file, i);
	close_range(3, ~0U, 0);
	for (size_t i = 0; i < sizeof(reset) / sizeof(reset[0]); i++)
		signal(reset[i], SIG_DFL);
	wanted.failed = "change of working directory failed";
	if (chdir(wanted.folder) < 0)
		goto failed;
	wanted.failed = "setting of resource limits failed";
	for (size_t i = 0; i < RESOURCES; i++)
		if (wanted.limits[i] != NULL &&
		    setrlimit((__rlimit_resource_t)resources[i],
			wanted.limits[i]) < 0)
			goto failed;
	wanted.failed = NULL;
	sigprocmask(SIG_SETMASK, mask, NULL);
	execve(program, (char **)argv, (char **)env);
failed:
	wanted.error = errno;
	_exit(255);
}

apr_status_t
apr_proc_create(apr_proc_t *process, const char *program,
    const char *const *argv, const char *const *env, apr_procattr_t *attr,
    apr_pool_t *pool)
{
	apr_status_t status;
	void (*on_pipe)(int);
	sigset_t all, mask;

	if (attr != wanted.attr || wanted.type != APR_PROGRAM ||
	    !wanted.files[0] || !wanted.files[1] || !wanted.files[2]) {
		status = leave_to_apr(attr);
		if (status != APR_SUCCESS)
			return status;
		return NEXT(apr_proc_create)(
		    process, program, argv, env, attr, pool);
	}
	wanted.attr = NULL;
	process->in = process->out = process->err = NULL;
	sigfillset(&all);
	sigprocmask(SIG_BLOCK, &all, &mask);
	pid_t pid = vfork(); /* NOLINT: posix_spawn() sets no limits */
	if (pid == 0)
		become(program, argv, env, &mask); /* NOLINT */
	status = (process->pid = pid) < 0 ? errno : APR_SUCCESS;
	sigprocmask(SIG_SETMASK, &mask, NULL);
	if (wanted.error != 0) {
		/* a broken pipe would end APR's child, but here the daemon */
		on_pipe = signal(SIGPIPE, SIG_IGN);
		if (wanted.failed == NULL)
			wanted.failed =
			    apr_psprintf(pool, "exec of '%s' failed", program);
		wanted.report(pool, wanted.error, wanted.failed);
		signal(SIGPIPE, on_pipe);
	}
	apr_pool_destroy(wanted.pool);
	return status;
}
