package Requests;

# A request for each row of the table of routes, at least one, that succeeds: for
# whatever has to be done to all of them.  A row for GET that has none here gets the one
# of its sample.
#
#	for my $request (Requests::of($world)) {
#		my $answer = $world->cgi(@{ $request->{cgi} });
#		... $answer->{status} == $request->{status} ...
#		my $done = $world->sql($request->{undo}) if $request->{undo};
#	}
#
# undo is SQL that takes the request's change back, and counts what there was to
# take back: 1 where the request has been carried out, 0 where it has not.

use strict;
use warnings;
use utf8;
use Carp qw(croak);
use HTTP::Tiny;
use JSON::PP;
use MIME::Base64 qw(encode_base64);
use Routes;

my @simulator = (HTTP_AUTHORIZATION => 'Basic '
	    . encode_base64('simulator:super_safe!', ''));

sub address {
	my ($program, $target, @env) = @_;
	return [ $program, '', REQUEST_URI => $target, @env ];
}

sub form {
	my ($program, $target, $fields, @env) = @_;
	return [ $program, HTTP::Tiny->new->www_form_urlencode($fields),
		REQUEST_METHOD => 'POST', REQUEST_URI => $target,
		CONTENT_TYPE => 'application/x-www-form-urlencoded', @env ];
}

sub json {
	my ($program, $target, $body) = @_;
	return [ $program, JSON::PP->new->utf8->canonical->encode($body),
		REQUEST_METHOD => 'POST', REQUEST_URI => $target,
		CONTENT_TYPE => 'application/json', @simulator ];
}

sub undo {
	my ($change) = @_;
	return "WITH undone AS ($change RETURNING 1)"
	    . ' SELECT count(*) FROM undone';
}

