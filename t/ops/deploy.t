#!/usr/bin/perl
# bin/deploy and bin/rollback while people are at the site: the simulator, readers who
# connect anew and readers who don't, somebody who writes.  Ten releases come and go,
# with other programs, pages and settings, a migration, and broken ones; not one
# request may fail.  Then: a release that fails only in use, two deployments at a
# time, and one that is killed, whenever that is.
#
# In the short form six releases come and go, fewer of them broken, beside a slower
# simulator, and deployments are killed at fewer moments.

use strict;
use warnings;
use File::Temp qw(tempdir);
use HTTP::Tiny;
use JSON::PP;
use POSIX qw(_exit setpgid);
use Storable qw(retrieve store);
use Test::More;
use Time::HiRes qw(sleep);

use Shell qw(append slurp);
use World;

my $temp = tempdir('minitwit-XXXXXX', TMPDIR => 1, CLEANUP => 1);
chmod 0755, $temp;
# however busy the machine is
my $world = World->new(settings => 'TurnsLongestWait 60000');
my $state = $world->state;
my $root = World->root;
my $simulator = "$root/" . World::build() . '/bin/simulator';
delete @ENV{qw(MFLAGS MAKEOVERRIDES MAKELEVEL)};
$ENV{MAKEFLAGS} = '--jobs=2';
my ($pause, @load) = $ENV{LONG} ? (0.01, qw(--concurrency 8))
    : (0.1, qw(--concurrency 2 --rate 20));

# --- helpers ---

sub does {
	my ($status, $sentence, @command) = @_;
	my ($said, $got) = $world->bin(@command);
	is $got, $status, "@command: status $status" or diag $said;
	like $said, $sentence, 'with a sentence';
	return;
}

sub script {
	my ($file, $text) = @_;
	unlink $file or die "$file: $!";
	append($file, "#!/bin/sh\n$text\n");
	chmod 0755, $file or die "$file: $!";
	return;
}

# A release that differs from the one that runs first: its name, of eight letters,
# is in robots.txt, in a program, and in an asset.
my $base = "$temp/base";
system('cp', '-RL', "$state/site", $base) == 0 or die 'no copy';

sub variant {
	my ($name, %changes) = @_;
	my $folder = "$temp/$name";
	system('cp', '-R', $base, $folder) == 0 or die 'no copy';
	append("$folder/htdocs/robots.txt", "# $name\n");
	append("$folder/asset/mark.$name.txt", $name);
	system('perl', '-pi', '-e', "s/Public Timeline/Public $name/",
		"$folder/cgi-bin/site/public") == 0 or die 'no other program';
	append("$folder/apache/minitwit.conf",
		"Header always set X-Release $changes{header}\n")
	    if $changes{header};
	return $folder;
}

sub runs {
	my ($name, $header) = @_;
	my $robots = $world->get('/robots.txt');
	my $page = $world->get('/public', headers => { Cookie => 'a=b' });
	my ($found) = $robots->{content} =~ /^# (release\w+)/m;

	is $found, $name, ($name // 'the first release') . ' runs';
	like $page->{content}, $name ? qr/Public $name/ : qr/Public Timeline/,
	    'its programs, too';
	is $page->{headers}{'x-release'}, $header, 'with its settings';
	return;
}

# --- who is at the site meanwhile ---

my @busy;

# Does the same again and again in a process of its own, until the file "stop" is
# there; $sub gives what was wrong, or nothing.
sub keep_doing {
	my ($name, $sub) = @_;
	my $pid = fork // die "no fork: $!";
	if ($pid == 0) {
		my ($count, @wrong) = (0);
		until (-e "$temp/stop") {
			my $wrong = eval { $sub->() } // $@;
			push @wrong, $wrong if $wrong;
			$count++;
			sleep $pause;
		}
		store({ count => $count, wrong => \@wrong }, "$temp/$name.did");
		_exit(0);
	}
	push @busy, [ $name, $pid ];
	return;
}

sub wrong {
	my ($answer, $status, $what) = @_;
	return $answer->{status} == $status ? ''
	    : "$what: $answer->{status} "
	    . ($answer->{status} == 599 ? $answer->{content} : '');
}

# A page, and all its assets: they may be another release's.
sub read_with_assets {
	my $page = $world->get('/public', headers => { Cookie => 'a=b' });
	my $wrong = wrong($page, 200, 'GET /public');
	for my $asset ($page->{content} =~ m{"(/-/asset/[^"]+)"}g) {
		$wrong ||= wrong($world->get($asset), 200, "GET $asset");
	}
	return $wrong;
}

