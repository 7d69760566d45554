# A request that another site's page made the browser send changes no state: by
# Sec-Fetch-Site, else by Origin or Referer.  A script sends none of them and passes; a
# browser that sends none gets a page with a button for GET.  A prefetch changes
# nothing.

use strict;
use warnings;
use Test::More;
use World;

my $world = World->new;
my $here = $world->url;
my $evil = 'http://evil.example';
my $https = $here =~ s/^http/https/r;

my @same = (
	[ 'none of the headers' ],
	[ 'Sec-Fetch-Site: same-origin', 'Sec-Fetch-Site' => 'same-origin' ],
	[ 'Sec-Fetch-Site: none, the address bar', 'Sec-Fetch-Site' => 'none' ],
	[ 'our Origin', Origin => $here ],
	[ 'a Referer of ours', Referer => "$here/public?before=3" ],
	[ 'Sec-Fetch-Site before Origin', 'Sec-Fetch-Site' => 'same-origin',
		Origin => $evil ],
	[ 'Origin before Referer', Origin => $here, Referer => "$evil/" ],
);

my @cross = (
	[ 'Sec-Fetch-Site: cross-site', 'Sec-Fetch-Site' => 'cross-site' ],
	[ 'Sec-Fetch-Site: same-site, a neighbour',
		'Sec-Fetch-Site' => 'same-site' ],
	[ 'Sec-Fetch-Site: rubbish', 'Sec-Fetch-Site' => 'rubbish' ],
	[ 'Sec-Fetch-Site before Origin', 'Sec-Fetch-Site' => 'cross-site',
		Origin => $here ],
	[ "another's Origin", Origin => $evil ],
	[ 'an opaque Origin', Origin => 'null' ],
	[ 'another port', Origin => $world->api_url ],
	[ 'our name as the beginning of another', Origin => "$here.evil.example" ],
	[ 'our name as a user', Origin => "$here\@evil.example" ],
	[ 'our name after another', Origin => $evil . substr $here, 7 ],
	[ "another's Referer", Referer => "$evil/page" ],
	[ 'our name in the query', Referer => "$evil/?$here/" ],
	[ 'Origin before Referer', Origin => $evil, Referer => "$here/" ],
	[ 'another scheme', Origin => $https ],
	[ 'another scheme in Referer', Referer => "$https/public" ],
	[ 'a prefetch', 'Sec-Fetch-Site' => 'same-origin',
		'Sec-Purpose' => 'prefetch' ],
	[ 'a prefetch that renders', 'Sec-Purpose' => 'prefetch;prerender' ],
	[ 'an older prefetch', Purpose => 'prefetch' ],
);

$world->register('Bob');
my $jar = $world->login('Ann');
my $number = 0;
my $follow_bob = q{INSERT INTO followers SELECT a.user_id, b.user_id
	FROM users a, users b WHERE (a.username, b.username) = ('Ann', 'Bob')
	ON CONFLICT DO NOTHING};

# What may be asked: method, path, form or JSON, and what has to be so before.
my @requests = (
	[ POST => '/add_message', sub { [ text => 'hi' ] } ],
	[ POST => '/Bob/follow', sub { [] }, sub { 'DELETE FROM followers' } ],
	[ GET => '/Bob/follow', undef, sub { 'DELETE FROM followers' } ],
	[ POST => '/Bob/unfollow', sub { [] }, sub { $follow_bob } ],
	[ GET => '/Bob/unfollow', undef, sub { $follow_bob } ],
	[ POST => '/logout', sub { [] }, \&log_in ],
	[ GET => '/logout', undef, \&log_in ],
	[ POST => '/-/account/password', sub { [ password => 'pw',
		new_password => 'pw', new_password2 => 'pw' ] } ],
	[ POST => '/-/account/sessions', sub { [ password => 'pw',
		session => 'others' ] }, sub { q{INSERT INTO sessions
		(token_digest, user_id) SELECT 'other', user_id FROM users
		WHERE username = 'Ann' ON CONFLICT DO NOTHING} } ],
	[ POST => '/-/account/delete', sub { [ password => 'pw' ] },
		\&begin_again ],
	[ POST => '/login', sub { [ username => 'Bob', password => 'pw' ] },
		\&be_a_visitor ],
	[ POST => '/register', sub { my $name = 'New' . $number++;
		[ username => $name, email => 'a@b', password => 'p',
			password2 => 'p' ] }, \&be_a_visitor ],
	[ API => '/register', sub { my $name = 'New' . $number++;
		{ username => $name, email => 'a@b', pwd => 'p' } } ],
	[ API => '/msgs/Ann', sub { { content => 'hi' } } ],
	[ API => '/fllws/Ann', sub { { follow => 'Bob' } },
		sub { 'DELETE FROM followers' } ],
);

