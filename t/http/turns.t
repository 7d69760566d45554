# So many programs at work at once: here it is one, so that whoever keeps a turn
# would stop everything.

use strict;
use warnings;
use utf8;
use Encode qw(encode);
use IO::Select;
use IO::Socket::INET;
use MIME::Base64 qw(encode_base64);
use Parts qw(children_of is_alive process);
use Socket qw(SOL_SOCKET SO_LINGER);
use Test::More;
use Time::HiRes qw(sleep);
use World;

our $world = World->new(MINITWIT_TURNS => 1);
$world->register('Ann');

my @now = (headers => { Cookie => 'a=b' });
my $simulator = 'Authorization: Basic '
    . encode_base64('simulator:super_safe!', '');

# --- requests as bytes, on sockets that stay open ---

sub connection {
	my ($bytes) = @_;
	my $socket = IO::Socket::INET->new(PeerAddr => '127.0.0.1',
		PeerPort => $world->{port}) or die "no connection: $!";
	$socket->syswrite($bytes);
	return $socket;
}

sub request {
	my ($line, $body, @headers) = @_;
	push @headers, 'Content-Length: ' . length $body
	    if defined $body && !grep {/^(?:Content-Length|Transfer)/} @headers;
	return join "\r\n", "$line HTTP/1.1", 'Host: localhost',
	    'Connection: close', $simulator, @headers, '', $body // '';
}

sub message {
	my ($text) = @_;
	return request('POST /msgs/Ann', qq({"content":"$text"}),
		'Content-Type: application/json');
}

