# bin/import-sqlite: a first MiniTwit's database into a running site.  What is
# kept, what is left out and said so, what a second run adds and what it leaves
# alone, what it makes of files that are none; and that nobody who uses the site
# meanwhile notices.  The times are told, but decide nothing.

use strict;
use warnings;
use utf8;
use Encode qw(decode_utf8 encode_utf8);
use File::Spec;
use File::Temp qw(tempdir);
use IPC::Open3 qw(open3);
use JSON::PP;
use POSIX qw(_exit);
use Test::More;
use Time::HiRes qw(sleep time);

use Payloads;
use Shell qw(slurp);
use World;

binmode Test::More->builder->$_, ':encoding(UTF-8)'
    for qw(output failure_output todo_output);

my $root = World::root();
my $temp = tempdir('minitwit-XXXXXX', TMPDIR => 1, CLEANUP => 1);
chmod 0755, $temp; # the servers' user reads the files
delete @ENV{qw(MINITWIT_SIMULATOR_USER MINITWIT_SIMULATOR_PASSWORD)};

# --- the first MiniTwit ---

# Its schema, in its words: string is no type of SQLite's.
my $schema = <<'END';
CREATE TABLE user (
	user_id integer primary key autoincrement,
	username string not null,
	email string not null,
	pw_hash string not null
);
CREATE TABLE follower (who_id integer, whom_id integer);
CREATE TABLE message (
	message_id integer primary key autoincrement,
	author_id integer not null,
	text string not null,
	pub_date integer,
	flagged integer
);
END

# The same where anything goes.
my $loose_schema = $schema =~ s/ primary key autoincrement| not null//gr;

# `hunter2`, as two of the predecessors have it
my $pbkdf2 = 'pbkdf2:sha256:50000$9ZrMLUZQ$'
    . '970c6dc15b0875e4ed0d90a2b2635870ac61f4c98dde053c51f11c9f3bf8a66e';
my $scrypt = 'scrypt:32768:8:1$kZ1yEKnfAG7eT0Dw$'
    . '6d8293bf973f5b00cb66bc61940eab60a0f8f3f62fd097c418bbca610f7faff0'
    . '9e882ac3ea20e2f10fcca8a94d3d2018348df56bc88b811e39205197112cb77c';

my $files = 0;

# A database of some statements; or more of them for one that there is.
sub legacy {
	my ($sql, $file) = @_;
	$file //= "$temp/" . ++$files . '.db';
	open my $sqlite, '|-', 'sqlite3', '-bail', $file or die "no sqlite3: $!";
	print {$sqlite} encode_utf8($sql);
	close $sqlite or die "sqlite3 refuses: $sql";
	return $file;
}

# Any bytes as a text of SQLite's.
sub text_of {
	my ($bytes) = @_;
	return q{CAST(x'} . unpack('H*', $bytes) . q{' AS TEXT)};
}

# The rows of people with these names, from id 1 on.
sub people {
	my (@names) = @_;
	my $id = 0;
	return $schema . join '', map {
		$id++;
		"INSERT INTO user VALUES ($id, " . text_of(encode_utf8($_))
		    . ", 'a\@b', '$pbkdf2');\n"
	} @names;
}

# --- the program ---

sub spew {
	my ($bytes) = @_;
	open my $to, '>:raw', "$temp/spewed" or die $!;
	print {$to} $bytes;
	close $to or die $!;
	return "$temp/spewed";
}

# Runs it; gives its status, its report, and what it said meanwhile.
sub import_to {
	my ($state, @arguments) = @_;
	local %ENV = (%ENV, STATE => $state);
	delete @ENV{ grep {/^PG/} keys %ENV };
	system 'sh', '-c', 'exec "$@" >"$0.out" 2>"$0.err"', "$temp/import",
	    "$root/bin/import-sqlite", @arguments;
	return ($? >> 8,
		map { decode_utf8(slurp("$temp/import.$_")) } qw(out err));
}

