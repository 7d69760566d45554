# The headers that every answer has, once each, whoever gives it: a program,
# Apache for a file or a kept page, or Apache for what it can't even read.

use strict;
use warnings;
use MIME::Base64 qw(encode_base64);
use Test::More;
use World;

my $world = World->new;
my $session = $world->login('Ann')->{session};
my $simulator = 'Authorization: Basic '
    . encode_base64('simulator:super_safe!', '');

my %expected = (
	server => 'Apache',
	'content-security-policy' => "default-src 'none'; script-src 'self'; "
	    . "style-src 'self'; img-src 'self'; connect-src 'self'; "
	    . "manifest-src 'self'; worker-src 'none'; form-action 'self'; base-uri 'none'; "
	    . "frame-ancestors 'none'",
	'x-content-type-options' => 'nosniff',
	'referrer-policy' => 'same-origin',
	'cross-origin-opener-policy' => 'same-origin',
	'cross-origin-resource-policy' => 'same-origin',
	'permissions-policy' => 'accelerometer=(), camera=(), '
	    . 'display-capture=(), geolocation=(), gyroscope=(), '
	    . 'magnetometer=(), microphone=(), midi=(), payment=(), usb=()',
);

# What is wrong with the first answer to these bytes, in a line for each fault.
sub faults {
	my ($bytes, $port, $status) = @_;
	my ($head) = split /\r\n\r\n/, $world->raw($bytes, $port) // 'none';
	my ($line, @lines) = split /\r\n/, $head;
	my %values;
	for (@lines) {
		my ($name, $value) = /^([^:]+):\s*(.*)/;
		push @{ $values{ lc $name } }, $value;
	}
	my @once = grep { $_ ne 'set-cookie' } sort keys %values;
	return join "\n", $line =~ m{^HTTP/1\.1 $status } ? () : $line,
	    (grep { "@{ $values{$_} // [] }" ne $expected{$_} }
		sort keys %expected),
	    (map {"$_ more than once"} grep { @{ $values{$_} } > 1 } @once),
	    (grep { $values{$_} } qw(strict-transport-security x-powered-by)),
	    $head =~ m{Apache/|Debian|OpenSSL|2\.4\.} ? 'a version' : ();
}

sub request {
	my ($line, @headers) = @_;
	return join "\r\n", "$line HTTP/1.1", 'Host: localhost',
	    'Connection: close', @headers, '', '';
}

sub answers {
	my ($name, $status, $bytes) = @_;
	is faults($bytes, $world->{port}, $status), '', "$name: $status";
	return;
}

my ($newest) = $world->raw(request('GET /-/newest')) =~ /^ETag: (.*?)\r$/m;
my ($tag) = $world->raw(request('GET /-/icon.svg')) =~ /^ETag: (.*?)\r$/m;
for my $row (
	[ 200, 'GET /public' ], [ 200, 'GET /public' ], # kept, the second time
	[ 200, 'HEAD /public' ], [ 200, 'GET /Ann' ], [ 302, 'GET /' ],
	[ 200, 'GET /', "Cookie: session=$session" ],
	[ 200, 'GET /login' ], [ 200, 'GET /-/icon.svg' ],
	[ 304, 'GET /-/icon.svg', "If-None-Match: $tag" ],
	[ 206, 'GET /-/icon.svg', 'Range: bytes=0-9' ],
	[ 416, 'GET /-/icon.svg', 'Range: bytes=900000-' ],
	[ 412, 'GET /-/icon.svg', 'If-Match: "x"' ],
	[ 200, 'GET /-/newest' ],
	[ 304, 'GET /-/newest', "If-None-Match: $newest" ],
	[ 200, 'GET /-/news?after=0' ], [ 400, 'GET /-/news' ],
	[ 200, 'GET /-/openapi.json' ], [ 200, 'GET /-/api' ],
	[ 200, 'GET /-/health' ],
	[ 200, 'GET /-/status' ], [ 200, 'GET /latest' ],
	[ 200, 'GET /msgs', $simulator ], [ 403, 'GET /msgs' ],
	[ 404, 'GET /nobody' ], [ 200, 'GET /metrics' ], [ 404, 'GET /a/b' ],
	[ 405, 'TRACE /public' ], [ 405, 'PUT /-/icon.svg' ],
	[ 405, 'OPTIONS *' ], [ 405, 'CONNECT localhost:80' ],
	[ 400, 'GET /public', 'no colon' ], [ 400, 'GET /%zz' ],
	[ 401, 'POST /add_message',
		'Content-Type: application/x-www-form-urlencoded' ],
	[ 403, 'GET /logout', 'Sec-Fetch-Site: cross-site',
		"Cookie: session=$session" ],
	[ 413, 'POST /login', 'Content-Length: 99999999' ],
	[ 414, 'GET /' . 'x' x 9000 ], [ 417, 'GET /', 'Expect: cake' ],
) {
	my ($status, @request) = @$row;
	answers(substr("@request", 0, 50), $status, request(@request));
}

# What Apache refuses before it knows for whom.
answers($_->[0], 400, $_->[1])
    for [ 'HTTP/0.9', "GET /\r\n" ], [ 'HTTP/0.9 by name', "GET / HTTP/0.9\r\n\r\n" ],
    [ 'rubbish', "\x80\xff\r\n\r\n" ], [ 'no Host', "GET / HTTP/1.1\r\n\r\n" ],
    [ 'TLS', "\x16\x03\x01\x00\xa5\x01\x00\x00\xa1\x03\x03\r\n\r\n" ];

is faults(request('GET /msgs', $simulator), $world->{api_port}, 200), '',
    "the API's port";
is faults(request('GET /nobody'), $world->{api_port}, 404), '',
    '... and its errors';

subtest 'the database is away' => sub {
	$world->locked('messages', sub {
		answers('GET /Ann', 503, request('GET /Ann'));
	});
	like $world->raw(request('GET /nobody')), qr/^HTTP\S+ 404/, 'is back';
};

# RFC 9110 8.8.3.3: ranges of two codings must not be put together.
subtest 'one tag for all codings' => sub {
	my ($style) = $world->get('/public')->{content} =~ m{"(/-/asset/style[^"]+)"};
	for my $target ($style, '/-/icon.svg', '/robots.txt', '/-/openapi.json',
		'/-/api')
	{
		for my $coding (qw(identity gzip br)) {
			my %with = ('Accept-Encoding' => $coding);
			my $answer = $world->get($target, headers => {%with});
			my $tag = $answer->{headers}{etag};
			like $tag, qr{^W/"}, "$target, $coding: weak";
			is $world->get($target, headers => { %with,
				'If-None-Match' => $tag })->{status}, 304,
			    '... and known again';
			is $world->get($target, headers => { %with,
				Range => 'bytes=0-9', 'If-Range' => $tag })->{status},
			    200, '... but no reason for a range';
		}
	}
};

done_testing;
