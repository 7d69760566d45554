# bin/flag_tool: what it says, to the letter; that a flagged message is nowhere
# any more, and comes back; who did it; and what it makes of what is no id.

use strict;
use warnings;
use utf8;
use File::Temp qw(tempdir);
use Test::More;
use Time::HiRes qw(sleep);

use World;

binmode Test::More->builder->$_, ':encoding(UTF-8)'
    for qw(output failure_output todo_output);

my $world = World->new;
my $program = World::root() . '/bin/flag_tool';
my $temp = tempdir('minitwit-XXXXXX', TMPDIR => 1, CLEANUP => 1);

# Runs it with some input; gives its status, its output and its complaints.
sub flag_tool_of {
	my ($state, $input, @arguments) = @_;
	local %ENV = (%ENV, STATE => $state);
	delete @ENV{ 'SUDO_USER', grep {/^PG/} keys %ENV };
	$ENV{SUDO_USER} = 'moderator Ann' if $arguments[0] && $arguments[0] eq '-u';
	open my $to, '|-', 'sh', '-c', 'exec "$@" >"$0.out" 2>"$0.err"',
	    "$temp/said", $program, @arguments
	    or die "no sh: $!";
	local $SIG{PIPE} = 'IGNORE';
	print {$to} $input;
	close $to;
	return ($? >> 8, map {
		open my $from, '<:encoding(UTF-8)', "$temp/said.$_" or die $!;
		local $/ = undef;
		scalar(<$from>) // '';
	} qw(out err));
}

sub flag_tool { return flag_tool_of($world->state, '', @_) }

# --- what there is ---

my $reader = $world->login('Ann');
my $author = $world->login('Bob');
$world->post('/Bob/follow', [], jar => $reader);
$world->post('/add_message', [ text => $_ ], jar => $author)
    for 'harmless', 'offensive';
$world->post('/add_message', [ text => 'mine' ], jar => $reader);
my ($first, $offensive, $mine) = split /\n/,
    $world->sql('SELECT message_id FROM messages ORDER BY 1');

subtest 'what it says' => sub {
	is_deeply [ flag_tool('-h') ], [ 0, <<'END', '' ], '-h';
ITU-Minitwit Tweet Flagging Tool

Usage:
  flag_tool <tweet_id>...
  flag_tool -u <tweet_id>...
  flag_tool -i
  flag_tool -h
Options:
-h            Show this screen.
-i            Dump all tweets and authors to STDOUT.
-u            Unflag the tweets.
-             In place of the ids: read them from STDIN, between blanks or lines.
END
	is_deeply [ flag_tool('-i') ], [ 0, <<"END", '' ], '-i';
$first,2,harmless,0
$offensive,2,offensive,0
$mine,1,mine,0
END
};

# --- it is nowhere any more ---

# Each page and answer that has the message; those of visitors are kept for a
# second, at the most for two.
my %places = (
	'the public timeline' => sub { $world->get('/public') },
	'... of who is logged in' => sub { $world->get('/public', jar => $reader) },
	'my timeline' => sub { $world->get('/', jar => $reader) },
	'the author\'s page' => sub { $world->get('/Bob') },
	'... for a reader' => sub { $world->get('/Bob', jar => $reader) },
	'... for the author' => sub { $world->get('/', jar => $author) },
	'a page further back' => sub { $world->get("/public?before=$mine") },
	'its own page' => sub { $world->get("/Bob/status/$offensive") },
	'the feed' => sub { $world->get('/-/feed') },
	'the author\'s feed' => sub { $world->get('/Bob/feed') },
	'search' => sub { $world->get('/-/search?q=offensive') },
	'GET /msgs' => sub { $world->api(GET => '/msgs') },
	'GET /msgs/Bob' => sub { $world->api(GET => '/msgs/Bob') },
);
my %counts = (
	'news for everybody' => sub { $world->get("/-/news?after=$first") },
	'news of the author' => sub { $world->get("/-/news?after=$first&of=Bob") },
	'my news' => sub { $world->get("/-/news?after=$first&mine=1",
		jar => $reader) },
);

# Waits until it is so, which only a kept page takes any time for.
sub becomes {
	my ($ask, $is_so) = @_;
	for (1 .. 1000) {
		return 1 if $is_so->($ask->()->{content});
		sleep 0.02;
	}
	return 0;
}

sub everywhere {
	my ($when, $is_there, %expected) = @_;
	for (sort keys %places) {
		my $found = $_ eq 'search' ? qr/<p class="text">.*offensive/
		    : qr/offensive/;
		ok becomes($places{$_}, sub { !!($_[0] =~ $found) == $is_there }),
		    "$when: $_";
	}
	for (sort keys %counts) {
		my $number = $expected{$_};
		ok becomes($counts{$_}, sub { $_[0] =~ /\b$number\b/ }),
		    "$when: $_: $number" or diag $counts{$_}->()->{content};
	}
	return;
}