# One connection for all: whoever is just about to ask when the server closes it
# asks again (RFC 9112 9.3.1), as each browser does.
my $kept = HTTP::Tiny->new(keep_alive => 1, timeout => 60);

sub read_on {
	my $url = $world->url . (qw(/public /-/newest /login /robots.txt))[ rand 4 ];
	my $used = defined $kept->{handle};
	my $answer = $kept->get($url);
	$answer = $kept->get($url)
	    if $used && $answer->{status} == 599
	    && $answer->{content} !~ /[Tt]imed out/;
	return wrong($answer, 200, "GET $url");
}

my $jar = $world->login('Ann');
my $written = 0;
# she writes as long as it takes
$world->sql("UPDATE attempt_limits SET free = 1000000 WHERE kind = 'message'");

sub write_one {
	$written++;
	return wrong($world->post('/add_message', [ text => "No $written" ],
		jar => $jar), 302, 'POST /add_message')
	    || wrong($world->get('/', jar => $jar), 200, 'GET /');
}

sub begin_simulator {
	my $pid = fork // die "no fork: $!";
	if ($pid == 0) {
		open STDOUT, '>', "$temp/simulator" or _exit(1);
		open STDERR, '>&', \*STDOUT or _exit(1);
		exec $simulator, '--url', $world->api_url, @load,
		    '--timeout', 60, '--verify', '--json', "$temp/results",
		    '--users', 50, '--actions', 200_000
		    or _exit(1);
	}
	return $pid;
}

# --- ten releases ---

my @watch = qw(--watch 1);
my $all = $world->login('Bob'); # somebody to look at
my $simulating = begin_simulator();
keep_doing('readers', \&read_with_assets);
keep_doing('kept', \&read_on);
keep_doing('writer', \&write_one);

does(0, qr/^minitwit: deployed: /m, 'deploy', '--from', variant('release1'),
	@watch);
runs('release1');
does(0, qr/Apache takes up its settings/, 'deploy', '--from',
	variant('release2', header => 'two'), @watch);
runs('release2', 'two');
does(0, qr/Apache takes up its settings/, 'rollback', @watch);
runs('release1');

my $broken = variant('badbuild');
script("$broken/cgi-bin/site/login_form", 'exit 1');
does(1, qr{GET /login answers 500.*not deployed}s, 'deploy', '--from', $broken,
	@watch);
$broken = variant('badwords', header => 'two Nonsense nonsense nonsense');
does(1, qr/refuses its settings/, 'deploy', '--from', $broken, @watch);
$broken = variant('badvalue', header => '${MINITWIT_NOTHING}');
does(1, qr/MINITWIT_NOTHING} is not defined/, 'deploy', '--from', $broken,
	@watch);
if ($ENV{LONG}) {
	$broken = variant('badopsql');
	append("$broken/ops/postgresql.conf", "nonsense = 1\n");
	does(1, qr/PostgreSQL refuses its settings.*"nonsense"/s, 'deploy', '--from',
		$broken, @watch);
	$broken = variant('badpools');
	append("$broken/ops/pgbouncer.ini", "nonsense = 1\n");
	does(1, qr/PgBouncer refuses its settings.*nonsense/s, 'deploy', '--from',
		$broken, @watch);
	$broken = variant('badrules');
	append("$broken/ops/pg_hba.conf", "local nonsense\n");
	does(1, qr/PostgreSQL refuses its rules: .* runs again/s, 'deploy', '--from',
		$broken, @watch);
	$broken = variant('badstyle');
	unlink glob "$broken/asset/style.*.css";
	does(1, qr{it has no /-/asset/style\.\w+\.css}, 'deploy', '--from', $broken,
		@watch);
}
$broken = variant('badlocks');
append("$broken/sql/migrations/9998_locks.sql",
	"DO \$\$ BEGIN LOOP END LOOP; END \$\$;\n");
does(1, qr/9998_locks.*statement timeout.*runs as before/s, 'deploy', '--from',
	$broken, @watch);
runs('release1');

my $folder = variant('release3', header => 'three');
append("$folder/sql/migrations/9999_marks.sql",
	"CREATE TABLE marks (mark text PRIMARY KEY);\n");
system('tar', '-C', $folder, '-czf', "$temp/release3.tar.gz", '.') == 0
    or die 'no tar';
does(0, qr/database up to date: 9999_marks/, 'deploy', '--from',
	"$temp/release3.tar.gz", @watch);
