# What each route may do in the database: its role is taken, by way of PgBouncer
# as the route would, and everything is tried that any route does and that none
# may do.  What is not on a role's list has to be refused.

use strict;
use warnings;
use File::Glob qw(bsd_glob);
use File::Temp;
use Test::More;
use Time::HiRes qw(sleep);
use Shell qw(slurp);
use World;

my $world = World->new;
# No program has values in its statements, but these here have.
$world->sql("ALTER SYSTEM SET log_min_error_statement = 'panic'");
$world->sql('SELECT pg_reload_conf()');
my $jar = $world->login('Ann');
$world->register('Bob');
my %role_of = World::roles();
my $root = World::root();

# --- every program has a role, and every role a program ---

my @programs = map { m{/cgi-bin/(.*)\.c$} } bsd_glob "$root/cgi-bin/*/*.c";
is_deeply [ sort keys %role_of ],
    [ sort grep { slurp("$root/cgi-bin/$_.c") !~ /&signpost_kind/ } @programs ],
    'a program has a role unless it has no database';

my @administrators =
    qw(minitwit_operator minitwit_moderator minitwit_importer minitwit_monitor);
my @roles = do { my %seen; grep { !$seen{$_}++ } sort values %role_of };
is $world->sql(q{SELECT string_agg(rolname, ' ' ORDER BY rolname)
	FROM pg_roles WHERE rolcanlogin AND NOT rolsuper}),
    join(' ', sort @roles, @administrators),
    'nobody else can log in, but the administrator\'s programs';
open my $users, '<', "$root/ops/pgbouncer-users" or die $!;
is_deeply [ sort map {/"(\w+)" ""/} <$users> ], \@roles,
    'PgBouncer lets in the programs only';
is $world->sql(q{SELECT count(*) FROM pg_roles WHERE rolname LIKE 'minitwit%'
	AND (rolsuper OR rolcreaterole OR rolcreatedb OR rolreplication
	OR rolbypassrls)}), 0, 'none of them has a special right';
is $world->sql(q{SELECT string_agg(DISTINCT r.rolname || ' ' || m.roleid::regrole,
	', ') FROM pg_auth_members AS m JOIN pg_roles AS r ON r.oid = m.member
	WHERE r.rolname LIKE 'minitwit%' AND r.rolname <> 'minitwit_owner'
	AND m.roleid <> 'minitwit'::regrole}),
    'minitwit_monitor pg_read_all_stats',
    '... nor another role\'s, but that the exporter sees statistics';

is $world->sql(q{SELECT count(*) FROM pg_proc
	WHERE pronamespace = 'public'::regnamespace
	AND has_function_privilege('public', oid, 'EXECUTE')}), 0,
    'no function of ours is everybody\'s';
is $world->sql(q{SELECT count(*) FROM pg_class
	WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'v')
	AND has_table_privilege('public', oid, 'SELECT, INSERT, UPDATE')}), 0,
    '... nor a table';

# --- what there is to do ---

my $token = 'f' x 64;
$world->sql(qq{INSERT INTO sessions (user_id, token_digest)
	SELECT user_id, token_digest('$token') FROM users WHERE username = 'Ann'});

