#!/usr/bin/perl
# Migrations on databases with rows in them: one after the other, two at once, while a
# table is locked, while users post, from a release whose migrations had functions, and
# under the programs of the release before the last migration.

use strict;
use warnings;
use File::Temp qw(tempdir);
use Test::More;
use Time::HiRes qw(time);

use Postgres;
use Shell qw(append run slurp);
use World;

my $root = World->root;
my $temp = tempdir('minitwit-XXXXXX', TMPDIR => 1, CLEANUP => 1);
chmod 0755, $temp;
my $world = World->new;
my $state = $world->state;
my @migrations = map {m{([^/]+)$}} sort glob "$root/sql/migrations/[0-9]*.sql";

# --- helpers ---

# bin/migrate with some of the migrations; with the functions, if it has all, because
# these need all tables.
sub migrate_with {
	my ($folder, @those) = @_;
	run('mkdir', '-p', "$folder/sql/migrations", "$folder/sql/functions");
	# a migration indexes by these
	run('cp', "$root/sql/functions/words.sql", "$folder/sql/functions/");
	run('cp', (glob "$root/sql/functions/*.sql"), "$folder/sql/functions/")
	    if @those == @migrations;
	run('cp', '-R', "$root/bin", "$root/ops", $folder);
	run('cp', (glob "$root/sql/*.sql"), "$folder/sql/");
	run('cp', (map {"$root/sql/migrations/$_"} @those),
		"$folder/sql/migrations/");
	return "$folder/bin/migrate";
}

sub migrate {
	my ($migrate, $database) = @_;
	local %ENV = (%ENV, PGHOST => "$state/run", PGDATABASE => $database,
		STATE => $state);
	return run($migrate);
}

sub sql {
	my ($database, $sql) = @_;
	local %ENV = (%ENV, PGHOST => "$state/run", PGUSER => 'postgres',
		PGDATABASE => $database);
	my ($said, $status) =
	    run('psql', '-XAtq', '-v', 'ON_ERROR_STOP=1', '-c', $sql);
	$status == 0 or die "$sql: $said";
	return $said;
}

# --- one after the other ---

# What the first migration knows of is there after each one, and can be added to.
my $add = <<'SQL';
	WITH ann AS (INSERT INTO users (username, email, pw_hash)
		VALUES ('Ann ' || %1$s, 'a@b', 'hash') RETURNING user_id)
	INSERT INTO messages (author_id, text, flagged)
		SELECT user_id, 'No ' || n, n %% 7 = 0
		FROM ann, generate_series(1, 300) AS n;
	INSERT INTO followers SELECT a.user_id, b.user_id FROM users AS a, users AS b
		ON CONFLICT DO NOTHING;
	INSERT INTO sessions (token_digest, user_id, expires_at)
		SELECT 'digest ' || %1$s, max(user_id), '2100-01-01' FROM users;
SQL
my $old = join ' || ', map {
	"(SELECT md5(string_agg(($_->[0])::text, '+' ORDER BY ($_->[0])::text))"
	    . " FROM $_->[1])"
} [ '(user_id, username, email, pw_hash)', 'users' ],
    [ '(message_id, author_id, text, pub_date, flagged)', 'messages' ],
    [ '(who_id, whom_id)', 'followers' ],
    [ '(token_digest, user_id, expires_at)', 'sessions' ];

my $before = '';
for my $last (0 .. $#migrations) {
	my $name = $migrations[$last] =~ s/\.sql$//r;
	my ($said, $status) =
	    migrate(migrate_with("$temp/steps", $migrations[$last]), 'steps');
	is $status, 0, "$name is applied to a database with rows"
	    or diag $said;
	like $said, qr/^applied $name$/m, 'and is the one that is';
	is sql('steps', "SELECT $old"), $before, 'all rows are as they were'
	    if $before;
	sql('steps', sprintf $add, $last);
	$before = sql('steps', "SELECT $old");
}

sub schema {
	my ($database) = @_;
	local %ENV = (%ENV, PGHOST => "$state/run", PGUSER => 'postgres');
	my ($said, $status) =
	    run('pg_dump', '--schema-only', $database);
	is $status, 0, "$database can be dumped" or diag $said;
	$said =~ s/^\\(un)?restrict .*\n//mg;
	return $said;
}
migrate("$root/bin/migrate", 'steps');
is schema('steps'), schema('minitwit'), 'with the functions, this is the schema';

# --- from the last release whose migrations had functions ---

