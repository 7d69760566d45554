package Verdict;

# What is wrong with an answer, whatever the question was: HTTP that another
# implementation could read otherwise, markup or a header that is not ours, a
# way to another site, and what nobody is to know.
#
#	my $verdict = Verdict->new($world, qr/more|secrets/);
#	my ($why, @answers) = Verdict::answers($bytes, 'GET');
#	for (@answers) { push @faults, $verdict->faults($_, $payload) }

use strict;
use warnings;
use File::Spec;
use IO::Uncompress::Gunzip qw(gunzip $GunzipError);
use JSON::PP;
use Payloads;
use World;

# Every header that an answer of ours may have: a pattern for its value.
my $cookie = qr{; Path=/; Max-Age=\d+; HttpOnly; SameSite=Lax(?:; Secure)?};
my %headers = (
	'accept-ranges' => qr/bytes|none/,
	age => qr/\d+/,
	allow => qr/[A-Z]+(?:, ?[A-Z]+)*/,
	'cache-control' => qr/[\w=, -]+/,
	connection => qr/close|Keep-Alive|Upgrade(?:, (?:close|Keep-Alive))?/,
	'content-encoding' => qr/gzip/,
	'content-length' => qr/\d+/,
	'content-range' => qr{bytes (?:\d+-\d+|\*)/\d+},
	'content-type' => qr{text/(?:html|plain|css|javascript);\ charset=utf-8
	    |application/json|application/atom\+xml;\ charset=utf-8|image/svg\+xml
	    |multipart/byteranges;\ boundary=[0-9a-f]+}x,
	date => qr/\w{3}, \d\d \w{3} \d{4} \d\d:\d\d:\d\d GMT/,
	etag => qr/(?:W\/)?"[0-9a-f-]+"/,
	'keep-alive' => qr/timeout=\d+(?:, max=\d+)?/,
	'last-modified' => qr/\w{3}, \d\d \w{3} \d{4} \d\d:\d\d:\d\d GMT/,
	# an address here: one slash, nothing that a browser takes for another
	location => qr{/(?:[\w.~%-]+(?:/[\w.~%-]+)*)?(?:\?before=\d+)?},
	'retry-after' => qr/\d+/,
	server => qr/Apache/,
	'set-cookie' => qr/(?:__Host-)?(?:session=(?:[0-9a-f]{64})?
	    |flash=(?:[a-z-]+\.[\w.~%-]*)?)$cookie/x,
	vary => qr/[\w-]+(?:, ?[\w-]+)*/,
);

# What tells of the machinery: its names and versions, its words when it fails,
# and what a file holds that is none of ours.
my $machinery = qr{
	Apache/\d | OpenSSL | Debian | PostgreSQL | PgBouncer | libpq | minitwit_
	| \bAH0\d{4} | mod_[a-z]+ | cgi-?script | SCRIPT_FILENAME | PGPASSFILE
	| SQLSTATE | ERROR: | syntax\ error | at\ or\ near | unterminated
	| relation\ " | column\ " | server\ closed\ the\ connection
	| Sanitizer | runtime\ error | Segmentation | backtrace | \.c:\d+
	| (?:scrypt|pbkdf2):\w+:\d+ | root:x:0 | uid=\d+ | \[core\]
	| \#include\ [<"] | \x7fELF | RewriteRule
}xi;

# secrets is a pattern of what this test has hidden in the world.
sub new {
	my ($class, $world, $secrets) = @_;
	my $root = World::root();
	my $folders = join '|', map { quotemeta } $world->state, $root,
	    File::Spec->rel2abs(World::build(), $root);
	my $hashes = join '|', map { quotemeta } split /\n/,
	    $world->sql('SELECT pw_hash FROM users UNION ALL'
		. ' SELECT token_digest FROM sessions');
	open my $conf, '<', "$root/apache/minitwit.conf" or die $!;
	my $settings = do { local $/ = undef; <$conf> };
	return bless {
		leak => qr{$machinery|$folders|$hashes|$secrets|@{[Payloads::RESULT]}},
		security => [ map {lc} $settings =~
			/^Header always set (\S+)/mg ],
	}, $class;
}

