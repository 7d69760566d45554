#!/usr/bin/perl
# bin/simulator: what it makes up, what it sends, in which order, what it says of
# answers good, bad and missing, and that --verify finds what a server has lost
# or added.  Times are only ever judged by what they can't be less than.

use strict;
use warnings;
use utf8;
use Encode qw(decode_utf8 encode_utf8);
use File::Temp qw(tempdir);
use IO::Socket::INET;
use JSON::PP;
use MIME::Base64 qw(decode_base64);
use POSIX qw(_exit);
use Test::More;
use Time::HiRes qw(sleep time);

use World;

binmode Test::More->builder->$_, ':encoding(UTF-8)'
    for qw(output failure_output todo_output);

my $root = World::root();
my $program = File::Spec->rel2abs(World::build(), $root) . '/bin/simulator';
my $temp = tempdir('minitwit-XXXXXX', TMPDIR => 1, CLEANUP => 1);
delete @ENV{qw(MINITWIT_SIMULATOR_USER MINITWIT_SIMULATOR_PASSWORD)};

# --- helpers ---

sub slurp {
	my ($file) = @_;
	open my $from, '<:raw', $file or die "$file: $!";
	local $/ = undef;
	return scalar(<$from>) // '';
}

sub spew {
	my ($file, $bytes) = @_;
	open my $to, '>:raw', "$temp/$file" or die "$file: $!";
	print {$to} $bytes;
	close $to or die "$file: $!";
	return "$temp/$file";
}

# Lists of columns as a scenario's file.
sub scenario {
	my (@lines) = @_;
	my $number = 0;
	return spew('scenario.tsv', encode_utf8(join '', map {
		$number++;
		join("\t", $number, 0, 1_577_836_800_000 + $number, @$_) . "\n"
	} @lines));
}

sub registrations {
	return map { [ 'register', $_, "$_\@example.com", "secret of $_" ] } @_;
}

# Starts it; gives its process id.
my $input = '/dev/null';

sub start {
	my (@arguments) = @_;
	my $pid = fork // die "no fork: $!";
	return $pid if $pid;
	open STDIN, '<', $input or _exit 127;
	open STDOUT, '>', "$temp/out" or _exit 127;
	open STDERR, '>', "$temp/err" or _exit 127;
	exec $program, @arguments or _exit 127;
}

# Waits for its end; gives its status, what it said and what it complained of.
sub finish {
	my ($pid) = @_;
	waitpid $pid, 0;
	my $status = $? & 127 ? "signal $?" : $? >> 8;
	return ($status, map { decode_utf8(slurp("$temp/$_")) } qw(out err));
}

sub simulate { return finish(start(@_)) }

