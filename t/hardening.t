# What the build does against bugs that become break-ins, read from each binary
# as it is installed: a bug in one of them should meet all of it.

use strict;
use warnings;
use File::Find qw(find);
use File::Glob qw(bsd_glob);
use File::Temp qw(tempdir);
use Test::More;
use World;

plan skip_all => 'sanitizers come with a build of their own' if $ENV{SANITIZE};

my $root = World::root();
my $build = World::build();
my $static = ($ENV{LINK} || 'static') eq 'static';
my $prefix = tempdir(CLEANUP => 1);
system('make', '-sC', $root, 'install', "BUILD=$build", 'DESTDIR=',
	"prefix=$prefix") == 0
    or BAIL_OUT('make install fails');

sub output_of {
	my (@command) = @_;
	open my $out, '-|', @command or die "$command[0]: $!";
	local $/ = undef;
	return scalar readline $out;
}

my @binaries;
find({ no_chdir => 1, wanted => sub {
	return if !-f;
	open my $in, '<', $_ or die "$_: $!";
	read $in, my $magic, 4;
	push @binaries, $_ if ($magic // '') eq "\x7fELF";
} }, $prefix);
my @programs = grep {m{/cgi-bin/}} @binaries;
is scalar @programs, scalar(() = bsd_glob("$root/cgi-bin/*/*.c")),
    'each program is installed';
ok scalar(grep {/modules\.so$/} @binaries), '... and the modules';

for my $binary (sort @binaries) {
	my $name = $binary =~ s{^\Q$prefix\E/}{}r;
	my $is_static = $static && $name =~ /^cgi-bin/;

	subtest $name => sub {
		my $headers = output_of('readelf', '-hlW', $binary);
		my $dynamic = output_of('readelf', '-dW', $binary);
		my $symbols = output_of('readelf', '--dyn-syms', '-W', $binary);
		my @segments = $headers =~ /^\s+LOAD\s.*?\s([RWE ]{3}) 0x\w+$/mg;

		like $headers, qr/Type:\s+DYN/, 'can be loaded anywhere';
		cmp_ok scalar @segments, '>', 1, 'segments';
		is scalar(grep {/W.*E/} @segments), 0,
		    'none to be written and run';
		like $headers, qr/GNU_STACK.*\sRW\s/, 'the stack neither';
		like $headers, qr/GNU_RELRO/, 'constants become read-only';
		like $dynamic, qr/BIND_NOW/, '... all of them';
		unlike $dynamic, qr/TEXTREL|RPATH|RUNPATH/,
		    'code as it is; libraries from where the system has them';
		unlike output_of('strings', $binary), qr/\Q$root\E/,
		    'nothing about where it was built';
		if ($is_static) {
			unlike $headers, qr/INTERP/, 'no dynamic linker';
			unlike $dynamic, qr/NEEDED/, '... and no library';
		} else {
			like $symbols, qr/__stack_chk_fail/, 'guards on the stack';
			like $symbols, qr/__\w+_chk\b(?<!__stack_chk)/,
			    'checked functions' if $name !~ /\.so$/; # it calls none
		}
	};
}

# Stripped programs that are linked statically name no function, and code of
# libraries comes without notes: so these are read from what was compiled here.
subtest 'what is compiled here' => sub {
	my @objects = grep { -e } # shared programs have no standins.o
	    map { s{^\Q$root\E/(.*)\.c$}{$build/$1.o}r }
	    map { bsd_glob("$root/$_") } 'lib/*.c', 'cgi-bin/*/*.c';
	cmp_ok scalar @objects, '>', 30, 'objects';
	my (%guarded, %checked);
	for my $object (@objects) {
		like output_of('readelf', '-nW', $object), qr/IBT, SHSTK/,
		    "$object: marked for control-flow enforcement";
		my $undefined = output_of('nm', '-u', $object);
		$guarded{$object} = 1 if $undefined =~ /__stack_chk_fail/;
		$checked{$object} = 1 if $undefined =~ /__\w+_chk$/m;
	}
	cmp_ok scalar keys %guarded, '>', 10, 'guards on the stack';
	cmp_ok scalar keys %checked, '>', 0, 'checked functions';
};

# Whatever links libcrypto asks the processor about itself when it starts, and in
# a virtual machine each question is a trap to the hypervisor.  The other two
# libraries, too, are there for passwords alone.
SKIP: {
	skip 'libpq.so has libcrypto', 6 if !$static;
	my %used;
	for my $source (bsd_glob("$root/cgi-bin/*/*.c")) {
		my $program = $source =~ s{^\Q$root\E/(.*)\.c$}{$build/$1}r;
		$used{ $program =~ s{.*/cgi-bin/}{}r } =
		    { map { ($_ => 1) } output_of('nm', $program)
			    =~ / [A-Za-z] (\w+)$/mg };
	}
	my @compare = map {"site/$_"} qw(account_data account_delete account_password
		account_sessions login);
	my @hash = ('api/register', @compare, 'site/register');
	for (
		[ libcrypto => \@hash ], [ libunistring => \@hash ],
		[ libcrypt => \@compare ], # old hashes are not made anew
	) {
		my ($library, $programs) = @$_;
		my ($file) = bsd_glob("/usr/lib/*/$library.a");
		my @theirs = output_of('nm', '--quiet', '--defined-only',
			'--extern-only', $file) =~ / [A-Z] (\w+)$/mg;
		cmp_ok scalar @theirs, '>', 20, "functions of $library";
		my @found = grep {
			my $names = $used{$_};
			grep { $names->{$_} } @theirs
		} sort keys %used;
		is_deeply \@found, $programs,
		    "$library is in the programs that need it for passwords alone";
	}
}

done_testing;