my %abilities = (
	names => "SELECT user_id, username FROM users",
	messages => "SELECT message_id, author_id, text, pub_date, flagged"
	    . " FROM messages",
	follows => "SELECT who_id, whom_id FROM followers",
	timeline => "SELECT FROM timeline(1, 100, 31)",
	news => "SELECT newest_message(), public_news(1, 31),"
	    . " profile_news('Ann', 1, 31), timeline_news(1, 1, 31)",
	'public timeline' => "SELECT FROM public_timeline(100, 31)",
	profile => "SELECT FROM profile('Ann', 0, 100, 31)",
	'message' => "SELECT * FROM message_find(1)",
	'existing names' => "SELECT names_exist('Ann')",
	'way back' => "SELECT timeline_above(1, 1, 30), profile_above('Ann', 1, 30),"
	    . " public_timeline_above(1, 30)",
	'whom they follow' => "SELECT FROM follows_of('Ann', 31)",
	'search' => "SELECT FROM search_messages('a', 100, 31)",
	'search for people' => "SELECT FROM search_people('a', 0, 51),"
	    . " suggest_people('a', 11)",
	'followers' => "SELECT FROM followers_of('Ann', 0, 0, 51),"
	    . " followed_by('Ann', 0, 0, 51), counts(1)",
	session => "SELECT * FROM session_find('$token')",
	'session end' => "SELECT session_end('$token')",
	login => "SELECT * FROM login_begin('Ann', NULL, '192.0.2.1')",
	'session begin' => "SELECT session_begin(1, repeat('e', 64),"
	    . " '192.0.2.1', NULL, NULL, NULL)",
	account => "SELECT account('$token'), account_sessions('$token', 9)",
	data => "SELECT account_messages('$token', 100, 999),"
	    . " account_follows('$token', 9), account_followers('$token', 9),"
	    . " account_addresses('$token', 9)",
	'my password' => "SELECT account_begin('$token', '192.0.2.1'),"
	    . " account_confirmed('$token', '192.0.2.1')",
	'another password' => "SELECT account_change_password('$token', 'x', 'y', 'z')",
	'other sessions\' end' => "SELECT account_end_sessions('$token', NULL)",
	'my end' => "SELECT account_delete('$token')",
	'post' => "SELECT my_message_add('$token', 'Hello', 'once')",
	'follow' => "SELECT my_follow_add('$token', 'Bob'),"
	    . " my_follow_remove('$token', 'Bob')",
	'registration' => "SELECT registration_begin('192.0.2.1')",
	'post as anybody' => "SELECT message_add('Ann', 'Hello')",
	'follow as anybody' => "SELECT follow_add('Ann', 'Bob'),"
	    . " follow_remove('Ann', 'Bob')",
	'new user' => "INSERT INTO users (username, email, pw_hash)"
	    . " VALUES ('Zoe', 'a\@b', 'none') RETURNING user_id",
	'new message' => "INSERT INTO messages (author_id, text)"
	    . " VALUES (1, 'Hello')",
	'new follow' => "INSERT INTO followers VALUES (1, 2)"
	    . " ON CONFLICT DO NOTHING",
	'end of a follow' => "DELETE FROM followers WHERE who_id = 1",
	gauges => "SELECT * FROM gauges()",
	guess => "SELECT simulator_refused('192.0.2.1'),"
	    . " simulator_is_believed('192.0.2.1')",
	activity => "SELECT note_activity(1)",
	latest => "SELECT last_value FROM latest",
	'set latest' => "SELECT setval('latest', 7)",
	flag => "SELECT * FROM flag_messages('{1}', true, 'Ann')",
	'who flagged it' => "SELECT * FROM flag_events",
	'an id' => "INSERT INTO users VALUES (99, 'Zoe', 'a\@b', 'x')",
	'a time' => "INSERT INTO messages (author_id, text, pub_date)"
	    . " VALUES (1, 'x', '1970-01-01')",
	'former names' => "SELECT * FROM former_users",
	'who followed whom' => "DELETE FROM imported_followers",
	'a temporary table' => "CREATE TEMP TABLE mine (i int)",
	'on with the ids' => "SELECT setval('users_user_id_seq', 99),"
	    . " setval('messages_message_id_seq', 99)",
);

my @api = ('latest', 'set latest', 'names', 'guess');
my %may = (
	minitwit_reader =>
	    [ qw(names messages follows timeline news profile message session latest
		search followers), 'public timeline', 'existing names', 'way back',
		'search for people' ],
	minitwit_poster => [qw(session post)],
	minitwit_follower => [qw(session follow)],
	minitwit_auth => [ qw(session login), 'session begin', 'session end' ],
	minitwit_registrar =>
	    [ qw(names session registration), 'new user' ],
	minitwit_member => [qw(account session)],
	minitwit_account => [ qw(account data session), 'my password',
		'another password', 'other sessions\' end', 'my end' ],
	minitwit_metrics => ['gauges'],
	minitwit_api_reader => [ @api, 'messages', 'public timeline' ],
	minitwit_api_poster => [ @api, qw(messages follows profile activity),
		'new message', 'post as anybody' ],
	minitwit_api_follower => [ @api, 'follows', 'whom they follow', 'activity',
		'new follow', 'end of a follow', 'follow as anybody' ],
	minitwit_api_registrar => [ @api, 'registration', 'new user' ],
	minitwit_operator => [ qw(names messages follows), 'who flagged it' ],
	minitwit_moderator => [ qw(messages flag), 'who flagged it' ],
	minitwit_monitor => [],
	minitwit_importer => [ qw(names messages follows flag), 'who flagged it',
		'new user', 'new message', 'new follow', 'end of a follow',
		'an id', 'a time', 'former names', 'who followed whom',
		'a temporary table', 'on with the ids' ],
);

