package Stack;

# The servers that are measured: a MiniTwit as it is, and beside it, on the same
# database,
#
#	fork       the same, with mod_cgid's daemon using fork() instead of vfork()
#	naive      fork(), programs that are linked dynamically, straight to
#	           PostgreSQL, and no cache
#	bare       two Apaches with nothing but what mod_cgid needs, one of each
#
# The Apaches also serve what else is compared, on ports of their own:
#
#	floor      a static file, and a hello linked in two ways; fork_floor
#	bench_...  the site on databases of other sizes
#
#	my $stack = Stack->new;
#	$stack->add_database('bench_10000', 100_000, 10_000);
#	$stack->open_ports;
#	my $url = $stack->url('floor');
#
# PostgreSQL and PgBouncer are those of the first.
#
# It also knows what all of its processes have used of the processors.

use strict;
use warnings;
use Apache;
use Carp qw(croak);
use Cwd qw(abs_path);
use File::Basename qw(dirname);
use HTTP::Tiny;
use POSIX ();
use Shell qw(slurp);
use Starts;
use Time::HiRes qw(sleep time);
use World;

my $here = abs_path(dirname(__FILE__));
my @stacks;
# The names of the processes that do not end.
my $servers = qr/^(apache2|pgbouncer|postgres|log-writer|minitwitctl)$/;
my $ticks = POSIX::sysconf(&POSIX::_SC_CLK_TCK);

# Of requests that have a number to be known by, which access.log has not.
my $ledger = 'CustomLog "${MINITWIT_STATE}/log/ledger" "%r %>s"'
    . ' "expr=%{QUERY_STRING} =~ /^n=/"';

# What it says goes to stderr.
sub new {
	my ($class) = @_;
	my $self = bless { url => {}, port => {}, log => {} }, $class;
	my $build = World::build();
	push @stacks, $self;
	(my $naive_build = $build) =~ s/static$/shared/;

	$self->make_group;
	$self->in_group(sub {
		$self->{world} = World->new(BUILD => $build,
			settings => $ledger);
	});
	$self->{url}{site} = $self->{world}->url;
	$self->{url}{api} = $self->{world}->api_url;
	$self->{folder} = $self->{world}->state . '/bench';
	$self->build_helpers;
	$self->give_ports('fork_floor');
	$self->in_group(sub {
		$self->{fork} = $self->twin('fork', undef,
			$self->floor_host('fork_floor'));
		$self->{naive} = $self->twin('naive', $naive_build,
			'SetEnv PGPORT 5432', no_cache());
		$self->bare($_) for qw(vfork fork);
	});
	return $self;
}

# The API's credentials.
sub simulator {
	return ($ENV{MINITWIT_SIMULATOR_USER} || 'simulator',
		$ENV{MINITWIT_SIMULATOR_PASSWORD} || 'super_safe!');
}

sub world { return $_[0]{world} }
sub naive { return $_[0]{naive} }
sub others { return @{ $_[0]{others} || [] } }
sub folder { return $_[0]{folder} }
sub root { return World::root() }