# They want a world with Ann, who is logged in and follows Cid, and Bob; and
# more messages than a page has.
sub of {
	my ($world) = @_;
	my $jar = $world->login('Ann');
	my @ann = (HTTP_COOKIE => $jar->cookie_header);
	my @eve = (HTTP_COOKIE => $world->login('Eve')->cookie_header);
	$world->register($_) for qw(Bob Cid);
	$world->sql("INSERT INTO messages (author_id, text)"
		. " SELECT user_id, 'No ' || n || ' <b>' FROM users,"
		. " generate_series(1, 40) AS n WHERE username = 'Ann'");
	$world->sql('INSERT INTO followers SELECT a.user_id, c.user_id'
		. " FROM users AS a, users AS c"
		. " WHERE a.username = 'Ann' AND c.username = 'Cid'");
	$world->sql('CREATE TABLE kept_sessions AS TABLE sessions');
	$world->sql('CREATE TABLE kept_followers AS TABLE followers');
	$world->sql("CREATE TABLE kept_eve AS"
		. " SELECT * FROM users WHERE username = 'Eve'");
	# whatever became of Eve's account: as it was, and logged in as it was
	$world->sql(q{CREATE FUNCTION undo_eve() RETURNS bigint
		LANGUAGE plpgsql AS $$
		DECLARE
			undone bigint;
		BEGIN
			-- a program may be gone before what it has asked for
			WHILE EXISTS (SELECT FROM pg_stat_activity
				WHERE usename = 'minitwit_account'
				AND state = 'active')
			LOOP
				PERFORM pg_sleep(0.001), pg_stat_clear_snapshot();
			END LOOP;
			DELETE FROM former_users;
			WITH new AS (INSERT INTO users TABLE kept_eve
					ON CONFLICT DO NOTHING RETURNING 1),
				old AS (UPDATE users AS u SET pw_hash = k.pw_hash
					FROM kept_eve AS k
					WHERE u.user_id = k.user_id
					AND u.pw_hash <> k.pw_hash RETURNING 1)
				SELECT count(*) INTO undone
				FROM (TABLE new UNION ALL TABLE old) AS both_of_them;
			DELETE FROM sessions WHERE token_digest NOT IN
				(SELECT token_digest FROM kept_sessions);
			INSERT INTO sessions OVERRIDING SYSTEM VALUE
				TABLE kept_sessions ON CONFLICT DO NOTHING;
			RETURN undone;
		END $$});

	my $unregister = undo("DELETE FROM users WHERE username = 'Zoe'");
	my $unlogin = undo('DELETE FROM sessions WHERE token_digest NOT IN'
		. ' (SELECT token_digest FROM kept_sessions)');
	my $relogin = undo('INSERT INTO sessions OVERRIDING SYSTEM VALUE'
		. ' TABLE kept_sessions ON CONFLICT DO NOTHING');
	my $undo_eve = 'SELECT undo_eve()';
	my $unpost = 'WITH again AS (UPDATE sessions SET once = NULL),'
	    . " undone AS (DELETE FROM messages WHERE text = 'hi' RETURNING 1)"
	    . ' SELECT count(*) FROM undone';
	my $unfollow = undo('DELETE FROM followers WHERE (who_id, whom_id)'
		. ' NOT IN (TABLE kept_followers)');
	my $refollow = undo('INSERT INTO followers TABLE kept_followers'
		. ' ON CONFLICT DO NOTHING');

	my @requests = (
		[ 302, address('site/visitor', '/') ],
		[ 200, address('site/timeline', '/', @ann) ],
		[ 302, address('site/change_password',
				'/.well-known/change-password') ],
		[ 200, address('site/profile', '/Ann?before=30', @ann) ],
		[ 200, address('site/profile', '/Bob', @ann,
				HTTP_COOKIE => "$ann[1]; flash=following.B%22") ],
		[ 200, address('site/search', '/-/search?q=no', @ann) ],
		[ 200, address('site/search', '/-/search?q=c&in=people') ],
		[ 400, address('site/search', '/-/search?q=' . 'a' x 201) ],
		[ 200, address('site/followers', '/Cid/followers', @ann) ],
		[ 200, address('site/news', '/-/news?after=0&mine=1', @ann) ],
		[ 200, address('site/news', '/-/news?after=5&of=Ann') ],
		[ 302, form('site/login', '/login',
				[ username => 'Bob', password => 'pw' ]), $unlogin ],
		[ 200, form('site/register', '/register', [ username => 'Z"' ]) ],
		[ 302, form('site/register', '/register', [ username => 'Zoe',
					email => 'z@z', password => 'z',
					password2 => 'z' ]), $unregister ],
		[ 302, form('site/add_message', '/add_message',
				[ text => 'hi' ], @ann), $unpost ],
		[ 302, form('site/add_message', '/add_message',
				[ text => 'hi', once => 'a' ], @ann), $unpost ],
		[ 400, form('site/add_message', '/add_message',
				[ text => 'ö<' x 501 ], @ann) ],
		[ 302, form('site/follow', '/Bob/follow', [], @ann), $unfollow ],
		[ 302, form('site/unfollow', '/Cid/unfollow', [], @ann),
			$refollow ],
		[ 200, address('site/account', '/-/account', @ann) ],
		[ 200, form('site/account_data', '/-/account/data',
				[ password => 'pw' ], @ann) ],
		[ 200, form('site/account_data', '/-/account/data',
				[ password => 'no' ], @ann) ],
		[ 302, form('site/account_sessions', '/-/account/sessions',
				[ session => 'others', password => 'pw' ], @ann) ],
		[ 302, form('site/account_password', '/-/account/password',
				[ new_password => 'x', new_password2 => 'x',
					password => 'pw' ], @eve), $undo_eve ],
		[ 302, form('site/logout', '/logout', [], @ann), $relogin ],
		[ 404, address('api/error', '/msgs/x/y?latest=1') ],
		[ 204, json('api/register', '/register?latest=2', {
				username => 'Zoe', email => 'z@z', pwd => 'z' }),
			$unregister ],
		[ 200, address('api/msgs', '/msgs?no=20&latest=3', @simulator) ],
		[ 204, json('api/user_msgs', '/msgs/Ann?latest=4',
				{ content => 'hi' }), $unpost ],
		[ 400, json('api/user_msgs', '/msgs/Ann', { content => 1 }) ],
		[ 204, json('api/fllws', '/fllws/Ann', { follow => 'Bob' }),
			$unfollow ],
		[ 204, json('api/fllws', '/fllws/Ann', { unfollow => 'Cid' }),
			$refollow ],
		# last, because others' sessions are not put back without Eve
		[ 302, form('site/account_delete', '/-/account/delete',
				[ password => 'pw' ], @eve), $undo_eve ],
	);
	unshift @requests, samples(\@requests, Routes::programs());
	return map {
		my ($status, $cgi, $undo) = @$_;
		my ($program, undef, %env) = @$cgi;
		my $method = $env{REQUEST_METHOD} // 'GET';
		+{ name => "$program, $method $env{REQUEST_URI}: $status",
			status => $status, cgi => $cgi, undo => $undo };
	} @requests;
}

# Whether the table gives a request to its program.
sub is_routed {
	my ($cgi) = @_;
	my ($program, undef, %env) = @$cgi;
	my $row = Routes::find($program =~ /^api/ ? 'api' : 'site',
		$env{REQUEST_METHOD} // 'GET', $env{REQUEST_URI},
		$env{HTTP_COOKIE} ? '' : 'visitor');
	return $row && $row->{program} eq $program;
}

sub is_for {
	my ($row, $cgi) = @_;
	my ($program, undef, %env) = @$cgi;
	return $program eq $row->{program}
	    && $env{REQUEST_URI} =~ s/\?.*//r =~ /$row->{regex}/
	    && ($env{REQUEST_METHOD} // 'GET') =~ /^$row->{takes}$/;
}

# A request for each of the rows that has none.
sub samples {
	my ($requests, @rows) = @_;
	my @cgis = map { $_->[1] } @$requests;
	my @lost = map { "$_->[0] $_->[3]" } grep { !is_routed($_) } @cgis;
	croak "no row leads to @lost" if @lost;
	return map {
		my $row = $_;
		$row->{methods} =~ /^POST/
		    and croak "no request for POST $row->{pattern}";
		[ $row->{program} =~ /error$/ ? 404 : 200,
			address(@$row{qw(program sample)},
				$row->{program} =~ /^api/ ? @simulator : ()) ];
	} grep {
		my $row = $_;
		!grep { is_for($row, $_) } @cgis;
	} @rows;
}

1;