# What nobody may do, whatever became of a program.
my %never = (
	# secrets
	'hashes' => "SELECT pw_hash FROM users",
	'a hash by a question' => "SELECT FROM users WHERE pw_hash LIKE 's%'",
	'e-mail addresses' => "SELECT email FROM users",
	'all columns' => "SELECT * FROM users",
	'whole rows' => "SELECT users FROM users",
	'sessions' => "SELECT token_digest FROM sessions",
	'attempts' => "SELECT * FROM attempts",
	'an attempt' => "SELECT password_attempt('Ann', '192.0.2.1')",
	'a password entered' => "SELECT password_entered(1, 'Ann', '192.0.2.1')",
	'addresses' => "SELECT * FROM known_addresses",
	'passwords of roles' => "SELECT rolpassword FROM pg_authid",
	'statistics of columns' => "SELECT * FROM pg_statistic",
	'a file' => "SELECT pg_read_file('/etc/passwd')",
	'a file by COPY' => "COPY messages FROM '/etc/passwd'",
	# changes
	'a password' => "UPDATE users SET pw_hash = 'x'",
	'a name' => "UPDATE users SET username = 'x' WHERE user_id = 1",
	'a user\'s end' => "DELETE FROM users",
	'a text' => "UPDATE messages SET text = 'x'",
	'a former name' => "DELETE FROM former_users",
	'a flag without a trace' => "UPDATE messages SET flagged = true",
	'another past' => "UPDATE flag_events SET operator = 'x'",
	'no past' => "DELETE FROM flag_events",
	'a made-up past' => "INSERT INTO flag_events (message_id, action, operator)"
	    . " VALUES (1, 'flag', 'x')",
	'a message\'s end' => "DELETE FROM messages",
	'all messages\' end' => "TRUNCATE messages",
	'a made-up session' => "INSERT INTO sessions (token_digest, user_id)"
	    . " VALUES ('x', 1)",
	'all sessions\' end' => "DELETE FROM sessions",
	'another limit' => "UPDATE attempt_limits SET free = 1000000",
	'forgotten attempts' => "DELETE FROM attempts",
	'a counted attempt' => "SELECT attempt_take_back('account', 'Ann')",
	'a migration' => "DELETE FROM schema_migrations",
	# definitions
	'a table' => "CREATE TABLE mine (i int)",
	'a view' => "CREATE VIEW mine AS SELECT 1",
	'a function' => "CREATE FUNCTION mine() RETURNS int LANGUAGE sql"
	    . " RETURN 1",
	'a schema' => "CREATE SCHEMA mine",
	'an extension' => "CREATE EXTENSION dblink",
	'what is in an extension' => "SELECT extensions.similarity('a', 'b')",
	'counts of a table' => "SELECT rows_of('sessions')",
	'counts by a time' =>
	    "SELECT rows_since('sessions', 'used_at', now(), 'true')",
	'a made-up activity' => "UPDATE activities SET active_at = now()",
	'a made-up attempt' => "SELECT attempt('account', 'Ann')",
	'replication' => "SELECT replication_lag()",
	'fewer flags' => "UPDATE flags_counted SET flags = 0",
	'a count of flags' => "SELECT flags_total()",
	'similar names, as long as it takes' =>
	    "SELECT FROM similar_people('a', 1000000)",
	'a dropped table' => "DROP TABLE messages",
	'a trigger' => "ALTER TABLE users DISABLE TRIGGER ALL",
	'a role' => "CREATE ROLE mine SUPERUSER",
	'the owner' => "SET ROLE minitwit_owner",
	'the superuser' => "SET SESSION AUTHORIZATION postgres",
	'a grant' => "GRANT SELECT ON users TO PUBLIC",
	'a program' => "COPY (SELECT 1) TO PROGRAM 'id'",
	'a setting' => "SET log_statement = 'none'",
	'code' => "DO LANGUAGE plpgsql \$\$ BEGIN"
	    . " PERFORM pw_hash FROM users; END \$\$",
	# the way of others
	'a large object' => "SELECT lo_from_bytea(0, 'x')",
	'an advisory lock' => "SELECT pg_advisory_lock(1)",
	'others\' connections' => "SELECT pg_terminate_backend(pid)"
	    . " FROM pg_stat_activity WHERE pid <> pg_backend_pid()",
	'the log of changes' =>
	    "SELECT pg_logical_emit_message(false, 'x', 'x')",
	'a lock on messages' => "LOCK TABLE messages IN EXCLUSIVE MODE",
	'sleep' => "SELECT pg_sleep(0)",
);

