# The Vagrantfile is valid, and what it runs turns a bare Debian 12 into a
# machine with the site: in a chroot that debootstrap makes, with a user who has
# what a box's user has.  The short form only reads the Vagrantfile.
#
# Everything happens in a mount and a process namespace of its own, on a tmpfs:
# once its first process is killed, nothing is left of either.  The network is
# this machine's; the packages come from where this machine's apt gets them.

use strict;
use warnings;
use File::Temp qw(tempdir);
use HTTP::Tiny;
use JSON::PP;
use MIME::Base64 qw(encode_base64);
use Test::More;
use LongForm qw(long_subtest);
use Shell qw(run);
use World;

my $root = World->root;
my $temp = tempdir('minitwit-vagrant-XXXXXX', TMPDIR => 1, CLEANUP => 1);
my $chroot = "$temp/root";
my $namespace;	# the process that holds it

# A command's output, and its status in $?.
sub output {
	my ($output) = run(@_);
	return $output;
}

# The same in the namespace, and in the chroot there.
sub in_namespace {
	my (@command) = @_;
	return output('nsenter', "--target=$namespace", '--mount', '--pid',
		@command);
}

sub in_chroot {
	my ($script) = @_;
	return in_namespace('chroot', $chroot, 'env', '-i',
		'PATH=/usr/sbin:/usr/bin:/sbin:/bin', 'sh', '-euc', $script);
}

sub is_done {
	my ($what, $output) = @_;
	is $?, 0, $what and return 1;
	diag $output;
	return 0;
}

sub has {
	my ($program) = @_;
	return grep { -x "$_/$program" } split /:/, $ENV{PATH};
}

subtest 'the Vagrantfile is valid' => sub {
	plan skip_all => 'vagrant is not installed' unless has('vagrant');
	local $ENV{VAGRANT_CWD} = $root;
	local $ENV{VAGRANT_HOME} = "$temp/home";
	local $ENV{VAGRANT_DOTFILE_PATH} = "$temp/dotfile";
	local $ENV{VAGRANT_CHECKPOINT_DISABLE} = 1;
	is_done 'vagrant validate',
	    output(qw(vagrant validate --ignore-provider));
};

# --- a bare Debian ---

my ($holder, $held);	# unshare, whose end is the namespace's end; its output

# Gives the reason why there can't be one, or nothing.
sub open_namespace {
	mkdir $chroot;
	my $hold = 'mount -t tmpfs -o mode=0755 tmpfs "$1" && echo ready &&'
	    . ' while :; do sleep 1000; done';
	$holder = open $held, '-|', 'sh', '-c', 'exec "$@" 2>&1', 'sh',
	    qw(unshare --mount --pid --fork --kill-child --mount-proc),
	    'sh', '-c', $hold, 'sh', $chroot
	    or die "no sh: $!";
	my $line = <$held> // 'nothing said';
	chomp $line;
	return "no namespace of one's own: $line" if $line ne 'ready';
	open my $children, '<', "/proc/$holder/task/$holder/children"
	    or return "no list of a process's children: $!";
	($namespace) = split ' ', <$children>;
	return;
}

sub close_namespace {
	kill KILL => $holder if $holder;
	close $held if $held;
	$holder = $held = undef;
	return;
}

# Whatever is under way there ends with it.
$SIG{INT} = $SIG{TERM} = $SIG{HUP} = sub { close_namespace(); exit 1 };

END {
	my $status = $?;
	close_namespace();
	$? = $status;
}

# Where this machine's apt gets Debian 12, as lines of a sources.list.
sub sources {
	my %seen;
	return grep { /^deb \S+ bookworm/ && !$seen{$_}++ }
	    split /^/, output('apt-get', 'indextargets', '--format',
		'deb $(REPO_URI) $(RELEASE) $(COMPONENT)',
		'Created-By: Packages');
}

sub write_file {
	my ($name, $text, $mode) = @_;
	my $file = "/proc/$namespace/root$chroot/$name";
	open my $to, '>', $file or die "$file: $!";
	print {$to} $text;
	close $to or die "$file: $!";
	chmod $mode // 0644, $file;
	return;
}

