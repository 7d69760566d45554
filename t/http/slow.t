# Clients that take their time hold nobody up.

use strict;
use warnings;
use IO::Select;
use IO::Socket::INET;
use POSIX ();
use Test::More;
use World;

my $world = World->new;

# Clients that send this and then nothing more.
sub dawdlers {
	my ($count, $bytes) = @_;
	return map {
		my $socket = IO::Socket::INET->new(PeerAddr => '127.0.0.1',
			PeerPort => $world->{port})
		    or die "no connection: $!";
		$socket->syswrite($bytes);
		$socket;
	} 1 .. $count;
}

# A body that is longer than what a program accepts is no way round that.
my %beginnings = (
	'half a header' => "GET /latest HTTP/1.1\r\nX",
	'half a body' => "POST /login HTTP/1.1\r\nHost: localhost\r\n"
	    . "Content-Type: application/x-www-form-urlencoded\r\n"
	    . "Content-Length: 8000000\r\n\r\nusername=",
	'half a long body' => "POST /msgs/Ann HTTP/1.1\r\nHost: localhost\r\n"
	    . "Content-Length: 8000000\r\n\r\n" . 'x' x 100_000,
);
for my $what (sort keys %beginnings) {
	my @sockets = dawdlers(200, $beginnings{$what});
	# not a page that Apache keeps: that takes no turn
	is $world->get('/latest')->{status}, 200,
	    "others are served while 200 clients send $what";
	my @answered = IO::Select->new(@sockets)->can_read(0);
	is scalar @answered, 0, 'before their time is up';
	close $_ for @sockets;
}

# More than Apache has threads for, in processes that hold 700 each.
sub crowd {
	my ($count, $bytes) = @_;
	pipe my $open, my $ready or die $!;
	pipe my $wait, my $end or die $!;
	my @pids = map {
		my $pid = fork // die $!;
		if ($pid == 0) {
			close $end;
			my @sockets = dawdlers(700, $bytes);
			syswrite $ready, '.';
			readline $wait;
			POSIX::_exit(0);
		}
		$pid;
	} 1 .. $count;
	for (1 .. $count) {
		sysread $open, my $dot, 1;
	}
	return { end => $end, pids => \@pids };
}

sub disperse {
	my ($crowd) = @_;
	close $crowd->{end};
	waitpid $_, 0 for @{ $crowd->{pids} };
	return;
}

for my $what ('half a header', 'half a body') {
	my ($dropped, $busy, $status) = (0);
	for (1 .. 5) { # in five seconds, which may not do at once
		my $crowd = crowd(4, $beginnings{$what});
		$status = $world->get('/latest')->{status};
		($busy) = $world->get('/-/status?auto')->{content}
		    =~ /^BusyWorkers: (\d+)/m;
		disperse($crowd);
		$dropped = () = $world->logs =~ /clients: dropped/g;
		last if $dropped;
	}
	is $status, 200, "others are served while 2800 clients send $what";
	cmp_ok $dropped, '>', 0, '... of whom some are dropped';
	cmp_ok $busy, '<', 2000, '... before they hold every thread';
	open my $log, '>', $world->state . '/log/apache.log' or die $!;
}
is $world->get('/latest')->{status}, 200, 'and afterwards';

done_testing;
