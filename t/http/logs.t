# What Apache's logs have: a line of JSON for each request, whatever it was, with
# these fields and no others; the programs' lines by the same id; nothing that a
# client could make up.  Rotated under load, each line is there once.

use strict;
use warnings;
use File::Glob qw(bsd_glob);
use File::Temp qw(tempdir);
use HTTP::Tiny;
use IO::Uncompress::Gunzip qw(gunzip);
use JSON::PP;
use Parts qw(is_alive process);
use Secrets;
use Shell qw(slurp);
use Test::More;
use World;

my $world = World->new(MINITWIT_NODE => 'web-1.example');
my $root = World->root;
my $ann = $world->login('Ann');
$world->register('Bob');
my $id_of_ann = $world->sql("SELECT user_id FROM users WHERE username = 'Ann'");

# --- a request's line ---

my %shape = (
	time => qr/\A\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z\z/,
	request => qr/\A[\w@-]{1,40}\z/,
	node => qr/\Aweb-1\.example\z/,
	route => qr{\A(?:(?:site|api|ops)/\w+|cached|static|status|refused)\z},
	method => qr/\A(?:[A-Z]+|other|-)\z/,
	status => qr/\A\d{3}\z/,
	duration_us => qr/\A\d+\z/,
	bytes_in => qr/\A\d+\z/,
	bytes_out => qr/\A\d+\z/,
	user => qr/\A(?:\d+|api|-)\z/,
	client => qr/\A[0-9a-f]{16}\z/,
);

# Waits until something is so, half a minute at most.
sub eventually {
	my ($is_so) = @_;
	for (1 .. 600) {
		return 1 if $is_so->();
		select undef, undef, undef, 0.05;
	}
	return 0;
}

# What is wrong with a line; '' for nothing.
sub fault_of {
	my ($text) = @_;
	my $line = eval { JSON::PP->new->utf8->decode($text) }
	    // return "no JSON: $text";
	return 'fields ' . join ' ', sort keys %$line
	    if "@{[ sort keys %$line ]}" ne "@{[ sort keys %shape ]}";
	return join ', ', map {"$_: $line->{$_}"}
	    grep { $line->{$_} !~ $shape{$_} } sort keys %shape;
}

