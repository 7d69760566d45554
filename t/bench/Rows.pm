package Rows;

# What is asked for: the rows of the tables, for one site on one database that
# t/bench/dataset has filled, or that has as many users of those names.  Each row is
#
#	{ id, title, kind, requests, status, like, url }
#
# kind is floor, read, post, change or hash; requests are whole HTTP requests,
# sent in turn ({number} becomes a fresh number each time); status and like are
# what a right answer has.
#
#	my $rows = Rows->new(url => $url, users => 10_000,
#		simulator => [ 'user', 'password' ]);
#	my @rows = $rows->usual;

use strict;
use warnings;
use List::Util qw(min);
use MIME::Base64 qw(encode_base64);

# dataset logs in as many users; the one in the middle is the usual reader.
my $AUTHORS = 1000;
my $READER = 500;

# The special users' ids follow those of the others, in this order.
my @SPECIAL = (
	'follows 5000', 'follows 50000', 'follows 20 silent',
	'follows 5000 silent', 'author million',
);

my $json = 'application/json';
my $form = 'application/x-www-form-urlencoded';
my $messages = qr{<ul class="?messages"?.*<time}s;
my $list = qr{"pub_date"};

# Options: url, users (their number), simulator (the API's credentials), and
#
#	floor     the URL of the static file and of the hello programs
#	bare      [ [ id, what follows the title, URL ], ... ]: hello elsewhere
#	metrics   true where the site has /metrics
#	reader    the number of the usual reader (500)
#	cookies   [ the session's cookie of User 1, ... ], if not dataset's
#
sub new {
	my ($class, %self) = @_;
	$self{reader} //= $READER;
	$self{simulator} = 'Authorization: Basic '
	    . encode_base64(join(':', @{ $self{simulator} }), '');
	return bless \%self, $class;
}

# --- requests ---

sub request {
	my ($self, $method, $target, @headers) = @_;
	return $self->request_with_body($method, $target, '', @headers);
}

sub request_with_body {
	my ($self, $method, $target, $body, @headers) = @_;
	my $length = length($body =~ s/\{number\}/00000000/gr);

	push @headers, "Content-Length: $length" if $length;
	return join "\r\n", "$method $target HTTP/1.1", 'Host: localhost',
	    @headers, '', $body;
}

# The header with a user's session.
sub session {
	my ($self, $id) = @_;
	my $cookies = $self->{cookies};
	return 'Cookie: '
	    . ($cookies ? $cookies->[ $id - 1 ] : sprintf 'session=%064x', $id);
}

# Numbers of users who are to write.
sub authors {
	my ($self, $count) = @_;
	# primes, so that they are spread over all, the eager and the lazy
	return map { 1 + $_ * 7919 % $self->{users} } 1 .. $count;
}

sub path {
	my ($first, $name) = @_;
	return $first . $name =~ s/ /%20/gr;
}

sub row {
	my ($self, $id, $title, $kind, $requests, $status, $like) = @_;
	return {
		id => $id,
		title => $title,
		kind => $kind,
		requests => ref $requests ? $requests : [$requests],
		status => $status // 200,
		like => $like // qr//,
		url => $self->{url},
	};
}

sub page {
	my ($self, $id, $title, $target, @headers) = @_;
	return $self->row($id, $title, 'read',
		$self->request(GET => $target, @headers), 200, $messages);
}

