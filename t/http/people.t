# Who follows somebody, and whom they follow: the lists, page by page, what a
# reader sees in them, and the counts on the profile.

use strict;
use warnings;
use utf8;
use Encode qw(decode encode);
use Test::More;
use World;

binmode $_, ':encoding(UTF-8)'
    for Test::More->builder->output, Test::More->builder->failure_output;

my $world = World->new;
my $ann = $world->login('Ann');
my $bob = $world->login('Bob');
$world->register($_) for 'Cid', 'Roger Histand';

sub path_of {
	my ($name) = @_;
	return '/' . join '', map { /[A-Za-z0-9_.~-]/ ? $_ : sprintf '%%%02X', ord }
	    split //, encode('UTF-8', $name);
}

sub unescape {
	my ($html) = @_;
	$html =~ s{&#(\d+);}{chr $1}ge;
	return $html =~ s/&lt;/</gr =~ s/&gt;/>/gr =~ s/&amp;/&/gr;
}

# A page; the names on it, each with what the reader is told, if anything.
sub page {
	my ($target, $jar) = @_;
	my $answer = $world->get($target, jar => $jar);
	my $html = decode('UTF-8', $answer->{content});
	my ($list) = $html =~ m{<ul class="people">(.*?)</ul>}s;
	my @people;
	for my $item (($list // '') =~ m{<li>(.*?)</li>}sg) {
		my ($href, $name) = $item =~ m{<a href="([^"]*)">(.*?)</a>}s;
		my ($note) = $item =~ m{<span class="note">(.*?)</span>};
		push @people, unescape($name) . ($note ? ": $note" : '');
	}
	my ($next) = $html =~ m{<a class="older" rel="next" href="([^"]*)"};
	return { status => $answer->{status}, html => $html,
		people => \@people, next => $next };
}

sub follow {
	my ($who, $whom) = @_;
	$world->api(POST => path_of("fllws/$who") =~ s/%2F/\//r,
		{ follow => $whom })->{status} == 204 or die "$who, $whom";
	return;
}

