# Grafana's dashboards are those of Prometheus' consoles: made of the same queries,
# and since the last change of them.

use strict;
use warnings;
use File::Basename qw(basename);
use File::Glob qw(bsd_glob);
use File::Temp qw(tempdir);
use JSON::PP;
use Test::More;
use Shell qw(slurp);
use World;

my $root = World::root();
my $source = "$root/ops/prometheus/assets/dashboards.json";

my $folder = tempdir('minitwit-XXXXXX', TMPDIR => 1, CLEANUP => 1);
is system("$root/ops/grafana/generate", $source, $folder), 0, 'they are made';
for my $made (bsd_glob "$folder/*.json") {
	my $name = basename($made);
	is slurp("$root/ops/grafana/dashboards/$name"), slurp($made),
	    "$name is up to date: `make dashboards`";
}

my $boards = decode_json(slurp($source));
my ($units) = slurp("$root/ops/prometheus/assets/board.js") =~
    /FORMAT = \{(.*?)^\};/ms;
for my $board (@$boards) {
	my $name = $board->{name};
	like slurp("$root/ops/prometheus/consoles/$name.html"),
	    qr/\{\{ template "board" "\Q$name\E" \}\}/, "$name: has a console";
	my $grafana =
	    decode_json(slurp("$root/ops/grafana/dashboards/$name.json"));
	my @panels = map { @{ $_->{panels} } } @{ $board->{rows} };
	my @shown = grep { $_->{type} ne 'row' } @{ $grafana->{panels} };
	is_deeply [ map { [ $_->{title}, map { $_->{expr} } @{ $_->{targets} } ] }
		@shown ],
	    [ map { [ $_->{title}, map { $_->{expr} } @{ $_->{queries} } ] }
		@panels ], '... the same panels with the same queries';

	for my $panel (@panels) {
		like $units, qr/^\t$panel->{unit}:/m,
		    "$panel->{title}: a unit that consoles know";
		ok $panel->{type} || !(grep { !$_->{legend} } @{ $panel->{queries} }),
		    '... and a legend';
	}
	my %taken;
	for my $panel (@shown) {
		my ($x, $y, $w, $h) = @{ $panel->{gridPos} }{qw(x y w h)};
		for my $row ($y .. $y + $h - 1) {
			$taken{"$_ $row"}++ for $x .. $x + $w - 1;
		}
		cmp_ok $x + $w, '<=', 24, "$panel->{title}: in the grid";
	}
	is scalar(grep { $_ > 1 } values %taken), 0, 'none covers another one';
}

# --- provisioning ---

my $provided = slurp("$root/ops/grafana/provisioning/datasources/minitwit.yml");
my ($port) = slurp("$root/GNUmakefile") =~ /^MONITOR_PORT \?= (\d+)$/m;
like $provided, qr{^    url: http://127\.0\.0\.1:$port$}m,
    'Grafana asks Prometheus where `make monitor` has it';
my ($uid) = $provided =~ /^    uid: (\w+)$/m;
my %asked = map { $_ => 1 }
    map { slurp($_) =~ /"uid": "(?!minitwit-)(\w+)"/g }
    bsd_glob "$root/ops/grafana/dashboards/*.json";
is join(' ', keys %asked), $uid, 'dashboards ask the data source of that name';

done_testing;
