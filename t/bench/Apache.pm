package Apache;

# An Apache beside the one of a World, as the same user and with the same
# scheduling (bin/minitwitctl): it is started here, and ends when it is told to.
#
#	my $apache = Apache->new(state => $folder, url => $url,
#		settings => "$folder/httpd.conf", env => \%env,
#		preload => $library, ready => '/-/health');
#
# Its settings write run/apache.pid and log/ in the state folder.

use strict;
use warnings;
use Carp qw(croak);
use File::Glob qw(bsd_glob);
use HTTP::Tiny;
use Parts;
use Time::HiRes qw(sleep time);

sub new {
	my ($class, %self) = @_;
	my $self = bless \%self, $class;
	my @command = ('chrt', '--batch', 0, 'env',
		$self->{preload} ? "LD_PRELOAD=$self->{preload}" : (),
		'apache2', '-f', $self->{settings}, '-k', 'start');

	local %ENV = %{ $self->{env} };
	delete $ENV{LD_PRELOAD};
	own($self->{state});
	unshift @command, qw(setpriv --reuid=www-data --regid=www-data
		--init-groups) if $> == 0;
	system('sh', '-c', 'ulimit -Sn 8192 2>/dev/null; exec "$@"', 'sh',
		@command) == 0
	    or croak "an Apache does not start:\n" . $self->logs;
	$self->await or croak "an Apache does not answer:\n" . $self->logs;
	return $self;
}

# As root, a folder becomes that of the user whom Apache runs as.
sub own {
	my ($folder) = @_;
	return if $> != 0;
	system('chown', '-R', '--no-dereference', 'www-data:www-data', $folder)
	    == 0 or croak "failed: chown $folder";
	return;
}

sub state { return $_[0]{state} }
sub url { return $_[0]{url} }
sub pid_file { return "$_[0]{state}/run/apache.pid" }

# True when it answers, within a minute.
sub await {
	my ($self) = @_;
	my $end = time + 60;

	while (time < $end) {
		return 1 if HTTP::Tiny->new(timeout => 5)
		    ->get($self->{url} . $self->{ready})->{success};
		sleep 0.1;
	}
	return 0;
}

sub logs {
	my ($self) = @_;
	local (@ARGV, $/) = bsd_glob "$self->{state}/log/*.log";
	return @ARGV ? join '', <> : '';
}

sub pid {
	my ($self) = @_;
	open my $in, '<', $self->pid_file or return;
	my ($pid) = (readline($in) // '') =~ /^(\d+)/;
	return $pid;
}

sub stop {
	my ($self) = @_;
	my $pid = $self->pid // return;
	my $process = Parts::process($pid) // return;
	kill TERM => $pid;
	for (1 .. 300) {
		return if !Parts::is_alive($process);
		sleep 0.1;
	}
	kill KILL => $pid;
	return;
}

1;
