package Scenario;

# What the course's simulator does to a MiniTwit in its weeks, made up anew: as
# many users, messages, follows and unfollows, in a mix that grows in the same
# way, names and texts of the same kind.  It is the same with every perl.
#
#	for my $action (Scenario::actions()) { ... }
#
# gives, oldest first, hashes with {kind} and {user}, and with
#
#	register   {email} {password}
#	message    {text}
#	follow     {whom}, whom {user} does not follow at that moment
#	unfollow   {whom}, whom {user} may not follow at that moment
#
# Nobody does anything, and nothing is done to anybody, before they register.

use strict;
use warnings;
use utf8;
use List::Util qw(max min);

# From measured.md; 1,179 of the unfollows are of somebody not followed.
our $users = 200;
our $messages = 11_306;
our $follows = 9_751;
our $unfollows = 4_665;
our $idle_unfollows = 1_179;

my @first = (
	qw(Roger Wendell Søren Quintin Zoë Malcolm Łucja Octavio Renée Georgie
	Anne-Marie Jürgen Αθηνά Lowell Björk Дмитрий 小龙 Mellie 🐦Robin),
	'Dwayne "D"'
);
my @last = ('Histand', "O'Brien", 'Müller', 'van den Berg', 'D’Arcy', 'Yost',
	'Nuñez', '& Sons', '100% Ware', '<Smith>');

my @words = (
	qw(the a of to and in that he it was you I with had for but which not be
	Holmes whale upon there said will very naïve “Surely café harpooneers
	voice’s window; versâ three—perhaps Charles’s “Watson” seventy-seventh
	telegram moonlight door-way. vertebræ 100% <b>bold</b> C:\new "quoted"
	it's & 🐳 🎉 👩‍🚀 λόγος €20),
	"line\N{U+2028}break"
);
my @ends = (('.') x 8, '?', '!', '.”', '…', '--', '🙂');

# The minimal standard generator: its products fit into a double's 53 bits.
my $seed;

sub draw {
	my ($n) = @_;
	$seed = $seed * 48_271 % 2_147_483_647;
	return $seed % $n;
}

# 13 to 140 characters.
sub text {
	my $len = 13 + draw(128);
	my $end = $ends[ draw(scalar @ends) ];
	my $text = ucfirst $words[ draw(scalar @words) ];
	$text .= ' ' . $words[ draw(scalar @words) ] while length $text < $len;
	$text = substr $text, 0, $len - length $end;
	$text =~ s/\s$/,/;
	return $text . $end;
}

sub registration {
	my ($number) = @_;
	my $name = $first[ $number % @first ] . ' '
	    . $last[ int $number / @first ];
	my $password = join '', map { chr 33 + draw(94) } 1 .. 5 + draw(6);
	return { kind => 'register', user => $name,
		email => "user+$number\@itu.dk", password => $password };
}

# The kinds of all actions but the registrations, with a moment for each: people
# write from the start, follow when there are some to follow, and unfollow later.
sub moments {
	my ($end) = @_;
	return (
		(map { [ draw($end), 'message' ] } 1 .. $messages),
		(map { [ max(draw($end), draw($end)), 'follow' ] }
			1 .. $follows),
		(map { [ max(draw($end), draw($end), draw($end)), 'unfollow' ] }
			1 .. $unfollows),
	);
}

sub actions {
	$seed = 2020;
	my $end = 1_000_000;
	# The last registration comes when two fifths are over, half of them
	# before a tenth is.
	my @moments = map {
		[ int($end * 2 * $_ * $_ / 5 / $users / $users), 'register' ]
	} 0 .. $users - 1;
	push @moments, moments($end);
	@moments = @moments[ sort {
		$moments[$a][0] <=> $moments[$b][0] || $a <=> $b
	} 0 .. $#moments ];

	my (@actions, @names, %is_followed, @pairs);
	my %left = (idle => $idle_unfollows,
		real => $unfollows - $idle_unfollows);

	# those who came first do most
	my $somebody = sub {
		return $names[ min(draw(scalar @names), draw(scalar @names)) ];
	};
	my $strangers = sub {
		my ($user, $whom);
		do {
			($user, $whom) = ($somebody->(), $somebody->());
		} while $user eq $whom || $is_followed{"$user\n$whom"};
		return ($user, $whom);
	};
	my %next = (
		register => sub {
			my $action = registration(scalar @names);
			push @names, $action->{user};
			return $action;
		},
		message => sub {
			return { user => $somebody->(), text => text() };
		},
		follow => sub {
			my ($user, $whom) = $strangers->();
			$is_followed{"$user\n$whom"} = 1;
			push @pairs, [ $user, $whom ];
			return { user => $user, whom => $whom };
		},
		unfollow => sub {
			my $kind = draw($left{idle} + $left{real}) < $left{idle}
			    ? 'idle' : 'real';
			my ($user, $whom);
			$left{$kind}--;
			if ($kind eq 'idle') {
				($user, $whom) = $strangers->();
			} else {
				($user, $whom) =
				    @{ splice @pairs, draw(scalar @pairs), 1 };
				delete $is_followed{"$user\n$whom"};
			}
			return { user => $user, whom => $whom };
		},
	);
	for (@moments) {
		my $kind = $_->[1];
		push @actions, { kind => $kind, %{ $next{$kind}->() } };
	}
	return @actions;
}

1;
