# Guessing passwords and registering in masses gets slower and slower, by account
# and by address; the owner and the simulator are not in the way of it.  How
# long, and when it is forgotten: t/unit/sessions.c.

use strict;
use warnings;
use MIME::Base64 qw(encode_base64);
use Test::More;
use World;

my $world = World->new(ALLOWED_ADDRESSES => '127.0.0.1 127.0.5.0/24');
my $free = 3;
$world->sql("UPDATE attempt_limits SET free = $free WHERE kind <> 'simulator'");
$world->login($_) for qw(Ann Bob); # from 127.0.0.1

sub log_in_from {
	my ($address, $name, $password) = @_;
	return $world->post('/login',
		[ username => $name, password => $password ], from => $address);
}

sub register_from {
	my ($address, $name) = @_;
	return $world->post('/register', [ username => $name, email => 'a@b',
		password => 'pw', password2 => 'pw' ], from => $address);
}

sub call_from {
	my ($address, $name, $credentials) = @_;
	return $world->api(POST => '/register',
		{ username => $name, email => 'a@b', pwd => 'pw' },
		from => $address, headers => { Authorization =>
			$credentials ? 'Basic ' . encode_base64($credentials, '') : ''
		});
}

# The statuses of the API's routes that need a password, each with one from an address.
sub api_from {
	my ($address, $password) = @_;
	my $credentials = defined $password
	    ? 'Basic ' . encode_base64("simulator:$password", '') : '';
	return join ' ', map {
		my ($method, $path, $body) = @$_;
		$world->api($method, $path, $body, from => $address,
			headers => { Authorization => $credentials })->{status}
	} [ GET => '/msgs' ], [ GET => '/msgs/Ann' ], [ GET => '/fllws/Ann' ],
	    [ POST => '/msgs/Ann', { content => 'hi' } ],
	    [ POST => '/fllws/Ann', { follow => 'Bob' } ];
}

# How many of so many wrong passwords are let in.
sub guess_from {
	my ($address, $count) = @_;
	return grep { $_ != 403 } map { $world->api(GET => '/msgs', undef,
		from => $address, headers => { Authorization => 'Basic '
			. encode_base64("simulator:guess $_", '') })->{status}
	} 1 .. $count;
}

# The page that says so, with the form filled in as before.
sub has_to_wait {
	my ($answer, $name, $what) = @_;
	is $answer->{status}, 429, "$what: 429";
	like $answer->{headers}{'retry-after'} // 'never', qr/^[1-9]\d*$/,
	    '... that says when to come again';
	like $answer->{content},
	    qr{<div class="error"[^>]*>[^<]* try again in \d+ \w+\.</div>},
	    '... in words, too';
	like $answer->{content}, qr/name="username" value="\Q$name\E"/,
	    '... keeps the username';
	return;
}

# As if those that have to wait had tried for hours.
sub long_delay {
	$world->sql("UPDATE attempts SET count = 30 WHERE ceil(count) >= $free");
	return;
}

subtest 'an account, from everywhere' => sub {
	for my $name ('Ann', 'Nobody') {
		for (1 .. $free) {
			my $answer = log_in_from("127.0.1.$_", $name, 'wrong');
			is $answer->{status}, 200, "$name: $_ is free";
			like $answer->{content}, qr/Invalid/, '... to fail';
		}
		long_delay();
		has_to_wait(log_in_from('127.0.1.9', $name, 'wrong'), $name,
			"$name, one more");
	}
	has_to_wait(log_in_from('127.0.1.9', 'Ann', 'pw'), 'Ann',
		'the right password, too');
	is log_in_from('127.0.0.1', 'Ann', 'pw')->{status}, 302,
	    'the owner gets in from a known address';
	is log_in_from('127.0.1.9', 'Bob', 'pw')->{status}, 302,
	    '... and everybody else from everywhere';
	is $world->ctl('stop') + $world->ctl('start'), 0, 'a restart';
	has_to_wait(log_in_from('127.0.1.9', 'Ann', 'pw'), 'Ann',
		'it is not forgotten');
};

subtest 'an account, with blanks around its name' => sub {
	$world->register('Blank');
	for my $name ('Blank', "No\x{e9}body") {
		my @typed = map { sprintf $_, $name } '%s ', "\t%s", "\x{a0}%s\x{3000}";
		for (0 .. $#typed) {
			my $answer = log_in_from("127.0.6.$_", $typed[$_], 'wrong');
			is $answer->{status}, 200, "one of $name in blanks";
			like $answer->{content}, $name eq 'Blank' ? qr/Invalid password/
			    : qr/Invalid username/, '... fails';
		}
		long_delay();
		has_to_wait(log_in_from('127.0.6.9', 'Blank', 'pw'), 'Blank',
			'they are one name') if $name eq 'Blank';
		is log_in_from('127.0.6.9', " $name ", 'pw')->{status}, 429,
		    '... however it is typed next';
	}
};