# The table's rows by their first column: { tweet => { count => 3, ... } }.
sub table {
	my ($out) = @_;
	my @lines = map { s/ ms//gr } split /\n/, $out;
	my ($head) = grep {/^kind /} @lines;
	my (undef, @columns) = split ' ', $head // 'kind';
	my %rows;

	for (@lines) {
		next if !/^(register|tweet|follow|unfollow|all) /;
		my ($kind, @values) = split;
		@{ $rows{$kind} }{@columns} = @values;
	}
	return \%rows;
}

# A server of our own, one request at a time: $answer gets each request, as
# { method, path, headers, body }, and gives what is sent back.  All requests are
# in the file that requests() reads.
my @servers;

sub serve {
	my ($answer) = @_;
	my $socket = IO::Socket::INET->new(LocalAddr => '127.0.0.1',
		Listen => 100)
	    or die "no port: $!";
	my $port = $socket->sockport;

	unlink "$temp/requests";
	spew('requests', '');
	my $pid = fork // die "no fork: $!";
	if ($pid) {
		push @servers, $pid;
		return "http://127.0.0.1:$port";
	}
	$SIG{TERM} = sub { _exit 0 };
	open my $log, '>>', "$temp/requests" or _exit 1;
	$log->autoflush;
	while (my $client = $socket->accept) {
		my $request = read_request($client) or next;
		print {$log} JSON::PP->new->encode($request), "\n";
		print {$client} $answer->($request);
		close $client;
	}
	_exit 0;
}

sub read_request {
	my ($client) = @_;
	my $head = '';
	while ($head !~ /\r\n\r\n/) {
		sysread $client, $head, 1, length $head or return;
	}
	my ($first, @fields) = split /\r\n/, $head;
	my ($method, $path) = split ' ', $first;
	my %headers = map { /^(.*?): (.*)/ ? (lc $1 => $2) : () } @fields;
	my $body = '';
	my $len = $headers{'content-length'} // 0;
	while (length $body < $len) {
		sysread $client, $body, $len - length $body, length $body
		    or return;
	}
	return { method => $method, path => $path, headers => \%headers,
		body => $body };
}

sub requests {
	return map { JSON::PP->new->decode($_) } split /\n/,
	    slurp("$temp/requests");
}

sub end_servers {
	for (splice @servers) {
		kill TERM => $_;
		waitpid $_, 0;
	}
	return;
}

END {
	my $status = $?;
	end_servers();
	$? = $status;
}

sub status {
	my ($status, $body) = @_;
	$body //= '';
	return "HTTP/1.1 $status Whatever\r\nConnection: close\r\n"
	    . 'Content-Length: ' . length($body) . "\r\n\r\n$body";
}

my $no_content = "HTTP/1.1 204 No Content\r\nConnection: close\r\n\r\n";

# --- options ---

subtest 'options' => sub {
	my ($status, $out, $err) = simulate('--help');
	is $status, 0, '--help';
	like $out, qr/^usage: simulator .*--concurrency N.*--verify/s,
	    'tells what there is';
	is $err, '', 'on the standard output';

	for (
		[ '--bogus' ], [ '--concurrency', '0' ],
		[ '--concurrency', 'many' ], [ '--concurrency', '1.5' ],
		[ '--concurrency', '100000000' ], [ '--concurrency' ],
		[ '--timeout', '0' ], [ '--timeout', 'inf' ],
		[ '--timeout', '-1' ], [ '--timeout', '' ], [ '--rate', '0' ],
		[ '--rate', '1e3' ], [ '--rate', '1.2.3' ],
		[ '--users', '0' ], [ '--actions', '-5' ], [ '--seed', 'x' ],
		[ '--url', '' ], [ '--url', 'nonsense:80:80' ],
		[ '--url', 'ftp://127.0.0.1' ], [ '--url', '127.0.0.1:5000' ],
		[ '--url', 'http://127.0.0.1/?a=b' ], [ 'one', 'two' ],
		[ '--seed', '1', 'file' ], [ '--print', 'file' ],
	    ) {
		($status, $out, $err) = simulate(@$_);
		is $status, 64, "@$_: refused";
		like $err, qr/\Asimulator: .+\n.*--help/, 'in a sentence';
		is $out, '', 'and nowhere else';
	}
	($status, $out, $err) =
	    simulate('--url', 'http://ann:hush@127.0.0.1:5000');
	is $status, 64, 'a URL with a password is refused';
	like $err, qr/--credentials/, 'with what to do';
	unlike $err, qr/hush/, 'and not repeated';

	for (
		[ 66, "$temp/none" ], [ 66, $temp ],
		[ 66, '--credentials', "$temp/none" ],
		[ 65, '--credentials', spew('nothing', "nothing\n") ],
		[ 65, spew('empty', '') ],
		[ 73, '--json', "$temp/none/results" ],
	    ) {
		my ($expected, @arguments) = @$_;
		($status, $out, $err) = simulate(@arguments);
		is $status, $expected, "@arguments: status $expected";
		like $err, qr/^simulator: .*\n\z/, 'and a sentence';
	}
};

# --- scenarios that are made up ---

# What is wrong with a scenario: somebody acts, or is followed, unregistered.
sub faults {
	my ($text) = @_;
	my (%registered, @faults);
	my $id = 0;
	for (split /\n/, $text) {
		my ($number, $delay, $moment, $kind, $user, @rest) =
		    split /\t/, $_, -1;
		push @faults, "not in order: $_" if $number != ++$id;
		if ($kind eq 'register') {
			push @faults, "twice: $_" if $registered{$user}++;
			push @faults, "columns: $_" if @rest != 2;
			next;
		}
		push @faults, "columns: $_" if @rest != 1;
		push @faults, "nobody: $_" if !$registered{$user};
		if ($kind eq 'tweet') {
			my $len = length $rest[0];
			push @faults, "length: $_" if $len < 13 || $len > 140;
		} else {
			push @faults, "nobody followed: $_"
			    if !$registered{ $rest[0] } || $rest[0] eq $user;
		}
	}
	return @faults;
}

subtest 'a scenario that is made up' => sub {
	my ($status, $course, $err) = simulate('--print');
	is $status, 0, '--print';
	is $err, '', 'without complaint';
	my (%counts, %follows, $idle);
	for (split /\n/, $course) {
		my ($kind, $user, $whom) = (split /\t/)[ 3 .. 5 ];
		$counts{$kind}++;
		$follows{"$user\n$whom"}++ and $counts{repeated}++
		    if $kind eq 'follow';
		delete $follows{"$user\n$whom"} or $counts{idle}++
		    if $kind eq 'unfollow';
	}
	is_deeply \%counts,
	    { register => 200, tweet => 11_306, follow => 9_751,
		unfollow => 4_665, idle => 1_179 },
	    'is as large as the course\'s';
	is scalar keys %follows, 6_265, 'and leaves as many follows';
	is_deeply [ faults($course) ], [], 'everybody registers before';
	my @delays = map { (split /\t/)[1] } split /\n/, $course;
	ok $delays[0] > 5 * $delays[-1], 'its intensity grows';
	ok !(grep { $delays[$_] > $delays[ $_ - 1 ] } 1 .. $#delays),
	    'all the time';

	is +(simulate('--print', '--seed', 2020))[1], $course,
	    'the same seed makes it up again';
	isnt +(simulate('--print', '--seed', 2021))[1], $course,
	    'another seed does not';

	for ([ 1, 1 ], [ 1, 50 ], [ 2, 2 ], [ 2, 300 ], [ 3, 5 ], [ 7, 3 ],
		[ 50, 2_000 ], [ 1_000, 1_500 ], [ 3_000, 9_000 ]) {
		my ($users, $actions) = @$_;
		my (undef, $out) = simulate('--print', '--users', $users,
			'--actions', $actions);
		my $fewer = $users < $actions ? $users : $actions;
		is $out =~ tr/\n//, $actions, "$users, $actions: so many actions";
		is scalar(() = $out =~ /\tregister\t/g), $fewer, '... users';
		is_deeply [ faults($out) ], [], '... who register before';
	}
	my (undef, $out) = simulate('--print', '--actions', 40);
	is $out =~ tr/\n//, 40, 'few actions';
	is scalar(() = $out =~ /\tregister\t/g), 4, 'have few users';
};

# --- what is sent ---

subtest 'requests are the course\'s' => sub {
	my $url = serve(sub { return $no_content });
	my $file = spew('course.tsv', encode_utf8(join "\r\n",
		"\x{feff}17\t100\t1577836800000\tregister\tRoger Histand\t"
		    . "Roger+Histand\@itu.dk\tp\"w, 'x\\",
		"18\t100\t1577836800001\ttweet\tRoger Histand\t"
		    . "\"Oh,\" he said — “naïve”, \\n\x01🐳",
		"19\t0\t1577836800002\tregister\t100% /Ware?&\ta\@b\tp",
		"-3\t0\t1577836800003\tfollow\tRoger Histand\t100% /Ware?&",
		"21\t0\t1577836800004\tunfollow\t100% /Ware?&\tRoger Histand",
		''));
	my ($status, $out, $err) = simulate('--url', "$url/", '--timeout', 20,
		$file);
	my @requests = requests();
	is $status, 0, 'a small scenario' or diag $out, $err;
	is_deeply [ map {"$_->{method} $_->{path}"} @requests ],
	    [
		'POST /register?latest=17', 'POST /msgs/Roger%20Histand?latest=18',
		'POST /register?latest=19',
		'POST /fllws/Roger%20Histand?latest=-3',
		'POST /fllws/100%25%20%2FWare%3F%26?latest=21',
	    ],
	    'their addresses';
	is_deeply [ map { JSON::PP->new->utf8->decode(
		encode_utf8(decode_utf8($_->{body}))) } @requests ],
	    [
		{ username => 'Roger Histand', email => 'Roger+Histand@itu.dk',
			pwd => 'p"w, \'x\\' },
		{ content => "\"Oh,\" he said — “naïve”, \\n\x01🐳" },
		{ username => '100% /Ware?&', email => 'a@b', pwd => 'p' },
		{ follow => '100% /Ware?&' }, { unfollow => 'Roger Histand' },
	    ],
	    'their bodies';
	is_deeply [ @{ $requests[1]{headers} }{qw(connection content-type)} ],
	    [ 'close', 'application/json' ], 'their headers';
	is decode_base64($requests[1]{headers}{authorization} =~ s/^Basic //r),
	    'simulator:super_safe!', 'their credentials';
	is_deeply [ map { table($out)->{$_}{ok} }
		qw(register tweet follow unfollow all) ],
	    [ 2, 1, 1, 1, 5 ], 'the table';

	$input = $file;
	($status) = simulate('--url', $url, '--timeout', 20, '-');
	$input = '/dev/null';
	is $status, 0, 'from the standard input';
	is scalar(() = requests()), 10, 'the same';
	end_servers();
};

subtest 'credentials' => sub {
	my $url = serve(sub { return $no_content });
	my @common = ('--url', $url, '--timeout', 20,
		scenario(registrations('Ann')));
	my $file = spew('credentials', encode_utf8("me:hush: ö \r\n"));
	my $sent = sub {
		my @requests = requests();
		return decode_utf8(decode_base64(
			$requests[-1]{headers}{authorization} =~ s/^Basic //r));
	};

	is +(simulate('--credentials', $file, @common))[0], 0, 'from a file';
	is $sent->(), 'me:hush: ö ', 'are sent';
	local @ENV{qw(MINITWIT_SIMULATOR_USER MINITWIT_SIMULATOR_PASSWORD)} =
	    ('you', 'whisper');
	is +(simulate(@common))[0], 0, 'from the environment';
	is $sent->(), 'you:whisper', 'are sent';
	local $ENV{MINITWIT_SIMULATOR_USER} = '';
	is +(simulate(@common))[0], 0, 'an empty variable';
	is $sent->(), 'simulator:whisper', 'is none';
	end_servers();

	local $ENV{MINITWIT_SIMULATOR_PASSWORD} = 'whisper';
	$url = serve(sub { return status(403,
		'{"status": 403, "error_msg": "You are not\u0020\u001b[1m it"}') });
	my ($status, $out, $err) = simulate('--url', $url, '--timeout', 20,
		'--json', '-', scenario(registrations('Ann', 'Bob')));
	is $status, 1, 'wrong ones';
	like $err, qr/^action 1 \(register, Ann\): status 403: You are not \?\[1m/m,
	    'are told, in characters that do no harm';
	is table($err)->{register}{403}, 2, 'and counted';
	unlike "$out$err", qr/whisper/, 'but not shown';
	end_servers();

	my $silent = IO::Socket::INET->new(LocalAddr => '127.0.0.1',
		Listen => 5);
	my $pid = start('--credentials', $file, '--timeout', 60, '--url',
		'http://127.0.0.1:' . $silent->sockport,
		scenario(registrations('Ann')));
	accept(my $client, $silent);
	my $arguments = slurp("/proc/$pid/cmdline");
	unlike $arguments, qr/hush|secret/, 'are not in the list of processes';
	like $arguments, qr/credentials/, 'which was looked at';
	kill KILL => $pid;
	waitpid $pid, 0;
};

subtest 'bad lines' => sub {
	my $url = serve(sub { return $no_content });
	my @lines = (
		"1\t0\t0\tregister\tAnn\ta\@b\tpw",
		'',
		"2\t0\t0\ttweet",
		"3\t0\t0\ttweet\tAnn",
		"4\t0\t0\ttweet\tAnn\ta\tb",
		"5\t0\t0\tregister\tBob\ta\@b",
		"x\t0\t0\ttweet\tAnn\thi",
		"99999999999999999999\t0\t0\ttweet\tAnn\thi",
		"7\t-1\t0\ttweet\tAnn\thi",
		"8\t1.5\t0\ttweet\tAnn\thi",
		"9\t0\tnow\ttweet\tAnn\thi",
		"10\t0\t0\tshout\tAnn\thi",
		"11\t0\t0\ttweet\t\thi",
		"12\t0\t0\tfollow\tAnn\t",
		"13\t0\t0\ttweet\tAnn\th\xffi",
		"14\t0\t0\ttweet\tAnn\th\0i",
		"15\t0\t0\ttweet\tAnn\tgood",
		"16\t0\t0\ttweet\tAnn\t" . 'long' x 100_000,
	);
	my $file = spew('bad.tsv', join("\n", @lines) . "\n\n");
	my ($status, $out, $err) = simulate('--url', $url, '--timeout', 20,
		$file);
	is $status, 0, 'are no failure';
	is_deeply [ $err =~ /^\Q$file\E:(\d+): [^\n]+; skipped$/mg ],
	    [ 2 .. 16 ], 'but told, with file and number';
	is_deeply [ map { $_->{path} =~ s/.*=//r } requests() ], [ 1, 15, 16 ],
	    'and skipped';
	like $out, qr/^15 bad lines/m, 'and counted';

	my $before = slurp("$temp/requests");
	($status, $out, $err) = simulate('--url', $url, '--strict', $file);
	is $status, 65, 'with --strict they are fatal';
	is_deeply [ $err =~ /^\Q$file\E:(\d+): /mg ], [ 2 .. 16 ],
	    'all are told';
	is slurp("$temp/requests"), $before, 'and nothing is sent';
	end_servers();
};

# --- order ---

subtest 'nobody is followed before they exist, and nothing hangs' => sub {
	my $url = serve(sub { return $no_content });
	my $run = sub {
		my ($concurrency, @lines) = @_;
		spew('requests', '');
		my ($status) = simulate('--url', $url, '--timeout', 20,
			'--concurrency', $concurrency, scenario(@lines));
		return ($status, map { $_->{path} =~ s/.*=//r } requests());
	};
	is_deeply [ $run->(1, registrations('Ann'), [ qw(follow Ann Bob) ],
		[ qw(tweet Ann hi) ], [ qw(tweet Cid hi) ],
		registrations('Bob')) ],
	    [ 0, 1, 4, 5, 2, 3 ], 'a follow waits for a later registration';
	is_deeply [ $run->(1, [ qw(follow Ann Bob) ], [ qw(follow Bob Ann) ],
		registrations('Ann', 'Bob')) ],
	    [ 0, 1, 3, 2, 4 ], 'two that wait for each other do not';
	is_deeply [ $run->(1, registrations('Ann'), [ qw(follow Ann Zoe) ],
		[ qw(follow Ann Ann) ]) ],
	    [ 0, 1, 2, 3 ], 'nobody waits for who never comes, or themselves';
	is_deeply [ $run->(1, [ qw(follow Ann Ann) ], registrations('Ann')) ],
	    [ 0, 1, 2 ], 'not even later';
	my @waiting = map { [ 'follow', "user $_", 'Bob' ] } 1 .. 200;
	my ($status, @order) = $run->(3, @waiting, registrations('Bob'));
	is_deeply [ $status, $order[0], scalar @order ], [ 0, 201, 201 ],
	    'many that wait hold up nobody';
	end_servers();
};

# --- failures ---

subtest 'answers that are missing or bad' => sub {
	my $file = scenario(registrations('Ann', 'Bob'), [ qw(tweet Ann hi) ]);
	my $closed = IO::Socket::INET->new(LocalAddr => '127.0.0.1',
		Listen => 1);
	my $port = $closed->sockport;
	close $closed;
	my ($status, $out, $err) =
	    simulate('--url', "http://127.0.0.1:$port", $file);
	is $status, 1, 'no server';
	is table($out)->{all}{refused}, 3, 'is counted as such';
	is scalar(() = $err =~ /^action \d \(\w+, \w+\): /mg), 3, 'and told';
	like $err, qr/^3 of 3 actions, \d+\/s, errors: 3$/m,
	    'with a line of progress';
	unlike $err, qr/[\r\e]/, 'that is plain where there is no terminal';

	my $silent = IO::Socket::INET->new(LocalAddr => '127.0.0.1',
		Listen => 10);
	my $start = time;
	($status, $out, $err) = simulate('--url',
		'http://127.0.0.1:' . $silent->sockport, '--timeout', '0.1',
		$file);
	cmp_ok time - $start, '>=', 0.3, 'a silent server takes its time';
	is $status, 1, 'and fails';
	is table($out)->{all}{timeout}, 3, 'and is counted as such';
	cmp_ok table($out)->{register}{p50}, '>=', 100, 'with the time lost';

	for ([ reset => '' ], [ reset => "HTTP/1.1 200 OK\r\n"
		    . "Content-Length: 9\r\n\r\nhalf" ],
		[ bad => "hello, who is there?\n" ], [ 500 => status(500) ],
		[ 302 => status(302) ]) {
		my ($column, $answer) = @$_;
		my $url = serve(sub { return $answer });
		($status, $out) = simulate('--url', $url, '--timeout', 20,
			$file);
		is $status, 1, "$column: fails";
		is table($out)->{all}{$column}, 3, 'and is counted as such';
		end_servers();
	}

	my $url = serve(sub { return status(400, '{"error_msg": "No!"}') });
	($status, $out, $err) = simulate('--url', $url, '--timeout', 20,
		'--actions', 50, '--concurrency', 4);
	is scalar(() = $err =~ /^action .*: status 400: No!$/mg), 10,
	    'the first ten are told';
	like $err, qr/^further failures are only counted$/m, 'and no more';
	end_servers();
};

subtest 'an answer is complete when its head is' => sub {
	# the server closes late, as mod_cgid may
	my $socket = IO::Socket::INET->new(LocalAddr => '127.0.0.1',
		Listen => 10);
	my $pid = start('--url', 'http://127.0.0.1:' . $socket->sockport,
		'--timeout', 60, scenario(registrations('Ann')));
	my $client = $socket->accept;
	read_request($client);
	print {$client} $no_content;
	$client->flush;
	my ($status, $out) = finish($pid); # it would wait for us
	is $status, 0, 'nobody waits for the connection\'s end';
	close $client;
};

subtest 'JSON' => sub {
	my $url = serve(sub {
		my ($request) = @_;
		return $request->{path} =~ /^.register/ ? $no_content
		    : status(404, '{"status": 404, "error_msg": "no"}');
	});
	my ($status, $out, $err) = simulate('--url', $url, '--timeout', 20,
		'--actions', 200, '--users', 20, '--json', "$temp/results");
	my $json = JSON::PP->new->utf8->decode(slurp("$temp/results"));
	my $rows = table($out);
	is $status, 1, 'a run with failures';
	for my $kind (qw(register tweet follow unfollow all)) {
		my $told = $kind eq 'all' ? $json->{all} : $json->{kinds}{$kind};
		is_deeply [ @$told{qw(count ok timeout)},
			$told->{status}{404} // 0 ],
		    [ @{ $rows->{$kind} }{qw(count ok timeout 404)} ],
		    "$kind: the table's counts";
		is_deeply [ map { sprintf '%.1f', 1000 * $told->{"${_}_seconds"} }
			qw(p50 p90 p99 max) ],
		    [ @{ $rows->{$kind} }{qw(p50 p90 p99 max)} ], 'and times';
	}
	is $json->{all}{errors}, 180, 'errors';
	is $json->{settings}{url}, $url, 'settings';
	is $json->{settings}{seed}, 2020, 'with the seed';
	($status, $out) = simulate('--url', $url, '--timeout', 20,
		'--json', '-', scenario(registrations('Ann')));
	$json = JSON::PP->new->utf8->decode(encode_utf8($out));
	is $json->{kinds}{tweet}{p50_seconds}, undef, 'what is not known';
	like $json->{settings}{file}, qr/scenario\.tsv/, 'the file\'s name';
	end_servers();
};

subtest 'a terminal has a bar' => sub {
	my $url = serve(sub { return status(404) });
	local $ENV{PROGRAM} = $program;
	my $command = "\"\$PROGRAM\" --url $url --timeout 20 --rate 20"
	    . ' --actions 12 >/dev/null';
	my $said = qx{script -qec '$command' /dev/null </dev/null};
	like $said, qr/\r\[#+-*\] \d+% of 12 actions, \d+\/s, errors: \d+\e/,
	    'with the rate and the errors';
	like $said, qr/\[#{30}\] 100% of 12 actions, \d+\/s, errors: 12/,
	    'to the end';
	end_servers();
};

# --- time and signals ---

subtest 'rate and pace' => sub {
	my $url = serve(sub { return $no_content });
	my $start = time;
	my ($status) = simulate('--url', $url, '--timeout', 20, '--rate', 50,
		'--concurrency', 10, '--actions', 20);
	cmp_ok time - $start, '>=', 0.38, '20 actions, 50 a second';
	is $status, 0, 'all good';

	my $file = spew('pace.tsv', join '', map {
		"$_\t5000000\t0\ttweet\tuser $_\thi\n" } 1 .. 8);
	$start = time;
	($status) = simulate('--url', $url, '--timeout', 20, '--pace',
		'--concurrency', 10, $file);
	cmp_ok time - $start, '>=', 0.4, '8 delays of 50 ms';
	is $status, 0, 'all good';
	end_servers();
};

subtest 'signals' => sub {
	for my $signal (qw(INT TERM)) {
		my $url = serve(sub { return $no_content });
		my $pid = start('--url', $url, '--timeout', 20, '--rate', 10,
			'--concurrency', 5);
		sleep 0.01 until -s "$temp/requests";
		kill $signal => $pid;
		my ($status, $out) = finish($pid);
		is $status, 1, "$signal: ends";
		ok table($out)->{all}{count} > 0, 'with the table';
		like $out, qr/^interrupted: \d+ actions were not started$/m,
		    'and what was not done';
		end_servers();
	}
};

# --- with a MiniTwit ---

# however busy the machine is otherwise
my $world = World->new(settings => 'TurnsLongestWait 60000');
my @common = ('--url', $world->api_url, '--timeout', 60, '--verify');

# What the file leaves: each user's messages, in order, and all follows.
sub expected {
	my ($text) = @_;
	my (%texts, %follows);
	for (split /\n/, $text) {
		my (undef, undef, undef, $kind, $user, $what) = split /\t/;
		$texts{$user} //= [];
		push @{ $texts{$user} }, $what if $kind eq 'tweet';
		$follows{"$user\t$what"} = 1 if $kind eq 'follow';
		delete $follows{"$user\t$what"} if $kind eq 'unfollow';
	}
	return (\%texts, [ sort keys %follows ]);
}

subtest '64 at a time' => sub {
	my @size = ('--users', 40, '--actions', $ENV{SANITIZE} ? 300 : 1_500);
	my ($texts, $follows) = expected((simulate('--print', @size))[1]);
	my ($status, $out, $err) =
	    simulate(@common, '--concurrency', 64, @size);
	is $status, 0, 'is all well' or diag $out, $err;
	like $out, qr/^verified: \d+ messages and \d+ follows of 40 users, nothing missing, nothing extra$/m,
	    'and verified';
	my %written = map { $_ => [] } split /\n/,
	    $world->sql('SELECT username FROM users');
	for (split /\n/, $world->sql(q{SELECT username || E'\t' || text
		FROM messages JOIN users ON user_id = author_id
		ORDER BY message_id})) {
		my ($user, $text) = split /\t/;
		push @{ $written{$user} }, $text;
	}
	is_deeply \%written, $texts, 'everybody\'s messages in their order';
	is_deeply [ sort split /\n/, $world->sql(q{SELECT a.username || E'\t'
		|| b.username FROM followers JOIN users AS a
		ON a.user_id = who_id JOIN users AS b ON b.user_id = whom_id}) ],
	    $follows, 'who follows whom';

	($status, $out) = simulate(@common, '--concurrency', 8, '--users', 40,
		'--actions', 100, '--seed', 1);
	is $status, 1, 'the same users again';
	is table($out)->{register}{400}, 40, 'can\'t register';
	like $out, qr/^verified: .* nothing missing, nothing extra$/m,
	    'but what they had is not taken for extra';
};

subtest 'one at a time' => sub {
	my ($status, $out) = simulate(@common, scenario(
		registrations('Single'), [ qw(tweet Single hi) ]));
	is $status, 0, 'is verified with GET /latest';
	is $world->api(GET => '/latest')->{json}{latest}, 2, 'which was set';
};

subtest 'a thousand messages and more' => sub {
	$world->register('Chatty');
	$world->sql(q{INSERT INTO messages (author_id, text)
		SELECT user_id, 'message ' || n FROM users,
		generate_series(1, 1500) AS n WHERE username = 'Chatty'});
	my ($status, $out, $err) = simulate(@common,
		scenario(map { [ tweet => 'Chatty', "new $_" ] } 1 .. 5));
	is $status, 0, 'are no problem' or diag $out, $err;
	like $out, qr/^verified: 1000 messages/m, 'as far as they can be seen';
	like $out, qr/^  5 older messages are beyond/m,
	    'and what can not be seen is told';
};

# A server that does not what it says, by triggers.
sub betray {
	my ($name, $when, $then) = @_;
	$world->sql(qq{
		CREATE FUNCTION betray_$name() RETURNS trigger LANGUAGE plpgsql
		SECURITY DEFINER SET search_path = public AS \$\$
		BEGIN $then; RETURN NULL; END \$\$;
		CREATE TRIGGER betray_$name AFTER INSERT ON $when
		EXECUTE FUNCTION betray_$name()});
	return;
}

subtest 'what is lost or added is found' => sub {
	betray('message', q{messages FOR EACH ROW WHEN (NEW.text LIKE 'lost %')},
		'DELETE FROM messages WHERE message_id = NEW.message_id');
	betray('extra', q{messages FOR EACH ROW WHEN (NEW.text LIKE 'doubled %')},
		q{INSERT INTO messages (author_id, text)
			VALUES (NEW.author_id, 'out of nowhere')});
	betray('changed', q{messages FOR EACH ROW WHEN (NEW.text LIKE 'changed %')},
		q{UPDATE messages SET text = 'another'
			WHERE message_id = NEW.message_id});
	$world->register($_) for qw(Gone Nobody);
	betray('follow', 'followers FOR EACH ROW', q{
		DELETE FROM followers WHERE who_id = NEW.who_id AND whom_id IN
			(SELECT user_id FROM users WHERE username = 'Gone');
		IF EXISTS (SELECT FROM users WHERE user_id = NEW.whom_id
				AND username = 'Nobody') THEN
			INSERT INTO followers (who_id, whom_id)
				SELECT NEW.who_id, user_id FROM users
				WHERE username = 'Chatty';
		END IF});
	my $check = sub {
		my ($what, $missing, $extra, $finding, @lines) = @_;
		my $name = "User of $what";
		my ($status, $out, $err) = simulate(@common, '--json',
			"$temp/results", scenario(registrations($name),
				map { [ $_->[0], $name, $_->[1] ] } @lines));
		my $json = JSON::PP->new->utf8->decode(slurp("$temp/results"));
		is $status, 1, "$what: fails";
		is_deeply [ @{ $json->{all} }{qw(errors)},
			@{ $json->{verify} }{qw(missing extra)} ],
		    [ 0, $missing, $extra ], 'so many missing, so many extra';
		like $out, qr/^NOT verified: .* missing: $missing, extra: $extra$/m,
		    'as the report says';
		like $err, qr/^verify: User of $what: $finding$/m, 'and which'
		    or diag $err;
	};
	my @hello = map { [ tweet => 'hello' ] } 1 .. 3;
	$check->('loss', 1, 0, 'there is no message lost cause',
		@hello, [ tweet => 'lost cause' ], @hello);
	$check->('the last loss', 1, 0, 'there is no message lost and gone',
		@hello, [ tweet => 'lost and gone' ]);
	$check->('addition', 0, 1, 'nobody sent the message out of nowhere',
		@hello, [ tweet => 'doubled hello' ], @hello);
	$check->('change', 1, 1, 'there is no message changed it',
		@hello, [ tweet => 'changed it' ], @hello);
	$check->('a lost follow', 1, 0, 'does not follow Gone',
		[ follow => 'Single' ], [ follow => 'Gone' ]);
	$check->('an added follow', 0, 1, 'must not follow Chatty',
		[ follow => 'Single' ], [ follow => 'Nobody' ]);
};

subtest 'what was never answered may be there, or not' => sub {
	my %has; # of this server: what it keeps of each user's messages
	my $url = serve(sub {
		my ($request) = @_;
		my ($user) = $request->{path} =~ m{^/msgs/(\w+)};
		if ($request->{method} eq 'GET') {
			return status(200, '{"follows": []}') if !$user;
			return status(404) if !$has{$user};
			return status(200, JSON::PP->new->encode(
				[ map { { user => $user, content => $_,
					pub_date => '' } } reverse @{ $has{$user} } ]));
		}
		my $body = JSON::PP->new->decode($request->{body});
		$has{ $body->{username} } = [] if $body->{username};
		return $no_content if !$user;
		push @{ $has{$user} }, $body->{content}
		    if $body->{content} !~ /dropped/;
		return $body->{content} =~ /silence/ ? ''
		    : $body->{content} =~ /fault/ ? status(500) : $no_content;
	});
	my ($status, $out, $err) = simulate('--url', $url, '--timeout', 20,
		'--verify', '--concurrency', 2, scenario(registrations('Ann'),
			map { [ tweet => 'Ann', $_ ] } 'a', 'silence', 'b',
			'dropped silence', 'fault', 'dropped fault', 'c'));
	is $status, 1, 'a failure';
	is table($out)->{tweet}{reset}, 2, 'without an answer';
	is table($out)->{tweet}{500}, 2, 'or with a fault\'s';
	like $out, qr/^verified: 3 messages .* nothing missing, nothing extra$/m,
	    'but nothing is wrong' or diag $err;
	like $out, qr/^  2 more are there/m, 'and what is there is told';
	end_servers();

	# one that carries out late what it has not answered
	my %posts;
	$url = serve(sub {
		my ($request) = @_;
		my ($list, $user) = $request->{path} =~ m{^/(\w+)/(\w+)};
		if ($request->{method} eq 'GET') {
			return status(404) if $user ne 'Ann' || !%posts;
			return status(200, $list eq 'msgs' ? '[]'
				: '{"follows": ["Late", "Same", "Odd"]}');
		}
		my $post = join ' ', %{ JSON::PP->new->decode($request->{body}) };
		return $no_content if $posts{$post}++ || $post !~
		    /^(follow (Late|Same|Lost)|unfollow (Gone|Same))$/;
		return $post =~ /Lost/ ? status(503) : '';
	});
	($status, $out, $err) = simulate('--url', $url, '--timeout', 20,
		'--verify', scenario(registrations('Ann'),
			map { [split] } 'follow Ann Late', 'unfollow Ann Late',
			'follow Ann Gone', 'unfollow Ann Gone', 'follow Ann Gone',
			'unfollow Ann Same', 'follow Ann Same', 'follow Ann Same',
			'follow Ann Lost', 'follow Ann Lost',
			'follow Ann Odd', 'unfollow Ann Odd'));
	like $err, qr/^verify: Ann: does not follow Lost$/m,
	    'a late follow does not excuse one that is lost' or diag $out, $err;
	like $err, qr/^verify: Ann: must not follow Odd$/m,
	    'nor an unfollow that is';
	is scalar(() = $err =~ /^verify: /mg), 2,
	    'but nobody says how a pair is that a request is late for';
	end_servers();

	# one that has messages of people who do not exist yet
	$url = serve(sub {
		my ($request) = @_;
		return $request->{method} eq 'POST' ? $no_content
		    : status(200, $request->{path} =~ /^.fllws/
			? '{"follows": ["Eve"]}'
			: '[{"content": "stray \\ud83d\\udc33\\n",'
			. ' "x": [{}, 1.5, {"a": null}], "user": "Ann"}]');
	});
	($status, $out, $err) = simulate('--url', $url, '--timeout', 20,
		'--concurrency', 2, '--verify', scenario(registrations('Ann')));
	is $status, 1, 'what was there before somebody registered';
	like $err, qr/^verify: Ann: nobody sent the message stray 🐳\?$/m,
	    'is none of theirs';
	like $err, qr/^verify: Ann: must not follow Eve$/m, 'neither are follows';
	end_servers();

	my $closed = IO::Socket::INET->new(LocalAddr => '127.0.0.1',
		Listen => 1);
	my $port = $closed->sockport;
	close $closed;
	($status, $out, $err) = simulate('--url', "http://127.0.0.1:$port",
		'--verify', '--actions', 100);
	is $status, 1, 'without a server';
	like $out, qr/^NOT verified/m, 'nothing is verified';
	is table($out)->{all}{refused}, 100, 'and all is counted';
};

is_deeply [ grep { $_->{level} ne 'info' } $world->lines_of('error') ], [],
    'no program has logged a fault';
done_testing;
