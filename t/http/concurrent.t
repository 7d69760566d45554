# Many clients at the same instant: one of two registrations wins, no message
# is lost, and following while unfollowing is no error.

use strict;
use warnings;
use Test::More;
use World;

# however busy the machine is otherwise
my $world = World->new(settings => 'TurnsLongestWait 60000');

# Gives how often each result is there.
sub tally {
	my %count;
	$count{$_}++ for @_;
	return \%count;
}

# What a request comes to.
sub words {
	my ($answer) = @_;
	my $taken = ($answer->{content} // '') =~ /The username is already taken/;
	return $answer->{status} . ($taken ? ' taken' : '');
}

sub by_form {
	my ($name) = @_;
	return words($world->post('/register', [ username => $name,
		email => 'a@b', password => 'pw', password2 => 'pw' ]));
}

sub by_api {
	my ($name) = @_;
	return words($world->api(POST => '/register',
		{ username => $name, email => 'a@b', pwd => 'pw' }));
}

subtest 'registrations of one name' => sub {
	for my $round (1 .. 5) {
		for my $row (
			[ 'two forms', (\&by_form) x 2 ],
			[ 'two calls', (\&by_api) x 2 ],
			[ 'ten calls', (\&by_api) x 10 ],
			[ 'five of each', (\&by_form, \&by_api) x 5 ],
		) {
			my ($kind, @clients) = @$row;
			my $name = "$kind $round";
			my @results = $world->at_once(map { my $client = $_;
				sub { $client->($name) } } @clients);
			is scalar(grep {/^(?:204|302)$/} @results), 1,
			    "$kind: one wins";
			is scalar(grep {/^(?:400|200) taken$/} @results),
			    @clients - 1, '... the others read that it is taken'
			    or diag explain tally(@results);
			is $world->sql("SELECT count(*) FROM users
				WHERE username = '$name'"), 1, '... one user';
		}
	}
};

subtest 'messages' => sub {
	my @names = map {"Poster $_"} 1 .. 8;
	my %jars = map { $_ => $world->login($_) } @names;
	my $each = 25;
	my @results = $world->at_once(map {
		my ($name, $by_form) = ($_, $_ =~ /[1234]$/);
		sub {
			for my $n (1 .. $each) {
				my $answer = $by_form
				    ? $world->post('/add_message',
					[ text => "$n" ], jar => $jars{$name})
				    : $world->api(POST => '/msgs/'
					    . $name =~ s/ /%20/r,
					{ content => "$n" });
				return "$answer->{status} at $n"
				    unless $answer->{status} =~ /^(?:302|204)$/;
			}
			return 'all acknowledged';
		}
	} @names);
	is_deeply tally(@results), { 'all acknowledged' => 8 },
	    '8 clients, 25 messages each';
	is $world->sql(q{SELECT count(*) FROM (
		SELECT author_id FROM messages GROUP BY author_id
		HAVING array_agg(text ORDER BY message_id)
		 = ARRAY(SELECT n::text FROM generate_series(1, 25) n)) AS complete}),
	    8, 'nothing is lost, doubled or out of its author\'s order';
};

subtest 'following and unfollowing one and the same' => sub {
	$world->register('Idol');
	my $jar = $world->login('Fan');
	my $again = sub {
		my ($sub) = @_;
		return sub {
			my @statuses = map { $sub->()->{status} } 1 .. 10;
			return join ' ', sort { $a <=> $b }
			    keys %{ tally(@statuses) };
		};
	};
	my @results = $world->at_once(
		(map { my $verb = $_; $again->(sub {
			$world->post("/Idol/$verb", [], jar => $jar) })
		} ('follow', 'unfollow') x 2),
		(map { my $verb = $_; $again->(sub {
			$world->api(POST => '/fllws/Fan', { $verb => 'Idol' }) })
		} ('follow', 'unfollow') x 2),
	);
	is_deeply tally(@results), { 302 => 4, 204 => 4 }, 'no error';
	$world->post('/Idol/follow', [], jar => $jar);
	is $world->sql('SELECT count(*) FROM followers'), 1,
	    'one row in the end';
	$world->post('/Idol/unfollow', [], jar => $jar);
	is $world->sql('SELECT count(*) FROM followers'), 0, 'none at the end';
};

subtest 'logging in and out' => sub {
	my @results = $world->at_once(map { sub {
		my $answer;
		for (1 .. 20) {
			$answer = $world->post('/login',
				[ username => 'Fan', password => 'pw' ]);
			last if $answer->{status} != 503;
		}
		return ref $answer->{headers}{'set-cookie'} ? 'in' : 'not in';
	} } 1 .. 6);
	is_deeply tally(@results), { in => 6 }, 'six logins of one user';
	my $jar = World::Jar->new;
	$world->post('/login', [ username => 'Fan', password => 'pw' ],
		jar => $jar);
	@results = $world->at_once(map { sub {
		$world->get('/logout', jar => $jar)->{status} } } 1 .. 6);
	is_deeply tally(@results), { 302 => 6 }, 'six logouts of one session';
};

unlike $world->logs, qr/"level":"(?:error|warning)"/, 'no program has died';

done_testing;
