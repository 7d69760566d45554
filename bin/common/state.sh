# shellcheck shell=bash
# state.sh -- what the administrators' programs know of a private MiniTwit: where
# its state is, whose the servers are, and how to write files of theirs.
# source_dir is known before.
#
# shellcheck disable=SC2034 # used by who reads it

pg_bin=/usr/lib/postgresql/15/bin
# Debian's psql is a Perl script that starts the one in here.
PATH=$pg_bin:$PATH

if [ "$(id -u)" = 0 ]; then
	state=${STATE:-/var/lib/minitwit}
	owner=www-data
	as_owner=(setpriv --reuid="$owner" --regid="$owner" --clear-groups
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

# own_folder PATH MODE -- one that the servers may write to.
own_folder() {
	[ ! -L "$1" ] && install -d -m "$2" "${as_owners[@]}" "$1"
}

# Writes stdin to a file of the servers'.
write() {
	"${as_owner[@]}" tee "$@" >/dev/null
}
