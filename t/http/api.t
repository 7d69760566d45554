#!/usr/bin/perl
# The simulator's API, row by row, on the port that it shares with the site and
# on its own; and that htdocs/openapi.json has no answer that never comes.

use strict;
use warnings;
use utf8;
use JSON::PP;
use MIME::Base64 qw(encode_base64);
use POSIX qw(strftime);
use Test::More;
use Parts qw(crash);
use World;

binmode Test::More->builder->$_, ':encoding(UTF-8)'
    for qw(output failure_output todo_output);

my $FORM = 'application/x-www-form-urlencoded';
my $MAX_BODY = 64 * 1024;

my $world = World->new;
my $document = World::root() . '/htdocs/openapi.json';

# The port under test: 'site' or 'api', and its URL.
my ($port, $url);

# --- asking ---

# One call of the simulator's.  $world sees to it that what comes back is as
# documented.
sub call {
	my ($method, $target, $body, %options) = @_;
	my $answer = $world->api($method, "$url$target", $body, %options);
	return noted($method, $target, $answer);
}

sub noted {
	my ($method, $target, $answer) = @_;
	my $length = $answer->{headers}{'content-length'} // 'none';
	my $right = $method eq 'HEAD' || $answer->{status} == 204
	    || $length eq length $answer->{content};
	$right or fail "$method $target: Content-Length is $length";
	return $answer;
}

sub get { return call(GET => @_)->{json} }

# Bytes as they are, after the request line.
sub raw_call {
	my ($method, $target, $rest) = @_;
	my $raw = $world->raw("$method $target HTTP/1.1\r\nHost: localhost\r\n"
		    . "Connection: close\r\nAuthorization: "
		    . basic('simulator:super_safe!') . "\r\n$rest",
		$url =~ /(\d+)$/);
	my $answer = World::first_answer($method, $raw);
	$answer->{json} = eval {
		JSON::PP->new->utf8->decode($answer->{content}) };
	return noted($method, $target, $answer);
}

sub basic { return 'Basic ' . encode_base64($_[0], '') }

# A name as a path has it: "a%2Fb" for "a/b".
sub part {
	my ($name) = @_;
	utf8::encode($name);
	return $name =~ s/([^A-Za-z0-9._~-])/sprintf '%%%02X', ord $1/ger;
}

# --- comparing ---

