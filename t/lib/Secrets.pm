package Secrets;

# What no log may have, and whether one has it: what clients have sent as values
# of forms, JSON, cookies and credentials, what of that is in the database, and
# whatever looks like a token, an address, a cookie or a query, whoever sent it.
# World asks when a test ends, so that all that any test has logged is searched.
#
#	my $secrets = Secrets->new;
#	$secrets->sent($headers, $content);
#	is join("\n", $secrets->found_in($logs)), '';

use strict;
use warnings;
use Carp;
use Encode qw(encode);
use File::Temp;
use JSON::PP;

# What a secret looks like, for those that nobody has told us of.
my %looks = (
	'a token' => qr/\b[0-9a-f]{64}\b/,
	'an address' => qr/(?<![\d.])\d{1,3}(?:\.\d{1,3}){3}(?![\d.])/,
	'an e-mail address' => qr/[\w.+-]+\@[\w-]+\.[a-z]{2,}/,
	'credentials' => qr{\bBasic\ [A-Za-z0-9+/=]{4,}|super_safe}x,
	'a password hash' => qr/\b(?:scrypt|pbkdf2):/,
	'a cookie' => qr/\b(?:session|flash)=\S/,
	'a query' => qr{[?&](?:q|text|latest|before|after|no)=},
);

sub new { return bless { values => {} }, shift }

# A value that can be told from the logs' own words: no short one, no single word.
sub add {
	my ($self, @values) = @_;
	for (grep {defined} @values) {
		$self->{values}{$_} = 1
		    if length >= 8 && !m{\A[A-Za-z/_.-]{0,40}\z} && /\w{4}/;
	}
	return;
}

sub strings_of {
	my ($data) = @_;
	return ref $data eq 'HASH' ? map { strings_of($_) } values %$data
	    : ref $data eq 'ARRAY' ? map { strings_of($_) } @$data
	    : $data // ();
}

# A request's headers and body.
sub sent {
	my ($self, $headers, $content) = @_;
	$content //= '';
	for my $name (grep {/\A(?:cookie|authorization)\z/i} keys %$headers) {
		$self->add(ref $headers->{$name} ? @{ $headers->{$name} }
			: $headers->{$name});
	}
	my $json = eval { JSON::PP->new->utf8->decode($content) };
	$self->add(strings_of($json)) if ref $json;
	$self->add(map { tr/+/ /r =~ s/%([0-9A-Fa-f]{2})/chr hex $1/ger }
		map {/=(.*)/s} split /&/, $content) if !ref $json;
	return;
}

# The ways in which a value could be written, as bytes.
sub forms_of {
	my ($value) = @_;
	my $bytes = utf8::is_utf8($value) ? encode('UTF-8', $value) : $value;
	my $escaped = JSON::PP->new->ascii->allow_nonref->encode($value);
	return ($bytes, substr($escaped, 1, -1),
		$bytes =~ s/([^\w.~-])/sprintf '%%%02X', ord $1/ger);
}

sub file_of {
	my ($bytes) = @_;
	my $file = File::Temp->new;
	binmode $file;
	print {$file} $bytes;
	close $file or croak "no room for what is searched: $!";
	return $file;
}

# Which of some values a text has.  grep looks for ten thousands at once, where a
# regular expression takes minutes; of values with line ends it gets each line.
sub values_in {
	my ($logs, @values) = @_;
	my ($text, $list) = map { file_of($_) } $logs,
	    join "\n", grep { length >= 8 } map { split /\n/ } @values;
	local $ENV{LC_ALL} = 'C';
	open my $grep, '-|', qw(grep -a -o -F -f), "$list", "$text"
	    or croak "no grep: $!";
	chomp(my @found = <$grep>);
	return @found;
}

# What is found, a sentence each; nothing when all is well.
sub found_in {
	my ($self, $logs) = @_;
	my %forms = map { ($_ => 1) } map { forms_of($_) }
	    keys %{ $self->{values} };
	my %found = map { ("what was sent: $_" => 1) }
	    values_in($logs, sort keys %forms);
	# line by line: a pattern for a line as a whole takes minutes for megabytes
	my @lines = split /\n/, $logs;
	for my $what (keys %looks) {
		$found{"what looks like $what: $_"} = 1
		    for grep {/$looks{$what}/} @lines;
	}
	return sort keys %found;
}

1;
