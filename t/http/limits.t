# What a program may use: Apache limits it when it is started, so that one that
# runs wild ends.  A program of the test's own takes a route's place.

use strict;
use warnings;
use Test::More;
use World;

plan skip_all => 'sanitizers need more than the limits'
    if World::build() =~ /sanitize/;

my $world = World->new;
$world->{undocumented} = 1;
my $program = $world->state . '/site/cgi-bin/api/latest';
unlink $program;
open my $file, '>', $program or die "$program: $!";
print {$file} <<'END';
#!/usr/bin/perl
my $what = $ENV{QUERY_STRING};
my $answer = '';
if ($what eq 'limits') {
	open my $limits, '<', '/proc/self/limits';
	$answer = join '', <$limits>;
} elsif ($what eq 'fork') {
	my $pid = fork;
	exit if defined $pid && $pid == 0;
	$answer = defined $pid ? 'a process' : 'none';
} elsif ($what =~ /^memory(\d+)/) {
	$answer = length(my $memory = 'x' x ($1 << 20));
}
print "Status: 200 OK\nContent-Type: text/plain\n\n$answer";
END
close $file;
chmod 0755, $program;

my $limits = $world->get('/latest?limits')->{content};
like $limits, qr/^Max cpu time\s+10\s+10\s/m, 'ten seconds of a processor';
like $limits, qr/^Max address space\s+335544320\s+335544320\s/m, '320 MiB';
like $limits, qr/^Max processes\s+1\s+1\s/m, 'no process of its own';
like $limits, qr/^Max core file size\s+0\s+0\s/m, 'no core file';

is $world->get('/latest?fork')->{content}, 'none', 'it gets no process';
is $world->get('/latest?memory32')->{content}, 32 << 20, 'it gets 32 MiB';
my $answer = $world->api(GET => '/latest?memory400');
is $answer->{status}, 500, '... and dies of 400 MiB';
is $answer->{json}{status}, 500, '... with an answer';

done_testing;
