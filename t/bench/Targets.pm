package Targets;

# What was to be reached, and what was.  All of it is ratios and counts, so that
# it means the same on any machine.

use strict;
use warnings;
use List::Util qw(max reduce sum0);
use FindBin;
use lib $FindBin::Bin;
use Report qw(table whole);

# Gives [ target, figure, reached ] for each, from all that run has found;
# reached is undef where it was not measured.
sub judge {
	my ($found, $plan) = @_;
	return (
		programs($found),
		spread($found),
		growth($found, $plan),
		overload($found, $plan),
		scenario($found),
		memory($found),
	);
}

sub as_table {
	my (@targets) = @_;
	return table([ 'target', 'figure', 'reached' ], map {
		my ($target, $figure, $reached) = @$_;
		[ $target, $figure, !defined $reached ? 'not measured'
			: $reached ? 'yes' : 'no' ];
	} @targets);
}

# --- side by side ---

sub programs {
	my ($found) = @_;
	my @lists = (
		[ public_uncached => 'public timeline, no cache', 0.70 ],
		[ msgs_30 => 'GET /msgs?no=30', 0.70 ],
		[ post => 'POST /msgs/<u>, durable', 0.65 ],
	);
	return (
		(map { at_least($found, @$_, 'hello', 'hello CGI, static') }
			@lists),
		(map { at_least($found, @$_[ 0, 1 ], 5, "naive $_->[0]",
			'naive build') } @lists),
		at_least($found, 'public', 'public timeline for visitors', 0.80,
			'static', 'static file'),
	);
}

# The requests a second of one row as a share of another's, kept-alive; what it
# is with Connection: close, and beside a hello on musl, is told, too.
sub at_least {
	my ($found, $id, $title, $least, $other, $name) = @_;
	my ($share, $closing) = map { rate($_, $id, $other) }
	    @$found{'keep-alive', 'close'};
	my @more = defined $closing
	    ? sprintf('%.2f with Connection: close', $closing) : ();

	my $target = sprintf '%s: at least %.2f of the %s', $title, $least, $name;

	return [ $target, '', undef ] if !defined $share;
	push @more, sprintf '%.2f of a hello on musl',
	    rate($found->{'keep-alive'}, $id, 'hello_musl') // 0
	    if $other eq 'hello';
	return [
		$target,
		sprintf('%.2f', $share) . join('', map {", $_"} @more),
		$share >= $least,
	];
}

sub rate {
	my ($results, $id, $other) = @_;
	return if !$results->{$id} || !$results->{$other};
	return $results->{$id}{rps} / ($results->{$other}{rps} || 1);
}

# p99 and p50, of all that reads and of posting.
sub spread {
	my ($found) = @_;
	my $results = $found->{'keep-alive'};
	my @rows = grep {
		$_->[2] =~ /^(read|post)$/ || $_->[0] eq 'add_message'
	} @{ $results->{titles} };
	my %spread = map {
		my $result = $results->{ $_->[0] };
		$_->[1] => $result->{p99} / ($result->{p50} || 1);
	} grep { $results->{ $_->[0] } } @rows;
	my $target = worst('p99 of reads and posts: at most 3 times p50', 3,
		%spread);
	my $static = $results->{static} or return $target;
	$target->[1] .= sprintf '; a static file %.2f',
	    $static->{p99} / ($static->{p50} || 1);
	return $target;
}

# The largest of some figures, and how many are above the limit.
sub worst {
	my ($target, $limit, %figures) = @_;
	my $name = reduce { $figures{$a} >= $figures{$b} ? $a : $b }
	    sort keys %figures;
	my $over = grep { $_ > $limit } values %figures;

	return [ $target, '', undef ] if !defined $name;
	return [
		$target,
		sprintf('at most %.2f (%s); %d of %d are above',
			$figures{$name}, $name, $over, scalar keys %figures),
		!$over,
	];
}

# --- growth ---