runs('release3', 'three');
is $world->sql('SELECT count(*) FROM marks'), 0, 'the migration was applied';

if ($ENV{LONG}) {
	append($base . '/apache/modules.so', ' ');
	does(0, qr/Apache takes up its settings/, 'deploy', '--from',
		variant('release4', header => 'four'), @watch);
	runs('release4', 'four');
	does(0, qr/deployed/, 'rollback', @watch) for 1, 2;
	runs('release1');
}
$folder = variant('release5');
symlink $folder, "$temp/link" or die $!;
does(0, qr/deployed/, 'deploy', '--from', "$temp/link", @watch);
runs('release5');
ok -d "$folder/asset" && !-e "$folder/before",
    'a folder behind a link stays what it is';
my $mark = $world->get('/-/asset/mark.release3.txt');
is $mark->{status}, 200, 'the assets of an earlier one are there';

append("$temp/stop", '');
kill INT => $simulating;
waitpid $simulating, 0;
my $simulated = slurp("$temp/simulator");
my $results = JSON::PP->new->utf8->decode(slurp("$temp/results"));
is $results->{all}{ok}, $results->{all}{count},
    'everything that the simulator did is acknowledged'
    or diag $simulated;
like $simulated, qr/^verified: .*, nothing missing, nothing extra$/m,
    'and there';
diag $_ for $simulated =~ /^(kind .*|all .*|.* actions in .*|verified.*)$/mg;
for (@busy) {
	my ($name, $pid) = @$_;
	waitpid $pid, 0;
	my $did = retrieve("$temp/$name.did");
	is_deeply $did->{wrong}, [], "$name: $did->{count} times, nothing wrong";
	is $world->sql(q(SELECT count(*) FROM messages JOIN users
			ON author_id = user_id WHERE username = 'Ann')),
	    $did->{count}, 'each message is there'
	    if $name eq 'writer';
}
my @errors = grep {/"status":5/} split /\n/, slurp("$state/log/access.log");
is_deeply \@errors, [], 'no answer was an error of the server';
# Apache does not know the log-writers that it has dismissed
@errors = grep { /"level":"(?:warning|error)"/ && !/long lost child/ }
    split /\n/, slurp("$state/log/error.log");
is_deeply \@errors, [], 'and none was logged';

# --- a release that fails only in use ---

$broken = variant('badinuse');
append("$broken/ops/postgresql.conf", "work_mem = 777kB\n");
append("$broken/ops/pgbouncer.ini", "reserve_pool_timeout = 77\n");
my $program = "$broken/cgi-bin/site/timeline";
rename $program, "$program.good" or die $!;
append($program, '');
script($program,
	'case $HTTP_COOKIE in *000000*) exec "$0.good" ;; esac; exit 1');
my $deploying = fork // die "no fork: $!";
if ($deploying == 0) {
	my ($said, $status) = $world->bin('deploy', '--from', $broken, '--watch', 30);
	append("$temp/said", $said);
	_exit($status);
}
my $failed = 0;
until (waitpid $deploying, POSIX::WNOHANG) {
	$failed++ if $world->get('/', jar => $all)->{status} != 200;
}
is $? >> 8, 1, 'a release that fails in use is not deployed';
my $said = slurp("$temp/said");
like $said, qr/answers are errors.* runs again/s, 'and says so' or diag $said;
cmp_ok $failed, '>', 0, 'it was in use';
runs('release5');
is $world->get('/', jar => $all)->{status}, 200, 'all is well again';
isnt $world->sql('SHOW work_mem'), '777kB', 'PostgreSQL has its settings again';
unlike slurp("$state/run/pgbouncer.ini"), qr/77$/m, 'and PgBouncer';

# --- a migration that the release before can't do with ---

$broken = variant('badtable');
append("$broken/sql/migrations/9998_rename.sql",
	"ALTER TABLE followers RENAME TO followed;\n");
system('perl', '-pi', '-e', 's/\b(ON|FROM|INTO) followers\b/$1 followed/',
	"$broken/sql/functions/follows.sql") == 0 or die 'no other functions';
does(2, qr/ fails with the database as it is now: GET /, 'deploy', '--from',
	$broken, @watch);
$world->sql('ALTER TABLE followed RENAME TO followers');
$world->sql('DELETE FROM schema_migrations WHERE version = 9998');
is +($world->bin('migrate'))[1], 0, 'its functions are those of before';

# --- two at a time, and one that is killed ---

