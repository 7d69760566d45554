# Whose address counts: the connection's, or what a trusted proxy says; who may
# see the server's state; and how many requests one address has at a time.
# Clients come from addresses of 127.0.0.0/8.

use strict;
use warnings;
use IO::Socket::INET;
use MIME::Base64 qw(encode_base64);
use Test::More;
use Shell qw(slurp);
use World;

my $proxy = '127.0.0.9';
my $world = World->new(TRUSTED_PROXIES => "$proxy 192.0.2.0/24 2001:db8::/32",
	ALLOWED_ADDRESSES => '127.0.0.1 203.0.113.0/24', MINITWIT_TURNS => 1,
	# access.log has no address
	settings => 'CustomLog "${MINITWIT_STATE}/log/addresses" "%a %q"');
$world->register('Ann');
my $simulator = 'Authorization: Basic '
    . encode_base64('simulator:super_safe!', '');

sub status_of {
	my ($path, %options) = @_;
	return $world->get($path, %options)->{status};
}

# Whom Apache sees in a request from an address with these headers.
sub seen_as {
	my ($from, %headers) = @_;
	my $mark = 'mark' . int rand 1e9;
	$world->get("/nobody?$mark", from => $from, headers => \%headers);
	for (1 .. 1000) { # it has its line after the answer
		return $1 if slurp($world->state . '/log/addresses')
		    =~ /^(\S+) .*$mark$/m;
		select undef, undef, undef, 0.02;
	}
	return 'nobody';
}

subtest 'X-Forwarded-For' => sub {
	my $header = 'X-Forwarded-For';
	for my $row (
		[ '127.0.0.1', 'its own', {} ],
		[ $proxy, 'its own', {} ],
		[ '127.0.0.1', 'its own', { $header => '198.51.100.7' } ],
		[ '127.0.0.2', 'its own', { $header => "198.51.100.7, $proxy" } ],
		[ $proxy, '198.51.100.7', { $header => '198.51.100.7' } ],
		[ $proxy, '198.51.100.7',
			{ $header => '127.0.0.1, 198.51.100.7' } ],
		[ $proxy, '198.51.100.7',
			{ $header => '127.0.0.1,198.51.100.7, 192.0.2.1' } ],
		[ $proxy, '198.51.100.7',
			{ $header => [ '127.0.0.1', '198.51.100.7' ] } ],
		[ $proxy, '198.51.100.7', { $header =>
			'127.0.0.1, 198.51.100.7, 2001:db8::1' } ],
		[ $proxy, '2001:470::1', { $header => '2001:470::1' } ],
		[ $proxy, '10.1.2.3', { $header => '10.1.2.3' } ],
		[ $proxy, 'its own', { $header => 'rubbish' } ],
		[ $proxy, 'its own', { $header => '127.0.0.1, rubbish' } ],
		[ '127.0.0.2', 'its own', { 'X-Real-IP' => '198.51.100.7',
			Forwarded => 'for=198.51.100.7',
			'Client-IP' => '198.51.100.7' } ],
	) {
		my ($from, $whose, $headers) = @$row;
		my $said = join ' ', map { ref ? "@$_" : $_ } values %$headers;
		is seen_as($from, %$headers),
		    $whose eq 'its own' ? $from : $whose,
		    "$from says '$said': $whose";
	}
};

subtest 'X-Forwarded-Proto' => sub {
	for my $row ([ $proxy, 'https', 1 ], [ $proxy, 'http', 0 ],
		[ '127.0.0.1', 'https', 0 ], [ '127.0.0.2', 'https', 0 ]) {
		my ($from, $proto, $is_secure) = @$row;
		my %options = (from => $from, headers => {
			'X-Forwarded-Proto' => $proto,
			'X-Forwarded-For' => $from });
		my $answer = $world->post('/login',
			[ username => 'Ann', password => 'pw' ], %options);
		is $answer->{status}, 302, "$from says $proto";
		my $cookies = join ' ', map { ref ? @$_ : $_ }
		    $answer->{headers}{'set-cookie'};
		is $cookies =~ /; Secure/ ? 1 : 0, $is_secure, '... Secure';
		my $hsts = 'strict-transport-security';
		is defined $answer->{headers}{$hsts} ? 1 : 0, $is_secure,
		    '... Strict-Transport-Security';
		is defined $world->get('/nobody?x', %options)->{headers}{$hsts}
		    ? 1 : 0, $is_secure, '... with an error, too';
	}
};

