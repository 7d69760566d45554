package Routes;

# The table of routes, cgi-bin/routes, as apache/generate-routes reads it.
#
#	for my $row (Routes::table()) { ... $row->{pattern} ... }
#	Routes::find('site', 'GET', '/Ann')->{program}          # site/profile
#	Routes::find('site', 'POST', '/register', 'json')->{program}

use strict;
use warnings;
use Cwd qw(abs_path);
use File::Basename qw(dirname);

require(abs_path(dirname(__FILE__) . '/../..') . '/apache/generate-routes');

my @rows = rows();

# Each row is a hash of its columns, and of what complete() adds.
sub table { return @rows }

# The rows of programs, without those of files.
sub programs { return grep { $_->{kind} ne 'static' } @rows }

# The row that a request gets, or undef.
sub find {
	my ($port, $method, $path, $condition) = @_;
	return find_row(\@rows, $port, $method, $path, $condition // '');
}

1;
