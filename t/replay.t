#!/usr/bin/perl
# The course's weeks in two minutes: lib/Scenario.pm's 25,922 actions through
# the API, ?latest= counting up, first one request at a time, then 16 at a time.
# What is in the database afterwards has to be what was acknowledged, no more and
# no less.  The times are told, but decide nothing: they are the machine's, too.

use strict;
use warnings;
use utf8;
use Encode qw(encode_utf8);
use File::Temp qw(tempfile);
use JSON::PP;
use List::Util qw(sum);
use MIME::Base64 qw(encode_base64);
use Socket;
use Test::More;
use Time::HiRes qw(sleep time);

use Scenario;
use World;

binmode Test::More->builder->$_, ':encoding(UTF-8)'
    for qw(output failure_output todo_output);

use constant TOO_LATE => 0.3;    # when the course's client gives up

my @actions = Scenario::actions();
# With the sanitizers a program takes ten times as long to start.
splice @actions, @actions / 10 if $ENV{SANITIZE};

# --- what has to be there afterwards ---

my (%email, %texts, %follows);
my ($follow_count, $unfollow_count, $idle_count) = (0, 0, 0);
for (@actions) {
	my ($kind, $user, $whom) = @$_{qw(kind user whom)};
	if ($kind eq 'register') {
		$email{$user} = $_->{email};
		$follows{$user} = {};
		$texts{$user} = [];
	} elsif ($kind eq 'message') {
		push @{ $texts{$user} }, $_->{text};
	} elsif ($kind eq 'follow') {
		$follow_count++;
		$follows{$user}{$whom} = 1;
	} else {
		$unfollow_count++;
		delete $follows{$user}{$whom} or $idle_count++;
	}
}

# --- the requests ---

sub path_part {
	my $bytes = encode_utf8($_[0]);
	$bytes =~ s/([^A-Za-z0-9._~-])/sprintf '%%%02X', ord $1/eg;
	return $bytes;
}

# An action as the course's client (Python's requests) sends it.
sub request {
	my ($latest, $action, $port) = @_;
	my ($kind, $user) = @$action{qw(kind user)};
	my ($path, $body) =
	    $kind eq 'register'
	    ? ('register', { username => $user, email => $action->{email},
		    pwd => $action->{password} })
	    : $kind eq 'message'
	    ? ('msgs/' . path_part($user), { content => $action->{text} })
	    : ('fllws/' . path_part($user), { $kind => $action->{whom} });
	my $json = JSON::PP->new->ascii->encode($body);

	return join "\r\n", "POST /$path?latest=$latest HTTP/1.1",
	    "Host: 127.0.0.1:$port", 'User-Agent: python-requests/2.31.0',
	    'Accept-Encoding: gzip, deflate', 'Accept: */*',
	    'Connection: close', 'Content-Type: application/json',
	    'Authorization: Basic ' . encode_base64('simulator:super_safe!', ''),
	    'Content-Length: ' . length $json, '', $json;
}

# Its answer's status (0: there was none) and the seconds that it took.  The
# course's client, too, has its answer when a 204's headers end: it does not wait
# for the server to close, which mod_cgid may delay by 10 ms.
sub answer {
	my ($request, $address) = @_;
	my $start = time;
	my $answer = '';

	socket my $server, PF_INET, SOCK_STREAM, 0 or die "no socket: $!";
	if (connect $server, $address and syswrite $server, $request) {
		1 while $answer !~ /\r\n\r\n/
		    and sysread $server, $answer, 4096, length $answer;
	}
	return ($answer =~ m{^HTTP/1\.1 (\d+)} ? $1 : 0, time - $start);
}

# What has to be answered before an action may start: what the same user did
# before, and the registration of whom it is about.
my @after;
{
	my (%before, %registered);
	for my $i (0 .. $#actions) {
		my ($user, $whom) = @{ $actions[$i] }{qw(user whom)};
		$after[$i] = [ grep {defined} $before{$user},
			defined $whom ? $registered{$whom} : undef ];
		$before{$user} = $i;
		$registered{$user} //= $i;
	}
}

# Takes numbers of actions from the pipe, as the other workers do; reports each
# in a line: number, status, seconds.
sub work {
	my ($todo, $done_name, $requests, $address) = @_;
	my @report;

	open my $done, '+<:unix', $done_name or die "no file: $!";
	local $SIG{PIPE} = 'IGNORE';
	while (sysread $todo, my $record, 4) {
		my $i = unpack 'N', $record;
		alarm 60;    # a worker that hangs ends
		for (@{ $after[$i] }) {
			sleep 0.002 until is_done($done, $_);
		}
		push @report, join ' ', $i, answer($requests->[$i], $address);
		sysseek $done, $i, 0;
		syswrite $done, 'x';
	}
	print "$_\n" for @report;
	return;
}

sub is_done {
	my ($done, $i) = @_;
	sysseek $done, $i, 0;
	sysread $done, my $byte, 1;
	return $byte eq 'x';
}

# Replays the scenario with $count workers; gives the reports, a list for each
# worker, and the seconds that all took.
sub replay {
	my ($count, $port) = @_;
	my @requests = map { request($_, $actions[$_], $port) } 0 .. $#actions;
	my $address = pack_sockaddr_in($port, INADDR_LOOPBACK);
	my ($done, $done_name) = tempfile(UNLINK => 1);
	my $start = time;
	my (@workers, @reports);

	# a byte for each action, which whoever had it answered sets
	truncate $done, scalar @actions or die "no file: $!";
	pipe my $todo, my $dispenser or die "no pipe: $!";
	for (1 .. $count) {
		my $pid = open my $worker, '-|';
		defined $pid or die "no worker: $!";
		if ($pid == 0) {
			close $dispenser;
			work($todo, $done_name, \@requests, $address);
			exit 0;
		}
		push @workers, $worker;
	}
	close $todo;
	{
		local $SIG{PIPE} = 'IGNORE';
		syswrite $dispenser, pack 'N', $_ for 0 .. $#actions;
		close $dispenser;
	}
	for (@workers) {
		push @reports, [ map { [split] } <$_> ];
		close $_ or diag "a worker has ended with status $?";
	}
	return (\@reports, time - $start);
}

