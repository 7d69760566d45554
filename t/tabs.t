# Open timelines that ask for news as htdocs/asset/script.js does (t/bench/tabs), beside a
# user who reads and one who posts: every request is answered with 200, and no tab hears
# of fewer new messages than before.  The times are printed, but decide nothing.
#
# The short form has 50 tabs for six seconds, the long form a thousand for a minute.

use strict;
use warnings;
use Shell qw(run);
use Test::More;
use World;

my ($tabs, $seconds) = $ENV{LONG} ? (1000, 60) : (50, 6);
# however busy the machine is
my $world = World->new(settings => 'TurnsLongestWait 60000');
my ($table, $status) =
    run(World::root() . '/t/bench/tabs', $world->url, $tabs, $seconds);
is $status, 0, 'it comes to its end';
diag $table;

my ($without, $with) = map { (split / \| /)[-1] } (split /\n/, $table)[-2, -1];
is $without, ' |', 'others are served without tabs';
like $with, qr/^200: [1-9]\d* \|$/, "... and with $tabs, as these are";
is $world->sql(q{SELECT count(*) > 1 AND count(*) = count(DISTINCT text)
	FROM messages}), 't', 'each message is there once';
is_deeply [ grep { $_->{level} ne 'info' } $world->lines_of('error') ], [],
    'no program has logged a fault';
done_testing;