# The answer is an error and has this status, once in HTTP and once in JSON; and
# this text, if one is given.
sub is_error {
	my ($answer, $status, $name, $text) = @_;
	my $json = $answer->{json};
	my $said = ref $json eq 'HASH' ? $json->{error_msg} : undef;
	is_deeply [ $answer->{status}, $json ],
	    [
		$status,
		{ status => $status, error_msg => $text // $said || 'a text' }
	    ],
	    $name
	    or diag $answer->{content};
	return;
}

sub is_done {
	my ($answer, $name) = @_;
	is $answer->{status}, 204, $name or diag $answer->{content};
	return;
}

sub contents {
	my ($list) = @_;
	return [ map { $_->{content} } @$list ];
}

# --- the database ---

sub start_afresh {
	$world->sql('TRUNCATE users, messages, followers, sessions,'
		    . ' known_addresses, imported_followers RESTART IDENTITY CASCADE;'
		    . ' ALTER SEQUENCE latest RESTART');
	$world->register($_) for @_;
	return;
}

# --- the tests, each of them run on either port ---

sub latest {
	start_afresh('Ann');
	is call(GET => '/latest')->{content}, '{"latest":-1}', 'before any';

	my @outcomes = (
		[ 200, GET => '/latest' ],
		[ 200, GET => '/msgs' ],
		[ 200, HEAD => '/msgs' ],
		[ 200, GET => '/msgs/Ann' ],
		[ 200, GET => '/fllws/Ann' ],
		[ 200, GET => '/msgs?no=abc' ],
		[ 204, POST => '/register',
			{ username => 'Bob', email => 'b@b', pwd => 'b' } ],
		[ 204, POST => '/msgs/Ann', { content => 'hi' } ],
		[ 204, POST => '/fllws/Ann', { follow => 'Bob' } ],
		[ 204, POST => '/fllws/Ann', { unfollow => 'Bob' } ],
		[ 200, GET => '/msgs?before=%zz' ],
		[ 200, GET => '/msgs?%FF=1' ],
		[ 400, GET => '/msgs?before=%00' ],
		[ 400, GET => '/msgs/%zz' ],
		[ 400, GET => '/msgs/%00' ],
		[ 400, GET => '/msgs/%FF' ],
		[ 400, POST => '/register', {} ],
		[ 400, POST => '/register', '{' ],
		[ 400, POST => '/register',
			{ username => 'Bob', email => 'b@b', pwd => 'b' } ],
		[ 400, POST => '/msgs/Ann', '' ],
		[ 400, POST => '/msgs/Ann', { content => 'x' x 1001 } ],
		[ 400, POST => '/fllws/Ann', { follow => 5 } ],
		[ 403, GET => '/msgs', undef, '' ],
		[ 403, POST => '/msgs/Ann', { content => 'hi' }, '' ],
		[ 403, POST => '/fllws/Ann', { follow => 'Bob' }, 'Basic x' ],
		[ 404, GET => '/msgs/Nobody' ],
		[ 404, POST => '/msgs/Nobody', { content => 'hi' } ],
		[ 404, GET => '/fllws/Nobody' ],
		[ 404, POST => '/fllws/Ann', { follow => 'Nobody' } ],
		[ 405, POST => '/latest' ],
		[ 405, DELETE => '/msgs/Ann' ],
		[ 405, PUT => '/register', {} ],
		[ 413, POST => '/msgs/Ann', 'x' x ($MAX_BODY + 1) ],
		[ 413, POST => '/register', 'x' x ($MAX_BODY + 1) ],
	);
	my $number = 0;
	for (@outcomes) {
		my ($status, $method, $target, $body, $credentials) = @$_;
		my $mark = $target =~ /\?/ ? '&' : '?';
		my %headers;
		$headers{Authorization} = $credentials if defined $credentials;
		my $answer = call($method, "$target${mark}latest=" . ++$number,
			$body, headers => \%headers);
		is_deeply [ $answer->{status}, get('/latest') ],
		    [ $status, { latest => $number } ],
		    "set by $method $target: $status";
	}

	my @paths = qw(/msgs/ /msgs/Ann/ /fllws /latest/x);
	push @paths, qw(/ /nothing) if $port eq 'api';
	for my $path (@paths) {
		$world->api(GET => "$url$path?latest=" . ++$number);
		is_deeply get('/latest'), { latest => $number },
		    "set by $path, which no route has";
	}
	return;
}

sub latest_values {
	my @numbers = (
		[ '0', 0 ],
		[ '-1', -1 ],
		[ '-5', -5 ],
		[ '007', 7 ],
		[ '99999999999', '99999999999' ],
		[ '9223372036854775807', '9223372036854775807' ],
		[ '-9223372036854775808', '-9223372036854775808' ],
		[ '%31%32', 12 ],
	);
	for (@numbers) {
		my ($value, $number) = @$_;
		call(GET => "/msgs?latest=$value");
		is call(GET => '/latest')->{content}, qq({"latest":$number}),
		    "latest=$value";
	}
	my @others = (
		'no=1', 'latest', 'latest=', 'latest=abc', 'latest=1.5',
		'latest=1e3', 'latest=0x10', 'latest=7abc', 'latest=%207',
		'latest=7%20', 'latest=-', 'latest=--7', 'latest=7,8',
		'latest=%EF%BC%91', 'latest=9223372036854775808',
		'latest=-9223372036854775809', 'latest=' . '9' x 5000,
		'latest=7&latest=8', 'latest=7&latest=7', 'Latest=7',
	);
	call(GET => '/latest?latest=42');
	for my $query (@others) {
		call(GET => "/msgs?$query");
		is_deeply get('/latest'), { latest => 42 },
		    'unchanged by ' . substr $query, 0, 40;
	}
	return;
}

sub credentials {
	start_afresh(qw(Ann Bob));
	my %wrong = (
		'none' => '',
		'a wrong password' => basic('simulator:super_safe'),
		'a longer password' => basic('simulator:super_safe!!'),
		'a wrong user' => basic('Simulator:super_safe!'),
		'no password' => basic('simulator'),
		'nobody' => basic(':'),
		'another scheme' =>
		    basic('simulator:super_safe!') =~ s/Basic/Bearer/r,
		'no scheme' => encode_base64('simulator:super_safe!', ''),
		'nothing but the scheme' => 'Basic',
		'no Base64' => 'Basic simulator:super_safe!',
		'bytes after it' => basic('simulator:super_safe!') . 'AAAA',
	);
	my @guarded = (
		[ GET => '/msgs' ],
		[ GET => '/msgs/Ann' ],
		[ GET => '/msgs/Nobody' ],
		[ POST => '/msgs/Ann', { content => 'hi' } ],
		[ POST => '/msgs/Nobody', '{' ],
		[ GET => '/fllws/Ann' ],
		[ POST => '/fllws/Ann', { follow => 'Bob' } ],
	);
	my $before = $world->fingerprint;
	for my $kind (sort keys %wrong) {
		for (@guarded) {
			my ($method, $target, $body) = @$_;
			my $answer = call($method, $target, $body,
				headers => { Authorization => $wrong{$kind} });
			is_error($answer, 403, "$method $target, $kind",
				'You are not authorized to use this resource!');
		}
	}
	is $world->fingerprint, $before, 'and nothing has changed';

	for my $scheme (qw(basic BASIC bAsIc)) {
		my $right = basic('simulator:super_safe!') =~ s/Basic/$scheme/r;
		is call(GET => '/msgs', undef,
			headers => { Authorization => $right })->{status}, 200,
		    "the scheme may be written $scheme";
	}
	my %nobody = (headers => { Authorization => '' });
	is call(GET => '/latest', undef, %nobody)->{status}, 200,
	    '/latest needs none';
	is_done(call(POST => '/register',
			{ username => 'Cid', email => 'c@c', pwd => 'c' },
			headers => { Authorization => '' }),
		'/register needs none');
	return;
}

sub register {
	start_afresh('Taken');
	my @refusals = (
		[ 'username', {} ],
		[ 'username', { email => 'a@b', pwd => 'p' } ],
		[ 'username', { username => '', email => 'a@b', pwd => 'p' } ],
		[ 'username', { username => " \t", email => '', pwd => '' } ],
		[ 'username', { username => 5, email => 'a@b', pwd => 'p' } ],
		[ 'username', { username => undef, email => 'a@b', pwd => 'p' } ],
		[ 'username', { username => ['A'], email => 'a@b', pwd => 'p' } ],
		[ 'email', { username => 'A' } ],
		[ 'email', { username => 'A', email => '', pwd => '' } ],
		[ 'email', { username => 'A', email => 'nowhere', pwd => 'p' } ],
		[ 'email', { username => 'A', email => {}, pwd => 'p' } ],
		[ 'email', { username => 'Taken', email => 'b', pwd => 'p' } ],
		[ 'password', { username => 'A', email => 'a@b' } ],
		[ 'password', { username => 'A', email => 'a@b', pwd => '' } ],
		[ 'password', { username => 'A', email => 'a@b', pwd => 7 } ],
		[ 'password', { username => 'Taken', email => 'a@b' } ],
		[ 'taken', { username => 'Taken', email => 'a@b', pwd => 'p' } ],
		map { [ 'taken', { username => $_, email => 'a@b', pwd => 'p' } ] }
		    qw(- add_message favicon.ico fllws latest login logout msgs
		    public register robots.txt),
	);
	my %text = (
		username => 'You have to enter a username',
		email => 'You have to enter a valid email address',
		password => 'You have to enter a password',
		taken => 'The username is already taken',
	);
	my $before = $world->fingerprint;
	for (@refusals) {
		my ($what, $body) = @$_;
		is_error(call(POST => '/register', $body), 400,
			"$what: " . JSON::PP->new->canonical->encode($body),
			$text{$what});
	}
	my %too_long = (
		username => 'x' x 65,
		email => 'a@' . 'b' x 300,
		pwd => 'p' x 1001,
	);
	for my $member (sort keys %too_long) {
		my %body = (username => 'A', email => 'a@b', pwd => 'p');
		$body{$member} = $too_long{$member};
		is_error(call(POST => '/register', \%body), 400,
			"$member too long");
	}
	for my $name ("a\tb", "a\nb", "a\x{7f}b", "a\x{85}b", ' a', 'a ',
		"\x{a0}a", "a\x{3000}")
	{
		is_error(call(POST => '/register',
				{ username => $name, email => 'a@b', pwd => 'p' }),
			400, 'the name ' . part($name));
	}
	is_error(call(POST => '/register',
			{ username => 'A', email => 'a@b', pwd => 'p' },
			headers => { 'Sec-Fetch-Site' => 'cross-site' }),
		403, "for another site's page");
	is $world->fingerprint, $before, 'and nobody was registered';

	for my $name ('x' x 64, '😀' x 64, 'taken', 'Taken 2') {
		is_done(call(POST => '/register',
				{ username => $name, email => '@', pwd => '😀' }),
			"registered: $name");
	}
	my $jar = World::Jar->new;
	$world->post('/login', [ username => 'taken', password => '😀' ],
		jar => $jar);
	like $world->get('/', jar => $jar)->{content}, qr/My Timeline/,
	    'and can log in';
	return;
}

# On the shared port /register is the site's form, too.
sub register_by_type {
	start_afresh();
	my $json = '{"username":"%s","email":"a@b","pwd":"p"}';
	my $count = 0;
	my %is_json = (
		'application/json' => 1,
		'application/json; charset=utf-8' => 1,
		'application/json;charset=UTF-8' => 1,
		'Application/JSON' => 1,
		'text/plain' => $port eq 'api',
		'multipart/form-data; boundary=x' => $port eq 'api',
		$FORM => $port eq 'api',
		'none' => $port eq 'api',
	);
	for my $type (sort keys %is_json) {
		my $name = 'User ' . ++$count;
		my $body = sprintf $json, $name;
		my $answer = $world->request(POST => "$url/register",
			content => $body, headers => { 'Content-Type' => $type })
		    if $type ne 'none';
		$answer //= { status => $world->raw("POST /register HTTP/1.1\r\n"
				    . "Host: localhost\r\nConnection: close\r\n"
				    . 'Content-Length: ' . length($body)
				    . "\r\n\r\n$body", $url =~ /(\d+)$/)
			    =~ /^\S+ (\d+)/ };
		my $users = $world->sql(
			"SELECT count(*) FROM users WHERE username = '$name'");
		if ($is_json{$type}) {
			is_deeply [ $answer->{status}, $users ], [ 204, 1 ],
			    "$type: JSON";
		} else {
			isnt $answer->{status}, 204, "$type: no JSON";
			is $users, 0, '... and nobody is registered';
		}
	}
	my $answer = $world->post("$url/register",
		[ username => 'Form', email => 'a@b', password => 'p',
			password2 => 'p' ]);
	if ($port eq 'api') {
		is_error(noted(POST => '/register', { %$answer,
				json => JSON::PP->new->utf8->decode(
					$answer->{content}) }),
			400, 'a form is no JSON');
	} else {
		is_deeply [ $answer->{status}, $answer->{headers}{location} ],
		    [ 302, '/login' ], 'a form is the site\'s';
	}
	return;
}

