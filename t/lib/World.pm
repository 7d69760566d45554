package World;

# A MiniTwit of a test's own: PostgreSQL, PgBouncer and Apache as in `make run`,
# in a temporary folder, on two free ports, with an empty database.  It is
# stopped and removed when the test ends, however it ends; and the test fails
# when a sanitizer had something to say in the logs meanwhile, when they have what
# no log may have (t/lib/Secrets.pm), or when the API has answered what
# htdocs/openapi.json does not say.
#
#	my $world = World->new;
#	my $answer = $world->get('/public');       # HTTP::Tiny's hash
#	$world->login('Ann');                      # registers, too; a browser
#	$world->api(POST => '/msgs/Ann', { content => 'hi' });
#	is $world->sql('SELECT count(*) FROM messages'), 1;

use strict;
use warnings;
use utf8;
use Carp qw(croak);
use Cwd qw(abs_path);
use File::Basename qw(dirname);
use File::Spec;
use File::Glob qw(bsd_glob);
use File::Temp qw(tempdir);
use HTTP::Tiny;
use IO::Socket::INET;
use IO::Socket::UNIX;
use IPC::Open3;
use JSON::PP;
use MIME::Base64 qw(encode_base64);
use OpenAPI;
use POSIX ();
use Postgres;
use Routes;
use Storable qw(freeze thaw);
use Secrets;
use Shell qw(run slurp spew);
use StateTemplate;
use Symbol qw(gensym);
use Test::More;

my $root = abs_path(dirname(__FILE__) . '/../..');
my $openapi = OpenAPI->new("$root/htdocs/openapi.json");
my @worlds;

sub openapi { return $openapi }

sub root { return $root }

# So many ports in a row that are free, and that no other test gets meanwhile.  Not of
# those that the kernel gives to clients: a server that is away would come back to
# find its own taken.
my @reservations;

sub free_ports {
	my ($count) = @_;
	my ($end) = slurp('/proc/sys/net/ipv4/ip_local_port_range') =~ /(\d+)/;
	my $begin = $end / 2;
	for (1 .. 1000) {
		my $first = int($begin + rand($end - $begin - $count));
		my @ports = $first .. $first + $count - 1;
		my @reserved = grep {$_} map { reserve($_) } @ports;
		next if @reserved < $count;
		push @reservations, @reserved;
		return @ports;
	}
	croak "no $count free ports";
}

# An abstract socket of its name keeps a port for this process, while it lives.
sub reserve {
	my ($port) = @_;
	my $reservation = IO::Socket::UNIX->new(Local => "\0minitwit port $port",
		Listen => 1)
	    or return;
	IO::Socket::INET->new(LocalAddr => '127.0.0.1', LocalPort => $port,
		Listen => 1)
	    or return;
	return $reservation;
}

# settings => '...' are further ones for its Apache; with is_first => 1 it is installed
# and its database is made for it alone.  All else is environment.
sub new {
	my ($class, %env) = @_;
	my $settings = delete $env{settings};
	my $is_first = delete $env{is_first};
	my $self = bless {}, $class;

	$self->{pid} = $$;
	$self->{secrets} = Secrets->new;
	$self->{state} = tempdir('minitwit-XXXXXX', TMPDIR => 1);
	@$self{qw(port api_port)} = free_ports(2);
	$self->{env} = {
		STATE => $self->{state},
		HOST => '127.0.0.1',
		PORT => $self->{port},
		API_PORT => $self->{api_port},
		BUILD => build(),
		%env,
	};
	# with run/ it is known for a STATE
	mkdir "$self->{state}/run" or croak $!;
	if (defined $settings) {
		mkdir "$self->{state}/local" or croak $!;
		spew("$self->{state}/local/test.conf", "$settings\n");
	}
	StateTemplate::copy($root, File::Spec->rel2abs($self->{env}{BUILD}, $root),
		$self->{state}, sub {
			$class->new(%env, is_first => 1)->leave_state(@_);
		}) if !$is_first;
	push @worlds, $self;
	$self->ctl('start') == 0
	    or croak "the stack does not start:\n$self->{said}\n" . $self->logs;
	return $self;
}

# The folder of the programs under test.
sub build {
	return $ENV{BUILD} || 'build/gcc-static';
}

