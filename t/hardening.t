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
# a virtual machine each question is a trap to the hypervisor.
SKIP: {
	skip 'libpq.so has libcrypto', 1 if !$static;
	my ($library) = bsd_glob('/usr/lib/*/libcrypto.a');
	my %theirs = map { ($_ => 1) } output_of('nm', '--quiet',
		'--defined-only', '--extern-only', $library) =~ / [A-Z] (\w+)$/mg;
	cmp_ok scalar keys %theirs, '>', 1000, 'functions of libcrypto';
	my @found = grep {
		grep { $theirs{$_} } output_of('nm', $_) =~ / [A-Za-z] (\w+)$/mg
	} map { s{^\Q$root\E/(.*)\.c$}{$build/$1}r }
	    bsd_glob("$root/cgi-bin/*/*.c");
	is_deeply [ map { s{.*/cgi-bin/}{}r } @found ], [ qw(api/register
		site/account_data site/account_delete site/account_password
		site/account_sessions site/login site/register) ],
	    'libcrypto is in the programs that hash a password alone';
}

done_testing;