# Everywhere else the body is JSON, whatever its type is said to be.
sub any_type {
	start_afresh(qw(Ann Bob));
	for my $type ('application/json', 'text/plain', $FORM, 'nonsense',
		'multipart/form-data; boundary=x', 'application/octet-stream')
	{
		is_done(call(POST => '/msgs/Ann', { content => $type },
				headers => { 'Content-Type' => $type }),
			"a message in JSON as $type");
		is get('/msgs?no=1')->[0]{content}, $type, '... is stored';
		is_done(call(POST => '/fllws/Ann', { follow => 'Bob' },
				headers => { 'Content-Type' => $type }),
			"a follow in JSON as $type");
	}
	my $body = '{"content":"no type"}';
	is_done(raw_call(POST => '/msgs/Ann',
			'Content-Length: ' . length($body) . "\r\n\r\n$body"),
		'a message in JSON as nothing');
	is_error(call(POST => '/msgs/Ann', 'content=hi',
			headers => { 'Content-Type' => $FORM }),
		400, 'a form is no JSON');
	return;
}

sub messages {
	start_afresh(qw(Ann Bob));
	is_deeply get('/msgs'), [], 'nobody has written';
	is_deeply get('/msgs/Ann'), [], 'Ann has not written';

	my @stamps = strftime '%Y-%m-%d %H:%M:%S', gmtime;
	my @said = map { [ $_ % 2 ? 'Ann' : 'Bob', "message $_" ] } 1 .. 6;
	for (@said) {
		my ($name, $text) = @$_;
		is_done(call(POST => "/msgs/$name", { content => $text }), $text);
	}
	push @stamps, strftime '%Y-%m-%d %H:%M:%S', gmtime;

	my $all = get('/msgs');
	is_deeply [ map { [ $_->{user}, $_->{content} ] } @$all ],
	    [ reverse @said ], "everybody's, newest first";
	is_deeply contents(get('/msgs/Ann')),
	    [ 'message 5', 'message 3', 'message 1' ], "Ann's, newest first";
	is_deeply get('/msgs/Bob')->[0], $all->[0], 'the same in both lists';
	is_deeply [ sort keys %{ $all->[0] } ], [qw(content pub_date user)],
	    'nothing but content, pub_date and user';
	is_deeply [ grep { $_->{pub_date} lt $stamps[0]
		    || $_->{pub_date} gt $stamps[1] } @$all ], [],
	    'pub_date is the time of posting, in UTC';
	$world->sql("UPDATE messages SET pub_date = '2019-12-01 13:00:59.9+01'"
		    . " WHERE text = 'message 6'");
	is get('/msgs')->[0]{pub_date}, '2019-12-01 12:00:59', 'its form';

	$world->sql("UPDATE messages SET flagged = true"
		    . " WHERE text IN ('message 6', 'message 3')");
	is_deeply contents(get('/msgs')),
	    [ map {"message $_"} 5, 4, 2, 1 ], 'flagged ones are hidden';
	is_deeply contents(get('/msgs/Ann')), [ 'message 5', 'message 1' ],
	    "... from the author's list, too";
	is_deeply contents(get('/msgs?no=2')), [ 'message 5', 'message 4' ],
	    '... and do not count';
	is get('/msgs/Bob?no=1')->[0]{content}, 'message 4', '... for one author';

	for my $target ('/msgs/Nobody', '/msgs/ann', '/msgs/Ann%20') {
		is_error(call(GET => $target), 404, "GET $target");
		is_error(call(POST => $target, { content => 'hi' }), 404,
			"POST $target");
	}
	return;
}