# Runs a program of bin/ on this world; gives all that it says, and its status.
sub bin {
	my ($self, $program, @arguments) = @_;
	return $self->run_of($root, $program, @arguments);
}

sub run_of {
	my ($self, $folder, $program, @arguments) = @_;
	local %ENV = (%ENV, %{ $self->{env} });
	return run("$folder/bin/$program", @arguments);
}

# Runs minitwitctl; gives its status, and leaves what it said in {said}.  The
# installed one installs nothing.
sub ctl {
	my ($self, @command) = @_;
	my $site = "$self->{state}/site";
	($self->{said}, my $status) =
	    $self->run_of(-e $site ? $site : $root, 'minitwitctl', @command);
	return $status;
}

sub state { return $_[0]{state} }
sub url { return "http://127.0.0.1:$_[0]{port}" }
sub api_url { return "http://127.0.0.1:$_[0]{api_port}" }

# --- HTTP ---

# One request, no redirect followed.  $target is a path, or a whole URL; the
# option from is the address that it comes from, of 127.0.0.0/8.
sub request {
	my ($self, $method, $target, %options) = @_;
	my $http = HTTP::Tiny->new(max_redirect => 0, timeout => 20,
		cookie_jar => $options{jar}, local_address => $options{from});
	delete @options{qw(jar from)};
	my $url = $target =~ m{^/} ? $self->url . $target : $target;
	$self->{secrets}->sent($options{headers}, $options{content});
	my $answer = $http->request($method, $url, \%options);
	$self->documented($method, $url, $options{headers}{'Content-Type'},
		$options{content}, $answer)
	    if $answer->{status} != 599; # none has come
	return $answer;
}

