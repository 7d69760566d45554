# What is full says so: the pool of connections, and the disk under the database,
# the logs, or what the servers need to run.  Requests get a 503 that tells when
# to come again, or are served; nothing acknowledged is lost; and it ends when
# there is room again.

use strict;
use warnings;
use IPC::Open2;
use Parts qw(crash);
use Shell qw(slurp spew);
use Test::More;
use Time::HiRes qw(sleep time);
use World;

my $world = World->new;
my $state = $world->state;
my $parts = Parts->new($state);
my $jar = $world->login('Ann');
my $posted = 0;
my @acknowledged;

# --- requests ---

sub post_message {
	my $text = 'message ' . ++$posted . ' ' . 'x' x 900;
	my $answer = $world->api(POST => '/msgs/Ann', { content => $text });
	push @acknowledged, $text if $answer->{status} == 204;
	return $answer;
}

my %reads = (
	'GET /public' => sub {
		$world->get('/public', headers => { Cookie => 'a=b' }) },
	'GET /' => sub { $world->get('/', jar => $jar) },
	'GET /msgs' => sub { $world->api(GET => '/msgs') },
);
my %writes = (
	'POST /add_message' => sub { $world->post('/add_message',
		[ text => 'y' x 900 ], jar => $jar) },
	'POST /msgs/Ann' => \&post_message,
);

sub says_when_to_come_again {
	my ($what, $answer) = @_;
	is $answer->{status}, 503, "$what: 503"
	    or diag $answer->{content};
	like $answer->{headers}{'retry-after'} // 'none', qr/^\d+$/,
	    '... that says when to come again';
	return;
}

sub all_say {
	my (%requests) = @_;
	my @names = sort keys %requests;
	my @answers = $world->at_once(@requests{@names});
	says_when_to_come_again($_, shift @answers) for @names;
	return;
}

# Waits until something is true.
sub eventually {
	my ($is_so) = @_;
	for (1 .. 12_000) {
		return 1 if $is_so->();
		sleep 0.05;
	}
	return 0;
}

sub serves_again {
	my ($what) = @_;
	my $start = time;
	ok eventually(sub { post_message()->{status} == 204 }),
	    "$what: messages can be posted again";
	for my $read (sort keys %reads) {
		ok eventually(sub { $reads{$read}->()->{status} == 200 }),
		    "... and $read";
	}
	diag sprintf '%s: served again after %.1f s', $what, time - $start;
	my %there = map { ($_ => 1) } split /\n/,
	    $world->sql('SELECT text FROM messages');
	is scalar(grep { !$there{$_} } @acknowledged), 0,
	    '... and all ' . @acknowledged . ' acknowledged are there';
	return;
}

# --- connections ---

# A client of PgBouncer's that keeps its connection to PostgreSQL; its end is that
# of what is given.
sub hold_connection {
	my ($role) = @_;
	local %ENV = (%ENV, PGHOST => "$state/run", PGPORT => 6432,
		PGUSER => $role, PGDATABASE => 'minitwit');
	my $pid = open2(my $out, my $in, 'psql', '-XAtq');
	print {$in} "BEGIN; SET LOCAL idle_in_transaction_session_timeout = 0;"
	    . " SELECT 'held';\n";
	$in->flush;
	is readline $out, "held\n", "$role holds one" or BAIL_OUT('no psql');
	return sub { close $in; waitpid $pid, 0; };
}

subtest 'all connections are taken' => sub {
	# however long it takes here, nobody ends these transactions
	my $parts = Parts->new($state);
	my @supervisor = $parts->all('supervisor');
	kill STOP => @supervisor;
	my $settings = slurp("$state/run/pgbouncer.ini");
	spew("$state/run/pgbouncer.ini",
		$settings =~ s/^query_timeout = \d+/query_timeout = 0/mr);
	kill HUP => $parts->leader('PgBouncer');
	sleep 0.05 until slurp("$state/log/pgbouncer.log") =~ /re-reading config/;
	my @release = map { hold_connection($_) }
	    map { ("minitwit_$_") x 20 } qw(reader api_reader api_poster);
	all_say(%reads, %writes);
	$_->() for @release;
	spew("$state/run/pgbouncer.ini", $settings);
	kill HUP => $parts->leader('PgBouncer');
	kill CONT => @supervisor;
	serves_again('connections');
};

