# The public timeline of visitors is kept for a second: what is in the cache, who
# gets it, who makes it again, and what is never in it.

use strict;
use warnings;
use Test::More;
use Time::HiRes qw(sleep);
use World;

my $world = World->new;

# A page is not kept any longer than this.
my $lifetime = 1;

# --- counting ---

# In the program's place, one that notes each run before it becomes the program:
# what Apache says of its cache is not asked.
my $program = $world->state . '/site/cgi-bin/site/public';
my $runs_file = $world->state . '/log/public.runs';

rename $program, "$program.real" or die "$program: $!";
open my $counter, '>', $program or die "$program: $!";
print {$counter} <<"END";
#!/bin/sh
echo >>$runs_file
exec $program.real
END
close $counter;
chmod 0755, $program;

sub runs { return -s $runs_file // 0 }

# --- asking ---

my @kept_page = ('GET', '/public');

sub wait_until_old { return sleep $lifetime + 0.1 }

# A request as a visitor's or, by its options, anybody's.
sub ask {
	my ($method, $target, %options) = @_;
	my $before = runs();
	my $answer = $world->request($method, $target, %options);
	$answer->{ran} = runs() - $before;
	return $answer;
}

# The target with a query that no request has had: its page is not kept yet.
my $queries = 0;

sub fresh {
	my ($target) = @_;
	return $target . ($target =~ /\?/ ? '&' : '?') . 'q' . ++$queries;
}

# Two requests for the same page within a second, which a slow machine may not manage
# at once: a pair of which the second did not have the program run, or the last.
# The sub is called in between.
sub pair {
	my ($target, $first, $second, $between) = @_;
	my @pair;
	for (1 .. 20) {
		my $page = fresh($target);
		my ($method, %options) = @$second;
		@pair = { %{ ask($first, $page) }, page => $page };
		$between->() if $between;
		push @pair, ask($method, $page, %options);
		last if !$pair[1]{ran};
	}
	return @pair;
}

# As many of a header's lines as come; HTTP::Tiny has a list of more than one.
sub count_of {
	my ($answer, $name) = @_;
	my $value = $answer->{headers}{$name} // [];
	return ref $value ? scalar @$value : 1;
}

my @once = qw(x-content-type-options referrer-policy content-security-policy
	cache-control vary content-type content-length date);

sub has_each_header_once {
	my ($answer, $what) = @_;
	is_deeply { map { $_ => count_of($answer, $_) } @once },
	    { map { $_ => 1 } @once }, "$what: each header once";
	is $answer->{headers}{'set-cookie'}, undef, '... and no cookie';
	is join(' ', sort split /, ?/, $answer->{headers}{vary}),
	    'Accept-Encoding Cookie Host X-Forwarded-Proto', '... Vary';
	is $answer->{headers}{'content-security-policy'} =~ tr/;//, 9,
	    '... each part of the policy once';
	is $answer->{headers}{'x-content-type-options'}, 'nosniff',
	    '... nosniff, once';
	return;
}

sub add_message {
	my ($text) = @_;
	$world->sql("INSERT INTO messages (author_id, text)
		SELECT user_id, '$text' FROM users WHERE username = 'Ann'");
	return;
}

# --- what is kept ---

my %jar = map { $_ => $world->login($_) } qw(Ann Bob Eve);
$world->get('/', jar => $_) for values %jar; # which takes the flash
add_message("number $_") for 1 .. 40;
my $oldest = $world->sql('SELECT max(message_id) - 5 FROM messages');

for my $target ('/public', "/public?before=$oldest", '/public?before=x&y') {
	my ($made, $kept) = pair($target, 'GET', ['GET'],
		sub { add_message('new') });
	is $made->{status}, 200, "$target";
	is $made->{ran}, 1, '... the program makes the page';
	is $made->{headers}{age}, undef, '... which has no age';
	is $kept->{ran}, 0, '... and not a second one within a second';
	is $kept->{status}, 200, '... but the page is there';
	is $kept->{content}, $made->{content}, '... the same';
	like $kept->{headers}{age}, qr/^[01]$/, '... and says its age';
	has_each_header_once($made, 'made');
	has_each_header_once($kept, 'kept');

	wait_until_old();
	my $again = ask(GET => $made->{page});
	is $again->{ran}, 1, '... after the second it is made again';
	has_each_header_once($again, 'made again');
}
isnt $world->get("/public?before=$oldest")->{content},
    $world->get('/public')->{content}, 'each page is kept by itself';

subtest 'HEAD' => sub {
	my ($get, $head) = pair('/public', 'GET', ['HEAD']);
	is $head->{ran}, 0, 'HEAD has a kept page';
	is $head->{content} // '', '', '... without the page';
	is $head->{headers}{'content-length'}, length $get->{content},
	    '... with its length';
	has_each_header_once($head, '...');
	($head, $get) = pair('/public', 'HEAD', ['GET']);
	is $head->{ran}, 1, 'HEAD when there is none';
	like $get->{content}, qr{^<!DOCTYPE.*</html>\n$}s,
	    '... leaves nobody without the page';
};

subtest 'a reload is no reason' => sub {
	for my $headers (
		{ 'Cache-Control' => 'no-cache' },
		{ 'Cache-Control' => 'no-store' },
		{ 'Cache-Control' => 'no-cache', Pragma => 'no-cache' },
	) {
		my ($made, $kept) =
		    pair('/public', 'GET', [ GET => headers => $headers ]);
		is "$kept->{ran} $kept->{status}", '0 200',
		    join ', ', map {"$_: $headers->{$_}"} sort keys %$headers;
		is $kept->{content}, $made->{content}, '... the same page';
	}
};

# --- what is new ---

subtest 'a message' => sub {
	for my $n (1 .. 4) {
		my ($made) = ask(@kept_page);
		my $text = "posted $n";
		my $answer = $n % 2
		    ? $world->api(POST => '/msgs/Ann', { content => $text })
		    : $world->post('/add_message', [ text => $text ],
			jar => $jar{Ann});
		like $answer->{status}, qr/^(?:204|302)$/, "$text";
		like ask(@kept_page, jar => $jar{Ann})->{content}, qr/>\Q$text\E</,
		    '... is there for its author at once';
		like ask(@kept_page, jar => $jar{Bob})->{content}, qr/>\Q$text\E</,
		    '... and for every other reader';
		wait_until_old();
		like ask(@kept_page)->{content}, qr/>\Q$text\E</,
		    '... for visitors after a second';
	}
};

# --- who has a part in it ---

subtest 'a cookie' => sub {
	for my $cookie ('a=b', 'session=' . '0' x 64, 'session=', 'flash=x', 'x',
		';') {
		my %with = (headers => { Cookie => $cookie });
		ask(@kept_page);
		my $page = ask(@kept_page, %with);
		is $page->{ran}, 1, "$cookie: never a kept page";
		is $page->{headers}{age}, undef, '... of no age';
		like $page->{headers}{'cache-control'}, qr/^private, no-store$/,
		    '... not to be kept';
		is ask(@kept_page, %with)->{ran}, 1, '... nor is it';
		my @page = (GET => fresh('/public'));
		is ask(@page, %with)->{ran} . ask(@page)->{ran}, '11',
		    '... for no visitor, either';
	}
};

subtest 'what somebody sent along' => sub {
	my %sent = (content => 'username=evil&email=evil', headers => {
		'Content-Type' => 'application/x-www-form-urlencoded' });
	for my $method (qw(GET POST)) {
		for my $form (map { fresh($_) } qw(/login /register)) {
			is ask($method, $form, %sent)->{status}, 200,
			    "$method $form";
			unlike ask(GET => $form)->{content}, qr/evil/,
			    '... is for nobody else';
		}
	}
};

subtest 'a flash' => sub {
	for (1 .. 3) {
		my @page = (GET => fresh('/public'));
		my %with = (headers => { Cookie => 'flash=logged-out.' });
		my $page = ask(@page, %with);
		like $page->{content}, qr/You were logged out/, 'is shown';
		my $next = ask(@page);
		is $next->{ran}, 1, '... and not kept';
		unlike $next->{content}, qr/flashes|logged out/,
		    '... for somebody else';
		is $next->{headers}{'set-cookie'}, undef,
		    '... nor the cookie that clears it';
		like ask(@page, %with)->{content}, qr/You were logged out/,
		    '... and a kept page does not hide it';
	}
};

subtest 'readers and visitors at once' => sub {
	my @clients = map {
		my $n = $_;
		my ($name) = (qw(Ann Bob Eve visitor))[ $n % 4 ];
		sub {
			my %faults;
			for my $round (1 .. 15) {
				my %jar = %{ $jar{$name} // {} };
				$jar{flash} = 'recorded.'
				    if %jar && $round % 3 == 0;
				my $answer = $world->get('/public', headers => {
					%jar ? (Cookie => join '; ',
						map {"$_=$jar{$_}"} keys %jar)
					    : () });
				my ($navigation) = $answer->{content}
				    =~ m{<nav[^>]*>(.*?)</nav>}s;
				$navigation //= '';
				my ($who) = $navigation
				    =~ m{<a href="/(Ann|Bob|Eve)">\1</a>};
				my $has_flash =
				    $answer->{content} =~ /"flashes"/ ? 1 : 0;
				my @wrong = (
					$answer->{status} != 200
					? "status $answer->{status}" : (),
					($who // 'visitor') ne $name
					? 'as ' . ($who // 'visitor') : (),
					($navigation =~ /sign out/) ne
					    ($name ne 'visitor')
					? 'sign out' : (),
					$has_flash != ($jar{flash} ? 1 : 0)
					? 'flash' : (),
					%jar && defined $answer->{headers}{age}
					? 'kept' : (),
					!%jar && $answer->{headers}{'set-cookie'}
					? 'cookie' : (),
				);
				$faults{$_}++ for @wrong;
			}
			return join ', ', "$name:", sort keys %faults;
		}
	} 0 .. 31;
	my %seen = map { $_ => 1 } $world->at_once(@clients);
	is_deeply [ sort keys %seen ], [ 'Ann:', 'Bob:', 'Eve:', 'visitor:' ],
	    'each has their own page, always';
};

# --- what is never kept ---

subtest 'errors' => sub {
	for (1 .. 2) {
		my $wrong = ask(POST => '/public');
		is "$wrong->{status} $wrong->{ran}", '405 1', 'POST: 405';
		is $wrong->{headers}{age}, undef, '... of no age';
		is $wrong->{headers}{allow}, 'GET, HEAD', '... with its Allow';
	}
	is ask(@kept_page)->{status}, 200, '... it is in nobody\'s way';
	for my $target ('/public/', '/public/x', '/publicity', '/public%00',
		'/public?before=%00') {
		my @answers = map { ask(GET => $target) } 1 .. 2;
		like "@{[ map { $_->{status} } @answers ]}",
		    qr/^(?:404 404|400 400)$/, "$target: $answers[0]{status}";
		is_deeply [ map { $_->{headers}{age} } @answers ],
		    [ undef, undef ], '... never kept';
		like $answers[1]{headers}{'cache-control'} // '', qr/no-store/,
		    '... nor to be kept';
		is count_of($answers[1], $_), 1, "... $_ once"
		    for @once[ 0 .. 2 ];
	}
	$world->register('publicity');
	is ask(GET => '/publicity')->{status}, 200, '... it may be there now';
};

subtest 'the database does not answer' => sub {
	is ask(@kept_page)->{status}, 200, 'at first all is well';
	wait_until_old();
	$world->locked('messages', sub {
		for (1 .. 2) {
			my $away = ask(@kept_page);
			is $away->{status}, 503, 'then a 503, not the old page';
			is $away->{headers}{age}, undef, '... of no age';
			like $away->{headers}{'retry-after'} // '', qr/^\d+$/,
			    '... that says when to come again';
			like $away->{headers}{'cache-control'} // '',
			    qr/no-store/, '... not to be kept';
			is count_of($away, $_), 1, "... $_ once"
			    for @once[ 0 .. 2 ], 'retry-after';
		}
	});
	my $back = ask(@kept_page);
	is "$back->{status} $back->{ran}", '200 1', 'the page is back at once';
};

subtest 'the API' => sub {
	for my $target ('/msgs', '/msgs?no=5', '/msgs/Ann', '/fllws/Ann', '/latest',
		$world->api_url . '/msgs', $world->api_url . '/latest') {
		my @answers = map { $world->api(GET => $target) } 1 .. 3;
		is_deeply [ map { $_->{headers}{age} } @answers ],
		    [ undef, undef, undef ], "$target: never kept";
	}
	for my $n (1 .. 10) {
		$world->api(POST => "/msgs/Ann?latest=$n", { content => "api $n" });
		is $world->api(GET => '/msgs?no=1')->{json}[0]{content}, "api $n",
		    'the newest message is in the list at once';
		is $world->api(GET => '/latest')->{json}{latest}, $n,
		    '... and latest is the latest';
	}
	is $world->get($world->api_url . '/public')->{status}, 404,
	    'the API\'s port has no such page';
};

# Their programs hold a lot that only a POST needs, and are slow to start.
subtest 'the forms' => sub {
	for my $target ('/login', '/register') {
		my $made = $world->get($target);
		my ($kept) = grep { defined $_->{headers}{age} }
		    map { $world->get($target) } 1 .. 20;
		ok $kept, "$target: kept";
		is $kept->{content}, $made->{content}, '... as it is';
		my $own = $world->get($target, headers => { Cookie => 'a=b' });
		is $own->{headers}{age}, undef, '... for no reader with a cookie';
		like $own->{headers}{'cache-control'}, qr/no-store/,
		    '... who keeps it neither';
		my $wrong = $world->post($target, [ username => 'Somebody' ]);
		unlike $wrong->{headers}{'cache-control'}, qr/public/,
		    '... nor with what was wrong';
		unlike $world->get($target)->{content}, qr/Somebody/,
		    '... or was entered';
	}
};

subtest 'other pages' => sub {
	for my $target ('/Ann', '/nobody', '/') {
		$world->get($target);
		my $answer = $world->get($target);
		is $answer->{headers}{age}, undef, "$target: never kept";
		unlike $answer->{headers}{'cache-control'} // '', qr/public/,
		    '... nor to be kept';
	}
};

# --- one at a time ---

# 16 clients that ask for the page so many times each; gives how often the
# program ran for each answer, and what was wrong with the answers.
sub crowd {
	my ($rounds) = @_;
	my $before = runs();
	my @wrong = map {@$_} $world->at_once(map {
		sub {
			[ grep { $_ ne '200' } map {
				$world->get('/public')->{status}
			} 1 .. $rounds ];
		}
	} 1 .. 16);
	is "@wrong", '', 'everybody has the page';
	return runs() - $before;
}

subtest 'no stampede' => sub {
	my $rounds = 60;
	ask(@kept_page);
	my $ran = crowd($rounds);
	cmp_ok $ran, '<=', $rounds * 16 / 10,
	    "$ran programs were enough for " . $rounds * 16 . ' answers';
	wait_until_old();
	# one makes it again, the others have the old one meanwhile
	$ran = crowd(1);
	cmp_ok $ran, '<=', 8, "16 for an old page at once: $ran programs";
};

# A compromised program neither has its responses cached for others nor takes the
# security headers from them.
subtest 'a program that says it may be cached' => sub {
	my $evil = join '', map { "$_\\r\\n" } 'Status: 200 OK',
	    'Content-Type: text/html', 'Age: 0', 'Vary: X-None',
	    'Cache-Control: public, max-age=86400, s-maxage=86400',
	    'Expires: Thu, 01 Jan 2099 00:00:00 GMT', 'Set-Cookie: session=evil',
	    'Surrogate-Control: max-age=86400', 'Service-Worker-Allowed: /',
	    'Content-Security-Policy: default-src *', 'X-Content-Type-Options: x';
	my $folder = $world->state . '/site/cgi-bin/site';
	my @programs = map {"$folder/$_"} qw(profile user_feed message public);
	for my $file (@programs) {
		rename $file, "$file.kept" or die "$file: $!";
		open my $to, '>', $file or die "$file: $!";
		# it may start no process
		print {$to} "#!/bin/sh\nread -r each </proc/sys/kernel/random/uuid\n"
		    . "printf '$evil\\r\\n%s' \"\$each\"\n";
		close $to;
		chmod 0755, $file or die "$file: $!";
	}
	my $is_ours = sub {
		my ($answer, $what) = @_;
		is $answer->{status}, 200, $what;
		is count_of($answer, $_), 1, "... $_ once" for @once[ 0 .. 3 ];
		like $answer->{headers}{'content-security-policy'},
		    qr/^default-src 'none';/, '... ours';
		is $answer->{headers}{'x-content-type-options'}, 'nosniff',
		    '... and nosniff';
		is $answer->{headers}{$_}, undef, "... without $_"
		    for qw(age expires surrogate-control service-worker-allowed);
	};
	for my $target ('/Ann', '/publicity', '/public%2fx', '/loginX/feed',
		'/login/feed', '/register/status/1', '/Ann/status/1')
	{
		my $page = fresh($target);
		my @same = map { $world->get($page) } 1 .. 2;
		$is_ours->($_, $target) for @same;
		isnt $same[0]{content}, $same[1]{content}, '... not cached';
	}
	for my $cookie ('a=b', "session=$jar{Ann}{session}") {
		my $page = fresh('/public');
		my @same = map { $world->get($page,
			headers => { Cookie => $cookie }) } 1 .. 2;
		isnt $same[0]{content}, $same[1]{content}, "$cookie: not cached";
		isnt $world->get($page)->{content}, $same[1]{content},
		    '... nor for a visitor';
	}
	my $page = fresh('/public');
	my $first = $world->get($page);
	$is_ours->($first, 'the public timeline');
	is $_->{headers}{'set-cookie'}, undef, '... no cookie for others'
	    for grep { defined $_->{headers}{age} } map { $world->get($page) } 1 .. 5;
	wait_until_old();
	my $second = $world->get($page);
	isnt $second->{content}, $first->{content}, '... not after a second';
	is $second->{headers}{'cache-control'},
	    'public, max-age=0, s-maxage=1', '... which is what Apache says';
	rename "$_.kept", $_ or die "$_: $!" for @programs;
};

# A kept page that says where it is says so to nobody who asked elsewhere.
subtest 'whole addresses' => sub {
	my $address = sub {
		my @lines = @_;
		my $page = $world->raw(join "\r\n", 'GET /public?q HTTP/1.1',
			@lines, 'Connection: close', '', '');
		return $page =~ /property="og:url" content="([^"]*)"/ ? $1 : '';
	};
	for my $host ('evil.example', 'localhost.', 'localhost:000' . $world->{port},
		'localhost') {
		is $address->("Host: $host"), "http://$host/public", $host;
	}
};

is $world->ctl('stop'), 0, 'stopped';
is $world->ctl('start'), 0, 'started again: the cache is empty';
is ask(@kept_page)->{status}, 200, '... the page is there';

done_testing;