# Extracts a commit, or some of its files, into a new folder.  Returns whether git has
# the commit.
sub extract {
	my ($commit, $folder, @paths) = @_;
	mkdir $folder or die $!;
	my (undef, $bad) = run('git', '-C', $root, 'archive',
		"--output=$folder.tar", $commit, @paths);
	return !$bad && !(run('tar', '-C', $folder, '-xf', "$folder.tar"))[1];
}

SKIP: {
	skip 'git does not have the release', 5
	    if !extract('6b0241a', "$temp/old", 'bin', 'ops', 'sql');
	my ($said, $status) = migrate("$temp/old/bin/migrate", 'old');
	is $status, 0, 'the old release makes a database' or diag $said;
	sql('old', sprintf $add, 1);
	my $rows = sql('old', "SELECT $old");
	($said, $status) = migrate("$root/bin/migrate", 'old');
	is $status, 0, 'the new one brings it up to date' or diag $said;
	is schema('old'), schema('minitwit'), 'it has the schema of a new one';
	is sql('old', "SELECT $old"), $rows, 'and its rows';
}

my ($printed, $bad) = run('make', '-s', '--no-print-directory',
	'-C', $root, 'schema');
is $bad, 0, 'make schema' or diag $printed;
is $printed, schema('minitwit'), '... prints this schema';

# --- an index that is built while users post ---

# The build waits for the transactions that wrote messages before it.  Nobody waits for
# the build.
migrate(migrate_with("$temp/unsearched", grep { !/^0016/ } @migrations), 'search');
sql('search', sprintf $add, 1);
sql('postgres', 'CREATE DATABASE interrupted OWNER minitwit_owner TEMPLATE search');
my $post = "INSERT INTO messages (author_id, text) SELECT max(user_id), '%s' FROM users";
my $writer = Postgres->new("$state/run", 'search');
$writer->ask('BEGIN; ' . sprintf $post, 'open');

# Posts as soon as the build waits.  Returns whether the roles that post may compute the
# index's entries.
sub post_meanwhile {
	for (1 .. 1200) {
		last if sql('search', "SELECT count(*) FROM pg_stat_activity
			WHERE datname = 'search' AND wait_event_type = 'Lock'
			AND query LIKE 'CREATE INDEX CONCURRENTLY%'") == 1;
		select undef, undef, undef, 0.05;
	}
	sql('search', sprintf $post, 'meanwhile');
	return sql('search', "SELECT bool_and(has_function_privilege(role,
		'words_of(text)', 'EXECUTE')) FROM unnest(ARRAY[
		'minitwit_api_poster', 'minitwit_importer']) AS role");
}

my @runs = $world->at_once(
	(map { sub { return [ migrate("$root/bin/migrate", 'search') ] } } 1, 2),
	sub {
		my $may = eval { post_meanwhile() } // $@;
		$writer->ask('COMMIT');
		return $may;
	});
is $runs[-1], "t\n", 'messages are posted while the index is built';
is_deeply [ map { $_->[1] } @runs[ 0, 1 ] ], [ 0, 0 ],
    '... and two runs at once both succeed' or diag map { $_->[0] } @runs[ 0, 1 ];
