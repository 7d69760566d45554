package Shell;

# What a shell does in a word: files, read and written whole, and commands.

use strict;
use warnings;
use Carp qw(croak);
use Exporter qw(import);

our @EXPORT_OK = qw(append run slurp spew);

# A file's bytes; none when it can't be read.
sub slurp {
	my ($name) = @_;
	open my $file, '<:raw', $name or return '';
	local $/ = undef;
	return scalar(readline $file) // '';
}

sub spew {
	my ($name, $bytes) = @_;
	return put('>:raw', $name, $bytes);
}

sub append {
	my ($name, $bytes) = @_;
	return put('>>:raw', $name, $bytes);
}

sub put {
	my ($mode, $name, $bytes) = @_;
	open my $file, $mode, $name or croak "$name: $!";
	print {$file} $bytes;
	close $file or croak "$name: $!";
	return;
}

# All that a command says, and its exit status.
sub run {
	my (@command) = @_;
	open my $from, '-|', 'sh', '-c', 'exec "$@" 2>&1 </dev/null', 'sh',
	    @command
	    or croak "no sh: $!";
	my $said = do { local $/ = undef; readline $from } // '';
	close $from;
	return ($said, $? >> 8);
}

1;
