# What a page that stays open asks: /-/newest, the same for everybody and kept
# for a second, and /-/news, how many messages a timeline has that are newer.

use strict;
use warnings;
use utf8;
use JSON::PP;
use Test::More;
use Time::HiRes qw(sleep);
use World;

my $world = World->new;
my %jar = map { $_ => $world->login($_) } 'Ann', 'Bob & co';
$world->register('Silent');

# The id of a new message.
sub write_message {
	my ($author, $flagged) = @_;
	return $world->sql(sprintf q{INSERT INTO messages (author_id, text, flagged)
		SELECT user_id, 'hi', %s FROM users WHERE username = '%s'
		RETURNING message_id}, $flagged ? 'true' : 'false', $author);
}

# What is kept is not kept any longer than this.
sub wait_until_old { return sleep 1.1 }

my $nonce = 0;

# A target that nobody has asked for: its answer is not kept yet.
sub unknown {
	my ($target) = @_;
	return $target . ($target =~ /\?/ ? '&' : '?') . 'nonce=' . ++$nonce;
}

sub fresh {
	my ($target, %options) = @_;
	return $world->get(unknown($target), %options);
}

sub json { return decode_json($_[0]{content}) }

sub newest { return json(fresh('/-/newest'))->{newest} }

sub count_of {
	my ($query, %options) = @_;
	my $answer = fresh("/-/news?$query", %options);
	return $answer->{status} == 200 ? json($answer)->{count}
	    : "status $answer->{status}";
}

# Asks twice within a second, which a slow machine may not manage at once: a pair
# of which the second was kept, or the last.
sub pair {
	my ($target, $second, $between) = @_;
	my @pair;
	for (1 .. 20) {
		my $same = unknown($target);
		@pair = { %{ $world->get($same) }, target => $same };
		$between->() if $between;
		push @pair, $world->get($same, @$second);
		last if defined $pair[1]{headers}{age};
	}
	return @pair;
}

# --- the newest ---

subtest 'the newest message' => sub {
	is newest(), 0, 'there is none';
	my $id = write_message('Ann');
	is newest(), $id, 'Ann\'s';
	my $flagged = write_message('Ann', 1);
	is newest(), $id, 'one that is flagged does not count';
	$world->sql("UPDATE messages SET flagged = true WHERE message_id = $id");
	is newest(), 0, '... nor one that becomes it';
	my $answer = fresh('/-/newest', jar => $jar{Ann});
	is $answer->{headers}{'content-type'}, 'application/json', 'JSON';
	is $answer->{headers}{'cache-control'},
	    'public, max-age=0, s-maxage=1', '... kept by the server alone';
	is $answer->{headers}{vary}, undef, '... for everybody';
	is $answer->{headers}{'set-cookie'}, undef, '... without a cookie';
	is $world->post('/-/newest', [])->{status}, 405, 'it can only be read';
	is $world->get('/-/newest/')->{status}, 404, '... here';
};

subtest 'kept for a second' => sub {
	write_message('Ann');
	my ($made, $kept) = pair('/-/newest', [ jar => $jar{Ann} ],
		sub { write_message('Ann') });
	is $made->{headers}{age}, undef, 'a program has made one';
	like $kept->{headers}{age}, qr/^[01]$/,
	    '... which also somebody with a session gets';
	is $kept->{content}, $made->{content}, '... the same';
	wait_until_old();
	isnt $world->get($made->{target})->{content}, $made->{content},
	    '... and not after that';
};

subtest 'what is known' => sub {
	my ($made, $kept) = pair('/-/newest', []);
	my $tag = $made->{headers}{etag};
	is $tag, '"' . json($made)->{newest} . '"', 'the number is its tag';
	is $kept->{headers}{etag}, $tag, '... also of what is kept';
	for my $known ($tag, "W/$tag", "\"x\", $tag", '*') {
		my %known = (headers => { 'If-None-Match' => $known });
		my (undef, $answer) = pair('/-/newest', [%known]);
		is $answer->{status}, 304, "$known: 304";
		is $answer->{content} // '', '', '... no body';
		is $answer->{headers}{etag}, $tag, '... its tag';
	}
	(undef, my $other) = pair('/-/newest',
		[ headers => { 'If-None-Match' => '"x"' } ]);
	is $other->{status}, 200, 'another: the whole answer';
	is $other->{content}, $made->{content}, '... the same';
};

# The web server asks again then, and has what it asks for the second time.
subtest 'what is kept, and old, and still right' => sub {
	my $content = fresh('/-/newest')->{content};
	for (1 .. 2) {
		wait_until_old();
		is_deeply [ map { $world->get('/-/newest')->{content} } 1 .. 3 ],
		    [ ($content) x 3 ], 'is there';
	}
	wait_until_old();
	my $answer = $world->get('/-/newest',
		headers => { 'If-None-Match' => '"' . newest() . '"' });
	is $answer->{status} == 304 ? $content : $answer->{content}, $content,
	    '... or is known';
	write_message('Ann');
	wait_until_old();
	$answer = $world->get('/-/newest',
		headers => { 'If-None-Match' => $answer->{headers}{etag} });
	is $answer->{status}, 200, 'a new message: a new answer';
	isnt $answer->{content}, $content, '... another';
};

# --- the news ---

