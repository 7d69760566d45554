# The API's description for people: it has all that htdocs/openapi.json has, and
# its examples work when they are pasted into a shell.

use strict;
use warnings;
use utf8;
use Encode qw(decode);
use IPC::Open3;
use JSON::PP;
use Test::More;
use Shell qw(slurp);
use World;

my $root = World::root();
my $world = World->new;

sub unescape {
	my ($html) = @_;
	my %character = ('&amp;' => '&', '&lt;' => '<', '&gt;' => '>',
		'&#34;' => '"', '&#39;' => "'");
	return $html =~ s{(&#?\w+;)}{$character{$1} // $1}gre;
}

my $answer = $world->get('/-/api');
is $answer->{status}, 200, 'the page is there';
is $answer->{headers}{'content-type'}, 'text/html; charset=utf-8', 'as HTML';
is $world->get("/-/api$_")->{status}, 404, "/-/api$_ is not" for qw(/ /x);
my $html = decode('UTF-8', $answer->{content});
like $html, qr{<title>MiniTwit simulator API \| MiniTwit</title>},
    'it has a title';
my ($frame) = decode('UTF-8', $world->get('/a/b')->{content}) =~
    m{(<header>.*</header>)}s;
like $html, qr/\Q$frame\E/, 'it has the frame of the other pages';

my $document = JSON::PP->new->utf8->decode(
	slurp("$root/htdocs/openapi.json"));

# All that the document says of anything.
sub descriptions {
	my ($node) = @_;
	return map { descriptions($_) } @$node if ref $node eq 'ARRAY';
	return if ref $node ne 'HASH';
	return map {
		/^(?:description|summary)$/ && !ref $node->{$_} ? $node->{$_}
		    : descriptions($node->{$_})
	} sort keys %$node;
}

my $text = unescape($html =~ s/<[^>]*>//gr);
for (descriptions({ %$document, servers => undef })) {
	my @missing = grep { index($text, $_) < 0 } split /\n\n/, s/`//gr;
	is "@missing", '', 'it says: ' . substr $_, 0, 60;
}

my %id = map { ($_ => 1) } $html =~ / id="([^"]*)"/g;
is_deeply [ grep { !$id{$_} } $html =~ / href="#([^"]*)"/g ], [],
    'its links lead somewhere';

# --- the examples ---

# The status with which an example is answered.
sub shell {
	my ($script) = @_;
	my $pid = open3(my $in, my $out, undef, 'sh', '-eus');
	print {$in} "site=" . $world->url . "\nsimulator=simulator:super_safe!\n",
	    $script, "\n";
	close $in;
	my $said = do { local $/ = undef; <$out> };
	waitpid $pid, 0;
	return $said =~ m{^HTTP/1\.1 (\d+)}m ? $1 : $said;
}

my @examples = map { unescape($_) }
    $html =~ m{<pre><code>(curl .*?)</code></pre>}gs;
my $operations = map { grep { $_ ne 'parameters' } keys %$_ }
    values %{ $document->{paths} };
is scalar @examples, $operations, 'each operation has an example';
my ($registration) = grep {/register/} @examples;
is shell($registration), 204, $registration;
$world->register('Geoffrey Stieff');
for (grep { $_ ne $registration } @examples) {
	is shell($_), /--data/ ? 204 : 200, $_;
}
is $world->sql(q{SELECT count(*) FROM messages}), 1, 'a message is there';
is $world->sql(q{SELECT count(*) FROM followers}), 1, 'somebody follows';

done_testing;