subtest 'the state of the server' => sub {
	my %is = (headers => { 'X-Forwarded-For' => '127.0.0.1' });
	my %isnt = (headers => { 'X-Forwarded-For' => '198.51.100.7' });
	my %allowed = (headers => { 'X-Forwarded-For' => '203.0.113.9' });
	for my $path (qw(/-/status /-/status?auto /-/status/x /metrics
		/metrics/x //metrics /%6detrics /-//status)) {
		my $there = $path =~ m{/x$} ? 404 : 200;
		is status_of($path), $there, "$path from an allowed address";
		is status_of($path, from => '127.0.0.2'), 403, '... another';
		is status_of($path, from => '127.0.0.2', %is), 403,
		    '... that says it were';
		is status_of($path, from => $proxy), 403, '... the proxy';
		is status_of($path, from => $proxy, %is), $there,
		    '... the proxy for one';
		is status_of($path, from => $proxy, %allowed), $there,
		    '... the proxy for one of an allowed network';
		is status_of($path, from => $proxy, %isnt), 403,
		    '... the proxy for another';
		is status_of($world->api_url . $path, from => '127.0.0.2'), 403,
		    "... the API's port";
	}
	my $answer = $world->get('/metrics', from => '127.0.0.2');
	like $answer->{content}, qr/<div class="error".*This address is not/,
	    'a page';
	$answer = $world->api(GET => $world->api_url . '/-/status', undef,
		from => '127.0.0.2');
	is $answer->{json}{status}, 403, "JSON on the API's port";
	like $world->get('/-/status?auto')->{content},
	    qr/^BusyWorkers: \d+\n.*^Scoreboard: /ms,
	    'what the exporter reads';
	is $world->api(POST => '/register', { username => 'metrics',
		email => 'a@b', pwd => 'pw' })->{status}, 400,
	    'nobody has the name metrics';
};

# What /metrics and /-/status answer to a request with headers of a proxy.
sub state_of {
	my ($to, @headers) = @_;
	return join ' ', map { $to->get($_, headers => {@headers})->{status} }
	    '/metrics', '/-/status', $to->api_url . '/metrics';
}

my ($open, $closed) = ('200 200 200', '403 403 403');
my $for = 'X-Forwarded-For';
my @unparsed = map { ($_, "127.0.0.1, $_", "$_, 127.0.0.1") }
    qw(203.0.113.9:51234 127.0.0.1:51234 [2001:db8::1]:51234 [::1] unknown
    _hidden "127.0.0.1" localhost 127.1 0x7f000001 2130706433);

subtest 'a proxy on the same machine that is not trusted' => sub {
	my $there = World->new;
	is state_of($there), $open, 'no proxy';
	is state_of($there, 'X-Something' => 'else'), $open, 'another header';
	for my $row (
		(map { [ $for => $_ ] } '127.0.0.1', '::1', '198.51.100.7',
			@unparsed),
		[ $for => [ '', '127.0.0.1' ] ],
		[ Forwarded => 'for=127.0.0.1' ],
		[ Forwarded => 'for="[::1]:51234";proto=https' ],
		[ 'X-Real-IP' => '127.0.0.1' ], [ Via => '1.1 proxy' ],
		[ 'X-Forwarded-Proto' => 'http' ],
		[ 'X-Forwarded-Host' => 'localhost' ],
		[ 'x-forwarded-for' => '127.0.0.1' ],
	) {
		my ($name, $value) = @$row;
		is state_of($there, $name => $value), $closed,
		    "$name: " . (ref $value ? "@$value" : $value);
	}
};

subtest 'a trusted proxy that is an allowed address' => sub {
	my $there = World->new(TRUSTED_PROXIES => '127.0.0.1 192.0.2.0/24',
		ALLOWED_ADDRESSES => '127.0.0.0/8 ::1 203.0.113.9');
	is state_of($there), $open, 'the proxy itself';
	is state_of($there, $for => $_), $open, "$for: $_"
	    for '203.0.113.9', '203.0.113.9, 192.0.2.1', '::1', '127.0.0.2';
	is state_of($there, $for => '203.0.113.9', 'X-Forwarded-Proto' => 'https',
		'X-Forwarded-Host' => 'x', Via => '1.1 proxy'), $open,
	    '... with its other headers';
	is state_of($there, $for => $_), $closed, "$for: $_"
	    for '198.51.100.7', '203.0.113.9, 198.51.100.7',
	    '198.51.100.7, 192.0.2.1', @unparsed,
	    map({"$_, 192.0.2.1"} @unparsed), '', ' ', ',', ', 192.0.2.1';
	is state_of($there, @$_), $closed, "@$_ alone"
	    for [ Forwarded => 'for=203.0.113.9' ], [ Via => '1.1 proxy' ],
	    [ 'X-Real-IP' => '203.0.113.9' ], [ 'Client-IP' => '203.0.113.9' ],
	    [ 'X-Forwarded-Host' => 'x' ],
	    [ 'X-Forwarded-Proto' => 'https' ];
};

# How many of so many requests at once are told that it is too many.  While a
# table is locked all of them wait; $headers gives each one's.
sub refused {
	my ($from, $count, $headers) = @_;
	my $before = () = $world->logs =~ /clients: this address/g;
	$world->locked('messages', sub {
		my @sockets = map {
			my $socket = IO::Socket::INET->new(
				PeerAddr => '127.0.0.1', LocalAddr => $from,
				PeerPort => $world->{port}) or die $!;
			$socket->syswrite(join "\r\n", 'GET /msgs HTTP/1.1',
				'Host: x', 'Connection: close', $simulator,
				$headers ? $headers->($_) : (), '', '');
			$socket;
		} 1 .. $count;
		local $/ = undef;
		readline $_ for @sockets;
	});
	my $after = () = $world->logs =~ /clients: this address/g;
	return $after - $before;
}

# They wait for a second and a half, which a slow machine may need to send them.
sub most_refused {
	my ($expected, @arguments) = @_;
	my $refused;
	for (1 .. 10) {
		$refused = refused(@arguments);
		last if $refused == $expected;
	}
	return $refused;
}

subtest 'requests at a time' => sub {
	is most_refused(20, '127.0.0.2', 120), 20, 'one address: a hundred';
	is most_refused(0, '127.0.0.2', 100), 0, '... not more than once';
	is most_refused(0, '127.0.0.1', 250), 0, 'an allowed one: any';
	is most_refused(0, $proxy, 150), 0, 'a proxy: any';
	my $for = sub {
		my ($pattern) = @_;
		return sub {
			my ($n) = @_;
			return 'X-Forwarded-For: ' . $pattern =~ s{N}{$n}r;
		};
	};
	is most_refused(20, $proxy, 120, $for->('198.51.100.7')), 20,
	    'of one client through it: a hundred';
	is most_refused(0, $proxy, 150, $for->('198.51.100.N')), 0,
	    '... of many: any';
	is most_refused(20, $proxy, 120, $for->('2001:470:0:1::N')), 20,
	    "one customer's IPv6 addresses: a hundred";
	is most_refused(0, $proxy, 150, $for->('2001:470:0:N::1')), 0,
	    "... many customers': any";
	is most_refused(20, '127.0.0.2', 120, $for->('198.51.100.N')), 20,
	    'who only says so: a hundred';

	my @refused = grep { $_->{status} == 503 } $world->at_once(
		(sub { $world->get('/latest', from => '127.0.0.3') }) x 20);
	is scalar @refused, 0, 'afterwards everybody is served';
};

subtest 'what is no address' => sub {
	for my $setting (qw(TRUSTED_PROXIES ALLOWED_ADDRESSES)) {
		local $world->{env}{$setting} = q{10.0.0.1'};
		$world->ctl('stop');
		isnt $world->ctl('start'), 0, "$setting with a quote";
		like $world->{said}, qr/$setting=.* please give addresses/,
		    '... is explained';
	}
};

done_testing;
