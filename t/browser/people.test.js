// What people do on the site: with a mouse, without scripts, and with nothing but
// a keyboard.

'use strict';

const { launch, Person, Typist } = require('./browser');
const { ok, is, none, run } = require('./tap');

// Registers, logs in, posts, follows and unfollows Bob, logs out.
async function visit(person, name) {
	const flash = async (text) => is(await person.text('ul.flashes li'), text,
		`${name}: ${text}`);

	await person.goTo('/public');
	await person.press('nav a[href="/register"]');
	await person.fill('[name=username]', name);
	await person.fill('[name=email]', 'somebody@example.org');
	await person.fill('[name=password]', 'correct horse');
	await person.fill('[name=password2]', 'correct horse');
	await person.press('.actions [type=submit]');
	is(person.path(), '/login', `${name} is sent to the form to log in`);
	await flash('You were successfully registered and can login now');

	await person.fill('[name=username]', name);
	await person.fill('[name=password]', 'correct horse');
	await person.press('.actions [type=submit]');
	is(person.path(), '/', `${name} is sent home`);
	await flash('You were logged in');

	await person.fill('.twitbox [name=text]', `${name} was here.\n\nTwice.`);
	await person.press('.twitbox [type=submit]');
	await flash('Your message was recorded');
	const [first] = await person.texts('ul.messages li');
	ok(first.includes(`${name} was here.\n\nTwice.`), 'the message is there',
		first);

	await person.press('nav a[href="/public"]');
	await person.press('ul.messages a[href="/Bob"]');
	is(person.path(), '/Bob', "a message leads to its author's profile");
	await person.press('.followstatus .follow');
	await flash('You are now following "Bob"');
	await person.press('.followstatus .unfollow');
	await flash('You are no longer following "Bob"');

	await person.press('nav a[href="/logout"]');
	is(person.path(), '/public', `${name} is sent to the public timeline`);
	await flash('You were logged out');
	await person.goTo('/');
	is(person.path(), '/public', '... and is nobody any longer');
	none(person.misdeeds, 'nothing went wrong meanwhile');
}

// Goes back to the first message; each is seen once, and ends are no errors.
async function readAll(person) {
	const seen = [];
	await person.goTo('/Bob');
	for (;;) {
		const texts = await person.texts('ul.messages li .text');
		seen.push(...texts);
		if (await person.page.locator('a[rel=next]').count() === 0)
			break;
		is(texts.length, 30, 'a page that is not the last has 30 messages');
		await person.press('a[rel=next]');
	}
	const numbers = seen.map((text) => /^Message (\d+)$/.exec(text)?.[1])
		.filter(Boolean);
	is(numbers.join(' '),
		[...Array(32).keys()].map((i) => 32 - i).join(' '),
		'all messages, newest first, none twice');
}

async function isForm(person, error, fields) {
	is(await person.text('div.error'), error, error);
	for (const [name, value] of Object.entries(fields))
		is(await person.page.inputValue(`[name=${name}]`), value,
			value ? `... ${name} is kept` : `... ${name} is not`);
}

// What people do wrong.
async function err(person) {
	await person.goTo('/register');
	const form = {
		username: 'Zoe "the" <first>', email: 'nowhere',
		password: 'a', password2: 'b',
	};
	const attempt = async (change, error) => {
		Object.assign(form, change);
		for (const [name, value] of Object.entries(form))
			await person.fill(`[name=${name}]`, value);
		await person.press('.actions [type=submit]');
		await isForm(person, error,
			{ ...form, password: '', password2: '' });
	};
	await attempt({}, 'You have to enter a valid email address');
	await attempt({ email: 'zoe@example.org' },
		'The two passwords do not match');
	await attempt({ username: 'Bob', password2: 'a' },
		'The username is already taken');
	await attempt({ username: '' }, 'You have to enter a username');

	await person.goTo('/login');
	for (const [username, error] of [['Bob', 'Invalid password'],
		['Nobody "else"', 'Invalid username']]) {
		await person.fill('[name=username]', username);
		await person.fill('[name=password]', 'wrong');
		await person.press('.actions [type=submit]');
		await isForm(person, error, { username, password: '' });
	}

	for (const [path, status, way] of [['/nobody', 404, '/public'],
		['/a/b/c', 404, '/public'], ['/Bob/follow', 401, '/login']]) {
		await person.goTo(path);
		is(person.answer.status(), status, `${path}: ${status}`);
		await person.press(`nav a[href="${way}"]`);
		is(person.answer.status(), 200, '... has a way on');
	}
}

run(async () => {
	const browser = await launch();
	const ways = [
		['Mona Mouse', Person, {}],
		['Nora Noscript', Person, { javaScriptEnabled: false }],
		['Kay Keyboard', Typist, {}],
		['Phil Phone', Person, { viewport: { width: 320, height: 568 },
			hasTouch: true, isMobile: true }],
	];
	for (const [name, kind, options] of ways) {
		const person = await kind.sitDown(browser, options);
		await visit(person, name);
		await person.leave();
	}
	const reader = await Person.sitDown(browser, {});
	await readAll(reader);
	await err(reader);
	await browser.close();
});
