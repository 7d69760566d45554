# A text browser is enough: somebody with w3m in a terminal (tmux's) registers,
# logs in, posts, follows and logs out, with nothing but its keys.

use strict;
use warnings;
use utf8;
use File::Temp qw(tempdir);
use Test::More;
use Time::HiRes qw(sleep);
use World;

binmode $_, ':encoding(UTF-8)'
    for Test::More->builder->output, Test::More->builder->failure_output;

my $world = World->new;
$world->register('Bob');
$world->api(POST => '/msgs/Bob', { content => 'Hello from Bob' });

my $home = tempdir(CLEANUP => 1);
my @tmux = ('tmux', '-u', '-S', "$home/socket", '-f', '/dev/null');

# w3m leaves longer texts to an editor.
my $editor = "$home/editor";
open my $script, '>', $editor or die $!;
print {$script} qq{#!/bin/sh\nprintf 'Hello from w3m\\nand its <editor>' >"\$1"\n};
close $script;
chmod 0755, $editor;

sub tmux {
	my (@command) = @_;
	system(@tmux, @command) == 0 or die "tmux @command: $?";
	return;
}

sub screen {
	open my $from, '-|', @tmux, 'capture-pane', '-p' or die "no tmux: $!";
	binmode $from, ':encoding(UTF-8)';
	local $/ = undef;
	return <$from> // '';
}

# Waits until something is to be seen; only where it never is does it take long.
sub sees {
	my ($pattern, $name) = @_;
	my $screen = '';
	for (1 .. 600) {
		$screen = screen();
		return pass($name) if $screen =~ $pattern;
		die "w3m has ended\n" if $screen =~ /^Pane is dead/m;
		sleep 0.05;
	}
	fail($name);
	diag $screen;
	return;
}

sub type { return tmux('send-keys', '-l', '--', $_[0]) }
sub keys_of { return tmux('send-keys', @_) }

# Moves to a text on the page; Tab goes on to the link or field after it.
sub find {
	my ($text) = @_;
	type("/$text");
	keys_of('Enter');
	return;
}

sub press {
	my ($text) = @_;
	find($text);
	keys_of('Enter');
	return;
}

sub fill {
	my ($label, $value) = @_;
	find($label);
	keys_of('Tab', 'Enter');
	sees(qr/^(?:TEXT|Password):/m, "w3m asks for $label");
	type($value);
	keys_of('Enter');
	return;
}

# In a w3m of its own.
sub start {
	local %ENV = (%ENV, HOME => $home, EDITOR => $editor,
		LC_ALL => 'C.UTF-8', TERM => 'screen');
	delete @ENV{ grep {/_proxy$/i} keys %ENV };
	tmux('new-session', '-d', '-x', 100, '-y', 50, 'w3m',
		'-o', 'use_cookie=1', '-o', 'accept_cookie=1',
		$world->url . '/public');
	# how w3m has ended is to be seen, if it does
	tmux('set-option', 'remain-on-exit', 'on');
	return;
}

sub visit {
	my ($name) = @_;
	sees(qr/Hello from Bob/, 'the public timeline');

	press('sign up');
	sees(qr/Password \(again\)/, 'the form to register');
	fill('Username', $name);
	fill('E-mail', 'wim@example.org');
	fill('Password', 'correct horse');
	fill('Password .again.', 'correct horse');
	press('Sign Up.$');
	sees(qr/You were successfully registered and can login now/, 'registered');

	fill('Username', $name);
	fill('Password', 'correct horse');
	press('Sign In.$');
	sees(qr/You were logged in/, 'logged in');

	find("on your mind, $name");
	keys_of('Tab', 'Enter');
	sees(qr/Hello from w3m/, 'the editor has written into the box');
	press('Share');
	sees(qr/Your message was recorded/, 'posted');
	is $world->sql('SELECT text FROM messages ORDER BY message_id DESC LIMIT 1'),
	    "Hello from w3m\nand its <editor>", '... with its line and its signs';

	press('public timeline');
	sees(qr/Hello from Bob/, 'the public timeline has both');
	press('Bob');
	sees(qr/You are not yet following this user/, "Bob's profile");
	press('Follow user');
	sees(qr/You are now following "Bob"/, 'followed');
	press('Unfollow user');
	sees(qr/You are no longer following "Bob"/, 'unfollowed');

	press('sign out');
	sees(qr/You were logged out/, 'logged out');
	is $world->sql("SELECT count(*) FROM sessions JOIN users USING (user_id)
		WHERE username = '$name'"), 0, '... and no session is left';
	return;
}

# Once in some forty runs w3m was gone when the editor had written, and tmux with
# it; what it says of its end then is in the test's output.
for my $name ('Wim Een', 'Wim Twee', 'Wim Drie') {
	start();
	last if eval { visit($name); 1 };
	die $@ if $@ ne "w3m has ended\n" || $name eq 'Wim Drie';
	diag $@, screen();
	tmux('kill-server');
}

END {
	my $status = $?;
	system(@tmux, 'kill-server') if @tmux;
	$? = $status;
}

done_testing;
