# Two thousand requests and more of those who mean harm: each payload of
# t/lib/Payloads.pm in each place where a client can put something, and requests
# that are wrong as a whole.  No answer is a 5xx, tells of the machinery, has
# markup, headers or links that are not ours (t/lib/Verdict.pm); there are no
# more answers than requests; no row changes.  What may be stored is stored as it
# is, and comes back so.  At the end no log has a secret that was sent.
#
# Each place has every third payload; with HOSTILE=all it has all of them.

use strict;
use warnings;
use Encode qw(decode);
use IPC::Open2;
use JSON::PP;
use MIME::Base64 qw(encode_base64);
use Payloads;
use Test::More;
use Unicode::Normalize qw(NFC);
use Verdict;
use Shell qw(slurp);
use World;

binmode Test::More->builder->$_, ':utf8' for qw(output failure_output);

# What must not be seen by others, nor in a log: part of each secret.
my $canary = 'canary4711';
# We are not one of those who may see the server's status.
my $world = World->new(ALLOWED_ADDRESSES => '192.0.2.1',
	# access.log does not tell what was asked for
	settings => 'CustomLog "${MINITWIT_STATE}/log/asked" "%r"');
$world->register($_, "$canary-$_") for qw(Ann Bob);
my $jar = World::Jar->new;
$world->post('/login', [ username => 'Ann', password => "$canary-Ann" ],
	jar => $jar)->{status} == 302 or die 'no login';
$world->sql("UPDATE users SET email = '$canary\@' || username || '.example'");
$world->api(POST => '/msgs/Ann', { content => 'hello' });
$world->api(POST => '/fllws/Ann', { follow => 'Bob' });
# Nobody is to be saved from a payload by having sent many.
$world->sql('UPDATE attempt_limits SET free = 1000000');
my $verdict = Verdict->new($world, qr/$canary|$jar->{session}/);
my ($count, %answered) = (0);

# --- sending ---

my $before = $world->fingerprint;

