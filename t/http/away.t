# A part of the stack is gone or does not move: the others say so, as a page or
# as JSON, and serve again by themselves as soon as it is back.  How long an
# answer took is told, but decides nothing.

use strict;
use warnings;
use File::Basename qw(dirname);
use JSON::PP;
use Parts qw(crash children_of);
use Test::More;
use Time::HiRes qw(sleep time);
use World;

my $world = World->new;
my $state = $world->state;
my $jar = $world->login('Ann');

# A visitor who sends a cookie sees the page as it is now, not as it was up to a
# second ago.
my @now = (headers => { Cookie => 'a=b' });
my %owner;
@owner{qw(uid gid)} = (stat "$state/pg")[ 4, 5 ];

# --- processes ---

my $parts = Parts->new($state);

# Here the parts come back when the test says so.
crash($parts->all('supervisor'));

# A command as the user whose cluster it is.
sub run_as_owner {
	my @command = @_;
	unshift @command, 'setpriv', "--reuid=$owner{uid}",
	    "--regid=$owner{gid}", '--clear-groups' if $> == 0;
	my $pid = fork // die $!;
	if ($pid == 0) {
		open STDOUT, '>', '/dev/null';
		exec @command or exit 127;
	}
	waitpid $pid, 0;
	is $?, 0, "done: @command[-2, -1]";
	return;
}

# The servers' programs, which need not be in the PATH.
my $pg_bin = dirname(readlink '/proc/' . $parts->leader('PostgreSQL') . '/exe');
my $pgbouncer = readlink '/proc/' . $parts->leader('PgBouncer') . '/exe';

# With the options that it had before.
sub start_postgresql {
	run_as_owner("$pg_bin/pg_ctl", '-s', '-w', '-D', "$state/pg",
		'-l', "$state/log/postgresql.log", 'restart');
	return;
}

sub start_pgbouncer {
	unlink "$state/run/pgbouncer.pid"; # which a crash leaves
	run_as_owner($pgbouncer, '-d', '-q', "$state/run/pgbouncer.ini");
	return;
}

my @stopped; # are woken whatever happens, or nothing else could end them

sub stop_moving {
	push @stopped, @_;
	kill STOP => @_;
	return;
}

sub move_again {
	kill CONT => splice @stopped;
	return;
}

END { move_again() }

# All of PostgreSQL; its postmaster stops first, so that there are no more.
sub stopped_postgresql {
	my $postmaster = $parts->leader('PostgreSQL');
	stop_moving($postmaster);
	my @children = children_of($postmaster);
	stop_moving(@children);
	return ($postmaster, @children);
}

# --- requests ---

my $login = [ username => 'Ann', password => 'pw' ];
my $api = $world->api_url;

# Everything that needs the database, and the kind of answer it gives.
my @requests = (
	[ page => 'GET /public', sub { $world->get('/public', @now) } ],
	[ page => 'GET /', sub { $world->get('/', jar => $jar) } ],
	[ page => 'GET /Ann', sub { $world->get('/Ann') } ],
	[ page => 'POST /login', sub { $world->post('/login', $login) } ],
	[ page => 'POST /register', sub { $world->post('/register',
		[ username => 'Bob', email => 'a@b', password => 'p',
			password2 => 'p' ]) } ],
	[ page => 'POST /add_message', sub { $world->post('/add_message',
		[ text => 'lost' ], jar => $jar) } ],
	[ page => 'POST /Ann/follow', sub {
		$world->post('/Ann/follow', [], jar => $jar) } ],
	[ JSON => 'POST /register', sub { $world->api(POST => '/register',
		{ username => 'Bob', email => 'a@b', pwd => 'p' }) } ],
	map {
		my $at = $_;
		my $name = $at ? ", API's port" : '';
		([ JSON => "GET /latest$name", sub {
			$world->api(GET => "$at/latest") } ],
		[ JSON => "GET /msgs$name", sub {
			$world->api(GET => "$at/msgs") } ],
		[ JSON => "POST /msgs/Ann$name", sub {
			$world->api(POST => "$at/msgs/Ann",
				{ content => 'lost' }) } ],
		[ JSON => "GET /fllws/Ann?latest=9$name", sub {
			$world->api(GET => "$at/fllws/Ann?latest=9") } ]);
	} '', $api,
);