# --- disks ---

my @mounted;

# A folder of STATE on a disk of its own, so small; the stack does not run.
sub move_to_disk {
	my ($folder, $size) = @_;
	my $path = "$state/$folder";
	rename $path, "$path.before" or die $!;
	system('mkdir', $path) == 0 or die;
	return if system("mount -t tmpfs -o size=$size minitwit '$path'"
		. ' 2>/dev/null') != 0;
	push @mounted, $path;
	return system("chown --reference='$path.before' '$path' && "
		. "chmod --reference='$path.before' '$path' && "
		. "cp -a '$path.before/.' '$path'") == 0;
}

# Takes all there is left of it.
sub fill {
	my ($folder) = @_;
	open my $to, '>', "$state/$folder/filler" or die $!;
	for my $size (65536, 4096, 1) {
		1 while syswrite $to, 'f' x $size;
	}
	close $to;
	return;
}

sub make_room {
	my ($folder) = @_;
	unlink "$state/$folder/filler" or die $!;
	return;
}

END {
	my $status = $?;
	$world->ctl('stop') if $world && @mounted;
	system 'umount', $_ for @mounted;
	$? = $status;
}

subtest 'disks' => sub {
	plan skip_all => 'only root can make a small disk' if $>;
	$world->ctl('stop');
	plan skip_all => 'this root may not mount a disk'
	    if !move_to_disk(log => '1m') || !move_to_disk(run => '1m')
	    || !move_to_disk(pg => '160m');
	is $world->ctl('start'), 0, 'the stack has small disks'
	    or diag $world->{said};

	subtest 'the logs\' is full' => sub {
		fill('log');
		is post_message()->{status}, 204, 'a message is posted';
		is $reads{$_}->()->{status}, 200, $_ for sort keys %reads;
		for my $part (qw(PgBouncer Apache PostgreSQL)) {
			my $before = $parts->leader($part);
			crash($before);
			ok eventually(sub {
				my $now = $parts->leader($part);
				$now && $now != $before;
			}), "$part starts";
			serves_again($part);
		}
		make_room('log');
	};

	subtest 'that of sockets and process ids is full' => sub {
		fill('run');
		is post_message()->{status}, 204, 'a message is posted';
		is $reads{$_}->()->{status}, 200, $_ for sort keys %reads;
		crash($parts->leader('PgBouncer'));
		serves_again('PgBouncer');
		make_room('run');
	};

	subtest 'the database\'s is full' => sub {
		fill('pg');
		my $answer;
		for (1 .. 200) {
			$answer = post_message();
			last if $answer->{status} != 204;
		}
		says_when_to_come_again('POST /msgs/Ann', $answer);
		all_say(%writes);
		is $reads{$_}->()->{status}, 200, "$_ is answered"
		    for sort keys %reads;
		make_room('pg');
		serves_again('a table');
	};

	subtest 'there is no room for its log' => sub {
		fill('pg');
		for (1 .. 20) { # some files of it may be there beforehand
			eval {
				$world->sql(q{SELECT pg_logical_emit_message(
					false, 'full', 'x')});
				$world->sql('SELECT pg_switch_wal()');
			} or last;
		}
		# PostgreSQL ends as by a crash, and can't start
		all_say(%writes);
		ok eventually(sub { $reads{'GET /msgs'}->()->{status} == 503 }),
		    'nobody is served';
		all_say(%reads, %writes);
		make_room('pg');
		serves_again('the log');
	};
};

done_testing;