subtest 'an address, with every name' => sub {
	log_in_from('127.0.2.1', "Nobody $_", 'wrong') for 1 .. $free;
	long_delay();
	has_to_wait(log_in_from('127.0.2.1', 'Bob', 'pw'), 'Bob',
		'one more name');
	is log_in_from('127.0.2.2', 'Bob', 'pw')->{status}, 302,
	    'another address is free';
};

subtest 'at a known address' => sub {
	log_in_from('127.0.0.1', 'Bob', 'wrong') for 1 .. $free;
	long_delay();
	has_to_wait(log_in_from('127.0.0.1', 'Bob', 'pw'), 'Bob',
		'a guest of the owner');
	is log_in_from('127.0.0.1', 'Ann', 'pw')->{status}, 302,
	    '... is in no other\'s way';
};

subtest 'what is no guess' => sub {
	for (1 .. 2 * $free) {
		log_in_from('127.0.3.1', 'Nobody at all', '');
		log_in_from('127.0.3.1', '', 'secret');
	}
	is log_in_from('127.0.3.1', 'Nobody at all', 'x')->{status}, 200,
	    'an empty field does not count';
};

subtest 'registration' => sub {
	is register_from('127.0.4.1', "Zoe $_")->{status}, 302, "Zoe $_"
	    for 1 .. $free;
	long_delay();
	has_to_wait(register_from('127.0.4.1', 'Zoe'), 'Zoe', 'one more');
	my $answer = call_from('127.0.4.1', 'Zoe');
	is $answer->{status}, 429, 'the API: 429';
	like $answer->{content}, qr/^\{"status": ?429, ?"error_msg": ?"There/,
	    '... as JSON';
	like $answer->{headers}{'retry-after'} // 'never', qr/^[1-9]\d*$/,
	    '... that says when to come again';
	is call_from('127.0.4.1', 'Zoe', 'simulator:wrong')->{status}, 429,
	    '... to wrong credentials, too';
	is $world->sql("SELECT count(*) FROM users WHERE username = 'Zoe'"), 0,
	    'nobody was registered';
	is call_from('127.0.4.1', "Sim $_", 'simulator:super_safe!')->{status},
	    204, "the simulator registers Sim $_" for 1 .. 2 * $free;
	is call_from('127.0.5.1', "Ted $_")->{status}, 204,
	    "an allowed address registers Ted $_" for 1 .. 2 * $free;
	is register_from('127.0.4.2', 'Zoe')->{status}, 302,
	    'another address is free';
	is register_from('127.0.4.1', '')->{status}, 200,
	    'a mistake is told before';
};

subtest 'the API\'s password' => sub {
	my ($right, $refused) = ('200 200 200 204 204', '403 403 403 403 403');
	my $guesses = sub {
		return $world->sql("SELECT coalesce(sum(ceil(count)), 0)"
			. " FROM attempts WHERE kind = 'simulator'");
	};
	$world->sql("DELETE FROM attempts WHERE kind = 'simulator'");
	is guess_from('127.0.5.1', 20), 0, 'an allowed address guesses';
	is api_from('127.0.5.1', 'super_safe!'), $right, '... and is let in';
	is api_from('127.0.6.1', undef), $refused, 'no password is no guess'
	    for 1 .. 3;
	is $guesses->(), 0, '... nothing is counted';
	is api_from('127.0.6.1', 'super_safe!'), $right, '... and it is let in';

	is guess_from('127.0.6.1', 9), 0, 'another address has nine guesses';
	is $guesses->(), 9, '... which are counted';
	is api_from('127.0.6.1', 'super_safe!'), $right, '... and is let in';
	is guess_from('127.0.6.1', 1), 0, 'the tenth guess';
	# not only for a second
	$world->sql("UPDATE attempts SET count = 30
		WHERE kind = 'simulator' AND ceil(count) = 10");
	is api_from('127.0.6.1', 'super_safe!'), $refused,
	    'the right password is refused, too';
	is call_from('127.0.6.1', 'Max', 'simulator:super_safe!')->{status}, 204,
	    '... but not where none is needed';
	is api_from('127.0.6.2', 'super_safe!'), $right,
	    'another address is let in';
	is api_from('127.0.5.1', 'super_safe!'), $right,
	    '... and so is an allowed one';
	$world->sql("UPDATE attempts SET last_at = last_at - interval '15 min'
		WHERE kind = 'simulator'");
	is api_from('127.0.6.1', 'super_safe!'), $right,
	    'after a quarter of an hour it is let in again';
	is guess_from('127.0.6.3', 1) + guess_from('127.0.6.1', 1), 0,
	    'one more guess';
	is api_from('127.0.6.1', 'super_safe!'), $refused, '... is too many';
	is api_from('127.0.6.3', 'super_safe!'), $right, '... is one elsewhere';
};

done_testing;
