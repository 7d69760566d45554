# The table of routes: what apache/generate-routes refuses, and with which sentence; and
# what it tells the front.

use strict;
use warnings;
use File::Path qw(make_path);
use File::Temp qw(tempdir);
use Routes;
use Shell qw(append run slurp spew);
use Test::More;
use World;

my $root = World::root();
my $folder = tempdir(CLEANUP => 1);
make_path(map {"$folder/$_"} qw(apache ops));
system('cp', '-R', "$root/cgi-bin", $folder) == 0
    && system('cp', "$root/apache/generate-routes", "$folder/apache") == 0
    && system('cp', "$root/ops/pgbouncer-users", "$folder/ops") == 0
    or BAIL_OUT('no copy');
my $table = slurp("$folder/cgi-bin/routes");
my $row = '/x GET site site/public reader page - - about';

sub generate {
	return run("$folder/apache/generate-routes", "$folder/out");
}

# --- what is refused ---

# The first row, so that no other row matches its sample.
sub refuses {
	my ($name, $new_row, $sentence) = @_;
	spew("$folder/cgi-bin/routes", "$new_row\n$table");
	my ($said, $status) = generate();
	isnt $status, 0, "$name: refused";
	is $said, "cgi-bin/routes, line 1: $sentence\n", '... with a sentence';
	return;
}

spew("$folder/cgi-bin/routes", "$row\n$table");
is_deeply [ generate() ], [ '', 0 ], 'a row';

refuses('a missing column', $row =~ s/ about//r,
	'the row has 8 columns instead of 9.');
for my $pattern ('x', '/x/', '/x//y', '/<>', '/../x', '/x"', '/.../x', '/(x|y)') {
	refuses($pattern, $row =~ s{^/x}{$pattern}r, "$pattern is not a pattern.");
}
for my $methods ('PUT', 'POST,GET', 'GET:', '') {
	refuses("the methods '$methods'", $row =~ s/GET/$methods/r,
		$methods eq '' ? 'the row has 8 columns instead of 9.'
		: "$methods are not methods.");
}
refuses('an unknown condition', $row =~ s/GET/GET:robot/r,
	'there is no condition robot.');
refuses('an unknown port', $row =~ s{site (?=site/)}{tls }r, 'there is no port tls.');
refuses('an unknown kind', $row =~ s/page/slow/r, 'there is no kind slow.');
refuses('a file that is a page', $row =~ s{site/public reader}{htdocs/x -}r,
	'htdocs/x cannot be of the kind page.');
refuses('a program that is a file', $row =~ s/page/static/r,
	'site/public cannot be of the kind static.');
refuses('a program outside cgi-bin/', $row =~ s{site/public}{../sh}r,
	'../sh is not a program.');
refuses('a program without a source', $row =~ s{site/public}{site/gone}r,
	'there is no file cgi-bin/site/gone.c.');
refuses('an unknown role', $row =~ s/reader/postgres/r,
	'there is no role minitwit_postgres in ops/pgbouncer-users.');
refuses('a role of an administrator', $row =~ s/reader/moderator/r,
	'there is no role minitwit_moderator in ops/pgbouncer-users.');
refuses('a file with a role', $row =~ s{site/public}{htdocs/x}r =~ s/page/static/r,
	'a file has no role.');
refuses('an unknown cache', $row =~ s/page -/page yes/r,
	'cached is visitors, all or -, not yes.');
refuses('a cached row of many paths', $row =~ s/page -/page all/r =~ s{^/x}{/<x>}r,
	'only a program of site/ with one path can be cached.');
refuses('another sample', $row =~ s/- about/\/y about/r,
	'the sample /y does not match the pattern.');
refuses('a condition alone', $row =~ s/GET/GET:json/r,
	'/x needs a row without a condition.');

# The last row names the line that is in its way.
sub refuses_last {
	my ($name, $new_row, $sentence) = @_;
	spew("$folder/cgi-bin/routes", "$table$new_row\n");
	my ($said) = generate();
	like $said, qr/\Acgi-bin\/routes, line \d+: $sentence\n\z/, "$name: refused";
	return;
}

refuses_last('a row twice', '/public GET site site/public reader page - - x',
	qr{GET /public comes to line \d+ already\.});
refuses_last('a row that is never reached', $row,
	qr{GET /x comes to line \d+ already\.});
spew("$folder/cgi-bin/routes", ($row =~ s/reader/poster/r) . "\n$table");
like +(generate())[0],
    qr{line \d+: site/public has the role poster in line 1\.$},
    'a program with two roles: refused';
spew("$folder/cgi-bin/routes", $table =~ s{^/public .*\n}{}mr);
is +(generate())[0], "cgi-bin/routes has no row for cgi-bin/site/public.c.\n",
    'a program without a row: refused';

# --- what comes of it ---

spew("$folder/cgi-bin/routes", $table);
generate();
ok !-e "$folder/out/routes/written", 'the front can have all of routes/';
my $before = (stat "$folder/out/reserved-names.h")[1];
generate();
is +(stat "$folder/out/reserved-names.h")[1], $before,
    'a file that would stay the same is not written';

# Names that were reserved are never given away.
my %is_reserved = map { $_ => 1 }
    slurp("$folder/out/reserved-names.h") =~ /"(.*)",/g;
ok $is_reserved{$_}, "nobody can have the name $_"
    for qw(- . .. .well-known add_message favicon.ico fllws latest login logout metrics
	msgs public register robots.txt);
ok !grep({/[<>]|\.\.\./} keys %is_reserved), '... or that of a pattern';
is join('', map {"$_\n"} sort keys %is_reserved),
    (run("$folder/apache/generate-routes", '--names'))[0], 'the same for scripts';

# As HAProxy's map_reg does it.
sub kind_of {
	my ($port, $request) = @_;
	for (split /\n/, slurp("$folder/out/routes/$port.map")) {
		next if /^#/;
		my ($regex, $kind) = /^(\S+) (\S+)$/ or return "a bad line: $_";
		return $kind if $request =~ /$regex/;
	}
	return 'page';
}

for my $port (qw(site api)) {
	for my $row (grep { $_->{port} =~ /^(?:both|$port)$/ && !$_->{condition} }
		Routes::table()) {
		my ($method) = $row->{methods} =~ /^(\w+)/;
		my $request = ($method // 'PATCH') . ' ' . $row->{sample} =~ s/\?.*//r;
		is kind_of($port, $request), $row->{kind}, "$port: $request";
	}
}
is kind_of('site', $_->[0]), $_->[1], $_->[0]
    for [ 'HEAD /-/search' => 'search' ], [ 'HEAD /Ann' => 'page' ],
    [ 'POST /login' => 'password' ], [ 'POST /msgs/a%2Fb' => 'write' ],
    [ 'PUT /login' => 'page' ], [ 'POST /msgs/a/b' => 'page' ],
    [ 'GET /-/asset/style.css' => 'static' ], [ 'POST /favicon.ico' => 'page' ];
is kind_of('api', 'POST /register'), 'api-password', "the API's port: POST /register";
is kind_of('api', 'POST /login'), 'page', "... has no sign-in";

done_testing;
