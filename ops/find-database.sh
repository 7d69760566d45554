# find-database.sh -- what the scripts of bin/ read to find the database: the
# private one in STATE, which is var/ or, for root, /var/lib/minitwit; unless
# libpq's own variables say otherwise.  They have set root to the folder that
# bin/ is in.
# shellcheck shell=sh

case ${STATE:=$([ "$(id -u)" = 0 ] && echo /var/lib/minitwit || echo "$root/var")} in
/*) ;;
*) STATE=$PWD/$STATE ;;
esac
export PGHOST="${PGHOST:-$STATE/run}" PGDATABASE="${PGDATABASE:-minitwit}"
export PGCLIENTENCODING=UTF8