sub limits {
	start_afresh('Ann');
	$world->sql(q{
		INSERT INTO users (username, email, pw_hash)
			SELECT 'User ' || n, 'a@b', '-'
			FROM generate_series(1, 1005) AS n;
		INSERT INTO followers
			SELECT 1, user_id FROM users WHERE user_id > 1;
		INSERT INTO messages (author_id, text)
			SELECT 1, 'message ' || n
			FROM generate_series(1, 1005) AS n});
	my @expected = (
		[ '', 100 ],
		[ 'no=1', 1 ],
		[ 'no=5', 5 ],
		[ 'no=005', 5 ],
		[ 'no=101', 101 ],
		[ 'no=1000', 1000 ],
		[ 'no=1001', 1000 ],
		[ 'no=2000', 1000 ],
		[ 'no=99999999999', 1000 ],
		[ 'no=99999999999999999999999', 1000 ],
		(map { [ "no=$_", 100 ] } '', '0', '000', '-0', '-1', '-5', 'abc',
			'5abc', '1.5', '0x5', '%205', '-99999999999999999999999'),
		[ 'no=5&no=7', 100 ],
		[ 'latest=1&no=3', 3 ],
	);
	for (@expected) {
		my ($query, $count) = @$_;
		my %list = (
			'/msgs' => get("/msgs?$query"),
			'/msgs/Ann' => get("/msgs/Ann?$query"),
			'/fllws/Ann' => get("/fllws/Ann?$query")->{follows},
		);
		is scalar @{ $list{$_} }, $count, "$_?$query" for sort keys %list;
		is $list{'/msgs'}[0]{content}, 'message 1005', '... the newest';
	}
	return;
}

sub follows {
	start_afresh(qw(Ann Bob Cid));
	is_deeply get('/fllws/Ann'), { follows => [] }, 'Ann follows nobody';

	my @steps = (
		[ { follow => 'Bob' }, ['Bob'] ],
		[ { follow => 'Bob' }, ['Bob'] ],
		[ { follow => 'Cid' }, [qw(Bob Cid)] ],
		[ { unfollow => 'Bob' }, ['Cid'] ],
		[ { unfollow => 'Bob' }, ['Cid'] ],
		[ { follow => 'Bob' }, [qw(Bob Cid)] ],
		[ { unfollow => 'Cid' }, ['Bob'] ],
		[ { unfollow => 'Ann' }, ['Bob'] ],
	);
	for (@steps) {
		my ($body, $follows) = @$_;
		my $name = join ' ', %$body;
		is_done(call(POST => '/fllws/Ann', $body), $name);
		is_deeply get('/fllws/Ann'), { follows => $follows },
		    '... now: ' . join ', ', @$follows;
	}
	is $world->sql('SELECT count(*) FROM followers'), 1, 'no duplicate';
	is_deeply get('/fllws/Bob'), { follows => [] }, 'it has a direction';

	my $before = $world->fingerprint;
	my @refusals = (
		[ 404, '/fllws/Nobody', { follow => 'Ann' } ],
		[ 404, '/fllws/Nobody', { unfollow => 'Ann' } ],
		[ 404, '/fllws/Ann', { follow => 'Nobody' } ],
		[ 404, '/fllws/Ann', { follow => 'bob' } ],
		[ 404, '/fllws/Ann', { follow => '' } ],
		[ 404, '/fllws/Ann', { unfollow => 'Nobody' } ],
		[ 404, '/fllws/Ann', { follow => 'x' x 10_000 } ],
		[ 400, '/fllws/Ann', {} ],
		[ 400, '/fllws/Ann', { follow => 'Cid', unfollow => 'Bob' } ],
		[ 400, '/fllws/Ann', { follow => undef } ],
		[ 400, '/fllws/Ann', { follow => 5 } ],
		[ 400, '/fllws/Ann', { unfollow => ['Bob'] } ],
		[ 400, '/fllws/Ann', { unfollow => {} } ],
		[ 400, '/fllws/Ann', { Follow => 'Cid' } ],
	);
	for (@refusals) {
		my ($status, $target, $body) = @$_;
		is_error(call(POST => $target, $body), $status, "$target "
			    . substr JSON::PP->new->encode($body), 0, 60);
	}
	is_error(call(GET => '/fllws/Nobody'), 404, 'GET /fllws/Nobody');
	is $world->fingerprint, $before, 'refused, and nothing has changed';
	return;
}

