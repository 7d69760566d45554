#!/usr/bin/perl
# Each allocation of a program in turn fails, and then all from one on: no crash,
# no hang, and never a change that was acknowledged and not made.
#
# Here every seventeenth of them, of libcrypto's thousands fewer; ALLOCATIONS=all takes
# each, as `make attack` does.

use strict;
use warnings;
use File::Temp;
use FindBin;
use lib "$FindBin::Bin/../cgi";
use Program;
use Requests;
use Test::More;
use World;

plan skip_all => 'a sanitizer has an allocator of its own' if $ENV{SANITIZE};

my $world = World->new;
my @requests = Requests::of($world);
# these requests are not about the limits
$world->sql('UPDATE attempt_limits SET free = 1000000');
my $each = ($ENV{ALLOCATIONS} // '') eq 'all';
my $failed = File::Temp->new;
my $total = 0;

# How much there was to take back.
sub undo {
	my ($request) = @_;
	return $request->{undo} ? $world->sql($request->{undo}) : 0;
}

# The same programs, linked with t/attack/failing_malloc.c.
$ENV{BUILD} = World::build() . '/t/attack/failing';

# How far it is to the next one to fail.  The first hundred are libpq's.
sub step {
	my ($at, $all) = @_;
	return $at > 100 ? 997 : 17 if !$each;
	return $at > 100 && $all ? 50 : 1;
}

# The byte that says so, or has said so.
sub tell_failed {
	my ($byte) = @_;
	sysseek $failed, 0, 0;
	if (defined $byte) {
		syswrite $failed, $byte;
	} else {
		sysread $failed, $byte, 1;
	}
	return $byte;
}

# One run; undef when it asked for fewer allocations than that.
sub without {
	my ($request, %which) = @_;
	tell_failed("\0");
	my $answer = $world->cgi(@{ $request->{cgi} }, %which,
		FAIL_TELL => $failed->filename);
	return tell_failed() eq "\1" ? $answer : undef;
}

# What is wrong with an answer, or ''.
sub fault_of {
	my ($request, $answer, $all) = @_;
	my $done = undo($request);
	my $signal = $answer->{exit} & 127;

	return "signal $signal" if $signal;
	# so little is left that the web server has to say it
	return $answer->{stderr} =~ /"level":"(?:error|warning)"/ ? '' : 'no log'
	    if $answer->{raw} eq '' && $all && $answer->{exit};
	my $fault = Program::fault_of($answer);
	return $fault if $fault;
	if ($answer->{status} =~ /^50[03]$/) {
		return 'no log' if $answer->{stderr} !~ /"level":"(?:error|warning)"/;
		return 'tells why' if $answer->{content} =~ /memory|libpq|SELECT/;
		return '';
	}
	return "status $answer->{status}" if $answer->{status} != $request->{status};
	return 'acknowledged, but not done' if $request->{undo} && $done != 1;
	return '';
}

for my $i (0 .. $#requests) {
	my $request = $requests[$i];
	my (%faults, %statuses);
	my $runs = 0;

	for my $all (0, 1) {
		for (my $at = 1 + $i % step(1);; $at += step($at, $all)) {
			my $answer = without($request, FAIL_AT => $at,
				$all ? (FAIL_ON => 1) : ());
			last if !$answer;
			my $fault = fault_of($request, $answer, $all);
			push @{ $faults{$fault} }, $at if $fault;
			$statuses{ $answer->{status} // 'none' }++;
			$runs++;
		}
	}
	is_deeply \%faults, {}, $request->{name};
	note "$runs runs: ",
	    join ', ', map {"$_ $statuses{$_} times"} sort keys %statuses;
	$total += $runs;
}
diag "$total allocations failed" if $each;

done_testing;
