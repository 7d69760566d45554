# What a program can't do once it has begun to read its request.  Each one, as it
# is installed, is made to try (sandbox/inject.c): when the sandbox has just
# closed, and again when it is about to answer.  And what a program does where the
# kernel offers less (sandbox/under.c).  With LONG=1 it tries both times.

use strict;
use warnings;
use utf8;
use FindBin;
use lib "$FindBin::Bin/cgi";
use File::Glob qw(bsd_glob);
use File::Temp qw(tempdir);
use POSIX ();
use Program;
use Test::More;
use Time::HiRes qw(sleep);
use Shell qw(slurp);
use World;

plan skip_all => 'sanitizers need what the sandbox forbids' if $ENV{SANITIZE};

my $world = World->new;
# Where Apache finds the programs of the release that runs.
my ($site) = bsd_glob($world->state . '/settings/*/cgi-bin');
my $folder = tempdir(CLEANUP => 1);
my ($inject, $under) = map {"$folder/$_"} qw(inject under);
my $source = World::root() . '/t/sandbox/inject.c';
my $cc = $ENV{CC} || 'gcc';

for (qw(inject under)) {
	my $file = World::root() . "/t/sandbox/$_.c";
	system($cc, qw(-std=c11 -D_GNU_SOURCE -o), "$folder/$_", $file) == 0
	    or BAIL_OUT("$file does not compile");
}
my @calls = do {
	open my $in, '<', $source or die "$source: $!";
	map { /^\t\{ "([^"]+)", SYS_/ ? $1 : () } <$in>;
};

my $ann = $world->login('Ann');
$world->register('Bob');
my @ann = (HTTP_COOKIE => "session=$ann->{session}");
# Of these the first request that gets to its answer ends the session.
my %their = map { $_ => [ HTTP_COOKIE => 'session='
	    . $world->login($_)->{session} ] } qw(Eve Fay);
my @api = (HTTP_AUTHORIZATION => 'Basic c2ltdWxhdG9yOnN1cGVyX3NhZmUh');

sub json {
	my ($target, $body) = @_;
	return ($body, REQUEST_METHOD => 'POST', REQUEST_URI => $target, @api,
		CONTENT_TYPE => 'application/json');
}

# A request that makes each program do all of its work: of the others, their samples.
my %requests = (
	'api/error' => [ '', REQUEST_URI => '/msgs/a/b?latest=1' ],
	'api/fllws' => [ json('/fllws/Ann', '{"follow":"Bob"}') ],
	'api/msgs' => [ '', REQUEST_URI => '/msgs', @api ],
	'api/register' => [ json('/register',
			'{"username":"Cid","email":"c@c","pwd":"c"}') ],
	'api/user_msgs' => [ json('/msgs/Ann', '{"content":"hi"}') ],
	'site/account' => [ '', REQUEST_URI => '/-/account', @ann ],
	'site/account_data' => [ form('/-/account/data', password => 'pw'),
		@ann ],
	'site/account_delete' => [ form('/-/account/delete', password => 'pw'),
		@{ $their{Eve} } ],
	'site/account_password' => [ form('/-/account/password',
			password => 'pw', new_password => 'x',
			new_password2 => 'x'), @{ $their{Fay} } ],
	'site/account_sessions' => [ form('/-/account/sessions',
			password => 'pw', session => 'others'), @ann ],
	'site/add_message' => [ form('/add_message', text => 'hi'), @ann ],
	'site/follow' => [ form('/Bob/follow'), @ann ],
	'site/followers' => [ '', REQUEST_URI => '/Ann/followers', @ann ],
	'site/following' => [ '', REQUEST_URI => '/Ann/following', @ann ],
	'site/login' => [ form('/login', username => 'Ann', password => 'pw') ],
	'site/login_form' => [ '', REQUEST_URI => '/login',
		HTTP_COOKIE => 'session=' . 'a' x 64 ],
	'site/logout' => [ form('/logout'), HTTP_COOKIE => 'session=' . 'a' x 64 ],
	'site/message' => [ '', REQUEST_URI => '/Ann/status/1', @ann ],
	'site/news' => [ '', REQUEST_URI => '/-/news?after=0&mine=1', @ann ],
	'site/profile' => [ '', REQUEST_URI => '/Ann', @ann ],
	'site/public' => [ '', REQUEST_URI => '/public', @ann ],
	'site/register' => [ form('/register', username => 'Dan',
			email => 'd@d', password => 'd', password2 => 'd') ],
	'site/register_form' => [ '', REQUEST_URI => '/register',
		HTTP_COOKIE => 'session=' . 'a' x 64 ],
	'site/search' => [ '', REQUEST_URI => '/-/search?q=Ann', @ann ],
	'site/timeline' => [ '', REQUEST_URI => '/', @ann ],
	'site/unfollow' => [ form('/Bob/unfollow'), @ann ],
);
$requests{ $_->{program} } //= [ '', REQUEST_URI => $_->{sample} ]
    for grep { $_->{methods} !~ /^POST/ } Routes::programs();