# Gives the reason why it can't be had from here, or nothing.
sub debootstrap {
	my @sources = sources();
	my ($mirror) = map {/^deb (\S+) bookworm /} @sources
	    or return "apt's sources have no Debian 12";
	my ($proxy) = output('apt-config', 'dump', 'Acquire::http::Proxy') =~
	    /"(.+)"/;
	local $ENV{http_proxy} = $proxy if $proxy;
	my $said = in_namespace(qw(debootstrap --variant=minbase
		--include=sudo bookworm), $chroot, $mirror);
	return "the mirror can't be reached: $1"
	    if $? && $said =~ /^E: (.*?(?:release file|download\w*))/mi;
	die "debootstrap:\n$said" if $?;

	# as apt is set up here
	write_file('etc/apt/sources.list', join '', @sources);
	write_file('etc/apt/apt.conf.d/99here', join '',
		grep {/^Acquire::(?!IndexTargets)/}
		split /^/, output('apt-config', 'dump'));
	in_namespace('sh', '-c', 'cd "$1"; cp /etc/hosts etc/
		cp -r /etc/apt/auth.conf.d etc/apt/
		cp -L /etc/ssl/certs/ca-certificates.crt etc/ssl/certs/
		mount -t proc proc proc
		mount -t devpts devpts dev/pts
		mount -t tmpfs tmpfs dev/shm', 'sh', $chroot);
	# no services, and no waiting for the disk
	write_file('usr/sbin/policy-rc.d', "#!/bin/sh\nexit 101\n", 0755);
	write_file('etc/dpkg/dpkg.cfg.d/fast', "force-unsafe-io\n");
	return;
}

# --- what Vagrant does with it ---

my ($port, $api_port) = World::free_ports(2);

# The copy of the checkout is as in the Vagrantfile.
sub synchronise {
	in_namespace('sh', '-c', 'tar -C "$1" --exclude=./.git --exclude=./build'
		. ' --exclude=./var -cf - . | tar -C "$2/vagrant" -xf -',
		'sh', $root, $chroot);
	return in_chroot('chown -R vagrant: /vagrant');
}

sub provision {
	return in_chroot("HOST=127.0.0.1 PORT=$port API_PORT=$api_port"
		. ' sh /vagrant/ops/vagrant-provision vagrant');
}

# A path on the site's port; on the API's own with the options that say so.
sub request {
	my ($method, $target, %options) = @_;
	my $to = delete $options{port} // $port;
	$options{headers} = {
		'Authorization' =>
		    'Basic ' . encode_base64('simulator:super_safe!', ''),
		'Content-Type' => 'application/json',
	};
	return HTTP::Tiny->new->request($method,
		"http://127.0.0.1:$to$target", \%options);
}

sub register {
	return request('POST', '/register', port => $api_port,
		content => encode_json(
			{ username => 'Ann', email => 'a@b', pwd => 'pw' }));
}

long_subtest 'provisioning a bare machine' => sub {
	plan skip_all => 'only root can make a chroot' if $>;
	for my $program (qw(debootstrap unshare nsenter)) {
		plan skip_all => "$program is not installed"
		    unless has($program);
	}
	my $obstacle = open_namespace() // debootstrap();
	plan skip_all => $obstacle if $obstacle;

	in_chroot('useradd --create-home --shell /bin/bash vagrant
		echo "vagrant ALL=(ALL) NOPASSWD: ALL" >/etc/sudoers.d/vagrant
		mkdir /vagrant');
	is_done 'the checkout is there', synchronise();
	is_done 'the first provisioning', provision() or return;

	is request('GET', '/public')->{status}, 200, 'the site answers';
	is register()->{status}, 204, 'the API registers somebody';
	is request('GET', '/latest', port => $api_port)->{status}, 200,
	    'the API port answers';
	is in_chroot('ls -d /vagrant/build /vagrant/var 2>/dev/null || :'), '',
	    'neither objects nor cluster are in the shared folder';

	in_chroot('echo "# changed" >>/vagrant/htdocs/robots.txt');
	is_done 'the second provisioning', provision();
	like request('GET', '/robots.txt')->{content}, qr/# changed/,
	    'it takes up what was changed';
	is register()->{status}, 400, 'and keeps the data';

	is_done 'make status, as the user reads it after vagrant ssh',
	    in_chroot('runuser -l vagrant -c "make -C /vagrant status"');
	is_done 'make stop',
	    in_chroot('runuser -l vagrant -c "make -C /vagrant stop"');
	is request('GET', '/public')->{status}, 599, 'the site is gone';
	unlike in_chroot('cat /proc/[0-9]*/comm'),
	    qr/postgres|pgbouncer|apache|tail/, 'and so are its processes';
};

done_testing;