sub kind_is_right {
	my ($answer, $kind) = @_;
	my $type = $answer->{headers}{'content-type'} // 'none';
	if ($kind eq 'page') {
		return $type eq 'text/html; charset=utf-8' && $answer->{content}
		    =~ m{ \| MiniTwit</title>.*<div class="error"}s;
	}
	my $body = eval { JSON::PP->new->utf8->decode($answer->{content}) };
	return $type eq 'application/json' && ref $body eq 'HASH'
	    && $body->{status} eq $answer->{status} && length $body->{error_msg};
}

# Every request, all at once, gets an error of its kind.
sub all_fail {
	my ($slowest, $what) = (0, '');
	my @answers = $world->at_once(map {
		my $send = $_->[2];
		sub {
			my $start = time;
			my $answer = $send->();
			$answer->{took} = time - $start;
			return $answer;
		}
	} @requests);
	for (@requests) {
		my ($kind, $name) = @$_;
		my $answer = shift @answers;
		($slowest, $what) = ($answer->{took}, $name)
		    if $answer->{took} > $slowest;
		is $answer->{status}, 503, "$name: 503";
		ok kind_is_right($answer, $kind), "... as $kind"
		    or diag explain $answer;
		like $answer->{headers}{'retry-after'} // 'none', qr/^\d+$/,
		    '... that says when to come again';
	}
	diag sprintf 'the slowest answer, %s, took %.2f s', $what, $slowest;
	return;
}

# The status of an answer, as soon as it is the one that is waited for.
sub eventually {
	my ($status, $ask) = @_;
	my $answer = $ask->();
	for (1 .. 1200) {
		last if $answer->{status} == $status;
		sleep 0.05;
		$answer = $ask->();
	}
	return $answer->{status};
}

sub serves_again {
	my ($what) = @_;
	my $start = time;
	is eventually(200, sub { $world->get('/public', @now) }), 200,
	    "$what: service again by itself";
	diag sprintf '%s: again after %.2f s', $what, time - $start;
	# each role has a pool in PgBouncer, which tells its first client that
	# PostgreSQL was away
	eventually(204, sub { $world->api(POST => "$api/msgs/Ann",
		{ content => 'so far' }) });
	is $world->get('/', jar => $jar)->{status}, 200,
	    '... the session is still there';
	is $world->api(POST => "$api/msgs/Ann", { content => $what })->{status},
	    204, '... and writing works';
	is $world->sql("SELECT count(*) FROM messages WHERE text = '$what'"), 1,
	    '... what is acknowledged is there, once';
	return;
}

sub nothing_stored {
	my ($what) = @_;
	is $world->sql(q{SELECT count(*) FROM messages WHERE text = 'lost'})
	    . $world->sql(q{SELECT count(*) FROM users WHERE username = 'Bob'}),
	    '00', "$what: what was refused is not stored";
	return;
}

# Who was told 503 while a part did not move can't know whether it was done.
sub forget_the_undecided {
	$world->sql(q{DELETE FROM messages WHERE text = 'lost'});
	$world->sql(q{DELETE FROM users WHERE username = 'Bob'});
	return;
}

# --- the parts ---

serves_again('at first');

subtest 'PostgreSQL is stopped' => sub {
	run_as_owner("$pg_bin/pg_ctl", '-s', '-w', '-m', 'fast', '-D',
		"$state/pg", 'stop');
	all_fail();
	start_postgresql();
	serves_again('PostgreSQL started');
	nothing_stored('PostgreSQL stopped');
};

subtest 'PostgreSQL is killed' => sub {
	crash(stopped_postgresql());
	@stopped = ();
	all_fail();
	start_postgresql();
	serves_again('PostgreSQL recovered');
	nothing_stored('PostgreSQL killed');
};

subtest 'PostgreSQL does not move' => sub {
	stopped_postgresql();
	all_fail();
	move_again();
	serves_again('PostgreSQL moves');
	forget_the_undecided();
};

subtest 'PgBouncer is killed' => sub {
	crash($parts->leader('PgBouncer'));
	all_fail();
	start_pgbouncer();
	serves_again('PgBouncer started');
	nothing_stored('PgBouncer killed');
};