# The SQLSTATE of each of the statements, as a role; each is taken back.
sub outcomes {
	my ($role, $statements) = @_;
	local %ENV = (%ENV, PGHOST => $world->state . '/run', PGUSER => $role,
		PGDATABASE => 'minitwit',
		PGPORT => (grep { $_ eq $role } @administrators) ? 5432 : 6432);
	my $script = File::Temp->new;
	my @names = sort keys %$statements;
	print {$script} "BEGIN;\n$statements->{$_} \\g /dev/null\n",
	    "\\echo :SQLSTATE\nROLLBACK;\n" for @names;
	close $script;
	my @states = split /\n/, qx{psql -XAtq -f '$script' 2>/dev/null};
	my %outcome;
	@outcome{@names} = @states;
	return %outcome;
}

for my $role (sort keys %may) {
	subtest $role => sub {
		my %outcome = outcomes($role, { %abilities, %never });
		my %may = map { $_ => 1 } @{ $may{$role} };
		for (sort keys %abilities) {
			if ($may{$_}) {
				is $outcome{$_}, '00000', "$_: may";
			} else {
				is $outcome{$_}, '42501', "$_: may not";
			}
		}
		# 42501: insufficient privilege
		is $outcome{$_}, '42501', "$_: never" for sort keys %never;
	};
}
is_deeply [ grep { !$may{$_} } @roles ], [], 'no role was left out';

# --- time ---

for my $role (@roles) {
	is $world->sql(qq{SELECT string_agg(setting, ' ' ORDER BY setting)
		FROM pg_roles CROSS JOIN unnest(rolconfig) AS setting
		WHERE rolname = '$role' AND setting LIKE '%timeout=%'}),
	    'idle_in_transaction_session_timeout=1s lock_timeout=1s'
	    . ' statement_timeout=1500ms', "$role: takes no longer than that";
}

# Sends statements as a role through PgBouncer, and returns what psql says.
sub as_role {
	my ($role, @statements) = @_;
	local %ENV = (%ENV, PGHOST => $world->state . '/run', PGPORT => 6432,
		PGUSER => $role, PGDATABASE => 'minitwit');
	my ($said) = World::run_program('', qw(psql -XAtq),
		map { ('-c', $_) } @statements);
	return $said->{raw} . $said->{stderr};
}

subtest 'a statement that does not end' => sub {
	my $endless = 'SELECT count(*) FROM pg_class, pg_attribute, pg_attribute AS a,'
	    . ' pg_attribute AS b, pg_attribute AS c /* endless */';
	like as_role('minitwit_reader', 'SET statement_timeout = 0;'
		. " SET client_connection_check_interval = 0; $endless"),
	    qr/terminat|closed|timeout/i, 'its client gets an error';
	my $left = 1;
	for (1 .. 1200) {
		$left = $world->sql(q{SELECT count(*) FROM pg_stat_activity
			WHERE query LIKE '%/* endless */' AND pid <> pg_backend_pid()
			AND state = 'active'});
		last if !$left;
		sleep 0.1;
	}
	is $left, 0, '... and it ends';
	like as_role('minitwit_reader', 'SET temp_file_limit = -1'),
	    qr/permission denied/, 'nobody gets more room for temporary files';
	like as_role('minitwit_reader', "SET work_mem = '64kB'; SET enable_sort = on;"
		. ' SELECT n FROM generate_series(1, 30000000) AS n'
		. ' ORDER BY -n LIMIT 1'),
	    qr/temp_file_limit|timeout|terminat|closed/, '... than there is';
};

