package Simulator;

# The simulator's scenario at full speed, by bin/simulator: so many actions at a
# time, 0.3 s for each answer, and afterwards the question whether all is there
# that was acknowledged.

use strict;
use warnings;
use utf8;
use Carp qw(croak);
use JSON::PP;
use POSIX ();
use FindBin;
use lib $FindBin::Bin;
use Report qw(table number whole);

# Runs it against a site, for at most so many seconds; the database is the one
# behind that.  Options are those of bin/simulator.  Gives actions, rps, p50, p99, max
# (milliseconds), cpu, errors, verified, cut (true when the time was up), and the
# simulator's own report.
sub scenario {
	my ($stack, $url, $database, $seconds, @options) = @_;
	my $file = $stack->folder . '/simulator.json';
	make_room($stack, $database);
	my $cpu = $stack->cpu;
	my $load_cpu = children_cpu();

	unlink $file;
	my $pid = fork // croak $!;
	if (!$pid) {
		open STDOUT, '>&', \*STDERR;
		exec $stack->root . '/bin/simulator', '--url', $url, '--verify',
		    '--json', $file, @options or POSIX::_exit(1);
	}
	# the simulator then verifies what it has done so far
	my $cut = 0;
	local $SIG{ALRM} = sub { $cut = kill TERM => $pid };
	alarm $seconds;
	waitpid $pid, 0;
	alarm 0;
	$stack->settle;
	my $used = $stack->cpu - $cpu;
	$used -= children_cpu() - $load_cpu if !$stack->counts_exactly;
	open my $in, '<', $file or return { failed => 'no report' };
	my $report = decode_json(do { local $/ = undef; <$in> });
	my $all = $report->{all};
	return {
		cut => $cut,
		actions => $all->{count},
		rps => $report->{actions_per_second},
		p50 => 1000 * $all->{p50_seconds},
		p99 => 1000 * $all->{p99_seconds},
		max => 1000 * $all->{max_seconds},
		cpu => 1e6 * $used / ($all->{count} || 1),
		errors => $all->{errors},
		verified => $report->{verify}{ok} ? 1 : 0,
		report => $report,
	};
}

sub children_cpu {
	my @times = times;
	return $times[2] + $times[3];
}

# The users of the time before make room for those of the same names.
sub make_room {
	my ($stack, $database) = @_;
	$stack->sql($database, q{UPDATE users
		SET username = left(username, 40) || ' before ' || user_id
		WHERE username NOT LIKE '% before %'
		AND username !~ '^(User|follows|bench) \d|^author million'});
	return;
}

sub as_table {
	my ($runs) = @_;
	return table([
		'scenario', 'actions', 'actions/s', 'p50 ms', 'p99 ms', 'max ms',
		'CPU µs', 'errors', 'verified',
	], map {
		my ($title, $run) = @$_;
		$run->{failed} ? [ $title, $run->{failed} ] : [
			$title, whole($run->{actions}),
			(map { number($run->{$_}) } qw(rps p50 p99 max cpu)),
			$run->{errors}, $run->{verified} ? 'yes' : 'NO',
		];
	} @$runs);
}

1;
