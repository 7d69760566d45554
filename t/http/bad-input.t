# What clients send that is wrong, and what the site and Apache make of it: the
# right status, as a page or as JSON as the address has it, a line in a log
# that says why, and nothing changed.  The API's JSON has a test of its own.

use strict;
use warnings;
use utf8;
use Encode qw(encode);
use IO::Socket::INET;
use JSON::PP;
use MIME::Base64 qw(encode_base64);
use Test::More;
use Time::HiRes qw(sleep);
use World;

my $world = World->new;
$world->register('Ann');
my $ann = $world->login('Bob')->{session};

my $form = 'Content-Type: application/x-www-form-urlencoded';
my $json = 'Content-Type: application/json';
my $simulator = 'Authorization: Basic '
    . encode_base64('simulator:super_safe!', '');
my $cookie = "Cookie: session=$ann";
my $mega = 1024 * 1024;

# --- sending bytes, reading an answer ---

# A request as bytes: a request line without the version, headers, and a body
# that gets its Content-Length unless a header frames it in another way.
sub bytes {
	my ($line, $headers, $body) = @_;
	my @headers = @{ $headers // [] };
	unshift @headers, 'Host: localhost'
	    unless grep {/^Host:/} @headers;
	push @headers, 'Content-Length: ' . length $body
	    if defined $body
	    && !grep {/^(?:Content-Length|Transfer-Encoding):/} @headers;
	return join "\r\n", "$line HTTP/1.1", @headers, 'Connection: close',
	    '', $body // '';
}

# What comes back until the server closes; half closes our side, so that a
# body that is too short ends.
sub answer_to {
	my ($bytes, $port) = @_;
	my $raw = $world->raw($bytes, $port) // '';
	my ($head, $content) = split /\r\n\r\n/, $raw, 2;
	my ($status_line, @lines) = split /\r\n/, $head // '';
	my %headers = map { /^([^:]+):\s*(.*)/ ? (lc $1, $2) : () } @lines;
	my ($status) = ($status_line // '') =~ m{^HTTP/1\.1 (\d+)};
	return { status => $status // 'none', headers => \%headers,
		content => $content // '' };
}

# The ends of the logs: call it to read what has come since.  A log begins with its
# first line.
sub new_log_lines {
	my %end = map { my $log = $world->state . "/log/$_.log"; ($log => -s $log // 0) } @_;
	return sub {
		my @lines;
		for my $log (sort keys %end) {
			open my $file, '<', $log or next;
			seek $file, $end{$log}, 0;
			push @lines, readline $file;
			$end{$log} = tell $file;
		}
		return @lines;
	};
}

# One line on what is wrong with an answer of a kind; '' for nothing.
sub fault_of_kind {
	my ($answer, $kind) = @_;
	my $type = $answer->{headers}{'content-type'} // 'none';

	return 'Content-Length ' . ($answer->{headers}{'content-length'} // 'no')
	    . ', in fact ' . length $answer->{content}
	    if ($answer->{headers}{'content-length'} // 'no') ne
	    length $answer->{content};
	if ($kind eq 'JSON') {
		return "type $type" if $type ne 'application/json';
		my $body = eval { JSON::PP->new->utf8->decode($answer->{content}) };
		return "body $answer->{content}"
		    unless ref $body eq 'HASH'
		    && join(' ', sort keys %$body) eq 'error_msg status'
		    && $body->{status} eq $answer->{status}
		    && length $body->{error_msg};
		return '';
	}
	return "type $type" if $type !~ m{^text/html; charset=utf-8}i;
	return 'body ' . substr $answer->{content}, 0, 300
	    unless $answer->{content} =~
	    m{^<!DOCTYPE html>.* \| MiniTwit</title>.*<div class="error"}s;
	return '';
}

# Sends it, and looks at everything an answer should have.  %expect:
#	status  what it should be
#	kind    page or JSON; unless given, what the path and the port say
#	allow   the methods that Allow should name
#	says    what the body should say
#	log     what a new line of error.log or apache.log should say
#	access  1 where a line in access.log will do: why Apache can't make sense
#	        of a request's head it says at LogLevel debug only, and then it
#	        would log cookies, too
#	port    the site's, unless given
sub refused {
	my ($name, $bytes, $status, %expect) = @_;
	my $on_api = ($expect{port} // 0) == $world->{api_port};
	my $kind = $expect{kind} // ($on_api || $bytes =~
		m{^\S+ (?:http://[^/ ]*)?/(?:msgs|fllws|latest)[/? ]}
		? 'JSON' : 'page');
	my $before = $world->fingerprint;
	my $reason = $expect{log} // qr{"message":"$status:\ ..
		|"program":"apache",.*"(?:AH\d+:|clients:|turns:)\ 
		|"status":$status,}x;
	my $new_lines = new_log_lines(qw(error apache), $expect{access} ? 'access' : ());

	my $answer = answer_to($bytes, $expect{port});
	my @log = $new_lines->();
	for (1 .. 2000) { # access.log has its line after the answer
		last if grep { $_ =~ $reason } @log;
		sleep 0.01;
		push @log, $new_lines->();
	}
	my @faults = (
		$answer->{status} ne $status ? "status $answer->{status}" : (),
		$kind ne 'any' ? fault_of_kind($answer, $kind) || () : (),
		($answer->{headers}{allow} // 'none') ne
		    ($expect{allow} // 'none')
		    ? 'Allow: ' . ($answer->{headers}{allow} // 'none') : (),
		$expect{says} && $answer->{content} !~ $expect{says}
		? "body $answer->{content}" : (),
		!grep({ $_ =~ $reason } @log)
		? "no reason in the log\n@log" : (),
		$world->fingerprint ne $before ? 'the database has changed' : (),
	);
	return is join("\n", @faults), '',
	    ($on_api ? "$name, API's port" : $name) . ": $status, $kind";
}

# The same on the site's port and on the API's.
sub refused_on_both {
	my ($name, $bytes, $status, %expect) = @_;
	refused($name, $bytes, $status, %expect);
	refused($name, $bytes, $status, %expect, kind => 'JSON',
		port => $world->{api_port});
	return;
}

# --- addresses ---

subtest 'unknown routes and users' => sub {
	for my $path (qw(/nobody /index.html /server-status /a/b /a/b/c /a/
		/public/ /public/x /login/ /Ann/ /Ann/friends /Ann/follow/
		/msgs/ /msgs/Ann/x /msgs/nobody /fllws /fllws/ /fllws/Ann/x
		/latest/ /latest/x /metrics/x
		/- /-/ /-/nothing /-/error /-/error/ /-/error/nothing
		/-/icon.svg/x /static/style.css
		/cgi-bin /cgi-bin/site/public /htdocs/style.css
		/%2e%2e%2fetc%2fpasswd /.git/config)) {
		refused("GET $path", bytes("GET $path", [ $simulator ]), 404);
	}
	for my $path (qw(/ /public /login /logout /add_message /Ann /Ann/follow
		/nobody /-/icon.svg /robots.txt /msgs/ /msgs/nobody
		/fllws/nobody)) {
		refused("GET $path", bytes("GET $path", [ $simulator ]), 404,
			port => $world->{api_port});
	}
	refused('GET /nobody/follow', bytes('GET /nobody/follow', [ $cookie ]),
		404);
	refused('POST /nobody', bytes('POST /nobody', [ $form ], 'a=b'), 405,
		allow => 'GET, HEAD');
};

subtest 'wrong methods' => sub {
	my %allowed = (
		'/' => 'GET, HEAD', '/public' => 'GET, HEAD',
		'/Ann' => 'GET, HEAD',
		'/login' => 'GET, HEAD, POST', '/register' => 'GET, HEAD, POST',
		'/logout' => 'GET, POST', '/add_message' => 'POST',
		'/Ann/follow' => 'GET, POST', '/Ann/unfollow' => 'GET, POST',
		'/msgs' => 'GET, HEAD', '/latest' => 'GET, HEAD',
		'/msgs/Ann' => 'GET, HEAD, POST',
		'/fllws/Ann' => 'GET, HEAD, POST',
	);
	for my $path (sort keys %allowed) {
		for my $method (qw(PUT DELETE PATCH OPTIONS PROPFIND BREW get)) {
			refused("$method $path",
				bytes("$method $path", [ $cookie, $simulator ]),
				405, allow => $allowed{$path});
		}
	}
	refused("$_ /register", bytes("$_ /register", []), 405,
		allow => 'POST', port => $world->{api_port})
	    for qw(GET PUT BREW);
	refused('PUT /register as JSON', bytes('PUT /register', [ $json ], '{}'),
		405, allow => 'POST', kind => 'JSON');
	refused('GET /add_message', bytes('GET /add_message', [ $cookie ]), 405,
		allow => 'POST');
	refused('POST /public', bytes('POST /public', [ $form ], 'a=b'), 405,
		allow => 'GET, HEAD');
	for my $path (qw(/public /msgs /msgs/Ann /-/icon.svg /nobody)) {
		my $answer = answer_to(bytes("TRACE $path", [ $cookie ]));
		is $answer->{status}, 405, "TRACE $path: 405";
		is fault_of_kind($answer, $path =~ /msgs/ ? 'JSON' : 'page'),
		    '', '... of the right kind';
		like $answer->{headers}{allow} // 'none', qr/\bGET\b/,
		    '... with Allow';
		unlike $answer->{content}, qr/\Q$ann\E/, '... and no echo';
	}
	for my $path (qw(/-/icon.svg /robots.txt)) {
		my $answer = answer_to(bytes("PUT $path", [], 'x'));
		is $answer->{status}, 405, "PUT $path: 405";
		is fault_of_kind($answer, 'page'), '', '... a page';
		like $answer->{headers}{allow} // 'none', qr/\bGET\b/,
		    '... with Allow';
	}
};

subtest 'percent garbage and what is not UTF-8, in a path' => sub {
	for my $bad (qw(% %4 %zz %1g %00 Ann%00 %FF %C0%AF %ED%A0%80 %F5%80%80%80
		a%E2%82), "\xff", "\xc0\xaf") {
		my $shown = $bad =~ s/([^ -~])/sprintf '\\x%02x', ord $1/ger;
		refused("/$shown", bytes("GET /$bad"), 400);
		refused("/$shown/follow", bytes("POST /$bad/follow", [ $cookie ],
			''), 400);
		refused_on_both("/msgs/$shown", bytes("GET /msgs/$bad",
			[ $simulator ]), 400);
	}
	refused("GET $_", bytes("GET $_"), 404)
	    for qw(/%2F /%2Fpublic /Ann%2Ffollow /Ann%2F /%2FAnn
		/msgs%2FAnn /latest%2F);
	refused('GET /msgs/%2FAnn', bytes('GET /msgs/%2FAnn', [ $simulator ]),
		404);
	refused('POST /Ann%2Ffollow', bytes('POST /Ann%2Ffollow', [ $cookie ],
		''), 405, allow => 'GET, HEAD');
};

subtest 'a NUL in a query or a form' => sub {
	for my $bad ('%00', 'Ann%00', '%00%FF') {
		refused("/public?before=$bad", bytes("GET /public?before=$bad"),
			400);
		refused("/latest?latest=$bad", bytes("GET /latest?latest=$bad"),
			400);
		refused("/login, the name $bad", bytes('POST /login', [ $form ],
			"username=$bad&password=pw"), 400);
		refused("/add_message, $bad", bytes('POST /add_message',
			[ $form, $cookie ], "text=$bad"), 400);
		refused("/register, the field $bad", bytes('POST /register',
			[ $form ], "username=New&email=a%40b&password=p&"
			. "password2=p&$bad=x"), 400);
	}
	refused('a NUL in a form', bytes('POST /add_message', [ $form, $cookie ],
		"text=a\0b"), 400);
};

# --- forms ---

subtest 'fields missing, empty, repeated, huge' => sub {
	my %right = (username => 'New', email => 'a%40b', password => 'pw',
		password2 => 'pw');
	my $body = sub {
		my (%fields) = @_;
		return join '&', map { defined $fields{$_} ? "$_=$fields{$_}" : () }
		    sort keys %fields;
	};
	my %says = (
		username => 'You have to enter a username',
		email => 'You have to enter a valid email address',
		password => 'You have to enter a password',
		password2 => 'The two passwords do not match',
	);
	for my $field (sort keys %right) {
		for my $value (undef, '') {
			refused("/register, $field "
				. (defined $value ? 'empty' : 'missing'),
				bytes('POST /register', [ $form ],
					$body->(%right, $field => $value)), 200,
				says => qr/\Q$says{$field}\E/,
				log => qr/"no registration: \Q$says{$field}\E/);
		}
		refused("/register, $field twice", bytes('POST /register',
			[ $form ], $body->(%right) . "&$field=pw"), 400);
		refused("/register, $field of 1 MB", bytes('POST /register',
			[ $form ], $body->(%right, $field => 'x' x $mega)), 413);
		refused("/register, $field of 60 KB", bytes('POST /register',
			[ $form ], $body->(%right, $field => '@' x 60_000)), 200,
			says => qr/<div class="error"/,
			log => qr/"no registration: /);
	}
	my @login = ([ 'missing', '', 'username' ],
		[ 'empty', 'username=&password=', 'username' ],
		[ 'no password', 'username=Ann', 'password' ],
		[ 'no value', 'username&password', 'username' ],
		[ 'only &', '&&&', 'username' ],
		[ '5,000 fields', join('&', map {"a$_=b"} 1 .. 5_000), 'username' ]);
	refused("/login, $_->[0]", bytes('POST /login', [ $form ], $_->[1]), 200,
		says => qr/Invalid $_->[2]/, log => qr/"no login: Invalid $_->[2]/)
	    for @login;
	refused('/login, the password twice', bytes('POST /login', [ $form ],
		'username=Ann&password=pw&password=pw'), 400);
	refused('/login, 1 MB', bytes('POST /login', [ $form ],
		'username=Ann&password=' . 'x' x $mega), 413);

	refused("/add_message, $_->[0]", bytes('POST /add_message',
		[ $form, $cookie ], $_->[1]), 302, kind => 'any',
		log => qr/"nothing stored: /)
	    for [ 'no text', '' ], [ 'another field', 'txt=hi' ],
	    [ 'empty', 'text=' ], [ 'blank', 'text=+%09%E3%80%80' ];
	refused('/add_message, twice', bytes('POST /add_message',
		[ $form, $cookie ], 'text=a&text=b'), 400);
	refused("/add_message, $_->[0]", bytes('POST /add_message',
		[ $form, $cookie ], 'text=' . 'x' x $_->[1]), $_->[2])
	    for [ '1,001 characters', 1001, 400 ], [ '1 MB', $mega, 413 ],
	    [ 'just above 64 KB', 65536, 413 ];
	refused("POST $_, 1 MB", bytes("POST $_", [ $form, $cookie ],
		'x' x $mega), 413)
	    for qw(/Ann/follow /logout /public);
	refused('a query of 7 KB', bytes('GET /nobody?' . 'x' x 7000), 404);
};

subtest 'wrong Content-Type' => sub {
	my $login = 'username=Ann&password=pw';
	refused("/login as $_", bytes('POST /login', [ "Content-Type: $_" ],
		$login), 415)
	    for 'text/plain', 'application/json', 'multipart/form-data; boundary=x',
	    'application/x-www-form-urlencodedx', 'garbage', '';
	refused('/login without', bytes('POST /login', [], $login), 415);
	refused("/register as $_", bytes('POST /register',
		[ "Content-Type: $_" ], '{"username":"N","email":"@","pwd":"p"}'),
		415)
	    for 'text/plain', 'application/jsonp', 'application/json-seq',
	    'text/html; application/json';
	refused('/register as JSON, a form', bytes('POST /register', [ $json ],
		'username=N&email=@&password=p&password2=p'), 400,
		kind => 'JSON');
	refused('/register as Application/JSON; charset=utf-8, nothing',
		bytes('POST /register',
			['Content-Type: Application/JSON; charset=utf-8'], '{}'),
		400, kind => 'JSON', says => qr/You have to enter a username/);
	refused('/register as a form, a form', bytes('POST /register', [ $form ],
		'username=N&email=%40&password=p&password2=p'), 400,
		port => $world->{api_port});
	refused('/add_message as text', bytes('POST /add_message',
		[ $cookie, 'Content-Type: text/plain' ], 'text=hi'), 415);
};

# --- bodies and their length ---

subtest 'length of the body' => sub {
	my $text = 'text=hello';
	my $doc = '{"content": "hello"}';
	my @page = ('POST /add_message', $form, $cookie);
	my @api = ('POST /msgs/Ann', $json, $simulator);
	my $with = sub {
		my ($call, $framing, $body) = @_;
		my ($line, @headers) = @$call;
		return bytes($line, [ @headers, @$framing ], $body);
	};

	refused('a form shorter than announced', $with->(\@page,
		['Content-Length: 100'], $text), 400);
	refused_on_both('JSON shorter than announced', $with->(\@api,
		['Content-Length: 100'], $doc), 400);
	refused('an announced form that never comes', $with->(\@page,
		['Content-Length: 10'], ''), 400);
	refused('a form longer than announced', bytes('POST /login',
		[ $form, 'Content-Length: 14' ], 'username=nobody&password=pw'),
		200, says => qr/Invalid username/, log => qr/"no login: /);
	refused_on_both('JSON longer than announced', $with->(\@api,
		['Content-Length: 19'], $doc), 400);
	refused('a form without a length', "POST /add_message HTTP/1.1\r\n"
		. "Host: x\r\n$form\r\n$cookie\r\nConnection: close\r\n\r\n$text",
		302, kind => 'any', log => qr/"nothing stored: /);
	refused_on_both('JSON without a length', "POST /msgs/Ann HTTP/1.1\r\n"
		. "Host: x\r\n$json\r\n$simulator\r\nConnection: close\r\n\r\n"
		. $doc, 400);
	for my $length ('-1', '+10', '1e1', '0x10', 'ten', '10, 11', '10 10',
		'99999999999999999999999') {
		refused("Content-Length: $length", $with->(\@page,
			["Content-Length: $length"], $text), 400, access => 1);
		refused_on_both("Content-Length: $length", $with->(\@api,
			["Content-Length: $length"], $doc), 400, access => 1);
	}
	refused('two lengths', $with->(\@page,
		[ 'Content-Length: 10', 'Content-Length: 4' ], $text), 400,
		access => 1);
	for my $size (9_000_000, 9_000_000_000) {
		refused("Content-Length: $size", $with->(\@page,
			["Content-Length: $size"], $text), 413);
		refused_on_both("Content-Length: $size", $with->(\@api,
			["Content-Length: $size"], $doc), 413);
	}

	# chunked: no length, but a clear end
	my $chunked = 'Transfer-Encoding: chunked';
	my $chunks = sub { join '', map { sprintf "%x\r\n%s\r\n", length, $_ } @_ };
	refused('a chunked login', bytes('POST /login', [ $form, $chunked ],
		$chunks->('username=no', 'body&password=pw', '')), 200,
		says => qr/Invalid username/, log => qr/"no login: /);
	refused('a chunked 1 MB', bytes('POST /login', [ $form, $chunked ],
		$chunks->('username=', ('x' x 16384) x 64, '')), 413);
	for my $row (
		[ 'without its end', $chunks->($text), $chunks->($doc) ],
		[ 'cut in a chunk', "ff\r\n$text", "ff\r\n$doc" ],
		[ 'with a bad size', $chunks->($text) . "zz\r\n\r\n",
			$chunks->($doc) . "zz\r\n\r\n" ],
		[ 'with a negative size', "-5\r\n$text", "-5\r\n$doc" ],
		[ 'with a huge size', 'f' x 20 . "\r\n$text", 'f' x 20
			. "\r\n$doc" ],
		[ 'without line ends', $chunks->($text) =~ s/\r\n//gr,
			$chunks->($doc) =~ s/\r\n//gr ],
	) {
		my $status = $row->[0] =~ /huge/ ? 413 : 400;
		refused("a chunked form $row->[0]",
			$with->(\@page, [$chunked], $row->[1]), $status);
		refused_on_both("chunked JSON $row->[0]",
			$with->(\@api, [$chunked], $row->[2]), $status);
	}
	for my $coding ('gzip', 'rubbish', 'chunked, gzip', 'gzip, chunked',
		'chunked, chunked', 'xchunked', "\x0bchunked", 'identity') {
		my $shown = $coding =~ s/\x0b/\\v/r;
		refused("Transfer-Encoding: $shown", $with->(\@page,
			["Transfer-Encoding: $coding"], $chunks->($text, '')), 400,
			access => 1);
		refused_on_both("Transfer-Encoding: $shown", $with->(\@api,
			["Transfer-Encoding: $coding"], $chunks->($doc, '')), 400,
			access => 1);
	}
};

# Where a request ends must be beyond doubt: what follows would be another one
# for us, or for a proxy in front.
subtest 'requests with two ends' => sub {
	my $hidden = "GET /latest?latest=666 HTTP/1.1\r\nHost: x\r\n\r\n";
	my $chunked = 'Transfer-Encoding: chunked';
	my $head = sub { join "\r\n", @_, '', '' };
	for my $row (
		[ 'length, then chunks', 'Content-Length: 4', $chunked ],
		[ 'chunks, then length', $chunked, 'Content-Length: 4' ],
		[ 'chunks on a second line', "Transfer-Encoding:\r\n chunked",
			'Content-Length: 4' ],
		[ 'chunks twice', $chunked, $chunked ],
		[ 'chunks and no chunks', $chunked,
			'Transfer-Encoding: identity' ],
		[ 'a blank before the colon', 'Content-Length : 4', $chunked ],
		[ 'two lengths', 'Content-Length: 5', 'Content-Length: 5' ],
		[ 'a length in two lines', "Content-Length: 4,\r\n 5" ],
	) {
		my ($name, @framing) = @$row;
		refused($name, $head->('POST /login HTTP/1.1', 'Host: x', $form,
			@framing) . "0\r\n\r\n$hidden", 400, access => 1);
		refused_on_both("$name, JSON", $head->('POST /msgs/Ann HTTP/1.1',
			'Host: x', $simulator, $json, @framing)
			. "0\r\n\r\n$hidden", 400, access => 1);
		refused("$name, a file", $head->('GET /-/icon.svg HTTP/1.1',
			'Host: x', @framing) . "0\r\n\r\n$hidden", 400,
			access => 1);
		refused("$name, a kept page", $head->('GET /public HTTP/1.1',
			'Host: x', @framing) . "0\r\n\r\n$hidden", 400,
			access => 1);
	}
	refused("chunks in HTTP/1.0, $_", $head->('POST /login HTTP/1.0', $form,
		"Connection: $_", $chunked) . "0\r\n\r\n$hidden", 400,
		access => 1) for qw(keep-alive close);
	for my $chunks ("0x1\r\na\r\n0\r\n\r\n", "1\na\n0\n\n",
		"1\r\nabc\r\n0\r\n\r\n", "+1\r\na\r\n0\r\n\r\n",
		" 1\r\na\r\n0\r\n\r\n", "1\r\na0\r\n\r\n",
		"\r\n1\r\na\r\n0\r\n\r\n") {
		my $shown = $chunks =~ s/\r/\\r/gr =~ s/\n/\\n/gr;
		refused("the chunks $shown", $head->('POST /login HTTP/1.1',
			'Host: x', $form, $chunked) . $chunks . $hidden, 400,
			access => 1);
	}
	is $world->api(GET => '/latest')->{json}{latest}, -1,
	    'nobody has seen the hidden request';

	# a length that is right: the next request begins after it
	my $raw = $world->raw($head->('POST /login HTTP/1.1', 'Host: x', $form,
		'Content-Length: 5') . "0\r\n\r\n" . $hidden
		=~ s/Host: x/Host: x\r\nConnection: close/r);
	is scalar(() = $raw =~ m{^HTTP/1\.1 }mg), 2, 'two that are two';
};

# --- cookies ---

subtest 'cookies' => sub {
	my $token = '0123456789abcdef' x 4;
	my %rubbish = (
		'of another kind' => 'x=y', 'short' => 'session=abc',
		'unknown' => "session=$token", 'upper case' => 'session='
		. uc $ann, 'too long' => "session=${ann}0", 'empty' => 'session=',
		'no value' => 'session', 'not text' => "session=\xff\xfe\x80",
		'4 KB' => 'session=' . 'a' x 4096, 'separators' => '; ; =; ==;;,',
		'quoted' => qq{session="$ann"}, 'SQL' => "session=' OR 1=1 --",
		'percent' => 'session=%00%zz',
		'only a flash' => 'flash=recorded.',
	);
	for (sort keys %rubbish) {
		my $header = "Cookie: $rubbish{$_}";
		refused("a message, the cookie is $_", bytes('POST /add_message',
			[ $form, $header ], 'text=hi'), 401);
		is answer_to(bytes('GET /public', [$header]))->{status}, 200,
		    '... the public timeline is for everybody';
		is answer_to(bytes('GET /', [$header]))->{headers}{location},
		    '/public', '... whom it has for a visitor';
	}
	for my $flash ('', '.', 'x', 'x.y', 'recorded', 'following.%zz',
		'following.%ff', 'following.%00', 'following.%0d%0aX: y',
		'following.<script>', 'following.' . '%41' x 1000, "\xff.\xff") {
		my $answer = answer_to(bytes('GET /public',
			["Cookie: flash=$flash"]));
		is $answer->{status}, 200, 'a flash of rubbish: a page';
		unlike $answer->{content}, qr/<script>|[\xff\0]/,
		    '... with nothing of it';
		is $answer->{headers}{x}, undef, '... nor in a header';
	}

	my $gone = $world->login('Gone')->{session};
	$world->sql(q{DELETE FROM users WHERE username = 'Gone'});
	my $header = "Cookie: session=$gone";
	refused("a deleted user's $_->[0]", bytes("$_->[0] $_->[1]",
		[ $form, $header ], $_->[2]), 401)
	    for [ 'POST', '/add_message', 'text=hi' ],
	    [ 'POST', '/Ann/follow', '' ], [ 'GET', '/Ann/unfollow' ];
	is answer_to(bytes('GET /', [$header]))->{headers}{location}, '/public',
	    'a deleted user is a visitor';
	is answer_to(bytes('GET /logout', [$header]))->{status}, 302,
	    '... who may log out';
};

# --- what is no HTTP ---

subtest 'requests that Apache refuses itself' => sub {
	my @host = ('Host: localhost', 'Connection: close');
	my $request = sub { join "\r\n", @_, '', '' };
	my $rows = sub {
		my ($path) = @_;
		my $get = "GET $path HTTP/1.1";
		return (
			[ 'a request line of 9 KB', 414,
				"GET $path?" . 'x' x 9000 . ' HTTP/1.1', @host ],
			[ '41 headers', 400, $get, @host,
				map {"X-$_: y"} 1 .. 39 ],
			[ '200 headers', 400, $get, @host,
				map {"X-$_: y"} 1 .. 200 ],
			[ 'a header of 4.8 KB', 400, $get, @host,
				'X: ' . 'y' x 4797 ],
			[ 'a header of 9 KB', 400, $get, @host,
				'X: ' . 'y' x 9000 ],
			[ 'a cookie of 9 KB', 400, $get, @host,
				"$cookie; x=" . 'y' x 9000 ],
			[ 'no Host', 400, $get, 'Connection: close' ],
			[ 'two Hosts', 400, $get, @host, 'Host: other' ],
			[ 'a Host of rubbish', 400, $get, 'Host: a b/c' ],
			[ 'no colon', 400, $get, @host, 'rubbish' ],
			[ 'a blank before the colon', 400, $get, @host, 'X : y' ],
			[ 'a NUL in a header', 400, $get, @host, "X: a\0b" ],
			[ 'an unknown Expect', 417, $get, @host, 'Expect: cake' ],
			[ 'climbing out', 400,
				"GET $path/../../../etc/passwd HTTP/1.1", @host ],
		);
	};
	for my $row ($rows->('/public')) {
		my ($name, $status, @lines) = @$row;
		refused($name, $request->(@lines), $status, access => 1);
	}
	for my $row ($rows->('/msgs')) {
		my ($name, $status, @lines) = @$row;
		refused_on_both("/msgs, $name", $request->(@lines), $status,
			access => 1);
	}
	for my $row (
		[ 'a word', "RUBBISH\r\n\r\n" ],
		[ 'no path', "GET HTTP/1.1\r\nHost: x\r\n\r\n" ],
		[ 'two blanks', "GET  /public HTTP/1.1\r\nHost: x\r\n\r\n" ],
		[ 'a blank in the path',
			"GET /public x HTTP/1.1\r\nHost: x\r\n\r\n" ],
		[ 'a NUL in the path',
			"GET /public\0 HTTP/1.1\r\nHost: x\r\n\r\n" ],
		[ 'another protocol',
			"GET /public HTTX/1.1\r\nHost: x\r\n\r\n" ],
		[ 'no slash', "GET public HTTP/1.1\r\nHost: x\r\n\r\n" ],
		[ 'TLS', "\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n" ],
		[ 'blanks', "   \r\n\r\n" ],
		[ 'binary', join('', map {chr} 128 .. 255) . "\r\n\r\n" ],
		[ 'HTTP/2', "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" ],
	) {
		refused_on_both("no HTTP: $row->[0]", $row->[1], 400,
			access => 1);
	}
};

# --- odd, but right ---

subtest 'requests that are odd but right' => sub {
	my $base = 'http://127.0.0.1:' . $world->{port};
	my $answer = answer_to("GET /public HTTP/1.0\r\n\r\n");
	is $answer->{status}, 200, 'HTTP/1.0 without Host';
	is $answer->{headers}{'content-length'}, length $answer->{content},
	    '... with its length';
	is answer_to(bytes("GET $base$_", [ $simulator ]))->{status}, 200,
	    "GET $base$_"
	    for '/public', '/login', '/Ann', '/msgs', '/msgs/Ann', '/latest',
	    '/fllws/Ann?no=1', '/-/icon.svg';
	refused("$base/msgs/%zz", bytes("GET $base/msgs/%zz"), 400);
	refused("$base/nobody", bytes("GET $base/nobody"), 404);
	is answer_to(bytes("GET $_", [ $simulator ]))->{status}, 200, "GET $_"
	    for '//public', '/./public', '//Ann', '/%41nn',
	    '/msgs//Ann', '/%6d%73gs/Ann', '/%70ublic', '/public?', '/public?&&',
	    '/public?a', '/public?x=1&x=2';
	is answer_to("\r\nGET /public HTTP/1.0\r\n\r\n")->{status}, 200,
	    'an empty line first';

	my $both = answer_to("GET /public HTTP/1.1\r\nHost: x\r\n\r\n"
		. "GET /nobody HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
	like $both->{content}, qr{</html>\s*HTTP/1\.1 404 }, 'two in a row';
};

subtest 'a body that does not come' => sub {
	# Both wait at once for Apache's patience to end.
	my %sockets;
	for my $port (@$world{qw(port api_port)}) {
		my $socket = IO::Socket::INET->new(PeerAddr => '127.0.0.1',
			PeerPort => $port, Timeout => 20) or die $!;
		print {$socket} bytes('POST /register',
			[ $form, 'Content-Length: 100' ], 'username=Late&');
		$socket->flush;
		$sockets{$port} = $socket;
	}
	my $before = $world->fingerprint;
	for my $port (@$world{qw(port api_port)}) {
		my $raw = do { local $/ = undef; readline $sockets{$port} } // '';
		my $kind = $port == $world->{port} ? 'page' : 'JSON';
		like $raw, qr{^HTTP/1\.1 408 }, "$kind: 408";
		like $raw, $kind eq 'page'
		    ? qr{^Content-Type: text/html; charset=utf-8\r$}mi
		    : qr{^Content-Type: application/json\r$}mi, '... of its kind';
	}
	is $world->fingerprint, $before, 'nothing changed';
};

is $world->get('/public')->{status}, 200, 'the site is alive after all this';
unlike $world->logs, qr/"level":"error","program":"(?!apache)/, 'and no program has died';
unlike $world->logs, qr/\Q$ann\E|super_safe/, 'no secret is in a log';

done_testing;
