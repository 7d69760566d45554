#!/usr/bin/perl
# The course's weeks in minutes: bin/simulator's actions through the API.  What is in
# the database afterwards has to be what was acknowledged, no more and no less.  The
# times are told, but decide nothing: they are the machine's, too.
#
# They are played three times: one, 16 and 64 at a time.  The short form plays the
# first tenth of them, the long form all 25,922.

use strict;
use warnings;
use utf8;
use File::Spec;
use File::Temp qw(tempdir);
use JSON::PP;
use List::Util qw(sum);
use Test::More;

use World;

binmode Test::More->builder->$_, ':encoding(UTF-8)'
    for qw(output failure_output todo_output);

my $simulator =
    File::Spec->rel2abs(World::build(), World::root()) . '/bin/simulator';
my $temp = tempdir('minitwit-XXXXXX', TMPDIR => 1, CLEANUP => 1);
delete @ENV{qw(MINITWIT_SIMULATOR_USER MINITWIT_SIMULATOR_PASSWORD)};

# --- the scenario, and what has to be there afterwards ---

my (%email, %texts, %follows, $last);

sub read_scenario {
	my ($file) = @_;
	open my $made_up, '-|:encoding(UTF-8)', $simulator, '--print'
	    or die "no simulator: $!";
	my @lines = <$made_up>;
	close $made_up or die 'the simulator makes nothing up';
	# With the sanitizers a program takes ten times as long to start.
	splice @lines, @lines / 10 if $ENV{SANITIZE} || !$ENV{LONG};

	open my $scenario, '>:encoding(UTF-8)', $file or die "$file: $!";
	print {$scenario} @lines;
	close $scenario or die "$file: $!";

	for (@lines) {
		chomp;
		my ($kind, $user, $what);
		($last, undef, undef, $kind, $user, $what) = split /\t/;
		if ($kind eq 'register') {
			$email{$user} = $what;
			$follows{$user} = {};
			$texts{$user} = [];
		} elsif ($kind eq 'tweet') {
			push @{ $texts{$user} }, $what;
		} elsif ($kind eq 'follow') {
			$follows{$user}{$what} = 1;
		} else {
			delete $follows{$user}{$what};
		}
	}
	return;
}

# --- the database ---

# A statement's rows, each a list; no value has a tab or a line feed in it.
sub table {
	my ($world, $columns, $rest) = @_;
	return map { [ split /\t/, $_, -1 ] } split /\n/,
	    $world->sql("SELECT concat_ws(E'\\t', $columns) $rest");
}

sub check_database {
	my ($world) = @_;
	my %found = map { @$_ } table($world, 'username, email', 'FROM users');
	my %written = map { $_ => [] } keys %email;
	my %followed = map { $_ => {} } keys %email;

	is_deeply \%found, \%email, 'the users, with their addresses';

	push @{ $written{ $_->[0] } }, $_->[1]
	    for table($world, 'username, text', 'FROM messages'
		. ' JOIN users ON user_id = author_id ORDER BY message_id');
	is_deeply \%written, \%texts,
	    q(everybody's messages, character by character, in their order);

	my @pairs = table($world, 'who.username, whom.username', 'FROM followers'
		. ' JOIN users AS who ON who.user_id = who_id'
		. ' JOIN users AS whom ON whom.user_id = whom_id');
	$followed{ $_->[0] }{ $_->[1] } = 1 for @pairs;
	is_deeply \%followed, \%follows, 'who follows whom';
	is scalar @pairs, sum(map { scalar keys %$_ } values %follows),
	    'in rows of which none is there twice';
	return;
}

sub check_public {
	my ($world) = @_;
	my @newest = map { { user => $_->[0], content => $_->[1] } }
	    table($world, 'username, text', 'FROM messages'
		. ' JOIN users ON user_id = author_id'
		. ' ORDER BY message_id DESC LIMIT 1000');
	my $answer = $world->api(GET => '/msgs?no=1000');
	my @public = map { { user => $_->{user}, content => $_->{content} } }
	    @{ $answer->{status} == 200 ? $answer->{json} : [] };

	is_deeply \@public, \@newest, 'GET /msgs has the newest 1,000';
	return;
}

# --- the test ---

sub run {
	my ($count, $url_name) = @_;
	# however busy the machine is otherwise
	my $world = World->new(settings => 'TurnsLongestWait 60000');
	open my $output, '-|:encoding(UTF-8)', $simulator, '--url',
	    $world->$url_name, '--concurrency', $count, '--timeout', 60,
	    '--verify', '--json', "$temp/results", "$temp/scenario"
	    or die "no simulator: $!";
	diag $_ =~ s/\n//r while <$output>;
	close $output;
	is $?, 0, 'every action is acknowledged, and the API has it';

	open my $results, '<', "$temp/results" or die "no results: $!";
	my $found = JSON::PP->new->utf8->decode(join '', <$results>);
	my %all = map { $_ => scalar @{ $texts{$_} } } keys %texts;
	is $found->{all}{ok}, $last, 'all of them';
	is_deeply [ @{ $found->{verify} }{qw(users messages follows)} ],
	    [ scalar keys %email,
		sum(map { $_ > 1_000 ? 1_000 : $_ } values %all),
		sum(map { scalar keys %$_ } values %follows) ],
	    'all users, messages and follows were asked for';

	# many at a time are not answered in their order
	my $latest = sub { $world->api(GET => $_[0])->{json}{latest} };
	cmp_ok abs($latest->('/latest') - $last), '<', 3 * $count,
	    'latest is one of the last sent';
	is $latest->("/latest?latest=$last"), $last, 'and can be set';
	is $latest->('/latest'), $last, 'for later readers';
	check_database($world);
	check_public($world);
	# that there are no such users yet, --verify has asked
	is_deeply [ grep { $_->{level} ne 'info' } $world->lines_of('error') ], [],
	    'no program has logged a fault';
	$world->stop;
	return;
}

read_scenario("$temp/scenario");
for ([ 1, 'api_url' ], [ 16, 'url' ], [ 64, 'api_url' ]) {
	my ($count, $url_name) = @$_;
	subtest "$count at a time, $url_name" => sub { run($count, $url_name) };
}
done_testing;
