# `make monitor` for real, beside a site of its own: everything is asked and answers,
# each panel has data, the consoles draw them; the site stops, and somebody is told.
# Deadlines are minutes; they decide only whether something comes at all.
#
# In the short form the site does not stop: an alert takes minutes to fire.

use strict;
use warnings;
use File::Temp qw(tempdir);
use HTTP::Tiny;
use IO::Socket::INET;
use JSON::PP;
use POSIX qw(_exit);
use Test::More;
use Time::HiRes qw(sleep time);
use LongForm qw(long_subtest);
use Shell qw(slurp);
use World;

my $root = World::root();
my $temp = tempdir('minitwit-XXXXXX', TMPDIR => 1, CLEANUP => 1);
chmod 0755, $temp;

# --- helpers ---

# What a sub gives, once it is true.
sub soon {
	my ($sub, $minutes) = @_;
	my $deadline = time + 60 * ($minutes // 20);
	while (time < $deadline) {
		my $result = $sub->();
		return $result if $result;
		sleep 0.5;
	}
	return;
}

# Somebody who is told of alerts: each answer to a POST adds a line to a file.
sub webhook {
	my ($file) = @_;
	my $server = IO::Socket::INET->new(LocalAddr => '127.0.0.1', Listen => 9)
	    or die "no port: $!";
	my $pid = fork // die "no fork: $!";
	return ($server->sockport, $pid) if $pid;
	while (my $client = $server->accept) {
		my $length = 0;
		while (my $line = <$client>) {
			$length = $1 if $line =~ /^Content-Length: (\d+)/i;
			last if $line eq "\r\n";
		}
		read($client, my $body, $length);
		open my $out, '>>', $file or _exit 1;
		print {$out} "$body\n";
		close $out;
		print {$client} "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n"
		    . "Connection: close\r\n\r\n";
	}
	_exit 0;
}

my $told = "$temp/told";
my ($webhook_port, $webhook) = webhook($told);
my $world = World->new;
my ($port) = World::free_ports(6);
my %settings = (%{ $world->{env} }, MONITOR_PORT => $port, MONITOR_INTERVAL => 2,
	MINITWIT_ALERT_WEBHOOK => "http://127.0.0.1:$webhook_port/a/token");
my $http = HTTP::Tiny->new(timeout => 60);
my $prometheus = "http://127.0.0.1:$port";
my $said;

# bin/monitorctl's status; what it says is in $said.
sub ctl {
	my ($command, %changes) = @_;
	local %ENV = (%ENV, %settings, %changes);
	$said = qx{'$root/bin/monitorctl' $command 2>&1 </dev/null};
	return $? >> 8;
}

END {
	my $status = $?;
	ctl('stop') if $world && $world->{pid} == $$;
	kill KILL => $webhook if $webhook && $world->{pid} == $$;
	$? = $status;
}

# What Prometheus answers, or why it does not.
sub query {
	my ($expr) = @_;
	my $url = "$prometheus/api/v1/query?"
	    . $http->www_form_urlencode({ query => $expr });
	my $answer = $http->get($url);
	my $json = eval { decode_json($answer->{content}) } // {};
	return $json->{error} // $answer->{content} if !$answer->{success};
	return $json->{data}{result};
}

# The alerts of a name that the webhook was told of.
sub alerts_told {
	my ($name) = @_;
	return grep { $_->{labels}{alertname} eq $name }
	    map { @{ decode_json($_)->{alerts} } } split /\n+/, slurp($told);
}

# Processes that have this test's state in their command line.
sub left_over {
	my $state = $world->state;
	return grep { slurp($_) =~ m{\Q$state\E/(?:monitor|textfile)} }
	    glob '/proc/[0-9]*/cmdline';
}

# --- settings ---

is ctl('start', STATE => "$temp/none"), 1, 'without a site';
like $said, qr/no MiniTwit in STATE=.* `make run`/, '... a sentence says so';
for (
	[ MONITOR_PORT => 'x;id', qr/MONITOR_PORT=x;id: please give/ ],
	[ MONITOR_PORT => 65531, qr/MONITOR_PORT=65531: please give/ ],
	[ MONITOR_PORT => $world->{port} - 2, qr/port $world->{port} is in use/ ],
	[ MONITOR_INTERVAL => '0', qr/MONITOR_INTERVAL=0: please give seconds/ ],
	[ MONITOR_INTERVAL => '61', qr/MONITOR_INTERVAL=61: please give seconds/ ],
	[ MONITOR_INTERVAL => '1m', qr/MONITOR_INTERVAL=1m: please give seconds/ ],
	[ MINITWIT_ALERT_WEBHOOK => 'example.org', qr/WEBHOOK is no address/ ],
	[ MINITWIT_ALERT_WEBHOOK => "http://x/'\n- y", qr/WEBHOOK is no address/ ],
) {
	my ($name, $value, $sentence) = @$_;
	is ctl('start', $name => $value), 1, "$name=$value is refused";
	like $said, $sentence, '... with a sentence';
}
is ctl('status'), 3, 'nothing runs';
is ctl('frobnicate'), 64, 'a command that is none';

# --- starting ---

is ctl('start'), 0, 'it starts' or diag $said;
like $said, qr{\Q$prometheus\E/consoles/system\.html}, '... and says where to look';
is ctl('status'), 0, 'it runs';
is ctl('start'), 1, 'it does not start twice';
like $said, qr/watched already/, '... and says why';

my $etc = $world->state . '/monitor/etc';
unlike qx{promtool check config '$etc/prometheus.yml' 2>&1}, qr/FAILED|WARNING/,
    'promtool has nothing to say of the settings';
like qx{amtool check-config '$etc/alertmanager.yml' 2>&1}, qr/SUCCESS/,
    '... nor amtool';
is((stat "$etc/alertmanager.yml")[2] & 07, 0, 'a webhook\'s token is not for all');
is join('', map { slurp($_) } grep { slurp($_) =~ m{/a/token} }
	glob '/proc/[0-9]*/cmdline'), '', '... nor in a command line';

# Alertmanager's status has its settings.
is $http->get('http://127.0.0.1:' . ($port + 1) . '/api/v2/status')->{status}, 401,
    'Alertmanager shows its status to nobody without the password';
is +(stat "$etc/alertmanager-password")[2] & 07, 0, '... which is not for all';

# only the machine itself is let in
for my $listening (map { $port + $_ } 0 .. 5) {
	my $hex = sprintf ':%04X', $listening;
	my @addresses = map { /^ *\d+: (\w+)$hex 0+:0000 0A/ ? $1 : () }
	    split /\n/, slurp('/proc/net/tcp') . slurp('/proc/net/tcp6');
	is_deeply \@addresses, ['0100007F'], "port $listening is on loopback";
}

# --- people do something ---

my $ann = $world->login('Ann');
$world->register('Bob');
$world->post('/add_message', [ text => 'Hello' ], jar => $ann);
$world->post('/Bob/follow', [], jar => $ann);
$world->post('/Bob/unfollow', [], jar => $ann);
$world->post('/login', [ username => 'Bob', password => 'no' ]);
$world->get($_) for qw(/public /Ann /nobody);
# a panel shows indexes that were used a hundred times
$world->sql('SELECT count(newest_message()) FROM generate_series(1, 150)');

my @down;
ok soon(sub {
	my $answer = decode_json($http->get(
		"$prometheus/api/v1/targets?state=active")->{content});
	my $targets = $answer->{data}{activeTargets};
	@down = grep { $_->{health} ne 'up' } @$targets;
	return @$targets == 9 && !@down;
}), 'everything is asked, and answers'
    or diag map {"$_->{scrapeUrl}: $_->{lastError}\n"} @down;

my $boards = decode_json(slurp("$root/ops/prometheus/assets/dashboards.json"));
for my $board (@$boards) {
	for my $panel (map { @{ $_->{panels} } } @{ $board->{rows} }) {
		my $name = "$board->{name}: $panel->{title}";
		my @answers;
		my $ask = sub {
			@answers = map { scalar query($_->{expr}) } @{ $panel->{queries} };
			return $panel->{empty} || grep { ref && @$_ } @answers;
		};
		ok soon($ask), "$name has data, or says why not";
		is join("\n", grep { !ref } @answers), '', '... and no error';
	}
}
cmp_ok query('pgbouncer_databases_max_connections')->[0]{value}[1], '>', 0,
    'PgBouncer\'s pools are known';
is query('minitwit_postgresql_timeline')->[0]{value}[1], 1,
    'PostgreSQL\'s timeline, too';
is_deeply [ map { $_->{metric}{alertname} } @{ query(
		'ALERTS{alertname!="BackupMissing", alertstate="firing"}') } ], [],
    'no alert';

# --- the consoles ---

subtest 'in Chromium' => sub {
	my $modules = "$root/build/npm/browser/node_modules";
	-e "$modules/.package-lock.json"
	    or BAIL_OUT('the npm packages are missing: `make npm` installs them');
	local %ENV = (%ENV, HOME => $temp, MINITWIT_URL => $prometheus,
		NODE_PATH => $modules);
	open my $tap, '-|', 'node', "$root/t/monitor/consoles.test.js"
	    or die "no node: $!";
	while (my $line = <$tap>) {
		chomp $line;
		$line =~ /^(not )?ok \d+ - (.*)/ ? ok !$1, $2
		    : $line =~ /^# (.*)/ ? diag $1
		    : note $line;
	}
	close $tap;
};

# --- a part ends ---

my ($exporter) = grep { slurp("$_/cmdline") =~ m{^prometheus-apache-exporter\0}
	    && slurp("$_/cmdline") =~ m{:\Q@{[ $port + 3 ]}\E\0} }
    glob '/proc/[0-9]*';
kill KILL => $exporter =~ /(\d+)/;
my $exporter_answers = sub {
	return $http->get("http://127.0.0.1:@{[ $port + 3 ]}/metrics")->{success};
};
soon(sub { !$exporter_answers->() }, 1);
ok soon($exporter_answers), 'an exporter that is killed comes back';
like slurp($world->state . '/log/monitor.log'), qr/apache has ended.*again in 1 s/,
    '... and a line says so';

long_subtest 'the site stops, and the webhook is told' => sub {
	is $world->ctl('stop'), 0, 'the site stops';
	ok soon(sub {
		grep { $_->{status} eq 'firing' } alerts_told('SiteDown') }),
	    'the webhook is told' or diag slurp($told);
	my ($alert) = alerts_told('SiteDown');
	is $alert->{labels}{severity}, 'critical', '... that it is critical';
	like $alert->{annotations}{summary},
	    qr{^http://127\.0\.0\.1:\d+/\S* does not answer$}, '... what is wrong';
	is $alert->{annotations}{runbook}, 'doc/runbook.md#sitedown',
	    '... where it stands what to do';
	ok soon(sub { alerts_told('DatabaseAway') && alerts_told('PoolerAway') }),
	    'of the database, and of PgBouncer, too' or diag slurp($told);

	is $world->ctl('start'), 0, 'the site is back';
	ok soon(sub {
		my %state = map { ($_->{labels}{instance} => $_->{status}) }
		    alerts_told('SiteDown');
		return %state && !grep { $_ ne 'resolved' } values %state;
	}), '... and the webhook is told so' or diag slurp($told);
};

# --- the end ---

is ctl('stop'), 0, 'it stops' or diag $said;
is ctl('status'), 3, '... and says so';
is_deeply [ left_over() ], [], 'nothing is left';
is ctl('stop'), 0, 'to stop what does not run is no error';

is ctl('start'), 0, 'it starts again' or diag $said;
cmp_ok @{ query('max_over_time(minitwit_users[1h])') }, '==', 1,
    'what Prometheus has remembered is there';
my ($supervisor) = slurp($world->state . '/monitor.pid') =~ /(\d+)/;
kill KILL => $supervisor;
ok soon(sub { !left_over() }), 'all end with the one that started them'
    or diag map { slurp($_) } left_over();
is ctl('start'), 0, '... and are started again' or diag $said;
is ctl('stop'), 0, '... and stopped';

long_subtest 'an ordinary user' => sub {
	plan skip_all => 'is what the rest ran as' if $>;
	my $copy = "$temp/copy";
	system "mkdir -p '$copy/var/run' && cp -R '$root/bin' '$root/ops' '$copy'"
	    . " && chown -R nobody: '$copy'";
	local %ENV = (PATH => '/usr/bin:/bin', MONITOR_PORT => $port);
	my $command = "setpriv --reuid=nobody --regid=nogroup --clear-groups"
	    . " '$copy/bin/monitorctl'";
	my $output = qx{$command start 2>&1 </dev/null};
	is $?, 0, 'it starts, whether there is a site or not' or diag $output;
	like $output, qr/nobody is told of alerts: set MINITWIT_ALERT_WEBHOOK/,
	    'without a webhook it says so';
	like qx{$command status 2>&1}, qr/running/, 'it runs';
	ok soon(sub {
		my $up = query('up{job="node"} == 1');
		return ref $up && @$up;
	}), 'the exporters are asked';
	qx{$command stop 2>&1};
	is $?, 0, 'it stops';
};

done_testing;
