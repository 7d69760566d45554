# /metrics: each counter moves by exactly what was done, however much is done at
# once, and stays what it is whatever ends; what the database says costs it no
# table; nobody but allowed addresses sees any of it.

use strict;
use warnings;
use File::Temp qw(tempdir);
use List::Util qw(sum0);
use Parts qw(crash);
use Test::More;
use Time::HiRes qw(sleep);
use World;

# A program may have another one at it, see the sandbox's violation.
my $world = World->new(ALLOWED_ADDRESSES => '127.0.0.1',
	settings => 'TurnsLongestWait 60000
<IfDefine !SANITIZE>
<Directory ${MINITWIT_SITE}/cgi-bin>
	RLimitNPROC max max
</Directory>
</IfDefine>');
my $state = $world->state;
my $site = "$state/site/cgi-bin";
my $file = "$state/metrics";
$world->register('Ann');

# --- asking ---

sub scrape {
	my $answer = $world->get('/metrics');
	$answer->{status} == 200 or die "metrics: $answer->{status}";
	return map { /^(minitwit_\S+?(?:\{.*\})?) (\S+)$/ ? ($1 => $2) : () }
	    split /\n/, $answer->{content};
}

sub requests {
	my ($route, $method, $status) = @_;
	return qq(minitwit_http_requests_total{route="$route",)
	    . qq(method="$method",status="$status"});
}

# By how much counters have grown; what is asked for them is not counted.
sub growth {
	my ($before) = @_;
	my %now = scrape();
	my %growth;
	for (grep {/_total\b/ && !m{"ops/metrics"}} keys %now) {
		my $by = $now{$_} - ($before->{$_} // 0);
		$growth{$_} = $by if $by;
	}
	return \%growth;
}

# Apache counts when it has sent what it answers by itself; so this waits for as
# many requests as are expected, and a while longer for none.
sub grows {
	my ($before, $expected, $what) = @_;
	my $all = sub {
		my ($growth) = @_;
		return sum0(map { $growth->{$_} }
			grep {/http_requests/} keys %$growth);
	};
	my $growth;
	for (1 .. 600) {
		$growth = growth($before);
		last if $all->($growth) >= $all->($expected);
		sleep 0.05;
	}
	is_deeply $growth, $expected, $what or diag explain $growth;
	return;
}

# --- what it is ---

subtest 'the answer' => sub {
	my $answer = $world->get('/metrics');
	is $answer->{headers}{'content-type'},
	    'text/plain; version=0.0.4; charset=utf-8', 'its type';
	is $answer->{headers}{'cache-control'}, 'private, no-store', 'is not kept';
	my $head = $world->request(HEAD => '/metrics');
	is $head->{status}, 200, 'HEAD';
	is $head->{content} // '', '', '... has no body';
	is $world->post('/metrics', [])->{status}, 405, 'POST does not do';
	is $world->get($world->api_url . '/metrics')->{status}, 200,
	    "the API's port has it, too";
	$world->get('/public');
	$world->get('/public');
	my $text = File::Temp->new;
	print {$text} $world->get('/metrics')->{content};
	close $text;
	is qx{promtool check metrics <$text 2>&1}, '',
	    'promtool has nothing to say';
	is $?, 0, '... and is content';
};

subtest 'nobody else sees it' => sub {
	my @from = (from => '127.0.0.2');
	for my $path (qw(/metrics /metrics/ /metrics/x /metrics?x /%6Detrics
		//metrics), $world->api_url . '/metrics')
	{
		my $answer = $world->get($path, @from);
		like $answer->{status}, qr/^40[34]$/, $path;
		unlike $answer->{content}, qr/minitwit_/, '... and no number';
	}
	is $world->api(POST => '/register', { username => 'metrics',
		email => 'a@b', pwd => 'pw' })->{status}, 400,
	    'nobody can have the name';
};

# --- counting ---

# What one of many does, each at the same time.
sub live {
	my ($name) = @_;
	my $jar = World::Jar->new;
	my @login = (username => $name, password => 'pw');
	my $status = sub {
		my ($answer, $expected) = @_;
		$answer->{status} == $expected
		    or die "$answer->{status}, not $expected";
	};
	$world->register($name);
	$status->($world->post('/login', [ @login[ 0 .. 2 ], 'no' ]), 200);
	$status->($world->post('/login', [ @login ], jar => $jar), 302);
	for (1 .. 2) {
		$status->($world->post('/add_message',
			[ text => 'hi', once => 'one' ], jar => $jar), 302);
		$status->($world->post('/Ann/follow', [], jar => $jar), 302);
		$status->($world->api(POST => "/fllws/Ann",
			{ follow => $name }), 204);
	}
	for (1 .. 2) {
		$status->($world->post('/Ann/unfollow', [], jar => $jar), 302);
		$status->($world->api(POST => "/fllws/Ann",
			{ unfollow => $name }), 204);
	}
	$status->($world->api(POST => "/msgs/$name", { content => 'hi' }), 204);
	$status->($world->api(POST => "/msgs/Nobody", { content => 'hi' }), 404);
	$status->($world->get("/$name", jar => $jar), 200);
	$status->($world->request(HEAD => "/$name", jar => $jar), 200);
	$status->($world->request(BREW => "/$name"), 405);
	$status->($world->get('/a/b/c'), 404);
	$status->($world->get('/%zz'), 400);
	$status->($world->get('/'), 302);
	$status->($world->get('/robots.txt'), 200);
	$status->($world->get('/-/asset/none'), 404);
	$status->($world->get('/-/status'), 200);
	return 'lived';
}

subtest 'many at once' => sub {
	my $people = 8;
	my (%before, @lives);
	# again, where the machine was too busy to answer some of it in time
	for my $try ('A' .. 'J') {
		%before = scrape();
		@lives = $world->at_once(map { my $n = $_;
			sub { live("$try$n") } } 1 .. $people);
		last if !grep { $_ ne 'lived' } @lives;
		sleep 2; # Apache counts a little later
	}
	is_deeply \@lives, [ ('lived') x $people ], 'all is answered';
	grows(\%before, {
		(map { $_->[0] => $people * $_->[1] }
			[ minitwit_registrations_total => 1 ],
			[ minitwit_messages_posted_total => 2 ],
			[ minitwit_follows_total => 2 ],
			[ minitwit_unfollows_total => 2 ],
			[ 'minitwit_logins_total{result="success"}' => 1 ],
			[ 'minitwit_logins_total{result="failure"}' => 1 ],
			[ requests('api/register', 'POST', 204) => 1 ],
			[ requests('site/login', 'POST', 200) => 1 ],
			[ requests('site/login', 'POST', 302) => 1 ],
			[ requests('site/add_message', 'POST', 302) => 2 ],
			[ requests('site/follow', 'POST', 302) => 2 ],
			[ requests('site/unfollow', 'POST', 302) => 2 ],
			[ requests('api/fllws', 'POST', 204) => 4 ],
			[ requests('api/user_msgs', 'POST', 204) => 1 ],
			[ requests('api/user_msgs', 'POST', 404) => 1 ],
			[ requests('site/profile', 'GET', 200) => 1 ],
			[ requests('site/profile', 'HEAD', 200) => 1 ],
			[ requests('site/profile', 'other', 405) => 1 ],
			[ requests('site/error', 'GET', 404) => 1 ],
			[ requests('site/error', 'GET', 400) => 1 ],
			[ requests('site/visitor', 'GET', 302) => 1 ],
			[ requests('file', 'GET', 200) => 1 ],
			[ requests('file', 'GET', 404) => 1 ],
			[ requests('server-status', 'GET', 200) => 1 ]),
	}, 'and each of it is counted, once');
};

subtest 'what Apache answers by itself' => sub {
	my %before = scrape();
	$world->get('/public') for 1 .. 20;
	my $growth;
	for (1 .. 600) {
		$growth = growth(\%before);
		last if sum0(values %$growth) == 20;
		sleep 0.05;
	}
	my $made = delete $growth->{ requests('site/public', 'GET', 200) };
	my $kept = delete $growth->{ requests('cache', 'GET', 200) };
	is $made + $kept, 20, "kept pages: $kept of 20";
	cmp_ok $kept, '>', 0, '... are counted as such';
	is_deeply $growth, {}, '... and nothing else';

	%before = scrape();
	$world->get('/metrics', from => '127.0.0.2');
	like $world->raw("rubbish\r\n\r\n"), qr/ 400 /, 'a bad request';
	$world->raw("GET /public HTTP/1.1\r\n\r\n"); # no Host
	like $world->raw('GET /' . 'a' x 9000 . " HTTP/1.1\r\nHost: a\r\n\r\n"),
	    qr/ 414 /, 'a long one';
	grows(\%before, { requests('none', 'GET', 403) => 1,
		requests('none', 'GET', 400) => 1,
		requests('none', 'other', 400) => 1,
		requests('none', 'other', 414) => 1 }, 'what is refused');
};

subtest 'durations' => sub {
	my $bucket = 'minitwit_http_request_duration_seconds_bucket'
	    . '{route="site/message",le=';
	my $sum = 'minitwit_http_request_duration_seconds_sum'
	    . '{route="site/message"}';
	$world->get('/Ann/status/0', headers => { 'X-Request-Start' => $_ })
	    for 't=0', 't=99999999999999999', 'x', "t=1 t=2";
	my %now = scrape();
	is $now{qq($bucket"+Inf"})}, 4, 'all are counted';
	is $now{qq($bucket"10"})}, 4, '... and nobody else says how long';
	cmp_ok $now{$sum}, '<', 40, '... they took';
	cmp_ok $now{$sum}, '>', 0, '... which is more than nothing';
	my @les = map { /\Q$bucket\E"(.*)"/ ? $1 : () }
	    split /\n/, $world->get('/metrics')->{content};
	is "@les", '0.001 0.0025 0.005 0.01 0.025 0.05 0.1 0.25 0.5 1 2.5 5 10'
	    . ' +Inf', 'the buckets';

	# which gives up after more than a second
	$world->locked('messages', sub { $world->get('/Ann/status/1') });
	my %then = scrape();
	is $then{qq($bucket"1"})}, $now{qq($bucket"1"})},
	    'a slow one is none of the fast ones';
	is $then{qq($bucket"+Inf"})}, 5, '... but counted';
};

