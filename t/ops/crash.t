# Each part of the stack, and then all of it, is killed as by a crash while the
# simulator is at work.  It comes back by itself, there are errors only while it
# is away, and nothing that was acknowledged is lost.  The table at the end is
# that of doc/reliability.md; its times decide nothing.
#
# The short form kills each of the servers and then all of them, under a fifth of
# the load.

use strict;
use warnings;
use File::Temp qw(tempdir);
use FindBin;
use JSON::PP;
use List::Util qw(max);
use Parts qw(crash);
use POSIX ();
use Shell qw(slurp);
use Test::More;
use Time::Local qw(timegm);
use Time::HiRes qw(sleep time);
use World;

use lib "$FindBin::Bin/../bench";
use Report qw(table);

my $world = World->new;
my $parts = Parts->new($world->state);
my $temp = tempdir(CLEANUP => 1);
my $simulator = World->root . '/' . World::build() . '/bin/simulator';
my ($users, $rate, $warm_up) = $ENV{LONG} ? (20, 250, 200) : (5, 50, 20);
my @rows;

# --- load ---

# The course's mix for users of the run's own, who register before: where one
# could not, all that they do would fail long after the crash.
sub scenario {
	my ($run) = @_;
	my %to;
	for (qw(registrations actions)) {
		open $to{$_}, '>', "$temp/$_" or die $!;
	}
	open my $from, '-|', $simulator, '--print', '--users', $users,
	    qw(--actions 20000)
	    or die $!;
	while (my $line = <$from>) {
		my @column = split /\t/, $line;
		$column[4] .= " $run";
		$column[5] =~ s/\n?$/ $run\n/ if $column[3] =~ /follow/;
		my $file = $column[3] eq 'register' ? 'registrations' : 'actions';
		print { $to{$file} } join "\t", @column;
	}
	close $_ or die $! for $from, values %to;
	return;
}

my @background;

sub in_background {
	my ($sub) = @_;
	my $pid = fork // die $!;
	push @background, $pid;
	return $pid if $pid;
	$sub->();
	POSIX::_exit(0);
}

END {
	local $?;
	kill KILL => grep { waitpid($_, POSIX::WNOHANG) == 0 } @background;
}

sub simulate {
	my (@options) = @_;
	return in_background(sub {
		open STDERR, '>', "$temp/simulator.log";
		open STDOUT, '>&', \*STDERR;
		exec $simulator, '--url', $world->url, @options;
	});
}

# Until it is asked to end.
sub start_simulator {
	my ($run) = @_;
	scenario($run);
	waitpid simulate(qw(--timeout 60 --concurrency 2),
		"$temp/registrations"), 0;
	die "no registration: see $temp/simulator.log" if $?;
	return simulate(qw(--concurrency 16 --rate), $rate, qw(--verify --json),
		"$temp/report.json", "$temp/actions");
}

# Four ask, each its own: a page, the API's messages, to store a message, to
# register somebody; until there is a certain file.  They write when, the status
# and what was stored.
my @QUESTIONS = (
	sub { $world->get('/public', headers => { Cookie => 'a=b' }) },
	sub { $world->api(GET => '/msgs?no=1') },
	sub { $world->api(POST => '/msgs/Poller', { content => $_[0] }) },
	sub { $world->api(POST => '/register', { username => $_[0],
		email => 'a@b', pwd => 'pw' }) },
);

sub start_pollers {
	my ($run) = @_;
	unlink "$temp/enough";
	return map { start_poller($run, $_) } 0 .. $#QUESTIONS;
}

sub start_poller {
	my ($run, $question) = @_;
	return in_background(sub {
		open my $to, '>', "$temp/polled-$question" or die $!;
		$to->autoflush;
		for (my $turn = 0; !-e "$temp/enough"; $turn++) {
			my $start = time;
			my $text = "$run-$question-$turn";
			my $answer = $QUESTIONS[$question]->($text);
			printf {$to} "%f %d %s\n", $start, $answer->{status},
			    $text;
			sleep 0.05;
		}
		close $to or die $!;
	});
}

