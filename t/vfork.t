# How mod_cgid's daemon starts programs: by vfork(), with the preloaded library
# (apache/vfork.c), and by fork(), without it.  Programs, clients and the error log
# must not see a difference, except that fork() leaves them a file of the daemon's.

use strict;
use warnings;
use utf8;
use Cwd qw(realpath);
use File::Copy qw(copy);
use File::Temp qw(tempdir);
use HTTP::Tiny;
use Parts qw(children_of is_alive process);
use Shell qw(run slurp spew);
use Test::More;
use Time::HiRes qw(sleep);
use World;

my $library = realpath(World::root() . '/' . World::build() . '/apache/vfork.so');
my $cc = $ENV{CC} || 'gcc';
my $folder = realpath(tempdir('minitwit-XXXXXX', TMPDIR => 1, CLEANUP => 1));
my $daemon_user = $> == 0 ? 'www-data' : getpwuid $>;
my ($port) = World::free_ports(1);
# inherited by the test, and so by Apache
my ($ignored) = (run('cat', '/proc/self/status'))[0] =~ /^SigIgn:\s*(\w+)$/m;

sub await {
	my ($condition) = @_;
	for (1 .. 2400) {
		return if $condition->();
		sleep 0.05;
	}
	BAIL_OUT('waited in vain: line ' . (caller)[2]);
	return;
}

# --- a bare Apache ---

mkdir "$folder/$_" or die $! for qw(cgi free run soft log htdocs);
chmod 0755, $folder, map {"$folder/$_"} qw(cgi free soft htdocs);
chown((getpwnam $daemon_user)[ 2, 3 ], "$folder/run", "$folder/log") if $> == 0;

system($cc, '-std=c11', '-D_DEFAULT_SOURCE', @$_,
	World::root() . '/t/vfork/report.c') == 0
    or BAIL_OUT('t/vfork/report.c does not compile')
    for [ '-o', "$folder/cgi/report" ],
    [ '-o', "$folder/free/sanitized", '-fsanitize=address,undefined' ];
copy("$folder/cgi/report", "$folder/cgi/not-executable") or die $!;
copy("$folder/cgi/report", "$folder/soft/report") or die $!;
spew("$folder/cgi/no-program", "neither ELF nor #!\n");
spew("$folder/cgi/no-interpreter", "#!/nonexistent/interpreter\n");
spew("$folder/cgi/killed", "#!/bin/sh\nkill -9 \$\$\n");
spew("$folder/htdocs/page.shtml", "<!--#exec cmd=\"echo a shell\" -->\n");
# what a piped logger has in its environment, and then what it logs
spew("$folder/logger", "#!/bin/sh\nexec >>$folder/log/\$1\nenv\nexec cat\n");
spew("$folder/map", "#!/bin/sh\nwhile read -r name; do echo \"/cgi/\$name\"; done\n");
chmod 0755, "$folder/logger", "$folder/map", "$folder/soft/report",
    map {"$folder/cgi/$_"} qw(no-program no-interpreter killed);
chmod 0644, "$folder/cgi/not-executable";

my @modules = map {"LoadModule ${_}_module /usr/lib/apache2/modules/mod_$_.so"}
    qw(mpm_event authz_core alias cgid include mime rewrite);
spew("$folder/httpd.conf", join "\n", @modules, ($> == 0
	? ("User $daemon_user", 'Group www-data') : ()), <<"END");
ServerRoot $folder
ServerName localhost
DefaultRuntimeDir $folder/run
PidFile $folder/run/apache.pid
Listen 127.0.0.1:$port
ErrorLog $folder/log/error.log
CustomLog "|$folder/logger requests" "%s %r"
TypesConfig /dev/null
DocumentRoot $folder/htdocs
ScriptAlias /cgi/ $folder/cgi/
ScriptAlias /free/ $folder/free/
ScriptAlias /soft/ $folder/soft/
RewriteEngine On
RewriteMap program "prg:$folder/map"
RewriteRule "^/mapped/(.*)" "\${program:\$1}" [PT]
AddOutputFilter INCLUDES .shtml
<Directory $folder>
	Options ExecCGI Includes
	Require all granted
</Directory>
<Directory $folder/cgi>
	RLimitCPU 10 20
	RLimitMEM 335544320 335544320
	RLimitNPROC 400 500
</Directory>
# more than it may have
<Directory $folder/soft>
	RLimitCPU 20 10
</Directory>
END

