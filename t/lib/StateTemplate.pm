package StateTemplate;

# STATE as a first start leaves it, to be copied for each test stack: an installed
# release, and an empty database with all migrations.  It costs a second or two, and
# hundreds of processes, to make.  It is kept in the build folder, for each user, and
# made again when a file that it is made of is another one.
#
#	StateTemplate::copy($root, $build, $state, sub { make it in $_[0] });

use strict;
use warnings;
use Carp qw(croak);
use Exporter qw(import);
use Fcntl qw(LOCK_EX LOCK_SH);
use File::Find qw(find);
use File::Path qw(make_path remove_tree);
use Shell qw(slurp spew);
use Time::HiRes qw(lstat);

# The files of `make install`, and those that `make` builds them from, as the kernel
# knows them: a changed file has another change time.
sub inputs {
	my ($root, $build) = @_;
	my @files;
	find({ no_chdir => 1, wanted => sub {
		my @stat = lstat;
		push @files, "$_ @stat[1, 7, 9, 10]\n" if -f _;
	} }, grep { -e } map({"$root/$_"} qw(GNUmakefile apache bin cgi-bin doc
			htdocs lib ops simulator sql)),
		map {"$build/$_"} qw(apache bin cgi-bin));
	return join '', sort @files;
}

sub copy {
	my ($root, $build, $state, $make) = @_;
	my $template = "$build/state-$>";
	make_path($build);
	open my $lock, '>', "$template.lock" or croak "$template.lock: $!";
	flock $lock, LOCK_SH or croak "$template.lock: $!";
	if (slurp("$template.inputs") ne inputs($root, $build)) {
		flock $lock, LOCK_EX or croak "$template.lock: $!";
		# another test may have made it meanwhile
		if (slurp("$template.inputs") ne inputs($root, $build)) {
			remove_tree($template, "$template.inputs");
			make_path($template, { mode => 0700 });
			$make->($template);
			spew("$template.inputs", inputs($root, $build));
		}
	}
	system('cp', '-a', '--reflink=auto', "$template/.", $state) == 0
	    or croak "no copy of $template";

	my $settings = "$state/pg/postgresql.conf";
	spew($settings, slurp($settings) =~
		s{^include '.*(/site/.*)'}{include '$state$1'}mr);
	return;
}

1;
