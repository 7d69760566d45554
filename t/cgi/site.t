#!/usr/bin/perl
# Each program of cgi-bin/site/ as CGI (RFC 3875) has it: environment and stdin
# in, one answer and at most one line of log out.

use strict;
use warnings;
use utf8;
use FindBin;
use lib $FindBin::Bin;
use Program;
use Test::More;
use World;

my $world = World->new;
Program::world($world);
$world->register($_) for qw(Ann Bob);
my $login = done('a login', 302, 'site/login',
	form('/login', username => 'Ann', password => 'pw'));
my ($session) = map { /^(session=[0-9a-f]+);/ ? $1 : () }
    @{ $login->{headers}{'set-cookie'} };
my @ann = (HTTP_COOKIE => $session);
my @dan = (HTTP_COOKIE => 'session=' . $world->login('Dan')->{session});

# What each program is for; each of these also has to survive without.
my @requests = (
	[ 200, 'site/timeline', '', REQUEST_URI => '/', @ann ],
	[ 200, 'site/public', '', REQUEST_URI => '/public' ],
	[ 200, 'site/profile', '', REQUEST_URI => '/Ann' ],
	[ 200, 'site/search', '', REQUEST_URI => '/-/search?q=Ann' ],
	[ 200, 'site/followers', '', REQUEST_URI => '/Ann/followers' ],
	[ 200, 'site/following', '', REQUEST_URI => '/Ann/following', @ann ],
	[ 200, 'site/feed', '', REQUEST_URI => '/-/feed' ],
	[ 200, 'site/user_feed', '', REQUEST_URI => '/Ann/feed' ],
	[ 302, 'site/register', form('/register', username => 'Cid',
			email => 'c@c', password => 'c', password2 => 'c') ],
	[ 302, 'site/login', form('/login', username => 'Bob',
			password => 'pw') ],
	[ 302, 'site/add_message', form('/add_message', text => 'hi'), @ann ],
	[ 200, 'site/message', '', REQUEST_URI => '/Ann/status/1' ],
	[ 302, 'site/follow', form('/Bob/follow'), @ann ],
	[ 302, 'site/unfollow', form('/Bob/unfollow'), @ann ],
	[ 200, 'site/account', '', REQUEST_URI => '/-/account', @ann ],
	[ 302, 'site/account_sessions', form('/-/account/sessions',
			session => 'others', password => 'pw'), @ann ],
	[ 302, 'site/account_password', form('/-/account/password',
			new_password => 'pw', new_password2 => 'pw',
			password => 'pw'), @dan ],
	[ 302, 'site/logout', form('/logout'), @ann ],
);

# The same for what a page's script asks.
my @questions = (
	[ 'site/newest', '', REQUEST_URI => '/-/newest' ],
	[ 'site/news', '', REQUEST_URI => '/-/news?after=0' ],
	[ 'site/news', '', REQUEST_URI => '/-/news?after=0&mine=1', @ann ],
);
for (@questions) {
	survives(@$_);
	my $answer = done('as it should be', 200, @$_);
	is $answer->{headers}{'content-type'}[0], 'application/json', '... JSON';
}
for (@requests) {
	my ($status, $program, @request) = @$_;
	survives($program, @request);
	my $answer = done('as it should be', $status, $program, @request);
	if ($status == 302) {
		like $answer->{headers}{location}[0], qr{^/}, '... on to a page';
	} else {
		like $answer->{content},
		    qr{^<(!DOCTYPE html>.*</html|\?xml .*</feed)>\n\z}s,
		    '... a page, or a feed';
	}
}
refused('a changed token', 401, 'site/account', '',
	REQUEST_URI => '/-/account', @dan);
my $dan = done('a login', 302, 'site/login',
	form('/login', username => 'Dan', password => 'pw'));
@dan = (HTTP_COOKIE => (map { /^(session=[0-9a-f]+);/ ? $1 : () }
    @{ $dan->{headers}{'set-cookie'} }));