subtest 'flagged messages' => sub {
	$world->api(POST => '/msgs/Ann', { content => 'a flagged one' });
	$world->sql(q{UPDATE messages SET flagged = true
		WHERE text = 'a flagged one'});
	my $count = q{SELECT count(*) FROM messages WHERE text = 'a flagged one'};
	is as_role($_, $count), "0\n", "$_ does not see it"
	    for qw(minitwit_reader minitwit_api_reader minitwit_api_poster);
	is $world->sql($count), 1, '... but it is there';
};

# What a program asks for that somebody has taken over.
subtest 'the role of the sign-in' => sub {
	$world->register('Cid');
	my $hashes = sub {
		my ($call) = @_;
		return as_role('minitwit_auth', "SELECT count(pw_hash) FROM"
			. " generate_series(1, 200) AS n CROSS JOIN LATERAL $call");
	};
	is $hashes->("login_begin('Cid', NULL, NULL)"), "0\n",
	    'no hash without a count';
	cmp_ok $hashes->("login_begin('Cid', NULL, '203.0.113.' || 0 * n)"), '<=', 10,
	    'no more hashes in one statement than attempts';
	cmp_ok $hashes->("login_begin('Cid', NULL, '203.0.113.' || n % 200)"), '<=',
	    10, '... nor from many addresses';
	cmp_ok $hashes->("login_begin('Cid', NULL, 'rubbish ' || n)"), '<=', 60,
	    '... nor from none';
	my $begin = sub {
		my ($hash, $replacement) = @_;
		return as_role('minitwit_auth', 'SELECT session_begin(user_id, '
			. "repeat('d', 64), '192.0.2.1', NULL, $hash, $replacement)"
			. " FROM login_begin('Cid', NULL, NULL)");
	};
	is $begin->('NULL', 'NULL'), "f\n", 'no session without the hash';
	is $begin->("''", 'NULL'), "f\n", '... or with another';
	my $mine = "'scrypt:16384:8:1\$salt\$" . 'a' x 128 . q{'};
	is $begin->('NULL', $mine), "f\n", '... and no password';
	my $hash = $world->sql(q{SELECT pw_hash FROM users WHERE username = 'Cid'});
	is $begin->("'$hash'", $mine), "t\n", 'with the hash there is a session';
	is $world->sql(q{SELECT pw_hash FROM users WHERE username = 'Cid'}), $hash,
	    '... but no other password';
};

is $world->sql(q{SELECT string_agg(proname, ' ') FROM pg_proc
	WHERE prosecdef AND pronamespace = 'public'::regnamespace AND NOT EXISTS (
		SELECT FROM unnest(proconfig) AS c WHERE c LIKE 'search_path=%')}),
    '', 'each SECURITY DEFINER function has its search_path';

# --- Apache gives them their roles ---

$world->get($_, jar => $jar) for qw(/ /public /Ann /Ann/follow /login);
$world->post('/add_message', [ text => 'Hello' ], jar => $jar);
$world->get('/-/account', jar => $jar);
$world->post('/-/account/data', [ password => 'pw' ], jar => $jar);
$world->get($_) for qw(/register /metrics);
$world->get($_, jar => $jar) for qw(/register /logout);
$world->api(GET => $_) for qw(/msgs /msgs/Ann /fllws/Ann /latest);
$world->register('Zoe');
is $world->sql(q{SELECT string_agg(DISTINCT usename, ' ' ORDER BY usename)
	FROM pg_stat_activity WHERE usename LIKE 'minitwit%'}),
    join(' ', @roles), 'the routes are at work as their roles, all of them';

# --- nobody else ---

is $world->sql('SHOW listen_addresses'), '', 'PostgreSQL takes no TCP';
SKIP: {
	skip 'only root can be somebody else', 2 if $> != 0;
	my $state = $world->state;
	my @nobody = (qw(setpriv --reuid=nobody --regid=nogroup --clear-groups
		psql -XAtq -U postgres -c), 'SELECT 1', 'postgres', '-h');
	my ($in_the_way) = World::run_program('', @nobody, "$state/run");
	like $in_the_way->{stderr}, qr/Permission denied/,
	    'another user does not get to the socket';
	chmod 0755, $state, "$state/run";
	chmod 0777, "$state/run/.s.PGSQL.5432";
	my ($let_in) = World::run_program('', @nobody, "$state/run");
	like $let_in->{stderr}, qr/Peer authentication failed/,
	    '... and would not be let in';
	chmod 0700, "$state/run";
}

done_testing;
