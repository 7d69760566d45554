package Report;

# Figures as Markdown tables.

use strict;
use warnings;
use Exporter qw(import);

our @EXPORT_OK = qw(table median number whole ratio ratios measures);

# The order in which a row's four figures stand everywhere.
my @FIGURES = qw(rps p50 p99 cpu);

sub measures { return @FIGURES }

# The first row is the heading; columns of numbers are set to the right.
sub table {
	my ($head, @rows) = @_;
	my @rules = map {
		my $column = $_;
		(grep { ($_->[$column] // '') !~ m{^[-\d.,/ ]*$} } @rows)
		    ? '---' : '---:';
	} 0 .. $#$head;
	my @lines = map { '| ' . join(' | ', map { $_ // '' } @$_) . ' |' }
	    $head, \@rules, @rows;
	return join "\n", @lines, '';
}

sub median {
	my (@values) = sort { $a <=> $b } grep {defined} @_;
	return if !@values;
	my $middle = int @values / 2;
	return @values % 2
	    ? $values[$middle]
	    : ($values[ $middle - 1 ] + $values[$middle]) / 2;
}

# Three significant digits, and commas in thousands.
sub number {
	my ($value) = @_;
	return '-' if !defined $value;
	return sprintf '%.2f', $value if abs $value < 10;
	return sprintf '%.1f', $value if abs $value < 100;
	return whole($value);
}

sub whole {
	my ($value) = @_;
	my $text = sprintf '%.0f', $value;
	1 while $text =~ s/^(-?\d+)(\d{3})/$1,$2/;
	return $text;
}

sub ratio {
	my ($value, $to) = @_;
	return if !defined $value || !$to;
	return $value / $to;
}

# The four figures of one result as ratios to another's, for one cell.
sub ratios {
	my ($result, $to) = @_;
	return '-' if !$to || !$result;
	return join ' ', map {
		my $ratio = ratio($result->{$_}, $to->{$_});
		my $format = ($ratio // 0) < 0.1 ? '%.3f'
		    : $ratio < 10 ? '%.2f'
		    : '%.0f';
		defined $ratio ? sprintf $format, $ratio : '-';
	} @FIGURES;
}

1;
