# make run, start, stop and status: what they start, what they leave, and what
# they say when something is in the way.  bin/migrate and bin/need-packages, too.
#
# The short form kills and stops in fewer ways, and not as an ordinary user.

use strict;
use warnings;
use File::Glob qw(bsd_glob);
use File::Temp qw(tempdir);
use HTTP::Tiny;
use IO::Socket::INET;
use JSON::PP;
use MIME::Base64 qw(encode_base64);
use POSIX qw(_exit setpgid WNOHANG);
use Test::More;
use Time::HiRes qw(sleep);
use LongForm qw(long_subtest);
use Parts qw(is_alive process);
use Shell qw(run slurp spew);
use World;

# Settings on the command line of `make check` are not for these.
delete @ENV{qw(MAKEFLAGS MFLAGS MAKEOVERRIDES MAKELEVEL)};

my $root = World->root;
my $temp = tempdir('minitwit-XXXXXX', TMPDIR => 1, CLEANUP => 1);
chmod 0755, $temp;
my ($port, $api_port) = World::free_ports(2);
my %settings = (
	STATE => "$temp/state",
	HOST => '127.0.0.1',
	PORT => $port,
	API_PORT => $api_port,
);
my %states = ($settings{STATE} => 1);	# to stop at the end
# as somebody else where root runs the test; minitwit is who root's stack runs as
my @as_nobody = qw(setpriv --reuid=nobody --regid=nogroup --clear-groups
	env HOME=/nonexistent);
my @as_owner = $> ? () : qw(setpriv --reuid=minitwit --clear-groups);

# --- helpers ---

# One that goes on until it is killed.
sub sleeper {
	my (@command) = @_;
	my $pid = fork // die "no fork: $!";
	exec @command or _exit 127 if !$pid;
	return $pid;
}

sub end_sleeper {
	my ($pid) = @_;
	kill KILL => $pid;
	waitpid $pid, 0;
	return;
}

sub make {
	my ($target, %changes) = @_;
	local %ENV = (%ENV, %settings, %changes);
	$states{ $ENV{STATE} } = 1;
	return run('make', '--no-print-directory', '-C', $root, $target);
}

sub works {
	my ($target, %changes) = @_;
	my ($output, $status) = make($target, %changes);
	is $status, 0, "make $target" or diag $output;
	return $output;
}

sub fails {
	my ($target, $sentence, %changes) = @_;
	my ($output, $status) = make($target, %changes);
	isnt $status, 0, "make $target fails";
	like $output, $sentence, 'with a sentence';
	return $output;
}

# Waits until something is true.
sub eventually {
	my ($is_so) = @_;
	for (1 .. 6000) {
		my $answer = $is_so->();
		return $answer if $answer;
		sleep 0.1;
	}
	return;
}

my @parts = qw(PostgreSQL PgBouncer Apache supervisor);

