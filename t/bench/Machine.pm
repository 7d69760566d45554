package Machine;

# What the benchmark ran on: a table of what is as it is.

use strict;
use warnings;
use Cwd qw(abs_path);
use File::Basename qw(dirname);
use POSIX ();
use FindBin;
use lib $FindBin::Bin;
use Report qw(table);

# Gives a hash and a table; the rows that are given come first.
sub description {
	my (@first) = @_;
	my $root = abs_path(dirname(__FILE__) . '/../..');
	my ($system, undef, $release, undef, $machine) = POSIX::uname();
	my @rows = (
		@first,
		[ 'date', POSIX::strftime('%Y-%m-%d %H:%M UTC', gmtime) ],
		[ 'commit', commit($root) ],
		[ 'processor', processor() ],
		[ 'memory', memory() ],
		[ 'kernel', "$system $release $machine" ],
		[ 'Apache', version('apache2-bin') ],
		[ 'PostgreSQL', version('postgresql-15') ],
		[ 'PgBouncer', version('pgbouncer') ],
		[ 'glibc', version('libc6') ],
		[ 'musl', version('musl') ],
		[ 'wrk', version('wrk') . ', on the same machine' ],
	);
	return { map {@$_} @rows }, table([ 'what', '' ], @rows);
}

sub output {
	my (@command) = @_;
	open my $out, '-|', 'sh', '-c', 'exec "$@" 2>/dev/null', 'sh',
	    @command or return '';
	my $text = do { local $/ = undef; <$out> } // '';
	close $out;
	return $text =~ s/\s+\z//r;
}

sub commit {
	my ($root) = @_;
	my @git = ('git', '-C', $root, '-c', "safe.directory=$root");
	my $commit = output(@git, 'log', '-1', '--format=%h of %cs')
	    || 'unknown';
	my $changed = output(@git, 'status', '--short');
	return $changed eq '' ? $commit : "$commit, with changes";
}

sub version {
	my ($package) = @_;
	return output('dpkg-query', '-W', '-f', '${Version}', $package) || '?';
}

sub first_in {
	my ($file, $pattern) = @_;
	open my $in, '<', $file or return;
	while (<$in>) {
		return $1 if $_ =~ $pattern;
	}
	return;
}

sub processor {
	my $model = first_in('/proc/cpuinfo', qr/^model name\s*: (.*)/)
	    // 'unknown model';
	my $virtual = first_in('/proc/cpuinfo', qr/^flags.*\b(hypervisor)\b/);
	my $cores = output('nproc');
	return "$cores cores, $model" . ($virtual ? ', virtual' : '');
}

sub memory {
	return sprintf '%.1f GiB',
	    first_in('/proc/meminfo', qr/^MemTotal:\s*(\d+)/) / (1 << 20);
}

1;