subtest 'flagged' => sub {
	my %before = ('news for everybody' => 2, 'news of the author' => 1,
		'my news' => 2);
	everywhere('before', 1, %before);
	is_deeply [ flag_tool($offensive) ],
	    [ 0, "Flagged entry: $offensive\n", '' ], 'flag_tool ID';
	everywhere('flagged', 0, 'news for everybody' => 1,
		'news of the author' => 0, 'my news' => 1);
	is $world->get("/Bob/status/$offensive")->{status}, 404, 'no page';
	is $world->sql('SELECT counts(2)'), '(1,1,0)', 'not counted';
	like((flag_tool('-i'))[1], qr/^$offensive,2,offensive,1$/m, '-i');

	flag_tool($mine);
	ok becomes(sub { $world->get('/-/newest') }, sub { $_[0] =~ /:$first\b/ }),
	    'the newest one is one that is there'
	    or diag $world->get('/-/newest')->{content};
	is_deeply [ flag_tool('-u', $offensive, $mine) ],
	    [ 0, "Unflagged entry: $offensive\nUnflagged entry: $mine\n", '' ],
	    'flag_tool -u ID...';
	everywhere('unflagged', 1, %before);
};

subtest 'the audit trail' => sub {
	my $user = getpwuid $>;
	flag_tool($first, $first);
	flag_tool($first);
	flag_tool('-u', $first);
	is $world->sql("SELECT string_agg(concat_ws(' ', action, operator, role),
		', ' ORDER BY event_id) FROM flag_events WHERE message_id = $first"),
	    "flag $user minitwit_moderator,"
	    . ' unflag moderator Ann minitwit_moderator',
	    'who, what, as whom; once where it changed something';
	is $world->sql("SELECT count(*) FROM flag_events
		WHERE at NOT BETWEEN now() - interval '1 hour' AND now()"), 0, 'when';
	$world->post('/-/account/delete', [ password => 'pw' ], jar => $author);
	is $world->sql("SELECT count(*) FROM messages WHERE message_id = $first"),
	    0, 'the author leaves';
	is $world->sql("SELECT count(*) FROM flag_events WHERE message_id = $first"),
	    2, 'and the trail stays';
};

subtest 'many at once' => sub {
	$world->sql(q{INSERT INTO messages (message_id, author_id, text)
		SELECT n, 1, 'No ' || n FROM generate_series(1001, 101000) AS n});
	for ([ [], 'Flagged', 'true' ], [ ['-u'], 'Unflagged', 'false' ]) {
		my ($options, $word, $value) = @$_;
		my ($status, $said, $complaint) = flag_tool_of($world->state,
			join("\n", 1001 .. 90000) . " 90001\t"
			    . join(' ', 90002 .. 101000) . "\n\n", @$options, '-');
		is "$status $complaint", '0 ', "100,000 ids: $word";
		is $said, join('', map {"$word entry: $_\n"} 1001 .. 101000),
		    'each is told, in order';
		is $world->sql("SELECT count(*) FROM messages"
			. " WHERE message_id > 1000 AND flagged = $value"), 100000,
		    'and is so';
	}
	is $world->sql('SELECT count(*) FROM flag_events WHERE message_id > 1000'),
	    200000, 'and noted';
};

subtest 'what there is not' => sub {
	my ($status, $said, $complaint) = flag_tool(1001, 999999, 1002);
	is $status, 1, 'an id that no message has';
	is $said, "Flagged entry: 1001\nFlagged entry: 1002\n",
	    'the others are flagged';
	is $complaint, "flag_tool: no message has the id 999999\n", 'it is told';

	for my $id (qw(x 1x -1 1.5 0x10 99999999999999999999), '', "1\n2",
		'1,2', '{1}', "1') --", '١') {
		($status, $said, $complaint) = flag_tool('--', 1003, $id);
		is "$status $said", '64 ', "no id: '$id'";
		like $complaint, qr/nothing was done/, 'is refused';
	}
	is $world->sql('SELECT flagged FROM messages WHERE message_id = 1003'), 'f',
	    'nothing was done';
	for my $arguments ([], ['-u'], ['-x'], [ '-i', 1 ], ['-']) {
		($status, $said) = flag_tool(@$arguments);
		is "$status $said", '64 ', "flag_tool @$arguments";
	}
	($status, $said, $complaint) = flag_tool_of("$temp/nowhere", '', 1);
	is "$status $said", '69 ', 'no database';
	like $complaint, qr/does not answer; is the site running\?/, 'is told';
};

subtest 'a message is one line of -i' => sub {
	$world->sql(q{DELETE FROM messages});
	$world->sql(q{INSERT INTO messages (message_id, author_id, text) VALUES
		(1, 1, 'a, "b", c'), (2, 1, E'x,0\n3,1,forged'), (3, 1, E'\\\\ \t \r'),
		(4, 1, E'\x1b[31mred\u009b'), (5, 1, 'blåbær 🐦')});
	is +(flag_tool('-i'))[1], <<'END', 'whatever it says';
1,1,a, "b", c,0
2,1,x,0\n3,1,forged,0
3,1,\\ \t \r,0
4,1,�[31mred�,0
5,1,blåbær 🐦,0
END
};

done_testing;