sub apache_pid { return slurp("$folder/run/apache.pid") =~ s/\s+//r }

sub get {
	my ($path, %options) = @_;
	return HTTP::Tiny->new(timeout => 60)->request($options{content}
		? 'POST' : 'GET', "http://127.0.0.1:$port$path", \%options);
}

sub start_apache {
	my ($preload) = @_;
	local $ENV{LD_PRELOAD} = $preload;
	delete $ENV{LD_PRELOAD} if $preload eq '';
	my ($said, $status) = run('/usr/sbin/apache2', '-f', "$folder/httpd.conf");
	$status == 0 or BAIL_OUT("Apache does not start: $said");
	await(sub { get('/cgi/report')->{status} == 200 });
	return;
}

sub stop_apache {
	my $pid = apache_pid() or return;
	my @all = map { process($_) } $pid, children_of($pid);
	kill TERM => $pid;
	await(sub { !grep { is_alive($_) } @all });
	return;
}

END {
	my $status = $?;
	stop_apache();
	$? = $status;
}

# The daemons that have the mapping of the library.
sub marked {
	return grep { slurp("/proc/$_/maps") =~ /mod_cgid-vfork/ }
	    children_of(apache_pid());
}

# What the error log has had since, without the time and the process.
sub new_errors {
	my ($since) = @_;
	return map {s/^(?:\[[^]]*\] )*//r}
	    split /\n/, substr slurp("$folder/log/error.log"), $since;
}

my %seen;

sub check_programs {
	my ($method) = @_;
	my $answer = get('/cgi/report', content => 'the body');
	my $text = $answer->{content};
	my %file = $text =~ /^file (\d+) (.*)$/mg;
	my %mask = $text =~ /^Sig(Blk|Ign|Cgt):\s*(\w+)$/mg;

	is $answer->{status}, 200, 'a program answers';
	like $text, qr/^body the body$/m, 'it can read the body';
	like $file{0}, qr/^socket:/, 'stdin is a socket';
	is $file{1}, $file{0}, 'stdout is the same';
	is $file{2}, "$folder/log/error.log", 'stderr is the error log';
	is join(' ', sort keys %file), '0 1 2', 'nothing else is open'
	    if $method eq 'vfork';
	like $text, qr/^folder \Q$folder\E\/cgi$/m,
	    "the working directory is the program's";
	like $text, qr/^Max cpu time +10 +20 /m, 'the limit of time';
	like $text, qr/^Max address space +335544320 +335544320 /m,
	    'the limit of memory';
	like $text, qr/^Max processes +400 +500 /m, 'the limit of processes';
	is_deeply \%mask, { Blk => '0' x 16, Ign => $ignored, Cgt => '0' x 16 },
	    'no signal is blocked or caught, nor ignored but by the caller';
	my $uid = getpwnam $daemon_user;
	like $text, qr/^Uid:\t$uid\t$uid\t$uid\t$uid$/m,
	    "the daemon's user is the program's";
	unlike $text, qr/^variable LD_/m, 'no variable for ld.so';
	$seen{environment}{$method} = join ' ',
	    sort $text =~ /^variable (.*)$/mg;
	$seen{limits}{$method} = join "\n", $text =~ /^(Max .*)$/mg;
	return;
}

# A program that can't be run: the answer, and what the log says about it.
sub check_failure {
	my ($path, $status, @lines) = @_;
	my $since = -s "$folder/log/error.log";
	my $answer = get($path);
	is $answer->{status}, $status, "$path: $status";
	await(sub { new_errors($since) >= @lines });
	is_deeply [ sort(new_errors($since)) ], [ sort @lines ],
	    "$path: what the log says";
	is get('/cgi/report')->{status}, 200, 'the next program runs';
	return;
}

sub check_failures {
	my ($pid) = (marked())[0];
	check_failure('/cgi/missing', 404, 'AH01264: stderr from'
		. " $folder/cgi/missing: script not found or unable to stat");
	for ([ 'not-executable', '(13)Permission denied' ],
		[ 'no-program', '(8)Exec format error' ],
		[ 'no-interpreter', '(2)No such file or directory' ])
	{
		my ($name, $reason) = @$_;
		check_failure("/cgi/$name", 500,
			"$reason: AH01241: exec of '$folder/cgi/$name' failed",
			"End of script output before headers: $name");
	}
	check_failure('/soft/report', 500, '(22)Invalid argument: AH01241:'
		. ' setting of resource limits failed',
		'End of script output before headers: report');
	check_failure('/cgi/killed', 500,
		'End of script output before headers: killed');
	is((marked())[0], $pid, 'the daemon is the same one');
	return;
}

for ([ fork => '' ], [ vfork => $library ]) {
	my ($method, $preload) = @$_;
	subtest "$method()" => sub {
		my $count = $method eq 'vfork' ? 1 : 0;
		unlink "$folder/log/requests";
		start_apache($preload);
		is scalar(marked()), $count, "the daemon uses $method()";
		check_programs($method);
		check_failures();

		is get('/free/sanitized')->{status}, 200,
		    'a program with sanitizers';
		is get('/page.shtml')->{content}, "a shell\n\n",
		    'a shell command of a server-side include';
		like get('/mapped/report')->{content}, qr/^folder /,
		    'a program that a rewrite map names';
		await(sub { slurp("$folder/log/requests") =~ m{^200 GET /mapped/report }m });
		my ($environment) = slurp("$folder/log/requests") =~ /(.*?)^\d{3} /ms;
		like $environment, qr/^PATH=/m, 'a piped logger is started';
		unlike $environment, qr/^LD_PRELOAD=/m, 'and inherits no preload';

		my ($daemon) = marked();
		kill USR1 => apache_pid();
		await(sub { slurp("$folder/log/error.log") =~
			/.*SIGUSR1 received.*resuming normal operations/s });
		await(sub { get('/cgi/report')->{status} == 200
			&& !grep { $_ == ($daemon // 0) } marked() });
		is scalar(marked()), $count, 'the same after a graceful restart';
		stop_apache();
		unlink "$folder/log/error.log";
	};
}
is $seen{$_}{vfork}, $seen{$_}{fork}, "$_: the same by both" for sort keys %seen;

# --- what apache/vfork.c relies on ---

my ($imports) = run('nm', '-D', '/usr/lib/apache2/modules/mod_cgid.so');
my ($defined) = run('nm', '-D', '--defined-only', $library);
my @functions = $imports =~ /^ +U (apr_proc(?:attr_\w+|_create))$/mg;
ok scalar(@functions), 'mod_cgid calls functions for processes';
like $defined, qr/ T $_$/m, "the library has $_" for @functions;

# --- the site ---

my $world = World->new;
like $world->{said}, qr/^minitwit: programs are started by vfork\(\)$/m,
    'make start says how programs are started';

sub status_says {
	my ($method) = @_;
	is $world->ctl('status'), 0, 'the site runs';
	like $world->{said}, qr/^programs: started by \Q$method\E\(\)$/m,
	    "make status says $method()";
	return;
}

status_says('vfork');

# As another machine's: ELF's e_machine (elf(5)) is AArch64's here, and x86-64's there.
sub of_another_machine {
	my $elf = slurp($library);
	substr($elf, 18, 2) = pack 'v', unpack('v', substr $elf, 18, 2) == 183
	    ? 62 : 183;
	return $elf;
}

mkdir "$folder/a blank" or die $!;
copy($library, "$folder/$_") or die $! for 'a blank/vfork.so', 'others.so';
spew("$folder/machine.so", of_another_machine());
# only root can give a file away
chmod 0644, "$folder/others.so";
$> == 0 ? chown(65534, 65534, "$folder/others.so") : chmod 0666, "$folder/others.so";

for (
	[ 'without it', '', qr/MINITWIT_PRELOAD is empty/ ],
	[ 'a wrong path', "$folder/nowhere.so", qr{\Q$folder\E/nowhere\.so is not there} ],
	[ 'a path with a blank', "$folder/a blank/vfork.so", qr/ld\.so takes no path with a blank/ ],
	[ 'of another machine', "$folder/machine.so",
		qr{ld\.so does not load \Q$folder\E/machine\.so} ],
	[ "somebody else's", "$folder/others.so",
		qr{somebody else can write to \Q$folder\E/others\.so} ])
{
	my ($name, $preload, $reason) = @$_;
	subtest $name => sub {
		is $world->ctl('stop'), 0, 'the site stops' or diag $world->{said};
		local $world->{env}{MINITWIT_PRELOAD} = $preload;
		is $world->ctl('start'), 0, 'the site starts';
		my @about = grep {/fork/} split /\n/, $world->{said};
		is scalar(@about), 2, 'two lines are about it' or diag $world->{said};
		like $about[0], qr/^minitwit: Apache starts programs by fork\(\), which takes longer: $reason.*\.$/,
		    'one says why';
		is $about[1], 'minitwit: programs are started by fork()', 'one says what';
		is $world->get('/public')->{status}, 200, 'a page';
		status_says('fork');
	};
}

done_testing;
