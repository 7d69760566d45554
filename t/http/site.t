# The website through the whole stack: every row of the contract's section 1.

use strict;
use warnings;
use utf8;
use Encode qw(decode encode);
use Test::More;
use Time::Local qw(timegm);
use World;

binmode $_, ':encoding(UTF-8)'
    for Test::More->builder->output, Test::More->builder->failure_output;

my $world = World->new;

# A visitor who sends a cookie sees the page as it is now, not as it was up to a
# second ago.
my @now = (headers => { Cookie => 'a=b' });

# --- reading pages ---

my %is_void = map { $_ => 1 } qw(meta link input br hr img);

# What is wrong with an answer, whatever was asked; nothing, usually.
sub faults {
	my ($method, $answer) = @_;
	my %headers = %{ $answer->{headers} };
	my $html = decode('UTF-8', $answer->{content} // '');
	my @faults;

	# Apache says nothing of the length 0 in answer to a HEAD
	my $length = $headers{'content-length'} // 'no';
	push @faults, "Content-Length: $length"
	    unless $method eq 'HEAD' ? $length =~ /^\d+$/ || $html eq ''
	    : $length eq length $answer->{content};
	push @faults, 'no nosniff'
	    unless ($headers{'x-content-type-options'} // '') eq 'nosniff';
	push @faults, 'no strict Content-Security-Policy'
	    if ($headers{'content-security-policy'} // '')
	    !~ /default-src 'none'/
	    || $headers{'content-security-policy'} =~ /unsafe/;
	return @faults
	    if $html eq '' || $headers{'content-type'} !~ m{^text/html};

	push @faults, 'not UTF-8 HTML5'
	    unless $headers{'content-type'} =~ /charset=utf-8/i
	    && $html =~ /^<!DOCTYPE html>/i;
	push @faults, 'the title' unless $html =~ m{ \| MiniTwit</title>};
	# but for the one script of ours, which is a file
	push @faults, 'an inline script or style'
	    if $html =~ m{<script(?!\ src="/-/asset/script\.\w+\.js"\ defer></script>)
		|<style|<[^>]+\s(?:on\w+|style)=}xi;
	push @faults, nesting_fault($html);
	return @faults;
}

# Does each element end where it should, and each & and " stand for something?
sub nesting_fault {
	my ($html) = @_;
	my @open;

	$html =~ s/^<!DOCTYPE html>//i;
	while ($html =~ m{<(/?)(\w+)((?:\s+[\w-]+(?:="[^"<>]*")?)*)\s*>|([<>])}g) {
		return "a stray $4" if defined $4;
		next if $is_void{$2};
		if (!$1) {
			push @open, $2;
		} elsif (($open[-1] // '') ne $2) {
			return "</$2> in " . ($open[-1] // 'nothing');
		} else {
			pop @open;
		}
	}
	return 'a bare &' if $html =~ /&(?!(?:\w+|#\d+|#x[0-9a-f]+);)/i;
	return @open ? "an open $open[-1]" : ();
}

my @all_faults;

# World's request, that also looks for faults and decodes the page.
sub request {
	my ($method, $target, %options) = @_;
	my $form = delete $options{form};
	my $answer = $form ? $world->post($target, $form, %options)
	    : $world->request($method, $target, %options);
	push @all_faults, map {"$method $target: $_"} faults($method, $answer);
	$answer->{html} = decode('UTF-8', $answer->{content} // '');
	$answer->{location} = $answer->{headers}{location};
	return $answer;
}

sub get { return request('GET', @_) }
sub post { my ($target, $form, @more) = @_;
	return request('POST', $target, form => $form, @more) }

# The inner HTML of each <li> of a list of that class.
sub items {
	my ($html, $class) = @_;
	return map { m{<li[^>]*>(.*?)</li>}sg }
	    $html =~ m{<ul class="(?:[^"]* )?\Q$class\E(?: [^"]*)?"[^>]*>(.*?)</ul>}sg;
}

sub flashes { return [ items($_[0]{html}, 'flashes') ] }

sub errors {
	return [ $_[0]{html} =~
		    m{<div class="(?:[^"]* )?error(?: [^"]*)?"[^>]*>(.*?)</div>}sg ];
}

sub unescape {
	my ($html) = @_;
	my %named = (amp => '&', lt => '<', gt => '>', quot => '"');
	$html =~ s{&(?:#(\d+)|(\w+));}{defined $1 ? chr $1 : $named{$2} // $&}ge;
	return $html;
}

# The texts of the messages of a page, without the markup.
# As people read them: without the links in them.
sub texts {
	return [ map { m{<p class="text">(.*)</p>}s
		? unescape($1 =~ s/<[^>]*>//gr) : "? $_" }
	    grep { !/class="empty"|no message so far/ }
	    items($_[0]{html}, 'messages') ];
}

sub inputs {
	return [ $_[0]{html} =~ /<input\s[^>]*>/g ];
}

sub path_of {
	my ($name) = @_;
	return '/' . join '', map { /[A-Za-z0-9]/ ? $_ : sprintf '%%%02X', ord }
	    split //, encode('UTF-8', $name);
}

sub is_redirect {
	my ($answer, $to, $what) = @_;
	return is "$answer->{status} " . ($answer->{location} // 'nowhere'),
	    "302 $to", "$what: 302 to $to";
}

# Goes where a redirect says, and from there once more to the same page: the
# flash is there the first time, alone in its <li>, and gone the second.
sub flashes_once {
	my ($answer, $jar, $text) = @_;
	my $target = $answer->{location} // '/';
	is_deeply flashes(get($target, jar => $jar)), [$text],
	    "on the next page: $text";
	is_deeply flashes(get($target, jar => $jar)), [], '... and only there';
	return;
}

sub add_messages {
	my ($author, @texts) = @_;
	$world->sql("INSERT INTO messages (author_id, text)
		SELECT (SELECT user_id FROM users WHERE username = '$author'),
		text FROM unnest(ARRAY['" . join("','", @texts)
		. "']) WITH ORDINALITY AS t (text, n) ORDER BY n");
	return;
}

# --- the rows ---

subtest 'a visitor' => sub {
	is_redirect(get('/'), '/public', 'my timeline without a session');
	my $public = get('/public');
	is $public->{status}, 200, 'the public timeline is for everybody';
	like unescape($public->{html}), qr/There's no message so far\./,
	    'an empty timeline says so';
	is get('/login')->{status}, 200, 'the login form';
	is get('/register')->{status}, 200, 'the registration form';
	for ('/nobody', '/nobody%20at%20all') {
		my $missing = get($_);
		is $missing->{status}, 404, "$_: 404";
		like $missing->{html}, qr{<a [^>]*href="/public"},
		    '... a real page with a way on';
	}
	is get('/nobody/follow')->{status}, 401, 'follow: 401 before 404';
	is post('/add_message', [ text => 'x' ])->{status}, 401,
	    'a message without a session: 401';
};

subtest 'the forms, as browser tests look for them' => sub {
	for my $page ([ '/register', qw(username email password password2) ],
		[ '/login', qw(username password) ]) {
		my ($path, @fields) = @$page;
		my $answer = get($path);
		my @inputs = @{ inputs($answer) };
		is_deeply [ map { /name="(\w+)"/ } @inputs[ 0 .. $#fields ] ],
		    \@fields, "$path: the first inputs are @fields";
		like $inputs[@fields], qr/type="?submit/,
		    '... and then the submit button';
		like $answer->{html}, qr{class="(?:[^"]* )?actions[ "]
		    (?:(?!</div>).)*\Q$inputs[@fields]\E}xs,
		    '... inside of .actions';
		unlike "@inputs[0 .. $#fields]", qr/type="?(?:submit|hidden)/,
		    '... which is the only one';
		like $answer->{html},
		    qr{<form [^>]*action="$path"[^>]*method="post"}i,
		    '... and they are posted back';
	}
};

subtest 'registration' => sub {
	my %right = (username => 'Ann', email => 'a@b', password => 'pw',
		password2 => 'pw');
	my $taken = 'The username is already taken';

	# the errors come in this order: each row repairs one more field
	for my $row (
		[ 'You have to enter a username', username => '',
			email => 'no at', password => '', password2 => 'x' ],
		[ 'You have to enter a username', username => "\x{a0} " ],
		[ 'You have to enter a valid email address', email => '',
			password => '', password2 => 'x', username => 'public' ],
		[ 'You have to enter a valid email address', email => 'no at',
			password => '', password2 => 'x', username => 'public' ],
		[ 'You have to enter a password', password => '',
			password2 => 'x', username => 'public' ],
		[ 'The two passwords do not match', password2 => 'x',
			username => 'public' ],
		(map { [ $taken, username => $_ ] } qw(
			public login logout register add_message msgs fllws
			latest - robots.txt favicon.ico . ..)),
	) {
		my ($error, %wrong) = @$row;
		my %form = (%right, %wrong);
		my $answer = post('/register', \%form);
		is $answer->{status}, 200, "'$form{username}': the form again";
		is_deeply errors($answer), [$error], "... $error";
		my @inputs = @{ inputs($answer) };
		like $inputs[0], qr/value="\Q$form{username}\E"/,
		    '... the username is kept';
		like $inputs[1], qr/value="\Q$form{email}\E"/,
		    '... the e-mail too';
		unlike "@inputs[2, 3]", qr/value="[^"]/, '... no password';
	}
	for my $name (' Ann', 'Ann ', "\x{3000}Ann", "An\tn", "An\nn", "An\x{7f}n",
		"An\x{85}n", 'x' x 65, "\x{1f600}" x 65) {
		my $answer = post('/register', { %right, username => $name });
		is scalar @{ errors($answer) }, 1,
		    'no name: ' . ($name =~ s/([^ -~])/sprintf '<%X>', ord $1/ger);
	}
	is $world->sql('SELECT count(*) FROM users'), 0, 'so far, nobody';

	my $jar = World::Jar->new;
	my $answer = post('/register', \%right, jar => $jar);
	is_redirect($answer, '/login', 'registered');
	flashes_once($answer, $jar,
		'You were successfully registered and can login now');
	is_deeply errors(post('/register', \%right)), [$taken], 'twice: taken';
	is_redirect(post('/register', { %right, username => $_ }), '/login',
		"names are compared exactly: '$_' is another")
	    for 'ann', 'Public', 'Ann.';
	like $world->sql(q{SELECT pw_hash FROM users WHERE username = 'Ann'}),
	    qr/^scrypt:/, 'the password is stored as a scrypt hash';
};

subtest 'login and logout' => sub {
	for my $row (
		[ 'Invalid username', username => 'Nobody "&', password => 'pw' ],
		[ 'Invalid username', username => '', password => '' ],
		[ 'Invalid username', username => 'ANN', password => 'pw' ],
		[ 'Invalid password', username => 'Ann', password => 'wrong' ],
		[ 'Invalid password', username => 'Ann', password => '' ],
		[ 'Invalid password', username => 'Ann', password => 'pw ' ],
	) {
		my ($error, %form) = @$row;
		my $answer = post('/login', \%form);
		is $answer->{status}, 200, "$form{username}: the form again";
		is_deeply errors($answer), [$error], "... $error";
		like unescape(inputs($answer)->[0]),
		    qr/value="\Q$form{username}\E"/, '... the username is kept';
		unlike inputs($answer)->[1], qr/value="[^"]/, '... no password';
		is $answer->{headers}{'set-cookie'}, undef, '... and no cookie';
	}

	my $jar = World::Jar->new;
	my $answer = post('/login', [ username => 'Ann', password => 'pw' ],
		jar => $jar);
	is_redirect($answer, '/', 'right');
	my @cookies = map { ref $_ ? @$_ : $_ } $answer->{headers}{'set-cookie'};
	for (@cookies) {
		like $_, qr/; *Path=\/(?:;|$)/i, 'a cookie for the whole site';
		like $_, qr/; *HttpOnly/i, '... HttpOnly';
		like $_, qr/; *SameSite=Lax/i, '... SameSite=Lax';
		unlike $_, qr/; *Secure/i, '... not Secure without HTTPS';
		unlike $_, qr/; *Domain/i, '... for this host only';
	}
	my ($token) = map { /^session=(\w+)/ } @cookies;
	cmp_ok length $token, '>=', 32, 'a token of at least 128 bits';
	unlike $world->sql('SELECT * FROM sessions'), qr/\Q$token\E/,
	    '... that is not stored itself';
	flashes_once($answer, $jar, 'You were logged in');

	my $second = World::Jar->new;
	post('/login', [ username => 'Ann', password => 'pw' ], jar => $second);
	isnt $second->{session}, $token, 'another login, another token';

	for my $path ('/login', '/register') {
		is_redirect(get($path, jar => $jar), '/',
			"already logged in, GET $path");
		is_redirect(post($path, [ username => 'ann', password => 'no',
			email => 'a@b', password2 => 'no' ], jar => $jar), '/',
			"already logged in, POST $path");
	}
	like get('/', jar => $jar)->{html}, qr/>Ann</, '... as the same user';

	# the cookie may be somebody else's, who planted it
	my $planted = World::Jar->new;
	post('/login', [ username => 'Ann', password => 'pw' ], jar => $planted);
	my $theirs = $planted->{session};
	is_redirect(post('/login', [ username => 'ann', password => 'pw' ],
		jar => $planted), '/', 'a right password in another session');
	isnt $planted->{session}, $theirs, '... begins one\'s own';
	like get('/', jar => $planted)->{html}, qr/>ann</, '... as oneself';
	is_redirect(get('/', headers => { Cookie => "session=$theirs" }),
		'/public', '... and the other one has ended');
	my $old = 'f' x 64;
	is get('/', headers => { Cookie =>
		    "session=$old; session=$planted->{session}" })->{status}, 200,
	    'an old cookie does not hide the session';
	get('/logout', jar => $planted);

	my %stolen = (headers => { Cookie => "session=$token" });
	is get('/', %stolen)->{status}, 200, 'the cookie is the session';
	$answer = get('/logout', jar => $jar);
	is_redirect($answer, '/public', 'logged out');
	is $jar->{session}, undef, 'the browser has lost the cookie';
	flashes_once($answer, $jar, 'You were logged out');
	is_redirect(get('/', %stolen), '/public',
		'the session has ended on the server, too');
	is post('/add_message', [ text => 'x' ], %stolen)->{status}, 401,
	    '... nobody posts with the old cookie';
	is get('/', jar => $second)->{status}, 200,
	    'the other browser is still logged in';
	is_redirect(post('/logout', [], jar => $second), '/public',
		'logout by POST');
	is_redirect(get('/logout'), '/public', 'logout without a session');
	is $world->sql('SELECT count(*) FROM sessions'), 0, 'no session is left';
};

my $ann = $world->login('Ann Other');
my $bob = $world->login('Bob');

subtest 'messages' => sub {
	like get('/', jar => $ann)->{html}, qr{<div\ class="twitbox">
	    (?:(?!</div>).)*<form\ [^>]*action="/add_message"
	    (?:(?!</form>).)*\sname="text"}xs, 'the compose box';
	unlike get('/public', @now)->{html}, qr/twitbox/, '... not for visitors';

	for (undef, '', ' ', "\r\n\t \x{a0}\x{2003}") {
		my $answer = post('/add_message',
			[ defined $_ ? (text => $_) : () ], jar => $ann);
		is_redirect($answer, '/', 'only blanks');
		is_deeply flashes(get('/', jar => $ann)), [],
		    '... nothing was recorded';
	}
	is $world->sql('SELECT count(*) FROM messages'), 0, '... nor stored';

	my $answer = post('/add_message', [ text => 'first' ], jar => $ann);
	is_redirect($answer, '/', 'posted');
	flashes_once($answer, $ann, 'Your message was recorded');

	# what is posted, and what is stored where that is something else
	for my $row (
		[ "\x{1f600}" x 1000 ],
		[ "a\r\nb\rc\nd", "a\nb\nc\nd" ],
		[ "\n\n  indented" ],
		[ q{<script>alert("1")</script> &amp; ' % %s %zz +&=;} ],
		[ "\x{e9}\x{200d}\x{10fffd}\x{feff}" ],
		[ "x\r\n" x 500, "x\n" x 500 ],
	) {
		my ($text, $stored) = (@$row, @$row);
		is_redirect(post('/add_message', [ text => $text ], jar => $ann),
			'/', 'posted: ' . substr $text, 0, 20);
		ok $world->sql('SELECT text FROM messages
			ORDER BY message_id DESC LIMIT 1') . "\n"
		    =~ /^\Q$stored\E$/, '... stored as it should be'
		    if $stored !~ /\n\z/;
		is texts(get('/public', @now))->[0], $stored, '... and shown so';
	}

	# forms that no browser writes, as the URL Standard reads them
	for my $row (
		[ '100%', '100%' ], [ '5%+off', '5% off' ], [ '%zz%4', '%zz%4' ],
		[ 'caf%E9', "caf\x{fffd}" ], [ "caf\xe9", "caf\x{fffd}" ],
	) {
		my ($text, $stored) = @$row;
		my $answer = $world->request('POST', '/add_message', jar => $ann,
			content => "text=$text", headers => {
				'Content-Type' => 'application/x-www-form-urlencoded' });
		is_redirect({ %$answer, location => $answer->{headers}{location} },
			'/', 'posted as ' . ($text =~ s/([^ -~])/sprintf '\\x%02x', ord $1/ger));
		is texts(get('/public', @now))->[0], $stored, '... and shown';
	}

	my $before = $world->fingerprint;
	my $long = '<' . "\x{1f600}" x 1000;
	$answer = post('/add_message', [ text => $long ], jar => $ann);
	is $answer->{status}, 400, '1,001 characters: 400';
	is scalar @{ errors($answer) }, 1, '... with a reason';
	my ($kept) = $answer->{html} =~ m{<textarea[^>]*>\n?(.*)</textarea>}s;
	is unescape($kept), $long, '... and the text is not lost';
	is $world->fingerprint, $before, '... nothing was stored';

	my ($message) = items(get('/public', @now)->{html}, 'messages');
	like $message, qr{<a [^>]*href="/Ann%20Other"[^>]*>Ann Other</a>},
	    'a message links to its author';
	$world->sql(q{UPDATE messages SET pub_date = '2019-12-01 12:00:59+00'
		WHERE text = 'first'});
	like get('/public', @now)->{html},
	    qr{<time datetime="2019-12-01T12:00:59Z" title="2019-12-01 @ 12:00 UTC">1 December 2019</time>},
	    'times are UTC, for people and for machines';
};

subtest 'follow and unfollow' => sub {
	my $pairs = 'SELECT count(*) FROM followers';
	my $status = sub {
		my ($path, $jar) = @_;
		my ($div) = get($path, jar => $jar)->{html} =~
		    m{<div class="followstatus">(.*?)</div>}s;
		return $div // 'none';
	};

	post('/add_message', [ text => "Bob's own" ], jar => $bob);
	unlike get('/', jar => $ann)->{html}, qr/Bob&#39;s own/,
	    'my timeline is without those whom I do not follow';
	is $status->('/Bob', World::Jar->new), 'none',
	    'a visitor has no follow status';
	like $status->('/Bob', $bob), qr/This is you!/, 'my own page';

	for my $row (
		[ POST => 'follow', 'now following', 1, 'unfollow',
			'You are currently following this user.' ],
		[ POST => 'unfollow', 'no longer following', 0, 'follow',
			'You are not yet following this user.' ],
		[ GET => 'follow', 'now following', 1, 'unfollow',
			'You are currently following this user.' ],
		[ GET => 'unfollow', 'no longer following', 0, 'follow',
			'You are not yet following this user.' ],
	) {
		my ($method, $verb, $flash, $count, $control, $words) = @$row;
		for (1, 2) {
			my $answer = $method eq 'GET'
			    ? get("/Bob/$verb", jar => $ann)
			    : post("/Bob/$verb", [], jar => $ann);
			is_redirect($answer, '/Bob', "$method $verb");
			flashes_once($answer, $ann,
				"You are $flash &#34;Bob&#34;");
			is $world->sql($pairs), $count,
			    "... rows: $count, also the second time";
		}
		my $page = $status->('/Bob', $ann);
		like $page, qr/\Q$words\E/, $words;
		like $page, qr{class="(?:[^"]*\s)?$control[\s"]},
		    "... with a control of class $control";
		like $page, qr{<form\ [^>]*action="/Bob/$control"
		    [^>]*method="post"}xi, '... that posts';
		my $shown = get('/', jar => $ann)->{html} =~ /Bob&#39;s own/;
		is $shown ? 1 : 0, $count, $count ? 'my timeline has Bob'
		    : 'my timeline is without Bob';
	}
	for (qw(follow unfollow)) {
		is get("/nobody/$_", jar => $ann)->{status}, 404,
		    "$_ an unknown user: 404";
		is get("/Bob/$_")->{status}, 401, "$_ without a session: 401";
		is post("/Bob/$_", [])->{status}, 401, '... by POST, too';
		is_redirect(post("/Ann%20Other/$_", [], jar => $ann),
			'/Ann%20Other', "$_ myself is no error");
	}
	like $status->('/Ann%20Other', $ann), qr/This is you!/,
	    '... and it is still me';
};

subtest 'pages of 30, stable while new messages arrive' => sub {
	my $cat = $world->login('Cat');
	my $dan = $world->login('Dan');
	is_redirect(post('/Dan/follow?before=7', [], jar => $cat),
		'/Dan?before=7', 'followed from an older page');
	like get('/Dan?before=7', jar => $cat)->{html},
	    qr{action="/Dan/unfollow\?before=7"}, '... the way back, too';
	is_redirect(post('/Dan/unfollow?before=x', [], jar => $cat), '/Dan',
		'... from no such place');
	post('/Dan/follow', [], jar => $cat);
	$world->sql('DELETE FROM messages');
	add_messages(($_ % 2 ? 'Dan' : 'Cat'), "n$_") for 1 .. 65;
	my %expected = (
		'/' => [ map {"n$_"} reverse 1 .. 65 ],
		'/public' => [ map {"n$_"} reverse 1 .. 65 ],
		'/Dan' => [ map {"n$_"} reverse grep { $_ % 2 } 1 .. 65 ],
	);
	my $first_unseen = 66;
	for my $path (sort keys %expected) {
		my ($next, @pages) = $path;
		while ($next && @pages < 9) {
			my $page = get($next, jar => $cat);
			push @pages, texts($page);
			($next) = $page->{html} =~
			    m{<a (?=[^>]*rel="next")[^>]*href="([^"]*)"};
			$next = "$path$next" if $next && $next =~ /^\?/;
			add_messages($_, "new") for qw(Cat Dan);
		}
		my @full = @pages[ 0 .. $#pages - 1 ];
		is_deeply [ map { scalar @$_ } @full ], [ (30) x @full ],
		    "$path: 30 on each page but the last";
		is_deeply [ map {@$_} @pages ], $expected{$path},
		    '... all there, newest first, none twice';
		$world->sql(q{DELETE FROM messages WHERE text = 'new'});
	}

	$world->sql(q{UPDATE messages SET flagged = true
		WHERE text IN ('n65', 'n64', 'n63', 'n40')});
	for my $path ('/', '/public', '/Dan', '/Cat') {
		my $page = get($path, jar => $cat);
		my $list = join ' ', @{ texts($page) };
		unlike $list, qr/\b(?:n65|n64|n63|n40)\b/,
		    "$path: without flagged messages";
		is scalar(split / /, $list), 30, '... and still 30'
		    if $path !~ /an|at/;
	}
	unlike $world->api(GET => '/msgs')->{content}, qr/"n65"/,
	    'the API hides them, too';
	$world->sql(q{UPDATE messages SET flagged = true});
	like unescape(get($_, jar => $cat)->{html}),
	    qr/There's no message so far\./, "$_: all flagged is empty"
	    for '/', '/public', '/Dan';

	is get("/public?before=$_")->{status}, 200, "before=$_ does no harm"
	    for 0, -1, 'x', '', '99999999999999999999', '1&before=2';
};

# New names have no such characters; old ones do not reorder the site's sentences.
subtest 'names with invisible characters' => sub {
	for my $name ("a\x{202e}b", "\x{200b}", "Ann\x{200b}", "A\x{ad}nn", "\x{3164}",
		"\x{115f}\x{1160}", "\x{2800}", "\x{feff}Ann", "a\x{2066}b\x{2069}",
		"a\x{e0041}", "\x{1f468}\x{200d}", "a\x{200d}b", "a\x{fe0f}")
	{
		my $answer = post('/register', [ username => $name, email => 'a@b',
			password => 'pw', password2 => 'pw' ]);
		is $answer->{status}, 200, sprintf 'U+%vX is refused', $name;
		like $answer->{html}, qr{<div\ class="error"[^>]*>
			(?:The\ username\ has\ an\ invisible\ character
			|You\ have\ to\ enter\ a\ username)}x, '... with a sentence';
		is $world->api(POST => '/register', { username => $name,
			email => 'a@b', pwd => 'pw' })->{status}, 400, '... by the API';
	}

	my $name = "gnirts\x{202e}evil";
	my $shown = "\x{2068}gnirtsevil\x{2069}";
	$world->sql("INSERT INTO users (username, email, pw_hash)
		SELECT '$name', 'a\@b', pw_hash FROM users WHERE username = 'Ann';
		INSERT INTO messages (author_id, text)
		SELECT user_id, 'hello' FROM users WHERE username = '$name'");
	my $path = path_of($name);
	my $jar = World::Jar->new;
	is_redirect(post('/login', [ username => $name, password => 'pw' ],
		jar => $jar), '/', 'an old name logs in');
	my $ann = World::Jar->new;
	post('/login', [ username => 'Ann', password => 'pw' ], jar => $ann);
	is_redirect(post("$path/follow", [], jar => $ann), $path, 'is followed');
	my @pages = (map({ $_->{html} } get($path, jar => $ann), get('/', jar => $jar),
		get('/-/account', jar => $jar), get("$path/followers"),
		get("$path/following"), get('/public', @now), get('/-/search?q=gnirts')),
		decode('UTF-8', get("$path/feed")->{content}));
	# the form keeps the name as it is, for password managers, and does not show it
	s/<input type="text" name="username"[^>]* hidden>//g for @pages;
	for my $page (@pages) {
		unlike $page, qr/\x{202e}/, 'the character is on no page';
		like $page, qr/$shown/, '... but the name is, isolated';
	}
	like $pages[0], qr{<h1>$shown&\#39;s\ Timeline</h1>}x, 'in the heading';
	like $pages[0], qr{<title>$shown&\#39;s\ Timeline}x, '... the title';
	like $pages[0], qr{following\ &\#34;$shown&\#34;</li>}x, '... the flash';
	$world->sql("DELETE FROM users WHERE username = '$name'");
};

# An import may have both: they are two users.
subtest 'names that are one name in NFC' => sub {
	my %id;
	for my $name ("Ren\x{e9}e", "Rene\x{301}e") {
		$world->sql("INSERT INTO users (username, email, pw_hash,
				registered_at)
			SELECT '$name', 'a\@b', pw_hash, NULL FROM users
			WHERE username = 'Ann'");
		my $jar = World::Jar->new;
		is_redirect(post('/login', [ username => $name, password => 'pw' ],
			jar => $jar), '/', 'logs in');
		post('/add_message', [ text => "by $name" ], jar => $jar);
		$id{$name} = $jar->{session};
		is_deeply texts(get(path_of($name))), ["by $name"],
		    'has a profile of its own';
	}
	is keys %id, 2, 'two users';
	is $world->api(POST => '/register', { username => "Rene\x{301}e",
		email => 'a@b', pwd => 'pw' })->{status}, 400, 'and no third';
};

subtest 'a new name is in NFC, in whatever form it is typed' => sub {
	my ($nfc, $nfd) = ("Z\x{e9}\x{d55c}", "Ze\x{301}\x{1112}\x{1161}\x{11ab}");
	is_redirect(post('/register', [ username => $nfd, email => 'a@b',
		password => 'pw', password2 => 'pw' ]), '/login', 'registered');
	is $world->sql("SELECT count(*) FROM users WHERE username = '$nfc'"), 1,
	    'is stored in NFC';
	for my $name ($nfc, $nfd) {
		my $form = $name eq $nfc ? 'NFC' : 'NFD';
		is $world->api(POST => '/register', { username => $name,
			email => 'a@b', pwd => 'pw' })->{status}, 400,
		    "$form: is taken";
		my $jar = World::Jar->new;
		is_redirect(post('/login', [ username => " $name ",
			password => 'pw' ], jar => $jar), '/', '... signs in');
		my $path = path_of($name);
		is $world->api(POST => $path =~ s{^}{/msgs}r,
			{ content => "to $form" })->{status}, 204, '... posts';
		like get($path)->{html}, qr/<h1>\x{2068}?\Q$nfc\E/, '... has a profile';
		is get("$path/$_", jar => $jar)->{status}, 200, "... $_"
		    for qw(followers following feed);
		is $world->api(POST => '/fllws/Ann', { follow => $name })->{status},
		    204, '... is followed';
		like $world->api(GET => '/fllws/Ann')->{content},
		    qr/"\Q@{[ encode('UTF-8', $nfc) ]}\E"/, '... under its name';
		post('/add_message', [ text => "I am \@$name!" ], jar => $jar);
		like get('/', jar => $jar)->{html}, qr/class="mention" href="\Q$path\E"/,
		    '... is mentioned';
	}
	is_deeply texts(get(path_of($nfc))),
	    [ "I am \@$nfd!", 'to NFD', "I am \@$nfc!", 'to NFC' ],
	    'and all of it is one user\'s';

	$world->sql("INSERT INTO users (username, email, pw_hash, registered_at)
		VALUES ('O\x{308}', 'a\@b', 'x', NULL)");
	is get(path_of("\x{d6}"))->{status}, 200,
	    'an imported name is found by another form';
	is $world->api(POST => '/register', { username => "\x{d6}", email => 'a@b',
		pwd => 'pw' })->{status}, 400, '... and taken';
};

subtest 'blanks around a username' => sub {
	is_redirect(post('/login', [ username => $_, password => 'pw' ]), '/',
		'blanks around the username are ignored')
	    for ' Ann', 'Ann ', "\tAnn\r\n", "\x{a0}Ann\x{3000}\x{2003}";
	my $failed = post('/login', [ username => ' Ann ', password => 'x' ]);
	is_deeply errors($failed), ['Invalid password'], '... also of a wrong password';
	like $failed->{html}, qr/name="username" value=" Ann "/, '... and are kept';
	is_deeply errors(post('/login', [ username => 'A nn', password => 'pw' ])),
	    ['Invalid username'], 'a blank inside is not';
	$world->sql("INSERT INTO users (username, email, pw_hash, registered_at)
		SELECT ' Ann', 'a\@b', 'none', NULL");
	is_deeply errors(post('/login', [ username => ' Ann', password => 'pw' ])),
	    ['Invalid password'], 'a name that was imported with a blank comes first';
	is_redirect(post('/login', [ username => '  Ann', password => 'pw' ]), '/',
		'... with another blank it is the other name');
	$world->sql("DELETE FROM users WHERE username = ' Ann'");
};

subtest 'fields for names, and password managers' => sub {
	for my $page (map { get($_) } '/login', '/register', '/-/search') {
		my @named = grep {/name="(?:username|email|q)"/} @{ inputs($page) };
		cmp_ok scalar @named, '>', 0, 'a field for a name';
		like $_, qr/ autocapitalize="none" autocorrect="off" spellcheck="false">/,
		    '... is left as it is typed' for @named;
	}
	my $path = '/.well-known/change-password';
	for my $method (qw(GET HEAD)) {
		is_redirect(request($method, $path), '/-/account', "$method $path");
	}
	is request('POST', $path, form => [])->{status}, 405, "POST $path";
	# what a browser asks for to learn whether a site has 404 at all
	is get('/.well-known/resource-that-should-not-exist-whose-status-code-'
		. 'should-not-be-200')->{status}, 404, 'another well-known address';
};

subtest 'a message of invisible characters' => sub {
	my $jar = World::Jar->new;
	post('/login', [ username => 'Ann', password => 'pw' ], jar => $jar);
	for my $text ("\x{200b}\x{200d}", " \x{3164}\n", "\x{202e}\x{2800}") {
		my $count = $world->sql('SELECT count(*) FROM messages');
		is_redirect(post('/add_message', [ text => $text ], jar => $jar), '/',
			'is empty');
		is $world->api(POST => '/msgs/Ann', { content => $text })->{status},
		    400, '... for the API, too';
		is $world->sql('SELECT count(*) FROM messages'), $count,
		    '... and not stored';
	}
};

subtest 'names of all kinds' => sub {
	my $reader = $world->login('Reader');
	for my $name (
		'Roger Histand', '<script>alert(1)</script>', q{"quo'ted"},
		'100%', '%', '%41', 'a%2Fb', 'a/b', '/', '//', 'a/', '../public',
		'a/../b', 'public/x', '-/error', 'what?', '?before=1', '#', '#a',
		"\x{1f600}", "\x{1f600}" x 64, 'follow', 'unfollow', 'a+b',
		'a&b=c;d', '&amp;', 'back\\slash', '.htaccess', '...', '~root',
		'index.html', 'cgi-bin', ':', '*', "\x{5f90}\x{6587}", "q\x{301}",
		q{'; DROP TABLE users; --}, 'http://x/y', '{}',
		"\x{1f468}\x{200d}\x{1f469}", "\x{2764}\x{fe0f}",
	) {
		my $path = path_of($name);
		my $jar = World::Jar->new;
		note $name;
		is_redirect(post('/register', [ username => $name,
			email => 'a@b', password => 'pw', password2 => 'pw' ],
			jar => $jar), '/login', 'registered') or next;
		is_redirect(post('/login',
			[ username => $name, password => 'pw' ], jar => $jar),
			'/', 'logged in');
		post('/add_message', [ text => "by $name" ], jar => $jar);

		my $page = get($path, jar => $reader);
		is $page->{status}, 200, "$path is the profile";
		is_deeply texts($page), ["by $name"], '... with the message';
		my ($title) = $page->{html} =~ m{<title>(.*?)</title>}s;
		is unescape($title), "${name}'s Timeline | MiniTwit",
		    '... its title has the name';

		my ($message) = items(get('/public', @now)->{html}, 'messages');
		my ($href, $text) = $message =~ m{<a [^>]*href="([^"]*)"[^>]*>(.*?)</a>}s;
		is unescape($text), $name, 'the author of the message';
		is get($href)->{html}, get($path)->{html},
		    '... whose link leads to the profile';

		my ($action) = $page->{html} =~ m{action="([^"]*/follow)"};
		my $answer = post($action // '/none', [], jar => $reader);
		is $answer->{status}, 302, 'the profile\'s form follows';
		is_deeply [ map { unescape($_) }
			@{ flashes(get($answer->{location}, jar => $reader)) } ],
		    ["You are now following \"$name\""], '... and says whom';
		is post("$path/unfollow", [], jar => $reader)->{status}, 302,
		    'unfollowed';
	}
	is $world->sql('SELECT count(*) FROM followers JOIN users
		ON who_id = user_id WHERE username = \'Reader\''), 0,
	    'and follows nobody in the end';
};

subtest 'HEAD is GET without the body' => sub {
	for my $row ([ '/' ], [ '/', $ann ], [ '/public' ], [ '/login' ],
		[ '/register' ], [ '/Bob' ], [ '/Bob', $ann ], [ '/nobody' ],
		[ '/-/icon.svg' ], [ '/-/api' ], [ '/robots.txt' ]) {
		my ($path, $jar) = @$row;
		my @answers = map {
			request($_, $path, $jar ? (jar => $jar) : ())
		} qw(HEAD GET);
		my @heads = map { +{ status => $_->{status},
			length => $_->{headers}{'content-length'} || 0,
			type => $_->{headers}{'content-type'},
			location => $_->{location} } } @answers;
		is_deeply $heads[0], $heads[1], "$path: the same head";
		is $answers[0]{content} // '', '', '... and no body';
	}
};

is join("\n", @all_faults), '',
    'every answer had its length, its headers, and sound HTML';

subtest 'HEAD, whose page nobody sees, leaves a flash for the next' => sub {
	my $jar = $world->login('Head over heels');
	$world->request('HEAD', '/', jar => $jar);
	like $world->get('/', jar => $jar)->{content},
	    qr{<li>You were logged in</li>}, 'after HEAD';
	unlike $world->get('/', jar => $jar)->{content},
	    qr{You were logged in}, 'but once';
};

subtest 'what may be kept' => sub {
	my %kept = (
		'/-/icon.svg' => qr/^public, max-age=\d+$/,
		'/public' => qr/^public, max-age=0, s-maxage=1$/,
		'/nobody' => qr/no-store/,
		'/-/error/' => qr/no-store/,
		'/' . 'a' x 9_000 => qr/no-store/,
	);
	for (sort keys %kept) {
		like $world->get($_)->{headers}{'cache-control'}, $kept{$_},
		    substr $_, 0, 20;
	}
};

# Kilobytes of 1,000 bytes, for thirty messages of the length that the course's
# simulator writes.
subtest 'the weight of a page' => sub {
	$world->register("Heavy Writer $_") for 1 .. 6;
	$world->api(POST => '/msgs/Heavy%20Writer%20' . (1 + $_ % 6), { content =>
		"$_: The least questioned assumptions are often the most"
		. ' questionable, and nobody says so.' }) for 1 .. 30;
	my $page = get('/public', @now);
	is scalar(() = items($page->{html}, 'messages')), 30, 'thirty messages';
	cmp_ok length $page->{content}, '<', 20_000, 'below 20 kB';
	my $packed = $world->get('/public', headers => {
		Cookie => 'a=b', 'Accept-Encoding' => 'gzip' });
	is $packed->{headers}{'content-encoding'}, 'gzip', '... compressed';
	cmp_ok length $packed->{content}, '<', 6_000, '... below 6 kB';
	is $packed->{headers}{'content-length'}, length $packed->{content},
	    '... and says so';
};

done_testing;