# The worst of time per request, p50 and CPU, largest database to smallest.
sub growth {
	my ($found, $plan) = @_;
	my @sizes = @{ $plan->{growth} };
	my ($least, $most) = @sizes ? @sizes[ 0, -1 ] : (0, 0);
	my %growth = map {
		my ($small, $large) =
		    @{ $found->{growth} }{ "$least $_->[0]", "$most $_->[0]" };
		!$small || !$large ? () : ($_->[1] => !$large->{rps} ? 9**9**9
			: max(
				$small->{rps} / $large->{rps},
				$large->{p50} / ($small->{p50} || 1),
				$large->{cpu} / ($small->{cpu} || 1)));
	} @{ $found->{growth}{titles} };
	my ($from, $to) = map { whole($_) } $least, $most;
	return worst("growth from $from to $to messages: at most 1.3 in time"
		. ' per request, p50 and CPU', 1.3, %growth);
}

# --- overload ---

sub overload {
	my ($found, $plan) = @_;
	my $most = $plan->{overload}[-1];
	my @targets;
	my $static = of_its_best($found->{overload}{static}, $most);

	for my $row (@{ $found->{overload_rows} }) {
		my ($id, $title) = @$row;
		next if $id eq 'static';
		my $levels = $found->{overload}{$id};
		my @names = ("$title at " . whole($most)
			    . ' connections: at least 0.90 of its best',
			"$title in the second after: as fast as idle"
			    . ' (median at most 1.5 times)');
		if (!$levels->{$most}) {
			push @targets, map { [ $_, '', undef ] } @names;
			next;
		}
		my $share = of_its_best($levels, $most);
		my $again = $levels->{$most}{again_p50};
		my $idle = $found->{idle}{$id};

		push @targets, [
			$names[0],
			sprintf('%.2f', $share) . ($id eq 'public' && $static
				? sprintf '; a static file %.2f', $static : ''),
			$share >= 0.9,
		], [
			$names[1],
			defined $again
			? sprintf('%.2f', $again / $idle)
			: 'no answers',
			defined $again && $again / $idle <= 1.5,
		];
	}
	my @posts = values %{ $found->{overload}{post} || {} };
	my ($lost, $twice) = map { my $count = $_;
		sum0(map { $_->{$count} } @posts) } qw(lost twice);
	return (@targets, [
		'nothing acknowledged is lost, nothing stored twice',
		@posts ? ("$lost lost, $twice twice", !$lost && !$twice)
		: ('', undef),
	]);
}

# undef where that many connections were left out.
sub of_its_best {
	my ($levels, $connections) = @_;
	return if !$levels || !$levels->{$connections};
	return $levels->{$connections}{ok}
	    / (max(map { $_->{ok} } values %$levels) || 1);
}

# --- the simulator ---

sub scenario {
	my ($found) = @_;
	my @ours = grep { $_->[0] !~ /naive|fork/ } @{ $found->{scenario} };
	my $target = 'the scenario at full speed: no error at 0.3 s, verified';

	return [ $target, '', undef ] if !@ours;
	return map {
		my ($title, $run) = @$_;
		[
			"$target, $title",
			$run->{failed} // sprintf(
				'%d errors, %sverified, slowest %.0f ms',
				$run->{errors}, $run->{verified} ? '' : 'NOT ',
				$run->{max}),
			!$run->{failed} && !$run->{errors} && $run->{verified},
		];
	} @ours;
}

# --- memory ---

sub memory {
	my ($found) = @_;
	my %private = map { $_->{title} => $_->{private} / 1024 }
	    @{ $found->{programs} };

	return (
		worst('private MiB of a request\'s process: under 3', 3,
			%private),
		# the first part is where the servers take what they need
		map { stays($found, $_) } 'side by side, close', 'growth',
		    'overload',
	);
}

# What the servers hold after the first and after the last of equal rounds.
sub stays {
	my ($found, $name) = @_;
	my @moments =
	    grep { $_->[0] =~ /^$name, round/ } @{ $found->{moments} };
	my $target = "memory of each server, $name, last round to first:"
	    . ' at most 1.1';
	return [ $target, '', undef ] if @moments < 2;
	my %growth = map {
		$_ => $moments[-1][1]{$_}{anonymous}
		    / ($moments[0][1]{$_}{anonymous} || 1)
	} keys %{ $moments[0][1] };
	return worst($target, 1.1, %growth);
}

1;