is_deeply [ sort keys %requests ],
    [ map { s{.*/cgi-bin/(.*)\.c$}{$1}r }
	    bsd_glob(World::root() . '/cgi-bin/*/*.c') ],
    'each program is tried';

# Has a program make a call; gives what came of it, and all that it wrote.
sub attempt {
	my ($when, $call, $program) = @_;
	my $file = "$folder/file";
	open my $out, '>', $file or die "$file: $!";
	print {$out} "#!/bin/true\n";
	close $out;
	chmod 0755, $file;
	my ($body, %env) = @{ $requests{$program} };
	my $answer = $world->cgi_by(
		[ $inject, $when, $call, $file, "$site/$program" ], $body, %env);
	my ($outcome) = $answer->{stderr} =~ /^inject: (.*)$/m;
	return ($outcome // 'nothing', $answer);
}

# What is tried is something that works: before the sandbox closes it does.
subtest 'nothing keeps a program from it at its start' => sub {
	for my $call (qw(open openat create truncate unlink rename chmod stat
		execve execveat fork clone socketpair ptrace kill tgkill),
		'socket unix', 'socket inet', 'mmap to run', 'mprotect to run') {
		my ($outcome) = attempt('first', $call, 'site/public');
		like $outcome, qr/^\d+$/, $call;
	}
};

# Who has no database has less than the others.
my %is_tight = map { $_->{program} => 1 }
    grep { $_->{role} eq '-' } Routes::programs();

for my $program (sort keys %requests) {
	my $tight = $is_tight{$program};
	subtest $program => sub {
		for my $call (@calls) {
			for my $when ('closed', $ENV{LONG} ? 'answer' : ()) {
				my ($outcome, $answer) =
				    attempt($when, $call, $program);
				is $outcome, $tight ? 'killed by SIGKILL'
				    : 'killed by SIGSYS', "$call, $when";
				is $answer->{raw}, '', '... no answer';
				next if $tight;
				like $answer->{stderr}, qr/"level":"error",
				    "program":"(?:-|\Q$program\E)".*
				    "sandbox:\ the\ system\ call\ \d+\ was\ refused"/x,
				    '... a line in the log';
			}
		}
	};
}

# --- where the kernel offers less ---

# Runs a program where these system calls fail; gives its answer.
sub run_under {
	my ($program, @calls) = @_;
	my ($body, %env) = @{ $requests{$program} };
	return $world->cgi_by([ $under, @calls, '--', "$site/$program" ], $body, %env);
}

# A container and systemd's SystemCallFilter= install a filter before ours.
subtest 'under an inherited filter' => sub {
	for my $program (sort keys %requests) {
		my $answer = run_under($program);
		my $status = $program =~ /error$/ ? qr/^404$/ : qr/^[23]\d\d$/;
		like $answer->{status}, $status, $program or diag $answer->{stderr};
		unlike $answer->{stderr}, qr/sandbox/, '... without a complaint';
	}
	is run_under('site/visitor')->{raw}, $world->cgi('site/visitor',
		@{ $requests{'site/visitor'} })->{raw},
	    'a visitor is answered as always';
	for my $program (sort keys %is_tight) {
		my ($body, %env) = @{ $requests{$program} };
		my $answer = $world->cgi_by([ $under, '--', $inject, 'answer',
			'openat', '/etc/passwd', "$site/$program" ], $body, %env);
		like $answer->{stderr}, qr/^inject: killed by SIGSYS$/m,
		    "$program can open no file";
	}
};

for (
	# in musl's words
	[ 'without Landlock' => [ SYS_landlock_create_ruleset => 38 ], 0,
		'this kernel has no Landlock (Function not implemented): seccomp'
		    . ' alone keeps the program from files' ],
	[ 'with Landlock switched off' => [ SYS_landlock_create_ruleset => 95 ], 0,
		'this kernel has no Landlock (Not supported): seccomp alone keeps'
		    . ' the program from files' ],
	[ 'where Landlock is refused' => [ SYS_landlock_restrict_self => 1 ], 1,
		'Landlock: Operation not permitted' ],
	[ 'without close_range()' => [ SYS_close_range => 38 ], 1,
		'close_range: Function not implemented' ],
	[ 'without seccomp filters' => [ SYS_seccomp => 22 ], 1,
		'seccomp: Invalid argument' ],
) {
	my ($name, $call, $fails, $message) = @$_;
	# asm/unistd_64.h
	my %number = (SYS_landlock_create_ruleset => 444,
		SYS_landlock_restrict_self => 446, SYS_close_range => 436,
		SYS_seccomp => 317);
	subtest $name => sub {
		for my $program (qw(site/public site/visitor api/latest)) {
			my $answer = run_under($program, $number{ $call->[0] },
				$call->[1]);
			like $answer->{status}, $fails ? qr/^500$/ : qr/^[23]\d\d$/,
			    $program;
			my @lines = grep { /"sandbox: / }
			    split /\n/, $answer->{stderr};
			is scalar @lines, 1, '... logs one line';
			like $lines[0], qr/"sandbox: \Q$message\E"/,
			    '... that says why';
		}
	};
}

subtest 'make install' => sub {
	my @make = ('/usr/bin/make', '-s', '-C', World::root(), 'install',
		"prefix=$folder/installed", 'DESTDIR=');
	local @ENV{qw(MAKEFLAGS MFLAGS)} = ('', '');
	is system($under, '--', @make), 0, 'works under an inherited filter';
	for my $page (bsd_glob("$site/../htdocs/error/*")) {
		my $made = "$folder/installed/htdocs/error/" . $page =~ s{.*/}{}r;
		is slurp($made), slurp($page), "... $made is as usual";
	}
	isnt system("'$under' 317 22 -- @make >'$folder/said' 2>&1"), 0,
	    'fails where a page cannot be made';
	like slurp("$folder/said"), qr{^cgi-bin/site/error gives no 400\.$}m,
	    '... and says which';
};

# --- as the web server runs it ---

# A program waits for a table that is locked; calls a sub with its process id
# then, and gives what its client gets.
sub while_waiting {
	my ($sub) = @_;
	pipe my $read, my $write or die $!;
	my $client = fork // die $!;
	if ($client == 0) {
		my $answer = $world->get('/msgs', headers => {
			Authorization => $api[1] });
		syswrite $write, $answer->{status};
		POSIX::_exit(0);
	}
	close $write;
	my $pid;
	for (1 .. 10_000) {
		($pid) = map {m{(\d+)}} grep {
			slurp($_) =~ m{^\Q$site\E/api/msgs\0}
		} bsd_glob('/proc/[0-9]*/cmdline');
		last if $pid && $world->hanging;
		sleep 0.01;
	}
	my $result = eval { $sub->($pid) };
	return ($result, $read, $client);
}

subtest 'a program at work' => sub {
	my ($found, $read, $client) = @{ $world->locked('messages', sub {
		[ while_waiting(sub {
			my ($pid) = @_;
			my $uid = (stat $world->state . '/pg')[4];
			my @as = $> == 0 ? ('setpriv', "--reuid=$uid",
				'--clear-groups') : ();
			my %seen = (
				status => slurp("/proc/$pid/status"),
				limits => slurp("/proc/$pid/limits"),
				files => join(' ', map {m{(\d+)$}}
					bsd_glob("/proc/$pid/fd/*")),
				environment => scalar
				    qx{@as cat /proc/$pid/environ 2>/dev/null},
			);
			# poll() is begun again, by another system call
			kill STOP => $pid;
			sleep 0.05;
			kill CONT => $pid;
			return \%seen;
		}) ];
	}) };
	like $found->{status}, qr/^NoNewPrivs:\s+1$/m, 'no new privileges';
	like $found->{status}, qr/^Seccomp:\s+2$/m, 'a filter';
	my %limits = map { /^(Max .*?)  +(\d+)  +(\d+)/ ? ($1 => "$2 $3") : () }
	    split /\n/, $found->{limits};
	is $limits{'Max core file size'}, '0 0', 'no core';
	is $limits{'Max cpu time'}, '10 10', 'ten seconds';
	is $limits{'Max processes'}, '0 0', 'no process';
	is $limits{'Max open files'}, '1 1', 'no file';
	is $limits{'Max address space'}, (320 << 20) . ' ' . (320 << 20),
	    '320 MiB';
	is $found->{environment}, '', 'its environment is nobody else\'s';
	is $found->{files}, '0 1 2 3 4', 'its files: in, out, stderr, log, database'
	    if $> == 0;
	my $status = readline $read;
	waitpid $client, 0;
	# 503 when all that has taken longer than a program waits
	like $status, qr/^(?:200|503)$/, 'stopped and continued, it answers';
};

# A second for each program, and one more program than Apache lets it start.
my $local = $world->state . '/local';
mkdir $local or die $!;
open my $conf, '>', "$local/limits.conf" or die $!;
print {$conf} "<Directory $site>\nRLimitCPU 1 1\nRLimitNPROC max max\n",
    "</Directory>\n";
close $conf;
is $world->ctl('stop') + $world->ctl('start'), 0, 'Apache restarts';
chmod 0755, $folder; # the web server may be another user

# Puts a shell script in a program's place, which is beside it meanwhile.
sub replace {
	my ($program, $script) = @_;
	rename $program, "$program.real" or die $!;
	open my $out, '>', $program or die $!;
	print {$out} "#!/bin/sh\n$script\n";
	close $out;
	chmod 0755, $program;
	return;
}

subtest 'a program that does not end' => sub {
	my $program = "$site/api/latest";
	replace($program, 'while :; do :; done');
	my ($endless, @others) = $world->at_once(
		sub { $world->get('/latest') },
		map { sub { $world->api(GET => '/msgs') } } 1 .. 4);
	is $endless->{status}, 500, 'runs out of its seconds';
	is_deeply [ map { $_->{status} } @others ], [ (200) x 4 ],
	    '... while others get their answers';
	rename "$program.real", $program or die $!;
	is $world->get('/latest')->{status}, 200, '... and so does the next one';
};

subtest 'a violation' => sub {
	my $program = "$site/site/public";
	replace($program, "exec '$inject' answer openat /etc/passwd"
	    . " '$program.real'");
	my $reader = sub { $world->get('/public', jar => $ann)->{content} };
	my ($violated, @others) = $world->at_once(
		sub { $world->get('/public', jar => $ann) },
		map { sub { $world->api(GET => '/msgs') } } 1 .. 4);
	is $violated->{status}, 500, 'the reader gets a 500';
	like $violated->{content}, qr{<h1>Internal Server Error</h1>.*</html>}s,
	    '... the site\'s page';
	unlike $violated->{content}, qr/seccomp|sandbox|SIGSYS/i,
	    '... and no reason';
	is_deeply [ map { $_->{status} } @others ], [ (200) x 4 ],
	    '... others their answers';
	my ($line) = grep { $_->{message} =~ /^sandbox:/ } $world->lines_of('error');
	is $line->{message}, 'sandbox: the system call 257 was refused',
	    '... and the log the reason';
	is $line->{level}, 'error', '... as an error';
	is $line->{program}, 'site/public', '... with the program';
	my $access = $world->logged_request(sub { $_[0]{status} == 500 });
	is $access->{request}, $line->{request}, '... and the request';
	is $access->{route}, 'site/public', '... in access.log, too';
	rename "$program.real", $program or die $!;
	is $world->get('/public', jar => $ann)->{status}, 200,
	    'and the next one is served';
};

done_testing;
