# The account pages: what somebody sees and changes of what is theirs, each change
# confirmed with the password, and what is left when an account has gone.

use strict;
use warnings;
use utf8;
use Encode qw(decode);
use JSON::PP;
use Test::More;
use World;

my $world = World->new(ALLOWED_ADDRESSES => '127.0.0.1');

my $firefox = 'Mozilla/5.0 (X11; Linux x86_64; rv:115.0) Gecko/20100101'
    . ' Firefox/115.0';
my $account = '/-/account';

sub log_in {
	my ($name, $password, %options) = @_;
	my $jar = World::Jar->new;
	my $answer = $world->post('/login',
		[ username => $name, password => $password // 'pw' ],
		jar => $jar, %options);
	return $answer->{status} == 302 ? $jar : undef;
}

sub page {
	my ($jar) = @_;
	my $answer = $world->get($account, jar => $jar);
	return decode('UTF-8', $answer->{content});
}

# Sends one of the page's forms.
sub send_form {
	my ($jar, $form, $fields, %options) = @_;
	return $world->post("$account/$form", $fields, jar => $jar, %options);
}

sub error_of {
	my ($answer) = @_;
	my ($error) = $answer->{content} =~ m{<div class="error"[^>]*>(.*?)</div>}s;
	return $error // 'none';
}

sub flash_of {
	my ($path, $jar) = @_;
	my ($flash) = $world->get($path, jar => $jar)->{content} =~
	    m{<ul class="flashes"[^>]*><li>(.*?)</li></ul>}s;
	return $flash // 'none';
}

sub is_redirect {
	my ($answer, $to, $what) = @_;
	return is "$answer->{status} " . ($answer->{headers}{location} // 'nowhere'),
	    "302 $to", $what;
}

sub is_logged_in {
	my ($jar) = @_;
	return $world->get($account, jar => $jar)->{status} == 200;
}

# The forms, with what is right for each.
my %right = (
	password => [ new_password => 'new', new_password2 => 'new' ],
	sessions => [ session => 'others' ],
	data => [],
	delete => [],
);

my $ann = $world->login('Ann');
$world->login($_) for qw(Bob Cid);

subtest 'the page' => sub {
	my $html = page($ann);
	like $html, qr{<title>Your account \| MiniTwit</title>}, 'its title';
	like $html, qr{<dt>Username</dt><dd><a href="/Ann">Ann</a></dd>},
	    'the name';
	like $html, qr{<dt>E-mail</dt><dd>a\@b</dd>}, 'the e-mail address';
	like $html, qr{<dt>Member since</dt><dd><time }, 'since when';
	my @forms = grep {/type="password"/}
	    $html =~ m{<form class="account.*?</form>}sg;
	cmp_ok scalar @forms, '>=', 3, 'forms with a password';
	for my $form (@forms) {
		my ($first) = $form =~ /<input (?!type="(?:radio|text" id="before"))([^>]*)>/;
		is $first, 'type="text" name="username" value="Ann" autocomplete="username"'
		    . ' autocapitalize="none" autocorrect="off" spellcheck="false"'
		    . ' readonly hidden', '... whose password managers see the username';
		my @kinds = $form =~ /<input type="password"[^>]* autocomplete="([^"]*)"/g;
		is shift @kinds, 'current-password', '... the present password';
		is "@kinds", ('new-password ' x @kinds) =~ s/ \z//r, '... and a new one';
	}
	like $html, qr{action="$account/$_" method="post"}, "a form for $_"
	    for grep { $_ ne 'sessions' } keys %right;
	like $html, qr{You are logged in nowhere else}, 'no other session';
	my @ids = $html =~ /\sid="([^"]*)"/g;
	is_deeply [ sort @ids ], [ do { my %seen; sort grep { !$seen{$_}++ } @ids } ],
	    'each id is there once';
	is_deeply [ sort $html =~ /<label for="([^"]*)"/g ], [ sort grep {
		$_ ne 'main' } @ids ], 'each field has its label';
	unlike $html, qr/scrypt|\Q$ann->{session}\E/, 'no hash and no token';
	my $answer = $world->get($account, jar => $ann);
	is $answer->{headers}{'cache-control'}, 'private, no-store',
	    'nobody keeps it';
	is $world->request('HEAD', $account, jar => $ann)->{status}, 200, 'HEAD';

	$world->sql(q{UPDATE users SET registered_at = NULL
		WHERE username = 'Bob'});
	unlike page(log_in('Bob')), qr/Member since/, 'where that is not known';
};