# The line of the one request that a sub sends, of a route where one is named, and
# the answer.
sub line_of {
	my ($send, $route) = @_;
	my %known = map { ($_->{request} => 1) } $world->lines_of('access');
	my $answer = $send->();
	return ($world->logged_request(sub {
		my ($line) = @_;
		!$known{ $line->{request} } && $line->{route} eq ($route // $line->{route})
	}), $answer);
}

sub is_logged {
	my ($name, $send, %expected) = @_;
	my ($line, $answer) = line_of($send, $expected{route});
	my %is = map { ($_ => $line->{$_}) } keys %expected;
	is_deeply \%is, \%expected, $name;
	ok !exists $answer->{headers}{'x-minitwit-user'},
	    '... and the client is not told' if ref $answer;
	return $line;
}

subtest 'fields' => sub {
	my $get = sub { my @get = @_; return sub { $world->get(@get) } };
	my @mine = (jar => $ann);

	is_logged('a visitor', $get->('/Ann?q=ding'), route => 'site/profile',
		method => 'GET', status => 200, user => '-');
	is_logged('who is logged in', $get->('/', @mine),
		route => 'site/timeline', user => $id_of_ann);
	is_logged('a change', sub {
		$world->post('/add_message', [ text => 'a long secret, 4711' ],
			@mine)
	}, route => 'site/add_message', method => 'POST', status => 302,
		user => $id_of_ann);
	is_logged('following', $get->('/Bob/follow', @mine),
		route => 'site/follow', user => $id_of_ann);
	is_logged('an account', $get->('/-/account', @mine),
		route => 'site/account', user => $id_of_ann);
	is_logged('a password that is confirmed', sub {
		$world->post('/-/account/sessions', [ password => 'pw' ], @mine)
	}, route => 'site/account_sessions', user => $id_of_ann);
	is_logged('a wrong one', sub {
		$world->post('/-/account/delete', [ password => 'px' ], @mine)
	}, route => 'site/account_delete', user => $id_of_ann);
	is_logged('nothing new', $get->('/-/feed', @mine,
		headers => { 'If-None-Match' => '*' }), route => 'site/feed',
		status => 304);
	is_logged('an error', $get->('/nobody', @mine), status => 404,
		route => 'site/profile', user => $id_of_ann);
	is_logged('the simulator', sub { $world->api(GET => '/msgs') },
		route => 'api/msgs', user => 'api');
	is_logged('who only says so', sub {
		$world->api(GET => '/msgs', undef,
			headers => { Authorization => 'Basic bm86bm8=' })
	}, route => 'api/msgs', status => 403, user => '-');
	is_logged('who would be somebody else', $get->('/Ann',
		headers => { 'X-Minitwit-User' => '1' }), user => '-');
	is_logged('login', sub {
		$world->post('/login', [ username => 'Ann', password => 'pw' ])
	}, route => 'site/login', status => 302, user => $id_of_ann);

	$world->get('/public');
	is_logged('a kept page', $get->('/public'), route => 'cached', user => '-');
	is_logged('a file', $get->('/robots.txt'), route => 'static');
	is_logged('HEAD', sub { $world->request('HEAD', '/robots.txt') },
		method => 'HEAD');
	is_logged("Apache's state", $get->('/-/status?auto'), route => 'status');
	is_logged('what can\'t be read', sub { $world->raw("nonsense\r\n\r\n") },
		route => 'refused', method => 'other', status => 400);
	is_logged('an unknown method', sub { $world->raw(
		"GE\"T\\ /x?q=ding HTTP/1.1\r\nHost: x\r\n\r\n") },
		route => 'refused', method => 'other', status => 400);

	my $line = is_logged('sizes', sub {
		$world->raw("GET /robots.txt HTTP/1.1\r\nHost: x\r\n"
			. 'X: ' . 'x' x 1000 . "\r\n\r\n")
	}, status => 200);
	cmp_ok $line->{bytes_in}, '>', 1000, '... of what came';
	cmp_ok $line->{bytes_out}, '>', 100, '... and of what went';
};

subtest 'a complaint is traced by one word' => sub {
	my ($line) = line_of(sub { $world->post('/login',
		[ username => 'Ann', password => 'wrong, 4711' ]) });
	my $id = $line->{request};
	my @story = grep {/"\Q$id\E"/} split /\n/, $world->logs;
	is scalar @story, 2, "both logs have the request's id";
	like "@story", qr{"program":"site/login".*Invalid password},
	    "... and the program's says what was wrong";
	($line) = line_of(sub { $world->get('/-/asset/none.css') });
	my ($why) = grep { $_->{request} eq $line->{request} }
	    $world->lines_of('apache');
	is $why->{program}, 'apache', "Apache's own line has it, too";
	is $why->{message}, 'AH00128: File does not exist: ...',
	    '... and no value';
};

subtest 'a program that cannot be started' => sub {
	my $program = $world->state . '/site/cgi-bin/site/user_feed';
	chmod 0644, $program or die $!;
	my ($line) = line_of(sub { $world->get('/Ann/feed') });
	chmod 0755, $program or die $!;
	is $line->{status}, 500, 'an error of the server';
	like join("\n", map { $_->{message} } $world->lines_of('apache')),
	    qr{^[^\n]*/site/user_feed[^\n]*Permission denied}m,
	    '... and the log says why, and which';
};

subtest 'addresses' => sub {
	my $hash = sub {
		my (@arguments) = @_;
		local $ENV{STATE} = $world->state;
		chomp(my $is = qx{'$root/bin/address-hash' @arguments});
		return $is;
	};
	my $client = sub {
		my ($from) = @_;
		my ($line) = line_of(sub { $world->get('/robots.txt', from => $from) });
		return ($line->{client}, substr $line->{time}, 0, 10);
	};
	my ($one, $day) = $client->('127.0.0.1');
	is $hash->('127.0.0.1', $day), $one, 'bin/address-hash finds a client';
	is $hash->('::ffff:127.0.0.1', $day), $one, '... by another name, too';
	is(($client->('127.0.0.1'))[0], $one, 'who is the same all day');
	isnt $hash->('127.0.0.1', '2001-01-01'), $one, '... and not the next one';
	isnt(($client->('127.0.0.2'))[0], $one, 'another is another');
	is $hash->('2001:db8::1', $day), $hash->('2001:db8::2:0:0:1', $day),
	    'an IPv6 address is its network of 64 bits';
	isnt $hash->('2001:db8::1', $day), $hash->('2001:db8:0:1::1', $day),
	    '... and no more';
	# the vector of SipHash's authors, for 15 bytes
	my $key = join '', map { sprintf '%02x', $_ } 0 .. 15;
	my $script = slurp("$root/bin/address-hash");
	my ($functions) = $script =~ /(sub add .*?)^my \(\$address/ms;
	is unpack('H*', eval "$functions siphash(pack('H*', '$key'),"
		. " pack 'C*', 0 .. 14)"), 'e545be4961ca29a1', 'SipHash-2-4';
};

# --- whatever comes ---

subtest 'hostile requests' => sub {
	my $count = 400;
	my $before = () = $world->lines_of('access');
	my $byte = sub { chr int rand 256 };
	my @odd = ('"', '\\', "\x00", "\x01", "\x7f", "\xff", '%', "\t", '{', '}',
		',', "\x0b", "\xc3\xa4", '%22', '%00', '%ff', '../', '?', '#');
	my $rubbish = sub { join '', map {
		rand() < 0.5 ? $odd[ rand @odd ] : $byte->() } 0 .. rand 30 };
	srand 4711;
	for (1 .. $count) {
		my ($method, $target, $agent, $version) = ('GET', '/Ann', 'x', '1.1');
		$_ = $rubbish->() =~ tr/\r\n//dr
		    for (\$method, \$target, \$agent, \$version)[ rand 4 ]->$*;
		$target = "/$target" if rand() < 0.8;
		$world->raw("$method $target HTTP/$version\r\nHost: x\r\n"
			. "User-Agent: $agent\r\nReferer: $agent\r\n"
			. "Cookie: session=$agent\r\nConnection: close\r\n\r\n");
	}
	my @lines;
	eventually(sub {
		$world->settle_logs;
		@lines = split /^/, slurp($world->state . '/log/access.log');
		return @lines >= $before + $count;
	});
	cmp_ok @lines, '>=', $before + $count, 'each has a line';
	is join("\n", grep { length } map { fault_of($_) } @lines), '',
	    '... all of them as they should be';
	is join("\n", grep { !eval { JSON::PP->new->utf8->decode($_) } }
		split /^/, slurp($world->state . '/log/apache.log')), '',
	    "apache.log's, too";
	unlike $world->logs, qr/exit signal/, '... and Apache is well';
};

# --- apache/log-writer ---

# The end of a log-writer to write to, and its process, which a command starts.
sub writer {
	my ($file, @command) = @_;
	my $program = "$root/" . World::build() . '/apache/log-writer';
	my $pid = open my $pipe, '|-', @command, $program, $file
	    or die "$program: $!";
	$pipe->autoflush;
	return ($pipe, $pid);
}

subtest 'log-writer' => sub {
	my $folder = tempdir(CLEANUP => 1);
	my $log = "$folder/some/x.log";
	my ($pipe, $pid) = writer($log);
	my $lines = sub { split /^/, slurp($_[0] // $log) };

	print {$pipe} qq({"n":1}\n{"n":2}\n);
	eventually(sub { # has been read, and it waits for more
		my $waiting = pack 'i', 0;
		ioctl $pipe, 0x541b, $waiting or die $!; # FIONREAD
		return unpack('i', $waiting) == 0
		    && slurp("/proc/$pid/stat") =~ /\) S/;
	});
	mkdir "$folder/some" or die $!;
	print {$pipe} qq({"n":3}\n);
	ok eventually(sub { $lines->() == 2 }), 'what has no place is dropped';
	is(($lines->())[0], qq({"n":3}\n), '... the next line is not');
	like(($lines->())[1], qr/"2 lines before this one could not be written"/,
		'... and they are counted');

	rename $log, "$log.1" or die $!;
	print {$pipe} qq({"n":4}\n{"n");
	ok eventually(sub { $lines->() == 1 }), 'after a renaming, a new file';
	print {$pipe} qq(:5}\n);
	ok eventually(sub { $lines->() == 2 }), 'half a line waits for the rest';

	kill TERM => $pid;
	ok eventually(sub { !is_alive(process($pid)) }), 'who is dismissed is gone';
	print {$pipe} "apache\terror\tID\t\twhy\tsome \"words\"\n",
	    "apache\twarning\tID\tno values\t\tsecret\n",
	    "apache\tinfo\n", "\n", "==1== \"\tsomething else\x01\xff\n";
	close $pipe;
	ok eventually(sub { $lines->() == 6 }), '... but goes on until the end';
	my @told = map { my $line = JSON::PP->new->utf8->decode($_);
		delete $line->{time}; $line } ($lines->())[2 .. 5];
	is_deeply \@told, [ map { my %line;
		@line{qw(level program request message)} = @$_; \%line }
		[ 'error', 'apache', 'ID', 'some "words": why' ],
		[ 'warning', 'apache', 'ID', 'no values' ],
		[ 'info', 'apache', '', '' ],
		[ 'error', 'stderr', '-', "==1== \"\tsomething else\x01\xff" ] ],
	    'all that is not JSON becomes it';
};

subtest 'no room for lines of Apache' => sub {
	my $log = tempdir(CLEANUP => 1) . '/x.log';
	my ($pipe) = writer($log, 'sh', '-c',
		q(trap '' XFSZ; ulimit -f 1; exec "$0" "$@")); # 512 bytes
	my $count = 0;
	my $tell = sub {
		$count++;
		print {$pipe} "apache\terror\tID\t\twhy\tline $count\n";
		select undef, undef, undef, 0.05;
	};
	$tell->() until $count == 12;
	rename $log, "$log.1" or die $!;
	$tell->();
	close $pipe;
	my @old = split /^/, slurp("$log.1");
	my @new = split /^/, slurp($log);
	is join('', grep { !eval { JSON::PP->new->utf8->decode($_) } } @old, @new),
	    '', 'no half a line stays';
	my ($lost) = "@new" =~ /"(\d+) lines before this one could not/;
	is @old + ($lost // 0), 12, '... and those that are missing are counted';
};

# --- rotation ---

subtest 'ten rotations under load' => sub {
	my ($logs, $rotations, $clients) = ($world->state . '/log', 10, 4);
	my $before = () = $world->lines_of('access');
	my $stop = $world->state . '/stop';
	my $asked = 0;
	my ($failed, @counts) = $world->at_once(
		sub {
			my $failed = 0;
			for (1 .. $rotations) {
				select undef, undef, undef, 0.4;
				$failed += $world->ctl('rotate', '--force') != 0;
			}
			open my $file, '>', $stop or die $!;
			return $failed;
		},
		map { my $path = $_; sub {
			my $http = HTTP::Tiny->new(timeout => 20);
			my ($good, $bad) = (0, 0);
			until (-e $stop) {
				my $answer = $http->get($world->url . $path);
				$answer->{status} == 200 || $answer->{status} == 404
				    ? $good++ : $bad++;
			}
			return [ $good, $bad ];
		} } qw(/robots.txt /public /nobody /Ann));
	is $failed, 0, "logrotate has worked $rotations times";
	$asked += $_->[0] for @counts;
	is join(' ', map { $_->[1] } @counts), '0 0 0 0', 'no request has failed';

	$world->settle_logs;
	my (%seen, $count, @bad);
	my $read = sub {
		for my $file (bsd_glob "$logs/access.log*") {
			my $text = slurp($file);
			gunzip(\slurp($file) => \$text) if $file =~ /\.gz\z/;
			push @bad, grep { length } map { fault_of($_) } split /^/, $text;
			$seen{$_}++ for $text =~ /"request":"([^"]+)"/g;
		}
		$count = keys %seen;
	};
	eventually(sub { %seen = @bad = (); $read->() == $before + $asked });
	is $count, $before + $asked, "$asked requests have a line each";
	is scalar(grep { $_ > 1 } values %seen), 0, '... and only one';
	is "@bad", '', '... and all are whole';
	is scalar(bsd_glob "$logs/access.log.9.gz"), "$logs/access.log.9.gz",
	    'the oldest are compressed';
};

subtest 'a log that its writer keeps open' => sub {
	my $log = $world->state . '/log/monitor-x.log';
	open my $file, '>>', $log or die $!;
	$file->autoflush;
	chown +(stat $world->state . '/log')[4, 5], $log; # as who rotates it
	for my $line (qw(one two three)) {
		print {$file} "$line\n";
		is slurp($log), "$line\n", "$line is in the log of this name";
		is $world->ctl('rotate', '--force'), 0, '... which is rotated';
	}
	is slurp("$log.1"), "three\n", '... and has what it had';
};

done_testing;
