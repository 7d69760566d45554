package Anatomy;

# Where the time of one request goes: each part alone, one after the other, on
# a machine that does nothing else.

use strict;
use warnings;
use utf8;
use Carp qw(croak);
use FindBin;
use lib $FindBin::Bin;
use Report qw(table number);

# Gives [ part, microseconds, how it was measured ] for each.
sub parts {
	my ($stack, $load, $count, @rows) = @_;
	my $self = bless { stack => $stack, count => $count }, __PACKAGE__;

	return (
		$self->programs,
		$self->database,
		map { $self->one_at_a_time($load, $_) } @rows,
	);
}

sub as_table {
	my (@parts) = @_;
	return table([ 'part', 'µs', 'measured' ],
		map { [ $_->[0], number($_->[1]), $_->[2] ] } @parts);
}

# --- programs ---

sub spawned {
	my ($self, $what, $file, %env) = @_;
	local %ENV = %env;
	my $how = 'spawn.c: the median of many starts, one after the other';
	return [ $what, $self->helper("$self->{stack}{folder}/spawn",
		$self->{count}, $file), $how ];
}

sub helper {
	my ($self, @command) = @_;
	open my $out, '-|', '/bin/sh', '-c', 'exec "$@" 2>/dev/null', 'sh',
	    @command or croak "$command[0]: $!";
	my $median = readline $out;
	close $out or croak "failed: @command";
	return $median + 0;
}

sub programs {
	my ($self) = @_;
	my $stack = $self->{stack};
	my $folder = $stack->folder;
	my $site = $stack->world->state . '/site/cgi-bin';
	my $naive = $stack->naive->state . '/site/cgi-bin';
	my %refused = (REQUEST_METHOD => 'PUT', REQUEST_URI => '/public',
		HTTP_HOST => 'localhost', GATEWAY_INTERFACE => 'CGI/1.1');
	my %list = (%refused, $stack->world->db_env('site/public'), REQUEST_METHOD => 'GET',
		REQUEST_URI => '/public');

	return (
		$self->spawned('a program that does nothing, no libc',
			"$folder/empty"),
		$self->spawned('hello, static musl', "$folder/cgi/hello-musl"),
		$self->spawned('hello, static glibc',
			"$folder/cgi/hello-glibc"),
		$self->spawned('ours, without database (405)',
			"$site/site/public", %refused),
		$self->spawned('the same, naive',
			"$naive/site/public", %refused),
		$self->spawned('ours, public timeline, PgBouncer',
			"$site/site/public", %list),
		$self->spawned('the same, naive, PostgreSQL',
			"$naive/site/public", %list, PGPORT => 5432),
	);
}

# --- the database ---

sub database {
	my ($self) = @_;
	my $run = $self->{stack}->world->state . '/run';
	my $who = 'dbname=minitwit user=minitwit_reader'
	    . ' passfile=/dev/null';
	my $pooled = "host=$run port=6432 $who";
	my $direct = "host=$run port=5432 $who";
	my @statement = $self->statement_of('/public');
	my $how = 'query.c: the median of many';

	my $ask = sub {
		my ($what, @query) = @_;
		return [ $what, $self->helper("$self->{stack}{folder}/query",
			$self->{count}, @query), $how ];
	};
	return (
		$ask->('connect to PgBouncer, disconnect', $pooled),
		$ask->('connect to PostgreSQL, disconnect', $direct),
		$ask->('a statement that does nothing, PgBouncer',
			$pooled, 'SELECT'),
		$ask->('the statement of the public timeline, PgBouncer',
			$pooled, @statement),
		$ask->('the same, PostgreSQL', $direct, @statement),
	);
}

# The statement that a page asks, and its parameters, as PostgreSQL logs them:
# the page's program is run once, straight at it.
sub statement_of {
	my ($self, $target) = @_;
	my $stack = $self->{stack};
	my $log = $stack->world->state . '/log/postgresql.log';

	open my $in, '<', $log or croak "$log: $!";
	seek $in, 0, 2;
	# which a log here never has otherwise
	my %log = (log_statement => 'all', log_parameter_max_length => -1,
		log_error_verbosity => 'default');
	my @names = sort keys %log;
	my $alter = 'ALTER ROLE minitwit_reader';
	$stack->sql('minitwit', "$alter SET $_ = '$log{$_}'") for @names;
	$stack->world->cgi('site/public', '', REQUEST_URI => $target,
		PGPORT => 5432);
	$stack->sql('minitwit', "$alter RESET $_") for @names;
	my $text = do { local $/ = undef; <$in> };
	my ($sql, $values) =
	    $text =~ /execute <unnamed>: (.*?)\n\S+ \S+ UTC .*?parameters: (.*)/s
	    or croak "$log does not show the statement";
	my @parameters = $values =~ /^[^\n]*/
	    ? map { s/''/'/gr } $& =~ /\$\d+ = '((?:[^']|'')*)'/g : ();
	return ($sql, @parameters);
}

# --- the whole ---

sub one_at_a_time {
	my ($self, $load, $row) = @_;
	my $result = $load->run($row, connections => 1);
	return [ "whole: $row->{title}", 1000 * $result->{p50},
		'wrk: p50 with one connection' ];
}

1;