subtest 'who has no session' => sub {
	my $before = $world->fingerprint;
	my %nobody = (
		'without a cookie' => World::Jar->new,
		'with a forged one' =>
		    bless({ session => 'a' x 64 }, 'World::Jar'),
		'with rubbish' => bless({ session => "x'--" }, 'World::Jar'),
	);
	for (sort keys %nobody) {
		my $jar = $nobody{$_};
		my $answer = $world->get($account, jar => $jar);
		is $answer->{status}, 401, "$_: 401";
		is error_of($answer), 'You have to log in to do that.', '... as a page';
		for my $form (sort keys %right) {
			is send_form($jar, $form, [ @{ $right{$form} },
				password => 'pw' ])->{status}, 401, "... $form";
			is send_form($jar, $form, [])->{status}, 401,
			    '... without a field, too';
		}
	}
	is $world->fingerprint, $before, 'nothing has changed';
};

subtest 'what is no right request' => sub {
	my $before = $world->fingerprint;
	for my $form (sort keys %right) {
		my $fields = [ @{ $right{$form} }, password => 'pw' ];
		is $world->get("$account/$form", jar => $ann)->{status}, 405,
		    "GET $form: 405";
		is send_form($ann, $form, $fields, headers =>
			    { 'Sec-Fetch-Site' => 'cross-site' })->{status}, 403,
		    '... for another site: 403';
		is send_form($ann, $form, $fields, headers =>
			    { Origin => 'http://evil.example' })->{status}, 403,
		    '... for another origin: 403';
		for my $wrong ('', 'wrong', 'pw ', 'PW', "' OR '1'='1") {
			my $answer = send_form($ann, $form, [ @{ $right{$form} },
					password => $wrong ]);
			is "$answer->{status} " . error_of($answer),
			    '200 Invalid password', "... with '$wrong'";
		}
		is error_of(send_form($ann, $form, $right{$form})),
		    'Invalid password', '... without one';
	}
	is $world->post($account, [], jar => $ann)->{status}, 405, 'POST: 405';
	is $world->get("$account/$_", jar => $ann)->{status}, 404, "$_: 404"
	    for 'x', 'password/x';
	is $world->fingerprint, $before, 'nothing has changed';
	$world->sql('DELETE FROM attempts');
};

subtest 'another password' => sub {
	my $other = log_in('Ann');
	for my $row (
		[ 'You have to enter a password', '', '' ],
		[ 'You have to enter a password', '', 'x' ],
		[ 'The two passwords do not match', 'x', 'y' ],
		[ 'The password has more than 1,000 characters',
			('ä' x 1001) x 2 ],
	) {
		my ($error, $new, $again) = @$row;
		my $answer = send_form($ann, 'password', [ password => 'pw',
				new_password => $new, new_password2 => $again ]);
		is "$answer->{status} " . error_of($answer), "200 $error", $error;
	}
	ok is_logged_in($other), 'so far nothing has changed';

	my $token = $ann->{session};
	my $answer = send_form($ann, 'password', [ password => 'pw',
			new_password => "n\x{e4}w", new_password2 => "n\x{e4}w" ]);
	is_redirect($answer, $account, 'changed');
	is flash_of($account, $ann), 'Your password was changed', '... and said';
	ok !is_logged_in($other), 'the other session has ended';
	ok is_logged_in($ann), 'this one goes on';
	isnt $ann->{session}, $token, '... under another token';
	ok !is_logged_in(bless { session => $token }, 'World::Jar'),
	    '... and no longer under the one before';
	is $world->sql(q{SELECT count(*) FROM sessions JOIN users
		USING (user_id) WHERE username = 'Ann'}), 1, '... it is the only one';
	is log_in('Ann', 'pw'), undef, 'the old password is none';
	ok log_in('Ann', "n\x{e4}w"), 'the new one is';
	ok log_in('Bob'), 'others have theirs';
	like $world->sql(q{SELECT pw_hash FROM users WHERE username = 'Ann'}),
	    qr/^scrypt:/, 'it is stored as a hash';

	is_redirect(send_form($ann, 'password', [ password => "na\x{308}w",
			new_password => "s\x{e9}cret", new_password2 => "se\x{301}cret" ]),
		$account, 'each password may be composed or decomposed');
	ok log_in('Ann', $_), '... and so may the new one'
	    for "s\x{e9}cret", "se\x{301}cret";
	is log_in('Ann', 'secret'), undef, '... but its accent counts';
	send_form($ann, 'password', [ password => "s\x{e9}cret",
		new_password => "n\x{e4}w", new_password2 => "n\x{e4}w" ]);

	my @answers = $world->at_once(map {
		my $new = $_;
		sub { send_form($ann, 'password', [ password => "n\x{e4}w",
			new_password => $new, new_password2 => $new ]) }
	} 1 .. 3);
	my @changed = grep { $answers[ $_ - 1 ]{status} == 302 } 1 .. 3;
	is scalar @changed, 1, 'of three at once one is the first';
	like $_->{status}, qr/^(?:302|200|401)$/, '... no other is an error of ours'
	    for @answers;
	ok log_in('Ann', $changed[0]), '... and that is the password';
};