is sql('search', "SELECT string_agg(body, ', ')
	FROM search_messages('open or meanwhile or 300 or 294', 1000000, 10)"),
    "meanwhile, open, No 300\n", 'search finds old and new messages';
is schema('search'), schema('minitwit'), '... by the index of a new database';

sql('interrupted', 'CREATE INDEX messages_terms ON messages (text)');
sql('interrupted', "UPDATE pg_index SET indisvalid = false
	WHERE indexrelid = 'messages_terms'::regclass");
my ($said, $status) = migrate("$root/bin/migrate", 'interrupted');
is $status, 0, 'a run continues an interrupted one' or diag $said;
is schema('interrupted'), schema('minitwit'), '... with the same result';

# --- two at once, and in somebody's way ---

my @both = $world->at_once(
	map { sub { return [ migrate("$root/bin/migrate", 'both') ] } } 1, 2);
is_deeply [ map { $_->[1] } @both ], [ 0, 0 ], 'two at once both succeed';
is scalar(() = join('', map { $_->[0] } @both) =~ /^applied/mg),
    scalar @migrations, 'each migration is applied once';

my $extra = migrate_with("$temp/extra", @migrations);
open my $file, '>', "$temp/extra/sql/migrations/9999_extra.sql" or die $!;
print {$file} "ALTER TABLE messages ADD COLUMN extra text;\n";
close $file or die $!;
$world->login('Ann');
($said, $status) = @{ $world->locked(messages =>
	    sub { return [ migrate($extra, 'minitwit') ] }) };
isnt $status, 0, 'a migration does not wait for a table that others use';
like $said, qr/lock timeout/, 'and says why';
($said, $status) = migrate($extra, 'minitwit');
is $status, 0, 'later it is applied' or diag $said;
my $path = "$temp/extra/sql/migrations/9999";
rename "${path}_extra.sql", "${path}_other.sql" or die $!;
($said, $status) = migrate($extra, 'minitwit');
isnt $status, 0, 'another one of the same number is not taken for it';
rename "${path}_other.sql", "${path}_extra.sql" or die $!;

# --- under the programs of the release before ---

# The commit before the one by which the last of the migrations came.
sub release_before {
	my ($uncommitted) = run('git', '-C', $root, 'status', '--porcelain',
		'--', 'sql/migrations');
	return 'HEAD' if $uncommitted =~ /^(A|\?\?)/m;
	my ($commit, $bad) = run('git', '-C', $root, 'log', '--first-parent',
		'-m', '--diff-filter=A', '--format=%H^', '-1', '--',
		'sql/migrations');
	($commit, $bad) = run('git', '-C', $root, 'rev-parse', '--verify',
		'--quiet', $commit =~ s/\n//r)
	    if !$bad;
	return $bad ? undef : $commit =~ s/\n//r;
}

# A release with its programs, its routes and their roles.
sub make_release_before {
	my ($commit) = @_;
	my ($built, $release) = ("$temp/built", "$temp/release");
	ok extract($commit, $built), "git has $commit";
	local @ENV{qw(BUILD MAKEFLAGS MFLAGS MAKEOVERRIDES)};
	delete @ENV{qw(BUILD MFLAGS MAKEOVERRIDES)};
	$ENV{MAKEFLAGS} = '--jobs=2';
	my ($output, $bad) = run('make', '-C', $built, '--silent', 'install',
		"prefix=$temp/installed");
	is $bad, 0, 'it can be built' or diag $output;
	run('cp', '-RL', "$state/site", $release);
	run('rm', '-rf', "$release/cgi-bin");
	run('cp', '-R', "$temp/installed/cgi-bin", $release);
	run('cp', (glob "$temp/installed/apache/routes-*.conf"), "$release/apache/");
	my $roles = "$temp/installed/apache/roles.conf"; # before the table of routes
	if (-e $roles) {
		append("$release/apache/routes/programs.conf", slurp($roles));
	} else {
		run('cp', '-R', "$temp/installed/apache/routes", "$release/apache/");
	}
	run('cp', (glob "$temp/installed/htdocs/asset/*"), "$release/asset/");
	return $release;
}

sub answers {
	my ($status, $answer, $what) = @_;
	is $answer->{status}, $status, $what or diag $answer->{content};
	return $answer->{content};
}

# What people do at the site, and did when it had fewer pages.
sub walk {
	my $jar = $world->login('Walking Ann');
	my @jar = (jar => $jar);
	answers(302, $world->post('/add_message', [ text => 'hello #you' ],
			@jar), 'a message is written');
	like answers(200, $world->get('/', @jar), 'my timeline'), qr/hello/,
	    'it is there';
	answers(302, $world->post('/Ann/follow', [], @jar), 'somebody is followed');
	answers(200, $world->get($_, @jar), "GET $_")
	    for '/public', '/Ann', '/Walking%20Ann/following',
	    '/Ann/followers', '/-/search?q=hello', '/-/feed', '/Ann/feed',
	    '/-/account';
	my ($message) = $world->get('/Walking%20Ann')->{content} =~
	    m{"(/Walking%20Ann/status/\d+)"};
	answers(200, $world->get($message), 'one message');
	answers(200, $world->post('/-/account/data', [ password => 'pw' ], @jar),
		'my data');
	answers(302, $world->post('/Ann/unfollow', [], @jar), 'and unfollowed');
	answers(302, $world->post('/-/account/delete', [ password => 'pw' ],
			@jar), 'the account is deleted');
	return;
}

SKIP: {
	my $commit = release_before();
	skip 'git does not know the release before', 1 if !defined $commit;
	my $release = make_release_before($commit);
	($said, $status) =
	    $world->bin('deploy', '--from', $release, '--watch', 1);
	is $status, 0, 'the release before is deployed' or diag $said;
	walk();
	($said, $status) = run("$root/" . World::build() . '/bin/simulator',
		'--url', $world->api_url, '--timeout', 60, '--concurrency', 4,
		'--actions', 1000, '--verify');
	is $status, 0, 'the simulator does and finds everything' or diag $said;
	is_deeply [ grep { $_->{level} eq 'error' } $world->lines_of('error') ], [],
	    'no program has logged a fault';
}
done_testing;
