# Clients that take their time hold nobody up.

use strict;
use warnings;
use IO::Select;
use IO::Socket::INET;
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

done_testing;