# By now it is whatever; and everybody is logged in once.
$world->sql('DELETE FROM sessions');
$world->sql(q{UPDATE users SET pw_hash = (SELECT pw_hash FROM users
	WHERE username = 'Bob') WHERE username = 'Ann'});

subtest 'sessions' => sub {
	my $here = log_in('Ann', 'pw', headers => { 'User-Agent' => $firefox },
		from => '127.0.0.2');
	my %other = (
		Safari => 'Mozilla/5.0 (iPhone; CPU iPhone OS 17_0 like Mac OS X)'
		    . ' AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.0'
		    . ' Mobile/15E148 Safari/604.1',
		Edge => 'Mozilla/5.0 (Windows NT 10.0; Win64; x64)'
		    . ' AppleWebKit/537.36 (KHTML, like Gecko) Chrome/119.0.0.0'
		    . ' Safari/537.36 Edg/119.0.0.0',
		evil => '"><script>alert(1)</script>',
	);
	my %jar = map { $_ => scalar log_in('Ann', 'pw',
			headers => { 'User-Agent' => $other{$_} }) } keys %other;
	my $bob = log_in('Bob');

	my $html = page($here);
	like $html, qr{This\ browser:\ Firefox\ on\ Linux\ at\ 127\.0\.0\.2,
	    \ logged\ in\ <time\ }x, 'this one';
	my @choices = $html =~
	    m{<label><input type="radio" name="session" value="(\w+)"(?: checked)?> (.*?)</label>}g;
	my %id = reverse @choices;
	is scalar keys %id, 4, 'all others, or one of three';
	my %words = map { /^(\w+)/ => $_ } keys %id;
	like $words{Safari}, qr/^Safari\ on\ an\ iPhone\ at\ 127\.0\.0\.1,\ logged\ in
	    \ <time\ [^>]*>[^<]*<\/time>,\ last\ seen\ <time\ /x, 'a telephone';
	like $words{Edge}, qr/^Edge on Windows at /, 'a computer';
	like $words{Unknown}, qr/^Unknown browser at /, 'what nobody knows';
	unlike $html, qr/<script>|alert\(/, 'nothing of its own words';

	my $answer = send_form($here, 'sessions', [ password => 'pw' ]);
	is error_of($answer), 'You have to choose where to log out', 'no choice';
	is error_of(send_form($here, 'sessions', [ password => 'pw',
			session => $_ ])), 'You have to choose where to log out',
	    "'$_' is none" for '0', '-1', 'all', '1 OR 1=1', '9' x 30;

	$answer = send_form($here, 'sessions',
		[ password => 'pw', session => $id{ $words{Safari} } ]);
	is_redirect($answer, $account, 'one is ended');
	is flash_of($account, $here), 'The other browser was logged out',
	    '... and said';
	ok !is_logged_in($jar{Safari}), '... it is';
	ok is_logged_in($_), 'another is not' for @jar{qw(Edge evil)}, $here;
	is_redirect(send_form($here, 'sessions', [ password => 'pw',
				session => $id{ $words{Safari} } ]), $account,
		'once more is no error');

	my $bobs = $world->sql(q{SELECT max(session_id) FROM sessions JOIN users
		USING (user_id) WHERE username = 'Bob'});
	my $mine = $world->sql(q{SELECT session_id FROM sessions JOIN users
		USING (user_id) WHERE username = 'Ann' AND address = '127.0.0.2'});
	send_form($here, 'sessions', [ password => 'pw', session => $_ ])
	    for $bobs, $mine;
	ok is_logged_in($bob), "nobody else's is ended";
	ok is_logged_in($here), '... nor this one';

	is_redirect(send_form($here, 'sessions', [ password => 'pw',
				session => 'others' ]), $account, 'all others');
	is flash_of($account, $here), 'All other browsers were logged out',
	    '... and said';
	ok !is_logged_in($_), '... they are' for @jar{qw(Edge evil)};
	ok is_logged_in($here), 'this one goes on';
	ok is_logged_in($bob), '... and those of others';

	$world->sql(q{INSERT INTO sessions (user_id, token_digest)
		SELECT user_id, n FROM users, generate_series(1, 60) AS n
		WHERE username = 'Ann'});
	$html = page($here);
	is scalar(() = $html =~ /type="radio"/g), 50, 'forty-nine of many are shown';
	like $html, qr/This browser: Firefox/, '... beside this one, however old';
	like $html, qr/There are more, and older ones/, '... and that there are more';
	send_form($here, 'sessions', [ password => 'pw', session => 'others' ]);
	is $world->sql(q{SELECT count(*) FROM sessions JOIN users
		USING (user_id) WHERE username = 'Ann'}), 1, '... all are ended';
	$world->sql(q{UPDATE sessions SET begun_at = now(), address = NULL,
		browser = NULL});
	like page($here), qr/This browser: Unknown browser, logged in /,
	    'a session from before that was noted';
};

subtest 'data' => sub {
	my $jar = log_in('Ann', 'pw', headers => { 'User-Agent' => $firefox });
	my $text = qq{"\\ <b>\n\t\x{1}\x{e4}\x{20ac}\x{1f600}</script>};
	$world->post('/add_message', [ text => $_ ], jar => $jar)
	    for 'first', $text, 'flagged';
	$world->sql(q{UPDATE messages SET flagged = true, pub_date =
		'2019-12-01 12:00:59+00' WHERE text = 'flagged'});
	$world->api(POST => '/msgs/Bob', { content => "Bob's" });
	$world->api(POST => '/fllws/Ann', { follow => 'Cid' });
	$world->api(POST => '/fllws/Ann', { follow => 'Bob' });
	$world->api(POST => '/fllws/Bob', { follow => 'Ann' });

	my $answer = send_form($jar, 'data', [ password => 'pw' ]);
	is $answer->{status}, 200, 'given';
	is $answer->{headers}{'content-type'}, 'application/json', 'JSON';
	is $answer->{headers}{'cache-control'}, 'private, no-store',
	    'nobody keeps it';
	like $answer->{headers}{'content-disposition'},
	    qr/^attachment; filename="minitwit-\d{4}-\d\d-\d\d\.json"$/, 'a file';
	my $data = JSON::PP->new->utf8->decode($answer->{content});
	is join(' ', sort keys %$data), 'addresses email exported followers follows'
	    . ' incomplete messages registered sessions username',
	    'all that there is';
	is "$data->{username} $data->{email}", 'Ann a@b', 'who it is';
	like "$data->{exported} $data->{registered}",
	    qr/^(?:\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ ?){2}$/, 'times';
	is_deeply [ map { $_->{text} } @{ $data->{messages} } ],
	    [ 'flagged', $text, 'first' ], 'the messages, as they were written';
	is_deeply [ map { $_->{flagged} ? 1 : 0 } @{ $data->{messages} } ],
	    [ 1, 0, 0 ], '... which are flagged';
	is $data->{messages}[0]{time}, '2019-12-01T12:00:59Z', '... and when';
	is join(' ', sort @{ $data->{follows} }), 'Bob Cid', 'whom they follow';
	is_deeply $data->{followers}, ['Bob'], 'who follows them';
	my ($session) = grep { $_->{this_one} } @{ $data->{sessions} };
	is "$session->{browser} $session->{address}",
	    'Firefox on Linux 127.0.0.1', 'this session';
	is scalar @{ $data->{sessions} }, 2, '... and the other';
	is_deeply [ map { $_->{address} } @{ $data->{addresses} } ],
	    [ '127.0.0.1', '127.0.0.2' ], 'where they have entered the password';
	like $data->{addresses}[0]{last_used}, qr/^\d{4}-\d\d-\d\dT/, '... and when';
	is_deeply $data->{incomplete}, [], 'nothing is left out';
	unlike $answer->{content}, qr/scrypt|[0-9a-f]{64}|Bob's/,
	    'no hash, no token, nothing of others';

	$answer = send_form($jar, 'data',
		[ password => 'pw', before => $data->{messages}[1]{id} ]);
	is_deeply [ map { $_->{text} } @{
		JSON::PP->new->utf8->decode($answer->{content})->{messages} } ],
	    ['first'], 'what is older than a message';
	is error_of(send_form($jar, 'data', [ password => 'pw', before => $_ ])),
	    'The id of a message is a number', "not before '$_'"
	    for 'x', '-1', '0', '9' x 30, "1'";
};

# In the midst of it, here by a function that ends it: never a file that lacks
# what came after.
subtest 'data of a session that ends' => sub {
	my $jar = log_in('Ann');
	$world->sql(q{ALTER FUNCTION account_follows RENAME TO kept_follows;
		CREATE FUNCTION account_follows(token text, most bigint)
		RETURNS TABLE (username text) LANGUAGE sql SECURITY DEFINER
		BEGIN ATOMIC
			SELECT session_end(token);
			SELECT kept_follows(token, most);
		END;
		GRANT EXECUTE ON FUNCTION account_follows TO minitwit_account});
	is send_form($jar, 'data', [ password => 'pw' ])->{status}, 401,
	    'no file';
	$world->sql('DROP FUNCTION account_follows;'
		. ' ALTER FUNCTION kept_follows RENAME TO account_follows');
};

# As many messages as there may be in a file, and more, of the longest texts.
subtest 'very much data' => sub {
	my $jar = $world->login('Zoe');
	my $before = '';
	my %seen;
	$world->sql(q{INSERT INTO messages (author_id, text)
		SELECT user_id, repeat(chr(1), 1000)
		FROM users, generate_series(1, 8000) WHERE username = 'Zoe'});
	# search has no use for words that long, and says so
	$world->sql(q{SET client_min_messages = warning;
		INSERT INTO messages (author_id, text, flagged)
		SELECT user_id, repeat(chr(128512), 1000), n % 10 = 0
		FROM users, generate_series(1, 2000) AS n WHERE username = 'Zoe'});
	for my $part (1 .. 3) {
		my $answer = send_form($jar, 'data',
			[ password => 'pw', before => $before ]);
		is $answer->{status}, 200, "file $part, "
		    . length($answer->{content}) . ' bytes';
		my $bytes = $answer->{content};
		my @ids = $bytes =~ /"id":(\d+)/g;
		my ($incomplete) = $bytes =~ /"incomplete":\[(.*)\]\}$/;
		is $incomplete, $part < 3 ? '"messages"' : '',
		    '... says whether there are more';
		$seen{$_}++ for @ids;
		$before = $ids[-1];
	}
	is scalar keys %seen, 10_000, 'all messages were there';
	is scalar(grep { $_ != 1 } values %seen), 0, '... once each';
};

subtest 'names and addresses are no markup' => sub {
	my $name = q{<b>"'&amp;%s</b>/../\\};
	my $jar = $world->login($name);
	$world->sql(q{UPDATE users SET email = '"><script>alert(1)</script>@'
		WHERE username LIKE '<b>%'});
	$world->sql(q{UPDATE sessions SET address = '<i>', browser = '<u>'
		WHERE user_id = (SELECT user_id FROM users
			WHERE username LIKE '<b>%')});
	my $html = page($jar);
	unlike $html, qr/<b>|<script>|<i>|<u>/, 'on the page';
	like $html, qr{<dd><a href="/%3Cb%3E%22%27%26amp%3B%25s%3C%2Fb%3E%2F..%2F%5C">},
	    'nor in a link';
	my $data = JSON::PP->new->utf8->decode(
		send_form($jar, 'data', [ password => 'pw' ])->{content});
	is $data->{username}, $name, 'in the file they are as they are';
	is_redirect(send_form($jar, 'delete', [ password => 'pw' ]), '/public',
		'and such a name can be deleted');
};

subtest 'guesses' => sub {
	my $jar = log_in('Cid');
	$world->sql('UPDATE attempt_limits SET free = 3');
	$world->sql('DELETE FROM attempts');
	for my $form (qw(data delete sessions)) {
		is error_of(send_form($jar, $form, [ @{ $right{$form} },
				password => 'wrong' ])), 'Invalid password',
		    "$form: a guess";
	}
	# as if that had gone on for hours
	$world->sql('UPDATE attempts SET count = 30');
	for my $form (sort keys %right) {
		my $answer = send_form($jar, $form,
			[ @{ $right{$form} }, password => 'pw' ]);
		is $answer->{status}, 429, "$form: 429 for the right one, too";
		like $answer->{headers}{'retry-after'}, qr/^[1-9]\d*$/,
		    '... that says when to come again';
		like error_of($answer),
		    qr/^There were too many attempts .* again in \d+ \w+\.$/,
		    '... in words, too';
	}
	is $world->post('/login', [ username => 'Cid', password => 'pw' ])
	    ->{status}, 429, 'they count as attempts to log in';
	ok is_logged_in($jar), '... and end no session';
	is send_form(log_in('Bob'), 'sessions', [ password => 'pw',
			session => 'others' ])->{status}, 302,
	    'nobody else has to wait';

	$world->sql('DELETE FROM attempts');
	is send_form($jar, 'sessions', [ session => 'others',
			password => 'pw' ])->{status}, 302,
	    'the right one does not count' for 1 .. 6;
	is send_form($jar, 'sessions', [ session => 'others',
			password => 'pw' ], from => '127.0.0.9')->{status}, 302,
	    '... nor from an address that is new' for 1 .. 6;
	is error_of(send_form($jar, 'data', [ password => '' ])),
	    'Invalid password', 'an empty one is no guess' for 1 .. 6;
	$world->sql('UPDATE attempt_limits SET free = 100');
	$world->sql('DELETE FROM attempts');
};

# What there is of somebody, in any table.
sub traces_of {
	my ($id) = @_;
	return $world->sql("SELECT
		(SELECT count(*) FROM users WHERE user_id = $id)
		|| ' ' || (SELECT count(*) FROM messages WHERE author_id = $id)
		|| ' ' || (SELECT count(*) FROM followers
			WHERE $id IN (who_id, whom_id))
		|| ' ' || (SELECT count(*) FROM sessions WHERE user_id = $id)
		|| ' ' || (SELECT count(*) FROM known_addresses
			WHERE user_id = $id)");
}

subtest 'an account goes' => sub {
	my $jar = log_in('Ann', 'pw');
	my $other = log_in('Ann', 'pw');
	my $id = $world->sql(q{SELECT user_id FROM users WHERE username = 'Ann'});
	$world->post('/login', [ username => 'Ann', password => 'no' ],
		from => $_) for '127.0.0.1', '127.0.0.7';
	isnt traces_of($id), '0 0 0 0 0', 'there is something to delete';
	my $others = $world->sql(qq{SELECT count(*) FROM messages
		WHERE author_id <> $id});

	my $answer = send_form($jar, 'delete', [ password => 'pw' ]);
	is_redirect($answer, '/public', 'deleted');
	is $jar->{session}, undef, 'the browser has lost the cookie';
	is flash_of('/public', $jar), 'Your account was deleted', '... and is told';
	is traces_of($id), '0 0 0 0 0', 'nothing is left';
	is $world->sql(q{SELECT count(*) FROM attempts WHERE subject IN
		(attempt_digest('Ann'), attempt_digest('127.0.0.1 Ann'))}), 0,
	    '... of attempts, too';
	is $world->sql('SELECT count(*) FROM messages'), $others,
	    "others' messages stay";
	ok !is_logged_in($other), 'the other session has ended';
	is $world->get('/Ann')->{status}, 404, 'the profile: 404';
	is $world->get('/Ann/follow', jar => log_in('Bob'))->{status}, 404,
	    'follow: 404';
	is $world->api(GET => "/$_/Ann")->{status}, 404, "the API, $_: 404"
	    for qw(msgs fllws);
	is $world->api(POST => '/msgs/Ann', { content => 'hi' })->{status}, 404,
	    '... to post: 404';
	is $world->api(POST => '/fllws/Bob', { follow => 'Ann' })->{status}, 404,
	    '... to follow: 404';
	like $world->post('/login', [ username => 'Ann', password => 'pw' ])
	    ->{content}, qr/Invalid username/, 'nobody logs in any longer';

	my $taken = 'The username is already taken';
	is error_of($world->post('/register', [ username => 'Ann',
			email => 'a@b', password => 'x', password2 => 'x' ])),
	    $taken, 'the name stays taken';
	my $api = $world->api(POST => '/register',
		{ username => 'Ann', email => 'a@b', pwd => 'x' });
	is "$api->{status} $api->{json}{error_msg}", "400 $taken",
	    '... for the simulator, too';
	unlike $world->sql('SELECT * FROM former_users'), qr/Ann/,
	    '... though nothing has it';
	is $world->post('/register', [ username => 'ann', email => 'a@b',
			password => 'x', password2 => 'x' ])->{status}, 302,
	    'another name is free';
};

subtest 'at the same instant' => sub {
	# by the same session, and by another
	my $jar = $world->login('Dan');
	my $second = log_in('Dan');
	my @answers = $world->at_once(map { my $by = $_;
		sub { send_form($by, 'delete', [ password => 'pw' ]) }
	} $jar, $jar, $second);
	is join(' ', sort map { $_->{status} } @answers), '302 401 401',
	    'of three deletions one is the first';

	# two who follow each other
	my @pair = map { $world->login($_) } qw(Eve Fay);
	$world->api(POST => '/fllws/Eve', { follow => 'Fay' });
	$world->api(POST => '/fllws/Fay', { follow => 'Eve' });
	@answers = $world->at_once(map { my $by = $_;
		sub { send_form($by, 'delete', [ password => 'pw' ]) } } @pair);
	is join(' ', map { $_->{status} } @answers), '302 302',
	    'two who follow each other';

	# a deletion and what others do about it
	for my $round (1 .. 5) {
		my $name = "Gus $round";
		my $gus = $world->login($name);
		my $path = $name =~ s/ /%20/r;
		@answers = $world->at_once(
			sub { send_form($gus, 'delete', [ password => 'pw' ]) },
			(map { my $n = $_; sub { $world->api(POST => "/msgs/$path",
				{ content => "$n" }) } } 1 .. 3),
			sub { $world->api(POST => '/fllws/Bob',
				{ follow => $name }) },
			(map { sub { $world->api(POST => '/register',
				{ username => $name, email => 'a@b', pwd => 'x' }) }
			} 1 .. 2));
		is $answers[0]{status}, 302, "$name: deleted";
		is join(' ', map { $_->{status} } @answers[ 5, 6 ]), '400 400',
		    '... nobody is registered meanwhile';
		like $_->{status}, qr/^(?:204|404|503)$/, '... others get an answer'
		    for @answers[ 1 .. 4 ];
		is $world->sql("SELECT count(*) FROM users
			WHERE username = '$name'"), 0, '... and it is gone';
	}
	is $world->sql('SELECT count(*) FROM messages AS m LEFT JOIN users AS u
		ON u.user_id = m.author_id WHERE u.user_id IS NULL'), 0,
	    'no message without an author';
};

is scalar(grep { $_->{level} eq 'error' } $world->lines_of('error')), 0,
    'no error of ours in the log';
unlike $world->logs, qr/a\@b|[0-9a-f]{64}|"pw"/, '... and no secret';

done_testing;