sub parts {
	my ($state) = @_;
	return Parts->new($state // $settings{STATE});
}

# The process that leads a part.
sub pid {
	my ($part, $state) = @_;
	return parts($state)->leader($part);
}

# The parts, their supervisor, and the processes that they started.
sub processes {
	my ($state) = @_;
	return map { parts($state)->all($_) } @parts;
}

sub all_gone {
	my (@processes) = @_;
	cmp_ok @processes, '>', 3, 'there were processes';
	ok eventually(sub { !grep { is_alive($_) } @processes }),
	    'and all are gone';
	return;
}

# Nothing runs with a file of that folder, or of any of them.
sub nothing_runs {
	my ($state) = @_;
	my @left = grep { slurp($_) =~ /\Q$state\E/ } glob '/proc/[0-9]*/cmdline';
	is "@left", '', 'nothing is left running'
	    or diag map { slurp($_) =~ tr/\0/ /r . "\n" } @left;
	return;
}

sub status_of {
	my ($target, $to) = @_;
	my $host = $settings{HOST};
	return HTTP::Tiny->new->get("http://$host:" . ($to // $port) . $target)
	    ->{status};
}

sub register {
	my ($name) = @_;
	return HTTP::Tiny->new->post(
		"http://$settings{HOST}:$api_port/register",
		{
			headers => {
				'Content-Type' => 'application/json',
				'Authorization' => 'Basic '
				    . encode_base64('simulator:super_safe!', ''),
			},
			content => encode_json(
				{ username => $name, email => 'a@b', pwd => 'pw' }),
		})->{status};
}

# Another user's process with the program's name and the argument of a part's.
sub impostor {
	my ($name, $argument) = @_;
	my $program = new_folder();
	mkdir $program;
	system 'cp', '/usr/bin/tail', "$program/$name";
	return sleeper(@as_nobody, 'sh', '-c', 'cd "$1" && exec "$1/$2" -F "$3" 2>&-',
		'sh', $program, $name, $argument);
}

sub sql {
	my ($database, $sql) = @_;
	my ($output) = run('psql', '-XAtq', '-h', "$settings{STATE}/run", '-U',
		'postgres', '-d', $database, '-c', $sql);
	chomp $output;
	return $output;
}

# Where the processes listen on TCP, as hexadecimal ADDRESS:PORT of /proc.
sub listening {
	my (@pids) = @_;
	my %ours = map { $_ => 1 }
	    map { (readlink($_) // '') =~ /^socket:\[(\d+)\]/ ? $1 : () }
	    map { glob "/proc/$_/fd/*" } @pids;
	my %found;
	for (map { split /\n/, slurp("/proc/net/$_") } qw(tcp tcp6)) {
		my (undef, $local, undef, $state, @rest) = split;
		$found{$local} = 1 if $state eq '0A' && $ours{ $rest[5] };
	}
	return sort keys %found;
}

# A file of its own for each setting: what it leaves is removed with the rest.
my $folders = 0;
sub new_folder { return "$temp/" . ++$folders }

# --- in the background ---

subtest 'start, status, stop' => sub {
	works('stop');
	fails('status', qr/not running/);
	my $output = works('start', PGDATABASE => 'other', PGPORT => 1);
	like $output, qr{http://127\.0\.0\.1:$port/public}, 'it says where';
	like $output, qr{http://127\.0\.0\.1:$api_port/latest}, 'and the API';
	is status_of('/public'), 200, 'the site answers';
	is status_of('/latest', $api_port), 200, 'the API answers';
	is register('Ann'), 204, 'somebody registers';

	my @pids = processes();
	is_deeply [ listening(@pids) ],
	    [ sort map { sprintf '0100007F:%04X', $_ } $port, $api_port ],
	    'on loopback only, and no database on TCP';
	works('status');
	like works('start'), qr/is running already/, 'a second start says so';
	fails('run', qr/is running already/);
	is "@{[ processes() ]}", "@pids", 'which changes nothing';

	# it has a file of STATE as an argument, too
	my $innocent = sleeper('tail', '-F', "$settings{STATE}/run/pgbouncer.ini");
	my @processes = map { process($_) } @pids;
	works('stop');
	all_gone(@processes);
	ok is_alive(process($innocent)), 'but nothing else is';
	end_sleeper($innocent);

	my $cluster = (stat "$settings{STATE}/pg/PG_VERSION")[1];
	unlike works('start'), qr/^  [A-Z]+ /m, 'the second start builds nothing';
	is((stat "$settings{STATE}/pg/PG_VERSION")[1], $cluster,
		'and makes no other cluster');
	is register('Ann'), 400, 'and the data are still there';
	is +(stat $settings{STATE})[2] & 07, 0, 'STATE is closed to others';
};

subtest 'the administrator\'s environment' => sub {
	works('stop');
	local %ENV = (%ENV, %settings);
	# make's shell would drop a function
	my ($said, $status) = run(qw(env SECRET_OF_ROOT=private-1
		AWS_SECRET_ACCESS_KEY=private-2 PERL5LIB=/private-3),
		'BASH_FUNC_private%%=() { :; }', 'com.example.private=1',
		"$root/bin/minitwitctl", 'start');
	is $status, 0, 'start' or diag $said;
	like slurp('/proc/' . pid($_) . '/environ'), qr/(?:^|\0)PATH=/,
	    "$_ has an environment" for @parts;
	is_deeply [ grep { slurp("/proc/$_/environ") =~ /private/i } processes() ],
	    [], 'but nothing that is not for it';
};

subtest 'bin/migrate' => sub {
	local @ENV{qw(STATE PGDATABASE)} = ($settings{STATE}, 'fresh "one"');
	my $all = () = bsd_glob "$root/sql/migrations/*.sql";
	my @both = map {
		open my $from, '-|', "'$root/bin/migrate' 2>&1" or die $!;
		$from
	} 1 .. 2;
	my @said = map { join '', <$_> } @both;
	ok close $_, 'one of two at once' for @both;
	is join('', @said) =~ s/^applied \d+_\w+\n//gmr, '', 'says no more';
	is sql($ENV{PGDATABASE}, 'SELECT count(*) FROM schema_migrations'),
	    $all, 'each is recorded, once';
	is_deeply [ run("$root/bin/migrate") ], [ '', 0 ], 'again: nothing';

	my $copy = new_folder();
	system "mkdir '$copy' && cp -r '$root/bin' '$root/ops' '$root/sql' '$copy'";
	spew("$copy/sql/migrations/9001_broken.sql",
		'CREATE TABLE broken (); SELECT 1 / 0;');
	spew("$copy/sql/migrations/9002_after.sql", 'CREATE TABLE after ();');
	my ($output, $status) = run("$copy/bin/migrate");
	isnt $status, 0, 'a broken one fails';
	like $output, qr/division by zero/, 'with the reason';
	is sql($ENV{PGDATABASE}, q{SELECT to_regclass('broken') IS NULL
		AND to_regclass('after') IS NULL
		AND (SELECT max(version) FROM schema_migrations) < 9000}),
	    't', 'and leaves nothing, nor do those after it';
};

subtest 'after a crash' => sub {
	for my $part ('Apache', $ENV{LONG} ? qw(PgBouncer PostgreSQL) : ()) {
		my $pid = pid($part);
		kill KILL => $pid;
		ok eventually(sub { (make('status'))[1] == 0
			    && pid($part) != $pid }), "$part comes back by itself";
		ok eventually(sub {
			slurp("$settings{STATE}/log/supervisor.log") =~
			    / $part is away: .* $part is back: process /s
		}), '... the supervisor says so';
	}
	my $supervisor = pid('supervisor');
	kill KILL => $supervisor;
	fails('status', qr/Apache: running.*supervisor: not running/s);
	is status_of('/public'), 200, 'without a supervisor it goes on';
	works('start');
	works('status');
	isnt pid('supervisor'), $supervisor, 'it has another one';

	my @processes = map { process($_) } processes();
	kill KILL => map { pid($_) } @parts;
	works('stop');
	all_gone(@processes);

	# process ids are used again
	my $other = sleeper(@as_owner, 'sleep', 600);
	spew(parts()->pid_file($_), "$other\n") for @parts;
	fails('status', qr/Apache: not running/);
	works('start');
	is status_of('/public'), 200, "somebody else's process id is no matter";
	works('stop');
	ok is_alive(process($other)), 'to either';
	end_sleeper($other);
};

# Another user can give a process any name and arguments.
subtest 'processes of other users' => sub {
	plan skip_all => 'only root can be somebody else' if $>;
	my $state = $settings{STATE};
	my %others = map { $_->[0] => impostor(@$_[1, 2]) } (
		[ PgBouncer => 'pgbouncer', "$state/run/pgbouncer.ini" ],
		[ Apache => 'apache2', "$state/site/apache/httpd.conf" ],
		[ supervisor => 'minitwitctl', $state ],
		[ PostgreSQL => 'postgres', "$state/pg" ],
		[ 'access.log' => 'log-writer', "$state/log/access.log" ],
		[ 'apache.log' => 'log-writer', "$state/log/apache.log" ],
		[ Side => 'apache2', "$state/side/site/apache/httpd.conf" ],
		[ SidePool => 'pgbouncer', "$state/side/run/pgbouncer.ini" ],
	);
	ok eventually(sub { !grep { slurp("/proc/$_/comm") !~
		    /^(?:pgbouncer|apache2|minitwitctl|postgres|log-writer)$/ }
		values %others }), 'there are some of the same names';
	my @processes = map { process($_) } values %others;
	spew(parts()->pid_file($_), "$others{$_}\n") for @parts;
	fails('status', qr/Apache: not running.*supervisor: not running/s);
	my $began = time;
	unlike works('start'), qr/killing/, 'they are not in the way of a start';
	works('status');
	for my $part (qw(PgBouncer Apache)) {
		my $pid = pid($part);
		kill KILL => $pid;
		ok eventually(sub { (make('status'))[1] == 0
			    && pid($part) != $pid }), "... nor of a restart of $part";
	}
	unlike works('stop'), qr/killing/, '... nor of a stop';
	cmp_ok time - $began, '<', 60, '... which wait for none of them';
	is_deeply [ grep { !is_alive($_) } @processes ], [], 'they live on';
	end_sleeper($_) for values %others;
};

# --- in the foreground ---

# Starts `make run` as a terminal does; gives its process, and its output's file.
sub make_run {
	my $log = new_folder();
	my $pid = fork // die "no fork: $!";
	if (!$pid) {
		setpgid(0, 0);
		$SIG{$_} = 'DEFAULT' for qw(INT TERM HUP);
		open STDOUT, '>', $log or die $!;
		open STDERR, '>&', \*STDOUT or die $!;
		%ENV = (%ENV, %settings);
		exec 'make', '--no-print-directory', '-C', $root, 'run'
		    or _exit 127;
	}
	return ($pid, $log);
}

sub has_ended {
	my ($pid) = @_;
	return ok eventually(sub { waitpid($pid, WNOHANG) == $pid }),
	    'make run ends';
}

my @ends = (
	[ 'Ctrl-C' => sub { kill INT => -$_[0] } ],
	[ 'SIGTERM to make' => sub { kill TERM => $_[0] } ],
	[
		'Ctrl-C, twice' => sub {
			kill INT => -$_[0];
			my $log = $_[1];
			eventually(sub { slurp($log) =~ /stopping/ });
			kill INT => -$_[0];
		}
	],
	[ 'a closed terminal' => sub { kill HUP => -$_[0] } ],
	[ 'make stop elsewhere' => sub { make('stop') } ],
);
for my $how ($ENV{LONG} ? @ends : $ends[0]) {
	my ($name, $end) = @$how;
	subtest "make run until $name" => sub {
		my ($pid, $log) = make_run();
		ok eventually(sub { slurp($log) =~ /Ctrl-C/ }), 'it runs'
		    or diag slurp($log);
		like slurp($log), qr{http://127\.0\.0\.1:$port/public},
		    'it says where';
		my @processes = map { process($_) } processes();
		$end->($pid, $log);
		has_ended($pid);
		all_gone(@processes);
		ok eventually(sub { !(kill 0 => -$pid) }),
		    'and so is its process group';
	};
}

long_subtest 'make run is killed, and its supervisor' => sub {
	my ($pid, $log) = make_run();
	ok eventually(sub { slurp($log) =~ /Ctrl-C/ }), 'it runs'
	    or diag slurp($log);
	my $supervisor = pid('supervisor');
	kill KILL => $supervisor;
	ok eventually(sub { (make('status'))[1] == 0
		    && pid('supervisor') != $supervisor }),
	    'there is another supervisor';
	like slurp($log), qr/the supervisor was killed/, '... and it says so';
	my $apache = pid('Apache');
	kill KILL => -$pid;
	has_ended($pid);
	kill KILL => $apache;
	ok eventually(sub { (make('status'))[1] == 0
		    && pid('Apache') != $apache }),
	    'its end does not matter to the site';
	works('stop');
	nothing_runs($settings{STATE});
};

subtest 'a signal while it starts' => sub {
	for my $part ($ENV{LONG} ? qw(PostgreSQL PgBouncer) : (), 'Apache') {
		my ($pid, $log) = make_run();
		ok eventually(sub { pid($part) }), "$part starts";
		kill TERM => $pid;
		has_ended($pid);
		nothing_runs($settings{STATE});
	}
};

# --- what can be in the way ---

subtest 'ports' => sub {
	my $other = IO::Socket::INET->new(LocalAddr => '127.0.0.1',
		Listen => 1)
	    or die "no port: $!";
	my $taken = $other->sockport;
	for my $name (qw(PORT API_PORT)) {
		fails('start', qr/port $taken is in use .* with $name=/,
			$name => $taken);
		fails('run', qr/$name=abc is not a port: please/, $name => 'abc');
		fails('start', qr/$name=65536 is not/, $name => 65536);
	}
	fails('start', qr/both $port: please give two/, API_PORT => $port);
	nothing_runs($settings{STATE});
};

subtest 'STATE' => sub {
	my $locked = new_folder();
	mkdir $locked, $> ? 0555 : 0700;
	fails('start', qr/can't (?:make|write).*: choose another/,
		STATE => "$locked/state");
	fails('start', qr/is too long .*: please choose a shorter one/s,
		STATE => "$temp/" . 'long' x 25);
	fails('start', qr/has a character that .* please choose another/s,
		STATE => "$temp/$_") for 'a b', 'a&b', "a'b", 'a$b';

	my $version = "$settings{STATE}/pg/PG_VERSION";
	spew($version, "14\n");
	fails('start', qr/is PostgreSQL 14's.* pg_dump .* with STATE=/s);
	spew($version, "15\n");
	nothing_runs($temp);

	return if $>;
	my @stat = stat $settings{STATE};
	is $stat[2] & 07777, 0750, 'STATE is open to root and the servers alone';
	is getgrgid($stat[5]), 'minitwit', '... their group';
	is_deeply [ map { (stat "$settings{STATE}$_")[4] } '', '/site',
		'/site/cgi-bin/site/login', '/site/apache/httpd.conf' ],
	    [ 0, 0, 0, 0 ], 'the servers can\'t change what they run';
	my $used = new_folder();
	mkdir $used;
	spew("$used/something", '');
	fails('start', qr/is not empty: please/, STATE => $used);
	my $theirs = new_folder();
	system 'install', '-d', '-o', 'nobody', $theirs, "$theirs/run";
	fails('start', qr/is nobody's: please/, STATE => $theirs);
	is getpwuid((stat $theirs)[4]), 'nobody', '... and stays theirs';
};

subtest 'the simulator\'s password' => sub {
	my $name = 'MINITWIT_SIMULATOR_PASSWORD';
	like works('start'), qr/the course's well-known one: set $name/,
	    'the well-known one is named so';
	works('stop');
	my $secret = 'none of your business';
	my $output = works('start', $name => $secret);
	unlike $output, qr/well-known/, 'one\'s own is not';
	for my $pid (processes()) {
		unlike slurp("/proc/$pid/cmdline"), qr/\Q$secret/,
		    "the process list of $pid has it not";
	}
	is -1, index(join('', map { slurp($_) }
			bsd_glob "$settings{STATE}/{log,run,site/*}/*"), $secret),
	    '... nor a file';
	works('stop');
	my ($said, $status) = run('make', '-C', $root, 'status', "$name=$secret");
	isnt $status, 0, 'on make\'s command line it is refused';
	like $said, qr/in the environment/, '... with a sentence';
};

subtest 'HOST' => sub {
	local $settings{HOST} = '127.0.0.2';
	like works('start'), qr{http://127\.0\.0\.2:$port/public}, 'it says so';
	is status_of('/public'), 200, 'the site is there';
	$settings{HOST} = '127.0.0.1';
	is status_of('/public'), 599, 'and there only';
	works('stop');
};

subtest 'HOST is open to other machines' => sub {
	my $password = 'MINITWIT_SIMULATOR_PASSWORD';
	for my $host (qw(0.0.0.0 :: 192.0.2.1 example.org 127.0.0.1.example.org
		127.example.org)) {
		for my $well_known ('', 'super_safe!') {
			fails('start', qr/HOST=\Q$host\E\ is\ open\ .*
				set\ $password\ .*\ or\ MINITWIT_WELL_KNOWN/xs,
				HOST => $host, $password => $well_known);
		}
	}
	fails('run', qr/is open to other machines/, HOST => '0.0.0.0');
	fails('start', qr/is open to/, HOST => '0.0.0.0',
		MINITWIT_WELL_KNOWN_PASSWORD => 'no');
	nothing_runs($settings{STATE});

	my %open = (HOST => '0.0.0.0', $password => 'none of your business');
	like works('start', %open), qr{http://localhost:$port/public},
	    'with a password of one\'s own it starts';
	works('status', %open);
	is_deeply [ listening(processes()) ],
	    [ sort map { sprintf '00000000:%04X', $_ } $port, $api_port ],
	    '... on all addresses';
	works('stop', %open);
	# what comes after the password
	my $other = IO::Socket::INET->new(LocalAddr => '127.0.0.1', Listen => 1)
	    or die "no port: $!";
	fails('start', qr/port \d+ is in use/, HOST => '0.0.0.0',
		PORT => $other->sockport, MINITWIT_WELL_KNOWN_PASSWORD => 'yes');
};

subtest 'packages' => sub {
	my @user = $> ? () : @as_nobody;
	plan skip_all => 'this user may install packages'
	    if !(run(@user, qw(sudo -n true)))[1];
	my $copy = new_folder();
	system 'cp', "$root/bin/need-packages", $copy;
	my ($output, $status) = run(@user, $copy, qw(make no-such-package));
	is $status, 1, 'a package is missing';
	like $output, qr/no right to install.*\n  apt-get install .* no-such-/,
	    'a sentence says what to do';
	is_deeply [ run(@user, $copy, 'make') ], [ '', 0 ], 'none is missing';
};

# As root all the above ran as minitwit.
long_subtest 'an ordinary user' => sub {
	plan skip_all => 'is what the rest ran as' if $>;
	my $copy = new_folder();
	my $state = "$copy/var";
	system "mkdir '$copy' && tar -C '$root' --exclude=./.git"
	    . " --exclude=./build --exclude=./var -cf - . | tar -C '$copy' -xf -"
	    . " && chown -R nobody: '$copy'";
	local %ENV = (%ENV, %settings);
	delete @ENV{qw(STATE BUILD)};
	$states{$state} = 1;
	my @make = (@as_nobody, 'PATH=/usr/bin:/bin', 'make',
		'--no-print-directory', '-C', $copy);
	my ($output, $status) = run(@make, 'start');
	is $status, 0, 'make start' or diag $output;
	is +(stat $state)[2] & 07777, 0700, 'STATE is the user\'s alone';
	is status_of('/public'), 200, 'the site answers';
	is register('Ann'), 204, 'somebody registers';
	my @owners = map { scalar getpwuid((stat)[4]) }
	    "$state/pg", map {"/proc/$_"} processes($state);
	is_deeply [ grep { $_ ne 'nobody' } @owners ], [], 'all is the user\'s';
	is((run(@make, 'status'))[1], 0, 'make status');
	is((run(@make, 'stop'))[1], 0, 'make stop');
	nothing_runs($state);
};

END {
	my $exit = $?;
	for my $state (grep { -d } keys %states) {
		make('stop', STATE => $state);
	}
	$? = $exit;
}

done_testing;