sub api_list {
	my ($self, $id, $title, $target, $like) = @_;
	return $self->row($id, $title, 'read',
		$self->request(GET => $target, $self->{simulator}),
		200, $like // $list);
}

# --- rows ---

# What all others are compared with.
sub floor {
	my ($self) = @_;
	my %paths = (
		static => [ '/static.html', 'a static file' ],
		hello => [ '/cgi/hello-glibc', 'hello, static glibc' ],
		hello_musl => [ '/cgi/hello-musl', 'hello, static musl' ],
	);
	my @here = map { [ $_, @{ $paths{$_} }, $self->{floor} ] }
	    qw(static hello hello_musl);
	my ($hello, $title) = @{ $paths{hello_musl} };
	my @elsewhere = map { [ $_->[0], $hello, "$title, $_->[1]", $_->[2] ] }
	    @{ $self->{bare} || [] };

	return map {
		my ($id, $target, $name, $url) = @$_;
		+{
			%{ $self->row($id, $name, 'floor',
				$self->request(GET => $target)) },
			url => $url,
		};
	} @here, @elsewhere;
}

sub usual {
	my ($self) = @_;
	return ($self->pages, $self->lists, $self->changes, $self->metrics);
}

sub pages {
	my ($self) = @_;
	my $session = $self->session($self->{reader});

	return (
		$self->page('public', 'public timeline, visitor', '/public'),
		# the cache has no response for a request with a cookie
		$self->page('public_uncached',
			'public timeline, visitor, no cache', '/public',
			'Cookie: a=b'),
		$self->page('public_reader', 'public timeline, reader',
			'/public', $session),
		$self->page('my', 'my timeline', '/', $session),
		$self->page('profile_reader', 'user timeline, reader',
			'/User%201', $session),
		$self->page('profile', 'a profile, visitor', '/User%201'),
	);
}

sub lists {
	my ($self) = @_;
	return (
		$self->api_list('msgs_30', 'GET /msgs?no=30', '/msgs?no=30'),
		$self->api_list('msgs', 'GET /msgs', '/msgs'),
		$self->api_list('msgs_user', 'GET /msgs/<u>', '/msgs/User%201'),
		$self->api_list('fllws', 'GET /fllws/<u>',
			"/fllws/User%20$self->{reader}", qr{"follows": ?\["}),
	);
}

sub changes {
	my ($self) = @_;
	my @headers = ($self->{simulator}, "Content-Type: $json");
	my @authors = $self->authors($AUTHORS);
	my @followed = @authors; # from its end
	my @posts = map { $self->request_with_body(
		POST => "/msgs/User%20$_?n={number}",
		'{"content":"Message {number} of a benchmark, not a long one"}',
		@headers) } @authors;
	my @follows = map {
		my ($target, $whom) = ("/fllws/User%20$_", pop @followed);
		map {
			$self->request_with_body(POST => $target,
				qq({"$_":"User $whom"}), @headers)
		} qw(follow unfollow);
	} @authors;

	return (
		$self->row('post', 'POST /msgs/<u>', 'post', \@posts, 204),
		$self->row('add_message', 'POST /add_message', 'change',
			[ map { $self->form('/add_message',
				'text=Message+{number}+of+a+benchmark',
				$self->session($_)) } 1 .. $self->sessions ],
			302),
		$self->row('follow', 'POST /fllws/<u>', 'change',
			\@follows, 204),
		$self->row('register', 'POST /register', 'hash',
			$self->request_with_body(POST => '/register',
				'{"username":"bench {number}",'
				    . '"email":"a@b","pwd":"pw"}',
				"Content-Type: $json"), 204),
		$self->row('login', 'POST /login', 'hash',
			[ map { $self->form('/login',
				"username=User+$_&password=pw") }
				1 .. min(200, $self->{users}) ],
			302),
	);
}

sub form {
	my ($self, $target, $body, @headers) = @_;
	return $self->request_with_body(POST => $target, $body, @headers,
		"Content-Type: $form");
}

# So many of the users are logged in.
sub sessions {
	my ($self) = @_;
	return min($self->{users}, $AUTHORS);
}

# Counters for monitoring, once there are any.
sub metrics {
	my ($self) = @_;
	return if !$self->{metrics};
	return $self->row('metrics', 'GET /metrics', 'read',
		$self->request(GET => '/metrics'), 200, qr/^# (HELP|TYPE)/m);
}

# Readers and an author that a large database is hard for.
sub special {
	my ($self) = @_;
	my %id;
	@id{@SPECIAL} = map { $self->{users} + $_ } 1 .. @SPECIAL;
	my @timelines = map {
		my $id = "my $_" =~ tr/ /_/r;
		$self->page($id, "my timeline, who $_", '/',
			$self->session($id{$_}));
	} grep {/^follows/} @SPECIAL;

	return (
		@timelines,
		$self->page('profile_million', 'a profile, author of a million',
			'/author%20million'),
		$self->api_list('msgs_million',
			'GET /msgs/<author of a million>',
			'/msgs/author%20million'),
		$self->api_list('fllws_50000',
			'GET /fllws/<who follows 50,000>',
			'/fllws/follows%2050000', qr{"follows": ?\["}),
	);
}

1;
