# The logs at the centre: two rsyslogs with ops/rsyslog's settings, and RELP between
# them.  While the centre is away, and killed in the midst of it all, nothing is
# lost: what is not written is not acknowledged, and comes again.

use strict;
use warnings;
use File::Glob qw(bsd_glob);
use File::Temp qw(tempdir);
use POSIX ();
use Test::More;
use Shell qw(slurp);
use World;

my $world = World->new;
my $folder = tempdir('minitwit-XXXXXX', TMPDIR => 1, CLEANUP => 1);
my ($port) = World::free_ports(1);
my %place = (STATE => $world->state, CENTRE => '127.0.0.1', PORT => $port,
	ADDRESS => '127.0.0.1', LOGS => "$folder/logs");
my %pid;

sub settings {
	my ($name) = @_;
	my $text = slurp(World->root . "/ops/rsyslog/$name.conf");
	$text =~ s/\@([A-Z]+)\@/$place{$1}/g;
	open my $file, '>', "$folder/$name.conf" or die $!;
	print {$file} $text;
	close $file;
	return "$folder/$name.conf";
}

sub start {
	my ($name) = @_;
	my $settings = settings($name);
	unlink "$folder/$name.pid";
	$pid{$name} = fork // die "no process: $!";
	if ($pid{$name} == 0) {
		open STDERR, '>>', "$folder/$name.said" or die $!;
		exec 'rsyslogd', '-n', '-f', $settings, '-i', "$folder/$name.pid"
		    or POSIX::_exit(127);
	}
	return;
}

sub end {
	my ($name, $signal) = @_;
	my $pid = delete $pid{$name} // return;
	kill $signal => $pid;
	waitpid $pid, 0;
	return;
}

END {
	local $?;
	end($_, 'KILL') for keys %pid;
}

# How often the centre has each request.
sub arrived {
	my %count;
	for my $file (bsd_glob "$folder/logs/*/access-*.log") {
		$count{$_}++ for slurp($file) =~ /"request":"([^"]+)"/g;
	}
	return %count;
}

# How often each is there when all have arrived, or all but those that were lost
# before and so many that may be now, or not after a minute.
my $lost = 0;

sub all_arrived {
	my ($name, $may_be_lost) = @_;
	my $most = $lost + ($may_be_lost // 0);
	my %count;
	$world->settle_logs;
	my @sent = map { slurp($_) =~ /"request":"([^"]+)"/g }
	    bsd_glob $world->state . '/log/access.log*';
	for (1 .. 600) {
		%count = arrived();
		$lost = grep { !$count{$_} } @sent;
		last if $lost <= $most;
		select undef, undef, undef, 0.1;
	}
	cmp_ok $lost, '<=', $most, "$name: all " . @sent . ' are there'
	    or diag map { slurp($_) } bsd_glob "$folder/*.said";
	return map { $count{$_} // 0 } @sent;
}

sub requests {
	my ($number) = @_;
	$world->get('/robots.txt') for 1 .. $number;
	return;
}

# the one step beside putting the files in place
my ($step) = slurp(World->root . '/ops/rsyslog/node.conf') =~ /^#\t(install .*)/m;
is system($step =~ s{/var/lib/minitwit}{$place{STATE}}r), 0,
    'the place for its queue is made as it says';

for my $name (qw(node centre)) {
	my $settings = settings($name);
	unlike qx{rsyslogd -N1 -f '$settings' 2>&1}, qr/error|ignored/i,
	    "rsyslog has nothing to say about $name.conf";
}

start('centre');
start('node');
requests(200);
is scalar(grep { $_ > 1 } all_arrived('the centre is there')), 0, '... once each';
my ($log) = bsd_glob "$folder/logs/*/access-*.log";
like slurp($log), qr/\A\{"time":.*"\}\n/, '... as they were';

# It can't write to a pipe that nobody reads.
end('centre', 'KILL');
rename $log, $log =~ s/access-/access-1-/r or die $!;
POSIX::mkfifo($log, 0600) or die $!;
start('centre');
requests(100);
sleep 2; # in which it would acknowledge what it has
end('centre', 'KILL');
unlink $log;
requests(200);
start('centre');
all_arrived('it was killed and started again');

# Lines that the node has handed to librelp, and that nobody has acknowledged, are
# in its memory alone: a line or two are lost each time that it is stopped.
open my $access, '>>', $world->state . '/log/access.log' or die $!;
print {$access} map {qq({"request":"in the midst, $_"}\n)} 1 .. 20000;
close $access;
sleep 1; # in which it has read some of them
end('node', 'TERM');
start('node');
all_arrived('the node was stopped in the midst of it all', 2);

end('centre', 'TERM');
requests(200);
end('node', 'TERM');
requests(100);
start('node');
requests(100);
start('centre');
all_arrived('the node was stopped meanwhile', 2);

for (1 .. 3) {
	requests(100);
	is $world->ctl('rotate', '--force'), 0, 'rotated';
}
requests(100);
my @files = bsd_glob $world->state . '/log/access.log.*.gz';
system 'gunzip', @files;
my @counts = all_arrived('rotated meanwhile');
note scalar(grep { $_ > 1 } @counts), ' have come twice';

done_testing;
