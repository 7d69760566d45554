# The site in a real browser, Debian's Chromium: t/browser/*.test.js, each a
# program that says its own TAP.  The long form looks at each page at more widths, at
# all of them in both colour schemes, and with scripts off, too.  One of the programs
# alone, with a site that has the people below:
#
#	NODE_PATH=build/npm/browser/node_modules MINITWIT_URL=http://127.0.0.1:5000 \
#		node t/browser/people.test.js

use strict;
use warnings;
use utf8;
use File::Glob qw(bsd_glob);
use File::Temp qw(tempdir);
use IPC::Open2;
use Test::More;
use World;

my $root = World::root();

# Quotes, markup, both directions, and what has no place to break.
my @messages = (
	(map {"Message $_"} 1 .. 32),
	'<b>"Bold"</b> & \'quoted\'', "two\nlines", 'x' x 1000,
	"\x{202e}from right to left", "\x{5f90}\x{6587}", "\x{1f600}" x 60,
	'https://example.org/' . 'path/' x 40, '@Ann, @Nobody',
);

my $modules = "$root/build/npm/browser/node_modules";
-e "$modules/.package-lock.json"
    or BAIL_OUT('the npm packages are missing: `make npm` installs them');

my $world = World->new;
$world->register($_) for 'Ann', 'Bob', 'Nell', 'Newcomer', 'W' x 64;
$world->api(POST => "/msgs/$_->[0]", { content => $_->[1] })
    for [ 'W' x 64, 'A name without a blank' ], map { [ 'Bob', $_ ] } @messages;
# guessing is not what these are about
$world->sql('UPDATE attempt_limits SET free = 1000000');

# What Chromium keeps goes with the test.
local %ENV = (%ENV, HOME => tempdir(CLEANUP => 1),
	NODE_PATH => $modules,
	MINITWIT_URL => $world->url);

# One browser for all; it ends when $input is closed, however this test ends.
my $server = open2(my $address, my $input, 'node', "$root/t/browser/server.js");
chomp($ENV{MINITWIT_CHROMIUM} = <$address>);

for my $test (bsd_glob "$root/t/browser/*.test.js") {
	subtest $test =~ s{.*/}{}r => sub {
		# once in many runs Chromium hangs
		open my $tap, '-|', 'timeout', 7200, 'node', $test
		    or die "no node: $!";
		while (my $line = <$tap>) {
			chomp $line;
			$line =~ /^(not )?ok \d+ - (.*)/ ? ok !$1, $2
			    : $line =~ /^# (.*)/ ? diag $1
			    : note $line;
		}
		close $tap;
		is $?, 0, 'it came to its end, and all was well';
	};
}

close $input;
waitpid $server, 0;
done_testing;