# One that has to succeed; gives the report.
sub imported {
	my ($world, @arguments) = @_;
	my ($status, $report, $said) = import_to($world->state, @arguments);
	is $status, 0, join ' ', 'import-sqlite',
	    @arguments[ 0 .. $#arguments - 1 ], 'FILE'
	    or diag $report, $said;
	return $report;
}

sub log_in {
	my ($world, $name, $password) = @_;
	my $jar = World::Jar->new;
	my $answer = $world->post('/login',
		[ username => $name, password => $password ], jar => $jar);
	return $answer->{status} == 302 ? $jar : undef;
}

sub ids {
	my ($world, $rows, $id) = @_;
	return $world->sql(
		"SELECT string_agg($id\::text, ' ' ORDER BY $id) FROM $rows");
}

sub follows {
	my ($world) = @_;
	return $world->sql(q{SELECT string_agg(who_id || '>' || whom_id, ' '
		ORDER BY who_id, whom_id) FROM followers});
}

# Where the two sequences are.
sub next_ids {
	my ($world) = @_;
	return $world->sql('SELECT (SELECT last_value FROM users_user_id_seq),'
		. ' (SELECT last_value FROM messages_message_id_seq)');
}

# The same site without anything that people have left in it.
sub emptied {
	my ($world) = @_;
	$world->{secrets}->add($world->stored_secrets);
	$world->sql('TRUNCATE activities, attempts, flag_events, followers, former_users,'
		. ' imported_followers, known_addresses, messages, sessions, users'
		. ' RESTART IDENTITY');
	return $world;
}

# --- what is as it was ---

my $world = World->new;

subtest 'a first MiniTwit\'s rows' => sub {
	my $file = legacy($schema . <<"END");
INSERT INTO user VALUES (1, 'Roger Histand', 'roger\@example.com', '$pbkdf2'),
	(2, 'Søren 🐦', 'soren\@example.com', '$scrypt'),
	(7, '007', 'bond\@example.com', '$pbkdf2');
INSERT INTO follower VALUES (1, 2), (1, 7), (1, 2), (2, 2), (1, 2);
INSERT INTO message VALUES (3, 1, 'Call me Ishmael', 1575201600, 0),
	(4, 2, 'Blåbærgrød', 1575201601, 0),
	(9, 2, 'a word that somebody took offence at', 1575201602, 1),
	(2100, 7, '42', 1575201603, 0);
END
	my ($status, $report, $said) =
	    import_to($world->state, '--dry-run', $file);
	is $status, 0, '--dry-run';
	like $report, qr/^users: 3 to add, 0 here already, 0 left out$/m,
	    'says what there is to do';
	like $said, qr/nothing was changed/, 'and that it does not';
	is $world->sql('SELECT count(*) FROM users'), 0, 'nor does it';
	is next_ids($world), '1|1', '... or move a sequence';

	is +(import_to($world->state, '--strict', $file))[0], 1,
	    '--strict takes no number for what was written';
	$report = imported($world, $file);
	is $report, <<'END', 'the report';
users: 3 to add, 0 here already, 0 left out
follows: 3 to add, 0 here already, 0 left out, 2 repeated ones dropped
messages: 4 to add, 0 here already, 0 left out
users: 1 with a number for a name, which may have been written otherwise (the first: user 7)
messages: 1 with a number for a text, which may have been written otherwise (the first: message 2100)
added: users 3, follows 3, messages 4; ended: follows 0; flagged: messages 0
END
	is ids($world, 'users', 'user_id'), '1 2 7', 'users keep their ids';
	is ids($world, 'messages', 'message_id'), '3 4 9 2100', 'messages, too';
	is follows($world), '1>2 1>7 2>2', 'each follow once';
	is $world->sql(q{SELECT username || ' ' || (registered_at IS NULL)
		FROM users WHERE user_id = 7}), '7 true',
	    'a name that SQLite took for a number is its digits';
	is $world->sql('SELECT message_id FROM messages WHERE flagged'), 9,
	    'flagged is what was flagged';
	is next_ids($world), '1000007|1002100', 'this site\'s ids begin further on';
	is_deeply [ map { $_->{content} } @{ $world->api(GET => '/msgs')->{json} } ],
	    [ '42', 'Blåbærgrød', 'Call me Ishmael' ], 'GET /msgs';
	is $world->api(GET => '/msgs/7')->{json}[0]{pub_date},
	    '2019-12-01 12:00:03', 'with the dates of then';
	is_deeply $world->api(GET => '/fllws/Roger%20Histand')->{json}{follows},
	    [ 'Søren 🐦', '7' ], 'GET /fllws';
	like $world->get('/-/search?q=ishmael')->{content}, qr/Call me/,
	    'search finds messages';
	like $world->get('/-/search?q=histand')->{content}, qr/Roger Histand/,
	    'and people';
	like $world->get('/Roger%20Histand')->{content}, qr/Ishmael/, 'a profile';
	is $world->sql(q{SELECT counts(1)}), '(1,0,2)', 'with its counts';
};

subtest 'old passwords' => sub {
	for (1, 2) {
		my $name = $world->sql(
			"SELECT username FROM users WHERE user_id = $_");
		ok !log_in($world, $name, 'hunter3'), "$name, a wrong one";
		my $jar = log_in($world, $name, 'hunter2');
		ok $jar, 'the old one';
		like $world->sql("SELECT pw_hash FROM users WHERE user_id = $_"),
		    qr/^scrypt:/, 'is kept as the present scheme does';
		like decode_utf8($world->get('/', jar => $jar)->{content}),
		    qr/Blåbærgrød/, 'my timeline';
		$world->post('/add_message', [ text => "new of $_" ], jar => $jar);
		ok log_in($world, $name, 'hunter2'), 'in again';
	}
	is ids($world, q{messages WHERE text LIKE 'new of _'}, 'message_id'),
	    '1002101 1002102', 'what they post comes after all';
	$world->register('New');
	is $world->sql(q{SELECT user_id FROM users WHERE username = 'New'}),
	    1000008, 'who is new, too';
};

# `hunter2` in the other forms of section 3 of the contract, by Python's hashlib
# and hmac, and by crypt(3)
my @old_hashes = (
	[ 'sha1' => 'sha1$oQzXt3pL$421d60f6ae48dc2e868ef0cec6ea5c9dee1ec711' ],
	[ 'md5' => 'md5$oQzXt3pL$5c208adee7e4239b4d27989f160895a6' ],
	[ 'sha224' => 'sha224$oQzXt3pL$c8f2693fb23566b6d2816a021cbb7cf0f6'
		. '59ec70b85b4b0ae699fa90' ],
	[ 'sha256' => 'sha256$oQzXt3pL$82ca72c46c8af42b85e94fca820b7993d0'
		. '6d180a869155fcc567d1a3566ff164' ],
	[ 'sha384' => 'sha384$oQzXt3pL$d3c557ce5b3c909d7dca9fce17ccbc0be1'
		. '96e594d21b0bc002c6622a9e9824a4b05b3a2509ff661c51db234d14bae5be' ],
	[ 'sha512' => 'sha512$oQzXt3pL$6a7309206e4bbf9f171cd326fb10c28815'
		. 'c214e3986bb25129be70d4c9aea2ec8f54903f7145125fb2b7b7f3c3c469'
		. '183263ddc5e42873ed338e4c44fc4c7f51' ],
	[ 'pbkdf2 sha1' => 'pbkdf2:sha1$s4lT.5Al$81ad457c2759e7d31da3689e5a082'
		. '26e40565435' ],
	[ 'pbkdf2 sha224' => 'pbkdf2:sha224$s4lT.5Al$388818b32a28ac3b3fad86246cf'
		. '9045a65b24715b1b7227838bb8698' ],
	[ 'pbkdf2 sha256' => 'pbkdf2:sha256$s4lT.5Al$5de915a540ebd3d508731cf784c'
		. '1d5791bfb1f22a3c7f0d479dc1d03337973ae' ],
	[ 'pbkdf2 sha384' => 'pbkdf2:sha384$s4lT.5Al$30b898c46b228d0fccc5c2341c3'
		. 'cfb4a8ddd42582e297ff5fd9e229783328a5eab18c31cb813bcd45048ec7'
		. '90f115542' ],
	[ 'pbkdf2 sha512' => 'pbkdf2:sha512$s4lT.5Al$c918c1ff967ecd2cfad779a6c1d'
		. 'd0775f18cbc02bc04b0db99882b0ebd95971536a5d1938b9e8fed35c30ad'
		. '121b6dac0f15f6ebd34c48c709cef68ada3db92fb' ],
	[ 'pbkdf2 sha1, rounds' => 'pbkdf2:sha1:2000$s4lT.5Al$d09e396416c98a3ae8c9f6b3'
		. '336b2b840cf148c5' ],
	[ 'bcrypt 2b' => '$2b$10$abcdefghijklmnopqrstuu7gIUFBKrYXdzQy8HrouzM'
		. 'JyZ4cijAb2' ],
	[ 'bcrypt 2y' => '$2y$05$abcdefghijklmnopqrstuuoXuKqgZXLiJqzfmMXDDhS'
		. 'FPIvxV7t8.' ],
	[ 'bcrypt 2a' => '$2a$10$abcdefghijklmnopqrstuu7gIUFBKrYXdzQy8HrouzM'
		. 'JyZ4cijAb2' ],
);

subtest 'old passwords of every form' => sub {
	my $other = emptied($world);
	my $id = 0;
	my @hashes = ([ pbkdf2 => $pbkdf2 ], [ scrypt => $scrypt ], @old_hashes);
	my $file = legacy($schema . join '', map {
		$id++;
		"INSERT INTO user VALUES ($id, '$_->[0]', 'a\@b', '$_->[1]');\n"
	} @hashes);
	unlike imported($other, $file), qr/can't log in/, 'all are known';
	for (@hashes) {
		my ($name) = @$_;
		my $hash = sub { $other->sql(
			"SELECT pw_hash FROM users WHERE username = '$name'") };
		ok !log_in($other, $name, 'hunter3'), "$name: a wrong password";
		is $hash->(), $_->[1], '... replaces nothing';
		my $jar = log_in($other, $name, 'hunter2');
		ok $jar, '... the right one';
		like $hash->(), qr/^scrypt:16384:8:1\$nfc\./, '... is hashed anew';
		is $other->get('/', jar => $jar)->{status}, 200,
		    '... and the session goes on';
		ok log_in($other, $name, 'hunter2'), '... in again';
	}
};

subtest 'an old password that was typed in decomposed form' => sub {
	my $other = emptied($world);
	my $file = legacy($schema . "INSERT INTO user VALUES (1, 'Ann', 'a\@b',"
		. " 'sha1\$oQzXt3pL\$87b93317503f6d85676f0d875ea2b83d7d3a9089');");
	imported($other, $file);
	ok !log_in($other, 'Ann', 'Renee'), 'a wrong one';
	ok log_in($other, 'Ann', "Rene\x{301}e"), 'as it was typed';
	ok log_in($other, 'Ann', "Ren\x{e9}e"), 'and from then on composed';
	ok log_in($other, 'Ann', "Rene\x{301}e"), '... or decomposed';
};

subtest 'hashes that are none, or cost too much' => sub {
	my $other = emptied($world);
	my %bad = (plain => 'plain$$hunter2', 'no salt' => 'sha1$$' . 'a' x 40,
		'another digest' => 'blake2b$salt$' . 'a' x 128,
		'half a digest' => 'sha1$salt$' . 'a' x 20,
		'bcrypt of cost 16' => $old_hashes[-1][1] =~ s/\$10\$/\$16\$/r,
		'bcrypt of cost 31' => $old_hashes[-1][1] =~ s/\$10\$/\$31\$/r,
		'half a bcrypt' => substr($old_hashes[-1][1], 0, 40),
		'rounds for an hour' => 'pbkdf2:sha256:9999999999$salt$' . 'a' x 64,
		'scrypt for an hour' => 'scrypt:16384:8:99999$salt$' . 'a' x 128,
		'scrypt without a cost' => 'scrypt:x:8:1$salt$' . 'a' x 128);
	my $id = 0;
	my $file = legacy($schema . join '', map {
		$id++;
		"INSERT INTO user VALUES ($id, '$_', 'a\@b', '$bad{$_}');\n"
	} sort keys %bad);
	like imported($other, $file), qr/^users: 10 who can't log in: /m,
	    'the report counts them';
	for (sort keys %bad) {
		my $start = time;
		my $answer = $other->post('/login',
			[ username => $_, password => 'hunter2' ]);
		is $answer->{status}, 200, "$_: nobody gets in";
		like $answer->{content}, qr/Invalid password/, '... with the reason';
		is $other->sql("SELECT pw_hash FROM users WHERE username = '$_'"),
		    $bad{$_}, '... and the hash stays';
	}
};

subtest 'a file without message.flagged' => sub {
	my $other = emptied($world);
	my $file = legacy(people('Ann')
		. 'ALTER TABLE message DROP COLUMN flagged;'
		. " INSERT INTO message VALUES (1, 1, 'one', 1), (2, 1, 'two', 2);");
	is imported($other, '--strict', $file), <<'END', 'is imported';
users: 1 to add, 0 here already, 0 left out
follows: 0 to add, 0 here already, 0 left out, 0 repeated ones dropped
messages: 2 to add, 0 here already, 0 left out
added: users 1, follows 0, messages 2; ended: follows 0; flagged: messages 0
END
	is $other->sql('SELECT count(*) FROM messages WHERE flagged'), 0,
	    'no message is flagged';
	$other->sql('UPDATE messages SET flagged = true WHERE message_id = 1');
	imported($other, $file);
	is ids($other, 'messages WHERE flagged', 'message_id'), 1,
	    'again, a flag of here stays';
	legacy('ALTER TABLE message ADD COLUMN FLAGGED; UPDATE message'
		. ' SET FLAGGED = 1;', $file);
	like imported($other, $file), qr/flagged: messages 1$/m,
	    'a column in upper case is one';
};

subtest 'ids and dates that disagree' => sub {
	my $other = emptied($world);
	my $file = legacy(people('Ann') . <<'END');
INSERT INTO message VALUES (1, 1, 'a', 50, 0), (2, 1, 'b', 10, 0),
	(3, 1, 'c', 50, 0), (4, 1, 'd', 49, 0), (5, 1, 'e', 60, 0),
	(6, 99, 'left out', 90, 0), (7, 1, 'f', 61, 0);
END
	my $report = imported($other, $file);
	like $report, qr/^messages: 2 older than a message with a lower id: people see messages in the order of their ids, the highest id first, with their own dates \(the first: message 2, message 4\)$/m,
	    'are counted, and the order is told';
	is join('', map { $_->{content} } @{ $other->api(GET => '/msgs')->{json} }),
	    'fedcba', 'it is the order that the API has';
	is join('', $other->get('/public')->{content} =~ /<p class="text">(.)</g),
	    'fedcba', '... and the site';
	unlike imported($other, legacy(people('Ann') . <<'END')), qr/older than/,
INSERT INTO message VALUES (7, 1, 'f', 61, 0), (5, 1, 'e', 60, 0);
END
	    'rows in another order than their ids do not disagree';
};

# --- what is odd ---

my %odd = (long => 'é' x 65, name => 'é' x 64, text => 'é' x 1000,
	tome => 'é' x 1001);

my $odd = $loose_schema . <<"END"
INSERT INTO user VALUES (1, 'Ann', 'a\@b', '$pbkdf2'), (2, NULL, 'a\@b', 'x'),
	(3, '', 'a\@b', 'x'), (4, '  ', 'a\@b', 'x'), (5, '$odd{long}', 'a\@b', 'x'),
	(6, 'Ann', 'a\@b', 'x'), (7, ' Ann', 'a\@b', 'x'), (8, 'login', 'a\@b', 'x'),
	(9, 1.5, 'a\@b', '$pbkdf2'), (10, -12, 'a\@b', '$pbkdf2'),
	(10, 'Ten', 'a\@b', 'x'), (0, 'Zero', 'a\@b', 'x'), (-1, 'Minus', 'a\@b', 'x'),
	('x', 'Text', 'a\@b', 'x'), (NULL, 'Null', 'a\@b', 'x'),
	(9223372036854775807, 'Last', 'a\@b', 'x'),
	(11, 'No mail', NULL, '$pbkdf2'), (12, 'No hash', 'a\@b', NULL),
	(13, 'MD5', 'a\@b', 'md5\$salt\$aa'), (14, x'426c6f62', 'a\@b', '$pbkdf2'),
	(15, '$odd{name}', 'a\@b', '$pbkdf2'),
	(16, 'Half a hash', 'a\@b', substr('$pbkdf2', 1, 60));
INSERT INTO follower VALUES (1, 9), (1, 9), (9, 1), (1, 99), (2, 1), (NULL, 1),
	(1, NULL), ('x', 'y'), (1.5, 1);
INSERT INTO message VALUES (1, 1, 'good', 1575201600, 0), (1, 1, 'again', 1, 0),
	(2, 99, 'nobody''s', 1, 0), (3, 2, 'of who is left out', 1, 0),
	(4, NULL, 'x', 1, 0), (5, 1, NULL, 1, 0), (6, 1, '', 1, 0),
	(7, 1, '   ', 1, 0), (8, 1, '$odd{text}', 1, 0), (9, 1, '$odd{tome}', 1, 0),
	(10, 1, 'no date', NULL, 0), (11, 1, 'a text', '2019-12-01 12:00:00', 0),
	(12, 1, 'real', 1575201600.75, 0), (13, 1, 'negative', -1, 0),
	(14, 1, 'milliseconds', 1575201600000, 0), (15, 1, 'the beginning', 0, 0),
	(16, 1, 'flag NULL', 1, NULL), (17, 1, 'flag 2', 1, 2),
	(18, 1, 'flag text', 1, 'true'), (19, 1, 007, 1, 0), (20, 1, 2.5, 1, '0'),
	(21, 1, 9e999, 1, 0), (NULL, 1, 'no id', 1, 0), ('a', 1, 'none', 1, 0);
END
    . 'INSERT INTO user VALUES ' . join(', ',
	map { "($_->[0], " . text_of($_->[1]) . ", 'a\@b', 'x')" }
	    [ 20, "Ann\n" ], [ 21, "A\x7f" ], [ 22, "A\xc2\x85b" ],
	    [ 23, "A\0b" ], [ 24, "A\xff" ], [ 25, "\xed\xa0\x80" ],
	    [ 26, "A\xc2\xa0" ], [ 27, "\xe2\x80\x83" ])
    . ";\nINSERT INTO message VALUES " . join(', ',
	map { "($_->[0], 1, " . text_of($_->[1]) . ', 1, 0)' }
	    [ 30, "A\0b" ], [ 31, "A\xff" ], [ 32, "\xc0\x80" ],
	    [ 33, "line\r\nline\t\e[31m" ], [ 34, "\xe2\x80\x83" ])
    . ";\n";

my $odd_report = <<'END';
users: 11 to add, 0 here already, 19 left out
follows: 2 to add, 0 here already, 6 left out, 1 repeated ones dropped
messages: 11 to add, 0 here already, 18 left out
users: 5 left out: no id from 1 to 999999999999999 (the first: row 12, row 13, row 14)
users: 4 left out: no username (the first: user 2, user 3, user 4)
users: 3 left out: the username has a control character (the first: user 20, user 21, user 22)
users: 3 left out: the username is no UTF-8 or has a NUL (the first: user 23, user 24, user 25)
users: 1 left out: an earlier row has that id (the first: user 10)
users: 1 left out: an earlier row has that username (the first: user 6)
users: 1 left out: the username has more than 64 characters (the first: user 5)
users: 1 left out: the username is an address of the site (the first: user 8)
users: 5 who can't log in: their password's hash is of no known kind (the first: user 7, user 12, user 13)
users: 2 with a number for a name, which may have been written otherwise (the first: user 9, user 10)
users: 1 without an e-mail address (the first: user 11)
follows: 4 left out: no id from 1 to 999999999999999 (the first: row 6, row 7, row 8)
follows: 2 left out: one of the two is not among the users, or left out (the first: row 4, row 5)
messages: 4 left out: no date in seconds since 1970 (the first: message 10, message 11, message 13)
messages: 4 left out: no text (the first: message 5, message 6, message 7)
messages: 3 left out: the author is not among the users, or left out (the first: message 2, message 3, message 4)
messages: 3 left out: the text is no UTF-8 or has a NUL (the first: message 30, message 31, message 32)
messages: 2 left out: no id from 1 to 999999999999999 (the first: row 23, row 24)
messages: 1 left out: an earlier row has that id (the first: message 1)
messages: 1 left out: the text has more than 1000 characters (the first: message 9)
messages: 3 with a number for a text, which may have been written otherwise (the first: message 19, message 20, message 21)
messages: 9 older than a message with a lower id: people see messages in the order of their ids, the highest id first, with their own dates (the first: message 8, message 15, message 16)
END

subtest 'odd values' => sub {
	my $other = emptied($world);
	my $file = legacy($odd);
	my ($status, $report, $said) =
	    import_to($other->state, '--strict', $file);
	is $status, 1, '--strict refuses';
	is $report, $odd_report, 'and tells each kind, with the first ones';
	is $said, <<"END", 'and says so, and what it is at before';
import-sqlite: reading $file
import-sqlite: judging users
import-sqlite: judging follows
import-sqlite: judging messages
import-sqlite: not every row can be taken over as it is (--strict): nothing was changed.
import-sqlite: the import ended before its time, see above.
END
	is $other->sql('SELECT count(*) FROM users'), 0, 'it does nothing';
	is next_ids($other), '1|1', 'nothing at all';

	is imported($other, $file), $odd_report
	    . "added: users 11, follows 2, messages 11; ended: follows 0;"
	    . " flagged: messages 0\n", 'otherwise it does the rest';
	is $other->sql(q{SELECT string_agg(user_id || ' ' || username, ', '
		ORDER BY user_id) FROM users WHERE user_id < 15}),
	    '1 Ann, 7  Ann, 9 1.5, 10 -12, 11 No mail, 12 No hash, 13 MD5, 14 Blob',
	    'whoever can be somebody here is';
	is ids($other, 'messages', 'message_id'), '1 8 12 15 16 17 18 19 20 21 33',
	    'so is each message that can be one';
	is ids($other, 'messages WHERE flagged', 'message_id'), '17 18',
	    'a flag is what is neither 0 nor nothing';
	is $other->sql(q{SELECT string_agg(text, ' ' ORDER BY message_id)
		FROM messages WHERE message_id IN (19, 20, 21)}), '7 2.5 Inf',
	    'numbers are their digits';
	is $other->sql('SELECT extract(epoch FROM pub_date) FROM messages'
		. ' WHERE message_id = 12') + 0, 1575201600.75, 'a real date';
	ok !log_in($other, 'MD5', 'md5'), 'an unknown hash lets nobody in';
	ok log_in($other, '-12', 'hunter2'), 'a number can log in';
	is $other->get($_)->{status}, 200, "$_: a page"
	    for '/public', '/1.5', '/Blob', '/' . '%C3%A9' x 64;
};

# --- what is hostile ---

subtest 'whatever people had for names and texts' => sub {
	my $other = emptied($world);
	my @payloads = do { my %seen; grep { !$seen{$_}++ } Payloads::of() };
	my $file = legacy($schema . join('', map {
		my $text = text_of($payloads[$_]);
		"INSERT INTO user VALUES ($_ + 1, $text, $text, '$pbkdf2');\n"
		    # a blob stays what it is
		    . "INSERT INTO message VALUES ($_ + 1, 9999,"
		    . " CAST($text AS BLOB), $_, 0);\n"
	} 0 .. $#payloads)
		. "INSERT INTO user VALUES (9999, 'Ann', 'a\@b', '$pbkdf2');\n");
	imported($other, $file);
	my @texts = split /\n/, $other->sql("SELECT message_id || ' '"
		. " || encode(convert_to(text, 'UTF8'), 'hex') FROM messages"
		. ' ORDER BY message_id');
	cmp_ok scalar @texts, '>', 200, 'there are many';
	is join(' ', grep {
		my ($id, $hex) = split / /;
		pack('H*', $hex) ne $payloads[ $id - 1 ]
	} @texts), '', 'and each is what it was, byte by byte';
	is $other->sql(q{SELECT count(*) FROM users WHERE username = 'owned'}), 0,
	    'nothing was run';

	my @targets = ('/public', '/-/feed', '/Ann/feed', map { '/' . s/(..)/%$1/gr }
		split /\n/, $other->sql("SELECT encode(convert_to(username, 'UTF8'),"
		    . " 'hex') FROM users"));
	cmp_ok scalar @targets, '>', 150, 'so are those with such names';
	push @targets, map { '/Ann?before=' . 20 * $_ } 1 .. @payloads / 20;
	my (@status, $read);
	for (@targets) {
		my $page = $other->get($_);
		push @status, "$_ $page->{status}" if $page->{status} != 200;
		$read .= $page->{content};
	}
	is "@status", '', 'all have a page';
	unlike $read, qr/<script>|<svg|<img src=x|<iframe|<base |<style>|<\/li><\/ul><h1>
		|<!--[<\#]|<form\ action="\/\/evil|" \s onmouseover/x,
	    'no markup but ours';
	unlike $read, qr/@{[Payloads::RESULT]}/, 'nothing was computed';
};

# --- again ---

subtest 'the old site goes on, and so does this one' => sub {
	my $other = emptied($world);
	my $file = legacy(people(map {"Old $_"} 1 .. 6) . <<'END');
INSERT INTO follower VALUES (1, 2), (1, 3), (1, 4), (2, 1), (5, 6), (4, 1);
INSERT INTO message VALUES (1, 1, 'one', 1, 0), (2, 2, 'two', 2, 0),
	(3, 3, 'three', 3, 0), (4, 4, 'four', 4, 0), (5, 1, 'five', 5, 1);
END
	imported($other, '--strict', $file);
	my $before = $other->fingerprint;
	like imported($other, $file), qr/^added: users 0, follows 0, messages 0/m,
	    'again, there is nothing to add';
	is $other->fingerprint, $before, 'and nothing is changed';
	is next_ids($other), '1000006|1000005', 'nor are sequences moved on';

	# there
	legacy(<<"END", $file);
INSERT INTO user VALUES (7, 'Old 7', 'a\@b', '$pbkdf2'),
	(8, 'Both', 'a\@b', '$pbkdf2');
INSERT INTO follower VALUES (7, 1), (1, 7), (2, 4);
DELETE FROM follower WHERE who_id = 1 AND whom_id = 2;
INSERT INTO message VALUES (6, 1, 'six', 6, 0), (7, 7, 'seven', 7, 0),
	(8, 8, 'eight', 8, 0), (9, 4, 'nine', 9, 0);
UPDATE message SET flagged = 1 WHERE message_id IN (2, 3);
END
	# here
	my $jar = log_in($other, 'Old 1', 'hunter2');
	$other->post($_, [], jar => $jar)
	    for '/Old%203/unfollow', '/Old%205/follow';
	$other->post('/add_message', [ text => 'here' ], jar => $jar);
	$other->register('Both');
	$other->post('/-/account/delete', [ password => 'hunter2', sure => 'yes' ],
		jar => log_in($other, 'Old 4', 'hunter2'));
	is $other->get('/Old%204')->{status}, 404, 'somebody leaves';
	{
		local $ENV{STATE} = $other->state;
		system "$root/bin/flag_tool 3 >/dev/null";
		system "$root/bin/flag_tool -u 3 5 >/dev/null";
	}

	my $hash = $other->sql('SELECT pw_hash FROM users WHERE user_id = 1');
	is imported($other, $file), <<'END', 'what came since, and what is left out';
users: 1 to add, 5 here already, 2 left out
follows: 2 to add, 3 here already, 3 left out, 0 repeated ones dropped
messages: 2 to add, 4 here already, 3 left out
users: 1 left out: somebody else has that username here (the first: user 8)
users: 1 left out: who had that username has deleted the account here (the first: user 4)
follows: 3 left out: one of the two is not among the users, or left out (the first: row 2, row 5, row 8)
messages: 3 left out: the author is not among the users, or left out (the first: message 4, message 8, message 9)
follows: 1 ended there since, to end here, too
messages: 1 flagged there since, to flag here, too
added: users 1, follows 2, messages 2; ended: follows 1; flagged: messages 1
END
	is follows($other), '1>5 1>7 2>1 5>6 7>1',
	    'follows: what was done here is as it was, the rest as it is there';
	is ids($other, 'messages', 'message_id'), '1 2 3 5 6 7 1000006',
	    'messages of both';
	is ids($other, 'messages WHERE flagged', 'message_id'), 2,
	    'a flag of there, but none that was taken away here';
	is $other->sql(q{SELECT message_id || ' ' || action || ' ' || (operator
		LIKE 'import-sqlite of %') || ' ' || role FROM flag_events
		ORDER BY event_id DESC LIMIT 1}),
	    '2 flag true minitwit_importer', 'is noted';
	is $other->sql('SELECT pw_hash FROM users WHERE user_id = 1'), $hash,
	    'passwords stay';
	ok log_in($other, 'Both', 'pw'), 'who has the name here still has it';
	$before = $other->fingerprint;
	imported($other, $file);
	is $other->fingerprint, $before, 'a third time changes nothing';
	is next_ids($other), '1000007|1000006', 'nobody was given an id twice';
};

subtest 'an old site where nobody has posted yet' => sub {
	my $other = emptied($world);
	my $file = legacy(people('Ann'));
	imported($other, $file);
	is next_ids($other), '1000001|1000001', 'its first ids are its own';
	$other->api(POST => '/msgs/Ann', { content => 'here' });
	legacy("INSERT INTO message VALUES (1, 1, 'there', 1, 0);", $file);
	like imported($other, $file), qr/^messages: 1 to add, .* 0 left out$/m,
	    'what comes later comes in';
};

subtest 'a site that has ids of its own' => sub {
	my $other = emptied($world);
	$other->register($_) for qw(Ann Bob);
	$other->api(POST => '/msgs/Ann', { content => $_ }) for qw(a b c);
	my $file = legacy(people('Old 1', 'Bob', 'Old 3') . <<'END');
INSERT INTO message VALUES (1, 3, 'x', 1, 0), (2, 1, 'x', 1, 0), (3, 3, 'c', 1, 0),
	(5, 3, 'x', 1, 0);
END
	my $report = imported($other, $file);
	like $report, qr/^users: 1 to add, 1 here already, 1 left out$/m, 'users';
	like $report, qr/somebody else has that id here \(the first: user 1\)/,
	    'with the reason';
	like $report, qr/^messages: 1 to add, 0 here already, 3 left out$/m,
	    'messages';
	like $report,
	    qr/another message has that id here \(the first: message 1, message 3\)/,
	    'with the reason';
	is $other->sql(q{SELECT string_agg(text, '' ORDER BY message_id)
		FROM messages}), 'abcx', 'nothing was replaced';
	is next_ids($other), '1000003|1000005', 'ids go on after both';

	# further along than the old site will ever be
	$other->sql("SELECT setval('messages_message_id_seq', 5000000)");
	legacy("INSERT INTO message VALUES (600000, 3, 'y', 1, 0);", $file);
	imported($other, $file);
	is next_ids($other), '1000003|5000000', 'never back';
	legacy("INSERT INTO message VALUES (4600000, 3, 'z', 1, 0);", $file);
	imported($other, $file);
	is next_ids($other), '1000003|6000000', 'on when half of it is used up';
};

# --- files that are none, or in use ---

sub refuses {
	my ($name, $expected, $reason, @arguments) = @_;
	my ($status, $report, $said) = import_to($world->state, @arguments);
	is $status, $expected, $name;
	is $report, '', 'no report';
	like $said, $reason, 'but a reason';
	return;
}

subtest 'what it refuses' => sub {
	my $before = $world->fingerprint;
	my $good = legacy(people('Zoe') . "INSERT INTO message SELECT NULL, 1,"
		. " hex(randomblob(400)), 1, 0 FROM pragma_function_list LIMIT 100;");
	refuses('no file', 66, qr/there is no file/, "$temp/none");
	refuses('a folder', 66, qr/is not a file that/, $temp);
	refuses('an empty file', 66, qr/is not an SQLite database/, spew(''));
	refuses('another file', 66, qr/is not an SQLite database/,
		"$root/t/import.t");
	refuses('half a file', 66, qr/malformed.*can't be read.*is it whole/s,
		spew(substr slurp($good), 0, 24576));
	refuses('a damaged one', 1, qr/malformed.*ended before its time/s,
		spew(slurp($good) =~ s/(.{40000}).{9000}/$1 . "\xff" x 9000/esr));
	refuses('a damaged head', 66, qr/can't be read/,
		spew("SQLite format 3\0" . "\xff" x 5000));
	refuses('no tables', 66, qr/it needs the tables user, follower and message/,
		legacy('CREATE TABLE x (y);'));
	refuses('other columns', 66, qr/it has no message\.pub_date\./,
		legacy($schema . 'ALTER TABLE message DROP COLUMN pub_date;'));
	refuses('UTF-16', 66, qr/are UTF-16le/,
		legacy("PRAGMA encoding = 'UTF-16le'; $schema"));
	refuses('an option', 64, qr/no option --fast/, '--fast', $good);
	refuses('no argument', 64, qr/usage: import-sqlite/);
	refuses('two files', 64, qr/usage: import-sqlite/, $good, $good);
	like((import_to($world->state, '--help'))[1], qr/^usage: .*--dry-run  /s,
		'--help');
	is $world->fingerprint, $before, 'nothing came of it';

	my ($status, undef, $said) = import_to("$temp/nowhere", $good);
	is $status, 69, 'no database';
	like $said, qr/does not answer; is the site running\?/, 'is told';
};

# Each of these would run a command as whoever reads the file.
subtest 'a file that attacks' => sub {
	my $before = $world->fingerprint;
	my $mark = "$temp/mark";
	my $attack = "id >$mark; true";
	for (
		"edit('x', '$attack')",
		"shell_putsnl('\\.') || shell_putsnl('\\! $attack')",
		"writefile('$mark', 'x')",
		"load_extension('$temp/none')",
	) {
		my $call = s/'/''/gr;
		for my $how (
			"DROP TABLE user; CREATE VIEW user AS SELECT 1 AS user_id,"
			    . " $_ AS username, 'a\@b' AS email, 'x' AS pw_hash;",
			"DROP TABLE follower; CREATE VIEW follower AS"
			    . " SELECT $_ AS who_id, 1 AS whom_id;",
			"PRAGMA writable_schema = ON; UPDATE sqlite_schema SET sql ="
			    . " 'CREATE TABLE message (message_id, author_id, text"
			    . " AS ($call), pub_date, flagged)' WHERE name = 'message';",
		) {
			my $file = legacy(people('Ann') . "$how\n");
			for my $option ('--dry-run', '--strict') {
				my ($status, $report, $said) =
				    import_to($world->state, $option, $file);
				isnt $status, 0, "$option, $_: refused";
				like $said, qr/(?:not\ a\ first|can't\ be\ read
					|ended\ before\ its\ time)/x, '... with a reason';
				ok !-e $mark, '... and not executed';
			}
		}
	}
	for (
		[ 'a virtual table' => 'CREATE VIRTUAL TABLE user USING fts5'
			. ' (user_id, username, email, pw_hash);' ],
		[ 'a temporary name' => 'CREATE VIEW user AS SELECT 1 AS user_id,'
			. q{ 'a' AS username, 'a@b' AS email, 'x' AS pw_hash;} ],
	) {
		my ($name, $sql) = @$_;
		refuses($name, 66, qr/it needs the tables/,
			legacy("$schema DROP TABLE user; $sql"));
	}

	# rows are never commands
	my $file = legacy(people("\\! $attack", '\\.', "x\n\\.\n\\! $attack")
		=~ s/VALUES \(/VALUES (70/gr);
	my (undef, $report) = import_to($world->state, '--dry-run', $file);
	like $report, qr/^users: 2 to add, /m, 'names that look like commands';
	ok !-e $mark, '... are names';
	is $world->fingerprint, $before, 'nothing has changed';

	return if $>;
	chmod 0600, $file;
	refuses('a file of root\'s own', 66,
		qr/is not a file that the user minitwit can read/, $file);
};

subtest 'a file that is being written to' => sub {
	my $other = emptied($world);
	for my $mode (qw(delete wal)) {
		my $file = legacy("PRAGMA journal_mode = $mode; "
			. people("Ann $mode"));
		my $pid = open3(my $in, my $out, undef, 'sqlite3', '-bail', $file);
		my $write = sub {
			print {$in} "$_[0];\nSELECT 'so far';\n";
			$in->flush;
			return is readline $out, "so far\n", "$mode: $_[0]";
		};
		$write->('BEGIN IMMEDIATE; INSERT INTO user'
			. " VALUES (1000, 'Half $mode', 'a\@b', 'x')");
		my $names = sub {
			imported($other, $file);
			return $other->sql("SELECT string_agg(username, ', ' ORDER BY"
				. " username) FROM users WHERE username LIKE '% $mode'");
		};
		is $names->(), "Ann $mode", 'what is not done yet is not there';
		$write->('COMMIT');
		is $names->(), "Ann $mode, Half $mode", 'afterwards it is';
		close $in;
		waitpid $pid, 0;
		$other->sql('DELETE FROM users');
	}
};

# --- while the site is used ---

subtest '250,000 messages, beside the simulator' => sub {
	plan skip_all => 'too slow with sanitizers' if $ENV{SANITIZE};
	my $other = emptied($world);
	my $file = legacy($schema . <<"END");
WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 5000)
INSERT INTO user
	SELECT i, 'Legacy ' || i, 'l' || i || '\@example.com', '$pbkdf2' FROM n;
WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 30000)
INSERT INTO follower SELECT 1 + i * 7919 % 5000, 1 + i * 104729 % 4999 FROM n;
WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 250000)
INSERT INTO message
	SELECT i + 100000, 1 + i * 7919 % 5000, 'Message ' || i || ' of word'
	|| (i % 997) || ' and word' || (i % 4999) || ', which is a usual length',
	1575201600 + i, i % 1000 = 0 FROM n;
UPDATE user SET user_id = user_id + 100000;
UPDATE message SET author_id = author_id + 100000;
UPDATE follower SET who_id = who_id + 100000, whom_id = whom_id + 100000;
END
	my $simulator = File::Spec->rel2abs(World::build(), $root)
	    . '/bin/simulator';
	my $pid = fork // die $!;
	if (!$pid) {
		open STDOUT, '>', '/dev/null' or _exit 127;
		open STDERR, '>', "$temp/simulator.err" or _exit 127;
		exec $simulator, '--url', $other->url, qw(--concurrency 4
		    --timeout 20 --actions 200000 --users 200 --verify --json),
		    "$temp/simulator.json" or _exit 127;
	}
	my $posted = 'SELECT count(*) FROM messages WHERE message_id < 100000'
	    . ' OR message_id > 350000';
	for (1 .. 600) {
		last if $other->sql($posted) > 20;
		sleep 0.1;
	}
	my $earlier = $other->sql($posted);
	my $start = time;
	like imported($other, $file),
	    qr/^added: users 5000, follows \d+, messages 250000;/m, 'all is taken';
	diag sprintf '%.1f MB with 250,000 messages in %.1f s, beside the'
	    . ' simulator', (-s $file) / 1e6, time - $start;
	cmp_ok $other->sql($posted), '>', $earlier, 'people posted meanwhile';
	kill INT => $pid; # it ends what it has begun, verifies and reports
	waitpid $pid, 0;
	my $result = JSON::PP->new->utf8->decode(slurp("$temp/simulator.json"));
	is $result->{all}{errors}, 0, 'no request failed'
	    or diag slurp("$temp/simulator.err");
	is $result->{verify}{missing} + $result->{verify}{extra}, 0,
	    'and what was acknowledged is there';
	is $other->sql('SELECT count(*) FROM messages WHERE flagged'), 250,
	    'flags, too';
	like $other->get('/-/search?q=message+word4998')->{content},
	    qr/<p class="text">/, 'search finds what is old';
};

done_testing;
