package Program;

# Routes run as programs, without a server: what each answer and each log line
# has to look like, and the mishaps that every program is put through.
#
#	Program::world($world);
#	done('a user', 200, 'site/profile', '', REQUEST_URI => '/Ann');
#	refused('nobody', 404, 'site/profile', '', REQUEST_URI => '/Zoe');
#	survives('site/profile', '', REQUEST_URI => '/Ann');
#	is_deeply [Program::untested('site')], [];

use strict;
use warnings;
use utf8;
use Exporter qw(import);
use File::Glob qw(bsd_glob);
use File::Temp qw(tempdir);
use JSON::PP;
use Test::More;
use World;

our @EXPORT = qw(done refused survives form);

my ($world, %tested);

sub world { ($world) = @_; return }

# The programs of some folders of cgi-bin/ that none of the calls below has run.
sub untested {
	my @folders = @_;
	my $root = World::root();
	my @programs = map { bsd_glob "$root/cgi-bin/$_/*.c" } @folders;
	s{.*/cgi-bin/(.*)\.c$}{$1} for @programs;
	return grep { !$tested{$_} } @programs;
}

# Puts the programs that no call below has run through all of this, by the samples of
# the table of routes.
sub try_samples {
	my @folders = @_;
	my %is_untested = map { $_ => 1 } untested(@folders);
	for (grep { $is_untested{ $_->{program} } && $_->{methods} =~ /^GET/ }
		Routes::programs()) {
		my @request = ($_->{program}, '', REQUEST_URI => $_->{sample});
		survives(@request) if $_->{role} ne '-';
		done('its sample', 200, @request);
	}
	return;
}

# The environment and the body of a form that is posted.
sub form {
	my ($target, @fields) = @_;
	my $body = HTTP::Tiny->new->www_form_urlencode(\@fields);
	return ($body, REQUEST_METHOD => 'POST', REQUEST_URI => $target,
		CONTENT_TYPE => 'application/x-www-form-urlencoded');
}

# What is wrong with an answer, or '': the status comes first, and there is one
# Content-Length, the body's; RFC 9110 8.6 wants none for a 204, and for a 304
# that of the body which does not come.
sub fault_of {
	my ($answer) = @_;
	return "ended by signal $answer->{exit}" if $answer->{exit} & 127;
	my ($head, $content) = split /\r\n\r\n/, $answer->{raw}, 2;
	return 'no end of the headers' if !defined $content;
	my ($first, @headers) = split /\r\n/, $head, -1;
	return "first comes $first" if $first !~ /^Status: \d{3} [A-Z][A-Za-z ]+$/;
	for (@headers) {
		return "a header is $_" if !/^[A-Z][A-Za-z-]+: [\x20-\x7e]+$/;
	}
	my @lengths = map { /^Content-Length: (.*)/i ? $1 : () } @headers;
	my @expected = $answer->{status} =~ /204|304/ ? () : length $content;
	return "Content-Length is @lengths, not @expected"
	    if "@lengths" ne "@expected";
	return "a $answer->{status} has a body" if !@expected && $content ne '';
	return '';
}

# What is wrong with a line of the log, or ''.
sub fault_of_line {
	my ($program, $line) = @_;
	my $fields = eval { JSON::PP->new->utf8->decode($line) };
	return "no JSON: $line" if !$fields;
	my $names = join ' ', sort keys %$fields;
	return "has $names" if $names ne 'level message program request time';
	return "from $fields->{program}" if $fields->{program} !~ /^(?:$program|-)$/;
	return "at $fields->{time}"
	    if $fields->{time} !~ /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/;
	return '';
}

# An answer of that status, in the right form, and as many lines in the log.
sub check {
	my ($name, $status, $program, $lines, $answer) = @_;
	my @lines = split /\n/, $answer->{stderr};
	my @faults = grep { $_ ne '' } fault_of($answer),
	    map { fault_of_line($program, $_) } @lines;
	$tested{$program} = 1;
	is_deeply [ $answer->{status}, scalar @lines, @faults ],
	    [ $status, $lines ], "$program, $name: $status"
	    or diag $answer->{raw}, "\n", $answer->{stderr};
	return $answer;
}

# Runs a program whose request succeeds, so that the log stays empty.
sub done {
	my ($name, $status, $program, @request) = @_;
	return check($name, $status, $program, 0,
		$world->cgi($program, @request));
}

# Runs a program that refuses the request, which takes one line in the log.
sub refused {
	my ($name, $status, $program, @request) = @_;
	return check($name, $status, $program, 1,
		$world->cgi($program, @request));
}

sub without_stdin {
	my ($program, %env) = @_;
	my $file = World::program_file($program);
	local %ENV = ($world->db_env($program), SCRIPT_FILENAME => $file, %env);
	return World::run_program('', '/bin/sh', '-c', 'exec "$0" <&-', $file);
}

# Puts a program through everything that a server should keep from it, and
# through a day without a database, by a request that would succeed.
sub survives {
	my ($program, $body, %env) = @_;
	my $before = $world->fingerprint;
	my $is_error = $program =~ m{/error$};
	my %bare = (%env, PATH => undef, GATEWAY_INTERFACE => undef,
		REQUEST_METHOD => undef, REQUEST_URI => undef,
		SCRIPT_FILENAME => undef, HTTP_HOST => undef,
		CONTENT_LENGTH => undef, CONTENT_TYPE => undef,
		HTTP_COOKIE => undef, HTTP_AUTHORIZATION => undef,
		map { $_ => undef } keys %{ { $world->db_env } });

	refused('no environment', $is_error ? 404 : 405, $program, '', %bare);
	refused('no method', $is_error ? 404 : 405, $program, $body, %env,
		REQUEST_METHOD => undef);
	refused('an unknown method', $is_error ? 404 : 405, $program, $body, %env,
		REQUEST_METHOD => 'get');
	# a visitor's: with a session, to log out takes neither of the two
	my @wrong = ([ REQUEST_URI => undef ],
		map { [ CONTENT_LENGTH => $_ ] }
		    'abc', '-1', '1e3', '9' x 30, ' ', '');
	my $answer;
	for (@wrong) {
		my ($variable, $value) = @$_;
		$answer = $world->cgi($program, '', %env,
			HTTP_COOKIE => undef, $variable => $value);
		my $name = "$program, $variable is "
		    . (defined $value ? "'$value'" : 'missing');
		is fault_of($answer), '', "$name: a sound answer";
		unlike $answer->{status}, qr/^5/, '... not our fault';
	}
	refused('a body cut short', $is_error ? 404 : 400, $program, 'a=b', %env,
		CONTENT_LENGTH => 1000);
	check('no stdin', $is_error ? 404 : 400, $program, 1,
		without_stdin($program, %env, CONTENT_LENGTH => 5));

	$answer = refused('no database', $is_error ? 404 : 503, $program, $body,
		%env, PGHOST => tempdir(CLEANUP => 1));
	if (!$is_error) {
		is_deeply $answer->{headers}{'retry-after'}, ['1'],
		    '... to be tried again after a second';
		like $answer->{stderr}, qr/"level":"warning"/, '... a warning';
		unlike $answer->{content}, qr/PGSQL|socket/,
		    '... the reason is for the log only';
	}
	is $world->fingerprint, $before, "$program: nothing has changed";
	return;
}

1;
