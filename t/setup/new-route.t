# doc/new-route.md, followed step by step in a copy of the source: its row, its program
# and its test are all that a new route needs.

use strict;
use warnings;
use File::Basename qw(dirname);
use File::Glob qw(bsd_glob);
use File::Path qw(make_path);
use File::Spec;
use File::Temp qw(tempdir);
use Test::More;
use Shell qw(append run slurp spew);
use World;

delete @ENV{qw(MAKEFLAGS MFLAGS MAKEOVERRIDES MAKELEVEL)};

my $root = World::root();
my $build = File::Spec->rel2abs(World::build(), $root);
my $copy = tempdir(CLEANUP => 1);
chmod 0755, $copy; # the servers may be another user's
$ENV{BUILD} = 'build/new-route';

# What is built already stays built.
make_path("$copy/$ENV{BUILD}");
for ([ $copy, "$root/.clang-format",
		grep { !m{/(?:build|var)$} } bsd_glob "$root/*" ],
	[ "$copy/$ENV{BUILD}", grep { !m{/state-} } bsd_glob "$build/*" ])
{
	my ($to, @from) = @$_;
	system('cp', '-a', @from, $to) == 0 or BAIL_OUT('no copy');
}
chdir $copy or die $!;

# --- what the document says ---

my $document = slurp("$root/doc/new-route.md");

# The text of the block that follows a sentence.
sub block {
	my ($sentence) = @_;
	my ($block) = $document =~ /$sentence:\n\n((?:\t.*\n|\n)+)/
	    or BAIL_OUT("doc/new-route.md has no block after: $sentence");
	$block =~ s/^\t//mg;
	return $block =~ s/\n+\z/\n/r;
}

my ($place) = $document =~ /below\s+the\s+row\s+of\s+`([^`]+)`:\n/;
my $row = block(qr/row of `[^`]+`/);
my $table = slurp('cgi-bin/routes');
ok $table =~ s/^\Q$place\E .*\n\K/$row/m, "the row comes below $place";
spew('cgi-bin/routes', $table);

my @files = $document =~ /^Write `([^`]+)`:$/mg;
is @files, 2, 'a program and a test';
for my $file (@files) {
	ok !-e $file, "$file is new";
	spew($file, block("Write `$file`"));
}

my @commands = split /\n/, block('`README.md`');
for my $command (@commands) {
	my ($said, $status) = run('sh', '-c', $command);
	is $status, 0, $command or diag $said;
}

# --- what has come of it ---

my ($pattern) = split ' ', $row;
like slurp('README.md'), qr/^\| `\Q$pattern\E` /m, 'README.md has the route';
is slurp($_), block("Write `$_`"), "$_ has the layout of all others" for @files;

# Without the row there is no program.
spew('cgi-bin/routes', slurp('cgi-bin/routes') =~ s/^\Q$row\E//mr);
my ($said, $status) = run('make');
isnt $status, 0, 'make fails without the row';
like $said, qr/^cgi-bin\/routes has no row for \Q$files[0]\E\.$/m, '... and says why';

chdir '/' or die $!;
done_testing;
