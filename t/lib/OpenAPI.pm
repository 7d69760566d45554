package OpenAPI;

# An OpenAPI 3.1 document, and whether an answer is as it says.  Of JSON Schema
# it knows the keywords of htdocs/openapi.json; on any other it dies, so that
# none is silently left out.
#
#	my $openapi = OpenAPI->new("$root/htdocs/openapi.json");
#	is $openapi->problem(GET => '/msgs?no=5', $answer), '';
#	is_deeply [$openapi->unseen], [];
#
# An answer is a hash as HTTP::Tiny gives it.

use strict;
use warnings;
use utf8;
use Carp qw(croak);
use JSON::PP;

# With bignum an integer of 64 bits stays one.
my $json = JSON::PP->new->allow_nonref->allow_bignum;

# Said of a schema, but no condition on a value.
my %remark = map { $_ => 1 }
    qw(title description example default format);

my %condition = (
	type => \&check_type,
	required => \&check_required,
	properties => \&check_properties,
	items => \&check_items,
	maxItems => sub { @{ $_[1] } <= $_[2] ? '' : "more than $_[2] items" },
	pattern => sub { $_[1] =~ /$_[2]/ ? '' : "does not match $_[2]" },
	minLength => sub { length $_[1] >= $_[2] ? '' : "under $_[2]" },
	maxLength => sub { length $_[1] <= $_[2] ? '' : "over $_[2]" },
	oneOf => \&check_one_of,
);

sub new {
	my ($class, $file) = @_;
	open my $in, '<:raw', $file or croak "$file: $!";
	local $/ = undef;
	my $self = bless { document => JSON::PP->new->utf8->decode(<$in>) },
	    $class;
	for my $path ($self->paths) {
		my $operations = $self->{document}{paths}{$path};
		for my $method ($self->methods($path)) {
			$self->{unseen}{"$method $path $_"} = 1
			    for keys %{ $operations->{ lc $method }{responses} };
		}
	}
	return $self;
}

sub paths { return sort keys %{ $_[0]{document}{paths} } }

# The documented methods of a path, in capitals.
sub methods {
	my ($self, $path) = @_;
	return map {uc} grep { $_ ne 'parameters' }
	    sort keys %{ $self->{document}{paths}{$path} };
}

# The documented answers, "GET /msgs 200", that no call of problem() has met.
sub unseen { return sort keys %{ $_[0]{unseen} } }

# Why an answer is not as documented; '' when it is.  HEAD is documented as GET
# is, a method that the path does not know by the errors of the others; an error
# that has no description of its own, by the default.
sub problem {
	my ($self, $method, $target, $answer) = @_;
	my $path = $self->path_of($target) // return "$target: no such path";
	my %known = map { $_ => 1 } $self->methods($path);
	my $status = $answer->{status};
	my $is_head = $method eq 'HEAD';

	$method = 'GET' if $is_head && $known{GET};
	if (!$known{$method}) {
		return "$status to a method that $path does not know"
		    if $status < 400;
		if ($status == 405) {
			delete $self->{unseen}{"$_ $path 405"} for keys %known;
		}
		($method) = sort keys %known;
	}
	my $responses = $self->{document}{paths}{$path}{ lc $method }{responses};
	my $name = $responses->{$status} || $status < 400 ? $status : 'default';
	my $response = $self->resolve($responses->{$name})
	    // return "$method $path: $status is not documented";
	delete $self->{unseen}{"$method $path $name"};

	for my $header (sort keys %{ $response->{headers} // {} }) {
		# HTTP::Tiny has an array for a header that comes twice
		my $value = $answer->{headers}{ lc $header };
		return "$method $path $status: not one header $header"
		    if !defined $value || ref $value;
	}
	if ($is_head || !$response->{content}) {
		return '' if ($answer->{content} // '') eq '';
		return "$method $path $status: has a body";
	}
	my $type = $answer->{headers}{'content-type'} // 'none';
	my $content = $response->{content}{$type}
	    // return "$method $path $status: the type is $type";
	my $problem = $self->check_text($content, $answer->{content});
	return $problem && "$method $path $status: $problem";
}

# The same of a request's body.
sub request_problem {
	my ($self, $method, $target, $body) = @_;
	my $path = $self->path_of($target) // return "$target: no such path";
	my $operation = $self->{document}{paths}{$path}{ lc $method };
	my $problem = $self->check_text(
		$operation->{requestBody}{content}{'application/json'},
		$body =~ s/^\xef\xbb\xbf//r);
	return $problem && "$method $path, the request: $problem";
}

# "/msgs/{username}" for /msgs/Ann?no=5.
sub path_of {
	my ($self, $target) = @_;
	$target =~ s{^https?://[^/]*}{};
	$target =~ s/\?.*//s;
	for my $path ($self->paths) {
		my $shape = join '[^/]+', map {quotemeta} split /\{[^}]*\}/,
		    $path, -1;
		return $path if $target =~ /\A$shape\z/;
	}
	return;
}

# What a $ref stands for; anything else is itself.
sub resolve {
	my ($self, $node) = @_;
	while ($node && $node->{'$ref'}) {
		my ($root, @names) = split m{/}, $node->{'$ref'};
		croak "a reference elsewhere: $node->{'$ref'}" if $root ne '#';
		$node = $self->{document};
		$node = $node->{$_} // croak "no $_ in $root" for @names;
	}
	return $node;
}

sub check_text {
	my ($self, $content, $bytes) = @_;
	my $text = $bytes;
	my $value = utf8::decode($text) && eval { $json->decode($text) };
	return "no JSON: $bytes" if !defined $value;
	return $self->check($content->{schema}, $value);
}

sub check {
	my ($self, $schema, $value) = @_;
	$schema = $self->resolve($schema);
	# the type first: the other conditions take it for granted
	for my $word (sort { ($b eq 'type') <=> ($a eq 'type') || $a cmp $b }
		keys %$schema)
	{
		next if $remark{$word};
		my $condition = $condition{$word}
		    // croak "JSON Schema's $word is not known here";
		my $problem = $condition->($self, $value, $schema->{$word});
		return $problem if $problem;
	}
	return '';
}

# JSON::PP writes a scalar back as what it was read from.
sub type_of {
	my ($value) = @_;
	return 'object' if ref $value eq 'HASH';
	return 'array' if ref $value eq 'ARRAY';
	my $text = $json->encode($value);
	return $text =~ /^"/ ? 'string'
	    : $text =~ /^-?\d+$/ ? 'integer'
	    : 'something else';
}

sub check_type {
	my ($self, $value, $type) = @_;
	my $is = type_of($value);
	return $is eq $type ? '' : "$is instead of $type";
}

sub check_required {
	my ($self, $value, $names) = @_;
	my @missing = grep { !exists $value->{$_} } @$names;
	return @missing ? "no @missing" : '';
}

sub check_properties {
	my ($self, $value, $schemas) = @_;
	for my $name (sort keys %$schemas) {
		next if !exists $value->{$name};
		my $problem = $self->check($schemas->{$name}, $value->{$name});
		return "$name: $problem" if $problem;
	}
	return '';
}

sub check_items {
	my ($self, $value, $schema) = @_;
	for my $i (0 .. $#$value) {
		my $problem = $self->check($schema, $value->[$i]);
		return "item $i: $problem" if $problem;
	}
	return '';
}

sub check_one_of {
	my ($self, $value, $schemas) = @_;
	my $fitting = grep { $self->check($_, $value) eq '' } @$schemas;
	return $fitting == 1 ? '' : "$fitting of the alternatives fit";
}

1;