# Ends when it has come to say something, and so many seconds are over; gives its
# process.
sub begin_deployment {
	my ($from, $words, $seconds) = @_;
	pipe my $said, my $says or die "no pipe: $!";
	my $pid = fork // die "no fork: $!";
	if ($pid == 0) {
		setpgid(0, 0);
		@ENV{ keys %{ $world->{env} } } = values %{ $world->{env} };
		open STDERR, '>&', $says or _exit(1);
		exec "$root/bin/deploy", '--from', $from, '--watch', 20
		    or _exit(1);
	}
	setpgid($pid, $pid);
	close $says;
	while (my $line = <$said>) {
		last if $line =~ $words;
	}
	sleep $seconds;
	return $pid;
}

# Kills it with all that it has started and waits for.
sub kill_deployment {
	my ($pid) = @_;
	kill KILL => -$pid;
	waitpid $pid, 0;
	return;
}

my @turn = map { variant($_, header => $_) } qw(release6 release7);
my $untried;
until ($untried) { # on a busy machine it may be further by then
	kill_deployment(begin_deployment($turn[0], qr/checking/, 0));
	($untried) = glob "$state/releases/*/untried";
}
append($untried, 'killed'); # the next one may be given the same name
my $first = begin_deployment($turn[1], qr/checking/, 0);
isnt slurp($untried), 'killed', 'a release that was not tried does not stay';
does(1, qr/another deployment is under way/, 'deploy', '--from', $turn[0]);
kill_deployment($first);

my %seen;
my @moments = ([ qr/checking/, 0 ], [ qr/takes up/, 0.05 ]);
push @moments, [ qr/checking/, 0.3 ], [ qr/watching/, 0 ],
    map { [ qr/takes up/, $_ ] } 0, 0.02, 0.1, 0.2
    if $ENV{LONG};
for (@moments) {
	push @turn, shift @turn;
	kill_deployment(begin_deployment($turn[0], @$_));
	my $page = $world->get('/public', headers => { Cookie => 'a=b' });
	my ($running) = $page->{content} =~ /Public (\w+)/;
	is $page->{status}, 200, "killed after $_->[0] and $_->[1] s";
	is $page->{headers}{'x-release'} // 'release5', $running,
	    'programs and settings are of one release';
	$seen{$running}++;
}
diag 'what ran then: ', join ', ', map {"$_: $seen{$_}"} sort keys %seen;
# as after a rotation
rename "$state/log/$_", "$state/log/$_.1" or die $! for qw(access.log error.log);
does(0, qr/deployed/, 'deploy', '--from', variant('release8'), '--watch', 1);
runs('release8');
my ($list) = $world->bin('deploy', '--list');
my @list = split /\n/, $list;
is scalar @list, 5, 'five releases are kept' or diag $list;
like $list[-1], qr/ runs$/, 'the last of them runs';
opendir my $releases, "$state/releases" or die $!;
is_deeply [ grep {/^\.[^.]/} readdir $releases ], [], 'nothing is left of others';
ok !-e "$state/side", 'nor the server that they were tried by';
is $world->get('/-/asset/mark.release1.txt')->{status}, 404,
    'the assets of releases that are gone are gone';

# --- from source ---

does(0, qr/building .*deployed/s, 'deploy', '--watch', 1);
runs(undef);
SKIP: {
	skip 'only with LONG=1', 2 unless $ENV{LONG};
	skip 'there is no git here', 2
	    if system("git -C '$root' rev-parse HEAD >/dev/null 2>&1");
	my $commit = qx(git -C '$root' describe --always HEAD);
	chomp $commit;
	does(0, qr/deployed: \d+-\d+-\Q$commit\E,/, 'deploy', '--from', 'HEAD',
		@watch);
}

# --- what it can't do ---

does(1, qr/no checkout, and nothing/, 'deploy', '--from', $temp);
does(1, qr/is no folder, no tarball/, 'deploy', '--from', "$temp/none");
does(1, qr/there is no release none/, 'rollback', 'none');
{
	local $world->{env}{STATE} = "$state//";
	does(1, qr/there is no release none/, 'rollback', 'none');
}
does(64, qr/there is no option --nonsense/, 'deploy', '--nonsense');
does(64, qr/08 is not a whole number/, 'deploy', '--watch', '08');
does(0, qr/^usage: deploy/, 'deploy', '--help');
$world->ctl('stop');
does(1, qr/the site does not run/, 'deploy', '--from', $turn[0]);

done_testing;