subtest 'too many' => sub {
	$world->sql('UPDATE attempt_limits SET free = 1');
	$world->sql('DELETE FROM attempts');
	my %before = scrape();
	my @statuses = map { $world->post('/login',
		[ username => 'Ann', password => 'no' ])->{status} } 1 .. 4;
	my $refused = grep { $_ == 429 } @statuses;
	cmp_ok $refused, '>', 0, "refused: $refused of 4";
	grows(\%before, {
		minitwit_rate_limited_total => $refused,
		'minitwit_logins_total{result="failure"}' => 4 - $refused,
		requests('site/login', 'POST', 429) => $refused,
		requests('site/login', 'POST', 200) => 4 - $refused,
	}, 'which is no login that failed');
	$world->sql('UPDATE attempt_limits SET free = 1000');
};

# --- programs that end before their time ---

# Has a shell script in a program's place.
sub replaced {
	my ($program, $script, $sub) = @_;
	rename "$site/$program", "$site/$program.real" or die $!;
	open my $out, '>', "$site/$program" or die $!;
	print {$out} "#!/bin/sh\n$script\n";
	close $out;
	chmod 0755, "$site/$program";
	$sub->();
	rename "$site/$program.real", "$site/$program" or die $!;
	return;
}

my @now = (headers => { Cookie => 'a=b' }); # nothing that is kept

