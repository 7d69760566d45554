# The unit tests: each t/unit/*.c is a program of its own; those of the store
# find a database that is this test's alone.
#
# One of them alone, with the database of `make start`:
#
#	make build/gcc-static/t/unit/messages
#	PGHOST=STATE/run PGDATABASE=minitwit PGUSER=postgres \
#		gdb build/gcc-static/t/unit/messages

use strict;
use warnings;
use File::Basename qw(basename);
use File::Glob qw(bsd_glob);
use File::Spec;
use Test::More;
use World;

my $root = World::root();
my $build = File::Spec->rel2abs(World::build(), $root);
my $world = World->new;

# What the program says, and its status: 0 when all its tests passed.
sub run {
	my ($program) = @_;
	# nothing of the caller's that a program would take for a request
	local %ENV = (
		# too much memory is refused, as malloc refuses it
		ASAN_OPTIONS => 'allocator_may_return_null=1',
		(map { ($_ => $ENV{$_}) }
			grep {/^(?:PATH|TMPDIR|\w+SAN_OPTIONS)$/} keys %ENV),
		$world->db_env,
	);
	open my $output, '-|', 'sh', '-c',
	    'exec timeout 600 "$0" 2>&1 </dev/null', $program
	    or die "no sh: $!";
	my $said = do { local $/ = undef; <$output> };
	close $output;
	return ($said, $?);
}

for my $source (bsd_glob("$root/t/unit/*.c")) {
	my $name = basename($source, '.c');
	my $program = "$build/t/unit/$name";

	if (!-x $program) {
		fail $name;
		diag "$program is not built";
		next;
	}
	my ($said, $status) = run($program);
	ok $status == 0, $name or diag "$program: status $status\n$said";
}

done_testing;