# Waits until each of them has an answer to a question that it asked after a moment.
sub await_polls {
	my ($moment) = @_;
	for my $question (0 .. $#QUESTIONS) {
		sleep 0.05 until grep { $_ > $moment }
		    slurp("$temp/polled-$question") =~ /^(\S+) .*\n/mg;
	}
	return;
}

# Waits until the database has that many messages more.
sub await_messages {
	my ($count) = @_;
	my $goal = $count + $world->sql('SELECT count(*) FROM messages');
	sleep 0.05 until $world->sql('SELECT count(*) FROM messages') >= $goal;
	return;
}

# What they have seen, in order.
sub stop_pollers {
	my (@pids) = @_;
	open my $flag, '>', "$temp/enough" or die $!;
	close $flag;
	waitpid $_, 0 for @pids;
	local @ARGV = map {"$temp/polled-$_"} 0 .. $#QUESTIONS;
	return sort { $a->{start} <=> $b->{start} } map {
		my %row;
		@row{qw(start status text)} = split;
		\%row;
	} <>;
}

# --- what must hold ---

sub is_good { return $_[0]{status} =~ /^20[04]$/ }

# From the crash until the first good answer after the last bad one.
sub seconds_away {
	my ($crashed, @polled) = @_;
	my $back;
	for (reverse @polled) {
		last if !is_good($_);
		$back = $_->{start};
	}
	return 0 if !$back || !grep { !is_good($_) } @polled;
	return max(0, $back - $crashed); # it may be back before that is noted
}

# Who comes to one of PgBouncer's pools does not hear of the crash any more.
sub refused_pools {
	open my $users, '<', World->root . '/ops/pgbouncer-users' or die $!;
	my @roles = map { /^"(\w+)"/ } <$users>;
	return grep {
		system("psql -XAtq -h '" . $world->state . "/run' -p 6432 -U $_"
			    . ' -d minitwit -c "" >/dev/null 2>&1') != 0;
	} @roles;
}

# Answers 5xx of requests that came a whole second after everything was back.
sub late_errors {
	my ($back) = @_;
	open my $log, '<', $world->state . '/log/access.log' or die $!;
	return grep {
		/"time":"(\d+)-(\d+)-(\d+)T(\d+):(\d+):(\d+).*"status":5/
		    && timegm($6, $5, $4, $3, $2 - 1, $1) > $back + 1;
	} <$log>;
}

sub nothing_is_lost {
	my ($verify, @polled) = @_;
	is $verify->{missing}, 0, 'nothing acknowledged is missing';
	is $verify->{extra} + $verify->{unasked}, 0, '... nor is there more';
	my %there = map { ($_ => 1) } split /\n/, $world->sql(
		q{SELECT username FROM users UNION ALL
			SELECT text FROM messages JOIN users ON user_id = author_id
			WHERE username = 'Poller'});
	my @lost = grep {
		$_->{status} == 204 && !$there{ $_->{text} }
	} @polled;
	is scalar @lost, 0, '... nor of the poller\'s';
	return $verify->{missing} + @lost;
}

# Waits until all answers are good.
sub await_service {
	my ($run) = @_;
	for my $time (1 .. 6000) {
		return if !grep { !is_good($_->("$run-back-$time")) } @QUESTIONS;
		sleep 0.1;
	}
	return;
}

my $runs = 0;

