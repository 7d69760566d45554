#!/usr/bin/perl
# Each program of cgi-bin/api/ and cgi-bin/ops/ as CGI (RFC 3875) has it:
# environment and stdin in, one answer and at most one line of log out.

use strict;
use warnings;
use utf8;
use File::Glob qw(bsd_glob);
use FindBin;
use lib $FindBin::Bin;
use JSON::PP;
use MIME::Base64 qw(encode_base64);
use Program;
use Test::More;
use World;

my $world = World->new;
Program::world($world);
$world->register($_) for qw(Ann Bob);

sub simulator {
	my ($pair) = @_;
	return (HTTP_AUTHORIZATION => 'Basic '
		    . encode_base64($pair // 'simulator:super_safe!', ''));
}

sub json {
	my ($target, $body) = @_;
	return (JSON::PP->new->utf8->encode($body), REQUEST_METHOD => 'POST',
		REQUEST_URI => $target, CONTENT_TYPE => 'application/json',
		simulator());
}

sub address {
	my ($target) = @_;
	return ('', REQUEST_URI => $target, simulator());
}

# What each program is for; each of these also has to survive without.
my @requests = (
	[ 200, 'api/latest', address('/latest'), '{"latest":-1}' ],
	[ 204, 'api/register', json('/register',
			{ username => 'Cid', email => 'c@c', pwd => 'c' }), '' ],
	[ 200, 'api/msgs', address('/msgs'), '[]' ],
	[ 200, 'api/user_msgs', address('/msgs/Ann'), '[]' ],
	[ 204, 'api/user_msgs', json('/msgs/Ann', { content => 'hi' }), '' ],
	[ 200, 'api/fllws', address('/fllws/Ann'), '{"follows":[]}' ],
	[ 204, 'api/fllws', json('/fllws/Ann', { follow => 'Bob' }), '' ],
	[ 204, 'api/fllws', json('/fllws/Ann', { unfollow => 'Bob' }), '' ],
	[ 200, 'ops/health', address('/-/health'), "ok\n" ],
);
for (@requests) {
	my ($status, $program, @request) = @$_;
	my $content = pop @request;
	survives($program, @request);
	is done('as it should be', $status, $program, @request)->{content},
	    $content, '... ' . ($content || 'without a body');
}
like done('as it should be', 200, 'ops/metrics', address('/metrics'))->{content},
    qr/^minitwit_database_up 1$/m, '... metrics';
survives('api/error', '');
is refused('nothing at all', 404, 'api/error', '')->{content},
    '{"status":404,"error_msg":"There is nothing at this address."}',
    '... as JSON';

# Apache's own errors, in words.
for my $status (400, 403, 404, 405, 408, 412, 413, 414, 417, 431, 500, 501, 503) {
	my $answer = refused("Apache's error", $status, 'api/error', 'a body',
		REDIRECT_STATUS => $status, REQUEST_URI => "/?latest=$status");
	my $error = JSON::PP->new->utf8->decode($answer->{content});
	is $error->{status}, $status, '... in JSON, too';
	is $world->sql('SELECT last_value FROM latest'), $status,
	    '... and latest is kept';
}
is_deeply refused("Apache's error", 503, 'api/error', '',
	REDIRECT_STATUS => 503)->{headers}{'retry-after'}, ['1'],
    '... to be tried again after a second';

# The administrator's choice of credentials, where there is one.
my %choice = (MINITWIT_SIMULATOR_USER => 'robot',
	MINITWIT_SIMULATOR_PASSWORD => 'a:b');
my %unset = (MINITWIT_SIMULATOR_USER => '', MINITWIT_SIMULATOR_PASSWORD => '');
done('chosen credentials', 200, 'api/msgs', address('/msgs'), %choice,
	simulator('robot:a:b'));
refused('the old credentials', 403, 'api/msgs', address('/msgs'), %choice);
done('empty settings', 200, 'api/msgs', address('/msgs'), %unset);
refused('empty credentials', 403, 'api/msgs', address('/msgs'), %unset,
	simulator(':'));

# The log has the server's name for the request, and stays one line.
for my $id ('abc-123', "a\"b\\\n{", 'x' x 5000) {
	my $answer = refused('a request id', 404, 'api/user_msgs',
		address('/msgs/Nobody'), UNIQUE_ID => $id);
	my $line = JSON::PP->new->utf8->decode($answer->{stderr});
	is $line->{request}, substr($id, 0, 180), '... is in the log';
}

my $before = $world->fingerprint;
my @refusals = (
	[ 'no credentials', 403, 'api/msgs', '', REQUEST_URI => '/msgs' ],
	[ 'wrong ones', 403, 'api/msgs', address('/msgs'),
		simulator('simulator:wrong') ],
	[ 'no Base64', 403, 'api/fllws', address('/fllws/Ann'),
		HTTP_AUTHORIZATION => "Basic \xff" ],
	[ 'nobody', 404, 'api/user_msgs', address('/msgs/Nobody') ],
	[ 'nobody', 404, 'api/user_msgs', json('/msgs/Nobody',
			{ content => 'hi' }) ],
	[ 'nobody', 404, 'api/fllws', address('/fllws/Nobody') ],
	[ 'nobody', 404, 'api/fllws', json('/fllws/Ann', { follow => 'No' }) ],
	[ 'too short a path', 404, 'api/user_msgs', address('/msgs') ],
	[ 'too long a path', 404, 'api/fllws', address('/fllws/Ann/more') ],
	[ 'a bad percent sign', 400, 'api/user_msgs', address('/msgs/%zz') ],
	[ 'a NUL', 400, 'api/fllws', address('/fllws/%00') ],
	[ 'a NUL in a query', 400, 'api/latest', address('/latest?a=%00') ],
	[ 'POST', 405, 'api/latest', json('/latest', {}) ],
	[ 'POST', 405, 'api/msgs', json('/msgs', {}) ],
	[ 'GET', 405, 'api/register', address('/register') ],
	[ 'POST', 405, 'ops/health', '', REQUEST_METHOD => 'POST' ],
	[ 'POST', 405, 'ops/metrics', '', REQUEST_METHOD => 'POST' ],
	[ 'no content', 400, 'api/user_msgs', json('/msgs/Ann', {}) ],
	[ 'too long', 400, 'api/user_msgs', json('/msgs/Ann',
			{ content => 'x' x 1001 }) ],
	[ 'neither', 400, 'api/fllws', json('/fllws/Ann', {}) ],
	[ 'a name that is taken', 400, 'api/register', json('/register',
			{ username => 'Ann', email => 'a@b', pwd => 'secret' }) ],
	[ 'a large body', 413, 'api/register', json('/register',
			{ username => 'x' x 70_000 }) ],
);
for (@refusals) {
	my $answer = refused(@$_);
	if ($_->[2] =~ /^api/) {
		my $error = JSON::PP->new->utf8->decode($answer->{content});
		is_deeply [ sort keys %$error ], [qw(error_msg status)],
		    '... with status and error_msg';
	}
	unlike $answer->{stderr}, qr/super_safe|c2lt|secret|a\@b/,
	    '... the log has no secret';
}
is $world->fingerprint, $before, 'refused, and nothing has changed';

# Every program that t/cgi/site.t does not run.
my @folders = grep { $_ ne 'site' }
    map {m{([^/]+)/$}} bsd_glob World::root() . '/cgi-bin/*/';
Program::try_samples(@folders);
is_deeply [ Program::untested(@folders) ], [], 'each program has been run';

done_testing;
