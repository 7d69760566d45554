# shellcheck shell=bash disable=SC2154 # source_dir is the caller's
#
# database.sh -- the database that a program of bin/ means: the private one in
# STATE, unless libpq's own variables say otherwise.  source_dir is known before.

# shellcheck source-path=SCRIPTDIR source=state.sh
. "$source_dir/bin/common/state.sh"
export PGHOST="${PGHOST:-$state/run}" PGDATABASE="${PGDATABASE:-minitwit}"
export PGCLIENTENCODING=UTF8
