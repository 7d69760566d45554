# The Atom feeds: well-formed whatever people have written, with what RFC 4287
# wants of a feed, absolute addresses of the site as the client has it, and 304
# for who has it already.  What is XML is for xmllint to say.

use strict;
use warnings;
use utf8;
use Encode qw(decode encode);
use File::Temp;
use Test::More;
use World;

binmode $_, ':encoding(UTF-8)'
    for Test::More->builder->output, Test::More->builder->failure_output;

my $world = World->new;
my $site = $world->url;
my $instant = qr/\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ/;

sub path_of {
	my ($name) = @_;
	return '/' . join '', map { /[A-Za-z0-9_.~-]/ ? $_ : sprintf '%%%02X', ord }
	    split //, encode('utf8', $name);
}

# Asks xmllint; undef if it is no XML.
sub xmllint {
	my ($xml, @options) = @_;
	my $file = File::Temp->new;
	print {$file} $xml;
	close $file;
	open my $out, '-|', 'xmllint', '--nonet', @options, $file->filename
	    or die "no xmllint: $!";
	my $said = do { local $/ = undef; <$out> };
	return close $out ? decode('UTF-8', $said // '') : undef;
}

# The value of an XPath expression, in which a: is Atom's.
sub value {
	my ($xml, $path) = @_;
	$path =~ s/a:(\w+)/*[local-name()="$1" and namespace-uri()="http:\/\/www.w3.org\/2005\/Atom"]/g;
	my $value = xmllint($xml, '--xpath', $path);
	chomp $value if defined $value;
	return $value;
}

# What is wrong with a feed, in the words of RFC 4287; '' for nothing.
sub fault_of {
	my ($xml, $self, $page, $entries) = @_;
	return 'not well-formed' if !defined xmllint($xml, '--noout');
	my $feed = '/a:feed';
	my %must = (
		"count($feed)" => 1,
		(map { ("count($feed/a:$_)" => 1) } qw(id title updated author)),
		"string($feed/a:link[\@rel='self']/\@href)" => $self,
		"string($feed/a:link[\@rel='alternate']/\@href)" => $page,
		"count($feed/a:link)" => 2,
		"count($feed/a:entry)" => $entries,
		(map { ("count($feed/a:entry[count(a:$_) = 1])" => $entries) }
			qw(id title updated published author link content)),
		"count($feed/a:entry[starts-with(a:id, 'tag:')])" => $entries,
		"count($feed/a:entry[a:id = preceding-sibling::a:entry/a:id])" =>
		    0,
		"count($feed/a:entry/a:author/a:name)" => $entries,
		"count($feed/a:entry/a:content[\@type='text'])" => $entries,
		"count($feed/a:entry[starts-with(a:link[\@rel='alternate']"
		    . "/\@href, '$site/')])" => $entries,
	);
	for (sort keys %must) {
		my $value = value($xml, $_) // 'nothing';
		return "$_ is $value, not $must{$_}" if $value ne $must{$_};
	}
	for my $time ($xml =~ m{<(?:updated|published)>(.*?)</}g) {
		return "the time $time" if $time !~ /^$instant$/;
	}
	return '';
}

# The texts of the entries, as a reader shows them.
sub texts {
	my ($xml) = @_;
	my $count = value($xml, 'count(/a:feed/a:entry)');
	return map { value($xml, "string(/a:feed/a:entry[$_]/a:content)") }
	    1 .. $count;
}

sub add_messages {
	my ($author, @texts) = @_;
	$world->sql("INSERT INTO messages (author_id, text, pub_date)
		SELECT (SELECT user_id FROM users WHERE username = '$author'),
		text, '2019-12-01 12:00:00+00'::timestamptz + n * interval '1 s'
		FROM unnest(ARRAY['" . join("','", map { s/'/''/gr } @texts)
		. "']) WITH ORDINALITY AS t (text, n) ORDER BY n");
	return;
}

$world->register($_) for 'Ann', 'Bob', 'Roger Histand';

subtest 'without messages' => sub {
	for (['/-/feed', '/public'], ['/Ann/feed', '/Ann']) {
		my ($path, $page) = @$_;
		my $answer = $world->get($path);
		is $answer->{status}, 200, $path;
		is fault_of($answer->{content}, "$site$path", "$site$page", 0),
		    '', '... a feed all the same';
	}
	is $world->get($_)->{status}, 404, "$_: 404"
	    for '/Nobody/feed', '/ann/feed', '/-/feed/more', '/Ann/feed/more',
	    '/login/feed';
	is $world->request('POST', $_)->{status}, 405, "POST $_"
	    for '/-/feed', '/Ann/feed';
};

subtest 'thirty, newest first' => sub {
	add_messages('Ann', map {"n$_"} 1 .. 20);
	add_messages('Roger Histand', map {"n$_"} 21 .. 40);
	$world->sql(q{UPDATE messages SET flagged = true WHERE text = 'n35'});
	my $answer = $world->get('/-/feed');
	my $xml = $answer->{content};
	is fault_of($xml, "$site/-/feed", "$site/public", 30), '', 'a feed';
	is_deeply [ texts($xml) ], [ map {"n$_"} reverse(36 .. 40),
		reverse(10 .. 34) ], '... without what is flagged';
	is $answer->{headers}{'content-type'},
	    'application/atom+xml; charset=utf-8', '... of its type';
	is value($xml, 'string(/a:feed/a:title)'),
	    'Public Timeline | MiniTwit', '... with its title';
	is value($xml, 'string(/a:feed/a:updated)'), '2019-12-01T12:00:20Z',
	    '... as new as its newest';

	my $id = $world->sql(q{SELECT message_id FROM messages
		WHERE text = 'n40'});
	is value($xml, 'string(/a:feed/a:entry[1]/a:link/@href)'),
	    "$site/Roger%20Histand/status/$id", "a message's address";
	is value($xml, 'string(/a:feed/a:entry[1]/a:id)'),
	    "tag:127.0.0.1,2026:message/$id", '... and its id';
	is value($xml, 'string(/a:feed/a:entry[1]/a:author/a:name)'),
	    'Roger Histand', '... the author';
	is value($xml, 'string(/a:feed/a:entry[1]/a:author/a:uri)'),
	    "$site/Roger%20Histand", '... who has a page';

	$xml = $world->get('/Roger%20Histand/feed')->{content};
	is fault_of($xml, "$site/Roger%20Histand/feed", "$site/Roger%20Histand",
		19), '', "a user's feed";
	is value($xml, 'string(/a:feed/a:entry[1]/a:id)'),
	    "tag:127.0.0.1,2026:message/$id", '... has the same ids';
};

subtest 'texts of all kinds' => sub {
	my $long = "\x{1f600}" x 59 . 'ab' . 'x' x 900;
	my %shown = (
		(map { $_ => $_ } '<script>alert("1")</script> &amp; \'', ']]>',
			'<![CDATA[x]]>', '<!-- -->', '<?xml?>', '&#0;', "a\nb\tc",
			"\x{e9}\x{200d}\x{10fffd}\x{feff}", '%s%n', $long,
			"\x{85}\x{9f}"),
		"\x01\x02\x08\x0b\x0c\x0e\x1f\x7f" => "\x{fffd}" x 8,
		"a\x{fffe}b\x{ffff}\x{fffd}\x{fffc}" =>
		    "a\x{fffd}b\x{fffd}\x{fffd}\x{fffc}",
	);
	$world->sql('DELETE FROM messages');
	my @texts = sort keys %shown;
	add_messages('Ann', @texts);
	my $xml = $world->get('/Ann/feed')->{content};
	is fault_of($xml, "$site/Ann/feed", "$site/Ann", scalar @texts), '',
	    'a feed';
	is_deeply [ texts($xml) ], [ map { $shown{$_} } reverse @texts ],
	    '... of what was written';
	my $place = 1 + grep { $_ gt $long } @texts;
	is value($xml, "string(/a:feed/a:entry[$place]/a:title)"),
	    "\x{1f600}" x 59 . "a\x{2026}", 'a title is short';
	($place) = 1 + grep { $_ gt "a\nb\tc" } @texts;
	is value($xml, "string(/a:feed/a:entry[$place]/a:title)"), "a b\tc",
	    '... and on one line';
};

subtest 'names of all kinds' => sub {
	for my $name ('<script>', q{"quo'ted"}, '100%', '%41', 'a%2Fb', 'a/b',
		'//', 'what?', '#', "\x{1f600}" x 64, 'feed', 'a+b', 'a&b=c;d',
		'&amp;', ']]>', "\x{fffe}", '{}', '...') {
		my $path = path_of($name);
		$world->register($name);
		$world->sql('INSERT INTO messages (author_id, text)
			SELECT max(user_id), \'hi\' FROM users');
		my $answer = $world->get("$path/feed");
		is $answer->{status}, 200, "$path/feed";
		is fault_of($answer->{content}, "$site$path/feed", "$site$path",
			1), '', '... a feed';
		my $shown = $name =~ s/\x{fffe}/\x{fffd}/r;
		is value($answer->{content}, 'string(/a:feed/a:title)'),
		    "$shown\'s Timeline | MiniTwit", '... with the name';
		is $world->get(value($answer->{content},
			"string(/a:feed/a:entry/a:author/a:uri)"))->{status}, 200,
		    '... that leads to the profile';
		is value($world->get('/-/feed')->{content},
			'string(/a:feed/a:entry[1]/a:author/a:name)'), $shown,
		    '... and in the feed of all';
	}
};

subtest 'who has it already' => sub {
	for my $path ('/-/feed', '/Ann/feed') {
		my $ask = sub {
			my ($method, $tags) = @_;
			return $world->request($method, $path, headers => {
				'If-None-Match' => $tags });
		};
		my $first = $world->get($path);
		my $tag = $first->{headers}{etag};
		like $tag, qr/^W\/"[0-9a-f]+"$/, "$path: a weak ETag";
		is $world->get($path)->{headers}{etag}, $tag, '... that stays';
		for ([ GET => $tag ], [ GET => $tag =~ s/^W\///r ], [ GET => '*' ],
			[ GET => "\"x\", $tag" ], [ HEAD => $tag ]) {
			my $answer = $ask->(@$_);
			is "$answer->{status} " . ($answer->{content} // ''),
			    '304 ', "@$_: 304 without a body";
			is $answer->{headers}{$_}, $first->{headers}{$_},
			    "... $_" for qw(etag cache-control);
			is $answer->{headers}{'content-type'}, undef,
			    '... no Content-Type';
		}
		for my $coding (qw(identity gzip br)) {
			my $answer = $world->get($path, headers => {
				'If-None-Match' => $tag,
				'Accept-Encoding' => $coding });
			is_deeply [ $answer->{status}, @{ $answer->{headers} }{
				qw(etag content-encoding)} ],
			    [ 304, $tag, undef ], "... 304 with $coding";
		}
		is $ask->(GET => $_)->{status}, 200, "$_: 200"
		    for '"x"', $tag =~ s/"|W\///gr, '', 'rubbish';
		add_messages('Ann', "news $path");
		my $news = $ask->(GET => $tag);
		is $news->{status}, 200, 'a new message: 200';
		isnt $news->{headers}{etag}, $tag, '... and another ETag';
		$world->sql('UPDATE messages SET flagged = true
			WHERE message_id = (SELECT max(message_id) FROM messages)');
		is $ask->(GET => $news->{headers}{etag})->{status}, 200,
		    'a message less: 200';
		is $first->{headers}{'cache-control'}, 'private, max-age=60',
		    'a minute in between';
		is $first->{headers}{'set-cookie'}, undef, 'nobody in particular';
		my $head = $world->request('HEAD', $path);
		is $head->{headers}{'content-length'},
		    length $world->get($path)->{content}, 'HEAD has the length';
	}
};

subtest 'the site as the client has it' => sub {
	my $feed = sub {
		my %env = @_;
		return $world->cgi('site/feed', '', REQUEST_URI => '/-/feed', %env);
	};
	for my $row (
		[ 'example.org', '', 'http://example.org', 'example.org' ],
		[ 'Example.org:8080', '', 'http://example.org:8080', 'example.org' ],
		[ 'example.org', 'on', 'https://example.org', 'example.org' ],
		[ 'a_b.c-d', 'off', 'http://a_b.c-d', 'a_b.c-d' ],
		[ '[::1]:5000', '', 'http://[::1]:5000', 'localhost' ],
		[ '[2001:db8::192.0.2.1]', '', 'http://[2001:db8::192.0.2.1]',
			'localhost' ],
	) {
		my ($host, $https, $origin, $authority) = @$row;
		my $xml = $feed->(HTTP_HOST => $host, HTTPS => $https)->{content};
		is value($xml, "string(/a:feed/a:link[\@rel='self']/\@href)"),
		    "$origin/-/feed", "$host, $https";
		is value($xml, 'string(/a:feed/a:id)'),
		    "tag:$authority,2026:-/feed", '... and its tag';
	}
	is $feed->(HTTP_HOST => $_)->{status}, 400,
	    'no host: ' . ($_ // 'none')
	    for undef, '', ':80', 'a b', 'a"b', 'a<b', 'a/b', 'a@b', 'a:b', '[::1',
	    '[]', '[x]', '[::1]x', 'a:80:80', "\xc3\xa9", 'a%41';
	like $world->raw("GET /-/feed HTTP/1.0\r\nHost: example.org:81\r\n\r\n"),
	    qr{href="http://example\.org:81/-/feed"}, 'by Apache, too';
	like $world->raw("GET /-/feed HTTP/1.0\r\n\r\n"), qr/^HTTP\S+ 400 /,
	    'HTTP/1.0 need not say it: 400';
};

done_testing;
