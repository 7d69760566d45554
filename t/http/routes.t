# Apache gives each request to the program that the table of routes names, on each
# port, and a program refuses the methods that the table does not name.

use strict;
use warnings;
use Routes;
use Shell qw(slurp);
use Test::More;
use Time::HiRes qw(sleep);
use World;

my $world = World->new;
my $log = $world->state . '/log/access.log';
my $count = 0;

# The response to a request, with the route of its line in the log.  Its query is new,
# so Apache has no cached response.
sub ask {
	my ($port, $row, $method) = @_;
	my $json = $port eq 'api' || $row->{condition} eq 'json';
	my $query = ($row->{sample} =~ /\?/ ? '&' : '?') . 'count=' . $count++;
	my $place = -s $log // 0;
	my $answer = $world->request($method,
		($port eq 'api' ? $world->api_url : $world->url)
		    . "$row->{sample}$query",
		headers => {
			$row->{condition} eq 'visitor' ? ()
			: (Cookie => 'session=' . '0' x 64),
			$method eq 'GET' ? () : ('Content-Type' => $json
				? 'application/json'
				: 'application/x-www-form-urlencoded'),
		},
		$method eq 'GET' ? () : (content => $json ? '{}' : ''));
	my $line = '';
	for (1 .. 1000) {
		$line = substr slurp($log), $place;
		last if $line =~ /\n\z/;
		sleep 0.01;
	}
	($answer->{route}) = $line =~ /\A.*?"route":"([^"]*)"/;
	return $answer;
}

# What a program says in Allow, by all rows that it has.
sub allowed {
	my ($program) = @_;
	my $methods = join ',', map { $_->{methods} }
	    grep { $_->{program} eq $program } Routes::table();
	return if $methods =~ /\*/;
	return join ', ', $methods =~ /GET/ ? qw(GET HEAD) : (),
	    $methods =~ /POST/ ? 'POST' : ();
}

sleep 0.1 while !-e $log || !length slurp($log); # bin/minitwitctl has asked
for my $port (qw(site api)) {
	for my $row (grep { $_->{port} =~ /^(?:both|$port)$/ } Routes::table()) {
		my $name = "$port: $row->{methods} $row->{sample}";
		my $program = $row->{kind} eq 'static' ? 'static' : $row->{program};
		my @methods = $row->{methods} =~ /^\*/ ? qw(POST PUT)
		    : $row->{methods} =~ /(GET|POST)/g;
		is ask($port, $row, $_)->{route}, $program, "$name, $_" for @methods;
		my $default = Routes::find($port, 'PUT', $row->{sample});
		next if $row->{condition} || $program eq 'static'
		    || $default != $row;
		my $answer = ask($port, $row, 'PUT');
		is $answer->{route}, $program, '... and by a method that no row has';
		my $allow = allowed($program) // next;
		is "$answer->{status} $answer->{headers}{allow}", "405 $allow",
		    '... which it refuses';
	}
}

done_testing;
