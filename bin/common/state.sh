# shellcheck shell=bash
# state.sh -- what the administrators' programs know of a private MiniTwit: where
# its state is, whose the servers are, and how to write files of theirs.
# source_dir is known before.
#
# shellcheck disable=SC2034 # used by who reads it

pg_bin=/usr/lib/postgresql/15/bin
# Debian's psql is a Perl script that starts the one in here.
PATH=$pg_bin:$PATH

# Other programs get the variables that mean something to them, and not the rest of
# root's environment.  bash would hand on functions, and names that it cannot unset.
environment=()
while read -r -d '' variable; do
	case ${variable%%=*} in
	PATH | HOME | SUDO_USER | LANG | LC_* | TERM | TZ | TMPDIR | *SAN_OPTIONS) ;;
	STATE | HOST | PORT | API_PORT | TLS_PORT | TRUSTED_PROXIES | ALLOWED_ADDRESSES) ;;
	MINITWIT_* | MONITOR_* | PG* | BACKUP_REPO | LONGEST_STATEMENT) ;;
	BUILD | CC | LINK | SANITIZE | MAKEFLAGS | MFLAGS | MAKELEVEL) ;;
	PWD | OLDPWD | SHLVL | _) ;; # bash's own
	*)
		is_unclean=1
		continue
		;;
	esac
	environment+=("$variable")
done </proc/self/environ
[ -z "${is_unclean:-}" ] || exec env -i "${environment[@]}" "$BASH" "$0" "$@"

if [ "$(id -u)" = 0 ]; then
	state=${STATE:-/var/lib/minitwit}
	# a state directory of an earlier release belongs to www-data
	owner=$(stat -c %U "$state/run" 2>/dev/null) || owner=minitwit
	[ "$owner" = www-data ] || owner=minitwit
	# without root's terminal, which could be made to type (TIOCSTI)
	as_owner=(setsid --wait setpriv --reuid="$owner" --regid="$owner" --clear-groups
		env --chdir=/ HOME=/nonexistent)
	as_owners=(--owner="$owner" --group="$owner")
else
	state=${STATE:-$source_dir/var}
	owner=$(id -un)
	as_owner=()
	as_owners=()
fi
# the processes are found by it as it is written, with or without a slash at its end
state=$(realpath -ms -- "$state")
host=${HOST:-127.0.0.1}

# The site's, in a URL.
url_host() {
	case $host in
	0.0.0.0 | ::) echo localhost ;;
	*:*) echo "[$host]" ;;
	*) echo "$host" ;;
	esac
}

# Also to a terminal that is gone.
say() {
	echo "minitwit: $*" >&2 || :
}

fail() {
	say "$@"
	exit 1
}

# Creates the servers' user if root needs it and the system does not have it.
need_owner() {
	id -u "$owner" >/dev/null 2>&1 ||
		useradd --system --user-group --no-create-home \
			--home-dir /nonexistent --shell /usr/sbin/nologin "$owner" ||
		fail "the system user $owner could not be created."
}

# Root does nothing below a directory of the servers' user except as that user, who
# could put a symbolic link in the way at any moment.

# own_folder PATH MODE -- makes a directory of the servers' user.
own_folder() {
	if [ "$(stat -c %U "${1%/*}" 2>/dev/null)" = "$owner" ]; then
		"${as_owner[@]}" install -d -m "$2" "$1"
	else
		[ ! -L "$1" ] && install -d -m "$2" "${as_owners[@]}" "$1"
	fi
}

# remove_folder PATH -- removes a directory of the servers' user from one of root's.
remove_folder() {
	[ ! -e "$1" ] || {
		"${as_owner[@]}" find "$1" -mindepth 1 -delete && rmdir "$1"
	}
}

# Writes stdin to a file of the servers'.
write() {
	"${as_owner[@]}" tee "$@" >/dev/null
}
