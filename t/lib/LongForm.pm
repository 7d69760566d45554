package LongForm;

# Subtests of the long form alone, `make check LONG=1`.

use strict;
use warnings;
use Exporter qw(import);
use Test::More;

our @EXPORT_OK = qw(long_subtest);

# As subtest(); in the short form the subtest is skipped.
sub long_subtest {
	my ($name, $sub) = @_;
	local $Test::Builder::Level = $Test::Builder::Level + 1;
	return subtest $name => sub {
		plan skip_all => 'only with LONG=1' unless $ENV{LONG};
		$sub->();
	};
}

1;
