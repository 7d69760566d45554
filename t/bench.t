# What `make bench` measures with: its data set fits the tables as they are.

use strict;
use warnings;
use Shell qw(run);
use Test::More;
use World;

my $world = World->new;
local %ENV = (%ENV, $world->db_env);
my @dataset = (World::root() . '/t/bench/dataset', 1000, 3000);
is_deeply [ run(@dataset) ], [ '', 0 ], 'a data set';
like((run(@dataset))[0], qr/the database is not empty/, 'it replaces no other');
is $world->sql('SELECT count(*) FROM messages'), 3000, 'its messages are there';
is $world->get('/public')->{status}, 200, '... and read';
is $world->get('/User%201')->{status}, 200, '... those of one user, too';

done_testing;
