# /-/search: who and what is found, in which order, page by page; what is no
# search; and that a search which takes too long says so and can be gone on with.

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

sub percent {
	my ($text) = @_;
	return join '', map { /[A-Za-z0-9]/ ? $_ : sprintf '%%%02X', ord }
	    split //, encode('UTF-8', $text);
}

sub unescape {
	my ($html) = @_;
	my %named = (amp => '&', lt => '<', gt => '>', quot => '"');
	$html =~ s{&(?:#(\d+)|(\w+));}{defined $1 ? chr $1 : $named{$2} // $&}ge;
	return $html;
}

# A page, by its target or by what is looked for; with what is on it.
sub page {
	my ($target, %options) = @_;
	my $answer = $world->get($target, %options);
	my $html = decode('UTF-8', $answer->{content});
	my ($people) = $html =~ m{<ul class="people">(.*?)</ul>}s;
	my ($older) = $html =~ m{<a class="older" rel="next" href="([^"]*)"};
	return {
		status => $answer->{status},
		html => $html,
		people => [ map { unescape($_) }
			($people // '') =~ m{<a href="/[^"]*">(.*?)</a>}sg ],
		texts => [ map { unescape(s/<[^>]*>//gr) }
			$html =~ m{<p class="text">(.*?)</p>}sg ],
		next => defined $older ? '/-/search' . unescape($older) : undef,
	};
}

sub search { my ($words, @more) = @_;
	return page('/-/search?q=' . percent($words), @more) }

# All pages from one on: the lists of what is on them.
sub pages {
	my ($target, $what, $meanwhile) = @_;
	my @lists;
	while (defined $target && @lists < 50) {
		my $page = page($target);
		push @lists, $page->{$what};
		$target = $page->{next};
		$meanwhile->() if $meanwhile;
	}
	return @lists;
}

sub add_people {
	my (@names) = @_;
	$world->sql('INSERT INTO users (username, email, pw_hash) VALUES '
		. join ', ', map { s/'/''/gr =~ s/(.*)/('$1', 'a\@b', 'x')/sr }
		    @names);
	return;
}

# Messages with their ids.
sub add_messages {
	my (%text) = @_;
	$world->sql('INSERT INTO messages (message_id, author_id, text) VALUES '
		. join ', ', map {
		    my $text = $text{$_} =~ s/'/''/gr;
		    "($_, 1, '$text')"
		} keys %text);
	return;
}

subtest 'the form' => sub {
	for ('/-/search', '/-/search?q=', '/-/search?q=%20%0A%C2%A0',
		'/-/search?q=a&q=b') {
		my $page = page($_);
		is $page->{status}, 200, $_;
		like $page->{html}, qr{<form [^>]*role="search"
		    [^>]*action="/-/search">.*<label\ for="q">.*
		    <input\ type="search"\ id="q"\ name="q"\ value="\s*"}xs,
		    '... the form';
		unlike $page->{html}, qr/<h2>/, '... and nothing else';
	}
	my $page = search(q{"><script>&'%s});
	like $page->{html}, qr{value="&#34;&gt;&lt;script&gt;&amp;&#39;%s"},
	    'the words are kept in the field';
	like $page->{html}, qr{<title>Search \| MiniTwit</title>}, 'the title';
	like $page->{html}, qr{There is nobody .*Try .*No message .*Try }s,
	    'nothing is found: what to try';
	like search('x', jar => $ann)->{html}, qr{href="/Ann">Ann<},
	    'who is logged in stays so';
	is $world->request('POST', '/-/search?q=a')->{status}, 405, 'POST';
};

subtest 'people' => sub {
	add_people('Roger Histand', 'Rogerson', 'histrionic', 'Big HISTORY',
		'100%', '100 percent', 'a_b', 'axb', 'back\\slash', 'backXslash',
		"\x{5f90}\x{6587}\x{6587}", "\x{c9}lan", '%', q{'; --}, '<b>');
	for my $row (
		[ 'Roger Histand', 'Roger Histand' ],
		[ 'roger', 'Roger Histand', 'Rogerson' ],
		[ 'ROGERS', 'Rogerson' ],
		# what begins so comes first, then as people came
		[ 'hist', 'histrionic', 'Roger Histand', 'Big HISTORY' ],
		[ 'er h', 'Roger Histand' ], [ '100%', '100%' ],
		[ '0%', '100%' ], [ '%', '%', '100%' ], [ 'a_b', 'a_b' ],
		[ '\\', 'back\\slash' ], [ 'k\\s', 'back\\slash' ],
		[ "\x{6587}\x{6587}", "\x{5f90}\x{6587}\x{6587}" ],
		[ "\x{e9}l", "\x{c9}lan" ], [ q{'; --}, q{'; --} ],
		[ '<b>', '<b>' ],
	) {
		my ($part, @names) = @$row;
		my $page = search($part);
		is_deeply $page->{people}, \@names, $part;
		unlike $page->{html}, qr/similar/, '... by name';
		my %found = map { $_ => 1 } @{ page('/-/search?in=people&q='
			. percent($part))->{people} };
		is_deeply \%found, { map { $_ => 1 } @names },
		    '... the same in the list of all';
	}
	like search('<b>')->{html}, qr{<a href="/%3Cb%3E">&lt;b&gt;</a>},
	    'a link to the profile';

	my $page = search('rodger histan');
	is $page->{people}[0], 'Roger Histand', 'somebody with a similar name';
	like $page->{html}, qr/These are similar/, '... is said to be so';
	is_deeply page('/-/search?in=people&q=rodger+histan')->{people}, [],
	    '... and not in the list of all';
	is_deeply search('xyzzy')->{people}, [], 'nobody';
};

subtest 'all people, 50 a page' => sub {
	my @names = map {"Zed $_"} 1 .. 120;
	add_people(@names);
	my $first = search('zed');
	is scalar @{ $first->{people} }, 10, 'ten at first';
	my ($all) = $first->{html} =~ m{<a href="(\?[^"]*in=people)">};
	my $count = 0;
	my @pages = pages('/-/search' . unescape($all), 'people',
		sub { add_people('Later Zed ' . $count++) });
	is_deeply [ map { @$_ } @pages ], [ @names, 'Later Zed 0', 'Later Zed 1' ],
	    'all of them, once each, and who has come meanwhile';
	is_deeply [ map { scalar @$_ } @pages ], [ 50, 50, 22 ], '... in pages';
};

subtest 'messages' => sub {
	my %text = (
		1 => 'The quick brown fox', 2 => 'the lazy DOG, quick',
		3 => 'brown quick', 4 => "caf\x{e9} \x{41f}\x{440}\x{438}",
		5 => "it's O'Neill", 6 => 'http://example.org/quick',
		7 => 'look: https://Example.org:5000/a?b=c&d=e#f now',
		8 => 'https://example.org/');
	my %id_of = reverse %text;
	add_messages(%text);
	for my $row (
		[ 'quick', 6, 3, 2, 1 ], [ 'QUICK the', 2, 1 ],
		[ '"quick brown"', 1 ], [ 'brown -fox', 3 ],
		[ 'fox or dog', 2, 1 ], [ "CAF\x{c9}", 4 ],
		[ "\x{43f}\x{440}\x{438}", 4 ], [ "o'neill", 5 ], [ 'quic' ],
		[ '-quick', 8, 7, 5, 4 ], [ '#0' ], [ "'#0'" ],
		[ 'http://example.org/quick', 6 ],
		[ '"http://example.org/quick"', 6 ],
		[ 'https://example.org:5000/a?b=c&d=e#f', 7 ],
		[ 'now HTTPS://example.org:5000/a?b=c&d=e#f look', 7 ],
		[ '"look: https://example.org:5000/a?b=c&d=e#f now"', 7 ],
		[ '-https://example.org:5000/a?b=c&d=e#f look' ],
		[ '-http://example.org/quick http://example.org/quick' ],
		[ 'https://example.org', 8, 7 ], [ 'example.org', 8, 7, 6 ],
		[ 'http://', 6 ], [ '"http://', 6 ], [ 'http://"', 6 ],
		[ '“quick brown”', 1 ], [ 'dog or', 2 ], [ 'or dog', 2 ],
	) {
		my ($words, @ids) = @$row;
		is_deeply [ map { $id_of{$_} } @{ search($words)->{texts} } ],
		    \@ids, $words;
	}
	$world->sql('UPDATE messages SET flagged = true WHERE message_id = 2');
	is_deeply search('quick')->{texts},
	    [ 'http://example.org/quick', 'brown quick', 'The quick brown fox' ],
	    'flagged ones are hidden';
	$world->sql(q{SELECT setval('messages_message_id_seq', 50)});
	$world->api(POST => '/msgs/Ann', { content => 'quick, by the API' });
	is search('quick')->{texts}[0], 'quick, by the API',
	    'what was acknowledged is found';
};

# Each text is found by each of the words, and by itself; not by those after undef.
subtest 'words are those that people see' => sub {
	my $id = 60;
	for my $row (
		[ 'Alpha/Beta', 'Beta', 'alpha', 'alpha/beta', '"alpha beta"', undef,
			'alphabeta', 'bet' ],
		[ 'a<letter and more>b', qw(letter and more a b), '<letter', undef,
			'aletter' ],
		[ 'if x<y then z>0', qw(x y then z 0) ],
		[ '<script>alert(1)</script>', qw(script alert 1) ],
		[ '&amp; &lt;b&gt;', qw(amp lt gt) ],
		[ 'The end.Next one', qw(end next), 'end.next' ],
		[ 'wait...what?!yes', qw(wait what yes) ],
		[ '2026-11-30 12:34:56Z', qw(2026 11 30 34), '2026-11-30', undef,
			'2026-30' ],
		[ 'v1.10.3-rc2, 3.14, 1e5, -7, +45', qw(v1 10 3 rc2 3.14 14 1e5 7 45) ],
		[ 'notes-final.tar.gz /usr/share/doc', qw(notes final tar gz usr share),
			'notes-final.tar.gz', '/usr/share/doc' ],
		[ 'https://www.example.com:8080/wiki/Page_(one)?q=two#three',
			qw(https www example com 8080 wiki page one q two three),
			'example.com', 'www.example.com/' ],
		[ 'ann.smith+x@mail.example.org', qw(ann smith x mail example org),
			'@mail', 'ann.smith+x@mail.example.org' ],
		[ 'snake_case camelCase #hashtag @mention $var', qw(snake case
			camelcase hashtag mention @mention var), '#hashtag', undef, 'camel' ],
		[ 'it’s O’Brien’s', q{it's}, "o'brien", 'brien' ],
		[ 'a—b–c…d·e/f|g', qw(a b c d e f g) ],
		[ "soft\x{ad}hyphen zero\x{200b}width", qw(softhyphen zerowidth) ],
		# one form of each word
		[ 'Café Ångström naïve', qw(cafe CAFÉ angstrom NAIVE), "cafe\x{301}",
			undef, 'caf' ],
		[ "Cafe\x{301} A\x{30a}", qw(café å a) ],
		[ 'Straße GROSS', qw(strasse STRASSE straße groß), 'STRAẞE' ],
		[ 'Ὀδυσσεύς ΣΊΣΥΦΟΣ', qw(οδυσσευσ ΟΔΥΣΣΕΎΣ σίσυφος) ],
		[ 'İstanbul ISPARTA ılık', qw(istanbul isparta ilik ıstanbul) ],
		[ 'smørrebrød Łódź Đà Nẵng œuvre Ærø', qw(smorrebrod lodz da nang oeuvre
			aero) ],
		[ 'ｆｕｌｌ ﬁne ℌello №5 x²', qw(full fine hello no5 x2) ],
		[ 'Ёлка Київ', qw(елка ёлка КИЇВ) ],
		[ 'עִבְרִית العَرَبِيَّة', qw(עברית العربية) ],
		[ 'हिन्दी में', qw(हिन्दी में) ],
		[ 'ⅷ ٣ 𝟚', 'viii', '٣', '2' ],
		# parts of runs
		[ '我爱北京天安门', qw(北京 天安门 我 门 安 我爱北京天安门 爱北), undef,
			qw(京北 北天 上海) ],
		[ '東京都に住んでいます。大阪', qw(京都 東京 に 住んで 大阪 都に住), undef,
			qw(す大 ます大阪) ],
		[ 'カタカナとｶﾀｶﾅとがぎ', qw(タカ カナと がぎ ﾀｶ), undef, 'かき' ],
		[ '안녕하세요 세계', qw(안녕 하세 세계 요), undef, '요세' ],
		[ 'ฉันรักเมืองไทย', qw(รัก เมือง ไทย), undef, 'ลาว' ],
		[ 'ភាសាខ្មែរ ພາສາລາວ', qw(ភាសា ລາວ) ],
		[ 'Linux内核v6很好', qw(linux 内核 v6 很好), '"linux内核"', '内核v6', undef,
			'内很' ],
		[ '値段は500円です', qw(500 円 500円 値段 は500円で) ],
		# emoji
		[ 'so good😀😀!', '😀', 'good 😀', '"so good" 😀', undef, '😁' ],
		[ '👍🏽 👩‍🚀 ❤️ ☃', qw(👍 👍🏿 👩‍🚀 👩 🚀 ❤ ❤️ ☃), undef, '🎉' ],
		[ '🇩🇰🇩🇪', qw(🇩🇰 🇩🇪), undef, '🇰🇩' ],
	) {
		my ($text, @words) = @$row;
		my ($split) = grep { !defined $words[$_] } 0 .. $#words;
		my @others = defined $split ? splice @words, $split : undef;
		shift @others;
		add_messages(++$id => $text);
		# a minus sign and quotation marks mean something else at its beginning
		for my $words (@words, $text =~ /^[-"]/ ? () : $text =~ s/ [-+](?=\d)/ /gr) {
			my $page = search($words);
			is $page->{texts}[0], $text, "$text: $words";
		}
		isnt search($_)->{texts}[0], $text, "$text: not $_" for @others;
		$world->sql("DELETE FROM messages WHERE message_id = $id");
	}
};

subtest 'a search without a word' => sub {
	for my $words ('!!', '-', '"', '...', '<>', 'or', '-- ""') {
		my $page = search($words);
		like $page->{html}, qr/no word in that to look for in messages/, $words;
		unlike $page->{html}, qr/No message has all/, '... and no more';
	}
	like search('nowhere')->{html}, qr/No message has all of these words\. Try/,
	    'nothing found: what to try';
};

# Ids that are near each other, and far.
my @ids = (100 .. 139, 2047, 2048, 4095, 4096, 70_000, 70_001, 10_000_000,
	2 ** 40 .. 2 ** 40 + 19);
my @expected = map {"word number $_"} reverse @ids;

subtest 'page by page, stable while new messages arrive' => sub {
	add_messages(map { $_ => "word number $_" } @ids);
	add_messages(3000 => 'another');
	my $id = 2 ** 41;
	my @pages = pages('/-/search?q=word+number', 'texts',
		sub { add_messages($id++ => 'word number new') });
	is_deeply [ map { scalar @$_ } @pages ], [ 30, 30, @ids - 60 ],
	    '30 on each page but the last';
	is_deeply [ map { @$_ } @pages ], \@expected,
	    '... all there, newest first, none twice';
	$world->sql("DELETE FROM messages WHERE text = 'word number new'");
	is_deeply page('/-/search?q=word&before=100')->{texts}, [],
	    'no older ones';
	unlike page('/-/search?q=word&before=2048')->{html}, qr/<h2>People/,
	    'people are on the first page only';
	is page("/-/search?q=word&before=$_")->{status}, 200,
	    "before=$_ does no harm" for 0, -1, 'x', '', '9' x 20;
	is page("/-/search?q=ed&in=people&after=$_")->{status}, 200,
	    "after=$_ does no harm" for 0, -1, 'x', '', '9' x 20, '9223372036854775807';
};

# Searches that have no time at all take a step each.
subtest 'a search that takes too long' => sub {
	for my $name (qw(search_messages search_people)) {
		my $definition = $world->sql("SELECT
			pg_get_functiondef('$name'::regproc)");
		$definition =~ s/0\.1 s/-1 s/ or die 'no limit';
		$world->sql("SET check_function_bodies = off; $definition");
	}
	my $first = search('word number');
	like $first->{html}, qr/That takes long: older messages/, 'says so';
	is_deeply $first->{texts}, [ @expected[ 0 .. 19 ] ],
	    '... has what it found';
	for my $words ('word number', '"word number"', 'number -another') {
		is_deeply [ map { @$_ } pages('/-/search?q=' . percent($words),
			'texts') ], \@expected, "$words: and can be gone on with";
	}
	my $never = search('"number word"');
	is_deeply $never->{texts}, [], 'nothing so far';
	unlike $never->{html}, qr/No message/,
	    '... is not nothing at all';
	ok $never->{next}, '... and goes on';

	$world->sql("INSERT INTO users (user_id, username, email, pw_hash)
		SELECT n, 'Far ' || n, 'a\@b', 'x'
		FROM unnest(ARRAY[5000, 5001, 100000, 1 << 30]) AS n");
	my @pages = pages('/-/search?in=people&q=Far', 'people');
	is_deeply [ map { @$_ } @pages ],
	    [ 'Far 5000', 'Far 5001', 'Far 100000', 'Far 1073741824' ],
	    'people, too';
	cmp_ok scalar @pages, '>', 1, '... step by step';
};

subtest 'any bytes' => sub {
	my $long = search('x' x 201);
	is $long->{status}, 400, '201 characters: 400';
	like $long->{html}, qr/more than 200 characters/, '... with a reason';
	like $long->{html}, qr/value="x{201}"/, '... and they are kept';
	is search("\x{1f600}" x 200)->{status}, 200, '200 characters';
	is page('/-/search?q=' . 'x' x 10_000)->{status}, 414, '10,000 of them';
	is page("/-/search?q=$_")->{status}, 400, "$_: 400"
	    for '%00', 'a%00b';
	# as the URL Standard's parser of forms reads them
	for ([ '100%' => '100%' ], [ '%' => '%' ], [ '%4' => '%4' ],
		[ '5%+off' => '5% off' ], [ '%zz%41' => '%zzA' ],
		[ 'caf%E9' => "caf\x{fffd}" ], [ '%FF' => "\x{fffd}" ],
		[ '%ED%A0%80' => "\x{fffd}" x 3 ], [ 'a%E2%82' => "a\x{fffd}" ]) {
		my ($query, $words) = @$_;
		my $page = page("/-/search?q=$query");
		is $page->{status}, 200, "$query: 200";
		like $page->{html}, qr/name="q"[^>]* value="\Q$words\E"/,
		    '... and the words are kept';
	}
	for my $words ('"', '""', '"a', '-', '--', '-"', "'", "''", '\\', '\\\\',
		':*', 'a:*', '&', '|', '!', '!!a', '(', ')', '<->', 'a <-> b',
		'a & b', '<2>', '$1', '%s', '*', '{}', "\x01", "\x{7f}\x{85}",
		"\x{feff}", "\x{fffe}", "\x{10ffff}", "\x{1f600}", "e\x{301}",
		"\x{202e}", 'or', 'or or', 'and', 'not', '-or', 'a' x 200,
		'-a ' x 66, '"a ' x 66, 'a or ' x 40, "\n", "a\tb") {
		for my $more ('', '&in=people') {
			my $page = page('/-/search?q=' . percent($words) . $more);
			is $page->{status}, 200,
			    ($words =~ s/([^ -~])/sprintf '<%X>', ord $1/ger)
			    . $more;
			like $page->{html}, qr{</html>\n\z}, '... a whole page';
		}
	}
};

# Which index serves is seen when PostgreSQL gets to counting.
subtest 'no search reads a table' => sub {
	for my $index (qw(messages_terms users_trigrams users_beginning)) {
		my $scans = 0;
		for (1 .. 1000) {
			$scans = $world->sql("SELECT idx_scan
				FROM pg_stat_user_indexes
				WHERE indexrelname = '$index'");
			last if $scans;
			select undef, undef, undef, 0.03;
		}
		ok $scans, $index;
	}
};

done_testing;