subtest 'how many are newer' => sub {
	my $last = newest();
	is count_of("after=$last"), 0, 'none';
	write_message('Ann', 1);
	is count_of("after=$last"), 0, 'one that is flagged is none';
	my $ann = write_message('Ann');
	my $bob = write_message('Bob & co');
	is count_of("after=$last"), 2, 'two of everybody\'s';
	is count_of("after=$ann"), 1, '... one after the other';
	is count_of("after=$last&of=Ann"), 1, 'one of Ann\'s';
	is count_of("after=$ann&of=Ann"), 0, '... and none after it';
	is count_of("after=$last&of=Bob%20%26%20co"), 1, 'one of Bob\'s';
	is count_of('after=0&of=Silent'), 0, 'none of who wrote nothing';
	is count_of("after=$last&mine=1", jar => $jar{Ann}), 1,
	    'one on Ann\'s timeline, her own';
	$world->post('/Bob%20%26%20co/follow', [], jar => $jar{Ann});
	is count_of("after=$last&mine=1", jar => $jar{Ann}), 2,
	    '... and now Bob\'s, too';
	is count_of("after=$last&mine=1", jar => $jar{'Bob & co'}), 1,
	    'one on Bob\'s';
	write_message('Ann') for 1 .. 35;
	for my $timeline ('', '&of=Ann', '&mine=1') {
		is count_of("after=$last$timeline", jar => $jar{Ann}), 31,
		    "no more than 31 are counted: $timeline";
	}
	is count_of('after=9223372036854775807'), 0, 'after the last that can be';
};

subtest 'whose they are' => sub {
	my $last = newest();
	for (undef, World::Jar->new, bless { session => 'f' x 64 }, 'World::Jar') {
		is count_of("after=$last&mine=1", jar => $_), 'status 401',
		    'mine, without a session';
	}
	my $mine = fresh("/-/news?after=$last&mine=1", jar => $jar{Ann});
	is $mine->{headers}{'cache-control'}, 'private, no-store',
	    'mine is nobody else\'s';
	my $target = "/-/news?mine=1&after=$last";
	is $world->get($target, jar => $jar{Ann})->{status}, 200,
	    'Ann asks ...';
	is $world->get($target)->{status}, 401, '... and nobody gets her answer';
	for my $query ("after=$last", "after=$last&of=Ann") {
		my ($made, $kept) = pair("/-/news?$query", [ jar => $jar{Ann} ]);
		is $made->{headers}{'cache-control'},
		    'public, max-age=0, s-maxage=1', "$query: everybody's";
		like $kept->{headers}{age}, qr/^[01]$/, '... and kept';
		is $kept->{content}, $made->{content}, '... as it is';
	}
};

subtest 'what nobody asks' => sub {
	is count_of($_), 'status 400', "'$_'"
	    for '', 'after=', 'after=x', 'after=-1', 'after=1.5',
	    'after=9223372036854775808', 'after=1&after=2', 'before=1',
	    'after=0&mine=1&of=Ann', 'after=%zz';
	is count_of($_, jar => $jar{Ann}), 'status 400', "'$_'"
	    for 'after=0&mine=', 'after=0&mine=yes';
	is count_of($_), 'status 404', "'$_'"
	    for 'after=0&of=Nobody', 'after=0&of=', 'after=0&of=ann';
	for my $answer (fresh('/-/news?after=x'), fresh('/-/news?after=0&of=x')) {
		like $answer->{headers}{'cache-control'}, qr/no-store/,
		    'an error is not kept';
	}
	is $world->post('/-/news?after=0', [])->{status}, 405,
	    'it can only be read';
	is $world->get($world->api_url . $_)->{status}, 404,
	    "$_ is not of the API" for '/-/newest', '/-/news?after=0';
};

# --- what a page knows of it ---

sub live_of {
	my ($target, %options) = @_;
	my ($attributes) = fresh($target, %options)->{content} =~
	    /<ul class="messages"([^>]*)>/;
	return { $attributes =~ /data-(\w+)="([^"]*)"/g };
}

subtest 'the pages' => sub {
	my $last = newest();
	my $bob = write_message('Bob & co');
	my %pages = (
		'/public' => { newest => $bob, news => '/-/news?after=' },
		'/' => { newest => $bob, news => '/-/news?mine=1&amp;after=' },
		'/Bob%20%26%20co' => { newest => $bob,
			news => '/-/news?of=Bob%20%26%20co&amp;after=' },
		'/Silent' => { newest => 0,
			news => '/-/news?of=Silent&amp;after=' },
	);
	for my $page (sort keys %pages) {
		my $live = live_of($page, jar => $jar{Ann});
		is_deeply $live, $pages{$page}, "$page: where it begins";
		my $question = ($live->{news} =~ s/&amp;/&/r) . $live->{newest};
		is json(fresh($question, jar => $jar{Ann}))->{count}, 0,
		    '... and nothing is newer';
		is_deeply live_of("$page?before=$bob", jar => $jar{Ann}), {},
		    '... an older page stays as it is';
	}
	my @ids = fresh('/public')->{content} =~ /<li data-id="(\d+)">/g;
	is_deeply \@ids, [ split /\n/, $world->sql('SELECT message_id
		FROM messages WHERE NOT flagged
		ORDER BY message_id DESC LIMIT 30') ],
	    'each message has its number';
};

subtest 'the script' => sub {
	my ($file) = $world->get('/public')->{content} =~
	    /<script src="([^"]*)" defer>/;
	my $script = $world->get($file);
	is $script->{status}, 200, 'is there';
	like $script->{headers}{'content-type'},
	    qr{^text/javascript; *charset=utf-8$}, '... as what it is';
	for my $page ('/public', '/login', '/nobody', '/-/error/404.html') {
		is_deeply [ $world->get($page)->{content} =~ /<script.*?>/g ],
		    [qq{<script src="$file" defer>}], "$page has it, once";
	}
};

done_testing;