# Fails when an answer is the API's, and not as documented; or when a body has been
# accepted that is not.  At the site's port its type makes POST /register the API's.
# A test that has the API answer something else sets {undocumented}.
sub documented {
	my ($self, $method, $url, $type, $body, $answer) = @_;
	my $path = $openapi->path_of($url) // return;
	return if $self->{undocumented};
	return if $path eq '/register' && $url !~ /:$self->{api_port}\//
	    && ($method =~ /^(?:GET|HEAD)$/
		|| ($type // '') !~ m{^application/json\s*(?:;|$)}i);
	my $problem = $openapi->problem($method, $url, $answer);
	$problem ||= $openapi->request_problem($method, $url, $body)
	    if $answer->{status} == 204 && defined $body && !ref $body;
	$problem eq '' or fail "as documented: $problem";
	return;
}

sub get {
	my ($self, $target, %options) = @_;
	return $self->request('GET', $target, %options);
}

# A form, from a list of names and values (characters, not bytes).
sub post {
	my ($self, $target, $form, %options) = @_;
	$options{content} = HTTP::Tiny->new->www_form_urlencode($form);
	$options{headers}{'Content-Type'} =
	    'application/x-www-form-urlencoded';
	return $self->request('POST', $target, %options);
}

# A call of the simulator's: its credentials, JSON.  The answer has the decoded
# body in {json}, if it has one.
sub api {
	my ($self, $method, $target, $body, %options) = @_;
	$options{headers}{Authorization} //=
	    'Basic ' . encode_base64('simulator:super_safe!', '');
	delete $options{headers}{Authorization}
	    if $options{headers}{Authorization} eq '';
	if (defined $body) {
		$options{headers}{'Content-Type'} //= 'application/json';
		$options{content} =
		    ref $body ? JSON::PP->new->utf8->encode($body) : $body;
	}
	my $answer = $self->request($method, $target, %options);
	$answer->{json} = eval {
		JSON::PP->new->utf8->allow_nonref->decode($answer->{content});
	};
	return $answer;
}

# Bytes as they are to the site's port (or another); all that comes back until
# the server closes.
sub raw {
	my ($self, $bytes, $port) = @_;
	my $socket = IO::Socket::INET->new(PeerAddr => '127.0.0.1',
		PeerPort => $port // $self->{port}, Timeout => 20)
	    or croak "no connection: $!";
	local $SIG{PIPE} = 'IGNORE';
	print {$socket} $bytes;
	$socket->flush;
	$socket->shutdown(1);
	my $answers = do { local $/ = undef; <$socket> };
	my ($method, $target, $head) =
	    $bytes =~ m{\A(\S+) (/\S*) HTTP/1\.\d\r\n(.*?\r\n)\r\n}s
	    or return $answers;
	my ($type) = $head =~ /^Content-Type: *(.*?)\r$/mi;
	my $answer = first_answer($method, $answers) or return $answers;
	$self->documented($method, 'http://127.0.0.1:'
		. ($port // $self->{port}) . $target, $type, undef, $answer);
	return $answers;
}

# The first of the answers that came back, as HTTP::Tiny would give it; undef where
# there is none.
sub first_answer {
	my ($method, $answers) = @_;
	my ($status, $head, $rest) = ($answers // '') =~
	    m{\AHTTP/1\.\d (\d+) .*?\r\n(.*?\r\n)\r\n(.*)}s
	    or return;
	my %headers;
	push @{ $headers{ lc $1 } }, $2 while $head =~ /^([^:\r\n]+): *(.*?)\r$/mg;
	my $length = $method eq 'HEAD' || $status =~ /^(?:204|304)$/ ? 0
	    : $headers{'content-length'};
	$length = $length->[0] if ref $length;
	return { status => $status, headers => unfolded(%headers),
		content => substr $rest, 0, $length // length $rest };
}

# Headers that are lists, as HTTP::Tiny has them: a list only where one comes twice.
sub unfolded {
	my (%headers) = @_;
	$_ = @$_ > 1 ? $_ : $_->[0] for values %headers;
	return \%headers;
}

# Calls each of the subs in a process of its own, all let go at the same
# instant; gives what they return, in their order.
sub at_once {
	my ($self, @subs) = @_;
	my @children;

	pipe my $wait, my $go or croak $!;
	for my $sub (@subs) {
		pipe my $read, my $write or croak $!;
		my $pid = fork // croak "no process: $!";
		if ($pid == 0) {
			close $go;
			readline $wait; # its end is the signal
			syswrite $write, freeze([ eval { $sub->() } // $@ ]);
			POSIX::_exit(0);
		}
		push @children, [ $pid, $read ];
	}
	close $go;
	return map {
		my ($pid, $read) = @$_;
		my $result = do { local $/ = undef; readline $read };
		waitpid $pid, 0;
		thaw($result)->[0];
	} @children;
}

sub register {
	my ($self, $name, $password) = @_;
	my $answer = $self->api(POST => '/register',
		{ username => $name, email => 'a@b', pwd => $password // 'pw' });
	$answer->{status} == 204 or croak "no registration: $answer->{content}";
	return;
}

# Registers somebody and logs them in; gives the cookie jar, for jar => $jar.
sub login {
	my ($self, $name) = @_;
	my $jar = World::Jar->new;
	$self->register($name);
	my $answer = $self->post('/login',
		[ username => $name, password => 'pw' ], jar => $jar);
	$answer->{status} == 302 or croak "no login: $answer->{status}";
	return $jar;
}

# --- below HTTP ---

# What psql prints for statements, run as the superuser, in a session of their own
# for all that they can tell.
sub sql {
	my ($self, $sql) = @_;
	# a child process must not use its parent's
	my $session = $self->{sessions}{$$};
	$session = Postgres->new("$self->{state}/run")
	    if !$session || !$session->is_idle;
	$self->{sessions}{$$} = $session;
	$session->ask('DISCARD ALL');
	return $session->ask($sql);
}

# Calls a sub while a table is locked, so that each program that needs it hangs
# in the midst of its work; gives what it returns.
sub locked {
	my ($self, $table, $sub) = @_;
	my $session = Postgres->new("$self->{state}/run");
	$session->ask("BEGIN; LOCK TABLE $table");
	my $result = eval { $sub->() };
	my $error = $@;
	$session->end; # and with it the transaction
	croak $error if $error;
	return $result;
}

# How many programs hang so.
sub hanging {
	my ($self) = @_;
	return $self->sql('SELECT count(*) FROM pg_locks WHERE NOT granted');
}

# One checksum of every row there is, and of the simulator's latest number:
# the same before and after what must change nothing.  Only that somebody has
# tried to log in may be counted.
sub fingerprint {
	my ($self) = @_;
	$self->{fingerprint} //= join ' || ', map {
		"(SELECT md5(coalesce(string_agg(t::text, '+' ORDER BY"
		    . " t::text), '')) FROM $_ AS t)"
	} split /\n/, $self->sql(q{SELECT quote_ident(tablename)
		FROM pg_tables WHERE schemaname = 'public'
		AND tablename <> 'attempts' ORDER BY 1});
	return $self->sql("SELECT md5($self->{fingerprint}"
		. ' || (SELECT last_value::text FROM latest))');
}

# Each program's role in the database, from the table of routes.
sub roles {
	return map { $_->{role} eq '-' ? () : ($_->{program} => "minitwit_$_->{role}") }
	    Routes::table();
}

# The environment of a program that uses this world's database: as Apache gives
# it to a route, or for who may do everything.
sub db_env {
	my ($self, $program) = @_;
	my %role = roles();
	return (PGHOST => "$self->{state}/run", PGDATABASE => 'minitwit',
		PGPASSFILE => "$self->{state}/pgpass",
		defined $program
		? (PGPORT => 6432, PGUSER => $role{$program} // 'nobody')
		: (PGPORT => 5432, PGUSER => 'postgres'));
}

# The file of a program under test: "site/login" without build folder.
sub program_file {
	my ($program) = @_;
	return File::Spec->rel2abs(build(), $root) . "/cgi-bin/$program";
}

# Runs a route as a program, as Apache would but without it:
# $world->cgi('site/login', $body, REQUEST_METHOD => 'POST', ...).  Gives
# { status, headers (names in lower case), content, stderr, raw, exit }.
sub cgi {
	my ($self, $program, $body, %env) = @_;
	# a list, so that Perl takes no path apart
	return $self->cgi_by([ @{ $self->{under} // ['/usr/bin/env'] },
		program_file($program) ], $body, %env);
}

# The same by a command that has the program's file as its last argument.
sub cgi_by {
	my ($self, $command, $body, %env) = @_;
	my $file = $command->[-1];
	my ($program) = $file =~ m{/cgi-bin/(\w+/\w+)$};
	local %ENV = (
		PATH => $ENV{PATH}, $self->db_env($program),
		GATEWAY_INTERFACE => 'CGI/1.1', REQUEST_METHOD => 'GET',
		REQUEST_URI => '/', SCRIPT_FILENAME => $file,
		HTTP_HOST => 'localhost',
		(length($body // '') ? (CONTENT_LENGTH => length $body) : ()),
		%env,
	);
	delete $ENV{$_} for grep { !defined $ENV{$_} } keys %ENV;
	my $answer = run_program($body, @$command);
	my ($method, $target) = @ENV{qw(REQUEST_METHOD REQUEST_URI)};
	# the body of HEAD's answer is Apache's to drop
	if ($program =~ /^api/ && $answer->{status} && defined $target
	    && ($method // 'HEAD') ne 'HEAD')
	{
		$self->documented($method, $self->api_url . $target, undef, $body,
			{ %$answer, headers => unfolded(%{ $answer->{headers} }) });
	}
	return $answer;
}

sub run_program {
	my ($body, @command) = @_;
	my $input = File::Temp->new;
	my $errors = File::Temp->new;
	print {$input} $body // '';
	close $input;
	open my $in, '<', $input->filename or croak $!;
	my $pid = open3('<&' . fileno $in, my $out, '>&' . fileno $errors,
		@command);
	my $raw = do { local $/ = undef; <$out> } // '';
	waitpid $pid, 0;
	my %answer = (raw => $raw, exit => $?, headers => {});
	open my $err, '<', $errors->filename or croak $!;
	$answer{stderr} = do { local $/ = undef; <$err> } // '';
	my ($head, $content) = split /\r\n\r\n/, $raw, 2;
	$answer{content} = $content;
	for (split /\r\n/, $head // '') {
		my ($name, $value) = split /: /, $_, 2;
		push @{ $answer{headers}{ lc $name } }, $value;
	}
	($answer{status}) =
	    ($answer{headers}{status}[0] // '') =~ /^(\d+)/;
	return \%answer;
}

# The folders in /proc of Apache's log-writers, of which a restart ends at least one.
sub log_writers {
	my ($self) = @_;
	my $is_one = sub { slurp("$_/cmdline") =~
		m{/log-writer\0\Q$self->{state}\E/log/} };
	my @known = @{ $self->{writers} // [] };
	@{ $self->{writers} } = grep { $is_one->() } bsd_glob '/proc/[0-9]*'
	    if @known < 2 || grep { !$is_one->() } @known;
	return @{ $self->{writers} };
}

# Waits until they have written all that they were sent: until their pipes are empty
# and they wait for more.
sub settle_logs {
	my ($self) = @_;
	for my $folder ($self->log_writers) {
		while (slurp("$folder/stat") =~ /\) ([^Z])/) {
			my ($state, $waiting) = ($1, pack 'i', 0);
			open my $pipe, '<', "$folder/fd/0" or last;
			ioctl $pipe, 0x541b, $waiting or last; # FIONREAD
			last if $state eq 'S' && unpack('i', $waiting) == 0;
			select undef, undef, undef, 0.01;
		}
	}
	return;
}

# All that the servers and programs have logged.
sub logs {
	my ($self) = @_;
	$self->settle_logs;
	# what watches the site has never met a client
	local (@ARGV, $/) = grep { !m{/monitor[^/]*\z} }
	    bsd_glob "$self->{state}/log/*.log";
	return @ARGV ? join '', <> : '';
}

# What has been rotated, compressed or not.
sub rotated_logs {
	my ($self) = @_;
	my @files = bsd_glob "$self->{state}/log/*.log.[1-9]*" or return '';
	open my $all, '-|', 'zcat', '-f', @files or croak "no zcat: $!";
	local $/;
	return <$all>;
}

# The lines of a log, decoded, oldest first; none where nothing has been logged.
sub lines_of {
	my ($self, $log) = @_;
	$self->settle_logs;
	open my $file, '<', "$self->{state}/log/$log.log" or return;
	return map { JSON::PP->new->utf8->decode($_) } <$file>;
}

# The last line of access.log that a sub says is the one; it is written after the
# answer.  undef when none comes.
sub logged_request {
	my ($self, $is_it) = @_;
	for (1 .. 1000) {
		my @found = grep { $is_it->($_) } $self->lines_of('access');
		return $found[-1] if @found;
		select undef, undef, undef, 0.02;
	}
	return;
}

# --- the end ---

# What people have written and are known by, as far as the database still has it.
sub stored_secrets {
	my ($self) = @_;
	my $output = eval { $self->sql(q{
		(SELECT text FROM messages ORDER BY message_id DESC LIMIT 30000)
		UNION ALL (SELECT unnest(ARRAY[email, pw_hash]) FROM users
			ORDER BY user_id DESC LIMIT 10000)
		UNION ALL (SELECT token_digest FROM sessions LIMIT 10000)}) };
	return split /\n/, $output // '';
}

# Ends, and moves to a folder what its first start has made.
sub leave_state {
	my ($self, $folder) = @_;
	$self->ctl('stop') == 0 or croak $self->{said};
	system('mv', (map {"$self->{state}/$_"} qw(assets pg releases settings site)),
		$folder) == 0
	    or croak "no state in $folder";
	return $self->stop;
}

sub stop {
	my ($self) = @_;
	return if $self->{stopped} || $self->{pid} != $$;
	$self->{stopped} = 1;
	$self->{secrets}->add($self->stored_secrets);
	$self->ctl('stop');
	my $logs = $self->logs . $self->rotated_logs;
	my $found = $logs =~ /(.*(?:Sanitizer|runtime error).*)/;
	ok !$found, 'no sanitizer has anything to say' or diag $logs
	    if $found;
	my @told = $self->{secrets}->found_in($logs);
	ok 0, 'no log has what it may not have' or diag join "\n", @told
	    if @told;
	system 'rm', '-rf', $self->{state};
	return;
}

# PIPE: prove has ended, to whom the test tells its results.
$SIG{$_} = sub { exit 1 } for qw(INT TERM HUP PIPE);

END {
	my $status = $?;
	$_->stop for @worlds;
	$? ||= $status;
}

# Keeps cookies as a browser does, for a single site.
package World::Jar;

sub new { return bless {}, shift }

sub add {
	my ($self, $url, $header) = @_;
	my ($name, $value, $rest) = $header =~ /^([^=]+)=([^;]*)(.*)/s
	    or return;
	if ($rest =~ /Max-Age=0\b/) {
		delete $self->{$name};
	} else {
		$self->{$name} = $value;
	}
	return;
}

sub cookie_header {
	my ($self) = @_;
	return join '; ', map {"$_=$self->{$_}"} sort keys %$self;
}

1;
