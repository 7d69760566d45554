package Overload;

# More and more connections: what is still answered, how fast it is again when
# they are gone, and whether all is there that was acknowledged.

use strict;
use warnings;
use utf8;
use Carp qw(croak);
use IO::Socket::INET;
use List::Util qw(max sum0);
use FindBin;
use lib $FindBin::Bin;
use Report qw(table median number whole ratio);
use Time::HiRes qw(time);

# One round at one level.  Beside the result of Load: ok, busy, other (answers a
# second of each kind; other has a status that nobody asked for), again_p50 and
# again_max (milliseconds of single requests in the second after the load, each
# on a new connection), lost and twice (messages).
sub run {
	my ($stack, $load, $row, $connections, $seconds) = @_;
	my $ledger = $row->{kind} eq 'post' ? open_ledger($stack) : undef;
	my @again;
	my $result = $load->run($row, connections => $connections,
		seconds => $seconds, count => 1,
		after => sub { @again = single_requests($load, $row, 1) });
	my %statuses = %{ $result->{statuses} };
	my $ok = delete $statuses{ $row->{status} } // 0;

	return {
		%$result,
		ok => $ok / $result->{seconds},
		busy => $result->{busy} / $result->{seconds},
		other => sum0(values %statuses) - $result->{busy},
		again_p50 => median(@again),
		again_max => max(@again),
		again_first => $again[0],
		$ledger ? close_ledger($stack, $ledger, $ok) : (),
	};
}

# Requests one after the other for so many seconds; milliseconds of each.
sub single_requests {
	my ($load, $row, $seconds) = @_;
	my $end = time + $seconds;
	my @times;

	while (time < $end) {
		my $start = time;
		# one that is still refused is not an answer
		eval { $load->check($row) } or next;
		push @times, 1000 * (time - $start);
	}
	return @times;
}

# --- nothing acknowledged is lost ---

# Apache's log has the number of each message whose 204 it sent, also of those
# that arrived nowhere because the client had gone.
sub open_ledger {
	my ($stack) = @_;
	open my $log, '<', $stack->world->state . '/log/ledger' or croak $!;
	seek $log, 0, 2;
	return {
		log => $log,
		after => $stack->sql('minitwit',
			'SELECT coalesce(max(message_id), 0) FROM messages'),
	};
}

sub close_ledger {
	my ($stack, $ledger, $acknowledged) = @_;
	my $log = $ledger->{log};
	my (%stored, @sent);

	while (<$log>) {
		push @sent, $1 if m{^POST /msgs/[^ ]*[?]n=(\d+) \S+ 204$};
	}
	$stored{$_}++ for split /\n/, $stack->sql('minitwit', <<"SQL");
SELECT substring(text FROM '\\d+') FROM messages
WHERE message_id > $ledger->{after} AND text LIKE 'Message % of a benchmark%'
SQL
	return (
		lost => scalar(grep { !$stored{$_} } @sent)
		    + max(0, $acknowledged - @sent),
		twice => scalar(grep { $_ > 1 } values %stored),
	);
}

# --- the table ---

sub medians {
	my (@samples) = @_;
	my %all;
	for my $figure (qw(ok busy p50 p99 max cpu),
		qw(again_first again_p50 again_max)) {
		$all{$figure} = median(map { $_->{$figure} } @samples);
	}
	for my $count (qw(other connect read write timeout lost twice)) {
		$all{$count} = sum0(map { $_->{$count} // 0 } @samples);
	}
	$all{samples} = \@samples;
	return \%all;
}

# $found->{ID}{CONNECTIONS} has medians; $idle->{ID} the single request's time
# before any load; $rows are [ id, title, kind ].  A level that is missing was left out.
sub as_table {
	my ($found, $idle, $rows, @levels) = @_;
	my @lines;

	for my $row (@$rows) {
		my ($id, $title, $kind) = @$row;
		my %level = %{ $found->{$id} || {} };
		my $best = max(map { $_->{ok} } values %level);
		for my $connections (grep { $level{$_} } @levels) {
			my $one = $level{$connections};
			push @lines, [
				$title, whole($connections), number($one->{ok}),
				number(ratio($one->{ok}, $best)),
				number($one->{busy}),
				@$one{qw(other connect read write timeout)},
				(map { number($_) } @$one{qw(p50 p99 max cpu)}),
				(map { number(ratio($one->{"again_$_"},
					$idle->{$id})) } qw(first p50 max)),
				$kind eq 'post' ? $one->{lost} : '',
			];
		}
	}
	return table([
		'row', 'connections', 'right answers/s', '/ best',
		'503 + Retry-After/s', 'other answers', 'not connected',
		'read errors', 'write errors', 'time-outs', 'p50 ms', 'p99 ms',
		'max ms', 'CPU µs',
		'after: first / idle', 'median / idle', 'worst / idle', 'lost',
	], @lines);
}

1;