# Every name works in a path and in a body, and is nobody else's.
sub names {
	my @names = (
		'Roger Histand', 'a/b', '/', '//', 'a//b', 'a%2Fb', '100%', '%',
		'%00', '%zz', '?', 'what?no=1', '#1', 'a&b=c', 'a+b', 'a b',
		'a;b', q{"'`}, '\\', 'C:\\new', '<script>alert(1)</script>',
		'😀', '👩‍🚀', 'Größe', "Gro\x{332}\x{df}e", 'größe',
		'小龙', 'Αθηνά',
		"\x{ffff}", "\x{10ffff}", '...', '.a', '~', '$1', '{}', '[]',
		'|', '^', 'follow', 'api-error', 'Public', 'a' x 64,
	);
	start_afresh(@names);
	for my $name (@names) {
		my $part = part($name);
		call(POST => "/msgs/$part", { content => "I am $name" });
		is_deeply [ map { @$_{qw(user content)} } @{ get("/msgs/$part") } ],
		    [ $name, "I am $name" ], "$part writes and is read";
		call(POST => "/fllws/$part", { follow => $_ }) for @names[ 0, -1 ];
		call(POST => "/fllws/$names[-1]", { follow => $name });
		is_deeply get("/fllws/$part")->{follows}, [ @names[ 0, -1 ] ],
		    '... follows' if $name ne $names[-1];
	}
	is_deeply get("/fllws/$names[-1]")->{follows}, \@names,
	    'and all are followed';
	return;
}

sub characters {
	start_afresh('Ann');
	my @texts = (
		q{"quotes" and 'quotes'}, 'C:\\new\\table \\" \\u0041', "two\nlines",
		"cr\r\nlf", "\ttab", ' blanks around ', '<b>&amp;</b></script>',
		'😀 👩‍🚀 🏴󠁧󠁢󠁳󠁣󠁴󠁿', "\x{ffff}\x{fffe}\x{fffd}\x{feff}", "\x{10ffff}",
		"\x{2028}\x{2029}x", "\x{7f}\x{80}\x{9f}", "e\x{301} \x{e9}",
		"\x{202e}right to left", '%41%zz %s %n', q{'; DROP TABLE users; --},
		'$1 $2', '0', 'null', '1000 ' . 'x' x 995, '😀' x 1000,
		# the ends of each plane, and all of the first
		join('', map { (chr $_ << 16, chr($_ << 16 | 0xffff)) } 1 .. 16),
	);
	my $plane = join '', map {chr} 1 .. 0xd7ff, 0xe000 .. 0xffff;
	push @texts, $1 while $plane =~ /(.{1,1000})/sg;
	my %form = (
		'as UTF-8' => JSON::PP->new->utf8,
		'as escapes' => JSON::PP->new->ascii,
	);
	for my $form (sort keys %form) {
		my $wrong = 0;
		for my $text (@texts) {
			my $body = $form{$form}->encode({ content => $text });
			my $answer = call(POST => '/msgs/Ann', $body);
			my $got = get('/msgs?no=1')->[0]{content};
			next if $answer->{status} == 204 && $got eq $text;
			$wrong++;
			diag "$answer->{status} for " . part(substr $text, 0, 40);
		}
		is $wrong, 0, "every character comes back as it was, $form";
	}
	is_done(call(POST => '/msgs/Ann', "\xef\xbb\xbf" . '{"content":"marked"}'),
		'a byte order mark before the JSON');
	is get('/msgs?no=1')->[0]{content}, 'marked', '... is no part of it';
	is_done(call(POST => '/fllws/Ann', "\xef\xbb\xbf \n" . '{"follow":"Ann"}'),
		'... nor is it to /fllws');
	is_done(call(POST => '/register', "\xef\xbb\xbf"
			    . '{"username":"Marked","email":"a@b","pwd":"p"}'),
		'... and to /register');
	is_done(call(POST => '/msgs/Ann',
			'{"content":"\\"\\\\\\/\\b\\f\\n\\r\\t\\u00E9\\u00e9"}'),
		'all escapes');
	is get('/msgs?no=1')->[0]{content}, "\"\\/\b\f\n\r\t\x{e9}\x{e9}",
	    '... are decoded';
	return;
}

sub message_lengths {
	start_afresh('Ann');
	my $before = $world->fingerprint;
	for my $text ('x' x 1001, '😀' x 1001, "e\x{301}" x 500 . 'x', 'x' x 50_000) {
		my $name = length($text) . ' code points';
		is_error(call(POST => '/msgs/Ann', { content => $text }), 400, $name);
		is_error(call(POST => '/msgs/Ann',
				JSON::PP->new->ascii->encode({ content => $text })),
			400, "$name as escapes") if length $text < 10_000;
	}
	for my $text ('', ' ', "\t\n\r ", "\x{a0}\x{3000}") {
		is_error(call(POST => '/msgs/Ann', { content => $text }), 400,
			'nothing but blanks: ' . part($text));
	}
	for my $body ({}, { content => 5 }, { content => undef },
		{ content => JSON::PP::true }, { content => ['hi'] },
		{ content => { content => 'hi' } }, { Content => 'hi' })
	{
		is_error(call(POST => '/msgs/Ann', $body), 400,
			JSON::PP->new->encode($body));
	}
	is $world->fingerprint, $before, 'nothing is stored';
	return;
}

# %s stands for the members that the route wants; all else is wrong.
my @malformed = (
	[ 'nothing' => '' ],
	[ 'blanks' => " \n" ],
	[ 'a comma' => '{,}' ],
	[ 'a comma before' => '{,%s}' ],
	[ 'a comma behind' => '{%s,}' ],
	[ 'two commas' => '{%s,,"a":1}' ],
	[ 'no comma' => '{%s "a":1}' ],
	[ 'no end' => '{%s' ],
	[ 'no beginning' => '%s}' ],
	[ 'a bracket too many' => '{%s}}' ],
	[ 'the wrong bracket' => '{%s]' ],
	[ 'an array' => '[{%s}]' ],
	[ 'a string' => '"content"' ],
	[ 'a number' => '5' ],
	[ 'null' => 'null' ],
	[ 'two documents' => '{%s}{%s}' ],
	[ 'two documents, blank' => '{%s} {}' ],
	[ 'words behind' => '{%s} x' ],
	[ 'a comment' => '/**/{%s}' ],
	[ 'two byte order marks' => "\xef\xbb\xbf\xef\xbb\xbf{%s}" ],
	[ 'a byte order mark at the end' => "{%s}\xef\xbb\xbf" ],
	[ 'UTF-16' => join '', map {"$_\0"} split //, '{"content":"hi"}' ],
	[ 'a form feed' => "\f{%s}" ],
	[ 'a NUL' => "{%s}\0" ],
	[ 'a NUL in a string' => qq({%s,"a":"\0"}) ],
	[ 'a name only' => '{%s,"a"}' ],
	[ 'no value' => '{%s,"a":}' ],
	[ 'two colons' => '{%s,"a"::1}' ],
	[ 'a bare name' => '{%s,a:1}' ],
	[ 'a number for a name' => '{%s,1:1}' ],
	[ 'single quotes' => q({%s,'a':1}) ],
	[ 'half a word' => '{%s,"a":tru}' ],
	[ 'a capital word' => '{%s,"a":True}' ],
	[ 'not a number' => '{%s,"a":NaN}' ],
	[ 'a leading zero' => '{%s,"a":01}' ],
	[ 'a leading plus' => '{%s,"a":+1}' ],
	[ 'no digit before the point' => '{%s,"a":.5}' ],
	[ 'no digit after the point' => '{%s,"a":1.}' ],
	[ 'no exponent' => '{%s,"a":1e}' ],
	[ 'only a minus' => '{%s,"a":-}' ],
	[ 'a hexadecimal number' => '{%s,"a":0x1}' ],
	[ 'a comma in an array' => '{%s,"a":[1,]}' ],
	[ 'no comma in an array' => '{%s,"a":[1 2]}' ],
	[ 'a member in an array' => '{%s,"a":["b":1]}' ],
	[ 'a comma in an object' => '{%s,"a":{,}}' ],
	[ 'a string without end' => '{%s,"a":"b}' ],
	[ 'a line feed in a string' => qq({%s,"a":"\n"}) ],
	[ 'a tab in a string' => qq({%s,"a":"\t"}) ],
	[ 'an unknown escape' => '{%s,"a":"\\q"}' ],
	[ 'a short escape' => '{%s,"a":"\\u12"}' ],
	[ 'a wrong escape' => '{%s,"a":"\\u12g4"}' ],
	[ 'an escape at the end' => '{%s,"a":"\\' ],
	[ '\u0000' => '{%s,"a":"\\u0000"}' ],
	[ '\u0000 in a name' => '{%s,"a\\u0000":1}' ],
	[ 'a lone high surrogate' => '{%s,"a":"\\ud83d"}' ],
	[ 'a lone low surrogate' => '{%s,"a":"\\ude00"}' ],
	[ 'a surrogate and a letter' => '{%s,"a":"\\ud83d\\u0041"}' ],
	[ 'two high surrogates' => '{%s,"a":"\\ud83d\\ud83d"}' ],
	[ 'surrogates in the wrong order' => '{%s,"a":"\\ude00\\ud83d"}' ],
	[ 'a member twice' => '{%s,%s}' ],
	[ 'another member twice' => '{%s,"a":1,"a":1}' ],
	[ 'a member twice, escaped' => '{%s,"a":1,"\\u0061":1}' ],
	[ 'a member twice, deeper' => '{%s,"b":{"a":1,"a":1}}' ],
	[ 'the byte FF' => qq({%s,"a":"\xff"}) ],
	[ 'a continuation byte' => qq({%s,"a":"\x80"}) ],
	[ 'an overlong slash' => qq({%s,"a":"\xc0\xaf"}) ],
	[ 'a surrogate in UTF-8' => qq({%s,"a":"\xed\xa0\x80"}) ],
	[ 'beyond Unicode' => qq({%s,"a":"\xf4\x90\x80\x80"}) ],
	[ 'half a character' => qq({%s,"a":"\xe2\x82"}) ],
	[ 'Latin-1 in a name' => qq({%s,"\xe9":1}) ],
	[ '10,000 arrays' => '{%s,"a":' . '[' x 10_000 . ']' x 10_000 . '}' ],
	[ '10,000 arrays without end' => '{%s,"a":' . '[' x 10_000 ],
	[ '10,000 arrays alone' => '[' x 10_000 . ']' x 10_000 ],
	[ '10,000 objects' => '{%s,"a":' . '{"a":' x 9_999 . '1' . '}' x 10_000 ],
	[ '10,000 members' => '{%s' . join('', map {qq(,"a$_":1)} 1 .. 5_000) . '}' ],
	[ 'a form' => 'content=hi&follow=Bob' ],
);

my %wanted = (
	'/register' => '"username":"New","email":"a@b","pwd":"p"',
	'/msgs/Ann' => '"content":"hi"',
	'/fllws/Ann' => '"follow":"Bob"',
);

sub bad_json {
	start_afresh(qw(Ann Bob));
	my $before = $world->fingerprint;
	my $lines = $world->lines_of('error');
	my @refused;
	for (@malformed) {
		my ($name, $template) = @$_;
		for my $target (sort keys %wanted) {
			my $body = $template =~ s/%s/$wanted{$target}/gr;
			my $answer = call(POST => $target, $body);
			is_error($answer, 400, "$name to $target");
			push @refused, "400: $answer->{json}{error_msg}";
		}
		is $world->fingerprint, $before, '... nothing has changed';
	}
	my @new = map { $_->{message} } $world->lines_of('error');
	splice @new, 0, $lines;
	is_deeply \@new, \@refused, 'each has left one line in the log';

	my @sound = (
		[ 'blanks' => " \t\r\n{\n%s\n}\r\n" ],
		[ 'other members' =>
			'{"a":{"b":[1,-2.5e-3,0,true,false,null,{"c":[]}]},%s,"":""}' ],
		[ 'the same member deeper' => '{"a":{%s},%s}' ],
		[ 'a surrogate pair in a name' => '{"\\ud83d\\ude00":1,%s}' ],
		[ 'up to 64 KiB' => '{%s}' ],
	);
	for (@sound) {
		my ($name, $template) = @$_;
		for my $target (sort keys %wanted) {
			$world->sql("DELETE FROM users WHERE username = 'New'");
			my $body = $template =~ s/%s/$wanted{$target}/gr;
			$body .= ' ' x ($MAX_BODY - length $body)
			    if $name =~ /KiB/;
			is_done(call(POST => $target, $body),
				"$name is right for $target");
		}
	}
	return;
}

sub bad_bodies {
	start_afresh(qw(Ann Bob));
	my $before = $world->fingerprint;
	for my $target (sort keys %wanted) {
		my $json = "{$wanted{$target}}";
		my $length = length $json;
		my $type = 'Content-Type: application/json';
		my @too_large = (
			[ 'a byte more than 64 KiB' =>
				$json . ' ' x ($MAX_BODY + 1 - $length) ],
			[ '1 MB' => '{"a":"' . 'x' x 1_000_000 . "\",$wanted{$target}}" ],
			[ '1 MB of blanks' => $json . ' ' x 1_000_000 ],
		);
		for (@too_large) {
			my ($name, $body) = @$_;
			is_error(call(POST => $target, $body), 413,
				"$name to $target");
			my @pieces = (unpack('(a4096)*', $body), '');
			is_error(call(POST => $target, undef,
					headers => { 'Content-Type' =>
						    'application/json' },
					content => sub { shift @pieces }),
				413, '... in chunks');
		}
		my @broken = (
			[ 400, 'no Content-Length' => "$type\r\n\r\n$json" ],
			[ 400, 'Content-Length: 0' =>
				"$type\r\nContent-Length: 0\r\n\r\n$json" ],
			[ 400, 'Content-Length: abc' =>
				"$type\r\nContent-Length: abc\r\n\r\n$json" ],
			[ 400, 'Content-Length: -1' =>
				"$type\r\nContent-Length: -1\r\n\r\n$json" ],
			[ 400, 'shorter than its Content-Length' => "$type\r\n"
				    . "Content-Length: " . ($length + 5)
				    . "\r\n\r\n$json" ],
			[ 400, 'longer than its Content-Length' => "$type\r\n"
				    . "Content-Length: " . ($length - 1)
				    . "\r\n\r\n$json" ],
			[ 400, 'a chunk without a length' => "$type\r\n"
				    . "Transfer-Encoding: chunked\r\n\r\nx\r\n" ],
			[ 413, '9 MB announced' => "$type\r\n"
				    . "Content-Length: 9000000\r\n\r\n" ],
		);
		for (@broken) {
			my ($status, $name, $rest) = @$_;
			is_error(raw_call(POST => $target, $rest), $status,
				"$name to $target");
		}
	}
	is $world->fingerprint, $before, 'and nothing has changed';

	for my $target ('/latest', '/msgs', '/msgs/Ann', '/fllws/Ann') {
		is_error(call(GET => $target, 'x' x ($MAX_BODY + 1)), 413,
			"GET $target with a large body");
	}
	my @pieces = ('{"content":', '"in chunks"', '}', '');
	is_done(call(POST => '/msgs/Ann', undef, content => sub { shift @pieces }),
		'a message in chunks');
	is get('/msgs?no=1')->[0]{content}, 'in chunks', '... is stored';
	is_done(raw_call(POST => '/msgs/Ann', "Content-Length: 17\r\n\r\n"
			    . '{"content":"end"}and more'),
		'what follows the body does not belong to it');
	is get('/msgs?no=1')->[0]{content}, 'end', '... the body is stored';
	return;
}

sub bad_addresses {
	start_afresh('Ann');
	my $before = $world->fingerprint;
	my @malformed = ('%', '%4', '%zz', '%00', 'a%00b', '%FF', '%C0%AF',
		'%ED%A0%80', 'a%E2%82');
	for my $part (@malformed) {
		for my $path ('/msgs', '/fllws') {
			is_error(call(GET => "$path/$part"), 400,
				"GET $path/$part");
			is_error(call(POST => "$path/$part", { content => 'hi' }),
				400, "POST $path/$part");
		}
	}
	# of what a query can say, only a NUL is refused
	for my $part (@malformed) {
		my $bad = $part =~ /%00/;
		for ('/latest', '/msgs', '/msgs/Ann', '/fllws/Ann') {
			my $answer = call(GET => "$_?a=$part");
			is $answer->{status}, $bad ? 400 : 200, "GET $_?a=$part";
		}
		for ('/register', '/msgs/Ann', '/fllws/Ann') {
			my $answer = call(POST => "$_?$part=a", {});
			is_error($answer, 400, "POST $_?$part=a");
			$bad ? like($answer->{json}{error_msg}, qr/NUL/, '... a NUL')
			    : unlike($answer->{json}{error_msg}, qr/NUL/,
				'... for the body');
		}
	}
	is_error(raw_call(GET => "/msgs/\xff", "\r\n"), 400, 'a byte FF');
	is_error(call(POST => '/msgs/%00', 'x' x 1_000_000), 400,
		'whatever is sent there');
	is $world->fingerprint, $before, 'and nothing has changed';

	is_deeply get('/msgs/%41%6e%6E'), [],
	    'any character may be percent-encoded';
	is call(GET => '/msgs/' . 'a' x 7000)->{status}, 404,
	    'a name of 7,000 characters is nobody\'s';
	for ([ GET => '/latest' ], [ POST => '/register' ], [ GET => '/msgs' ],
		map { ([ GET => $_ ], [ POST => $_ ]) } '/msgs/Ann', '/fllws/Ann')
	{
		# there the type would say whose it is, but nobody has read it
		next if "$port $_->[1]" eq 'site /register';
		my ($method, $target) = @$_;
		is_error(call($method, "$target?a=" . 'a' x 9000,
				$method eq 'POST' ? {} : undef), 414,
			"$method $target with 9,000 characters");
	}
	is_error(call(GET => '/msgs', undef,
			headers => { 'X-Long' => 'x' x 9000 }), 400,
		'a header of 9,000 characters');
	return;
}

sub methods {
	start_afresh('Ann');
	my %allow = (
		'/latest' => 'GET, HEAD',
		'/msgs' => 'GET, HEAD',
		'/msgs/Ann' => 'GET, HEAD, POST',
		'/msgs/Nobody' => 'GET, HEAD, POST',
		'/fllws/Ann' => 'GET, HEAD, POST',
		'/register' => 'POST',
	);
	my $before = $world->fingerprint;
	for my $target (sort keys %allow) {
		my @methods = qw(PUT DELETE PATCH OPTIONS TRACE BREW get);
		push @methods, 'POST' if $allow{$target} !~ /POST/;
		# there GET /register is the site's form
		push @methods, 'GET' if $target eq '/register' && $port eq 'api';
		for my $method (@methods) {
			next if $method eq 'TRACE' && $target eq '/register';
			my $answer = call($method, $target,
				$method eq 'TRACE' ? undef : { content => 'hi' });
			is_error($answer, 405, "$method $target");
			like $answer->{headers}{allow}, qr/^\Q$allow{$target}\E$/,
			    '... with Allow' if $method ne 'TRACE';
		}
		next if $allow{$target} !~ /HEAD/ || $target =~ /Nobody/;
		my $answer = call(HEAD => $target);
		is_deeply [ $answer->{status}, $answer->{headers}{'content-type'} ],
		    [ 200, 'application/json' ], "HEAD $target";
	}
	is $world->fingerprint, $before, 'and nothing has changed';
	is_error(call(DELETE => '/msgs', undef,
			headers => { Authorization => '' }), 405,
		'without credentials, too');
	return;
}

sub unknown_routes {
	my @paths = qw(/msgs/ /msgs/Ann/ /msgs/Ann/more /fllws /fllws/
	    /fllws/Ann/ /fllws/Ann/more /latest/ /latest/more);
	push @paths, qw(/ /nothing /public /login /logout /add_message /Ann
	    /Ann/follow /Ann/unfollow /register/ /favicon.ico /robots.txt
	    /-/ /-/error /-/nothing /-/icon.svg /a/b/c /Latest /msgs.json)
	    if $port eq 'api';
	for my $path (@paths) {
		for my $method (qw(GET POST DELETE)) {
			is_error($world->api($method, "$url$path"), 404,
				"$method $path");
		}
		is $world->api(HEAD => "$url$path")->{status}, 404, "HEAD $path";
	}
	is_error($world->api(POST => "$url/msgs/", 'x' x 1_000_000), 404,
		'... whatever is sent there');
	return;
}

sub documented {
	my $answer = $world->get("$url/-/openapi.json");
	open my $file, '<:raw', $document or die "$document: $!";
	is_deeply [ @$answer{qw(status content)},
		$answer->{headers}{'content-type'} ],
	    [ 200, do { local $/ = undef; <$file> }, 'application/json' ],
	    'the server serves the document';
	return;
}

my @tests = (
	\&documented => 'the document',
	\&latest => '/latest after everything',
	\&latest_values => 'values of ?latest',
	\&credentials => 'credentials',
	\&register => 'registration',
	\&register_by_type => 'registration by Content-Type',
	\&any_type => 'any Content-Type',
	\&messages => 'messages',
	\&limits => 'limits',
	\&follows => 'follows',
	\&names => 'names',
	\&characters => 'characters',
	\&message_lengths => 'what is no message',
	\&bad_json => 'malformed JSON',
	\&bad_bodies => 'bodies of the wrong length',
	\&bad_addresses => 'malformed addresses',
	\&methods => 'methods',
	\&unknown_routes => 'addresses that no route has',
);

my %url = (site => $world->url, api => $world->api_url);
for (sort keys %url) {
	($port, $url) = ($_, $url{$_});
	my @rest = @tests;
	while (my ($test, $name) = splice @rest, 0, 2) {
		subtest "$name, $port port" => $test;
	}
}

# --- a world with other credentials ---

subtest 'settings of the administrator\'s choice' => sub {
	my $secret = q{pa:ss "w%41' \\$HOME};
	my $other = World->new(MINITWIT_SIMULATOR_USER => 'robot',
		MINITWIT_SIMULATOR_PASSWORD => $secret,
		ALLOWED_ADDRESSES => '127.0.0.1');
	for my $base ($other->url, $other->api_url) {
		my %expected = (
			'simulator:super_safe!' => 403,
			'robot:super_safe!' => 403,
			"simulator:$secret" => 403,
			"robot:$secret" => 200,
		);
		for my $pair (sort keys %expected) {
			is $other->api(GET => "$base/msgs", undef,
				headers => { Authorization => basic($pair) })
			    ->{status}, $expected{$pair}, $pair;
		}
	}
	$other->sql(q{UPDATE attempt_limits SET free = 0
		WHERE kind = 'registration'});
	is_error($other->api(POST => $other->api_url . '/register',
			{ username => 'Ann', email => 'a@b', pwd => 'p' },
			headers => { Authorization => '' }, from => '127.0.0.2'),
		429, 'too many registrations');
	$other->stop;
};

# --- last, because nothing works after it ---

subtest 'the database is away' => sub {
	my $parts = Parts->new($world->state);
	crash($parts->all('supervisor')); # who would start it again
	crash($parts->leader('PgBouncer'));

	my %body = (
		'/register' => { username => 'A', email => 'a@b', pwd => 'p' },
		'/msgs/Ann' => { content => 'hi' },
		'/fllws/Ann' => { follow => 'Bob' },
	);
	for (sort keys %url) {
		($port, $url) = ($_, $url{$_});
		for my $target ('/latest', '/msgs', '/msgs/Ann', '/fllws/Ann') {
			is_error(call(GET => $target), 503,
				"GET $target, $port port");
		}
		for my $target (sort keys %body) {
			my $answer = call(POST => $target, $body{$target});
			is_error($answer, 503, "POST $target, $port port");
			like $answer->{headers}{'retry-after'}, qr/^\d+$/,
			    '... with Retry-After';
		}
		is_error(call(DELETE => '/latest'), 405,
			'a refusal needs no database');
	}
};

is_deeply [ World::openapi()->unseen ], [], 'no answer is documented that never comes';

done_testing;