sub answer_on {
	my ($socket) = @_;
	my $raw = do { local $/ = undef; readline $socket } // '';
	my ($head, $content) = split /\r\n\r\n/, $raw, 2;
	my ($status) = ($head // '') =~ m{^HTTP/1\.1 (\d+)};
	my %headers = map { /^([^:]+):\s*(.*)/ ? (lc $1, $2) : () }
	    split /\r\n/, $head // '';
	return { status => $status // 'none', headers => \%headers,
		content => $content // '' };
}

# Nobody has kept the turn, and service is what it was.
sub serves {
	my ($what) = @_;
	my @statuses = map { $_->{status} } (
		$world->get('/public', @now), $world->api(GET => '/latest'),
		$world->api(POST => '/msgs/Ann', { content => 'served' }));
	return is "@statuses", '200 200 204', "$what: everything is served";
}

# The same where a slow machine may not be as far yet.
sub serves_again {
	my ($what) = @_;
	for (1 .. 600) {
		last if $world->get('/public', @now)->{status} == 200;
		sleep 0.05;
	}
	return serves($what);
}

# Waits until Apache has taken up that number of requests and answered none of them.
sub await_requests {
	my ($count) = @_;
	for (1 .. 2000) {
		# the request for it is one, too
		my ($busy) = $world->get('/-/status?auto')->{content}
		    =~ /^BusyWorkers: (\d+)/m;
		return if ($busy // 0) == 1 + $count;
		sleep 0.01;
	}
	return;
}

sub stored { return $world->sql(
	"SELECT count(*) FROM messages WHERE text LIKE '$_[0]'") }

# A program that has the turn and hangs until the table is unlocked.
sub program_hangs {
	my ($bytes) = @_;
	my $socket = connection($bytes);
	for (1 .. 300) {
		return $socket if $world->hanging > 0;
		sleep 0.01;
	}
	return $socket; # it was too slow, and is answered
}

serves('at first');

# --- waiting for a turn ---

subtest 'the database hangs' => sub {
	my @requests = (
		(map { [ JSON => message("lost $_") ] } 1 .. 6),
		(map { [ page => request($_) ] } ('GET /Ann') x 3, 'HEAD /Ann'),
		[ page => request('POST /login', 'username=Ann&password=pw',
			'Content-Type: application/x-www-form-urlencoded') ],
		[ JSON => request('GET /msgs') ],
	);
	my (@answers, $style);
	$world->locked('messages', sub {
		my @sockets = map { connection($_->[1]) } @requests;
		$style = $world->get('/-/icon.svg');
		@answers = map { answer_on($_) } @sockets;
	});
	is $style->{status}, 200, 'files are served meanwhile';
	my %undecided;
	for my $n (0 .. $#requests) {
		my ($kind, $bytes) = @{ $requests[$n] };
		my ($line) = $bytes =~ /^(\S+ \S+)/;
		my $answer = $answers[$n];
		my $is_busy = $answer->{content} =~ /MiniTwit is busy/;
		$undecided{$1} = 1 if !$is_busy && $bytes =~ /(lost \d)/;
		if ($line eq 'POST /login' && $answer->{status} == 302) {
			pass 'POST /login: 302, it needs no messages';
			next;
		}
		is $answer->{status}, 503, "$line: 503";
		like $answer->{headers}{'retry-after'} // '', qr/^\d+$/,
		    '... that says when to come again';
		is $answer->{headers}{'content-type'}, $kind eq 'JSON'
		    ? 'application/json' : 'text/html; charset=utf-8',
		    "... as $kind";
		next if $line =~ /^HEAD/;
		like $answer->{content}, $kind eq 'JSON'
		    ? qr/"error_msg"/ : qr/<div class="error"/, '... in words';
	}
	like $world->logs, qr/turns: none within/,
	    'the log says why';
	serves('the lock is gone');
	# a program that began can't know, but who had no turn has stored nothing
	my @stored = grep { !$undecided{$_} } split /\n/, $world->sql(
		q{SELECT text FROM messages WHERE text LIKE 'lost%'});
	is "@stored", '', 'nothing is stored of those who had no turn';
	cmp_ok scalar keys %undecided, '<', 6, '... of whom there are some';
};

subtest 'a kept page needs no turn' => sub {
	my ($kept, $holder);
	for (1 .. 20) { # it is kept for a second only, and this may take longer
		$world->get('/public');
		$world->locked('messages', sub {
			$holder = program_hangs(message('x'));
			$kept = $world->get('/public');
		});
		answer_on($holder);
		last if $kept->{status} == 200;
	}
	is $kept->{status}, 200, 'it is served while the only turn is taken';
	like $kept->{headers}{age} // '', qr/^\d+$/, '... from the cache';
};

subtest 'the order of arrival' => sub {
	my @sent = map {"in order $_"} 1 .. 8;
	my ($statuses, $order);
	for my $try (1 .. 10) { # in one second, which may not do at once
		my @sockets;
		$world->sql(q{DELETE FROM messages WHERE text LIKE 'in order%'});
		$world->locked('messages', sub {
			my $holder = program_hangs(message('first'));
			for (@sent) {
				push @sockets, connection(message($_));
				await_requests(1 + @sockets);
			}
			push @sockets, $holder;
		});
		$statuses = join ' ', map { answer_on($_)->{status} } @sockets;
		$order = $world->sql(q{SELECT string_agg(text, ', '
			ORDER BY message_id) FROM messages
			WHERE text LIKE 'in order%'});
		last if $statuses eq join(' ', (204) x 9)
		    && $order eq join ', ', @sent;
	}
	is $statuses, join(' ', (204) x 9), 'those who waited are served';
	is $order, join(', ', @sent), '... in the order in which they came';
};

subtest 'who has given up' => sub {
	my ($statuses, $order);
	for my $try (1 .. 10) { # in one second, which may not do at once
		my @sockets;
		$world->sql(q{DELETE FROM messages WHERE text ~ '^(gone|here)'});
		$world->locked('messages', sub {
			my $holder = program_hangs(message('first'));
			for (1 .. 8) {
				connection(message("gone $_"));
				await_requests(1 + $_);
			}
			@sockets = ($holder, connection(message('here')),
				connection(request('GET /Ann')));
			$sockets[2]->shutdown(1); # has no more to send
		});
		$statuses = join ' ', map { answer_on($_)->{status} } @sockets;
		for (1 .. 20) {
			last if stored('gone%') == 8;
			sleep 0.1;
		}
		$order = $world->sql(q{SELECT string_agg(text, ', '
			ORDER BY message_id) FROM messages
			WHERE text ~ '^(gone|here)'});
		last if $statuses eq '204 204 200' && stored('gone%') == 8;
	}
	is $statuses, '204 204 200', 'who waits is served, half-closed or not';
	is stored('gone%'), 8, '... and so are those who have given up';
	unlike $order, qr/here$/, '... which nobody else waits for';
};

# --- who holds no turn ---

subtest 'a slow sender' => sub {
	my $form = 'Content-Type: application/x-www-form-urlencoded';
	my $json = 'Content-Type: application/json';
	my $chunked = 'Transfer-Encoding: chunked';
	my %beginnings = (
		'half a form' => request('POST /login', 'username=',
			$form, 'Content-Length: 60000'),
		'no body yet' => request('POST /msgs/Ann', '', $json,
			'Content-Length: 20'),
		'all but a byte' => request('POST /msgs/Ann', '{"content":"x"',
			$json, 'Content-Length: 15'),
		'more than is taken' => request('POST /login', 'x' x 70_000,
			$form, 'Content-Length: 8000000'),
		'a chunk' => request('POST /msgs/Ann', "1\r\n{\r\n", $json,
			$chunked),
		'chunks, but not the last' => request('POST /msgs/Ann',
			"f\r\n{\"content\":\"x\"}\r\n", $json, $chunked),
		'too long a chunk' => request('POST /msgs/Ann',
			"20000\r\n" . ('x' x 0x20000) . "\r\n", $json, $chunked),
	);
	for my $what (sort keys %beginnings) {
		my @sockets = map { connection($beginnings{$what}) } 1 .. 20;
		await_requests(20);
		serves("20 clients have sent $what");
		my @answered = IO::Select->new(@sockets)->can_read(0);
		is scalar @answered, 0, '... and have no answer yet';
		close $_ for @sockets;
	}
	serves('they are gone');
};

subtest 'a slow reader' => sub {
	$world->sql(q{INSERT INTO messages (author_id, text)
		SELECT user_id, repeat('x', 1000)
		FROM users, generate_series(1, 1000) WHERE username = 'Ann'});
	my @sockets = map { connection(request('GET /msgs?no=1000')) } 1 .. 10;
	# each answer has begun, and is far longer than what the kernel holds
	$_->sysread(my $byte, 1) for @sockets;
	serves('10 clients do not read on');
	my $answer = answer_on($sockets[0]);
	cmp_ok length $answer->{content}, '>', 1_000_000,
	    '... and it was a long answer';
	close $_ for @sockets;
};

# --- no turn is lost ---

subtest 'a client goes away' => sub {
	for my $round (1 .. 20) {
		my @sockets;
		$world->locked('messages', sub {
			@sockets = map {
				connection($_ % 2 ? message('gone')
				    : request('GET /Ann'))
			} 1 .. 10;
			if ($round % 2) { # by a reset, not a FIN
				setsockopt $_, SOL_SOCKET, SO_LINGER,
				    pack 'ii', 1, 0
				    for @sockets;
			}
			close $_ for @sockets;
		});
		serves_again("after round $round");
	}
};

subtest 'a program fails' => sub {
	# Apache answers in its place, by an internal redirect
	my $program = $world->state . '/site/cgi-bin/api/latest';
	rename $program, "$program.real" or die "$program: $!";
	open my $file, '>', $program or die "$program: $!";
	print {$file} "#!/bin/sh\nexit 1\n";
	close $file;
	chmod 0755, $program;
	for (1 .. 3) {
		my $answer = $world->api(GET => '/latest');
		is $answer->{status}, 500, 'no answer: 500';
		is $answer->{json}{status}, 500, '... as JSON';
	}
	rename "$program.real", $program or die "$program: $!";
	serves('after that');
};

# Apache's process, and that which serves: the child with many threads.
sub apache {
	open my $in, '<', $world->state . '/run/apache.pid' or die $!;
	chomp(my $pid = <$in>);
	return $pid;
}

sub worker {
	my ($worker) = grep { (() = glob "/proc/$_/task/*") > 100 }
	    children_of(apache());
	return $worker;
}

subtest 'the server\'s process is killed' => sub {
	for (1 .. 2) {
		my $worker = worker();
		$world->locked('messages', sub {
			my @sockets = map { connection(message('killed')) } 1 .. 5;
			await_requests(5);
			is kill(KILL => $worker), 1, 'killed';
			answer_on($_) for @sockets;
		});
		serves_again('in a new process');
		isnt worker(), $worker, '... which it is';
	}
};

subtest 'a graceful restart' => sub {
	for my $round (1 .. 2) {
		my $worker = process(worker());
		my @sockets;
		$world->locked('messages', sub {
			@sockets = map { connection(message("kept $round $_")) }
			    1 .. 5;
			# they are there: one has the turn, the others wait
			await_requests(5);
			is kill(USR1 => apache()), 1, 'restarts';
		});
		my @statuses = map { answer_on($_)->{status} } @sockets;
		is stored("kept $round%"), scalar(grep { $_ eq '204' } @statuses),
		    "... what is acknowledged is stored (@statuses)";
		serves_again('afterwards');
		for (1 .. 600) {
			last if !is_alive($worker);
			sleep 0.05;
		}
		ok !is_alive($worker), '... the old process has ended';
		serves('without it');
	}
};

# --- bodies ---

subtest 'bodies' => sub {
	my $json = 'Content-Type: application/json';
	my $text = encode('UTF-8', "\x{1f600}" x 1000);
	my $body_of = sub {
		my ($length) = @_;
		my $body = qq({"content":"$text");
		return $body . ' ' x ($length - length($body) - 1) . '}';
	};
	# pieces of these lengths, one after the other
	my $in_chunks = sub {
		my ($body, @lengths) = @_;
		my $chunks = '';
		for (my $at = 0; $at < length $body; push @lengths, shift @lengths) {
			my $piece = substr $body, $at, $lengths[0];
			$at += length $piece;
			$chunks .= sprintf "%x\r\n%s\r\n", length $piece, $piece;
		}
		return "${chunks}0\r\n\r\n";
	};
	for my $row (
		[ 'a short one', 4100, 204 ],
		[ '8,000 bytes', 8000, 204 ],
		[ '8,192 bytes', 8192, 204 ],
		[ '64 KiB', 65536, 204 ],
		[ '64 KiB and 1 byte', 65537, 413 ],
		[ '64 KiB and 2 bytes', 65538, 413 ],
		[ '80,000 bytes', 80_000, 413 ],
		[ '1 MiB', 1 << 20, 413 ],
	) {
		my ($name, $length, $status) = @$row;
		my $body = $body_of->($length);
		my %ways = (
			'whole' => [$body],
			'in single bytes' => [ $in_chunks->($body, 1),
				'Transfer-Encoding: chunked' ],
			'in small chunks' => [ $in_chunks->($body, 1, 7, 2, 100),
				'Transfer-Encoding: chunked' ],
			'in large chunks' => [ $in_chunks->($body, 9000, 1),
				'Transfer-Encoding: chunked' ],
		);
		delete $ways{'in single bytes'} if $length > 100_000;
		for my $way (sort keys %ways) {
			$world->sql('DELETE FROM messages');
			my ($bytes, @headers) = @{ $ways{$way} };
			my $answer = answer_on(connection(request(
				'POST /msgs/Ann', $bytes, $json, @headers)));
			is $answer->{status}, $status, "$name, $way: $status";
			is encode('UTF-8', $world->sql(
				'SELECT text FROM messages')),
			    $status == 204 ? $text : '',
			    $status == 204 ? '... it is stored whole'
			    : '... nothing is stored';
		}
	}
	# the next request on a connection begins where the body ended
	my $rest = "GET /latest HTTP/1.1\r\nHost: localhost\r\n"
	    . "Connection: close\r\n$simulator\r\n\r\n";
	for my $length (4100, 8192, 65535, 65536) {
		my $first = request('POST /msgs/Ann', $body_of->($length), $json);
		$first =~ s/Connection: close\r\n//;
		my $raw = $world->raw($first . $rest);
		is scalar(() = $raw =~ m{^HTTP/1\.1 }mg), 2,
		    "a body of $length bytes, and a request after it";
		like $raw, qr/"latest"/, '... which is understood';
	}
	serves('all these bodies are read');
};

# --- weights ---

subtest 'who takes more than there is' => sub {
	my @answers = $world->at_once(map {
		my $name = "heavy$_";
		sub { $world->api(POST => '/register',
			{ username => $name, email => 'a@b', pwd => 'pw' }) }
	} 1 .. 4);
	is "@{[ map { $_->{status} } @answers ]}", '204 204 204 204',
	    'registration with one turn';
	is $world->post('/login', [ username => 'heavy1', password => 'pw' ])
	    ->{status}, 302, 'login, too';
	serves('and afterwards');
};

subtest 'who weighs more than others' => sub {
	my $four = World->new(MINITWIT_TURNS => 4);
	local $world = $four;
	$four->register('Ann');
	my $register = request('POST /register',
		'{"username":"Bob","email":"a@b","pwd":"p"}',
		'Content-Type: application/json');

	# $hangs has a program hang; gives whether somebody else was answered
	my $others_go_on = sub {
		my ($table, $hangs) = @_;
		my ($answered, $holder, $other);
		my $found = 'no idea';
		for (1 .. 5) { # it hangs for a second, which may not do
			$four->sql(q{DELETE FROM users WHERE username = 'Bob'});
			$four->locked($table, sub {
				$holder = program_hangs($hangs);
				$other = connection(request('GET /latest'));
				$answered = IO::Select->new($other)->can_read(0.4)
				    ? 1 : 0;
			});
			my $is_done = answer_on($holder)->{status} == 204;
			answer_on($other);
			$found = $answered if $is_done;
			last if $found eq 1;
		}
		return $found;
	};
	is $others_go_on->('messages', message('y')), 1,
	    'a message takes one of four turns';
	is $others_go_on->('users', $register), 0,
	    'registration takes them all';
};

# Half of the turns are two, and one that logs in takes both: the others are for
# everybody else, however many want to log in.
subtest 'a flood of logins' => sub {
	my $four = World->new(MINITWIT_TURNS => 4);
	local $world = $four;
	$four->register('Ann');
	my $form = 'Content-Type: application/x-www-form-urlencoded';
	my @flood = (
		(request('POST /login', 'username=Ann&password=pw', $form)) x 15,
		(map { request('POST /register', "username=New$_&email=a%40b&"
			. 'password=pw&password2=pw', $form) } 1 .. 15),
	);
	my @others = (
		sub { $four->api(GET => '/msgs')->{status} },
		sub { $four->api(POST => '/msgs/Ann',
			{ content => 'hi' })->{status} },
		sub { $four->get('/login')->{status} },
		sub { $four->get('/register')->{status} },
	);

	my (@served, @sockets);
	$four->locked('sessions', sub {
		# the first that has hashed hangs, and then the next one
		@sockets = map { connection($_) } @flood;
		push @served, map { $_->() } @others
		    until $four->logs =~ /turns: none within/;
	});
	is "@{[ grep { !/^20[04]$/ } @served ]}", '',
	    'all others are served meanwhile: ' . @served;
	my %count;
	$count{ answer_on($_)->{status} }++ for @sockets;
	cmp_ok $count{503} // 0, '>', 0, 'who has waited too long gets a 503';
	is join(' ', grep { !/^(?:302|503)$/ } keys %count), '',
	    '... and the rest what they want';
	is $four->post('/login', [ username => 'Ann', password => 'pw' ])
	    ->{status}, 302, 'a login afterwards';
	serves('and everything else');
};

done_testing;
