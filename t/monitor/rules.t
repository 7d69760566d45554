# What Prometheus and its siblings read is right, as far as their own tools can say;
# each alert comes when it should, and doc/runbook.md has a section for it.

use strict;
use warnings;
use File::Temp qw(tempdir);
use Test::More;
use Shell qw(run slurp);
use World;

my $root = World::root();
my $ops = "$root/ops/prometheus";

# A command has nothing to complain of; what it says otherwise.
sub silent {
	my ($name, @command) = @_;
	my ($said, $status) = run(@command);
	is $status, 0, $name or diag $said;
	unlike $said, qr/WARNING|FAILED/, '... without a warning';
	return;
}

# promtool warns of targets that are not there; bin/monitorctl writes them.
my $etc = tempdir('minitwit-XXXXXX', TMPDIR => 1, CLEANUP => 1);
system('cp', '-R', "$ops/.", $etc) == 0 or die 'cp fails';
mkdir "$etc/targets" or die $!;
for (slurp("$ops/prometheus.yml") =~ m{\[(targets/\w+\.json)\]}g) {
	open my $file, '>', "$etc/$_" or die $!;
	print {$file} '[{"targets": ["127.0.0.1:1"],'
	    . '"labels": {"__exporter__": "127.0.0.1:2"}}]';
}

silent('promtool check config', 'promtool', 'check', 'config',
	"$etc/prometheus.yml");
silent('promtool check rules', 'promtool', 'check', 'rules', '--lint=all',
	'--lint-fatal', "$ops/rules.yml", "$ops/alerts.yml");
silent('promtool test rules', 'promtool', 'test', 'rules',
	map {"$root/t/monitor/$_.yml"} qw(alerts alerts-hours));
silent('amtool check-config', 'amtool', 'check-config', "$ops/alertmanager.yml");
silent('the blackbox exporter', 'prometheus-blackbox-exporter',
	'--config.check', "--config.file=$ops/blackbox.yml");

# --- each alert ---

my $alerts = slurp("$ops/alerts.yml");
my $tests = join '', map { slurp("$root/t/monitor/$_.yml") }
    qw(alerts alerts-hours);
my $runbook = slurp("$root/doc/runbook.md");
my %section = $runbook =~ /^## (\w+)\n(.*?)(?=^## |\z)/msg;

my (undef, @alerts) = split /^ +- alert: /m, $alerts;
cmp_ok @alerts, '>', 10, 'there are alerts';
for (@alerts) {
	my ($name) = /^(\w+)/;
	like $_, qr/^ +labels: \{severity: (?:critical|warning)\}$/m,
	    "$name: a severity";
	like $_, qr/^ +summary: \S/m, '... a summary';
	like $_, qr{^ +runbook: doc/runbook\.md\#\L$name\E$}m,
	    '... a section of the runbook';
	like $section{$name}, qr/\*\*Means\*\*.*\*\*[Dd]o\*\*/s,
	    '... which says what it means and what to do';
	like $tests, qr{^ +- alertname: $name\n +eval_time: .*\n +exp_alerts:}m,
	    '... and a test in which it comes';
	like $tests, qr{^ +- alertname: $name\n +eval_time: .*\n(?! +exp_alerts:)}m,
	    '... and one in which it does not';
}
my %alert = map { /^(\w+)/ => 1 } @alerts;
is join(' ', grep { !$alert{$_} } sort keys %section), '',
    'the runbook has no section for what is no alert';
my %known = map { lc $_ => 1 } keys %section;
is join(' ', grep { !$known{$_} } $runbook =~ /\]\(#(\w+)\)/g), '',
    'what it refers to is there';

done_testing;
