package Memory;

# What programs and servers hold, in KiB, from /proc/<pid>/smaps_rollup.
#
# A program is held at its largest, with its answer made: its output is a pipe
# that is full.  Two of each at once, so that the pages of their file, which all
# processes of a program share, count as what they are.

use strict;
use warnings;
use Carp qw(croak);
use Fcntl qw(F_SETFL O_NONBLOCK);
use File::Temp;
use MIME::Base64 qw(encode_base64);
use POSIX ();
use FindBin;
use lib $FindBin::Bin;
use Report qw(table number);

my %session = (HTTP_COOKIE => sprintf 'session=%064x', 500);
my %post = (REQUEST_METHOD => 'POST');

# What is run: title, program, body, environment.
sub programs {
	my ($stack) = @_;
	my $api = { HTTP_AUTHORIZATION => 'Basic '
		    . encode_base64(join(':', $stack->simulator), '') };
	my @runs = (
		[ 'public timeline', 'site/public', '',
			REQUEST_URI => '/public' ],
		[ 'my timeline', 'site/timeline', '',
			REQUEST_URI => '/', %session ],
		[ 'a profile', 'site/profile', '', REQUEST_URI => '/User%20400',
			%session ],
		[ 'GET /msgs', 'api/msgs', '', REQUEST_URI => '/msgs', %$api ],
		[ 'GET /msgs?no=1000', 'api/msgs', '',
			REQUEST_URI => '/msgs?no=1000', %$api ],
		[ 'GET /fllws/<u>', 'api/fllws', '',
			REQUEST_URI => '/fllws/User%20500', %$api ],
		[ 'POST /msgs/<u>', 'api/user_msgs', '{"content":"held"}',
			REQUEST_URI => '/msgs/User%20400', %post, %$api ],
		[ 'POST /add_message', 'site/add_message', 'text=held',
			REQUEST_URI => '/add_message', %post, %session,
			CONTENT_TYPE => 'application/x-www-form-urlencoded' ],
		[ 'POST /register', 'api/register',
			'{"username":"held @","email":"a@b","pwd":"pw"}',
			REQUEST_URI => '/register', %post,
			CONTENT_TYPE => 'application/json' ],
		[ 'POST /login', 'site/login', 'username=User+400&password=pw',
			REQUEST_URI => '/login', %post,
			CONTENT_TYPE => 'application/x-www-form-urlencoded' ],
	);
	my @held = map { hold($stack, @$_) } @runs;
	sleep 2; # two of each have their answer by then, hashes too
	return map { look_at($_) } @held;
}

# Processes of a program with nowhere to put their answers, started and not
# waited for.
sub hold {
	my ($stack, $title, $program, $body, %env) = @_;
	my %held = (title => $title);

	for my $number (1, 2) {
		my $input = File::Temp->new;
		print {$input} $body =~ s/@/$number/r;
		close $input;
		$env{CONTENT_LENGTH} = -s $input->filename if length $body;
		my ($read, $write) = full_pipe();
		push @{ $held{pids} },
		    start($stack, $program, $input->filename, $write, %env);
		push @{ $held{open} }, $input, $read;
	}
	return \%held;
}

sub full_pipe {
	pipe my $read, my $write or croak $!;
	fcntl $write, F_SETFL, O_NONBLOCK or croak $!;
	1 while syswrite $write, 'x' x 4096;
	fcntl $write, F_SETFL, 0 or croak $!;
	return ($read, $write);
}

sub start {
	my ($stack, $program, $input, $output, %env) = @_;
	my $file = $stack->world->state . "/site/cgi-bin/$program";
	my $pid = fork // croak $!;

	return $pid if $pid;
	%ENV = ($stack->world->db_env($program), GATEWAY_INTERFACE => 'CGI/1.1',
		REQUEST_METHOD => 'GET', HTTP_HOST => 'localhost', %env);
	open STDIN, '<', $input or POSIX::_exit(1);
	open STDOUT, '>&', $output or POSIX::_exit(1);
	open STDERR, '>', '/dev/null' or POSIX::_exit(1);
	exec {$file} $file or POSIX::_exit(1);
}

sub look_at {
	my ($held) = @_;
	my ($pid) = @{ $held->{pids} };
	my $found = of_process($pid);

	kill KILL => @{ $held->{pids} };
	waitpid $_, 0 for @{ $held->{pids} };
	return { title => $held->{title}, %$found };
}

# { private, anonymous, pss, rss, peak } of a process, in KiB.  Private are also
# pages of files and of shared memory that nobody else has touched; anonymous
# are only its own, those that it shares with other processes by their shares.
sub of_process {
	my ($pid) = @_;
	my %kib = map { $_ => 0 } qw(private anonymous pss rss peak);

	if (open my $in, '<', "/proc/$pid/smaps_rollup") {
		while (<$in>) {
			$kib{private} += $1
			    if /^Private_(?:Clean|Dirty): *(\d+)/;
			$kib{anonymous} = $1 if /^Pss_Anon: *(\d+)/;
			$kib{pss} = $1 if /^Pss: *(\d+)/;
			$kib{rss} = $1 if /^Rss: *(\d+)/;
		}
	}
	if (open my $in, '<', "/proc/$pid/status") {
		while (<$in>) {
			$kib{peak} = $1 if /^VmHWM:\s*(\d+)/;
		}
	}
	return \%kib;
}

# The servers' by name: { processes, anonymous, rss, ... }, a kind together.
sub servers {
	my ($stack) = @_;
	my %sum;

	for my $process ($stack->processes) {
		my $kib = of_process($process->{pid});
		my $sum = $sum{ $process->{name} } //= { processes => 0 };
		$sum->{processes}++;
		$sum->{$_} += $kib->{$_} for keys %$kib;
	}
	return \%sum;
}

sub program_table {
	my (@programs) = @_;
	return table([ 'program', 'private KiB', 'PSS KiB', 'peak RSS KiB' ],
		map { [ $_->{title},
			map { number($_) } @$_{qw(private pss peak)} ] }
		    @programs);
}

# What the servers had at several moments: [ when, servers() ].
sub server_table {
	my (@moments) = @_;
	my @names = ([ apache2 => 'Apache' ], [ pgbouncer => 'PgBouncer' ],
		[ postgres => 'PostgreSQL' ]);
	my @rows = map {
		my ($when, $sum) = @$_;
		[
			$when,
			map {
				my $of = $sum->{ $_->[0] };
				($of->{processes}, map { number($of->{$_}) }
					qw(anonymous rss))
			} @names,
		];
	} @moments;
	return table([ 'when',
		map { ("$_->[1] processes", 'own KiB', 'RSS KiB') } @names ],
		@rows);
}

1;
