# The drill: load, back up, load on, destroy the database's files, restore to a
# moment, find exactly the rows of that moment.  And what goes wrong on the way.
#
# The short form restores the latest state and one moment, on the same machine.

use strict;
use warnings;
use File::Temp qw(tempdir);
use Parts;
use Test::More;
use Time::HiRes qw(sleep);
use LongForm qw(long_subtest);
use Shell qw(run slurp spew);
use World;

my $root = World->root;
my $began = time;
my $temp = tempdir('minitwit-XXXXXX', TMPDIR => 1, CLEANUP => 1);
chmod 0755, $temp;
# however busy the machine is otherwise
my $world = World->new(settings => 'TurnsLongestWait 60000');
my $state = $world->state;
my $repository = "$state/pgbackrest/conf.d/repository.conf";

# --- helpers ---

sub works {
	my (@arguments) = @_;
	my ($output, $status) = $world->bin('backup', @arguments);
	is $status, 0, "backup @arguments"
	    or diag $output, scalar qx(tail -n 40 '$state/log/postgresql.log');
	return $output;
}

sub fails {
	my ($sentence, @arguments) = @_;
	my ($output, $status) = $world->bin('backup', @arguments);
	isnt $status, 0, "backup @arguments fails";
	like $output, $sentence, '... with a sentence';
	return;
}

sub say_it {
	my ($text) = @_;
	return $world->api(POST => '/msgs/Ann', { content => $text })->{status};
}

# Five clients, each with so many messages and registrations, and what is done
# meanwhile.
my $rounds = 0;
sub load {
	my ($count, $meanwhile) = @_;
	my $round = ++$rounds;
	my ($answer, @failed) = $world->at_once($meanwhile // sub { },
		map { my $client = $_; sub {
			my $name = "load-$round-$client";
			my @answers = map { $_->{status} }
			    $world->api(POST => "/register?latest=$round",
				{ username => $name, email => 'a@b', pwd => 'pw' }),
			    $world->api(POST => '/fllws/Ann', { follow => $name }),
			    map { $world->api(POST => "/msgs/$name",
				    { content => "message $_ of $round" }) } 1 .. $count;
			return scalar grep { $_ != 204 } @answers;
		} } 1 .. 5);
	is "@failed", '0 0 0 0 0', "load $round: all is acknowledged";
	return $answer;
}