sub be_a_visitor {
	$jar = World::Jar->new;
	return 'SELECT';
}

sub log_in {
	$jar = World::Jar->new;
	$world->post('/login', [ username => 'Ann', password => 'pw' ],
		jar => $jar);
	return 'SELECT';
}

# Somebody else each time.
sub begin_again {
	$jar = $world->login('Member' . $number++);
	return 'SELECT';
}

# Sends a request with these headers; gives the answer, and whether the
# database is another now.
sub try_it {
	my ($request, %headers) = @_;
	my ($method, $path, $body, $prepare) = @$request;

	$world->sql($prepare->()) if $prepare;
	my $before = $world->fingerprint;
	my %options = (jar => $jar, headers => \%headers);
	my $answer = $method eq 'API'
	    ? $world->api(POST => $path, $body->(), headers => \%headers)
	    : $body ? $world->post($path, $body->(), %options)
	    : $world->get($path, %options);
	return ($answer, $world->fingerprint ne $before);
}

for my $request (@requests) {
	my ($method, $path) = @$request;
	subtest "$method $path" => sub {
		log_in();
		for (@same) {
			my ($name, @headers) = @$_;
			my ($answer, $changed) = try_it($request, @headers);
			like $answer->{status}, qr/^(?:302|204)$/, "$name: done";
			ok $changed, '... the database has it';
		}
		log_in();
		for (@cross) {
			my ($name, @headers) = @$_;
			my ($answer, $changed) = try_it($request, @headers);
			is $answer->{status}, 403, "$name: 403";
			ok !$changed, '... nothing has changed';
			is $answer->{headers}{'set-cookie'}, undef,
			    '... no cookie either';
		}
	};
}

# Over plain HTTP a current browser sends none of the headers if another site's page
# suppresses the Referer.
my @browser = ('User-Agent' => 'Mozilla/5.0 (X11; Linux x86_64) Firefox/128.0',
	Accept => 'text/html,application/xhtml+xml,*/*;q=0.8');
for my $request (grep { $_->[0] eq 'GET' } @requests) {
	my (undef, $path, undef, $prepare) = @$request;
	subtest "GET $path by a browser" => sub {
		log_in();
		my ($page, $changed) = try_it($request, @browser);
		is $page->{status}, 200, 'a page';
		ok !$changed, '... nothing has changed';
		my ($action) = $page->{content} =~
		    m{<form [^>]*action="([^"]+)" method="post">};
		is $action, $path, '... with a form';
		is scalar(() = $page->{content} =~ /<input/g), 1,
		    '... of one button';
		my $before = $world->fingerprint;
		is $world->post($action, [], jar => $jar,
			headers => { @browser, Origin => $here })->{status}, 302,
		    '... which does it';
		isnt $world->fingerprint, $before, '... now it has changed';

		for (
			[ 'an address typed', @browser, 'Sec-Fetch-Site' => 'none' ],
			[ 'a link of ours', @browser, Referer => "$here/" ],
			[ 'another program', @browser, 'User-Agent' => 'curl/7.88' ],
			[ 'a script of a page', @browser, Accept => '*/*' ],
		) {
			my ($name, @headers) = @$_;
			log_in() if $prepare == \&log_in;
			my ($answer, $done) = try_it($request, @headers);
			is $answer->{status}, 302, "$name: done";
			ok $done, '... the database has it';
		}
	};
}

subtest 'a prefetch leaves the flash' => sub {
	log_in();
	my %flash = (Cookie => 'flash=recorded.');
	my $page = $world->get('/public',
		headers => { %flash, 'Sec-Purpose' => 'prefetch' });
	unlike $page->{content}, qr/Your message was recorded/, 'not shown';
	is $page->{headers}{'set-cookie'}, undef, '... and kept';
	$page = $world->get('/public', headers => {%flash});
	like $page->{content}, qr/Your message was recorded/, 'shown later';
};

subtest 'links from elsewhere lead to pages' => sub {
	log_in();
	for my $path (qw(/ /public /Bob /login /register)) {
		my $answer = $world->get($path, jar => $jar, headers =>
			    { 'Sec-Fetch-Site' => 'cross-site',
				Referer => "$evil/" });
		like $answer->{status}, qr/^(?:200|302)$/, "GET $path";
	}
};

done_testing;
