package Budget;

# The limit on a benchmark's run time, and the list of what it left out to keep
# to that limit.
#
# The parts of the run begin in a fixed order.  Each part may use its share of the
# time that is left when it begins: its weight among the weights of the parts that
# have not begun.  So a part passes the time that it does not use to those after
# it.  The reserve is for stopping the servers and printing the report.
#
#	my $budget = Budget->new(limit => 240, reserve => 20,
#		parts => [ start => 1, rows => 8, memory => 1 ]);
#	$budget->begin('rows');
#	$budget->leave_out('round 3') if !$budget->has_time(5);

use strict;
use warnings;
use Carp qw(croak);
use List::Util qw(pairs sum0);
use Time::HiRes ();

# The option clock, for a test, is a function that returns seconds.
sub new {
	my ($class, %self) = @_;
	$self{clock} //= \&Time::HiRes::time;
	$self{parts} = [ pairs @{ $self{parts} } ];
	my $self = bless { reserve => 0, left_out => [], %self }, $class;
	$self->{began} = $self->{clock}->();
	return $self;
}

# Seconds since the run began.
sub used {
	my ($self) = @_;
	return $self->{clock}->() - $self->{began};
}

sub limit { return $_[0]{limit} }

# The parts that come before this one in the list can begin no more.
sub begin {
	my ($self, $name) = @_;
	my $parts = $self->{parts};

	shift @$parts while @$parts && $parts->[0][0] ne $name;
	my $part = shift @$parts or croak "no part $name";
	my $used = $self->used;
	my $left = $self->{limit} - $self->{reserve} - $used;
	my $weight = $part->[1] / sum0($part->[1], map { $_->[1] } @$parts);
	$self->{part} = $name;
	$self->{deadline} = $used + ($left > 0 ? $left * $weight : 0);
	return;
}

# Seconds until the end of the part's share; negative when it has passed.
sub left {
	my ($self) = @_;
	return $self->{deadline} - $self->used;
}

# True when a measurement that takes $seconds fits into the part's share.
sub has_time {
	my ($self, $seconds) = @_;
	return $self->left >= $seconds;
}

sub leave_out {
	my ($self, $what) = @_;
	push @{ $self->{left_out} }, "$self->{part}: $what";
	return;
}

# What was left out, one line each, in the order of the run.
sub left_out { return @{ $_[0]{left_out} } }

1;
