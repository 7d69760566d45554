package Starts;

# What it costs to start a program here: t/bench/empty.c, by t/bench/spawn.c.

use strict;
use warnings;
use utf8;
use Carp qw(croak);
use Cwd qw(abs_path);
use File::Basename qw(dirname);
use FindBin;
use lib $FindBin::Bin;
use Report qw(median number);

my $here = abs_path(dirname(__FILE__));
my ($CHEAP, $EXPENSIVE) = (200, 500); # µs

# Compiles both programs in a folder.
sub build {
	my ($folder) = @_;
	my @compile = ($ENV{CC} || 'gcc', '-std=c11', '-D_DEFAULT_SOURCE', '-O2');

	run(@compile, "$here/spawn.c", '-o', "$folder/spawn");
	run(@compile, '-static', '-nostdlib', '-e', 'start', "$here/empty.c",
		'-o', "$folder/empty");
	return;
}

sub run {
	my (@command) = @_;
	system(@command) == 0 or croak "failed: @command";
	return;
}

# Returns { one, all, cores, kind }: the median wall time of a start in
# microseconds, one at a time and as many at once as there are cores, and of which
# kind that makes the machine.
sub measure {
	my ($folder, $count) = @_;
	my $cores = cores();
	my ($one) = medians($folder, $count, 1);

	return {
		one => $one,
		all => median(medians($folder, $count, $cores)),
		cores => $cores,
		kind => kind($one),
	};
}

sub kind {
	my ($one) = @_;
	return $one < $CHEAP ? 'cheap (an empty program takes under 0.2 ms)'
	    : $one > $EXPENSIVE ? 'expensive (an empty program takes over 0.5 ms)'
	    : 'between cheap (under 0.2 ms) and expensive (over 0.5 ms)';
}

sub cores {
	my $cores = qx(nproc);
	return $cores + 0;
}

# The medians of that number of spawns that run at once.
sub medians {
	my ($folder, $count, $at_once) = @_;
	my @running = map {
		open my $out, '-|', "$folder/spawn", $count, "$folder/empty"
		    or croak "$folder/spawn: $!";
		$out;
	} 1 .. $at_once;
	return map { readline($_) + 0 } @running;
}

# Two rows for a table that describes the machine.
sub rows {
	my ($starts) = @_;
	return (
		[ 'start of an empty program', sprintf
			'%s µs one at a time, %s µs with %d at a time',
			number($starts->{one}), number($starts->{all}),
			$starts->{cores} ],
		[ 'process starts are', $starts->{kind} ],
	);
}

1;