# What was compressed, as it was before (RFC 9110 8.4).
sub inflate {
	my ($answer) = @_;
	my ($coding) = @{ $answer->{headers}{'content-encoding'} // [] };
	return if ($coding // '') ne 'gzip' || !length $answer->{content};
	gunzip(\(my $packed = $answer->{content}) => \$answer->{content})
	    or $answer->{content} = "no gzip: $GunzipError";
	return;
}

# The answers in these bytes, to requests with these methods, each { status,
# headers (lists of values, names in lower case), head, content }; before them
# '' or why they are no HTTP (RFC 9112 2.1).
sub answers {
	my ($bytes, @methods) = @_;
	my @answers;

	while (length $bytes) {
		my $method = shift @methods // 'GET';
		$bytes =~ s/\A(HTTP\/1\.1 (\d{3}) [ -~]*\r\n(?:[^\r\n]+\r\n)*)\r\n//
		    or return ("no HTTP: " . substr($bytes, 0, 80), @answers);
		my %answer = (head => $1, status => $2, headers => {});
		my (undef, @lines) = split /\r\n/, $answer{head};
		for (@lines) {
			/^([\w-]+): ([ -~]*)$/
			    or return ("no header: $_", @answers);
			push @{ $answer{headers}{ lc $1 } }, $2;
		}
		next if $answer{status} == 100 && unshift @methods, $method;
		my $length = $answer{headers}{'content-length'}[0];
		my $has_body = $answer{status} !~ /^(?:204|304)$/;
		return ("no length: $answer{head}", @answers)
		    if $has_body && $method ne 'HEAD' && !defined $length;
		$length = 0 if !$has_body || $method eq 'HEAD';
		return ("cut short: $answer{head}", @answers)
		    if length $bytes < $length;
		$answer{content} = substr $bytes, 0, $length, '';
		inflate(\%answer);
		push @answers, \%answer;
	}
	return ('', @answers);
}

sub header_faults {
	my ($self, $answer) = @_;
	my $given = $answer->{headers};
	my %security = map { ($_ => 1) } @{ $self->{security} };
	my @faults;

	for my $name (sort keys %$given) {
		my @values = @{ $given->{$name} };
		push @faults, "$name more than once"
		    if @values > 1 && $name ne 'set-cookie';
		next if $security{$name};
		my $pattern = $headers{$name} // qr/(?!)/;
		push @faults, map {"a header $name: $_"}
		    grep { !/\A$pattern\z/i } @values;
	}
	push @faults, map {"no $_"} grep { !$given->{$_} } @{ $self->{security} };
	return @faults;
}

# The markup that our pages are made of; what is left when it is taken away is
# text, and has no character that could be markup.
my $attribute = qr/(?:lang|charset|name|content|rel|href|type|class|action|method
	|for|id|value|maxlength|autocomplete|autocapitalize|autocorrect|spellcheck
	|inputmode|role|rows|datetime|title
	|media|property|tabindex|aria-hidden|aria-label|data-id|data-newest|data-news)
	="[^"<>]*"/x;
my $tag = qr{</?(?:html|head|meta|title|link|body|header|a|nav|main|h[12]|ul|li|div
	|span|p|time|form|label|input|textarea|button|footer|dl|dt|dd|fieldset|legend
	|details|summary)(?:\s$attribute)*>}x;

sub page_faults {
	my ($html, $payload) = @_;
	my @faults;
	my $text = $html;

	$text =~ s/\A<!DOCTYPE html>\n// or push @faults, 'no page';
	# what links lead away: the page's own whole address, and what people wrote
	my $whole = qr{https?://[^"<>]*};
	$text =~ s{<link rel="canonical" href="$whole">}{};
	$text =~ s{<a href="$whole" rel="nofollow ugc noopener">}{}g;
	push @faults, map {"a link to $_"} grep {
		!m{\A(?:\#main|/(?:[\w.~%-]+(?:/[\w.~%-]+)*)?(?:\?before=\d+)?
		    |\?(?:q=[\w.~%-]*&amp;)?before=\d+
		    |\?(?:q=[\w.~%-]*&amp;in=people&amp;)?after=\d+
		    |\?q=[\w.~%-]*&amp;in=people)\z}x
	} $text =~ /\b(?:href|action)="([^"]*)"/g;
	$text =~ s{<script src="/-/asset/script\.\w+\.js" defer></script>}{};
	$text =~ s/$tag//g;
	push @faults, "unescaped: $1" if $text =~ /([<>"].{0,80})/s;
	push @faults, "unescaped: $1"
	    if $html =~ /(&(?!(?:amp|lt|gt|mdash|#34|#39);).{0,20})/s;
	push @faults, 'the payload as it was'
	    if $payload =~ /[<>"]/ && length $payload > 3
	    && index($html, $payload) >= 0;
	push @faults, 'a NUL' if $html =~ /\0/;
	return @faults;
}

# One line for each thing that is wrong with an answer to a request with this
# payload; nothing, if it is as it should be.
sub faults {
	my ($self, $answer, $payload) = @_;
	my $type = $answer->{headers}{'content-type'}[0] // '';
	my $content = $answer->{content};
	my $copy = $content;
	my @faults = $self->header_faults($answer);

	push @faults, "a leak: $1"
	    if "$answer->{head}$content" =~ /($self->{leak}.{0,40})/s;
	return @faults if $answer->{status} == 206;
	push @faults, 'no UTF-8' if !utf8::decode($copy);
	push @faults, page_faults($content, $payload)
	    if $type =~ /html/ && length $content;
	push @faults, "no JSON: $content"
	    if $type =~ /json/ && length $content && !eval {
		JSON::PP->new->utf8->decode($content);
	    };
	return @faults;
}

1;
