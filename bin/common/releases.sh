# shellcheck shell=bash disable=SC2154 # state is minitwitctl's
#
# releases.sh -- releases side by side, for minitwitctl and deploy, which source
# it.
#
#	STATE/releases/NAME      a release, as `make install` makes it, but for:
#		asset            its own assets; htdocs/asset leads to all
#		before           the release that it took the place of
#	STATE/site               leads to the one that runs
#	STATE/assets             the assets of all of them: pages of one are still
#	                         in browsers when another one runs
#	STATE/settings/ID        leads to what Apache serves with the settings ID
#
# A program, a page or an asset is found by STATE/settings/ID/..., and that is
# STATE/site as long as the release there has the settings that Apache has read.
# So one rename exchanges all of them at once.  When the settings change, the
# old ID is first tied to the old release, and the new one is for the Apache that
# is started then: no request is ever served by settings of one release and
# programs of the other.  Whatever is killed in the midst of it, the old release or
# the new one runs, whole.

# Nobody else adds, exchanges or removes releases meanwhile.
lock_releases() {
	mkdir -p "$state/releases"
	chmod 0755 "$state/releases"
	exec 8<"$state/releases"
	flock --nonblock 8
}

unlock_releases() {
	exec 8<&-
}

# link TO PATH -- a symbolic link, in the place of the one that is there.
link() {
	ln -sfn "$1" "$2.new" && mv -fT "$2.new" "$2"
}

# The release that runs; nothing where there is none.
current_release() {
	local path
	path=$(readlink "$state/site") && echo "${path##*/}"
}

settings_of() {
	sed 's|.*/settings/\(.*\)"$|\1|' "$state/releases/$1/apache/release.conf"
}

# All that Apache itself reads; the sources of its modules it does not.
settings_id() {
	(
		cd "$1" || exit
		find . -type f ! -name '*.[ch]' ! -name release.conf -print0 | sort -z |
			xargs -0 sha256sum | sha256sum | cut -c 1-12
	)
}

# A name that is later than all others, and says what is in it.
name_release() {
	local time version
	version=$(git -C "$1" describe --always --dirty 2>/dev/null) || version=
	version=${2:-$version}
	while time=$(date -u +%Y%m%d-%H%M%S) &&
		compgen -G "$state/releases/$time*" >/dev/null; do
		sleep 0.1
	done
	echo "$time${version:+-${version//[^A-Za-z0-9._-]/_}}"
}

# make_release FROM TO -- of a checkout, or of a folder that was made by `make
# install`, or of another release.
make_release() {
	if [ -e "$1/GNUmakefile" ]; then
		make --no-print-directory --silent -C "$1" install \
			DESTDIR= prefix="$2" 8>&- || return
	else
		cp -RH "$1" "$2" || return # where it is a link, what that leads to
	fi
	if [ -e "$2/asset" ]; then
		rm -rf "$2/htdocs/asset" "$2/before"
	else
		mv "$2/htdocs/asset" "$2/asset" || return
	fi
	ln -s ../../../assets "$2/htdocs/asset" &&
		echo "Define MINITWIT_SITE \"\${MINITWIT_STATE}/settings/$(
			settings_id "$2/apache"
		)\"" >"$2/apache/release.conf" &&
		# where root's umask is strict, too
		chmod -R a+rX "$2"
}

# share_assets RELEASE -- they are there before the first page asks for them.
share_assets() {
	local name
	for name in "$1"/asset/*; do
		name=${name##*/}
		[ ! -e "$state/assets/$name" ] || continue
		cp -p "$1/asset/$name" "$state/assets/.new" &&
			mv -f "$state/assets/.new" "$state/assets/$name" || return
	done
}

# install_release FROM NAME -- the release is there when it is whole.
install_release() {
	local new=$state/releases/.new
	rm -rf "$new"
	mkdir -p "$state/assets" "$state/settings"
	chmod 0755 "$state/assets" "$state/settings"
	make_release "$1" "$new" && share_assets "$new" &&
		mv -T "$new" "$state/releases/$2"
}

# Lets a release run.  Where its settings are others, Apache goes on with the old
# ones, and the old release, until it is restarted.  False where no link can be
# made; from a trap, `return` alone would not say so.
switch_to() {
	local before id
	id=$(settings_of "$1")
	if before=$(current_release) && [ "$(settings_of "$before")" = "$id" ]; then
		link ../site "$state/settings/$id" || return 1
	else
		[ -z "$before" ] || link "../releases/$before" \
			"$state/settings/$(settings_of "$before")" || return 1
		link "../releases/$1" "$state/settings/$id" || return 1
	fi
	link "releases/$1" "$state/site" && link ../site "$state/settings/$id"
}

are_same_release() {
	diff -rq --exclude=before "$state/releases/$1" "$state/releases/$2" \
		>/dev/null
}

# The one that a release took the place of, if that is still there.
release_before() {
	local name
	name=$(cat "$state/releases/$1/before" 2>/dev/null) &&
		[ -d "$state/releases/$name" ] && echo "$name"
}

# Keeps so many releases, with the one that runs and the one before it.
remove_old_releases() {
	local current name path kept
	current=$(current_release)
	kept=$(
		echo "$current"
		release_before "$current" || :
		find "$state/releases" -mindepth 1 -maxdepth 1 -name '[0-9]*' \
			-printf '%f\n' | sort -r
	)
	kept=$(awk -v most="$1" '!seen[$0]++ && ++kept <= most' <<<"$kept")
	for path in "$state"/releases/[0-9]*; do
		grep -qxF "${path##*/}" <<<"$kept" || rm -rf "$path"
	done
	for path in "$state"/settings/*; do
		[ -e "$path" ] || rm -f "$path"
	done
	for path in "$state"/assets/*; do
		name=${path##*/}
		compgen -G "$state/releases/*/asset/$name" >/dev/null ||
			rm -f "$path"
	done
}