sub counts {
	my ($name, $jar) = @_;
	my ($list) = page(path_of($name), $jar)->{html} =~
	    m{<ul class="counts">\n(.*?)</ul>}s;
	return join ', ', map { s/<[^>]*>//gr } split /\n/, $list;
}

subtest 'nobody' => sub {
	for my $path ('/Ann/followers', '/Ann/following') {
		my $page = page($path);
		is $page->{status}, 200, $path;
		is_deeply $page->{people}, [], '... nobody';
		unlike $page->{html}, qr/<ul class="people"/, '... no list';
		like $page->{html},
		    qr{<p>(?:Nobody follows|This user follows nobody).* so far: },
		    '... and says what that is';
		like $page->{html}, qr{<a href="/Ann">Ann's timeline</a>},
		    '... with a way back';
	}
	like page('/Ann', $bob)->{html}, qr/Come back later/,
	    'a profile without messages says what comes';
	like page('/Ann', $ann)->{html}, qr/Write your first one/,
	    '... and to whom it belongs, what to do';
	for my $name ('Nobody', 'ann', '-', 'login', '%20') {
		is page("/$name/$_")->{status}, 404, "/$name/$_: 404"
		    for qw(followers following);
	}
	is page('/Ann/followers/more')->{status}, 404, 'a longer path';
	is $world->request('POST', "/Ann/$_")->{status}, 405, "POST $_"
	    for qw(followers following);
};

subtest 'who follows whom' => sub {
	follow('Ann', 'Bob');
	follow('Ann', 'Roger Histand');
	follow('Cid', 'Bob');
	follow('Bob', 'Roger Histand');
	is_deeply page('/Bob/followers')->{people}, [ 'Ann', 'Cid' ],
	    'followers';
	is_deeply page('/Ann/following')->{people}, [ 'Bob', 'Roger Histand' ],
	    'following';
	is_deeply page('/Roger%20Histand/followers')->{people},
	    [ 'Ann', 'Bob' ], 'a name with a blank';
	is_deeply page('/Ann/following', $bob)->{people},
	    [ 'Bob: This is you!', 'Roger Histand: You follow them.' ],
	    'what a reader sees';
	is_deeply page('/Bob/followers', $ann)->{people},
	    [ 'Ann: This is you!', 'Cid' ], '... another';
	$world->post('/Bob/unfollow', [], jar => $ann);
	is_deeply page('/Bob/followers')->{people}, ['Cid'],
	    'not any longer';
};

subtest 'counts' => sub {
	is counts('Ann'), '0 messages, 0 followers, 1 following', 'few';
	is counts('Bob', $ann), '0 messages, 1 follower, 1 following', 'one';
	like page('/Bob')->{html}, qr{<li><a\ href="/Bob/followers">.*</li>\n
	    <li><a\ href="/Bob/following">}x, '... lead to the lists';
	my $add = sub {
		$world->sql("INSERT INTO messages (author_id, text, flagged)
			SELECT user_id, 'x', $_[0] FROM users,
			generate_series(1, $_[1]) WHERE username = 'Ann'");
	};
	$add->('true', 7);
	$add->('false', 1);
	like counts('Ann'), qr/^1 message,/, 'flagged ones do not count';
	$add->('false', 999);
	like counts('Ann'), qr/^1,000 messages,/, 'a thousand';
	$add->('false', 1);
	like counts('Ann'), qr/^1,000\+ messages,/, '... and one';
	$add->('false', 100);
	like counts('Ann'), qr/^1,000\+ messages,/, '... and more';
};

subtest '50 a page, stable while others come' => sub {
	$world->sql(q{INSERT INTO users (username, email, pw_hash)
		SELECT 'Fan ' || n, 'a@b', 'x' FROM generate_series(1, 120) AS n});
	$world->sql(q{INSERT INTO followers SELECT a.user_id, b.user_id
		FROM users AS a, users AS b WHERE a.username LIKE 'Fan%'
		AND b.username = 'Cid' OR a.username = 'Cid'
		AND b.username LIKE 'Fan%'});
	for my $path ('/Cid/followers', '/Cid/following') {
		my ($target, @pages) = $path;
		while ($target && @pages < 9) {
			my $page = page($target);
			push @pages, $page->{people};
			$target = $page->{next} && $path . $page->{next};
			follow('Ann', 'Cid');
			follow('Cid', 'Ann');
		}
		is_deeply [ map { scalar @$_ } @pages ],
		    $path =~ /ers/ ? [ 50, 50, 20 ] : [ 50, 50, 22 ],
		    "$path: 50 on each page but the last";
		is_deeply [ grep { !/^(?:Ann|Bob)$/ } map { @$_ } @pages ],
		    [ map {"Fan $_"} 1 .. 120 ], '... all there, none twice';
	}
	my $late = page('/Cid/followers?after=' . 2 ** 40);
	is_deeply $late->{people}, [], 'after the last one';
	is page("/Cid/followers?after=$_")->{status}, 200, "after=$_: no harm"
	    for 0, -1, 'x', '', '9' x 20, '1&after=2', '9223372036854775807';
};

subtest 'names of all kinds' => sub {
	my @names = ('<script>alert(1)</script>', q{"quo'ted"}, '100%', '%41',
		'a%2Fb', 'a/b', '//', 'what?', '#', "\x{1f600}" x 64, 'followers',
		'following', 'feed', 'a+b', 'a&b=c;d', '&amp;', 'back\\slash',
		'...', "q\x{301}", q{'; DROP TABLE users; --},
		'http://x/y', '{}');
	for my $name (@names) {
		$world->register($name);
		$world->sql("INSERT INTO followers SELECT a.user_id, b.user_id
			FROM users AS a, users AS b WHERE a.username = 'Ann'
			AND b.user_id = (SELECT max(user_id) FROM users)");
		my $path = path_of($name);
		is_deeply page("$path/followers")->{people}, ['Ann'],
		    "$path/followers";
		is_deeply page("$path/following")->{people}, [], '... following';
		like page($path)->{html},
		    qr{href="\Q$path\E/followers".*href="\Q$path\E/following"}s,
		    '... are where the profile says';
		my $list = page('/Ann/following?after='
			. ($world->sql('SELECT max(user_id) FROM users') - 1));
		is_deeply $list->{people}, [$name], '... in a list';
	}
};

# A page may look 1,920 names up.  PostgreSQL would read the index of trigrams to its
# end for each name.
subtest 'many similar names' => sub {
	$world->sql(q{INSERT INTO users (username, email, pw_hash)
		SELECT 'similar' || n, 'a@b', 'x' FROM generate_series(1, 5000) AS n});
	$world->sql('ANALYZE users');
	my $plan = $world->sql(q{EXPLAIN (ANALYZE, BUFFERS)
		SELECT names_exist(string_agg('similar' || 4 * n, E'\\n'))
		FROM generate_series(1, 1200) AS n});
	my ($read) = $plan =~ /shared hit=(\d+)/;
	cmp_ok $read, '<', 4 * 1200, 'are looked up in a few blocks each';
	is $world->sql(q{SELECT replace(names_exist(string_agg('similar' || 4 * n, E'\n'
			ORDER BY n)), '1', '') FROM generate_series(1, 1251) AS n}),
	    '0', '... and found, but for one that does not exist';
};

# names_exist() looks each name up as user_named() does.
subtest 'names in other forms' => sub {
	$world->register("Zo\x{eb}");
	# imported: O with a combining diaeresis, and the sign of kelvin, which is K in NFC
	$world->sql("INSERT INTO users (username, email, pw_hash, registered_at)
		SELECT name, 'a\@b', 'x', NULL
		FROM unnest(ARRAY['O\x{308}', '\x{212a}im']) AS name");
	for ([ "Zo\x{eb}", 1 ], [ "Zoe\x{308}", 1 ], [ 'Zoe', 0 ], [ "\x{d6}", 1 ],
		[ "O\x{308}", 1 ], [ 'O', 0 ], [ 'Kim', 1 ], [ "\x{212a}im", 1 ],
		[ 'kim', 0 ]) {
		my ($name, $exists) = @$_;
		is $world->sql("SELECT names_exist(E'Ann\\n$name')"), "1$exists", $name;
		is $world->sql("SELECT count(*) FROM user_named('$name')"), $exists,
		    '... as user_named() says';
	}
};

done_testing;
