# What `make bench` measures with: its data set fits the tables as they are, its rows
# get right answers, and its run time is divided among its parts.

use strict;
use warnings;
use File::Temp qw(tempdir);
use FindBin;
use Shell qw(run);
use Test::More;
use World;

use lib "$FindBin::Bin/bench";
use Budget;
use Load;
use Rows;

my $world = World->new;
local %ENV = (%ENV, $world->db_env);
my @dataset = (World::root() . '/t/bench/dataset', 1000, 3000);
is_deeply [ run(@dataset) ], [ '', 0 ], 'a data set';
like((run(@dataset))[0], qr/the database is not empty/, 'it replaces no other');
is $world->sql('SELECT count(*) FROM messages'), 3000, 'its messages are there';

my $load = Load->new(folder => tempdir(CLEANUP => 1));
my $rows = Rows->new(url => $world->url, users => 1000,
	simulator => [ 'simulator', 'super_safe!' ]);
for my $row ($rows->usual, $rows->special) {
	ok eval { $load->check($row) }, "the right answer: $row->{title}"
	    or diag $@;
}

# --- the run's time limit, by a clock of the test's own ---

my $now = 0;
my $budget = Budget->new(limit => 110, reserve => 10, clock => sub {$now},
	parts => [ one => 1, two => 3, three => 1 ]);
$budget->begin('one');
is $budget->left, 20, 'a part gets its share, without the reserve';
ok $budget->has_time(20), '... for a measurement that fits';
ok !$budget->has_time(21), '... and not for a longer one';
$now = 60;
$budget->begin('two');
is $budget->left, 30, 'a part that took longer leaves less to the others';
$budget->leave_out('round 3');
$now = 61;
$budget->begin('three');
is $budget->left, 39, 'the last part gets what the others did not use';
$now = 101;
ok !$budget->has_time(0), 'the reserve is for no part';
is_deeply [ $budget->left_out ], ['two: round 3'], 'what was left out is listed';

done_testing;
