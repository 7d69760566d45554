package Load;

# Puts a row under load with wrk, and gives what came of it.
#
#	my $load = Load->new(stack => $stack, seconds => 1);
#	my $result = $load->run($row, connections => 16);
#
# A result has rps, p50, p99 and max (milliseconds), and what wrk has counted:
# answers, statuses, busy (503s with Retry-After), wrong and errors.  run() adds
# cpu (microseconds of all the stack's processes per request) and cpu_of (the same
# by server).  Servers that are not a Stack's have a folder instead of it, and
# measure() alone.

use strict;
use warnings;
use Carp qw(croak);
use Cwd qw(abs_path);
use File::Basename qw(dirname);
use IO::Socket::INET;
use JSON::PP;
use List::Util qw(max sum0);
use Time::HiRes qw(sleep time);

my $script = abs_path(dirname(__FILE__)) . '/load.lua';

# Numbers that were not used before, in this run of the benchmark.
my $next_number = 1;
# The slowest server to be met answers so many; more are never needed.
my $NUMBERS_A_SECOND = 20_000;

sub new {
	my ($class, %self) = @_;
	$self{folder} //= $self{stack}->folder;
	return bless \%self, $class;
}

# $row->{requests} as a file for load.lua.
sub write_requests {
	my ($self, $row, $close) = @_;
	my $file = "$self->{folder}/requests";

	open my $out, '>:raw', $file or croak "$file: $!";
	print {$out} with_connection($_, $close), "\0"
	    for @{ $row->{requests} };
	close $out or croak "$file: $!";
	return $file;
}

sub with_connection {
	my ($request, $close) = @_;
	return $request if !$close;
	return $request =~ s/\r\n\r\n/\r\nConnection: close$&/r;
}

# One request of the row's; complains unless the answer is right.
sub check {
	my ($self, $row) = @_;
	my ($host, $port) = $row->{url} =~ m{//(.*):(\d+)};
	my $number = sprintf '%08d', $next_number++;
	my $request = with_connection($row->{requests}[0], 1) =~
	    s/\{number\}/$number/gr;
	my $socket = IO::Socket::INET->new(PeerAddr => $host, PeerPort => $port,
		Timeout => 20) or croak "$row->{url}: $!";

	print {$socket} $request;
	my $answer = read_answer($socket);
	my ($status) = $answer =~ m{^HTTP/1.1 (\d+)};
	return $answer if ($status // 0) == $row->{status}
	    && $answer =~ $row->{like};
	croak "$row->{title}: not the answer that it should be:\n"
	    . substr $answer, 0, 2000;
}

# To its end, as its length says; Apache may close the connection later.
sub read_answer {
	my ($socket) = @_;
	my $answer = '';
	my $end;

	while (!defined $end || length $answer < $end) {
		sysread $socket, $answer, 1 << 16, length $answer or last;
		next if defined $end || $answer !~ /\r\n\r\n/;
		my $head = $+[0];
		$end = $head + $1 if $answer =~ /^Content-Length: (\d+)/mi;
		$end = $head if $answer =~ /^\S+ 204 /;
	}
	return $answer;
}

# Puts the row under load.  Options: seconds, connections (16), close (a new
# connection for each request) and count (of each status).
sub measure {
	my ($self, $row, %options) = @_;
	my $seconds = $options{seconds} // $self->{seconds};
	my $file = $self->write_requests($row, $options{close});
	my $first = $next_number;
	my $count = $options{count} || $row->{status} == 302;

	$next_number += int $seconds * $NUMBERS_A_SECOND;
	my ($wrk_cpu, $result) = wrk($seconds, '-t1',
		'-c' . ($options{connections} // 16), '-d600s',
		'--timeout', '10s', '-s', $script, $row->{url}, '--', $file,
		$first, $count ? 'count' : ());
	return {
		%$result,
		rps => $result->{answers} / $result->{seconds},
		p50 => $result->{p50} / 1000,
		p99 => $result->{p99} / 1000,
		max => $result->{max} / 1000,
		wrk_cpu => $wrk_cpu,
		errors => sum0(@$result{qw(connect read write timeout)}),
		wrong => $count
		? wrong($result, $row->{status})
		: $result->{bad},
	};
}

# The same on a quiet stack, with the processor time that it takes.  The option
# after is called when the load ends.
sub run {
	my ($self, $row, %options) = @_;
	my $stack = $self->{stack};

	$stack->answered;
	my ($cpu, $of) = ($stack->cpu, $stack->cpu_of_servers);
	my $result = $self->measure($row, %options);
	$options{after}->() if $options{after};
	$stack->settle;
	my $served = max(1, $stack->answered, $result->{answers});
	my $used = $stack->cpu - $cpu;
	$used -= $result->{wrk_cpu} if !$stack->counts_exactly;
	my $now = $stack->cpu_of_servers;
	my %each = map { $_ => $now->{$_} - $of->{$_} } keys %$of;
	$each{programs} = max(0, $used - sum0 values %each);

	return {
		%$result,
		cpu => 1e6 * $used / $served,
		cpu_of =>
		    { map { $_ => 1e6 * $each{$_} / $served } keys %each },
	};
}

# Answers with a status that is not the one; "busy" is one that may be.
sub wrong {
	my ($result, $right) = @_;
	my %statuses = %{ $result->{statuses} };
	delete $statuses{$right};
	return sum0(values %statuses) - $result->{busy};
}

# Runs wrk for so long, to parts of a second: it ends well on SIGINT.
sub wrk {
	my ($seconds, @arguments) = @_;
	my $cpu_before = sum0((times)[ 2, 3 ]);
	# as many open files as there may be: each connection is one
	my $pid = open my $out, '-|', 'sh', '-c',
	    'ulimit -n $(ulimit -Hn); exec wrk "$@"', 'wrk', @arguments
	    or croak "no wrk: $!";

	my $end = time + $seconds;
	while ((my $left = $end - time) > 0) {
		sleep $left;
	}
	kill INT => $pid;
	my $said = do { local $/ = undef; <$out> } // '';
	close $out;
	my ($line) = $said =~ /^(\{.*\})$/m
	    or croak "wrk has nothing to say: $said";
	return (sum0((times)[ 2, 3 ]) - $cpu_before, decode_json($line));
}

1;