# Where something is served: site, api, fork, naive, floor, fork_floor, bare_vfork,
# bare_fork, or a database.
sub url { return $_[0]{url}{ $_[1] } // croak "no $_[1]" }

# How mod_cgid's daemon starts the programs of the stack that is measured.
sub start_method {
	my ($self) = @_;
	my ($method) = $self->{world}{said} =~ /programs are started by (.*)/;
	return $method // 'an unknown method';
}

# --- other Apaches ---

sub add_apache {
	my ($self, $name, %settings) = @_;
	my $apache = Apache->new(url => $self->{url}{$name}, %settings);
	push @{ $self->{others} }, $apache;
	return $apache;
}

# The site by another Apache, which uses fork(), with further settings; and with other
# programs, if their build folder is given.
sub twin {
	my ($self, $name, $build, @settings) = @_;
	my $state = "$self->{folder}/$name";
	my $of = $self->{world}->state;

	$self->give_ports($name, "${name}_api");
	run_or_die('mkdir', '-p', map {"$state/$_"} qw(run log local));
	run_or_die('cp', '-p', "$of/metrics", "$of/log-key", $state);
	if (defined $build) {
		run_or_die('cp', '-RL', "$of/site", "$state/site");
		# it leads to the other site
		run_or_die('rm', "$state/site/apache/release.conf");
		run_or_die('cp', '-R', World::root() . "/$build/cgi-bin",
			"$state/site");
	} else {
		symlink "$of/$_", "$state/$_" or croak $! for qw(site settings);
	}
	write_file("$state/local/bench.conf", join "\n",
		qq(SetEnv PGHOST "$of/run"), @settings);
	my $pid = pid_in("$of/run/apache.pid");
	return $self->add_apache($name, state => $state, ready => '/-/health',
		settings => "$state/site/apache/httpd.conf",
		env => {
			(map {/^(\w+)=(.*)/s} split /\0/,
				slurp("/proc/$pid/environ")),
			MINITWIT_STATE => $state,
			MINITWIT_SITE => "$state/site",
			MINITWIT_PORT => $self->{port}{$name},
			MINITWIT_API_PORT => $self->{port}{"${name}_api"},
		});
}

# An Apache with nothing but what mod_cgid needs, which starts programs by vfork() or
# by fork().
sub bare {
	my ($self, $method) = @_;
	my $name = "bare_$method";
	my $state = "$self->{folder}/$name";

	$self->give_ports($name);
	run_or_die('mkdir', '-p', "$state/run", "$state/log");
	write_file("$state/httpd.conf",
		$self->bare_settings($state, $self->{port}{$name}));
	return $self->add_apache($name, state => $state,
		ready => '/cgi/hello-musl', settings => "$state/httpd.conf",
		env => \%ENV, preload => $method eq 'vfork'
		? $self->{world}->state . '/site/apache/vfork.so' : undef);
}

sub bare_settings {
	my ($self, $state, $port) = @_;
	my @modules = map {
		"LoadModule ${_}_module /usr/lib/apache2/modules/mod_$_.so"
	} qw(mpm_event authz_core alias cgid);

	return join "\n", @modules, <<"APACHE";
ServerRoot "$state"
ServerName localhost
DefaultRuntimeDir "$state/run"
PidFile "$state/run/apache.pid"
ErrorLog "$state/log/error.log"
Listen 127.0.0.1:$port
MaxKeepAliveRequests 0
ScriptAlias /cgi/ "$self->{folder}/cgi/"
<Directory "$self->{folder}/cgi">
	Require all granted
</Directory>
APACHE
}

# --- programs that are only for measuring ---

sub build_helpers {
	my ($self) = @_;
	my $cc = $ENV{CC} || 'gcc';
	my @flags = qw(-std=c11 -D_DEFAULT_SOURCE -O2);
	my $folder = $self->{folder};
	my @static = (@flags, '-static');

	run_or_die('mkdir', '-p', "$folder/cgi");
	run_or_die($cc, @static, "$here/hello.c",
		'-o', "$folder/cgi/hello-glibc");
	run_or_die('musl-gcc', @static, "$here/hello.c",
		'-o', "$folder/cgi/hello-musl");
	Starts::build($folder);
	run_or_die($cc, @flags, '-I/usr/include/postgresql', "$here/query.c",
		'-o', "$folder/query", '-lpq');
	run_or_die('chmod', '-R', 'a+rX', $folder);
	return;
}

sub run_or_die {
	my (@command) = @_;
	system(@command) == 0 or croak "failed: @command";
	return;
}

sub write_file {
	my ($file, $text) = @_;
	open my $out, '>', $file or croak "$file: $!";
	print {$out} $text;
	close $out or croak "$file: $!";
	chmod 0644, $file;
	return;
}

# The file that Apache serves without any program, as long as the page is that
# the programs make.
sub write_static_page {
	my ($self, $text) = @_;
	write_file("$self->{folder}/static.html", $text);
	return;
}

# --- databases ---

# The environment of a superuser's tool.
sub database_env {
	my ($self, $name) = @_;
	return (PGHOST => $self->{world}->state . '/run', PGPORT => 5432,
		PGUSER => 'postgres', PGDATABASE => $name);
}

sub fill_database {
	my ($self, $name, $users, $messages) = @_;
	local %ENV = (%ENV, $self->database_env($name));

	run_or_die("$here/dataset", $users, $messages);
	$self->fill_pages($name);
	return;
}

# In a small database a page would be short, and that would look like growth
# later.  So the oldest messages are made to be those of the authors that are
# looked at: User 1 with 200, whom reader 500 then follows, and the silent ones
# with five each, as far as that goes.
sub fill_pages {
	my ($self, $name) = @_;
	$self->sql($name, <<'SQL');
INSERT INTO followers SELECT 500, generate_series(1, 59) ON CONFLICT DO NOTHING;
UPDATE messages SET author_id = 1 WHERE message_id <= 200;
WITH silent AS (
	SELECT whom_id,
		CASE username WHEN 'follows 20 silent' THEN 39 ELSE 59 END
		+ row_number() OVER (PARTITION BY who_id ORDER BY whom_id)
			AS fives
	FROM followers JOIN users ON user_id = who_id
	WHERE username IN ('follows 20 silent', 'follows 5000 silent'))
UPDATE messages SET author_id = whom_id FROM silent
	WHERE message_id BETWEEN 201 AND 500 AND message_id / 5 = fives;
SQL
	return;
}

# Another database, migrated and filled.  Reachable after open_ports().
sub add_database {
	my ($self, $name, $users, $messages) = @_;
	{
		local %ENV = (%ENV, $self->database_env($name));
		local $ENV{STATE} = $self->{world}->state;
		run_or_die(World::root() . '/bin/migrate >&2');
	}
	$self->fill_database($name, $users, $messages);
	push @{ $self->{databases} }, $name;
	return;
}

# What psql prints for a statement, on any of the databases.
sub sql {
	my ($self, $name, $sql) = @_;
	local %ENV = (%ENV, $self->database_env($name));

	open my $psql, '-|', 'psql', '-XAtq', '-v', 'ON_ERROR_STOP=1', '-c',
	    $sql or croak "no psql: $!";
	my $output = do { local $/ = undef; <$psql> };
	close $psql or croak "psql refuses: $sql";
	chomp $output;
	return $output;
}

# PgBouncer keeps a connection for ten minutes, and those to several databases
# together would soon be more than PostgreSQL allows.
sub spare_connections {
	my ($self) = @_;
	my $ended = $self->{world}->sql(<<'SQL');
WITH mine AS (SELECT pid FROM pg_stat_activity WHERE usename LIKE 'minitwit%')
SELECT count(pg_terminate_backend(pid)) FROM mine
WHERE (SELECT count(*) FROM mine) > 15
SQL
	sleep 0.2 if $ended > 0;
	return;
}

# --- ports ---

# Has the site's Apache listen where url() says, and PgBouncer know the databases.
sub open_ports {
	my ($self) = @_;

	$self->tell_pgbouncer;
	$self->give_ports('floor', @{ $self->{databases} || [] });
	write_file($self->{world}->state . '/local/bench.conf', join "\n",
		$self->floor_host('floor'), $self->site_hosts);
	$self->reload;
	return;
}

# Those that have a port already keep it.
sub give_ports {
	my ($self, @names) = @_;
	my @new = grep { !$self->{port}{$_} } @names;
	@{ $self->{port} }{@new} = World::free_ports(scalar @new);
	$self->{url}{$_} = "http://127.0.0.1:$self->{port}{$_}" for @new;
	return;
}

sub no_cache {
	return "<IfModule cache_module>\n\tCacheDisable /\n</IfModule>";
}

sub floor_host {
	my ($self, $name) = @_;
	my ($folder, $port) = ($self->{folder}, $self->{port}{$name});

	return <<"APACHE";
Listen 127.0.0.1:$port
<VirtualHost *:$port>
	Alias       /static.html "$folder/static.html"
	ScriptAlias /cgi/        "$folder/cgi/"
	@{[ no_cache() ]}
	<Directory "$folder">
		Require all granted
		SetEnv ap_trust_cgilike_cl 1
	</Directory>
</VirtualHost>
APACHE
}

sub site_hosts {
	my ($self) = @_;

	return map { <<"APACHE" } @{ $self->{databases} || [] };
Listen 127.0.0.1:$self->{port}{$_}
<VirtualHost *:$self->{port}{$_}>
	SetEnv PGDATABASE $_
	Include "\${MINITWIT_SITE}/apache/routes-api.conf"
	Include "\${MINITWIT_SITE}/apache/routes-site.conf"
</VirtualHost>
APACHE
}

sub tell_pgbouncer {
	my ($self) = @_;
	my $state = $self->{world}->state;
	my $file = "$state/run/pgbouncer.ini";

	open my $in, '<', $file or croak "$file: $!";
	my $ini = do { local $/ = undef; <$in> };
	my $lines = join '', map {"$_ = host=$state/run port=5432\n"}
	    grep { $ini !~ /^\Q$_\E = /m } @{ $self->{databases} || [] };
	$ini =~ s/^\[databases\]\n/$&$lines/m or croak "$file has no databases";
	write_file($file, $ini);
	kill HUP => pid_in("$state/run/pgbouncer.pid");
	return;
}

# The site's Apache reads its settings again.
sub reload {
	my ($self) = @_;
	my $world = $self->{world};
	my $old = $self->children;

	kill HUP => pid_in($world->state . '/run/apache.pid');
	for (1 .. 600) {
		sleep 0.1;
		return if $self->children ne $old
		    && HTTP::Tiny->new(timeout => 5)
		    ->get($world->url . '/-/health')->{success};
	}
	croak "Apache does not come back:\n" . $world->logs;
}

sub children {
	my ($self) = @_;
	my $pid = pid_in($self->{world}->state . '/run/apache.pid');
	return (lines("/proc/$pid/task/$pid/children"))[0] // '';
}

sub pid_in {
	my ($file) = @_;
	open my $in, '<', $file or croak "$file: $!";
	my ($pid) = readline($in) =~ /^(\d+)/ or croak "$file: no process";
	return $pid;
}

# --- what it uses ---

# Apache's daemon for programs ignores SIGCHLD, and so the kernel adds their
# times to nobody's.  A control group counts what all processes in it have
# used, those that are gone, too; the servers live in one that is made for them,
# by root or by sudo.  Where neither may, cpu() is all that the machine did.
sub make_group {
	my ($self) = @_;
	my ($top) = map {/^\S+ (\S+) cgroup2 /} lines('/proc/mounts');
	my ($own) = map {/^0::(.*)$/} lines('/proc/self/cgroup');

	return if !defined $top || !defined $own;
	my $group = "$top/minitwit-bench.$$";
	as_root("mkdir $group 2>/dev/null") or return;
	@$self{qw(group own_group)} = ($group, "$top$own");
	return if -r "$group/cpu.stat" && $self->enter($group)
	    && $self->leave_group;
	$self->remove_group;
	return;
}

sub lines {
	my ($file) = @_;
	open my $in, '<', $file or return;
	return readline $in;
}

sub as_root {
	my ($command) = @_;
	return system('sh', '-c', $command) == 0 if $> == 0;
	return system('sh', '-c', "sudo -n sh -c '$command' 2>/dev/null") == 0;
}

sub enter {
	my ($self, $group) = @_;
	return as_root("echo $$ >$group/cgroup.procs");
}

sub leave_group {
	my ($self) = @_;
	return $self->enter($self->{own_group});
}

# What is started meanwhile belongs to the group.
sub in_group {
	my ($self, $code) = @_;
	return $code->() if !$self->{group};
	$self->enter($self->{group});
	my $ok = eval { $code->(); 1 };
	my $error = $@;
	$self->leave_group;
	croak $error if !$ok;
	return;
}

sub remove_group {
	my ($self) = @_;
	as_root("rmdir $self->{group}") if $self->{group};
	delete $self->{group};
	return;
}

sub counts_exactly { return defined $_[0]{group} }

# Seconds of processor time so far.
sub cpu {
	my ($self) = @_;
	if ($self->{group}) {
		my ($usage) = map {/^usage_usec (\d+)/}
		    lines("$self->{group}/cpu.stat");
		return $usage / 1e6;
	}
	my ($user, $nice, $system, undef, undef, $irq, $softirq) =
	    (split ' ', (lines('/proc/stat'))[0])[ 1 .. 7 ];
	return ($user + $nice + $system + $irq + $softirq) / $ticks;
}

# The processes of the stack, each { pid, name }; programs under way, too.
sub processes {
	my ($self) = @_;
	my @pids = $self->{group}
	    ? map {/(\d+)/} lines("$self->{group}/cgroup.procs")
	    : map { $self->descendants(pid_in($_)) } $self->pid_files;

	return map {
		my ($name) = lines("/proc/$_/comm");
		defined $name ? { pid => $_, name => $name =~ s/\n//r } : ();
	} @pids;
}

# The files with the process ids of the servers' leaders.
sub pid_files {
	my ($self) = @_;
	my $state = $self->{world}->state;
	return (
		(map {"$state/$_"}
			qw(run/apache.pid run/pgbouncer.pid pg/postmaster.pid)),
		map { $_->pid_file } $self->others,
	);
}

# A process with its children and theirs.
sub descendants {
	my ($self, @todo) = @_;
	my @all;

	while (defined(my $pid = shift @todo)) {
		push @all, $pid;
		push @todo, map {split} lines("/proc/$pid/task/$pid/children");
	}
	return @all;
}

# Seconds that each kind of server has used: Apache, PgBouncer, PostgreSQL.
# What is left of cpu() is the programs'.
sub cpu_of_servers {
	my ($self) = @_;
	my %seconds = (apache2 => 0, pgbouncer => 0, postgres => 0);

	for my $process ($self->processes) {
		next if !exists $seconds{ $process->{name} };
		my ($stat) = lines("/proc/$process->{pid}/stat") or next;
		my @fields = split ' ', $stat =~ s/.*\) //r;
		# utime, stime; and of those who ended cutime, cstime
		$seconds{ $process->{name} } += $_ / $ticks
		    for @fields[ 11 .. 14 ];
	}
	return \%seconds;
}

# Waits until no program is at work, three seconds at most.
sub settle {
	my ($self) = @_;
	for (1 .. 150) {
		sleep 0.02;
		return if !grep { $_->{name} !~ $servers } $self->processes;
	}
	return;
}

# How many requests the Apaches have answered since they were last asked: a
# line in access.log each.
sub answered {
	my ($self) = @_;
	my $count = 0;

	for my $state (map { $_->state } @$self{qw(world fork naive)}) {
		my $log = $self->{log}{$state} //= do {
			my $name = "$state/log/access.log";
			open my $file, '<:raw', $name or croak "$name: $!";
			seek $file, 0, 2;
			$file;
		};
		seek $log, 0, 1; # forget the end that was there
		while (read $log, my $text, 1 << 20) {
			$count += $text =~ tr/\n//;
		}
	}
	return $count;
}

# --- whether it is well ---

# The servers' leaders: the same as long as none has died.
sub leaders {
	my ($self) = @_;
	return join ' ', map { pid_in($_) } $self->pid_files;
}

# Lines in the logs that tell of a fault.
sub complaints {
	my ($self) = @_;
	my @found;

	for my $apache ($self->{world}, $self->others) {
		push @found, grep {
			/exit signal|\[(crit|alert|emerg)|PANIC|FATAL/
			    || /"level":"error"/
			    || /AH0*1071[: ].*premature|terminated by signal/i
		} grep { !/FATAL: +terminating connection due to admin/ }
		    split /\n/, $apache->logs;
	}
	return @found;
}

sub stop {
	my ($self) = @_;
	$_->stop for $self->others;
	$self->{world}->stop if $self->{world};
	$self->remove_group;
	return;
}

# However it ends; and a second Ctrl-C does not stop the stopping.
END {
	my $status = $?;
	local @SIG{qw(INT TERM HUP)} = ('IGNORE') x 3;
	$_->stop for @stacks;
	$? = $status;
}

1;