subtest 'a program is killed' => sub {
	my %before = scrape();
	replaced('site/public', 'kill -KILL $$', sub {
		is $world->get('/public', @now)->{status}, 500, 'a 500';
	});
	grows(\%before, { requests('site/public', 'GET', 500) => 1 },
		'is counted');
};

subtest 'a program breaks out of its sandbox' => sub {
	plan skip_all => 'sanitizers need what the sandbox forbids'
	    if $ENV{SANITIZE};
	my $folder = tempdir(CLEANUP => 1);
	chmod 0755, $folder;
	my $inject = "$folder/inject";
	system($ENV{CC} || 'gcc', qw(-std=c11 -D_GNU_SOURCE -o), $inject,
		World::root() . '/t/sandbox/inject.c') == 0 or die;
	my %before = scrape();
	replaced('site/public', "exec '$inject' closed openat /etc/passwd"
		. " '$site/site/public.real'", sub {
		is $world->get('/public', @now)->{status}, 500, 'a 500';
	});
	grows(\%before, { minitwit_sandbox_kills_total => 1,
		requests('site/public', 'GET', 500) => 1 }, 'is counted');
};

# --- the database ---

subtest 'a database error' => sub {
	my %before = scrape();
	$world->locked('messages', sub {
		is $world->get('/public', @now)->{status}, 503, 'no answer';
	});
	grows(\%before, { minitwit_database_errors_total => 1,
		requests('site/public', 'GET', 503) => 1 }, 'is counted');
};

# Waits until a gauge is what a query gives; PostgreSQL's own counts come late.
sub becomes {
	my ($gauge, $query) = @_;
	my $expected = $world->sql($query);
	my %now;
	for (1 .. 400) {
		%now = scrape();
		last if $now{$gauge} == $expected;
		sleep 0.05;
	}
	is $now{$gauge}, $expected, $gauge;
	return;
}

my %counted = (
	minitwit_users => 'SELECT count(*) FROM users',
	minitwit_messages => 'SELECT count(*) FROM messages',
	minitwit_followers => 'SELECT count(*) FROM followers',
	minitwit_sessions_active => 'SELECT count(*) FROM sessions',
	# everybody has registered just now
	minitwit_users_active => 'SELECT count(*) FROM users',
);

subtest 'what the database says' => sub {
	becomes($_, $counted{$_}) for sort keys %counted;
	my %now = scrape();
	is $now{minitwit_database_up}, 1, 'it is there';
	is $now{minitwit_standbys}, 0, '... and no standby';
	cmp_ok $now{minitwit_database_size_bytes}, '>', 1e6, '... its size';
	ok((grep {/^minitwit_slowest_index_blocks_per_scan\{index="\w+"\}$/}
			keys %now), '... its slowest index');
};