for my $row ([ 200, 'site/account_data', '/-/account/data' ],
	[ 302, 'site/account_delete', '/-/account/delete' ]) {
	my ($status, $program, $target) = @$row;
	my @request = ($program, form($target, password => 'pw'), @dan);
	survives(@request);
	done('as it should be', $status, @request);
}
refused('nothing at all', 404, 'site/error', '');
survives('site/error', '');
refused('the longest address', 404, 'site/error', '', REQUEST_URI => $_ x 3990)
    for '/a', '?&', '&a', "?\xff&", '?%ff&';

is $world->sql("SELECT string_agg(text, '+') FROM messages"), 'hi',
    'one message is stored';

# The costliest hashes that are accepted fit into the sandbox's limits.
for my $hash (
	'scrypt:131072:15:1$salt$5d278ca5133215a98868c8b90cf07b690bafc50274b1e3'
	    . 'cd356631bc47d7750c1c9dec3e92028307b2cee2b96973b0d1b116a06ede6d'
	    . '2b536985a19b3f575f2e',
	'pbkdf2:sha256:10000000$salt$2e960ed79c69b7577d6af8f509a2191b9f015bda'
	    . 'cb73abeaa9d2c030781047bc',
	crypt('pw', '$2b$15$abcdefghijklmnopqrstuu')) {
	$world->sql("UPDATE users SET pw_hash = '$hash' WHERE username = 'Bob'");
	done($hash =~ /^(\$?[^\$]+)/, 302, 'site/login',
		form('/login', username => 'Bob', password => 'pw'));
	like $world->sql("SELECT pw_hash FROM users WHERE username = 'Bob'"),
	    qr/^scrypt:16384:8:1\$nfc\./, '... and is replaced';
}

# How a login goes for somebody, with the most memory that it took, in KiB: a hash
# takes 16 MiB, so that shows whether there was one.
sub login_with_peak {
	my ($name, $password) = @_;
	my ($body, %env) = form('/login', username => $name,
		password => $password);
	my $answer = $world->cgi_by([ $^X, '-e', <<'EOF',
		system @ARGV;
		syscall 98, -1, my $usage = "\0" x 144; # getrusage(2), of children
		print STDERR unpack('x32 q', $usage), "\n";
EOF
		World::program_file('site/login') ], $body, %env);
	my ($peak) = $answer->{stderr} =~ /^(\d+)$/m;
	return ($answer, $peak);
}

SKIP: {
	skip 'sanitizers take memory of their own', 4 if $ENV{SANITIZE};
	my ($wrong, $with_hash) = login_with_peak('Ann', 'wrong');
	my ($unknown, $peak) = login_with_peak('Nobody', 'wrong');
	cmp_ok $with_hash, '>', 16 * 1024, 'a wrong password is hashed';
	cmp_ok abs($peak - $with_hash), '<', 1024,
	    '... and as much work is done for who is unknown';
	for my $hash ('sha1$salt$' . 'a' x 40, '$2b$04$' . 'a' x 53) {
		$world->sql("UPDATE users SET pw_hash = '$hash'"
			. " WHERE username = 'Bob'");
		(my $old, $peak) = login_with_peak('Bob', 'wrong');
		cmp_ok $peak, '>', 16 * 1024, "... and for who has $hash";
	}
}

# What is well-formed, and needs no database.
done('a visitor', 302, 'site/visitor', '', REQUEST_URI => '/');
done('a password manager', 302, 'site/change_password', '',
	REQUEST_URI => '/.well-known/change-password');
done('a visitor', 302, 'site/timeline', '', REQUEST_URI => '/');
done('the form', 200, 'site/login_form', '', REQUEST_URI => '/login');
done('the form', 200, 'site/register_form', '',
	REQUEST_URI => '/register');
done('a visitor', 302, 'site/logout', '', REQUEST_METHOD => 'POST');
done('without stdin', 200, 'site/public', '', REQUEST_METHOD => 'HEAD');

