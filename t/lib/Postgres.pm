package Postgres;

# A session with the PostgreSQL of a test stack, as its superuser and without the
# site's time limits.  The database is minitwit, if the caller names no other one.  It
# speaks PostgreSQL's simple query protocol, because a psql for each statement costs a
# test more than the statement.
#
#	my $session = Postgres->new("$state/run");
#	is $session->ask('SELECT 1, 2'), '1|2';

use strict;
use warnings;
use Carp qw(croak);
use IO::Select;
use IO::Socket::UNIX;

our @CARP_NOT = ('World'); # an error is at the test's line

sub new {
	my ($class, $folder, $database) = @_;
	my $socket = IO::Socket::UNIX->new(Peer => "$folder/.s.PGSQL.5432")
	    or croak "no PostgreSQL: $!";
	my $self = bless { socket => $socket }, $class;
	my %session = (user => 'postgres', database => $database // 'minitwit',
		options => join ' ', map {"-c ${_}_timeout=0"}
		    qw(statement lock idle_in_transaction_session));
	$self->tell('', pack 'N (Z*)*', 3 << 16, %session, '');
	$self->answer;
	return $self;
}

# What `psql -At -c` prints for the same statements, as characters.  Several
# statements are one transaction.
sub ask {
	my ($self, $sql) = @_;
	utf8::encode(my $bytes = $sql);
	$self->tell('Q', "$bytes\0");
	my $output = eval { $self->answer }
	    // croak "$@PostgreSQL refuses: $sql";
	utf8::decode($output);
	return $output;
}

# False when the server has closed the session, or a transaction is open in it.
sub is_idle {
	my ($self) = @_;
	return ($self->{status} // '') eq 'I'
	    && !IO::Select->new($self->{socket})->can_read(0);
}

# Ends the session, also where another process has inherited the socket.
sub end {
	my ($self) = @_;
	$self->tell('X', '');
	close $self->{socket};
	return;
}

# --- the protocol: messages of a type, a length and a body ---

sub tell {
	my ($self, $type, $body) = @_;
	local $SIG{PIPE} = 'IGNORE';
	print { $self->{socket} } $type, pack('N', 4 + length $body), $body;
	return;
}

# All rows up to the server's ReadyForQuery (Z); dies of an ErrorResponse (E).
sub answer {
	my ($self) = @_;
	my ($error, @rows);
	delete $self->{status};
	while (!$self->{status}) {
		read($self->{socket}, my $head, 5) == 5 or last;
		my ($type, $length) = unpack 'a N', $head;
		read($self->{socket}, my $body, $length - 4);
		push @rows, row($body) if $type eq 'D';
		$error = "$1\n" if $type eq 'E' && $body =~ /\0M([^\0]*)/;
		$self->{status} = $body if $type eq 'Z';
	}
	die $error // "the server has gone\n" if $error || !$self->{status};
	return join "\n", @rows;
}

sub row {
	my ($body) = @_;
	my ($count, $rest) = unpack 'n a*', $body;
	return join '|', map {
		my $length = unpack 'l>', substr $rest, 0, 4, '';
		$length < 0 ? '' : substr $rest, 0, $length, '' # -1 is NULL
	} 1 .. $count;
}

1;
