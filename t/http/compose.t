# The box for a message: a form that is sent twice is one message, and a text that
# is refused stays in the box.

use strict;
use warnings;
use utf8;
use Encode qw(decode);
use Test::More;
use World;

my $world = World->new;
my $ann = $world->login('Ann');
my $bob = $world->login('Bob');
$world->get('/', jar => $_) for $ann, $bob; # takes the flash

# The number that the form has on a page of somebody's.
sub once_of {
	my ($jar) = @_;
	my ($once) = $world->get('/', jar => $jar)->{content} =~
	    m{<form action="/add_message".*?name="once" value="([0-9a-f]*)">}s;
	return $once;
}

sub send_form {
	my ($jar, $text, $once) = @_;
	return $world->post('/add_message', [ text => $text,
		defined $once ? (once => $once) : () ], jar => $jar);
}

sub stored {
	return $world->sql('SELECT count(*) FROM messages');
}

# How many more are stored after the sub; each of its answers says so.
sub adds {
	my ($count, $what, $sub) = @_;
	my $before = stored();
	for my $answer ($sub->()) {
		my @cookies = map { ref $_ ? @$_ : $_ }
		    $answer->{headers}{'set-cookie'} // '';
		is "$answer->{status} " . ($answer->{headers}{location} // '')
		    . " @{[ map {/^(flash=[a-z.]+)/} @cookies ]}",
		    '302 / flash=recorded.', "$what: recorded";
	}
	is stored() - $before, $count, "... stored: $count";
	return;
}

my $once = once_of($ann);
is length $once, 32, 'each form has a number';
isnt once_of($ann), $once, '... of its own';

# A session that is over takes no text with it.
{
	my $answer = $world->post('/add_message',
		[ text => qq{<"lost">\n} ]);
	is $answer->{status}, 401, 'without a session: 401';
	my ($form) = $answer->{content} =~
	    m{<form action="/add_message" method="post">(.*?)</form>}s;
	like $form, qr{>\n&lt;&#34;lost&#34;&gt;\n</textarea>}, '... with the text';
	unlike $world->post('/add_message', [ text => 'x' ],
		headers => { 'Sec-Fetch-Site' => 'cross-site' })->{content},
	    qr/<form/, 'another site gets nothing back';
}

adds(1, 'sent twice', sub { map { send_form($ann, 'a', $once) } 1, 2 });
adds(1, 'then another text', sub { send_form($ann, 'b', $once) });
adds(1, 'the same text in another form', sub { send_form($ann, 'b',
	once_of($ann)) });
adds(2, 'without a number', sub { map { send_form($ann, 'b') } 1, 2 });
adds(2, 'with an empty one', sub { map { send_form($ann, 'b', '') } 1, 2 });
adds(1, 'the number of somebody else', sub { send_form($bob, 'b', $once) });
adds(1, 'a number as long as can be', sub {
	map { send_form($ann, "'\\ü", "\x{1f600}\\'" x 2000) } 1, 2 });
adds(3, 'in turn, in two tabs', sub {
	my @forms = map { once_of($ann) } 1, 2;
	map { send_form($ann, 'c', $forms[$_]) } 0, 1, 1, 0;
});

subtest 'twice at the same time' => sub {
	for (1 .. 10) {
		my $both = once_of($ann);
		adds(1, "round $_", sub {
			$world->at_once(map { sub {
				send_form($ann, 'at once', $both) } } 1 .. 4);
		});
	}
};

subtest 'a form that comes after the logout' => sub {
	my $cid = $world->login('Cid');
	my $form = once_of($cid);
	my %stolen = %$cid;
	send_form($cid, 'a', $form);
	$world->post('/logout', [], jar => $cid);
	my $before = stored();
	my $again = send_form(bless({%stolen}, 'World::Jar'), 'a', $form);
	is $again->{status}, 401, 'is refused';
	is stored(), $before, '... and nothing stored';
};

subtest 'a text that is refused' => sub {
	my $text = "\n<too> long & wide: " . "\x{1f600}" x 1000;
	my $before = stored();
	my $answer = send_form($ann, $text, once_of($ann));
	my $html = decode('UTF-8', $answer->{content});
	is $answer->{status}, 400, 'is not stored';
	is stored(), $before, '... indeed';
	my ($reason) = $html =~ m{<div class="error" role="alert">(.*?)</div>};
	is $reason, 'The message has more than 1,000 characters',
	    '... the reason is there';
	my ($kept) = $html =~ m{<textarea[^>]*>\n(.*)</textarea>}s;
	$kept =~ s/&lt;/</g;
	$kept =~ s/&gt;/>/g;
	$kept =~ s/&amp;/&/g;
	is $kept, $text, '... and the whole text';
	my ($number) = $html =~ /name="once" value="([0-9a-f]{32})"/;
	adds(1, 'what is sent from there',
		sub { map { send_form($ann, 'shorter', $number) } 1, 2 });
};

done_testing;
