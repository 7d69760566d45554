# The fuzz entries: the kept corpus of each once, and a fixed number of inputs made
# of it, the same each time; fifty times as many in the long form.  `make attack` goes on
# for longer.
#
# An input that fails is written to build/attack/; to see why,
#
#	build/fuzz/json_read build/attack/json_read-crash-...
#
# When it is mended, the input belongs into t/fuzz/corpus/json_read/, and a row
# into the unit test.

use strict;
use warnings;
use File::Basename qw(basename);
use File::Glob qw(bsd_glob);
use File::Path qw(make_path);
use File::Temp qw(tempdir);
use Test::More;
use World;

my $root = World::root();
my $attack = "$root/build/attack";
make_path($attack);

for my $source (bsd_glob "$root/t/fuzz/*.c") {
	my $entry = basename($source, '.c');
	my $corpus = "$root/t/fuzz/corpus/$entry";
	my $dictionary = "$root/t/fuzz/dict/$entry.dict";
	my $grown = tempdir('minitwit-XXXXXX', TMPDIR => 1, CLEANUP => 1);

	# libFuzzer itself ends an input that takes too long
	open my $output, '-|', 'sh', '-c', 'exec "$@" 2>&1', 'sh',
	    "$root/build/fuzz/$entry", '-runs=' . ($ENV{LONG} ? 100_000 : 2_000),
	    qw(-seed=1 -len_control=0 -max_len=1500),
	    (-e $dictionary ? "-dict=$dictionary" : ()),
	    "-artifact_prefix=$attack/$entry-", $grown, $corpus
	    or die "no sh: $!";
	my $said = do { local $/ = undef; <$output> };
	close $output;
	ok $? == 0, $entry or diag $said;
	my @kept = bsd_glob "$corpus/*";
	cmp_ok scalar @kept, '>', 0, "... has a corpus";
}

done_testing;