subtest 'PgBouncer does not move' => sub {
	stop_moving($parts->leader('PgBouncer'));
	all_fail();
	move_again();
	serves_again('PgBouncer moves');
	forget_the_undecided();
};

subtest 'what needs no database works without' => sub {
	stop_moving($parts->leader('PgBouncer'));
	is $world->get($_)->{status}, 200, $_
	    for qw(/login /register /-/icon.svg /robots.txt /-/openapi.json
	    /-/api);
	is $world->get('/a/b')->{status}, 404, 'an unknown route is unknown';
	is $world->api(GET => '/msgs', undef,
		headers => { Authorization => '' })->{status}, 403,
	    'and a stranger a stranger';
	is $world->get('/-/health')->{status}, 503, '/-/health knows';
	move_again();
	serves_again('health');
};

subtest "Apache's CGI daemon is killed" => sub {
	my $daemon = $parts->cgi_daemon;
	crash($daemon);
	my @answers = $world->at_once(map { $_->[2] } @requests);
	for (@requests) {
		my ($kind, $name) = @$_;
		my $answer = shift @answers;
		like $answer->{status}, qr/^(?:20[04]|302|400|50[03])$/,
		    "$name: served, or an error";
		ok kind_is_right($answer, $kind), "... as $kind"
		    or diag explain $answer
		    if $answer->{status} =~ /^50/;
	}
	serves_again('CGI daemon');
	isnt $parts->cgi_daemon, $daemon, 'it is another daemon';
};

subtest 'a program does not start, or does not end well' => sub {
	my @programs = map {"$state/site/cgi-bin/$_"} 'site/public', 'api/msgs';
	for my $row (
		[ 'is not executable', 0644, "#!/bin/sh\n", 500 ],
		[ 'says nothing', 0755, "#!/bin/sh\nexit 1\n", 500 ],
		[ 'crashes', 0755, "#!/bin/sh\nkill -SEGV \$\$\n", 500 ],
		[ 'says rubbish', 0755, "#!/bin/sh\necho rubbish\n", 500 ],
		[ 'does not end', 0755, "#!/bin/sh\nexec sleep 60\n", 504 ],
	) {
		my ($what, $mode, $text, $status) = @$row;
		for (@programs) {
			rename $_, "$_.real" or die $!;
			open my $out, '>', $_ or die $!;
			print {$out} $text;
			close $out;
			chmod $mode, $_;
		}
		my @paths = ('/public', '/msgs', "$api/msgs");
		my @answers = $world->at_once(map { my $path = $_;
			sub { $world->api(GET => $path) } } @paths);
		rename "$_.real", $_ or die $! for @programs;
		for my $path (@paths) {
			my $answer = shift @answers;
			my $kind = $path eq '/public' ? 'page' : 'JSON';
			is $answer->{status}, $status,
			    "a program $what: $status";
			ok kind_is_right($answer, $kind), "... as $kind"
			    or diag explain $answer;
		}
	}
	serves_again('programs');
};

subtest 'files' => sub {
	my %types = (
		'/-/icon.svg' => qr{^image/svg\+xml$},
		'/-/icon.svg' => qr{^image/svg\+xml$},
		'/favicon.ico' => qr{^image/},
		'/robots.txt' => qr{^text/plain; ?charset=utf-8$}i,
		'/-/openapi.json' => qr{^application/json$},
		'/-/api' => qr{^text/html; ?charset=utf-8$}i,
	);
	for my $path (sort keys %types) {
		my $answer = $world->get($path);
		is $answer->{status}, 200, $path;
		like $answer->{headers}{'content-type'}, $types{$path},
		    '... of the right type';
		is $answer->{headers}{'content-length'},
		    length $answer->{content}, '... with its length';
		is $answer->{headers}{'x-content-type-options'}, 'nosniff',
		    '... that nobody should guess';
	}
	ok eval { JSON::PP->new->utf8->decode(
		$world->get("$api/-/openapi.json")->{content})->{openapi} =~ /^3/ },
	    "the API's description is JSON, on its own port, too";
};

done_testing;