# A request as bytes; the headers are lines, and a body gets its length.
sub request {
	my ($line, $headers, $body) = @_;
	my @headers = @{ $headers // [] };
	unshift @headers, 'Host: localhost' unless grep {/^Host:/i} @headers;
	push @headers, 'Content-Length: ' . length $body
	    if defined $body
	    && !grep {/^(?:Content-Length|Transfer-Encoding)\s*:/i} @headers;
	return join "\r\n", "$line HTTP/1.1", @headers, 'Connection: close',
	    '', $body // '';
}

# Sends it to a port; gives the answers, and what is wrong with them, a line
# each.  There are to be as many as allowed: one, unless said otherwise.
sub try_it {
	my ($bytes, $payload, %allowed) = @_;
	my ($method) = $bytes =~ /\A\s*(\w+) /;
	my $raw = $world->raw($bytes, $allowed{port}) // '';
	my ($why, @answers) = Verdict::answers($raw, $method);
	my @faults = map { $verdict->faults($_, $payload) } @answers;

	$count++;
	$answered{ $_->{status} }++ for @answers;
	push @faults, $why if length $why;
	push @faults, map {"status $_->{status}"}
	    grep { $_->{status} >= 500 } @answers;
	push @faults, @answers . ' answers'
	    if @answers != ($allowed{answers} // 1);
	return (\@answers, @faults);
}

# The lines of all logs that a pattern is in.
sub logged {
	my ($pattern) = @_;
	return join "\n", grep {/$pattern/} split /\n/, $world->logs;
}

sub shown {
	my ($bytes) = @_;
	return substr $bytes =~ s/([^ -~])/sprintf '\\x%02x', ord $1/ger, 0, 400;
}

# One test: a list of [bytes, payload, what try_it() has to know], none of which
# may have faults or change a row.
sub harmless {
	my ($name, @requests) = @_;
	my @faults;

	for my $request (@requests) {
		my ($bytes, $payload, %allowed) = @$request;
		my (undef, @wrong) = try_it($bytes, $payload // '', %allowed);
		my $after = $world->fingerprint;
		push @wrong, 'the database has changed' if $after ne $before;
		$before = $after;
		push @faults, join "\n  ", shown($bytes), @wrong if @wrong;
	}
	is join("\n", @faults), '', scalar @requests . " harmless: $name";
	return;
}

# --- what would be noticed ---

subtest 'answers that are wrong are found to be' => sub {
	my $right = $world->raw(request('GET /Ann', [
		'Cookie: ' . $jar->cookie_header ]));
	my $wrong = sub {
		my ($answer, $payload) = @_;
		my ($why, @answers) = Verdict::answers($answer, 'GET');
		return $why if length $why;
		return join ', ', map {
			$verdict->faults($_, $payload // 'none')
		} @answers;
	};
	my $with = sub {
		my ($markup) = @_;
		my ($head, $body) = split /\r\n\r\n/, $right, 2;
		$body =~ s{(?=</main>)}{$markup};
		my $length = length $body;
		$head =~ s/^Content-Length: \d+/Content-Length: $length/m;
		return "$head\r\n\r\n$body";
	};
	my $header = sub { $right =~ s/\r\n/\r\n$_[0]\r\n/r };

	is $wrong->($right), '', 'one that is right is not';
	like $wrong->($with->($_)), qr/unescaped/, "markup: $_"
	    for '<script>', '<b>x</b>', '<p onclick="x">', 'a > b', 'x"', '&copy;';
	like $wrong->($with->('<a href="//evil.example">x</a>')), qr/a link to/,
	    'a link to another site';
	like $wrong->($with->('<p class="x">'), '<p class="x">'),
	    qr/the payload/, 'a payload that is markup of ours';
	like $wrong->($header->($_)), qr/a header|more than once/, "a header: $_"
	    for 'X-Owned: yes', 'Location: //evil.example',
	    'Location: /\\evil.example', 'Location: https://evil.example/',
	    'Set-Cookie: session=owned; Path=/', 'Server: Apache/2.4.66 (Debian)',
	    'Content-Type: text/plain';
	like $wrong->($right =~ s/^Content-Security-Policy:.*?\r\n//mr),
	    qr/no content-security-policy/, 'no CSP';
	like $wrong->($with->($_)), qr/a leak/, "a leak: $_"
	    for $world->state . '/run', 'ERROR:  syntax error at or near', $canary,
	    'scrypt:16384:8:1', Payloads::RESULT, 'root:x:0:0', 'SQLSTATE 42601';
	like $wrong->($with->("\xc0\xaf")), qr/no UTF-8/, 'what is no UTF-8';
	like $wrong->("$right\r\nx"), qr/no HTTP/, 'more than its length';
	like $wrong->(substr $right, 0, -1), qr/cut short/, 'less than its length';
	like $wrong->($header->("X: a\0b")), qr/no header/, 'a NUL in a header';
};

# --- places ---

my $form = 'Content-Type: application/x-www-form-urlencoded';
my $json = 'Content-Type: application/json';
my $ann = 'Cookie: ' . $jar->cookie_header;
my $simulator = 'Authorization: Basic '
    . encode_base64('simulator:super_safe!', '');

sub percent { return $_[0] =~ s/([^\w.~-])/sprintf '%%%02X', ord $1/gear }

# As JSON, and as it is where it is no text: an encoder would refuse that.
sub quoted {
	my ($bytes) = @_;
	return '"' . ($bytes =~ s/(["\\])/\\$1/gr) =~
	    s/([\0-\x1f])/sprintf '\\u%04x', ord $1/ger . '"';
}

# What a header can hold is up to its line end.
sub line { return $_[0] =~ s/[\r\n].*//sr }

sub form_request {
	my ($path, $cookie, @fields) = @_;
	my @pairs;
	while (my ($name, $value) = splice @fields, 0, 2) {
		push @pairs, percent($name) . '=' . percent($value);
	}
	return request("POST $path", [ $form, $cookie // () ],
		join '&', @pairs);
}

sub json_request {
	my ($path, $body) = @_;
	return request("POST $path", [ $json, $simulator ], $body);
}

my @words = qw(traversal sql markup templates shell queries headers formats
    unicode redirects);
my @values = qw(sql markup numbers unicode formats);
my @lines = qw(traversal sql markup shell formats redirects headers);

# A name, the kinds of payloads, and the request for one.
my @places = (
	[ 'a name', \@words, sub { request("GET /" . percent($_[0])) } ],
	[ 'a path as it is', [ qw(traversal headers unicode redirects) ],
		sub { request("GET /$_[0]", [ $ann ]) } ],
	(map {
		my $folder = $_;
		[ "below $folder", [ qw(traversal) ],
			sub { request("GET $folder$_[0]", [ $simulator ]) } ]
	} qw(/-/ /-/error/ /cgi-bin/ /msgs/ /Ann/ /-/icon.svg/)),
	[ 'whom to follow', \@words,
		sub { request('POST /' . percent($_[0]) . '/follow',
			[ $ann, $form ], '') } ],
	[ 'whom not to follow', [ qw(sql headers unicode) ],
		sub { request('GET /' . percent($_[0]) . '/unfollow', [ $ann ]) } ],
	[ 'whose messages', \@words,
		sub { request('GET /msgs/' . percent($_[0]), [ $simulator ]) } ],
	[ 'who writes', [ qw(sql markup unicode) ],
		sub { json_request('/msgs/' . percent($_[0]),
			'{"content": "x"}') } ],
	[ 'who follows', [ qw(sql markup unicode) ],
		sub { json_request('/fllws/' . percent($_[0]),
			'{"follow": "Bob"}') } ],
	[ "the API's own port", [ qw(traversal sql headers unicode) ],
		sub { request('GET /fllws/' . percent($_[0]), [ $simulator ]) },
		port => $world->{api_port} ],

	[ 'words', \@words,
		sub { request('GET /-/search?q=' . percent($_[0])) } ],
	[ 'a part of a name', \@words, sub { request('GET /-/search?q='
			. percent($_[0]) . '&in=people', [ $ann ]) } ],
	[ 'a name of followers', \@words, sub { request('GET /'
			. percent($_[0]) . '/followers') } ],
	[ 'a name of a feed', \@words,
		sub { request('GET /' . percent($_[0]) . '/feed') } ],
	[ 'after', \@values, sub { request('GET /Bob/followers?after='
			. percent($_[0])) } ],
	[ 'before', \@values, sub { request('GET /public?before='
		. percent($_[0])) } ],
	[ 'before as it is', [ qw(numbers headers unicode) ],
		sub { request("GET /Ann?before=$_[0]") } ],
	[ 'no', \@values, sub { request('GET /msgs?no=' . percent($_[0]),
		[ $simulator ]) } ],
	[ 'latest', [ qw(sql markup unicode formats) ],
		sub { request('GET /latest?latest=' . percent($_[0])) } ],
	[ 'any parameter', \@words,
		sub { request('GET /public?' . percent($_[0]) . '='
			. percent($_[0]), [ $ann ]) } ],

	[ 'username at login', [ qw(sql unicode) ],
		sub { form_request('/login', undef, username => $_[0],
			password => '') } ],
	[ 'password at login', [ qw(queries formats) ],
		sub { form_request('/login', undef, username => 'nobody',
			password => "$canary$_[0]") } ],
	[ 'username at registration', \@words,
		sub { form_request('/register', undef, username => $_[0],
			email => "$canary$_[0]", password => $canary,
			password2 => $canary) =~ s/\Q$canary\E/none/gr } ],
	[ 'e-mail at registration', \@words,
		sub { form_request('/register', undef, username => 'N',
			email => $_[0], password => "p$canary",
			password2 => "q$canary") } ],
	[ 'the name of a field', \@words,
		sub { form_request('/add_message', $ann, $_[0] => $_[0]) } ],
	[ 'a form as it is', [ qw(headers unicode sql) ],
		sub { request('POST /login', [ $form ],
			"username=Ann&$_[0]=x&password=") } ],

	[ 'username as JSON', \@words,
		sub { json_request('/register', '{"username": '
			. quoted($_[0]) . ', "email": "none", "pwd": "p"}') } ],
	[ 'e-mail as JSON', [ qw(sql markup unicode) ],
		sub { json_request('/register', '{"username": "N", "email": '
			. quoted($_[0]) . ', "pwd": ""}') } ],
	[ 'a member of JSON', \@words,
		sub { json_request('/msgs/Ann', '{' . quoted($_[0]) . ': '
			. quoted($_[0]) . '}') } ],
	[ 'whom to follow, as JSON', \@words,
		sub { json_request('/fllws/Bob', '{"follow": '
			. quoted($_[0]) . '}') } ],
	[ 'JSON as it is', \@words,
		sub { json_request('/msgs/Ann', $_[0]) } ],
	[ 'a value of JSON as it is', [ qw(numbers queries) ],
		sub { json_request('/msgs/Ann', "{\"content\": $_[0]}") } ],

	[ 'where proxies put addresses', \@lines,
		sub { my $line = line($_[0]); request('GET /', [ $ann,
			map {"$_: $line"} qw(X-Forwarded-For X-Forwarded-Host
			X-Forwarded-Proto X-Forwarded-Server X-Real-IP
			True-Client-IP Forwarded Via X-Original-URL
			X-Rewrite-URL X-Host Proxy) ]) } ],
	[ 'what browsers say of themselves', \@lines,
		sub { my $line = line($_[0]); request('GET /public', [
			map {"$_: $line"} qw(User-Agent Accept Accept-Language
			Accept-Encoding Accept-Charset From DNT Cache-Control
			Pragma X-Requested-With Upgrade-Insecure-Requests) ]) } ],
	(map {
		my $name = $_;
		[ $name, \@lines, sub { request('GET /login',
			[ $ann, "$name: " . line($_[0]) ]) } ]
	} qw(Host X-HTTP-Method-Override)),
	(map {
		my $name = $_;
		[ $name, [ qw(sql formats redirects) ],
			sub { request('POST /Bob/follow', [ $ann, $form,
				"$name: " . line($_[0]) ], '') } ]
	} qw(Origin Referer Sec-Fetch-Site Content-Type)),
	[ 'Content-Type of JSON', [ qw(sql headers) ],
		sub { request('POST /register',
			[ 'Content-Type: ' . line($_[0]) ], '{}') } ],
	(map {
		my $name = $_;
		[ $name, [ qw(numbers formats headers) ],
			sub { request('GET /-/icon.svg',
				[ "$name: " . line($_[0]) ]) } ]
	} qw(Range If-None-Match If-Modified-Since If-Match)),
	[ 'credentials', [ qw(sql headers unicode) ],
		sub { request('GET /msgs', [ 'Authorization: Basic '
			. encode_base64("simulator:$_[0]$canary", '') ]) } ],
	[ 'credentials of another kind', [ qw(sql shell formats) ],
		sub { request('GET /msgs', [ 'Authorization: '
			. line($_[0]) . $canary ]) } ],
	[ 'the session', \@lines,
		sub { request('GET /', [ 'Cookie: session='
			. line($_[0]) . $canary ]) } ],
	[ 'the flash', \@words,
		sub { request('GET /public',
			[ 'Cookie: flash=following.' . percent($_[0]) ]) } ],
	[ 'the flash as it is', \@lines,
		sub { request('GET /public',
			[ 'Cookie: flash=following.' . line($_[0]) ]) } ],
	[ 'any cookie', \@lines,
		sub { my $line = line($_[0]);
			request('GET /', [ "$ann; $line=$line" ]) } ],
);

# Every third one, beginning with another in turn; or all.
sub some {
	my ($turn, @payloads) = @_;
	return @payloads if ($ENV{HOSTILE} // '') eq 'all';
	return @payloads[ grep { $_ % 3 == $turn % 3 } 0 .. $#payloads ];
}

for my $turn (0 .. $#places) {
	my ($place, $kinds, $request, %allowed) = @{ $places[$turn] };
	harmless($place, map { [ $request->($_), $_, %allowed ] }
		some($turn, Payloads::of(@$kinds)));
}

# --- to another site ---

# Whatever a program might take for where to go on to, all at once, wherever one
# redirects.
my @parameters = qw(next url u to goto target dest destination return returnUrl
    return_to redirect redirect_uri redirect_url continue callback RelayState r);
for (
	[ 'GET /' ], [ 'GET /login', $ann ], [ 'GET /register', $ann ],
	[ 'GET /logout' ], [ 'GET /Bob/follow', $ann ],
	[ 'POST /add_message', $ann ],
) {
	my ($line, @headers) = @$_;
	harmless("redirecting from $line", map {
		my $value = percent($_);
		my $query = join '&', map {"$_=$value"} @parameters;
		[ $line =~ /POST/ ? request("$line?$query",
			[ @headers, $form ], $query)
			: request("$line?$query", \@headers), $_ ];
	} Payloads::of('redirects', 'headers'));
}

# --- methods, sizes, what is no HTTP ---

harmless('methods', map {
	my $path = $_;
	map { [ request("$_ $path", [ $ann, $simulator, $form ], '') ] }
	    qw(PUT DELETE PATCH OPTIONS TRACE TRACK CONNECT DEBUG PROPFIND
	    PROPPATCH MKCOL COPY MOVE LOCK SEARCH PURGE BAN LINK QUERY get gEt
	    G%45T), 'X' x 300;
} qw(/ /public /login /Ann/follow /Ann /msgs/Ann /fllws/Ann /register
    /-/icon.svg /-/error/404.html));
harmless('methods that another method pretends to be', map {
	my $method = $_;
	map { [ request("POST /public?_method=$method", [ $ann, $form,
		"$_: $method" ], "_method=$method&text=x") ] }
	    qw(X-HTTP-Method-Override X-HTTP-Method X-Method-Override)
} qw(GET DELETE TRACE));

my $kilo = 'x' x 1000;
harmless('too much of everything', map { [ $_ ] }
	(map { request("GET /$_") } $kilo, $kilo x 7, $kilo x 8, $kilo x 60,
		'/' x 3000, '%41' x 2500, '../' x 2500, '?' . 'a&' x 3500,
		'?' . 'before=1&' x 800, '?before=' . '9' x 7000),
	(map { request('GET /public', $_) }
		[ "X: $kilo" ], [ 'X: ' . $kilo x 9 ], [ 'X: ' . $kilo x 100 ],
		[ map {"X-$_: y"} 1 .. 60 ], [ map {"X-$_: y"} 1 .. 2000 ],
		[ ("$ann; session=$canary") x 30 ], [ 'Cookie: ' . 'a=b; ' x 1500 ],
		[ 'Cookie: ' . ';' x 8000 ], [ 'Range: bytes=' . '0-,' x 1500 ],
		[ 'Accept-Language: ' . 'en,' x 2500 ],
		[ 'Accept-Encoding: ' . 'gzip;q=1,' x 800 ],
		[ 'X' x 8000 . ': y' ], [ 'Host: ' . 'a.' x 3000 ],
		[ 'Authorization: Basic ' . 'A' x 8000 ] ),
	(map { request('POST /login', [ $form ], $_) }
		'username=' . $kilo x 60, 'username=' . $kilo x 70,
		'username=' . $kilo x 9000, 'a=b&' x 15000, '&' x 60000,
		'=' x 60000, '%' x 60000, 'x' x 60000, 'username=%00' . $kilo,
		join '&', map {"f$_=" } 1 .. 9000),
	(map { json_request('/msgs/Ann', $_) }
		'[' x 60000, '{"a":' x 10000, '{"content":' . '[' x 60000,
		'"' . $kilo x 60, '{"content": "' . $kilo x 63 . '"}',
		'{"content": "' . $kilo x 90 . '"}', '9' x 60000,
		'{' . join(',', map {"\"a$_\": 1"} 1 .. 5000) . '}',
		'{"content": ' . '1' x 60000 . '}', '\\u0041' x 9000,
		'{"content": "' . '\\ud800' x 9000 . '"}', ' ' x 65000,
		$kilo x 9000),
	form_request('/add_message', $ann, text => 'x' x 1001),
	form_request('/add_message', $ann, text => "\xe2\x80\x8b" x 1001),
	form_request('/register', undef, username => 'x' x 65, email => 'a@b',
		password => 'p', password2 => 'p'),
	form_request('/register', undef, username => 'x',
		email => '@' . 'x' x 300, password => 'p', password2 => 'p'),
	form_request('/register', undef, username => 'x', email => 'a@b',
		password => $canary x 200, password2 => $canary x 200));

harmless('JSON that is none, or says it in its own way', map {
	[ json_request('/msgs/Ann', $_) ]
} '', ' ', '{', '}', '{}', '[]', '""', 'null', '1', '{"content"}',
	'{"content":}', '{"content": "x"', '{"content": "x"}}', '{"content": "x"} 1',
	'{"content": "x",}', '{,}', "{'content': 'x'}", '{content: "x"}',
	'{"content": x}', '{"content": NaN}', '{"content": null}',
	'{"content": true}', '{"content": 1}', '{"content": ["x"]}',
	'{"content": {"x": 1}}', '{"content": ""}', '{"content": " \\t "}',
	'{"content": "x", "content": "y"}', '{"cont\\u0000ent": "x"}',
	'{"content": "\\u0000"}', '{"content": "a\\u0000b"}', "{\"content\": \"\0\"}",
	'{"content": "\\ud800"}', '{"content": "\\udc00\\ud800"}',
	'{"content": "\\ud83d\\u0041"}', '{"content": "\\uZZZZ"}',
	'{"content": "\\x41"}', '{"content": "\\u00"}', '{"content": "\\',
	"{\"content\": \"a\nb\"}", "{\"content\": \"\xff\"}",
	"{\"content\": \"\xed\xa0\x80\"}", "{\"content\": \"\xc0\xaf\"}",
	"\xef\xbb\xbf\xef\xbb\xbf{\"content\": \"x\"}", "\xfe\xff\0{\0}", '/**/{"content": "x"}',
	'{"content": "x" /* */}', "{\"content\": \"x\"}\0", 'content=x',
	'<content>x</content>', '{"__proto__": {"content": "x"}}',
	'{"username": "Ann", "email": "a@b", "pwd": "p"}');

# --- smuggling: one request that could be read as two ---

# What would be the second one, if somebody saw it: it is in no log then.
my $second = "GET /smuggled HTTP/1.1\r\nHost: localhost\r\n\r\n";
my $posted = "POST /login HTTP/1.1\r\nHost: localhost\r\n$form\r\n";
my $chunk = "5\r\nx=yz&\r\n0\r\n\r\n";
harmless('smuggling', map { [ $_ ] }
	(map {"${posted}$_\r\n\r\n$second"}
		"Content-Length: 5\r\nContent-Length: 6", 'Content-Length: 5, 5, 6',
		'Content-Length: +5', 'Content-Length: -5', 'Content-Length: 0x5',
		'Content-Length: 5 5', "Content-Length: 5\0", 'Content-Length:',
		'Content-Length: 5;', 'Content-Length: 18446744073709551621',
		'Content-Length : 5', "Content-Length\t: 5",
		'Transfer-Encoding: gzip', 'Transfer-Encoding: identity',
		'Transfer-Encoding: xchunked', 'Transfer-Encoding: chunked, identity',
		'Transfer-Encoding: chunked, gzip', 'Transfer-Encoding:',
		'Transfer-Encoding : chunked', "Transfer-Encoding\x0b: chunked",
		"Transfer-Encoding: \x0bchunked", "Transfer-Encoding: chunked\0",
		'Transfer-Encoding: "chunked"', 'Transfer_Encoding : chunked',
		"Transfer-Encoding: chunked\r\nTransfer-Encoding: x",
		"X: y\rTransfer-Encoding: chunked", "X: y\0\nTransfer-Encoding: x" ),
	# both: chunks count, and the connection ends with them (RFC 9112 6.1)
	(map {"$posted$_\r\n\r\n$chunk$second"}
		"Content-Length: 5\r\nTransfer-Encoding: chunked",
		"Transfer-Encoding: chunked\r\nContent-Length: 5",
		"Content-Length: 999\r\nTransfer-Encoding: chunked",
		"Content-Length: 5\r\nTransfer-Encoding:\tchunked",
		"Content-Length: 5\r\nTransfer-Encoding: Chunked",
		"Content-Length: 5\r\nTransfer-Encoding:\r\n chunked" ),
	(map {"${posted}Transfer-Encoding: chunked\r\n\r\n$_$second"}
		"5\nx=yz&\n0\n\n", "5 \r\nx=yz&\r\n", "+5\r\nx=yz&\r\n",
		"0x5\r\nx=yz&\r\n", "-1\r\nx=yz&\r\n", "5\r\nx=yz&00\r\n",
		"g\r\nx=yz&\r\n", "\r\n", "5\r\r\nx=yz&\r\n",
		"ffffffffffffffff5\r\nx=yz&\r\n", "10000000000000005\r\nx=yz&\r\n",
		"5\r\nx=yz&", "5;\0\r\nx=yz&\r\n", '5;' . 'x' x 9000 . "\r\nx=yz&\r\n" ));
harmless('a request in a request', map { [ @$_ ] }
	[ request('POST /login', [ $form ], $second) ],
	[ request('GET /public', [ 'Content-Length: ' . length $second ], $second) ],
	[ request('GET /msgs', [ $simulator ], $second) ],
	[ request('HEAD /public', [], $second) ],
	[ request('POST /msgs/Ann', [ $json, $simulator ], $second) ],
	[ request('OPTIONS /login', [], $second) ],
	[ request('GET /-/icon.svg', [], $second) ],
	[ request('POST /nobody', [ $form, 'Expect: 100-continue' ], $second) ],
	[ "GET /public HTTP/1.1\r\nHost: x\r\n\r\n"
		. request('GET /login'), '', answers => 2 ],
	[ "POST /login HTTP/1.1\r\nHost: x\r\n$form\r\nContent-Length: 9\r\n\r\n"
		. 'username=' . request('GET /login'), '', answers => 2 ],
	# part of the header before it (RFC 9112 5.2): there is no body
	[ "POST /login HTTP/1.1\r\nHost: x\r\n$form\r\n Content-Length: 9\r\n\r\n"
		. request('GET /login'), '', answers => 2 ]);
unlike slurp($world->state . '/log/asked'), qr/smuggled HTTP/,
    'nobody saw a second request';

harmless('what is no HTTP/1.1', map { [ "$_\r\n\r\n" ] }
	'GET /public', 'GET', 'GET ', 'GET  /public HTTP/1.1',
	"GET\t/public\tHTTP/1.1", 'GET /public HTTP/1.1 x', 'GET /public HTTP',
	'GET /public HTTP/', 'GET /public HTTP/0.9', 'GET /public HTTP/1.2x',
	'GET /public http/1.1', 'GET /public HTTP/11', 'GET /public HTTP/-1.1',
	'GET /public HTTP/2.0', 'GET /public HTTP/3.0', 'GET /public HTTP/99.99',
	'GET /public XTTP/1.1', 'GET /public RTSP/1.0',
	'PRI * HTTP/2.0', "PRI * HTTP/2.0\r\n\r\nSM",
	"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
	"\x80\x2e\x01\x03\x01", "\x04\x01\x00\x50\x7f\x00\x00\x01",
	"\x05\x01\x00", "\0\0\0\0", 'EHLO x', 'SSH-2.0-x', '*1', "\xff" x 100,
	'{"jsonrpc": "2.0"}', 'CONNECT evil.example:443 HTTP/1.1',
	"GET http://evil.example/ HTTP/1.1", 'GET /public HTTP/1.1',
	(map {"GET /public HTTP/1.1\r\nHost: localhost\r\n$_"}
		'Host: evil.example', 'X', ': y', ' X: y', "X\0: y", 'X y: z',
		"X: \x01", "X: \x7f", "\x80: y", '()<>@,;:\\"/[]?={}: y',
		"Cookie: session=$canary\r\n $canary", "Cookie $canary",
		"Cookie\0: session=$canary", "Authorization : Basic $canary",
		'Connection: Host, close', 'Expect: 200-ok', 'Upgrade: h2c',
		"Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\n"
		    . 'HTTP2-Settings: AAMAAABkAAQAAP__',
		"Connection: Upgrade\r\nUpgrade: TLS/1.0",
		"Connection: Upgrade\r\nUpgrade: websocket\r\n"
		    . 'Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==' ),
	(map {"GET $_ HTTP/1.1\r\nHost: localhost"}
		'*', 'public', '?', '#', '/#x', '/public#x', '//', '/\\', '\\',
		'http:', 'http://', 'http:///public', 'http://[::1/public',
		'http://a:b@localhost/public', 'http://localhost:99999999/',
		'ftp://localhost/public', 'file:///etc/passwd', "/\x7f", "/\x80",
		'/public;jsessionid=1', '/public%', '/%', '/public?%', '/%00',
		'/public%20', '/public.', '/public%2e', '/PUBLIC', '/Public',
		'/login/..', '/./login', '/-/../login', '/-/../../etc/passwd',
		'//evil.example/..', '/%2e%2e/login', '/.%2e/.%2e/.%2e',
		'/-/health/../status', '/server-status', '/server-info',
		'/balancer-manager', '/.well-known/security.txt', '/metrics' ));
harmless('ranges', map {
	my $range = $_;
	map { [ request("GET $_", [ "Range: $range" ]) ] }
	    qw(/-/icon.svg /public /-/openapi.json)
} 'bytes=0-0', 'bytes=-1', 'bytes=5-2', 'bytes=0-18446744073709551615',
	'bytes=99999999-', 'bytes=-0', 'bytes=0-0,-1', 'bytes=' . '0-9,' x 100,
	'bytes=0-9,' . '5-,' x 300, 'bytes=a-b', 'lines=1-2', 'bytes', '=');

# --- what may be stored ---

# Without what can't be text: NUL, and what is no UTF-8.
sub texts {
	return grep {
		my $copy = $_;
		# what nobody can see is no message
		!/\0/ && utf8::decode($copy)
		    && $copy =~ /[^\s\x85\p{Cf}\x{115f}\x{1160}\x{3164}\x{ffa0}\x{2800}]/
		    && $copy !~ /[\x{d800}-\x{dfff}]|[^\0-\x{10ffff}]/
	} @_;
}

sub bytes_of {
	my ($text) = @_;
	utf8::encode($text); # Encode's UTF-8 has no U+FFFE
	return $text;
}

# A page has what is no character of HTML as U+FFFD.
sub on_a_page { return $_[0] =~ s/[\0-\x08\x0b\x0c\x0e-\x1f\x7f]/\xef\xbf\xbd/gr }

sub unescaped {
	my %character =
	    (amp => '&', lt => '<', gt => '>', '#34' => '"', '#39' => "'");
	return $_[0] =~ s/&(amp|lt|gt|#34|#39);/$character{$1}/gr;
}

# A name of a page, without U+2068 and U+2069, which isolate it.
sub name_of {
	my ($shown) = @_;
	return unescaped($shown // '') =~ s/\xe2\x81[\xa8\xa9]//gr;
}

# Sends it; gives the answer, whose faults go to a list.
sub answer_to {
	my ($faults, $payload, $bytes) = @_;
	my ($answers, @wrong) = try_it($bytes, $payload);
	push @$faults, join "\n  ", shown($bytes), @wrong if @wrong;
	return $answers->[0] // { status => 'none', content => '' };
}

my @faults;
my @messages = texts(some(0, Payloads::of()));
my $stored = $world->sql('SELECT count(*) FROM messages');
for my $text (@messages) {
	my $by_form = $count % 2;
	my $expected = $by_form ? $text =~ s/\r\n?/\n/gr : $text;
	my $answer = answer_to(\@faults, $text, $by_form
		? form_request('/add_message', $ann, text => $text)
		: json_request('/msgs/Ann', '{"content": ' . quoted($text)
			. '}'));
	push @faults, shown($text) . ": status $answer->{status}"
	    if $answer->{status} != ($by_form ? 302 : 204);

	my $page = answer_to(\@faults, $text, request('GET /Ann', [ $ann ]));
	my ($read) = $page->{content} =~ m{<p class="text">(.*?)</p>}s;
	$read =~ s{</?a\b[^<>]*>}{}g if defined $read; # links are ours
	push @faults, shown($text) . ' is on the page ' . shown($read // '')
	    if unescaped($read // '') ne on_a_page($expected);
	my $list = answer_to(\@faults, $text, request('GET /msgs?no=1',
		[ $simulator ]));
	($read) = map { $_->{content} } @{ decode_json($list->{content}) };
	push @faults, shown($text) . ' is in the list ' . shown($read)
	    if bytes_of($read) ne $expected;
}
is join("\n", @faults), '', @messages . ' texts come back as they were';
is $world->sql('SELECT count(*) FROM messages'), $stored + @messages,
    '... and nothing else is stored';

@faults = ();
my @names = grep {
	my $name = decode('UTF-8', $_);
	$name !~ /\A\s|\s\z|[\0-\x1f\x7f-\x9f]|\p{Cf}|\p{VS}|[\x{115f}\x{1160}\x{3164}]/
	    && length $name <= 64
	    && NFC($name) eq $name # others do not stay as they are: site.t
} texts(Payloads::of(qw(sql markup unicode redirects)));
@names = some(0, @names); # each is hashed for
for my $name (@names) {
	my $email = "$canary\@$name";
	my $answer = answer_to(\@faults, $name, form_request('/register', undef,
		username => $name, email => $email, password => $canary,
		password2 => $canary));
	push @faults, shown($name) . ": status $answer->{status}"
	    if $answer->{status} != 302;
	my $path = '/' . percent($name);
	my $page = answer_to(\@faults, $name, request("GET $path"));
	my ($read) = $page->{content} =~ m{<h1>(.*)&#39;s Timeline</h1>}s;
	push @faults, shown($name) . ' is on the page ' . shown($read // '')
	    if name_of($read) ne $name;

	$answer = answer_to(\@faults, $name, request("POST $path/follow",
		[ $ann, $form ], ''));
	push @faults, shown($name) . ': on to ' . $answer->{headers}{location}[0]
	    if $answer->{headers}{location}[0] ne $path;
	my ($flash) = ($answer->{headers}{'set-cookie'}[0] // '') =~ /^([^;]*)/;
	$page = answer_to(\@faults, $name, request('GET /public',
		[ "Cookie: $flash" ]));
	($read) = $page->{content} =~
	    m{You are now following &#34;(.*)&#34;</li>}s;
	push @faults, shown($name) . ' is in the flash ' . shown($read // '')
	    if name_of($read) ne $name;
	my $list = answer_to(\@faults, $name, request('GET /fllws/Ann?no=1000',
		[ $simulator ]));
	push @faults, shown($name) . ' is not in the list'
	    unless grep { bytes_of($_) eq $name }
	    @{ decode_json($list->{content})->{follows} };
}
is join("\n", @faults), '', @names . ' names come back as they were';
is $world->sql(q{SELECT count(*) FROM users, followers WHERE user_id = whom_id
	AND email = 'canary4711@' || username}), scalar @names,
    '... with their e-mail addresses, which nobody saw';

# --- what is left of all this ---

cmp_ok $count, '>=', 2000, "$count hostile requests";
note 'answers: ', join ', ', map {"$answered{$_} times $_"} sort keys %answered;
is $world->get('/public')->{status}, 200, 'the site is alive';
is $world->sql('SELECT DISTINCT last_value FROM latest'), -1,
    'nobody has set latest';
is logged(qr/$canary|\Q$jar->{session}\E|super_safe/), '',
    'no secret that was sent is in a log';
is logged(qr/"level":"error","program":"(?!apache")/), '',
    'no program has died';
is logged(qr/\b(?:ERROR|FATAL|PANIC):/), '', 'PostgreSQL has refused nothing';
# a path that climbs out, and a method that a file has not got
is logged(qr/"level":"error","program":"apache"(?!.*"AH(?:10244|01623):)|exit signal/),
    '', 'Apache has no error of its own';

done_testing;