sub tell_times {
	my ($answers, $seconds) = @_;
	my %times = (all => [ map { $_->[2] } @$answers ]);

	push @{ $times{ $actions[ $_->[0] ]{kind} } }, $_->[2] for @$answers;
	diag sprintf '%d answers in %.1f s: %.0f a second', scalar @$answers,
	    $seconds, @$answers / $seconds;
	for my $kind (sort keys %times) {
		my @times = sort { $a <=> $b } @{ $times{$kind} };
		diag sprintf '%-8s  median %5.1f ms, p99 %5.1f ms, worst '
		    . '%5.1f ms, over %g s: %d', $kind,
		    1000 * $times[ @times / 2 ], 1000 * $times[ @times * 0.99 ],
		    1000 * $times[-1], TOO_LATE,
		    scalar grep { $_ > TOO_LATE } @times;
	}
	return;
}

# --- the database ---

# A statement's rows, each a list; no value has a tab or a line feed in it.
sub table {
	my ($world, $columns, $rest) = @_;
	return map { [ split /\t/, $_, -1 ] } split /\n/,
	    $world->sql("SELECT concat_ws(E'\\t', $columns) $rest");
}

sub check_database {
	my ($world) = @_;
	my %found = map { @$_ } table($world, 'username, email', 'FROM users');
	my %written = map { $_ => [] } keys %email;
	my %followed = map { $_ => {} } keys %email;

	is_deeply \%found, \%email, 'the users, with their addresses';

	push @{ $written{ $_->[0] } }, $_->[1]
	    for table($world, 'username, text', 'FROM messages'
		. ' JOIN users ON user_id = author_id ORDER BY message_id');
	is_deeply \%written, \%texts,
	    q(everybody's messages, character by character, in their order);

	my @pairs = table($world, 'who.username, whom.username', 'FROM followers'
		. ' JOIN users AS who ON who.user_id = who_id'
		. ' JOIN users AS whom ON whom.user_id = whom_id');
	$followed{ $_->[0] }{ $_->[1] } = 1 for @pairs;
	is_deeply \%followed, \%follows, 'who follows whom';
	is scalar @pairs, sum(map { scalar keys %$_ } values %follows),
	    'in rows of which none is there twice';
	return;
}

sub check_lists {
	my ($world) = @_;
	my @newest = map { { user => $_->[0], content => $_->[1] } }
	    table($world, 'username, text', 'FROM messages'
		. ' JOIN users ON user_id = author_id'
		. ' ORDER BY message_id DESC LIMIT 1000');
	my @names = sort keys %email;
	my $step = int @names / 10;
	my $get = sub {
		my $answer = $world->api(GET => $_[0]);
		return $answer->{status} == 200 ? $answer->{json} : [];
	};
	my @public = map { { user => $_->{user}, content => $_->{content} } }
	    @{ $get->('/msgs?no=1000') };

	is_deeply \@public, \@newest, 'GET /msgs has the newest 1,000';
	for my $user (@names[ map { $step * $_ } 0 .. 9 ]) {
		my $path = path_part($user);
		my @own = map { $_->{content} } @{ $get->("/msgs/$path?no=1000") };
		my @whom = @{ $get->("/fllws/$path?no=1000")->{follows} };

		is_deeply \@own, [ reverse @{ $texts{$user} } ],
		    "GET /msgs/$user";
		is_deeply [ sort @whom ], [ sort keys %{ $follows{$user} } ],
		    "GET /fllws/$user";
	}
	return;
}

# --- the test ---

sub run {
	my ($count, $port_name) = @_;
	my $world = World->new;
	my ($reports, $seconds) = replay($count, $world->{$port_name});
	my @answers = map { @$_ } @$reports;
	my %last = map { $_->[-1][0] => 1 } grep { @$_ } @$reports;
	my @refused = grep { $_->[1] != 204 } @answers;
	my $latest = sub { $world->api(GET => $_[0])->{json}{latest} };

	tell_times(\@answers, $seconds);
	is scalar @answers, scalar @actions, 'every action is answered';
	is scalar @refused, 0, 'with 204'
	    or diag map {"action $_->[0]: $_->[1]\n"} splice @refused, 0, 10;
	# each worker's number counts up: the last that any has sent is the last
	ok $last{ $latest->('/latest') }, 'latest is one of the last sent';
	is $latest->("/latest?latest=$#actions"), $#actions, 'and can be set';
	is $latest->('/latest'), $#actions, 'for later readers';
	check_database($world);
	check_lists($world);
	is_deeply [ $world->log_lines ], [], 'no program has logged a thing';
	$world->stop;
	return;
}

SKIP: {
	skip 'only the first tenth is replayed with sanitizers', 1
	    if $ENV{SANITIZE};
	is_deeply [ scalar(keys %email), sum(map { scalar @$_ } values %texts),
		$follow_count, $unfollow_count, $idle_count,
		sum(map { scalar keys %$_ } values %follows) ],
	    [ 200, 11_306, 9_751, 4_665, 1_179, 6_265 ],
	    'the scenario is as large as the course\'s';
}
subtest 'one request at a time, on the API\'s port' => sub {
	run(1, 'api_port');
};
subtest '16 requests at a time, on the port of site and API' => sub {
	run(16, 'port');
};
done_testing;
