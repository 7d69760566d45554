# HTTPS: the same site and API, by TLS 1.2 and 1.3 alone, with a certificate that
# is made at the first start and then left alone.

use strict;
use warnings;
use Test::More;
use World;

my ($tls_port) = World::free_ports(1);
my $world = World->new(TLS_PORT => $tls_port);
my $state = $world->state;
my $url = "https://localhost:$tls_port";

# One request by curl, which checks the certificate; the whole answer.
sub curl {
	my (@arguments) = @_;
	open my $curl, '-|', 'curl', '--disable', '--noproxy', '*', '-si',
	    '--max-time', '20', '--cacert', "$state/tls/certificate.pem",
	    @arguments or die "no curl: $!";
	local $/ = undef;
	return readline($curl) // '';
}

# What openssl says of a connection that it makes with these options.
sub openssl {
	my (@options) = @_;
	return qx{openssl s_client -connect 127.0.0.1:$tls_port @options \\
		</dev/null 2>&1};
}

sub mode_of {
	my ($file) = @_;
	return sprintf '%04o', (stat "$state/$file")[2] & 07777;
}

subtest 'the files' => sub {
	is mode_of('tls'), '0700', 'the folder is the owner\'s';
	is mode_of("tls/$_"), '0600', "... and $_" for qw(key.pem certificate.pem);
	my $says = qx{openssl x509 -in '$state/tls/certificate.pem' -noout -text};
	like $says, qr/DNS:localhost, IP Address:127\.0\.0\.1/, 'for localhost';
	like $says, qr/CA:FALSE/, '... and no authority';
};

subtest 'site and API' => sub {
	my $answer = curl("$url/public");
	like $answer, qr/^HTTP\S+ 200 .*public timeline/si, 'a page';
	is scalar(() = $answer =~
	    /^Strict-Transport-Security: max-age=31536000\r$/mg), 1,
	    '... that says to come by HTTPS only, once';
	like curl("$url/latest"), qr/"latest":-1/, 'the API';
	like curl(qw(-H Content-Type:application/json -d),
		'{"username":"Ann","email":"a@b","pwd":"pw"}', "$url/register"),
	    qr/^HTTP\S+ 204 /, 'registration';
	$answer = curl(qw(-d username=Ann&password=pw), "$url/login");
	like $answer, qr/^HTTP\S+ 302 /, 'a login';
	my @cookies = $answer =~ /^Set-Cookie: (.*)\r$/mg;
	cmp_ok scalar @cookies, '>', 0, '... sets cookies';
	is scalar(grep { !/; Secure\b/ } @cookies), 0, '... all Secure';
	like curl("$url/-/health"), qr/^HTTP\S+ 200 /, 'health';
	$answer = curl("$url/nobody");
	like $answer, qr/^HTTP\S+ 404 .*<div class="error"/s, 'an error';
	like $answer, qr/^Strict-Transport-Security: /m, '... with it, too';
	like curl('-X', 'TRACE', "$url/"), qr/^HTTP\S+ 405 /, 'no TRACE';
};

subtest 'without TLS' => sub {
	my $answer = $world->get('/public');
	is $answer->{status}, 200, 'the site is there';
	is $answer->{headers}{'strict-transport-security'}, undef,
	    '... and says nothing of HTTPS';
	$answer = $world->post('/login', [ username => 'Ann', password => 'pw' ]);
	unlike join(' ', map { ref ? @$_ : $_ }
		$answer->{headers}{'set-cookie'}), qr/Secure/,
	    '... cookies are as before';
	my $raw = $world->raw("GET / HTTP/1.1\r\nHost: x\r\n\r\n", $tls_port);
	like $raw, qr/^HTTP\S+ 400 .*<div class="error"/s,
	    'plain HTTP on the port for HTTPS: a page';
	unlike $raw, qr{Apache/|OpenSSL}, '... without a version';
};

subtest 'versions and ciphers' => sub {
	like openssl('-tls1_3'), qr/New, TLSv1\.3, Cipher is TLS_/, 'TLS 1.3';
	my $says = openssl('-tls1_2');
	like $says, qr/New, TLSv1\.2, Cipher is ECDHE-ECDSA-AES/, 'TLS 1.2';
	like $says, qr/^Compression: NONE/m, '... without compression';
	unlike $says, qr/TLS session ticket/, '... and without tickets';
	like openssl("-$_ -cipher ALL:\@SECLEVEL=0"), qr/Cipher is \(NONE\)/,
	    "no $_" for qw(tls1 tls1_1);
	like openssl("-tls1_2 -cipher $_:\@SECLEVEL=0"),
	    qr/Cipher is \(NONE\)|no cipher match/, "no $_"
	    for qw(AES128-SHA ECDHE-ECDSA-AES128-SHA aNULL eNULL DHE 3DES);
};

subtest 'status, and another start' => sub {
	is $world->ctl('status'), 0, 'make status';
	like $world->{said}, qr{https://127\.0\.0\.1:$tls_port/public answers},
	    '... knows of it';
	my $before = qx{cat '$state'/tls/*};
	is $world->ctl($_), 0, $_ for qw(stop start);
	is qx{cat '$state'/tls/*}, $before, 'the files are the same';
	like curl("$url/latest"), qr/^HTTP\S+ 200 /, '... and used';
};

unlike $world->logs, qr/PRIVATE KEY/, 'no key is in a log';

done_testing;
