package Parts;

# The processes of a stack, for tests that end them as a crash does.
#
#	my $parts = Parts->new($world->state);
#	crash($parts->leader('Apache'));

use strict;
use warnings;
use Carp qw(croak);
use Exporter qw(import);
use Time::HiRes qw(sleep);
use Shell qw(slurp);

our @EXPORT_OK = qw(crash is_alive children_of process);

my %PID_FILE = (
	PostgreSQL => 'pg/postmaster.pid',
	PgBouncer => 'run/pgbouncer.pid',
	Apache => 'run/apache.pid',
	supervisor => 'run/supervisor.pid',
);

sub new {
	my ($class, $state) = @_;
	return bless { state => $state }, $class;
}

sub pid_file {
	my ($self, $part) = @_;
	return "$self->{state}/$PID_FILE{$part}";
}

# The process that leads a part; undef where its file is not there.
sub leader {
	my ($self, $part) = @_;
	return (slurp($self->pid_file($part)) =~ /^(\d+)/)[0];
}

# A part's leader and the processes that it has started.
sub all {
	my ($self, $part) = @_;
	my $leader = $self->leader($part) // return;
	return ($leader, children_of($leader));
}

# Apache's daemon that starts the programs: the child that has its socket.
sub cgi_daemon {
	my ($self) = @_;
	my %is_cgid = map { ($_ => 1) }
	    slurp('/proc/net/unix') =~ m{(\d+) \Q$self->{state}\E/run/cgid}g;
	for my $pid (children_of($self->leader('Apache'))) {
		for (glob "/proc/$pid/fd/*") {
			return $pid if (readlink($_) // '') =~ /socket:\[(\d+)\]/
			    && $is_cgid{$1};
		}
	}
	return;
}

# Apache's child that serves; the logs' writers are its children, too.
sub server {
	my ($self) = @_;
	my $daemon = $self->cgi_daemon // 0;
	return grep { $_ != $daemon && slurp("/proc/$_/comm") eq "apache2\n" }
	    children_of($self->leader('Apache'));
}

# The programs that are at work on a request.
sub programs {
	my ($self) = @_;
	return children_of($self->cgi_daemon // 0);
}

sub children_of {
	my ($parent) = @_;
	return grep {
		slurp("/proc/$_/stat") =~ /.*\) \S (\d+)/ && $1 == $parent
	} map { m{(\d+)$} } glob '/proc/[0-9]*';
}

# What tells a process from later ones: its id and the time of its start (proc(5)).
# The system gives an id soon again, also to a thread.  undef when there is none.
sub process {
	my ($pid) = @_;
	my ($start) = slurp("/proc/$pid/stat") =~ /.*\) (?:\S+ ){19}(\d+)/
	    or return;
	return "$pid $start";
}

sub exists_still {
	my ($process) = @_;
	my ($pid) = split / /, $process;
	return (process($pid) // '') eq $process;
}

sub is_alive {
	my ($process) = @_;
	my ($pid) = split / /, $process;
	return exists_still($process) && slurp("/proc/$pid/stat") =~ /.*\) [^Z]/;
}

# Ends processes as a crash does, and waits until nothing of them is left: a
# process id that still is somebody's keeps PostgreSQL from starting.
sub crash {
	my @pids = @_;
	@pids or croak 'nobody to kill';
	croak "these are no processes of a stack: @pids" if grep { $_ <= 1 } @pids;
	my @processes = map { process($_) } @pids;
	kill KILL => @pids;
	for (1 .. 6000) {
		last unless grep { exists_still($_) } @processes;
		sleep 0.05;
	}
	return;
}

1;
