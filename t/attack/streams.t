#!/usr/bin/perl
# A program without stdin, stdout or stderr, or with ones that fail: the others
# work, nothing crashes, and no answer goes where the database listens.  (That
# reads and writes come in pieces and with signals between them is tried by the
# fuzz entries.)

use strict;
use warnings;
use File::Temp;
use FindBin;
use POSIX ();
use lib "$FindBin::Bin/../cgi";
use Program;
use Requests;
use Test::More;
use World;

my $world = World->new;
my @requests = Requests::of($world);
my $log = "$world->{state}/log/pgbouncer.log";
my $fifo = "$world->{state}/fifo";
POSIX::mkfifo($fifo, 0600) or die "$fifo: $!";

# A file of this number is a pipe that nobody reads any more.
sub unread { return "3<>'$fifo' $_[0]>'$fifo' 3<&-" }

# Runs a request by the shell, with such redirections.
sub run {
	my ($request, $redirections) = @_;
	local $world->{under} = [ '/bin/sh', '-c', "\"\$0\" $redirections" ];
	my $answer = $world->cgi(@{ $request->{cgi} });
	$answer->{done} = $world->sql($request->{undo}) if $request->{undo};
	return $answer;
}

sub is_changed {
	my ($request, $answer) = @_;
	return !$request->{undo} || $answer->{done} == 1;
}

for my $request (@requests) {
	my $name = $request->{name};
	my (undef, $body) = @{ $request->{cgi} };
	my $answer;
	for my $stderr ('2>&-', unread(2)) {
		$answer = run($request, $stderr);
		is Program::fault_of($answer), '', "$stderr: $name";
		is $answer->{status}, $request->{status}, '... the same answer';
		ok is_changed($request, $answer), '... and done';
	}

	for my $stdin ('<&-', '</', '</dev/null') {
		$answer = run($request, $stdin);
		is Program::fault_of($answer), '', "$stdin: $name";
		is $answer->{status},
		    $body eq '' || $request->{status} == 404
		    ? $request->{status}
		    : 400, '... refused without its body';
	}
	for my $stdout ('>&-', '>/dev/full', unread(1)) {
		$answer = run($request, $stdout);
		is $answer->{exit} & 127, 0, "$stdout: $name";
		ok is_changed($request, $answer), '... done';
		unlike $answer->{stderr}, qr/"level":"(?:error|warning)"/,
		    '... and nobody is alarmed';
	}
}

open my $file, '<', $log or die "$log: $!";
is scalar(grep {/invalid|bad packet|unknown/i} <$file>), 0,
    'the pooler has been sent nothing but its protocol';

done_testing;