# Ends processes under load; the statuses that the poller may see meanwhile.
sub crashes {
	my ($what, $statuses, $end) = @_;
	subtest $what => sub {
		my $run = ++$runs;
		my $load = start_simulator($run);
		my @pollers = start_pollers($run);
		await_messages($warm_up);
		my $crashed = time;
		$end->();
		await_service($run);
		my $back = time;
		await_polls(int($back) + 2); # late_errors() looks at these
		kill TERM => $load; # it verifies what it has done
		waitpid $load, 0;
		my @polled = stop_pollers(@pollers);
		open my $in, '<', "$temp/report.json" or die $!;
		my $report = decode_json(join '', <$in>);

		my @bad = grep { !is_good($_) } @polled;
		ok is_good($polled[-1]), 'it comes back by itself';
		is_deeply [ grep { $_->{status} !~ $statuses } @bad ], [],
		    'and the errors are what they may be';
		my $away = seconds_away($crashed, @polled);
		is_deeply [ late_errors($back) ], [],
		    'and only while it is away';
		is_deeply [ refused_pools() ], [], 'no pool remembers';
		my $lost = nothing_is_lost($report->{verify}, @polled);
		push @rows, row($what, $away, $lost, $report->{all});
	};
	return;
}

sub row {
	my ($what, $away, $lost, $all) = @_;
	my $statuses = $all->{status};
	is join(' ', grep { !/^50[03]$/ } keys %$statuses), '',
	    'the simulator has seen no other errors';
	return [ $what, $away ? sprintf('%.1f', $away) : '-', $all->{count},
		$statuses->{503} // 0, $statuses->{500} // 0,
		$all->{connection_refused} + $all->{connection_reset},
		$all->{timeout}, $lost ];
}

# --- the crashes ---

# Kills a process, and waits until there is another one in its place.
sub kill_one {
	my ($who) = @_;
	my ($pid) = $who->();
	crash($pid);
	for (1 .. 12_000) {
		my ($now) = $who->();
		return if $now && $now != $pid;
		sleep 0.05;
	}
	return;
}

$world->register('Poller');

crashes('nothing' => qr/^$/, sub { }) if $ENV{LONG};

crashes("Apache's parent" => qr/^(?:503|599)$/,
	sub { kill_one(sub { $parts->leader('Apache') }) });

crashes("Apache's child" => qr/^(?:503|599)$/,
	sub { kill_one(sub { ($parts->server)[0] }) }) if $ENV{LONG};

crashes("Apache's CGI daemon" => qr/^50[03]$/,
	sub { kill_one(sub { $parts->cgi_daemon }) });

crashes('PgBouncer' => qr/^503$/,
	sub { kill_one(sub { $parts->leader('PgBouncer') }) });

crashes("PostgreSQL's postmaster" => qr/^503$/,
	sub { kill_one(sub { $parts->leader('PostgreSQL') }) });

crashes('one of its backends' => qr/^503$/, sub {
	crash($world->sql(q{SELECT pid FROM pg_stat_activity
		WHERE usename LIKE 'minitwit\_%' LIMIT 1}));
}) if $ENV{LONG};

crashes('programs in the middle' => qr/^50[03]$/, sub {
	$world->locked('messages', sub {
		for (1 .. 60_000) {
			last if $world->hanging > 1;
			sleep 0.01;
		}
		my @programs = $parts->programs;
		cmp_ok @programs, '>', 0, 'there are some';
		crash(@programs);
	});
}) if $ENV{LONG};

crashes('the supervisor, then Apache' => qr/^(?:503|599)$/, sub {
	crash($parts->all('supervisor'));
	is $world->ctl('status'), 3, 'make status says so';
	like $world->{said}, qr/^supervisor: not running$/m, '... of it';
	crash($parts->leader('Apache'));
	is $world->ctl('start'), 0, 'make start puts it all in order';
}) if $ENV{LONG};

crashes('everything at once' => qr/^599$/, sub {
	crash((map { $parts->all($_) } qw(supervisor Apache PgBouncer
		PostgreSQL)), $parts->programs);
	is $world->ctl('start'), 0, 'and is started again';
});

is $world->ctl('status'), 0, 'everything is up, and supervised';
is $world->sql(q{SELECT count(*) FROM messages WHERE author_id IS NULL}), 0,
    'the tables can be read';

diag "\n", table([ 'killed with -9', 'away, s', 'actions', '503', '500',
	'no connection', 'none in 0.3 s', 'lost' ], @rows);
done_testing;