my ($tag) = @{ done('a feed', 200, 'site/feed', '',
	REQUEST_URI => '/-/feed')->{headers}{etag} };
done('a feed that is known', 304, 'site/feed', '', REQUEST_URI => '/-/feed',
	HTTP_IF_NONE_MATCH => $tag);

# Apache's own errors, in words.
for my $status (400, 403, 404, 405, 408, 412, 413, 414, 417, 431, 500, 501, 503) {
	my $answer = refused("Apache's error", $status, 'site/error', '',
		REDIRECT_STATUS => $status);
	like $answer->{content}, qr/<div class="error"/, '... a page';
}
refused("no error of Apache's", 404, 'site/error', '',
	REDIRECT_STATUS => 'abc');

my $again = done('a login', 302, 'site/login',
	form('/login', username => 'Ann', password => 'pw'));
($session) = map { /^(session=[0-9a-f]+);/ ? $1 : () }
    @{ $again->{headers}{'set-cookie'} };
@ann = (HTTP_COOKIE => $session);

my $before = $world->fingerprint;
my @refusals = (
	[ 'nobody', 404, 'site/profile', '', REQUEST_URI => '/Nobody' ],
	[ 'nobody', 404, 'site/followers', '', REQUEST_URI => '/Nobody/followers' ],
	[ 'nobody', 404, 'site/following', '', REQUEST_URI => '/Nobody/following' ],
	[ 'nobody', 404, 'site/user_feed', '', REQUEST_URI => '/Nobody/feed' ],
	[ 'another path', 404, 'site/followers', '', REQUEST_URI => '/Ann' ],
	[ 'no host', 400, 'site/feed', '', REQUEST_URI => '/-/feed',
		HTTP_HOST => undef ],
	[ 'a bad host', 400, 'site/user_feed', '', REQUEST_URI => '/Ann/feed',
		HTTP_HOST => 'a"b' ],
	[ 'too many words', 400, 'site/search', '',
		REQUEST_URI => '/-/search?q=' . 'a+' x 101 ],
	[ 'a NUL', 400, 'site/search', '', REQUEST_URI => '/-/search?q=%00' ],
	[ 'POST', 405, 'site/search', form('/-/search', q => 'a') ],
	[ 'POST', 405, 'site/feed', form('/-/feed') ],
	[ 'a bad percent sign', 400, 'site/profile', '', REQUEST_URI => '/%zz' ],
	[ 'a NUL', 400, 'site/profile', '', REQUEST_URI => '/%00' ],
	[ 'no UTF-8', 400, 'site/profile', '', REQUEST_URI => '/%FF' ],
	[ 'a line feed', 404, 'site/follow', '', REQUEST_URI => '/a%0Ab/follow',
		@ann ],
	[ 'too long a path', 404, 'site/profile', '',
		REQUEST_URI => '/Ann/more' ],
	[ 'after what?', 400, 'site/news', '', REQUEST_URI => '/-/news' ],
	[ 'nobody', 404, 'site/news', '',
		REQUEST_URI => '/-/news?after=0&of=Nobody' ],
	[ 'a visitor', 401, 'site/news', '',
		REQUEST_URI => '/-/news?after=0&mine=1' ],
	[ 'POST', 405, 'site/newest', form('/-/newest') ],
	[ 'POST', 405, 'site/news', form('/-/news?after=0') ],
	[ 'a bad query', 400, 'site/public', '', REQUEST_URI => '/public?a=%00' ],
	[ 'POST', 405, 'site/public', form('/public') ],
	[ 'POST', 405, 'site/timeline', form('/') ],
	[ 'POST', 405, 'site/profile', form('/Ann') ],
	[ 'GET', 405, 'site/add_message', '' ],
	[ 'a visitor', 401, 'site/add_message', form('/add_message',
			text => 'hi') ],
	[ 'a visitor', 401, 'site/follow', form('/Bob/follow') ],
	[ 'a visitor', 401, 'site/unfollow', form('/Bob/unfollow') ],
	[ 'a rubbish cookie', 401, 'site/follow', form('/Bob/follow'),
		HTTP_COOKIE => "session=\xff\x01; ;=;session" ],
	[ 'a forged session', 401, 'site/follow', form('/Bob/follow'),
		HTTP_COOKIE => 'session=' . 'a' x 64 ],
	[ 'nobody', 404, 'site/follow', form('/Nobody/follow'), @ann ],
	[ 'nobody', 404, 'site/unfollow', form('/Nobody/unfollow'), @ann ],
	[ 'another site', 403, 'site/follow', form('/Bob/follow'), @ann,
		HTTP_SEC_FETCH_SITE => 'cross-site' ],
	[ 'another origin', 403, 'site/unfollow', form('/Bob/unfollow'), @ann,
		HTTP_ORIGIN => 'http://elsewhere' ],
	[ 'another page', 403, 'site/logout', form('/logout'), @ann,
		HTTP_REFERER => 'http://elsewhere/localhost' ],
	[ 'another site', 403, 'site/register', form('/register',
			username => 'Dan', email => 'd@d', password => 'd',
			password2 => 'd'),
		HTTP_SEC_FETCH_SITE => 'same-site' ],
	[ 'JSON', 415, 'site/login', '{"username":"Ann"}',
		REQUEST_METHOD => 'POST', CONTENT_TYPE => 'application/json' ],
	[ 'no type', 415, 'site/register', 'username=Dan',
		REQUEST_METHOD => 'POST' ],
	[ 'a large body', 413, 'site/add_message',
		form('/add_message', text => 'x' x 70_000), @ann ],
	[ 'a field twice', 400, 'site/add_message',
		form('/add_message', text => 'a', text => 'b'), @ann ],
	[ 'a NUL', 400, 'site/add_message', "text=\0",
		(form('/add_message'))[ 1 .. 6 ], @ann ],
	[ 'an encoded NUL', 400, 'site/add_message', 'text=%00',
		(form('/add_message'))[ 1 .. 6 ], @ann ],
	[ 'too long', 400, 'site/add_message',
		form('/add_message', text => 'x' x 1001), @ann ],
	[ 'only blanks', 302, 'site/add_message',
		form('/add_message', text => ' '), @ann ],
	[ 'a visitor', 401, 'site/account', '', REQUEST_URI => '/-/account' ],
	[ 'POST', 405, 'site/account', form('/-/account'), @ann ],
	[ 'another site', 403, 'site/account_delete', form('/-/account/delete',
			password => 'pw'), @ann,
		HTTP_SEC_FETCH_SITE => 'cross-site' ],
	(map { ([ 'GET', 405, "site/account_$_", '', @ann ],
		[ 'a visitor', 401, "site/account_$_", form("/-/account/$_",
				password => 'pw') ],
		[ 'a wrong password', 200, "site/account_$_",
			form("/-/account/$_", password => 'no',
				session => 'others', new_password => 'x',
				new_password2 => 'x'), @ann ]) }
		qw(password sessions data delete)),
	[ 'a wrong name', 200, 'site/login',
		form('/login', username => 'Nobody', password => 'pw') ],
	[ 'a wrong password', 200, 'site/login',
		form('/login', username => 'Ann', password => 'no') ],
	[ 'no field', 200, 'site/register', form('/register') ],
	[ 'a name that is taken', 200, 'site/register', form('/register',
			username => 'Ann', email => 'a@b', password => 'p',
			password2 => 'p') ],
);
for (@refusals) {
	my $answer = refused(@$_);
	unlike $answer->{stderr}, qr/pw|a\@b|d\@d|[0-9a-f]{64}/,
	    '... the log has no secret';
}
is $world->fingerprint, $before, 'refused, and nothing has changed';

Program::try_samples('site');
is_deeply [ Program::untested('site') ], [], 'each program has been run';

done_testing;
