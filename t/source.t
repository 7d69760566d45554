# What the source promises about itself: its layers, who may use what, and that
# routes, programs, tests and the README belong together.

use strict;
use warnings;
use Encode qw(decode);
use File::Basename qw(basename);
use File::Temp qw(tempdir);
use Test::More;

my @library = sort glob 'lib/*.[ch]';
my @programs = sort glob 'cgi-bin/*/*.c';

sub read_file {
	my ($name) = @_;
	open my $file, '<', $name or die "$name: $!";
	local $/ = undef;
	return scalar <$file>;
}

# Without comments and, unless they are wanted, without string literals.
sub code_of {
	my ($name, $with_strings) = @_;
	my $text = read_file($name);
	my $string = qr/"(?:\\.|[^"\\\n])*"/;
	$text =~ s{/\*.*?\*/|($string)}{ $1 // '' }gse;
	$text =~ s/$string/""/g unless $with_strings;
	return $text;
}

sub module_of { return basename($_[0]) =~ s/\.[ch]$//r }

subtest 'no module of lib/ includes one that includes it' => sub {
	my %edge;
	for my $file (@library) {
		for my $header (code_of($file, 1) =~ /^#include "(\w+)\.h"/mg) {
			next if $header eq 'assets'; # made by make
			ok -e "lib/$header.h", "$file: $header.h is in lib/";
			$edge{ module_of($file) . " $header" } = 1
			    if module_of($file) ne $header;
		}
	}
	my $edges = join "\n", sort keys %edge;
	my $cycle = qx{printf '%s\n' '$edges' | tsort 2>&1 >/dev/null};
	is $cycle, '', 'tsort finds no cycle';
};

# What a reader sees is what is compiled.
subtest 'no source has an invisible character' => sub {
	for (split /\n/, qx{git ls-files '*.c' '*.h' '*.sql' '*.sh'}) {
		unlike decode('UTF-8', read_file($_)), qr/[^\P{Cf}\x{200d}]/,
		    $_ if -e; # emoji may be joined
	}
};

subtest 'each means has its one user' => sub {
	my @rules = (
		[ 'libpq', qr/libpq-fe\.h|\bPQ\w+\(/, 'db' ],
		[ 'the sandbox', qr/\bprctl\(|\bsetrlimit\(|seccomp|landlock/i,
			'sandbox' ],
		[ 'libcrypto', qr/openssl\//, 'password' ],
		[ 'libxcrypt', qr/\bcrypt\.h/, 'password' ],
		[ 'libunistring', qr/<uni(?:norm|ctype)\.h>/, 'opaque' ],
		[ 'jsmn', qr/jsmn/, 'json' ],
		[ 'stdout', qr/\bSTDOUT_FILENO|\b(?:v?printf|puts|putchar)\(|\bstdout\b/,
			'reply' ],
		[ 'stderr', qr/\bSTDERR_FILENO|\bstderr\b|\bperror\(/, 'log' ],
		[ 'stdin', qr/\bSTDIN_FILENO|\bstdin\b/, 'req' ],
		[ 'the environment', qr/\bgetenv\(|\benviron\b/, 'req' ],
		[ 'the heap', qr/\b(?:m|c|re)alloc\(|\bfree\(/, 'mem',
			'heap' ],
		[ 'SQL', qr/\bdb_(?:query|run)\(/,
			'db', qw(users names follows people messages sessions accounts
			latest gauges) ],
	);
	for my $rule (@rules) {
		my ($means, $pattern, @users) = @$rule;
		my @found = grep { code_of($_, 1) =~ $pattern }
		    @library, @programs;
		my %others = map { ($_ => 1) } map { module_of($_) } @found;
		ok delete $others{ $users[0] }, "$means: used by $users[0]";
		delete @others{@users};
		is join(' ', sort keys %others), '', "$means: by nobody else";
	}
};

subtest 'a module has a header that it includes first, and a test' => sub {
	for my $file (grep {/\.c$/} @library) {
		my $module = module_of($file);
		next if $module eq 'standins'; # has functions of others
		like read_file($file), qr/\A#include "$module\.h"\n/, $file
		    if $module ne 'heap'; # the same
		ok -e "t/unit/$module.c", "t/unit/$module.c";
	}
};

subtest 'the table of routes' => sub {
	my $folder = tempdir(CLEANUP => 1);
	is qx{apache/generate-routes '$folder' 2>&1}, '', 'is well-formed';
	is qx{apache/generate-routes --readme README.md 2>&1},
	    read_file('README.md'), '... and in README.md; if not: make format';
};

subtest 'what would be dangerous does not compile' => sub {
	my $folder = tempdir(CLEANUP => 1);
	my $compile = sub {
		my ($body) = @_;
		open my $file, '>', "$folder/try.c" or die $!;
		print {$file} "#include \"html.h\"\n#include \"db.h\"\n",
		    "int main(int argc, char **argv)\n{\n",
		    "\tstruct buf out = { 0 };\n\t(void)argc; (void)argv;\n",
		    "\t$body;\n\treturn (int)out.len;\n}\n";
		close $file;
		return system("$ENV{CC} -std=c11 -Wall -Wextra -Wformat=2 -Werror"
			. " -Ilib -fsyntax-only $folder/try.c 2>/dev/null") == 0;
	};
	local $ENV{CC} = $ENV{CC} || 'gcc';
	ok $compile->('html(&out, "<b>%s</b>", argv[1])'), 'a value as argument';
	ok !$compile->('html(&out, argv[1])'), 'a value as markup';
	ok !$compile->('html(&out, "<b>%d</b>", argv[1])'), 'a wrong type';
	ok !$compile->('html(&out, "<b>%s</b>")'), 'a missing value';
	ok $compile->('db_query("SELECT $1", argv[1])'), 'a parameter';
	ok !$compile->('db_query(argv[1])'), 'SQL that is no literal';
	ok !$compile->('db_query("SELECT $1", argc)'), 'a number as parameter';
};

subtest 'scripts end only processes that they know by id' => sub {
	my @scripts = grep { -f && $_ ne 't/source.t' }
	    glob 'bin/* ops/* t/* t/*/* t/*/*/* GNUmakefile Vagrantfile';
	for (@scripts) {
		unlike read_file($_), qr/\b(?:pkill|killall|fuser\s+-k)\b/, $_;
	}
};

is qx{MAKEFLAGS= t/lib/lint 2>&1}, '', 'compilers and analysers have nothing to say';

done_testing;
