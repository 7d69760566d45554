package Browser;

# The site in a real browser, Debian's Chromium: runs t/browser/NAME.test.js, which
# prints its own TAP, for t/browser/NAME.t.  One of these programs alone, with a site
# that has the users below:
#
#	NODE_PATH=build/npm/browser/node_modules MINITWIT_URL=http://127.0.0.1:5000 \
#		node t/browser/people.test.js

use strict;
use warnings;
use utf8;
use File::Basename qw(basename);
use File::Temp qw(tempdir);
use IPC::Open2;
use Test::More;
use World;

my $root = World::root();

# Quotes, markup, both directions, and text without a place to break.
my @messages = (
	(map {"Message $_"} 1 .. 32),
	'<b>"Bold"</b> & \'quoted\'', "two\nlines", 'x' x 1000,
	"\x{202e}from right to left", "\x{5f90}\x{6587}", "\x{1f600}" x 60,
	'https://example.org/' . 'path/' x 40, '@Ann, @Nobody',
);

# Runs the program of the same name as the running test.
sub run {
	my $test = "$root/t/browser/" . basename($0, '.t') . '.test.js';
	my $modules = "$root/build/npm/browser/node_modules";
	-e "$modules/.package-lock.json"
	    or BAIL_OUT('the npm packages are missing: `make npm` installs them');
	my $world = World->new;

	$world->register($_) for 'Ann', 'Bob', 'Nell', 'Newcomer', 'W' x 64;
	$world->api(POST => "/msgs/$_->[0]", { content => $_->[1] })
	    for [ 'W' x 64, 'A name without a blank' ],
	    map { [ 'Bob', $_ ] } @messages;
	# these tests are not about the limits
	$world->sql('UPDATE attempt_limits SET free = 1000000');

	# What Chromium stores is deleted with the test.
	local %ENV = (%ENV, HOME => tempdir(CLEANUP => 1),
		NODE_PATH => $modules, MINITWIT_URL => $world->url);
	# Chromium ends when $input is closed, however this test ends.
	my $server = open2(my $address, my $input, 'node',
		"$root/t/browser/server.js");
	chomp($ENV{MINITWIT_CHROMIUM} = <$address>);

	# once in many runs Chromium hangs
	open my $tap, '-|', 'timeout', 7200, 'node', $test or die "no node: $!";
	while (my $line = <$tap>) {
		chomp $line;
		$line =~ /^(not )?ok \d+ - (.*)/ ? ok !$1, $2
		    : $line =~ /^# (.*)/ ? diag $1
		    : note $line;
	}
	close $tap;
	is $?, 0, 'it came to its end, and all was well';
	close $input;
	waitpid $server, 0;
	done_testing;
	return;
}

1;