subtest 'flags' => sub {
	my %before = scrape();
	local %ENV = (%ENV, STATE => $state);
	my $ids = $world->sql("SELECT string_agg(message_id::text, ' ')
		FROM messages WHERE message_id <= 3");
	my $tool = World::root() . '/bin/flag_tool';
	qx{'$tool' $ids && '$tool' $ids && '$tool' -u $ids && '$tool' 1 2>&1};
	is $?, 0, 'three, again, unflagged, and one more';
	my %now = scrape();
	is $now{minitwit_messages_flagged_total}
	    - $before{minitwit_messages_flagged_total}, 4, 'are four';
};

subtest 'a scrape reads no table' => sub {
	my $scans = sub { $world->sql("SELECT string_agg(relname || ' '
		|| seq_scan, ', ' ORDER BY relname) FROM pg_stat_user_tables") };
	my $looks = sub { $world->sql("SELECT idx_scan FROM
		pg_stat_user_indexes WHERE indexrelname = 'sessions_used_at'") };
	# what others have done until now is told late, too
	my ($before, $last) = ('', $scans->());
	for (1 .. 20) {
		last if $before eq $last;
		sleep 1.5;
		scrape();
		($before, $last) = ($last, $scans->());
	}
	my $from = $looks->();
	scrape() for 1 .. 20;
	for (1 .. 400) {
		last if $looks->() >= $from + 40;
		sleep 0.05;
		scrape();
	}
	cmp_ok $looks->(), '>=', $from + 40, 'by an index';
	is $scans->(), $before, '... and not in whole';
};

# Is another process after a crash.
sub checkpointer {
	return eval { $world->sql(q{SELECT pid FROM pg_stat_activity
		WHERE backend_type = 'checkpointer'}) };
}

subtest 'PostgreSQL crashes' => sub {
	$world->sql('ANALYZE');
	my $before = checkpointer();
	my ($pid) = split /\n/, $world->sql(q{SELECT pid FROM pg_stat_activity
		WHERE usename LIKE 'minitwit_%'});
	kill KILL => $pid;
	for (1 .. 400) {
		my $now = checkpointer();
		last if $now && $now != $before;
		sleep 0.05;
	}
	for (1 .. 400) {
		my %now = scrape();
		last if $now{minitwit_database_up};
		sleep 0.05;
	}
	becomes($_, $counted{$_}) for sort keys %counted;
	$world->register('Zoe');
	becomes('minitwit_users', $counted{minitwit_users});
};

subtest 'the database is away' => sub {
	my %before = scrape();
	my $parts = Parts->new($state);
	crash($parts->all('supervisor')); # who would start it again
	crash($parts->leader('PgBouncer'));
	my %now = scrape();
	is $now{minitwit_database_up}, 0, 'which it says';
	is $now{minitwit_users}, undef, '... and nothing that it does not know';
	is $now{minitwit_registrations_total},
	    $before{minitwit_registrations_total}, '... but all else';
	cmp_ok $now{minitwit_database_errors_total}, '>',
	    $before{minitwit_database_errors_total}, '... the error, too';
};

# --- the file ---

sub restart {
	$world->ctl('stop');
	return $world->ctl('start');
}

subtest 'a restart' => sub {
	my %before = scrape();
	is restart(), 0, 'stop and start';
	my %now = scrape();
	is $now{$_}, $before{$_}, $_
	    for grep {/_total\b/ && !m{"ops/}} sort keys %before;
};

# Each page is served, and /metrics has the database's part.
sub serves_without {
	my ($what) = @_;
	is $world->get($_, @now)->{status}, 200, "$what: $_"
	    for qw(/public /login /-/health /robots.txt);
	my %now = scrape();
	is $now{minitwit_metrics_slots}, 0, '... nothing is counted';
	is $now{minitwit_database_up}, 1, '... and /metrics says the rest';
	return;
}

subtest 'no file, or no good one' => sub {
	truncate $file, 0 or die $!;
	serves_without('cut off');
	open my $out, '>', $file or die $!;
	print {$out} 'x' x 300_000;
	close $out;
	serves_without('foreign');
	is restart(), 0, 'a start';
	like $world->{said}, qr/counting begins anew/, '... says so';
	ok -s "$state/metrics.old", '... keeps what was there';
	my %now = scrape();
	is $now{minitwit_registrations_total}, 0, '... and begins anew';
	unlink $file or die $!;
	serves_without('gone');
	is restart(), 0, 'a start';
	%now = scrape();
	cmp_ok $now{minitwit_metrics_slots}, '>', 1000, '... makes one';
};

done_testing;
