package Tool;

# A scanner of Debian's against a MiniTwit of its own, for t/attack/parts/: runs
# it for so long at the most, keeps what it says in build/attack/, and prints a
# section of the report.  What it finds is judged by a table of known false
# positives, each with its reason; whatever is not in there is a find.
#
#	my $tool = Tool->new('nmap');
#	my $said = $tool->run('ports', 60, 'nmap', '-p', $tool->{world}{port}, ...);
#	$tool->found($what, $where) for ...;
#	$tool->finish(qr/.../ => 'why this is none', ...);

use strict;
use warnings;
use Time::HiRes qw(time);
use World;

# A world with people, messages and a session, for whom nobody counts attempts:
# guarding against guessing has tests of its own, and would here only keep the
# tools from what is behind it.
sub new {
	my ($class, $name, %env) = @_;
	my $world = World->new(%env);
	my $jar = $world->login('Ann');

	$world->register('Bob');
	$world->sql("INSERT INTO messages (author_id, text) SELECT user_id,"
		. " 'No ' || n FROM users, generate_series(1, 40) AS n");
	$world->sql('UPDATE attempt_limits SET free = 1000000');
	return bless { name => $name, world => $world,
		session => $jar->{session}, kept => "build/attack/$name",
		runs => [], finds => [] }, $class;
}

# Runs a command for so many seconds at the most; gives what it prints.
sub run {
	my ($self, $what, $seconds, @command) = @_;
	my $log = "$self->{kept}/$what.log";
	my $asked = $self->requests;
	my $began = time;

	my $pid = fork // die "no process: $!";
	if ($pid == 0) {
		open STDIN, '<', '/dev/null' or die $!;
		open STDOUT, '>', $log or die $!;
		open STDERR, '>&', \*STDOUT or die $!;
		exec 'timeout', '--kill-after=5', $seconds, @command;
		die "no timeout: $!";
	}
	waitpid $pid, 0;
	$asked = $self->requests - $asked;
	$self->found('not one request', $what) if !$asked;
	push @{ $self->{runs} }, [ $what, $asked,
		time - $began, $? >> 8 == 124 ? 'cut off'
		: $? ? 'status ' . ($? >> 8) : 'ended' ];
	open my $file, '<', $log or die $!;
	local $/ = undef;
	return scalar readline $file;
}

sub access_log {
	my ($self) = @_;
	return $self->{world}->lines_of('access');
}

# How many requests the world has had.
sub requests {
	my ($self) = @_;
	my @lines = $self->access_log;
	return scalar @lines;
}

# The tool has something to say about a place.
sub found {
	my ($self, $what, $where) = @_;
	push @{ $self->{finds} }, [ $what =~ s/\s+/ /gr, $where ];
	return;
}

sub cell { return substr($_[0], 0, 160) =~ s/([|\\<])/\\$1/gr }

# Prints the section, and ends the part: with 1, when there is something that no
# reason takes away.
sub finish {
	my ($self, @reasons) = @_;
	my ($bad, %status, %judged) = (0);

	print "| run | requests | seconds | |\n| --- | --- | --- | --- |\n";
	printf "| %s | %d | %.0f | %s |\n", @$_ for @{ $self->{runs} };
	$status{ $_->{status} }++ for $self->access_log;
	print "\nAnswers: ", join(', ', map {"$status{$_} times $_"}
		sort keys %status), ".\n\n";

	for (@{ $self->{finds} }) {
		my ($what, $where) = @$_;
		my $why;
		for (my $i = 0; $i < @reasons && !$why; $i += 2) {
			$why = $reasons[ $i + 1 ]
			    if "$what $where" =~ $reasons[$i];
		}
		push @{ $judged{$what}{ $why // '**find**' } }, $where;
		$bad++ if !$why;
	}
	print @{ $self->{finds} }
	    ? "| it says | where | judged |\n| --- | --- | --- |\n"
	    : "It has found nothing.\n";
	for my $what (sort keys %judged) {
		for my $why (sort keys %{ $judged{$what} }) {
			my %places =
			    map { ($_ => 1) } @{ $judged{$what}{$why} };
			my ($first, @others) = sort keys %places;
			printf "| %s | %s | %s |\n", cell($what), cell($first)
			    . (@others ? ' and ' . @others . ' more' : ''),
			    $why;
		}
	}

	# the server's own view of it: no program has failed, no SQL was refused
	my @wrong = grep {
		/"level":"error","program":"(?!apache")|exit signal|\b(?:ERROR|FATAL|PANIC):/
	} split /\n/, $self->{world}->logs;
	push @wrong, map {"status $_->{status} of $_->{route}"}
	    grep { $_->{status} >= 500 && $_->{status} != 503 }
	    $self->access_log;
	print "\nIn the server's logs: ", @wrong ? '**' . @wrong . ' lines of errors**'
	    : 'no error of a program, of PostgreSQL, no 5xx but 503', ".\n";
	if (@wrong) {
		open my $kept, '>', "$self->{kept}/errors" or die $!;
		print {$kept} map {"$_\n"} @wrong;
	}
	exit($bad || @wrong ? 1 : 0);
}

1;