# Every row there is, table by table.
sub rows {
	my %rows = map {
		my $table = $_;
		($table => $world->sql("SELECT t::text FROM $table AS t
			ORDER BY 1"))
	} split /\n/, $world->sql(q{SELECT quote_ident(tablename) FROM pg_tables
		WHERE schemaname = 'public' ORDER BY 1});
	return \%rows;
}

# A moment that a change comes after and another came before.
sub moment {
	sleep 0.01;
	my $moment = $world->sql('SELECT clock_timestamp()');
	sleep 0.01;
	return $moment;
}

# A backup leads to moments from the second after its end on.
sub await_next_second {
	my $second = time;
	sleep 0.01 until time > $second;
	return;
}

# PostgreSQL gets no chance to hand over the rest of its log.
sub crash {
	return Parts::crash(Parts->new($state)->leader('PostgreSQL'));
}

# And its files are not there any more.
sub destroy {
	crash();
	# the supervisor may start another one in it meanwhile
	system 'rm', '-rf', "$state/pg" while -e "$state/pg";
	isnt $world->get('/public?before=5')->{status}, 200, 'the database is gone';
	return;
}

# --- before there is a backup ---

subtest 'without backups' => sub {
	is $world->sql('SHOW archive_mode'), 'on', 'the log could be kept';
	$world->sql('SELECT pg_switch_wal()');
	ok !-e "$state/pgbackrest", 'but nobody wants it';
	fails(qr/no backup yet: `make backup`/, $_) for qw(list check);
	fails(qr/repository\.conf is missing/, 'restore');
	fails(qr/TYPE=some: please give full, diff or incr/, 'run', 'some');
};

# --- the drill ---

my $jar = $world->login('Ann');
my ($early, $rows, $moment);

subtest 'load, back up, load on' => sub {
	load(5);
	my $said = load(10, sub { join '', $world->bin('backup', 'run') });
	like $said, qr/the key of the backups is in \Q$repository\E: keep a copy/,
	    'it says what to keep';
	like $said, qr/backed up: \S+F: full, .*\n0\z/s, 'the first one is full';
	like works('run'), qr/F_\S+D: diff,/, 'the next one differential';

	await_next_second();
	$early = moment();
	load(5);
	like works('run', 'incr'), qr/F_\S+I: incr,/, 'or as one wishes';
	load(5);
	is $world->post('/add_message', [ text => 'the last one' ],
		jar => $jar)->{status}, 302, 'somebody posts on the site';
	$rows = rows();
	$moment = moment();
	is say_it('too late'), 204, 'and there is more';
	load(5);
};

subtest 'the files' => sub {
	like slurp($repository), qr/^repo1-cipher-type=aes-256-cbc$/m, 'encrypted';
	my ($key) = slurp($repository) =~ /^repo1-cipher-pass=(\S{64})$/m;
	ok $key, '... with a key';
	is +(stat $repository)[2] & 07777, 0600, '... that others can\'t read';
	unlike join('', map { slurp($_) }
		split /\n/, qx{find $state/backup $state/log $state/pg -type f}),
	    qr/\Q$key\E/, '... and that is nowhere else';
	unlike slurp("$state/pgbackrest/pgbackrest.conf"), qr/\@\w+\@/,
	    'no place in the settings is open';

	my $metrics = slurp("$state/textfile/backup.prom");
	my $names = qr/success_timestamp_seconds|size_bytes/;
	for my $type (qw(full diff incr)) {
		my %value = $metrics =~
		    /^minitwit_backup_last_($names)\{type="$type"\} (\d+)$/mg;
		my $time = $value{success_timestamp_seconds} // 0;
		ok $began <= $time && $time <= time,
		    "the last $type backup's time is a metric";
		cmp_ok $value{size_bytes} // 0, '>', 0, '... and so is its size';
	}
	is scalar(() = $metrics =~ /^# (?:HELP|TYPE) /mg), 4, '... with HELP and TYPE';
	like works('list'), qr/^Any\ moment\ since\ [-\d]+\ [:\d]+\+00\ can.*
		\d+-\d+F:\ full.*F_\d+-\d+D:\ diff.*F_\d+-\d+I:\ incr/xs,
	    'there is a list';
};

subtest 'check' => sub {
	my $users = $world->sql('SELECT count(*) FROM users');
	$world->sql('SELECT pg_switch_wal()');
	like works('check'), qr/: $users users, .* are whole: read, restored/s,
	    'all are whole';
	like slurp("$state/textfile/restore-check.prom"),
	    qr/^minitwit_backup_restore_check_timestamp_seconds \d+$/m, 'a metric';
	is join('', glob "$state/pgbackrest/check*"), '', 'nothing is left';
};

# The same after a restore to $moment, whatever was before.
sub is_as_it_was {
	is_deeply rows(), $rows, 'exactly the rows of the moment';
	is $world->api(GET => '/latest')->{json}{latest}, 4, 'and the latest number';
	is $world->get('/', jar => $jar)->{status}, 200, 'who was logged in is';
	is $world->post('/add_message', [ text => 'again' ], jar => $jar)->{status},
	    302, 'and can post';
	load(2);
	# PostgreSQL's statistics are not in a backup
	my ($users) = $world->get('/metrics')->{content} =~ /^minitwit_users (\S+)/m;
	is $users, $world->sql('SELECT count(*) FROM users'),
	    'the number of users is a metric';
	return;
}

subtest 'the files are destroyed, and the moment restored' => sub {
	destroy();
	# from its end on moments are of the new history, however slow the archive is
	mkdir "$temp/slow" or die $!;
	spew("$temp/slow/pgbackrest", "#!/bin/sh\n"
		. "case \$* in *archive-push*.history) sleep 4 ;; esac\n"
		. qq(exec /usr/bin/pgbackrest "\$@"\n));
	chmod 0755, "$temp/slow", "$temp/slow/pgbackrest";
	local $ENV{PATH} = "$temp/slow:$ENV{PATH}";
	like works('restore', $moment), qr/restored, and the site is running/;
	is_as_it_was();
	is join('', glob "$state/pg.before-*"), '', 'there was nothing to keep';
};

# From here on there is a second history, which left the first at $moment.

my $second = moment();

long_subtest 'to another moment, while the site is running' => sub {
	like works('restore', $early), qr/kept in \Q$state\E\/pg\.before-/;
	is $world->sql('SELECT count(*) FROM users'), 11, 'two loads less';
	like works('restore', $moment), qr/restored/, 'and to the first one again';
	is_as_it_was();
	is scalar(() = glob "$state/pg.before-*"), 2, 'what was before is kept';
	unlike slurp("$state/pg/postgresql.auto.conf"),
	    qr/^(?:restore_command|recovery_target)/m,
	    'nothing would send a standby there';
};

subtest 'to the latest state' => sub {
	is say_it('very last'), 204, 'somebody says something';
	my $last = rows();
	works('restore');
	is_deeply rows(), $last, 'of a running site nothing is lost';
	is say_it('more'), 204, 'it goes on';
	$last = rows();
	crash();
	works('restore');
	is_deeply rows(), $last, 'nor of one that crashed, while there are files';
	like works('run'), qr/diff,/, 'the next backup works';
	is say_it('and more'), 204, 'and on';
	$world->sql('SELECT pg_switch_wal()');
	$last = rows();
	sleep 0.1 until $world->sql(q{SELECT last_archived_wal
		>= pg_walfile_name(pg_current_wal_lsn() - 1)
		FROM pg_stat_archiver}) eq 't';
	destroy();
	works('restore');
	is_deeply rows(), $last, 'nor what was in the backups of a lost one';
	load(2);
	works('restore', $second);
	is $world->sql(q{SELECT count(*) FROM messages WHERE text = 'again'}), 1,
	    'a moment of the second history is there, too';
};

long_subtest 'a restored database that is of no use' => sub {
	my $migrate = "$state/site/bin/migrate";
	my $program = slurp($migrate);
	my $when = moment();
	is say_it('kept'), 204, 'a message';
	spew($migrate, "#!/bin/sh\nexit 1\n");
	fails(qr/is again what it was.*nothing was restored: /s, 'restore', $when);
	spew($migrate, $program);
	# PgBouncer's pools may need a moment
	for (1 .. 600) {
		last if say_it('and more') == 204;
		sleep 0.1;
	}
	is say_it('and more'), 204, 'the site goes on';
	my $last = rows();
	works('restore');
	is_deeply rows(), $last, '... and that is its latest state';
};

long_subtest 'a database that somebody has put back' => sub {
	my $last = rows();
	my %there = map { ($_ => 1) } glob "$state/pg.before-*";
	works('restore', $second);
	my ($before) = grep { !$there{$_} } glob "$state/pg.before-*";
	$world->ctl('stop');
	rename "$state/pg", "$temp/unwanted" or die $!;
	rename $before, "$state/pg" or die $!;
	is $world->ctl('start'), 0, 'it starts';
	works('run');
	works('restore');
	is_deeply rows(), $last, 'what was backed up is the latest state';
};

# However little there is of it, PostgreSQL hands its log over after
# archive_timeout; unless its checkpointer sleeps on, as after each start.
long_subtest 'the log is handed over in time' => sub {
	my $handed_over = sub {
		my ($when) = @_;
		is say_it($when), 204, "a message $when";
		my $part = $world->sql('SELECT pg_walfile_name(pg_current_wal_lsn())');
		my $last = '';
		for (1 .. 6000) {
			$last = $world->sql('SELECT last_archived_wal'
				. ' FROM pg_stat_archiver');
			last if $last ge $part;
			sleep 0.1;
		}
		cmp_ok $last, 'ge', $part, '... is in the backups soon';
	};
	$world->sql(q{ALTER SYSTEM SET archive_timeout = '1s'});
	$world->ctl('stop');
	$world->ctl('start');
	$handed_over->('after a start');

	kill KILL => $world->sql('SELECT pid FROM pg_stat_activity'
		. q{ WHERE backend_type = 'walwriter'});
	sleep 0.1 until say_it('is it back?') == 204;
	$handed_over->('after a crash of one of its processes');
	$world->sql('ALTER SYSTEM RESET archive_timeout');
	$world->sql('SELECT pg_reload_conf()');
};

# --- what goes wrong ---

subtest 'what can\'t be restored' => sub {
	my $pid = slurp("$state/pg/postmaster.pid");
	fails(qr/TO=\Q$_\E is not a moment: please give one like/, 'restore', $_)
	    for '', 'nonsense', 'now', '2026-02-30 10:00', '5', '2026-11-21';
	fails(qr/TO=2100-01-01 00:00:00\+01 is yet to come/, 'restore',
		'2100-01-01 00:00:00+01');
	fails(qr/first moment that can be restored is [-\d]+ [:\d]+\+00/,
		'restore', '2001-01-01T00:00Z');

	my $df = "$temp/df";
	mkdir $df;
	spew("$df/df", "#!/bin/sh\necho Avail\necho 1048576\n");
	chmod 0755, "$df/df";
	{
		local $ENV{PATH} = "$df:$ENV{PATH}";
		fails(qr/needs \d+ MB beside .* has room for 1 MB/, $_)
		    for qw(restore check);
	}

	my $settings = slurp($repository);
	spew($repository, $settings =~ s/(?<=pass=)..../XXXX/r);
	fails(qr/can't be read\. Is the key in/, 'restore');
	fails(qr/damaged, or can't be read/, 'check');
	spew($repository, $settings =~ s/(?<=path=)\S+/$temp/r);
	fails(qr/no backup \(.*\): .* unless they are on a disk/, 'restore');
	spew($repository, $settings);

	my ($bundle) = glob "$state/backup/backup/minitwit/*F/bundle/1";
	my $bytes = slurp($bundle);
	spew($bundle, $bytes =~ s/\A(.{1000}).{4000}/$1 . '-' x 4000/esr);
	fails(qr/damaged, or can't be read: .*status: error/s, 'check');
	spew($bundle, $bytes);

	rename "$state/backup", "$temp/away";
	spew("$state/backup", '');
	fails(qr/no backups can be made there/, 'setup');
	ok -e "$state/pgbackrest/pgbackrest.conf",
	    'the log still waits for a repository that is away';
	unlink "$state/backup";
	rename "$temp/away", "$state/backup";

	is slurp("$state/pg/postmaster.pid"), $pid,
	    'the site has run on all the while';
	is say_it('undisturbed'), 204, '... and takes messages';
};

long_subtest 'a recovery that fails' => sub {
	works('run', 'full');
	# the log between the last backup and the moment is lost
	my $from = $world->sql('SELECT pg_walfile_name(pg_current_wal_lsn())');
	is say_it('kept'), 204, 'a message';
	my $last = rows();
	await_next_second();
	my $when = moment();
	is say_it('kept, too'), 204, 'and another';
	$world->sql('SELECT pg_switch_wal()');
	sleep 0.1 until $world->sql(q{SELECT last_archived_wal
		>= pg_walfile_name(pg_current_wal_lsn() - 1)
		FROM pg_stat_archiver}) eq 't';
	my $count = $world->sql('SELECT count(*) FROM messages');
	my ($part) = glob "$state/backup/archive/minitwit/*/*/$from-*";
	spew($part, 'nonsense');
	fails(qr/is again what it was.*nothing was restored: /s, 'restore', $when);
	is $world->sql('SELECT count(*) FROM messages'), $count,
	    'the database is what it was';
	is say_it('undisturbed'), 204, '... and takes messages';
};

# The servers' user may be a program that was taken over; root follows none of its
# links.
subtest 'links of the servers\' user' => sub {
	plan skip_all => 'only root has the rights of others' if $>;
	my $theirs = "$temp/root's";
	mkdir $theirs;
	spew("$theirs/file", 'as it was');
	chmod 0755, $theirs;
	my $things = sub {
		my ($said) = run('find', $theirs, '-printf', '%P %m %u:%g %s %T@\n');
		return join '', sort split /^/, $said;
	};
	my $before = $things->();
	my $owner = sub {
		return (run(qw(setpriv --reuid=minitwit --regid=minitwit
			--clear-groups), @_))[1] == 0;
	};
	for my $name (qw(textfile pgbackrest run log backup)) {
		ok !$owner->('mv', "$state/$name", "$state/$name.away"),
		    "the user can't replace $name itself";
	}
	my @links = (
		[ "$state/textfile/backup.prom.new", "$theirs/new", 'run', 'incr' ],
		[ "$state/textfile/backup.prom", "$theirs/file", 'run', 'incr' ],
		[ "$state/pgbackrest/conf.d", $theirs, 'run', 'incr' ],
		[ "$state/pgbackrest/conf.d", $theirs, 'setup' ],
		[ "$state/pgbackrest/pgbackrest.conf", "$theirs/new", 'setup' ],
		[ "$state/pgbackrest/pgbackrest.conf.new", "$theirs/file", 'setup' ],
		[ "$state/pgbackrest/check", $theirs, 'check' ],
	);
	for my $row ($ENV{LONG} ? @links : @links[0, 4]) {
		my ($path, $to, @command) = @$row;
		my $there = -e $path;
		$owner->('mv', $path, "$path.away") if $there;
		ok $owner->('ln', '-s', $to, $path), "$path is a link";
		$world->bin('backup', @command); # whether or not it fails
		is $things->(), $before, "... and not followed by @command";
		$owner->('rm', '-rf', $path);
		$owner->('mv', "$path.away", $path) if $there;
	}
	works('setup');
};

subtest 'an interrupted restore' => sub {
	is $world->ctl('stop'), 0, 'a stop' or diag $world->{said};
	rename "$state/pg", "$state/pg.before-now";
	mkdir "$state/pg.restoring";
	isnt $world->ctl('start'), 0, 'no empty site starts in its place'
	    or diag $world->{said};
	like $world->{said}, qr/a restore was interrupted: run `make restore` again/,
	    '... and it says why';
	rename "$state/pg.before-now", "$state/pg";
	is $world->ctl('start'), 0, 'it starts with what there was';
};

# --- elsewhere ---

long_subtest 'another machine, another user' => sub {
	my $new = "$temp/new";
	my @owner = $> ? () : qw(setpriv --reuid=nobody --regid=nogroup
		--clear-groups env HOME=/nonexistent);
	my %settings = (%{ $world->{env} }, STATE => $new);
	@settings{qw(PORT API_PORT)} = World::free_ports(2);
	local %ENV = (%ENV, %settings);

	works('run', 'full');
	my $rows = rows();
	my $id = $world->sql('SELECT system_identifier FROM pg_control_system()');
	$world->ctl('stop');
	# what is left of the old one, and of its user's
	mkdir $_ for $new, "$new/pgbackrest", "$new/pgbackrest/conf.d";
	system 'cp', '-r', "$state/backup", "$new/backup";
	spew("$new/pgbackrest/conf.d/repository.conf",
		slurp($repository) =~ s/(?<=path=)\S+/$new\/backup/r);
	my ($said, $status) = run('make', '--no-print-directory', '-s', '-C',
		$root, 'install', "prefix=$new/site", 'DESTDIR=');
	is $status, 0, 'make install' or diag $said;
	system qw(chown -R nobody:nogroup), $new if !$>;

	($said, $status) = run(@owner, "$new/site/bin/backup", 'restore');
	is $status, 0, 'restore' or diag $said;
	like $said, qr/`make start` starts the site/, '... says how to go on';
	($said, $status) = run(@owner, "$new/site/bin/minitwitctl", 'start');
	is $status, 0, 'start' or diag $said;
	{
		local $world->{state} = $new;
		local $world->{port} = $settings{PORT};
		local $world->{api_port} = $settings{API_PORT};
		is_deeply rows(), $rows, 'all rows are there';
		is say_it('here'), 204, 'it takes messages';
		($said, $status) = run(@owner, "$new/site/bin/backup", 'run');
		is $status, 0, 'and is backed up' or diag $said;
	}
	run(@owner, "$new/site/bin/minitwitctl", 'stop');
	is $world->ctl('start'), 0, 'the old one is what it was';
};

long_subtest 'a PostgreSQL of the system' => sub {
	my @owner = $> ? () : qw(setpriv --reuid=minitwit --regid=minitwit
		--clear-groups env HOME=/nonexistent);
	my $bin = '/usr/lib/postgresql/15/bin';
	my $pg = "$temp/system";
	my %settings = (STATE => "$temp/backups", PGDATA => "$pg/main",
		PGHOST => $pg);
	mkdir $_ for $pg, $settings{STATE};
	if (!$>) {
		system qw(chown minitwit), $pg;
		mkdir "$settings{STATE}/run";
	}
	my $in_it = sub {
		my (@command) = @_;
		local %ENV = (%ENV, %settings, PGUSER => 'postgres');
		my ($said, $status) = run(@command);
		is $status, 0, $command[0] or diag $said;
		return $said;
	};
	my $pg_ctl = sub {
		$in_it->(@owner, "$bin/pg_ctl", @_, qw(--silent --wait),
			"--log=$pg/log");
	};

	$in_it->(@owner, "$bin/initdb", qw(--auth=trust --username=postgres));
	# what doc/backup.md says, and where the server of a test can be
	my ($settings) = slurp("$root/doc/backup.md") =~ /^\tarchive_mode.*?\n\n/ms
	    ? $& : '';
	$settings =~ s/^\t//mg;
	$settings =~ s{/var/lib/minitwit}{$settings{STATE}}g;
	spew("$pg/main/postgresql.auto.conf", join "\n", $settings,
		"listen_addresses = ''", "unix_socket_directories = '$pg'", '');
	$pg_ctl->('start');
	$in_it->("$root/bin/migrate");
	like $in_it->("$root/bin/backup", 'run'), qr/full,/, 'it is backed up';
	like $in_it->("$root/bin/backup", 'check'), qr/ 0 users.* whole/s, 'restored';
	$in_it->('psql', 'minitwit', '-Xqc', 'CREATE TABLE mine ()');
	$pg_ctl->('stop');
	{
		local $world->{env} = \%settings;
		fails(qr/PGDATA=\S+ is not MiniTwit's own/, 'restore');
	}
	my $backups = "$settings{STATE}/pgbackrest";
	$in_it->(@owner, 'pgbackrest', "--config=$backups/pgbackrest.conf",
		"--config-include-path=$backups/conf.d", '--stanza=minitwit',
		'--delta', 'restore');
	$pg_ctl->('start');
	$in_it->('psql', 'minitwit', '-Xqc', 'TABLE mine');
	$pg_ctl->('stop');
};

subtest 'systemd' => sub {
	my ($found) = run('sh', '-c', 'command -v systemd-analyze');
	plan skip_all => 'systemd is not installed' if $found eq '';
	my @names = map {m{([^/]+)$}} glob "$root/ops/systemd/*";
	is @names, 8, 'timers and services';
	for my $name (@names) {
		spew("$temp/" . $name =~ s/\@/\@full/r,
			slurp("$root/ops/systemd/$name")
			    =~ s{/var/lib/minitwit/site/}{$root/}gr);
	}
	my @units = glob "$temp/*.{service,timer}";
	is_deeply [ run('systemd-analyze', 'verify', @units) ], [ '', 0 ],
	    'systemd finds no fault with them';
};

done_testing;
